"""Every fault has its sentence (what happened, how things stand, what to do) and is read as refused, for now, or open."""

from decimal import Decimal

import botocore.exceptions as sdk
import pytest
from botocore.parsers import ResponseParserError

from qpilot.braket.faults import CODES, EXCEPTIONS, fault, told
from qpilot.braket.service import BraketService
from qpilot.braket.session import Session
from qpilot.devices import device
from qpilot.errors import QpilotError
from qpilot.spending.service import Refused, Unanswered, Work
from tests.braket.test_backend import batch
from tests.loopback import Loopback

GARNET = device("iqm-garnet").arn
URL = {"endpoint_url": "http://127.0.0.1:1"}


def answered(code: str, status: int, message: str = "as the service words it") -> sdk.ClientError:
    error = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return sdk.ClientError(error, "CreateQuantumTask")


def caught(error: Exception, creating: bool = True) -> QpilotError:
    with pytest.raises(QpilotError) as info, told("CreateQuantumTask", GARNET, "eu-north-1", creating):
        raise error
    return info.value


TABLE: list[tuple[Exception, str, str, str]] = [
    (sdk.NoCredentialsError(), "refused", "there are no AWS credentials", "aws configure"),
    (sdk.PartialCredentialsError(provider="env", cred_var="x"), "refused", "no AWS credentials", "AWS_PROFILE"),
    (sdk.TokenRetrievalError(provider="sso", error_msg="old"), "refused", "cannot be renewed", "aws sso login"),
    (sdk.ProfileNotFound(profile="x"), "refused", "configuration cannot be used", "correct AWS_PROFILE"),
    (sdk.ParamValidationError(report="shots"), "refused", "not one the SDK can send", "pinned SDK"),
    (sdk.NoRegionError(), "refused", "no AWS region is set", "AWS_DEFAULT_REGION"),
    (answered("ExpiredTokenException", 403), "refused", "credentials have expired", "renew them"),
    (answered("ExpiredToken", 400), "refused", "credentials have expired", "renew them"),
    (answered("UnrecognizedClientException", 403), "refused", "does not know these credentials", "aws configure"),
    (answered("InvalidClientTokenId", 403), "refused", "does not know these credentials", "aws configure"),
    (answered("SignatureDoesNotMatch", 403), "refused", "did not accept the signature", "clock"),
    (answered("AccessDeniedException", 403), "refused", "may not do braket:CreateQuantumTask", "IAM policy"),
    (answered("DeviceOfflineException", 424), "refused", "Garnet is offline", "wait until it is back"),
    (answered("DeviceRetiredException", 410), "refused", "Garnet is retired", "choose another in hardware.device"),
    (
        answered("ResourceNotFoundException", 404),
        "refused",
        "no such device or task in region eu-north-1",
        "AWS_DEFAULT",
    ),
    (answered("ServiceQuotaExceededException", 402), "refused", "a quota of the AWS account is used up", "raised"),
    (answered("ThrottlingException", 429), "later", "asks for fewer calls", "wait a minute"),
    (answered("SlowDown", 503), "open", "the service failed", "a little later"),
    (answered("ValidationException", 400), "refused", "refused the request: as the service words it", "correct"),
    (
        answered("ValidationException", 400, "exceeds the remaining spending limit ($3)"),
        "refused",
        "the spending limit set at Amazon Braket",
        "UpdateSpendingLimit",
    ),
    (
        answered("ValidationException", 400, "clientToken was used with other parameters"),
        "open",
        "has seen this task's token with other content",
        "qpilot ledger",
    ),
    (answered("ConflictException", 409), "open", "another change of the same thing", "run the same command again"),
    (answered("InternalServiceException", 500), "open", "the service failed", "a little later"),
    (answered("RequestTimeout", 408), "open", "the service failed", "a little later"),
    (answered("SomethingNew", 418), "refused", "CreateQuantumTask was refused", "run the same command again"),
    (answered("NoSuchBucket", 404), "refused", "bucket for results does not exist", "AMZN_BRAKET_OUT_S3_BUCKET"),
    (answered("PermanentRedirect", 301), "refused", "bucket lies in another region than eu-north-1", "AMZN_BRAKET"),
    (sdk.EndpointConnectionError(**URL), "later", "the endpoint cannot be reached", "AWS_ENDPOINT_URL"),
    (sdk.ConnectTimeoutError(**URL), "later", "the endpoint cannot be reached", "proxy"),
    (sdk.ReadTimeoutError(**URL), "open", "the connection broke before a whole answer came", "network"),
    (sdk.ConnectionClosedError(**URL), "open", "the connection broke", "network"),
    (sdk.ProxyConnectionError(proxy_url="http://p", error="x"), "open", "the connection broke", "proxy"),
    (sdk.SSLError(**URL, error="x"), "open", "the connection broke", "network"),
    (sdk.IncompleteReadError(actual_bytes=1, expected_bytes=2), "open", "the connection broke", "network"),
    (ResponseParserError("not JSON"), "open", "the connection broke", "network"),
    (sdk.BotoCoreError(), "open", "the AWS SDK failed", "run the same command again"),
    (KeyError("quantumTaskArn"), "open", "KeyError", "run the same command again"),
]


@pytest.mark.parametrize(("error", "answer", "happened", "remedy"), TABLE, ids=lambda value: str(value)[:60])
def test_a_fault_says_what_happened_how_things_stand_and_what_to_do(
    error: Exception, answer: str, happened: str, remedy: str
) -> None:
    said = caught(error)
    assert happened in str(said)
    assert remedy in str(said)
    state = "nothing was carried out" if answer != "open" else "it is looked up before anything is sent again"
    assert state in str(said)
    assert "{" not in str(said)
    if answer == "open":
        assert isinstance(said, Unanswered)
    else:
        assert isinstance(said, Refused)
        assert said.again == (answer == "later")


