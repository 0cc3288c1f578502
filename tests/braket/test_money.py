"""The limit at the vendor, the second opinion of Braket's tracker, and the ways of the SDK that could pay twice."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from braket.aws import AwsDevice

import qpilot.braket
from qpilot.braket.service import BraketService
from qpilot.braket.session import Session, region
from qpilot.braket.tracked import tracked
from qpilot.braket.wall import OWNER_TAG, raise_wall
from qpilot.devices import DEVICES, device
from qpilot.errors import QpilotError
from qpilot.spending import ledger
from tests.braket.conftest import Purses
from tests.braket.test_backend import batch, run
from tests.loopback import Loopback

GARNET = device("iqm-garnet").arn


def limits() -> list[dict[str, object]]:
    found: list[dict[str, object]] = Session("eu-north-1").braket_client.search_spending_limits()["spendingLimits"]
    return found


def test_a_limit_is_set_once_and_follows_the_budget(braket_service: Loopback) -> None:
    for usd in ("100", "100", "250.509"):
        said = raise_wall(BraketService(), GARNET, "pilot", Decimal(usd))
        assert said.startswith("Amazon Braket holds a limit of $")
    (limit,) = limits()
    assert (limit["spendingLimit"], limit["tags"]) == ("250.50", {OWNER_TAG: "pilot"})
    assert (braket_service.calls["CreateSpendingLimit"], braket_service.calls["UpdateSpendingLimit"]) == (1, 1)


def test_another_ones_limit_is_left_as_it_is(braket_service: Loopback) -> None:
    raise_wall(BraketService(), GARNET, "somebody", Decimal(7))
    assert "not this pilot's stands at Amazon Braket ($7.00)" in raise_wall(BraketService(), GARNET, "me", Decimal(9))
    assert [limit["spendingLimit"] for limit in limits()] == ["7.00"]


@pytest.mark.parametrize("operation", ["SearchSpendingLimits", "CreateSpendingLimit"])
def test_a_limit_that_may_not_be_set_is_a_note(braket_service: Loopback, operation: str) -> None:
    braket_service.faults.add(operation, "AccessDeniedException", every=True)
    said = raise_wall(BraketService(), GARNET, "pilot", Decimal(100))
    assert said.startswith(
        f"no spending limit was set at Amazon Braket (these credentials may not do braket:{operation}"
    )
    assert said.endswith("the budget is kept here alone")


def test_simulators_have_no_limits(braket_service: Loopback) -> None:
    said = raise_wall(BraketService(), "arn:aws:braket:::device/quantum-simulator/amazon/sv1", "pilot", Decimal(1))
    assert "no spending limits on simulators" in said
    assert limits() == []


def test_a_run_that_asks_for_it_has_the_limit_before_its_first_task(braket_service: Loopback, purse: Purses) -> None:
    own = purse(spending_limit=True, usd="50")
    run("iqm-garnet", own, batch())
    assert [limit["spendingLimit"] for limit in limits()] == ["50.00"]
    entry = own.stores.journal.get("wall", own.run)
    assert entry is not None
    run("iqm-garnet", purse(spending_limit=True, usd="50"), batch(), f"{own.run}/0001")
    assert braket_service.calls["CreateSpendingLimit"] == 1


@pytest.mark.parametrize("name", DEVICES)
def test_the_tracker_counts_what_we_booked(braket_service: Loopback, purse: Purses, name: str) -> None:
    own = purse(usd="100000")
    run(name, own, batch("none", rows=1, shots=100))
    lines = ledger.lines(own.stores.journal, own.run)
    assert tracked(lines) == (braket_service.bills.total, "")


def test_what_the_tracker_counts_otherwise_is_named(braket_service: Loopback, purse: Purses) -> None:
    own = purse()
    run("iqm-garnet", own, batch("none", rows=1, shots=100))
    (line,) = ledger.lines(own.stores.journal, own.run)
    total, said = tracked([line.model_copy(update={"billed_usd": Decimal("0.5")})])
    assert total == Decimal("0.445")
    assert said.startswith(
        "Braket's cost tracker counts $0.445 by the price list of today, our books $0.50; they differ on 1"
    )
    assert f"{line.attempt} COMPLETED: $0.50 here, $0.445 there" in said
    assert tracked([]) == (Decimal(0), "")


def test_without_a_price_list_there_is_no_second_opinion(
    braket_service: Loopback, purse: Purses, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = purse()
    run("iqm-garnet", own, batch("none", rows=1, shots=100))
    monkeypatch.setenv("BRAKET_PRICE_OFFERS_URL", "http://127.0.0.1:1/")
    total, said = tracked(ledger.lines(own.stores.journal, own.run))
    assert total is None
    assert said.startswith(
        "not held against Braket's cost tracker: the price list at http://127.0.0.1:1/ cannot be read"
    )


def test_a_session_creates_nothing_without_a_token_of_ours(braket_service: Loopback) -> None:
    """AwsDevice.run has no way to give one: its keyword is ignored."""
    paid = AwsDevice(GARNET, aws_session=Session("eu-north-1"))
    from braket.circuits import Circuit

    with pytest.raises(QpilotError, match="a task without a token of its own could be paid twice, and was not sent"):
        paid.run(Circuit().h(0), shots=10, clientToken="a" * 64)
    assert len(braket_service.bills) == 0


def test_nothing_here_runs_a_device_or_a_batch() -> None:
    """AwsDevice.run and run_batch, and AwsQuantumTaskBatch, which submits anew by itself."""
    for path in Path(qpilot.braket.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node, "attr", None) or getattr(node, "id", None)
            assert name not in ("run", "run_batch", "AwsDevice", "AwsQuantumTaskBatch"), f"{path}: {name}"


def test_a_session_is_in_the_region_of_the_arn(braket_service: Loopback) -> None:
    assert region(GARNET) == "eu-north-1"
    assert region("arn:aws:braket:us-west-1:123456789012:quantum-task/1") == "us-west-1"
    assert region("arn:aws:braket:::device/quantum-simulator/amazon/sv1") is None
    with pytest.raises(QpilotError, match="is no ARN of Amazon Braket"):
        region("arn:aws:s3:::bucket")
    service = BraketService()
    assert service.session(GARNET).region == "eu-north-1"
    assert service.session(GARNET) is service.session(GARNET)
    assert braket_service.calls.total() == 0, "no network until it is used"
