"""Batches on the loopback service through the real SDK: counts, money, several processes, and what ends a run."""

from decimal import Decimal

import numpy as np
import pytest
from scipy.stats import chi2

from qpilot.backend import Batch, Outcomes
from qpilot.backends import backend as open_backend
from qpilot.braket.backend import BraketBackend
from qpilot.devices import DEVICES, SIMULATORS, device
from qpilot.devices.price import SIMULATOR_LEAST_SECONDS, usd_for_seconds
from qpilot.emulator import Emulator
from qpilot.errors import QpilotError, Suspended
from qpilot.mitigation import MITIGATIONS
from qpilot.program import Counts, Probabilities
from qpilot.spending.purse import Purse
from qpilot.spending.service import Refused
from tests.braket.conftest import Purses
from tests.emulator.shapes import entangling
from tests.loopback import Life, Loopback

KEY = "pilot-12345678-1/0000"


def batch(mitigation: str = "readout", rows: int = 3, shots: int = 500, seed: int = 1) -> Batch:
    return Batch(*MITIGATIONS[mitigation].construct((entangling(3, 1, rows, seed),)), shots)


def run(name: str, purse: Purse, asked: Batch, key: str = KEY, pauses: list[float] | None = None) -> Outcomes:
    opened = BraketBackend(device(name), purse, pause=(pauses if pauses is not None else []).append)
    return opened.collect(opened.submit(asked, key))


def assert_drawn_from(expected: Probabilities, counts: Counts) -> None:
    """Pearson's test over all rows; outcomes expected less than five times are pooled."""
    shots = counts.sum(axis=1, keepdims=True)
    wanted = expected * shots
    rare = wanted < 5
    statistic = float((np.where(rare, 0, (counts - wanted) ** 2 / np.maximum(wanted, 1e-12))).sum())
    pooled = float((np.where(rare, counts, 0).sum() - np.where(rare, wanted, 0).sum()) ** 2)
    statistic += pooled / max(float(np.where(rare, wanted, 0).sum()), 1.0)
    degrees = int((~rare).sum() - len(counts) + 1)
    assert statistic < chi2.isf(1e-6, degrees), (statistic, degrees)


@pytest.mark.parametrize("name", DEVICES)
def test_the_bill_is_the_quote_to_the_cent_and_counts_are_the_rehearsals(
    braket_service: Loopback, purse: Purses, name: str
) -> None:
    """Under every mitigation, several batches in one run."""
    opened = BraketBackend(device(name), purse(usd="100000"), pause=[].append)
    emulator, before = Emulator(device(name)), Decimal(0)
    for number, mitigation in enumerate(MITIGATIONS):
        rows, shots = (3, 500) if mitigation == "readout" else (1, 200)
        asked = batch(mitigation, rows, shots)
        quote = opened.quote(asked.executables, asked.shots)
        outcomes = opened.collect(opened.submit(asked, f"pilot-12345678-1/{number:04d}"))
        billed = sum(braket_service.bills[task].usd for task in outcomes.tasks)
        assert quote.charged_usd == billed == braket_service.bills.total - before, mitigation
        assert (quote, quote.tasks) == (outcomes.quote, len(outcomes.tasks))
        before = braket_service.bills.total
        for expected, counts in zip(emulator.distributions(asked.settings), outcomes.settings, strict=True):
            assert np.all(counts.sum(axis=1) == shots)
            assert_drawn_from(expected, counts)
        if asked.calibration:
            zeros, ones = outcomes.calibration
            assert (zeros[0].argmax(), ones[0].argmax()) == (0, 7)


def test_a_simulator_is_billed_by_its_time_and_quoted_above_it(braket_service: Loopback, purse: Purses) -> None:
    asked = batch("none", rows=2)
    quote = BraketBackend(device("simulator-sv1"), None).quote(2, asked.shots)
    outcomes = run("simulator-sv1", purse(), asked)
    assert outcomes.quote.charged_usd == braket_service.bills.total <= quote.charged_usd
    assert braket_service.bills.total == 2 * usd_for_seconds(device("simulator-sv1"), SIMULATOR_LEAST_SECONDS)
    assert_drawn_from(Emulator(device("simulator-sv1")).distributions(asked.settings)[0], outcomes.settings[0])
    assert outcomes.quote.notes[-1].startswith("billed $")


