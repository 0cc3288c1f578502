"""The ledger of the service, its price list as Braket's Tracker reads it, and its spending limits."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from braket.circuits import Circuit
from braket.program_sets import ProgramSet
from braket.tracking import Tracker, pricing

from qpilot.devices import DEVICES, device
from tests.loopback import Life, Loopback
from tests.loopback_tests.asking import FORTE, GARNET, SV1, bell, boto, box, create, on, program_set, refusal

EMERALD = "arn:aws:braket:eu-north-1::device/qpu/iqm/Emerald"


@pytest.fixture
def prices(braket_service: Loopback) -> None:
    """The Tracker reads the price list anew."""
    pricing._pricing._price_list = []
    pricing.price_search.cache_clear()


def test_each_task_is_billed_once_by_list_price(braket_service: Loopback, client) -> None:
    braket = client("braket")
    one = create(braket, "a", shots=1000, tags={"qpilot-run": "r"})
    create(braket, "a", shots=1000, tags={"qpilot-run": "r"})
    circuits = program_set(*[box("prx(1, 2) $1")] * 4)
    two = create(braket, "b", shots=400, action=circuits, tags={"qpilot-run": "s"})
    three = create(braket, "c", shots=10, deviceArn=EMERALD)
    bills = braket_service.bills
    assert [bills[arn].usd for arn in (one, two, three)] == [Decimal("1.75"), Decimal("0.88"), Decimal("0.316")]
    assert bills.total == Decimal("2.946")
    assert bills.by_tag("qpilot-run") == {"r": Decimal("1.75"), "s": Decimal("0.88"), "": Decimal("0.316")}
    assert bills.by_device() == {GARNET: Decimal("2.63"), EMERALD: Decimal("0.316")}
    assert bills.by_token() == {"a": 1, "b": 1, "c": 1}
    assert (bills[one].token, bills[one].tags, bills[one].state) == ("a", {"qpilot-run": "r"}, "COMPLETED")


def test_what_has_not_ended_is_due_and_not_billed(braket_service: Loopback, client) -> None:
    braket_service.settings.life = Life(queued=1)
    arn = create(client("braket"), "t")
    bills = braket_service.bills
    assert (bills.total, bills.due, bills[arn].state) == (0, Decimal("0.445"), "QUEUED")
    for _ in range(2):
        client("braket").get_quantum_task(quantumTaskArn=arn)
    assert (bills.total, bills.due, bills[arn].state) == (Decimal("0.445"), 0, "COMPLETED")


def test_a_failed_task_costs_nothing(braket_service: Loopback, client) -> None:
    braket_service.faults.add("CreateQuantumTask", "fail")
    arn = create(client("braket"), "t")
    assert (braket_service.bills[arn].state, braket_service.bills[arn].usd) == ("FAILED", 0)


def test_a_cancelled_task_costs_what_ran(braket_service: Loopback, client) -> None:
    braket = client("braket")
    braket_service.settings.life = Life(queued=1, running=4)
    arn = create(braket, "t", shots=1000)
    for _ in range(2):
        braket.get_quantum_task(quantumTaskArn=arn)
    braket.cancel_quantum_task(quantumTaskArn=arn)
    answer = braket.get_quantum_task(quantumTaskArn=arn)
    assert (answer["status"], answer["numSuccessfulShots"]) == ("CANCELLED", 250)
    assert braket_service.bills[arn].usd == Decimal("0.30") + 250 * Decimal("0.00145")


def test_a_simulator_bills_time_and_three_seconds_at_least(braket_service: Loopback) -> None:
    task = on(SV1).run(Circuit().h(0).cnot(0, 1), shots=100)
    duration = task.result().additional_metadata.simulatorMetadata.executionDuration
    assert duration < 3000
    assert braket_service.bills[task.id].usd == Decimal("0.075") * 3 / 60
    braket_service.settings.simulated_ms = 90_000
    longer = on(SV1).run(Circuit().h(0), shots=100)
    assert longer.result().additional_metadata.simulatorMetadata.executionDuration == 90_000
    assert braket_service.bills[longer.id].usd == Decimal("0.075") * 90 / 60


def test_the_tracker_finds_every_qpus_price(braket_service: Loopback, prices: None) -> None:
    garnet = on(GARNET)
    with Tracker() as tracker:
        garnet.run(bell(), shots=1000)
        garnet.run(ProgramSet([bell(), bell()], shots_per_executable=100)).result()
        on(FORTE).run(Circuit().add_verbatim_box(Circuit().gpi(0, 0.1)), shots=100)
        assert tracker.qpu_tasks_cost() == braket_service.bills.total
        on(SV1).run(Circuit().h(0), shots=10).result()
        assert tracker.simulator_tasks_cost() == braket_service.bills.total - tracker.qpu_tasks_cost()


@pytest.mark.parametrize("name", DEVICES)
def test_the_price_list_is_the_profiles(braket_service: Loopback, prices: None, name: str) -> None:
    profile = device(name)
    label = profile.arn.split("/")[-1]
    for family, usd in (("Quantum Task", profile.usd_per_task), ("Quantum Task-Shot", profile.usd_per_shot)):
        (row,) = pricing.price_search(
            **{"Region Code": profile.arn.split(":")[3], "DeviceName": label, "Product Family": family}
        )
        assert (Decimal(row["PricePerUnit"]), row["Currency"]) == (usd, "USD")


def limited(braket, usd: str, **more) -> str:
    """The ARN of a limit on Garnet."""
    return braket.create_spending_limit(deviceArn=GARNET, spendingLimit=usd, **more)["spendingLimitArn"]


def test_a_task_that_would_pass_the_limit_is_refused(braket_service: Loopback, client) -> None:
    braket = client("braket")
    create(braket, "before the limit")
    arn = limited(braket, "1.00", tags={"a": "b"})
    braket_service.settings.life = Life(queued=1)
    create(braket, "one")
    (limit,) = braket.search_spending_limits()["spendingLimits"]
    assert (limit["spendingLimitArn"], limit["deviceArn"], limit["tags"]) == (arn, GARNET, {"a": "b"})
    assert (Decimal(limit["queuedSpend"]), Decimal(limit["totalSpend"])) == (Decimal("0.445"), 0)
    create(braket, "two")
    code, message, status = refusal(create, braket, "three")
    assert (code, status) == ("ValidationException", 400)
    assert "exceeds the remaining spending limit ($0.11" in message
    create(braket, "two"), "a token that has its task is not counted again"
    create(braket, "other device", deviceArn=EMERALD)
    braket.update_spending_limit(spendingLimitArn=arn, spendingLimit="2.00")
    create(braket, "three")
    assert refusal(create, braket, "four", shots=10_000)[0] == "ValidationException"
    braket.delete_spending_limit(spendingLimitArn=arn)
    create(braket, "four", shots=10_000)
    assert braket.search_spending_limits()["spendingLimits"] == []


def test_what_a_failed_task_did_not_cost_is_left_for_others(braket_service: Loopback, client) -> None:
    braket = client("braket")
    limited(braket, "0.50")
    braket_service.faults.add("CreateQuantumTask", "fail")
    create(braket, "one")
    create(braket, "two")
    assert refusal(create, braket, "three")[0] == "ValidationException"


def test_no_task_outside_of_the_limits_period(client) -> None:
    braket = client("braket")
    start = datetime.now(UTC) + timedelta(hours=1)
    limited(braket, "100", timePeriod={"startAt": start, "endAt": start + timedelta(hours=1)})
    assert "time period" in refusal(create, braket, "t")[1]


def test_limits_are_for_qpus_one_each(client) -> None:
    braket = client("braket")
    first = limited(braket, "1.00", clientToken="t")
    assert limited(braket, "1.00", clientToken="t") == first
    assert "exists already" in refusal(limited, braket, "1.00")[1]
    elsewhere = boto("us-east-1").client("braket")
    assert "not a QPU" in refusal(elsewhere.create_spending_limit, deviceArn=SV1, spendingLimit="1")[1]
    assert refusal(braket.delete_spending_limit, spendingLimitArn=first + "0")[0] == "ResourceNotFoundException"
