"""Forecasts and what came of them, read off a journal as the paid stage writes it."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from qpilot.devices import device
from qpilot.forecast.history import earlier, spends, track, waits
from qpilot.forecast.queue import predicted_wait
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal
from qpilot.report.record import PlotData
from qpilot.spending.batches import finish, pay
from tests.spending.purses import FINGERPRINT, KEY, patient, prepare, purse, stores
from tests.spending.vendor import Vendor

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
GARNET = device("iqm-garnet")


class Desk:
    """A journal with what the paid stage records of a batch."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder / "journal.db")
        self.artifacts = Artifacts(folder / "artifacts")

    def batch(
        self, key: str, wait: Any, hours: list[float | None], state: str = "COMPLETED", arn: str = GARNET.arn
    ) -> None:
        plan = self.artifacts.put_json({"wait": wait, "works": []})
        self.journal.append("plan", key, {"plan": plan, "batch": "b" * 64}, NOW)
        for number, took in enumerate(hours):
            attempt = f"{key}/{number:04d}/1"
            self.journal.append("reserved", attempt, {"device": arn, "usd": "1"}, NOW)
            ended = None if took is None else (NOW + timedelta(hours=took)).isoformat()
            settled = {"reference": "arn", "state": state, "usd": "1", "created": NOW.isoformat(), "ended": ended}
            self.journal.append("settled", attempt, settled, NOW)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


WAIT = {"low": 1.0, "median": 2.0, "high": 5.0, "depth": 9, "calibrated": False, "quantiles": [*range(1, 20)]}


def test_every_completed_task_is_held_against_its_forecast(desk: Desk) -> None:
    desk.batch("run/0000", WAIT, [3.0, 6.0])
    desk.batch("run/0001", None, [0.5])
    found = waits(desk.journal, desk.artifacts, GARNET.arn)
    assert [(one.item, one.hours, one.forecast) for one in found] == [
        ("run/0001/0000/1", 0.5, False),
        ("run/0000/0000/1", 3.0, True),
        ("run/0000/0001/1", 6.0, True),
    ]
    assert [(one.low, one.median, one.high, one.depth, one.missed) for one in found[1:]] == [
        (1.0, 2.0, 5.0, 9, False),
        (1.0, 2.0, 5.0, 9, True),
    ]


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_task_that_did_not_complete_tells_nothing_of_the_queue(desk: Desk, state: str) -> None:
    desk.batch("run/0000", WAIT, [3.0], state)
    assert waits(desk.journal, desk.artifacts) == ()


def test_a_task_without_times_is_left_out(desk: Desk) -> None:
    desk.batch("run/0000", WAIT, [None, 2.0])
    assert [one.hours for one in waits(desk.journal, desk.artifacts)] == [2.0]


def test_only_the_latest_are_read(desk: Desk) -> None:
    desk.batch("run/0000", WAIT, [1.0, 2.0, 3.0])
    desk.batch("run/0001", WAIT, [9.0], arn="arn:other")
    found = waits(desk.journal, desk.artifacts, GARNET.arn, latest=2)
    assert [one.hours for one in found] == [2.0, 3.0]


def test_other_devices_have_queues_of_their_own(desk: Desk) -> None:
    desk.batch("run/0000", WAIT, [3.0], arn="arn:other")
    desk.batch("run/0001", WAIT, [4.0])
    assert [one.hours for one in waits(desk.journal, desk.artifacts, GARNET.arn)] == [4.0]
    assert len(waits(desk.journal, desk.artifacts)) == 2


def test_a_plan_that_is_gone_leaves_its_tasks_without_a_forecast(desk: Desk) -> None:
    desk.batch("run/0000", WAIT, [3.0])
    for name in desk.artifacts.names():
        Path(desk.artifacts.place(name)).unlink()
    assert [one.forecast for one in waits(desk.journal, desk.artifacts)] == [False]


def test_what_a_forecast_stores_is_what_the_history_reads(desk: Desk) -> None:
    told = predicted_wait(GARNET, NOW, 3, ())
    desk.batch("run/0000", told, [1.0])
    (one,) = waits(desk.journal, desk.artifacts, GARNET.arn)
    assert told is not None
    assert (one.low, one.median, one.high, one.depth) == (told["low"], told["median"], told["high"], 3)
    assert track([one], ()).crps > 0