def test_more_circuits_than_a_program_set_holds(braket_service: Loopback, purse: Purses) -> None:
    asked = Batch((entangling(2, 1, 80, 3), entangling(2, 1, 30, 3)), (), 100)
    outcomes = run("iqm-garnet", purse(), asked)
    assert len(outcomes.tasks) == 2
    assert braket_service.bills.total == Decimal("16.55")
    for expected, counts in zip(
        Emulator(device("iqm-garnet")).distributions(asked.settings), outcomes.settings, strict=True
    ):
        assert_drawn_from(expected, counts)


def test_another_process_goes_on_from_the_arns(braket_service: Loopback, purse: Purses, pauses: list[float]) -> None:
    """Submitted by one, collected by another, asked for again by a third: one task, the same counts."""
    braket_service.settings.life = Life(queued=3)
    asked = batch()
    BraketBackend(device("iqm-garnet"), purse()).submit(asked, KEY)
    (task,) = braket_service.bills
    first, again = (run("iqm-garnet", purse(), asked, pauses=pauses) for _ in range(2))
    assert first.tasks == again.tasks == (task,)
    assert all(np.array_equal(a, b) for a, b in zip(first.settings, again.settings, strict=True))
    assert len(pauses) == 3
    assert {0.05} == {*pauses}, "as often as the device asks for"


def test_several_batches_are_several_tasks_in_one_journal(braket_service: Loopback, purse: Purses) -> None:
    keys = [f"pilot-12345678-1/{number:04d}" for number in range(3)]
    found = [run("iqm-garnet", purse(), batch(seed=number), key) for number, key in enumerate(keys)]
    assert {task for one in found for task in one.tasks} == {*braket_service.bills}
    assert {*braket_service.bills.by_token().values()} == {1}
    assert {bill.tags["qpilot-item"] for bill in braket_service.bills.values()} == {f"{key}/0000/1" for key in keys}


def test_a_batch_keeps_the_figures_it_was_compiled_for(braket_service: Loopback, purse: Purses) -> None:
    opened = BraketBackend(device("iqm-garnet"), purse())
    handle = opened.submit(batch(), KEY)
    before = opened.figures()
    braket_service.catalogue.change("iqm-garnet", {"qubits": {"1": {"gate": 0.97}}})
    assert opened.collect(handle).device == before
    after = run("iqm-garnet", purse(), batch(), "pilot-12345678-1/0001").device
    assert after.qubits[1].gate == 0.97
    assert after.digest != before.digest


def test_without_a_purse_nothing_is_spent(braket_service: Loopback) -> None:
    opened = open_backend("braket", "iqm-garnet")
    assert opened.quote(5, 500).charged_usd == Decimal("3.925")
    with pytest.raises(QpilotError, match="nothing may be spent here: a prediction or an exploration spends nothing"):
        opened.submit(batch(), KEY)
    assert len(braket_service.bills) == 0


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        ("RETIRED", QpilotError, "iqm-garnet is retired .* nothing was sent: choose another in hardware.device"),
        ("OFFLINE", Suspended, "iqm-garnet is offline .* run the same command again once it is back"),
    ],
)
def test_a_device_that_takes_no_tasks_is_sent_none(
    braket_service: Loopback, purse: Purses, status: str, error: type[QpilotError], said: str
) -> None:
    braket_service.catalogue.status[device("iqm-garnet").arn] = status
    with pytest.raises(error, match=said):
        run("iqm-garnet", purse(), batch())
    assert len(braket_service.bills) == 0
    braket_service.catalogue.status.clear()
    assert len(run("iqm-garnet", purse(), batch()).tasks) == 1


def test_a_device_that_the_region_does_not_have_is_said(braket_service: Loopback, purse: Purses) -> None:
    elsewhere = device("iqm-garnet").model_copy(update={"arn": "arn:aws:braket:us-west-1::device/qpu/iqm/Garnet"})
    opened = BraketBackend(elsewhere, purse())
    with pytest.raises(QpilotError, match="knows no such device or task in region us-west-1"):
        opened.submit(batch(), KEY)
    assert "live figures could not be had" in opened.figures().notes[-1]


def test_a_task_that_stays_in_the_queue_suspends_and_is_waited_for_again(
    braket_service: Loopback, purse: Purses
) -> None:
    """Outside its windows a device takes tasks and lets them queue: no error, until the run's own deadline."""
    braket_service.settings.life = Life(queued=4)
    with pytest.raises(Suspended, match=r"is not done after 0 hours \(budget.queue_hours\): QUEUED, position"):
        run("iqm-garnet", purse(deadline_hours=0.0), batch())
    assert len(run("iqm-garnet", purse(), batch()).tasks) == len(braket_service.bills) == 1


