"""What can go wrong between here and Amazon Braket, each with its sentence: what happened, how the run stands, what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import botocore.exceptions as sdk
from botocore.parsers import ResponseParserError

from qpilot.errors import QpilotError
from qpilot.spending.service import Refused, Unanswered

Answer = Literal["refused", "later", "open"]
"""refused: not carried out. later: not carried out, and may be a little later. open: nobody knows whether it was."""


@dataclass(frozen=True)
class Fault:
    """How an error is told. `happened` and `remedy` may name {device}, {operation}, {action}, {region} and {said}."""

    answer: Answer
    happened: str
    remedy: str


_AGAIN = "run the same command again"
_STATES: dict[Answer, str] = {
    "refused": "nothing was carried out, and the run stands where it was",
    "later": "nothing was carried out, and the run stands where it was",
    "open": "whether it was carried out is not known: it is looked up before anything is sent again",
}
_CREDENTIALS = "set credentials (`aws configure`, `aws sso login`, or AWS_PROFILE) and " + _AGAIN

CODES: dict[str, Fault] = {
    "ExpiredTokenException": Fault(
        "refused", "the AWS credentials have expired", f"renew them (`aws sso login`) and {_AGAIN}"
    ),
    "UnrecognizedClientException": Fault("refused", "AWS does not know these credentials", _CREDENTIALS),
    "InvalidSignatureException": Fault(
        "refused",
        "AWS did not accept the signature: {said}",
        f"check the secret key and this machine's clock, then {_AGAIN}",
    ),
    "AccessDeniedException": Fault(
        "refused",
        "these credentials may not do {action}: {said}",
        f"allow {{action}} in the IAM policy (docs hold one), accept the device's terms in the Braket console, then {_AGAIN}",
    ),
    "DeviceOfflineException": Fault(
        "refused", "{device} is offline and takes no tasks", f"wait until it is back (`qpilot devices`), then {_AGAIN}"
    ),
    "DeviceRetiredException": Fault(
        "refused", "{device} is retired", "choose another in hardware.device; that is a new try of the pilot"
    ),
    "ResourceNotFoundException": Fault(
        "refused",
        "Amazon Braket knows no such device or task in region {region}: {said}",
        "check hardware.device (`qpilot devices`), AWS_DEFAULT_REGION and the account",
    ),
    "ServiceQuotaExceededException": Fault(
        "refused",
        "a quota of the AWS account is used up: {said}",
        f"wait for the account's queued tasks to end or have the quota raised (Service Quotas, Amazon Braket), then {_AGAIN}",
    ),
    "ThrottlingException": Fault("later", "Amazon Braket asks for fewer calls", f"wait a minute, then {_AGAIN}"),
    "SpendingLimit": Fault(
        "refused",
        "the spending limit set at Amazon Braket for {device} leaves no room for the task: {said}",
        f"raise it (UpdateSpendingLimit, or the Braket console), then {_AGAIN}",
    ),
    "TokenReused": Fault(
        "open", "Amazon Braket has seen this task's token with other content: {said}", "see `qpilot ledger`"
    ),
    "ValidationException": Fault(
        "refused",
        "Amazon Braket refused the request: {said}",
        "correct what it names; if the device has changed, start a new try",
    ),
    "ConflictException": Fault("open", "another change of the same thing is under way: {said}", _AGAIN),
    "NoSuchBucket": Fault(
        "refused",
        "the S3 bucket for results does not exist: {said}",
        f"create it, or name one in AMZN_BRAKET_OUT_S3_BUCKET, then {_AGAIN}",
    ),
    "PermanentRedirect": Fault(
        "refused",
        "the S3 bucket lies in another region than {region}",
        f"name one in the device's region in AMZN_BRAKET_OUT_S3_BUCKET, then {_AGAIN}",
    ),
    "4xx": Fault("refused", "{operation} was refused: {said}", _AGAIN),
    "5xx": Fault("open", "the service failed: {said}", f"{_AGAIN} a little later"),
}
"""By the error code the service answers with; "4xx" and "5xx" stand for the codes that are not here."""

_SAME = {
    "ExpiredToken": "ExpiredTokenException",
    "RequestExpired": "ExpiredTokenException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "InvalidAccessKeyId": "UnrecognizedClientException",
    "AuthFailure": "UnrecognizedClientException",
    "InvalidToken": "UnrecognizedClientException",
    "MissingAuthenticationToken": "UnrecognizedClientException",
    "IncompleteSignature": "InvalidSignatureException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "RequestTimeTooSkewed": "InvalidSignatureException",
    "AccessDenied": "AccessDeniedException",
    "UnauthorizedOperation": "AccessDeniedException",
    "403": "AccessDeniedException",
    "Throttling": "ThrottlingException",
    "TooManyRequestsException": "ThrottlingException",
    "RequestLimitExceeded": "ThrottlingException",
    "SlowDown": "ThrottlingException",
    "AuthorizationHeaderMalformed": "PermanentRedirect",
    "IllegalLocationConstraintException": "PermanentRedirect",
    "301": "PermanentRedirect",
}

_UNREACHED = f"check the network, the proxy and AWS_ENDPOINT_URL, then {_AGAIN}"
EXCEPTIONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Fault], ...] = (
    (
        (sdk.NoCredentialsError, sdk.PartialCredentialsError, sdk.NoAuthTokenError),
        Fault("refused", "there are no AWS credentials: {said}", _CREDENTIALS),
    ),
    (
        (sdk.CredentialRetrievalError, sdk.TokenRetrievalError, sdk.SSOError),
        Fault(
            "refused", "the AWS credentials cannot be renewed: {said}", f"sign in again (`aws sso login`) and {_AGAIN}"
        ),
    ),
    (
        (sdk.ProfileNotFound, sdk.ConfigNotFound, sdk.ConfigParseError),
        Fault(
            "refused",
            "the AWS configuration cannot be used: {said}",
            f"correct AWS_PROFILE or ~/.aws/config and {_AGAIN}",
        ),
    ),
    (
        sdk.NoRegionError,
        Fault("refused", "no AWS region is set, and {device} names none", f"set AWS_DEFAULT_REGION, then {_AGAIN}"),
    ),
    (
        sdk.ParamValidationError,
        Fault("refused", "the request is not one the SDK can send: {said}", "install the pinned SDK"),
    ),
    (
        (sdk.EndpointConnectionError, sdk.ConnectTimeoutError),
        Fault("later", "the endpoint cannot be reached: {said}", _UNREACHED),
    ),
    # A proxy that fails may have passed the request on, and so may whatever else broke a connection.
    (
        (sdk.HTTPClientError, sdk.ReadTimeoutError, sdk.ConnectionError, sdk.IncompleteReadError, ResponseParserError),
        Fault("open", "the connection broke before a whole answer came: {said}", _UNREACHED),
    ),
    (sdk.BotoCoreError, Fault("open", "the AWS SDK failed: {said}", _AGAIN)),
)
"""By what the SDK raises where no answer came, the first that fits; what is raised before sending stands first."""


def fault(error: Exception) -> Fault | None:
    """The table's line for an error of the SDK or the service; None where it is neither."""
    if isinstance(error, sdk.ClientError):
        return CODES[_code(error)]
    return next((line for kinds, line in EXCEPTIONS if isinstance(error, kinds)), None)