def ended(desk: Desk, run: str, charged: tuple[str, str], came: str, gate: str = "hardware") -> None:
    p90, worst = charged
    spend = {"expected": "1", "p50": "1", "p90": p90, "worst": worst}
    device_cost = {"expected": "50", "p50": "50", "p90": "60", "worst": "90"}
    content = {"evidence": {"charged": spend, "device_cost": device_cost}}
    desk.journal.append("verdict", f"{run}/forecast/0123456789abcdef", content, NOW)
    desk.journal.append("verdict", f"{run}/hardware/0123456789abcdef", {"evidence": {}}, NOW)
    summary = {"verdicts": [{"gate": gate}], "charged_usd": came, "device_usd": "55"}
    desk.journal.append("ended", run, summary, NOW)


def test_dollars_are_scored_for_runs_that_have_ended(desk: Desk) -> None:
    ended(desk, "paid-1", ("40", "80"), "41.30")
    ended(desk, "stopped-1", ("40", "80"), "0", gate="forecast")
    desk.journal.append("ended", "never-forecast", {"verdicts": [], "charged_usd": "0", "device_usd": "0"}, NOW)
    (paid,) = spends(desk.journal)
    assert (paid.run, paid.p90, paid.came, paid.emulated) == ("paid-1", Decimal(40), Decimal("41.30"), False)


def test_an_emulated_run_scores_the_list_price(desk: Desk) -> None:
    ended(desk, "emulated-1", ("0", "0"), "0")
    (one,) = spends(desk.journal)
    assert (one.p50, one.p90, one.came, one.emulated) == (50, 60, 55, True)


def test_the_track_record_by_hand(desk: Desk) -> None:
    desk.batch("run/0000", WAIT, [3.0, 6.0, 0.5, 2.0])
    for number, came in enumerate(("0.50", "30", "45")):
        ended(desk, f"run-{number}", ("40", "80"), came)
    found = track(waits(desk.journal, desk.artifacts), spends(desk.journal))
    assert (found.waits, found.calibrated, found.covered) == (4, 0, 0.5)
    assert found.pinball_p10 == pytest.approx((0.1 * 2 + 0.1 * 5 + 0.9 * 0.5 + 0.1 * 1) / 4)
    assert found.pinball_p50 == pytest.approx((0.5 * 1 + 0.5 * 4 + 0.5 * 1.5 + 0) / 4)
    assert found.pinball_p90 == pytest.approx((0.1 * 2 + 0.9 * 1 + 0.1 * 4.5 + 0.1 * 3) / 4)
    assert (found.runs, found.within_p50, found.within_p90) == (3, pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_nothing_to_score_is_no_score() -> None:
    found = track((), ())
    assert (found.waits, found.runs) == (0, 0)
    assert math.isnan(found.covered)
    assert math.isnan(found.within_p90)
    assert earlier((), ()) == PlotData()


def test_the_plot_data_survives_json(desk: Desk) -> None:
    desk.batch("run/0000", WAIT, [3.0])
    ended(desk, "paid-1", ("40", "80"), "41.30")
    shown = earlier(waits(desk.journal, desk.artifacts), spends(desk.journal))
    assert PlotData.model_validate_json(shown.model_dump_json()) == shown
    assert (shown.waits[0].came, shown.spends[0].came) == (3.0, Decimal("41.30"))


def test_the_history_reads_what_the_paid_stage_writes(tmp_path: Path) -> None:
    """Two tasks bought, waited for and settled by the code that spends; they took what the vendor says."""
    vendor = Vendor()
    kept = stores(tmp_path, vendor)
    money = purse(kept)
    told = predicted_wait(GARNET, vendor.now(), 12, ())
    prepared = replace(prepare(2), wait=told)
    paid = pay(KEY, FINGERPRINT, lambda: prepared, money, vendor, patient(vendor))
    finish(paid, money, vendor, patient(vendor))
    found = waits(kept.journal, kept.artifacts, prepared.works[0].device)
    assert [one.item for one in found] == [f"{KEY}/0000/1", f"{KEY}/0001/1"]
    said = {(task.created, task.ended) for task in vendor.tasks()}
    assert {(one.created, one.ended) for one in found} == said
    assert told is not None
    assert {(one.low, one.median, one.high, one.depth) for one in found} == {
        (told["low"], told["median"], told["high"], 12)
    }
    assert track(found, ()).waits == 2