def test_a_failed_task_costs_nothing_and_is_made_anew(braket_service: Loopback, purse: Purses) -> None:
    braket_service.faults.add("CreateQuantumTask", "fail", nth=1)
    outcomes = run("iqm-garnet", purse(), batch())
    assert [*braket_service.bills][1:] == [*outcomes.tasks]
    assert braket_service.bills.total == outcomes.quote.charged_usd == Decimal("3.925")


@pytest.mark.parametrize(
    ("name", "effect", "said"),
    [
        ("iqm-garnet", "partial", "the shots that succeeded: expected 2500, found 1250"),
        ("iqm-garnet", "result-corrupt", "expected"),
        ("iqm-garnet", "result-truncated", "expected"),
        ("iqm-garnet", "result-schema", "schema"),
        ("iqm-garnet", "result-qubits", "the qubits measured"),
        ("iqm-garnet", "result-fewer", "expected"),
        ("iqm-garnet", "result-missing", "an object of the result is missing below s3://amazon-braket-"),
        ("iqm-garnet", "result-500", "the service failed"),
        ("rigetti-cepheus", "partial", "the shots that succeeded: expected 2500, found 1250"),
        ("rigetti-cepheus", "result-qubits", "the qubits measured"),
        ("rigetti-cepheus", "result-fewer", "expected"),
    ],
)
def test_a_result_that_is_not_whole_suspends_and_never_counts(
    braket_service: Loopback, purse: Purses, name: str, effect: str, said: str
) -> None:
    asked = (
        Batch((entangling(2, 1, 2, 1),), (), 1250)
        if name == "iqm-garnet"
        else Batch((entangling(2, 1, 1, 1),), (), 2500)
    )
    braket_service.faults.add("CreateQuantumTask", effect, every=True)
    with pytest.raises(Suspended, match=f"completed and is paid, but its result cannot be used .*({said})"):
        run(name, purse(), asked)
    if effect == "partial":
        with pytest.raises(Suspended):
            run(name, purse(), asked)
    assert len(braket_service.bills) == 1, "what is paid is read again, never sent again"


def test_a_result_that_comes_late_is_read_when_it_is_there(braket_service: Loopback, purse: Purses) -> None:
    braket_service.faults.add("GetObject", "result-truncated", first=2)
    assert len(run("iqm-garnet", purse(), batch()).tasks) == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "may not do braket:CreateQuantumTask: loopback"),
        ("DeviceOfflineException", "is offline and takes no tasks"),
        ("DeviceRetiredException", "is retired"),
        ("ExpiredTokenException", "the AWS credentials have expired"),
        ("ServiceQuotaExceededException", "a quota of the AWS account is used up"),
        ("UnrecognizedClientException", "AWS does not know these credentials"),
        ("ValidationException", "Amazon Braket refused the request"),
    ],
)
def test_a_refusal_frees_the_money_and_the_run_continues_later(
    braket_service: Loopback, purse: Purses, code: str, said: str
) -> None:
    braket_service.faults.add("CreateQuantumTask", code, nth=1)
    with pytest.raises(Refused, match=said):
        run("iqm-garnet", purse(), batch())
    assert len(braket_service.bills) == 0
    assert purse().stores.journal.find("released")
    assert len(run("iqm-garnet", purse(), batch()).tasks) == 1


@pytest.mark.parametrize("effect", ["drop", "accept-then-drop", "error-500", "accept-then-500", "ThrottlingException"])
def test_whatever_becomes_of_an_answer_there_is_one_task(braket_service: Loopback, purse: Purses, effect: str) -> None:
    braket_service.faults.add("CreateQuantumTask", effect, nth=1)
    assert len(run("iqm-garnet", purse(), batch()).tasks) == 1
    assert len(braket_service.bills) == 1


@pytest.mark.parametrize("name", SIMULATORS)
def test_every_simulator_can_be_asked_for_its_figures(braket_service: Loopback, name: str) -> None:
    found = BraketBackend(device(name), None).figures()
    assert (found.usd_per_minute, found.arn) == (device(name).usd_per_minute, device(name).arn)
    assert len(found.qubits) == len(device(name).qubits)
