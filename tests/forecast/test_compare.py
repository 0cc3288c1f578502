"""Devices side by side, on a shipped pilot shrunk to a few rows."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from gates.records import Outcome
from qpilot.devices import DEVICES, SIMULATORS, device
from qpilot.devices.listing import Live
from qpilot.devices.pulled import keep
from qpilot.errors import QpilotError, UsageError
from qpilot.forecast.compare import Comparison, compare
from qpilot.forecast.queue import ALWAYS
from qpilot.forecast.table import table
from qpilot.record.home import Home

PLANTED = Path(__file__).parents[2] / "pilots" / "planted" / "pilot.toml"
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
SMALL = ("data.max_train_rows=150", "hardware.shots=200", "hardware.max_points=60", "budget.usd=100000")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home into which a narrow device was pulled."""
    home = Home(tmp_path_factory.mktemp("home"))
    garnet = device("iqm-garnet")
    three = {label: garnet.qubits[label] for label in list(garnet.qubits)[:3]}
    narrow = garnet.model_copy(
        update={"name": "narrow", "arn": "arn:aws:braket:::device/qpu/x/n", "qubits": three, "couplings": {}}
    )
    keep(narrow, home.devices)
    keep(
        SIMULATORS["simulator-sv1"].model_copy(
            update={"name": "mine", "arn": "arn:aws:braket:::device/quantum-simulator/amazon/x"}
        ),
        home.devices,
    )
    return home


@pytest.fixture(scope="module")
def found(home: Home) -> Comparison:
    return compare(PLANTED, SMALL, home, MONDAY)


def test_every_shipped_and_pulled_device_has_a_row(found: Comparison) -> None:
    assert sorted(row.device for row in found.devices) == sorted([*DEVICES, "narrow"])
    assert (found.pilot, found.candidate, found.points) == ("planted", "projected-kernel, zz x2", 60)


def test_nothing_is_recorded(found: Comparison, home: Home) -> None:
    assert home.journal.head().seq == 0


def test_the_rows_run_from_cheap_to_dear(found: Comparison) -> None:
    dollars = [row.usd.p90 for row in found.devices if row.usd is not None]
    assert dollars == sorted(dollars)
    for row in found.devices:
        if row.usd is not None:
            assert row.planned_usd is not None
            assert row.planned_usd <= row.usd.worst
            assert row.usd.p50 <= row.usd.p90 <= row.usd.worst


def test_a_device_with_too_few_qubits_says_so(found: Comparison) -> None:
    narrow = next(row for row in found.devices if row.device == "narrow")
    assert (narrow.usd, narrow.worth, narrow.why) == (None, False, ("it has 3 qubits, 4 are needed",))


def test_the_cheapest_that_meets_everything_is_chosen(found: Comparison) -> None:
    worth = [row for row in found.devices if row.worth]
    assert found.chosen == worth[0].device
    assert all(check.outcome is Outcome.GO or check.name == "wait" for check in worth[0].checks)
    assert found.sentence.startswith(f"{found.chosen} is worth it: the cheapest that meets margin, budget and wait")
    assert "Its queue was not counted" in found.sentence
    cepheus = next(row for row in found.devices if row.device == "rigetti-cepheus")
    assert not cepheus.worth, "its windows are not known, so its wait is not"


def test_no_device_is_worth_more_than_the_budget(home: Home) -> None:
    poor = compare(PLANTED, (*SMALL[:3], "budget.usd=1"), home, MONDAY, ("iqm-garnet", "iqm-emerald"))
    assert poor.chosen is None
    assert poor.sentence.startswith("No device is worth it. iqm-garnet fails budget")
    assert "; iqm-emerald fails budget" in poor.sentence


def test_shots_that_a_device_does_not_take_are_said(home: Home) -> None:
    row = compare(PLANTED, (*SMALL, "hardware.shots=50"), home, MONDAY, ("ionq-forte-enterprise",)).devices[0]
    assert row.usd is None
    assert "50 shots asked of ionq-forte-enterprise; it takes 100 to 5000" in row.why[0]


