"""Live figures, the price list, what devices there are, and what is said where none of it can be had."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from gates.wording import dollars
from qpilot.braket.backend import BraketBackend
from qpilot.braket.live import live
from qpilot.braket.looking import arns, look, unable
from qpilot.braket.prices import dearer, listed, price_list
from qpilot.braket.service import BraketService
from qpilot.devices import DEVICES, SIMULATORS, device
from qpilot.devices.listing import Live
from qpilot.errors import QpilotError
from qpilot.forecast.queue import depth
from tests.braket.conftest import Purses
from tests.loopback import Loopback

GARNET = device("iqm-garnet")


def test_a_device_as_it_stands(braket_service: Loopback) -> None:
    braket_service.catalogue.queue[GARNET.arn] = 9000
    found = look(GARNET.arn)
    assert (found.status, found.queue_depth, found.poll_seconds) == ("ONLINE", ">4000", 0.05)
    waiting = depth(found.queue_depth)
    assert waiting is not None
    assert (waiting.jobs, waiting.at_least) == (4000, True)
    assert (found.device.name, found.device.arn) == ("iqm-garnet", GARNET.arn)
    assert found.device.qubits == GARNET.qubits
    assert found.device.couplings == GARNET.couplings
    assert (found.usd_per_task, found.usd_per_shot, found.usd_per_minute) == (
        Decimal("0.30"),
        GARNET.usd_per_shot,
        None,
    )


@pytest.mark.parametrize("name", [*DEVICES, *SIMULATORS])
def test_the_price_list_confirms_every_shipped_price(braket_service: Loopback, name: str) -> None:
    priced = dearer(look(device(name).arn))
    assert not [note for note in priced.notes if "price" in note]
    for field in ("usd_per_task", "usd_per_shot", "usd_per_minute"):
        assert getattr(priced, field) == getattr(device(name), field)


@pytest.mark.parametrize(("listed_usd", "quoted"), [("0.002", "0.002"), ("0.001", "0.00145")])
def test_where_list_and_device_differ_the_higher_is_quoted_and_it_is_said(listed_usd: str, quoted: str) -> None:
    found = Live(device=GARNET, status="ONLINE", usd_per_task=Decimal("0.30"), usd_per_shot=Decimal(listed_usd))
    priced = dearer(found)
    assert priced.usd_per_shot == Decimal(quoted)
    assert priced.notes[-1] == (
        f"the price of a shot: the price list, which is billed by, says {dollars(Decimal(listed_usd))}, the device $0.00145;"
        " the higher is quoted"
    )


def test_a_price_that_no_list_confirms_is_said(braket_service: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAKET_PRICE_OFFERS_URL", "http://127.0.0.1:1/prices.csv")
    with pytest.raises(QpilotError, match=r"the price list at http://127\.0\.0\.1:1/prices\.csv cannot be read"):
        price_list()
    quote = BraketBackend(GARNET, None).quote(10, 100)
    assert quote.charged_usd == Decimal("1.75")
    assert [note for note in quote.notes if "the price of a shot, $0.00145, is not confirmed" in note]


def test_what_is_no_price_list_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.html").write_text("<html>\n" * 10)
    monkeypatch.setenv("BRAKET_PRICE_OFFERS_URL", (tmp_path / "page.html").as_uri())
    with pytest.raises(QpilotError, match="is no price list"):
        price_list()


def test_two_prices_for_one_product_are_none(braket_service: Loopback) -> None:
    products = price_list()
    shot = next(
        row for row in products if row["DeviceName"] == "Garnet" and row["Product Family"] == "Quantum Task-Shot"
    )
    doubled = (*products, {**shot, "PricePerUnit": "0.1"})
    assert listed(doubled, GARNET, "eu-north-1").shot is None
    assert listed((*products, shot), GARNET, "eu-north-1").shot == GARNET.usd_per_shot


def test_figures_fall_back_on_the_given_ones_and_say_so(
    braket_service: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    braket_service.faults.add("GetDevice", "ExpiredTokenException", every=True)
    opened = BraketBackend(GARNET, None)
    assert opened.figures().notes[-1].startswith("live figures could not be had, these are of 2025-07-06: the AWS cred")
    quote = opened.quote(10, 100)
    assert quote.charged_usd == Decimal("1.75")
    assert "live figures could not be had" in quote.notes[-1]
    assert opened.queue_depth() is None
    assert braket_service.calls["GetDevice"] == 1, "asked once in three minutes"


def test_nothing_is_compiled_on_figures_that_are_not_live(braket_service: Loopback, purse: Purses) -> None:
    from tests.braket.test_backend import KEY, batch

    braket_service.faults.add("GetDevice", "AccessDeniedException", every=True)
    with pytest.raises(QpilotError, match="may not do braket:GetDevice"):
        BraketBackend(GARNET, purse()).submit(batch(), KEY)
    assert len(braket_service.bills) == 0


def test_the_queue_of_jobs_and_of_priority_tasks_is_not_ours(braket_service: Loopback) -> None:
    """In whatever order GetDevice lists them."""

    class Crowded:
        region = "eu-north-1"

        def session(self, arn: str) -> "Crowded":
            return self

        def get_device(self, arn: str) -> dict[str, object]:
            answer: dict[str, object] = BraketService().session(arn).get_device(arn)
            others = [
                {"queue": "JOBS_QUEUE", "queueSize": "7"},
                {"queue": "QUANTUM_TASKS_QUEUE", "queueSize": "8", "queuePriority": "Priority"},
            ]
            return {**answer, "deviceQueueInfo": [*others, *answer["deviceQueueInfo"]]}  # type: ignore[misc]

    braket_service.catalogue.queue[GARNET.arn] = 3
    assert live(GARNET.arn, Crowded(), None).queue_depth == "3"  # type: ignore[arg-type]


@pytest.mark.parametrize("capabilities", ["{", "[]", json.dumps({"service": None}), json.dumps({"service": {}})])
def test_damaged_properties_are_said(capabilities: str) -> None:
    class Damaged:
        region = "eu-north-1"

        def session(self, arn: str) -> "Damaged":
            return self

        def get_device(self, arn: str) -> dict[str, str]:
            return {"deviceCapabilities": capabilities, "deviceStatus": "ONLINE"}

    with pytest.raises(QpilotError, match=r"the properties of arn:.*Garnet cannot be read"):
        live(GARNET.arn, Damaged(), None)  # type: ignore[arg-type]


def test_every_device_there_is(braket_service: Loopback) -> None:
    everything = (*DEVICES, *SIMULATORS)
    assert set(arns()) == {device(name).arn for name in everything}
    braket_service.catalogue.status[GARNET.arn] = "RETIRED"
    assert GARNET.arn not in arns()
    braket_service.faults.add("SearchDevices", "AccessDeniedException", every=True)
    assert arns() == ()


def test_whether_it_can_be_asked_at_all(braket_service: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    assert unable() == ""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert unable() == "no AWS credentials"
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert unable().startswith("the AWS configuration cannot be used")