def test_every_line_of_the_tables_is_tried() -> None:
    met = [found for error, *_ in TABLE if (found := fault(error)) is not None]
    assert [line for line in (*CODES.values(), *(line for _, line in EXCEPTIONS)) if line not in met] == []


def test_a_question_that_is_throttled_is_open() -> None:
    assert isinstance(caught(answered("ThrottlingException", 429), creating=False), Unanswered)


def work(usd: str = "10") -> Work:
    from qpilot.braket.actions import works
    from qpilot.braket.programs import programs

    asked = batch()
    (made,) = works(programs(asked, device("iqm-garnet")).sources, device("iqm-garnet"), asked.shots)
    return made


TAGS = {"qpilot-run": "pilot-12345678-1", "qpilot-item": "pilot-12345678-1/0000/0000/1"}


def test_no_credentials(braket_service: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(Refused, match="there are no AWS credentials"):
        BraketService().create(work(), "a" * 64, TAGS)


def test_no_region_for_a_simulator(braket_service: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("HOME", "/nonexistent")
    with pytest.raises(Refused, match=r"no AWS region is set, and arn:.*sv1 names none"):
        BraketService().look("arn:aws:braket:::device/quantum-simulator/amazon/sv1")


def test_an_endpoint_that_nobody_answers_at(braket_service: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Refused, match="the endpoint cannot be reached") as info:
        BraketService().create(work(), "a" * 64, TAGS)
    assert info.value.again


@pytest.mark.parametrize(
    ("operation", "effect", "again"),
    [
        ("GetCallerIdentity", "AccessDeniedException", False),
        ("CreateBucket", "AccessDeniedException", False),
        ("CreateBucket", "error-500", True),
        ("GetCallerIdentity", "drop", True),
    ],
)
def test_what_fails_before_the_task_is_sent_is_a_refusal(
    braket_service: Loopback, operation: str, effect: str, again: bool
) -> None:
    braket_service.faults.add(operation, effect, nth=1)
    with pytest.raises(Refused) as info:
        BraketService().create(work(), "a" * 64, TAGS)
    assert info.value.again == again
    assert len(braket_service.bills) == 0
    assert braket_service.calls["CreateQuantumTask"] == 0


def test_the_limit_at_the_vendor_refuses_what_passes_it(braket_service: Loopback) -> None:
    client = Session("eu-north-1").braket_client
    client.create_spending_limit(clientToken="x", deviceArn=GARNET, spendingLimit="1.00")
    with pytest.raises(Refused, match=r"the spending limit set at Amazon Braket for .*Garnet leaves no room"):
        BraketService().create(work(), "a" * 64, TAGS)
    assert braket_service.bills.total == Decimal(0)


@pytest.mark.parametrize("effect", ["drop", "accept-then-drop", "error-500", "accept-then-500"])
def test_no_call_is_repeated_behind_our_back(braket_service: Loopback, effect: str) -> None:
    braket_service.faults.add("CreateQuantumTask", effect, every=True)
    with pytest.raises(Unanswered):
        BraketService().create(work(), "a" * 64, TAGS)
    assert braket_service.calls["CreateQuantumTask"] == 1


def test_the_same_token_answers_with_the_same_task_and_another_does_not(braket_service: Loopback) -> None:
    service = BraketService()
    first, again, other = (service.create(work(), token * 64, TAGS) for token in "aab")
    assert first == again != other
    found = service.look(first)
    assert (found.tags, found.shots, found.state) == (TAGS, 2500, "COMPLETED")
    assert {task.reference for task in service.find(GARNET, found.created)} == {first, other}
    assert {bill.token for bill in braket_service.bills.values()} == {"a" * 64, "b" * 64}


def test_every_page_of_a_search_is_read(braket_service: Loopback) -> None:
    braket_service.settings.page = 2
    service = BraketService()
    made = {service.create(work(), f"{number:064d}", TAGS) for number in range(5)}
    since = min(service.look(reference).created for reference in made)
    assert made == {task.reference for task in service.find(GARNET, since)}
    assert braket_service.calls["SearchQuantumTasks"] == 3


def test_a_cancelled_task_is_billed_nothing(braket_service: Loopback) -> None:
    from tests.loopback import Life

    braket_service.settings.life = Life(queued=100)
    service = BraketService()
    reference = service.create(work(), "a" * 64, TAGS)
    assert service.look(reference).position
    service.cancel(reference)
    task = service.look(reference)
    assert task.state == "CANCELLED"
    assert service.bill(work(), task, None) == braket_service.bills[reference].usd == 0
    service.cancel(reference)


@pytest.mark.parametrize(
    ("state", "done", "billed"),
    [
        ("COMPLETED", None, "3.925"),
        ("COMPLETED", 2500, "3.925"),
        ("COMPLETED", 1000, "1.75"),
        ("CANCELLED", 1000, "1.75"),
        ("CANCELLED", 0, "0"),
        ("CANCELLED", None, "0"),
        ("FAILED", 0, "0"),
        ("FAILED", None, "0"),
    ],
)
def test_bills(state: str, done: int | None, billed: str) -> None:
    from datetime import UTC, datetime

    from qpilot.spending.service import Task

    task = Task(
        reference="arn", state=state, created=datetime(2026, 1, 1, tzinfo=UTC), shots=2500, shots_done=done, tags={}
    )  # type: ignore[arg-type]
    assert Decimal(billed) == BraketService().bill(Work(GARNET, b"", 2500, Decimal("3.925")), task, None)