def _code(error: sdk.ClientError) -> str:
    code = str(error.response.get("Error", {}).get("Code", ""))
    said, status = _said(error).lower(), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= 500 or status == 408:
        return "5xx"
    code = _SAME.get(code, code)
    if code == "ValidationException" and "spending limit" in said:
        return "SpendingLimit"
    if "clienttoken" in said.replace(" ", "") or "idempoten" in (code + said).lower():
        return "TokenReused"
    return code if code in CODES else "4xx"


def _said(error: Exception) -> str:
    """The service's or the SDK's own words, without the SDK's frame around them."""
    if isinstance(error, sdk.ClientError):
        content: dict[str, Any] = error.response.get("Error", {})
        said = str(content.get("Message") or error.response.get("message") or content.get("Code") or error)
    else:
        said = str(error)
    return " ".join(said.split()).rstrip(".")[:400]


@contextmanager
def told(operation: str, device: str, region: str | None, creating: bool = False) -> Iterator[None]:
    """Errors of the SDK and the service come out as Refused or Unanswered, with their sentence.

    operation: as the service names it ("CreateQuantumTask", "s3:GetObject"). device: its name or ARN. creating: a refusal
    for now is told from an answer that may come later, since it says that nothing was made; a question is merely open.
    """
    try:
        yield
    except QpilotError:
        raise
    except Exception as error:
        line = fault(error)
        if line is None:
            # What is not understood may have happened after the request was taken.
            line = Fault("open", f"{type(error).__name__}: {{said}}", _AGAIN)
        action = operation if ":" in operation else f"braket:{operation}"
        words = {"device": device, "operation": operation, "action": action, "region": region, "said": _said(error)}
        sentence = "; ".join((line.happened, _STATES[line.answer], line.remedy)).format(**words)
        if line.answer == "open" or (line.answer == "later" and not creating):
            raise Unanswered(sentence) from error
        raise Refused(sentence, again=line.answer == "later") from error