def test_a_live_look_counts_the_queue(home: Home) -> None:
    def look(arn: str) -> Live:
        machine = device(arn)
        if machine.name == "iqm-emerald":
            raise QpilotError("no AWS credentials")
        status = "OFFLINE" if machine.name == "ionq-forte-enterprise" else "ONLINE"
        return Live(device=machine, status=status, queue_depth="900")

    seen = compare(PLANTED, SMALL, home, MONDAY, ("iqm-garnet", "iqm-emerald", "ionq-forte-enterprise"), look)
    rows = {row.device: row for row in seen.devices}
    assert (rows["iqm-garnet"].live, rows["iqm-emerald"].live) == (True, False)
    assert "not seen live: no AWS credentials" in rows["iqm-emerald"].why
    assert "it is offline now" in rows["ionq-forte-enterprise"].why
    assert not rows["ionq-forte-enterprise"].worth
    wait = rows["iqm-garnet"].wait_p90_hours
    assert wait is not None
    assert wait.value > 72, "900 jobs in two hours a day"
    assert "waits" in " ".join(rows["iqm-garnet"].why)
    assert not rows["iqm-garnet"].worth


@pytest.mark.parametrize(("status", "worth"), [("ONLINE", True), ("OFFLINE", False), ("RETIRED", False)])
def test_a_device_that_takes_no_tasks_is_not_worth_it(home: Home, status: str, worth: bool) -> None:
    def look(arn: str) -> Live:
        return Live(device=device(arn).model_copy(update={"windows": ALWAYS}), status=status, queue_depth="0")

    row = compare(
        PLANTED, (*SMALL, "gates.forecast.max_emulated_loss=0.5"), home, MONDAY, ("iqm-garnet",), look
    ).devices[0]
    assert all(check.outcome is Outcome.GO for check in row.checks)
    assert row.worth is worth
    assert (f"it is {status.lower()} now" in row.why) is not worth


def test_what_earlier_runs_took_is_counted(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path)
    reserved = {"owner": "planted", "account": None, "usd": "99990", "device": device("iqm-garnet").arn}
    other.journal.append("reserved", "planted-00000000-1/0000/0000/1", reserved, MONDAY)
    row = compare(PLANTED, SMALL, other, MONDAY, ("iqm-garnet",)).devices[0]
    assert "Earlier tries have taken $99,990.00" in " ".join(row.why)


def test_an_unknown_device_is_refused(home: Home) -> None:
    with pytest.raises(UsageError, match=r"unknown device 'abacus'; known: .*narrow"):
        compare(PLANTED, SMALL, home, MONDAY, ("abacus",))
    with pytest.raises(UsageError, match="no device to estimate for"):
        compare(PLANTED, SMALL, home, MONDAY, ())


def test_the_table_holds_every_row_and_the_answer(found: Comparison) -> None:
    text = table(found)
    lines = text.splitlines()
    rows = [line for line in lines if line.startswith((*DEVICES, "narrow")) and ": " not in line]
    assert len(rows) == len(found.devices)
    assert all(len(line) <= 120 for line in rows)
    assert found.sentence in lines
    garnet = next(row for row in found.devices if row.device == "iqm-garnet")
    assert garnet.usd is not None
    assert f"${garnet.usd.p90:,.2f}" in next(line for line in rows if line.startswith("iqm-garnet"))


def test_a_comparison_survives_json(found: Comparison) -> None:
    again = Comparison.model_validate_json(json.dumps(found.plain()))
    assert again.plain() == found.plain()
    assert Decimal(json.loads(found.model_dump_json())["devices"][0]["usd"]["p90"]) > 0


def test_the_table_tells_a_score_as_the_report_does(found: Comparison) -> None:
    """A level in per cent, a loss in points; what they are is said once."""
    scored = [
        row
        if row.emulated_accuracy is None
        else row.model_copy(update={"emulated_accuracy": row.emulated_accuracy.model_copy(update={"unit": "score"})})
        for row in found.devices
    ]
    said = table(found.model_copy(update={"devices": tuple(scored)}))
    assert "note: emulated is the score, 100 % where every answer is exact, and lost its points" in said
    assert "emulated is the score" not in table(found)
    level = next(row.emulated_accuracy for row in scored if row.emulated_accuracy is not None)
    assert f"{100 * level.value:.1f}%" in said
