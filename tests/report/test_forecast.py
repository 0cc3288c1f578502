"""What the report shows of a forecast: dollars against shots, the wait, what was tried, and how earlier ones turned out."""

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gates.forecast import decide
from gates.money import Account, Spend
from qpilot import policies
from qpilot.report.charts import forecast as charts
from qpilot.report.drawing import Plot
from qpilot.report.facts import FACTS
from qpilot.report.record import PastSpend, PlotData, RunRecord
from qpilot.report.remedies import MENDING

SHOTS, WAITS, SPENDS = (
    "What shots cost and what they save",
    "How earlier waits were forecast",
    "How earlier spends were forecast",
)


@pytest.fixture
def run(runs: dict[str, RunRecord]) -> RunRecord:
    """A run whose forecast has a queue and a history."""
    return runs["broken"]


def changed(run: RunRecord, **changes: Any) -> RunRecord:
    assert run.forecast is not None
    return replace(run, forecast=run.forecast.model_copy(update=changes))


def drawn(run: RunRecord) -> dict[str, Plot]:
    return {plot.title: plot for plot in charts.plots(run)}


def facts(run: RunRecord) -> dict[str, tuple[str, str]]:
    return {fact.label: (fact.value, fact.note) for fact in FACTS["forecast"](run)}


def test_dollars_are_drawn_against_shots_with_the_one_chosen_marked(run: RunRecord) -> None:
    plot = drawn(run)[SHOTS]
    assert "500 shots: $587.25, 0.81 points lost" in plot.alt
    assert plot.alt.endswith("Used: 500.")
    assert "500 shots, $587.25" in plot.svg
    assert "a fifth of the margin, 1.0" in plot.svg


def test_a_curve_that_shows_nothing_is_not_drawn(run: RunRecord) -> None:
    assert run.forecast is not None
    free = tuple(one.model_copy(update={"usd": Decimal(0)}) for one in run.forecast.curve)
    for curve in ((), run.forecast.curve[:1], free):
        assert SHOTS not in drawn(changed(run, curve=curve))


def test_the_wait_is_drawn_with_its_interval(run: RunRecord) -> None:
    plot = drawn(run)["How long it would wait"]
    assert plot.alt == "8 in 10 tasks wait 1.5 to 31.5 hours, half of them up to 6.25; the limit is 72 hours."
    assert run.forecast is not None
    unknown = run.forecast.wait_p90_hours.model_copy(update={"value": math.nan})
    assert "How long it would wait" not in drawn(changed(run, wait_p90_hours=unknown))


def test_earlier_forecasts_are_scored(run: RunRecord) -> None:
    plots = drawn(run)
    inside = sum(one.low <= one.came <= one.high for one in run.plots.waits)
    assert f"{inside} of 40 tasks came inside" in plots[WAITS].alt
    assert "5 of 6 runs cost no more than their P90" in plots[SPENDS].alt
    told = facts(run)
    assert told["Earlier waits inside their interval"][0].startswith("79.0")
    assert "80 % intervals of 48 tasks, 13 of them calibrated" in told["Earlier waits inside their interval"][1]
    assert told["Earlier spends within P90"][0].startswith("83.3")


def test_without_history_one_sentence_says_so(run: RunRecord) -> None:
    assert run.forecast is not None
    nothing = run.forecast.track.model_copy(update={"waits": 0, "runs": 0})
    blank = replace(changed(run, track=nothing), plots=PlotData())
    assert facts(blank)["Earlier forecasts"] == ("none", "no task of this device and no run has ended yet")
    assert not {WAITS, SPENDS} & set(drawn(blank))


def test_a_run_that_cost_nothing_is_drawn(run: RunRecord) -> None:
    free = PastSpend(run="r", p50=Decimal(0), p90=Decimal(0), worst=Decimal(0), came=Decimal(0), emulated=True)
    assert "1 of 1 runs cost no more" in drawn(replace(run, plots=PlotData(spends=(free,))))[SPENDS].alt


def test_money_that_is_spoken_for_is_told(run: RunRecord) -> None:
    told = facts(changed(run, account=Account(name="lab", left_usd=Decimal("80.5"))))
    assert told["Taken by earlier tries"][0] == "$120.50"
    assert told["Account lab"][0] == "$80.50"
    assert told["This machine"][0] == "$0.04"
    quiet = facts(changed(run, committed_usd=Decimal(0), classical_usd=Decimal(0)))
    assert not {"Taken by earlier tries", "This machine", "Account lab"} & set(quiet)
    assert facts(changed(run, account=Account(name="lab", left_usd=None)))["Account lab"][0] == "not measured"


def test_every_mitigation_that_was_tried_has_its_sentence(run: RunRecord) -> None:
    told = facts(run)
    assert told["Mitigation"] == ("readout", "chosen, see below")
    assert told["Tried: readout"][0] == "GO"
    assert told["Tried: readout+zne-linear"][1].endswith("it gains less than 5.0 percentage points")
    assert facts(changed(run, trials=()))["Mitigation"] == ("readout", "as the pilot asks")


def judged(run: RunRecord, **changes: Any) -> RunRecord:
    """The run with the verdict that the gate gives on its changed forecast."""
    run = changed(run, **changes)
    assert run.forecast is not None
    verdict = decide(run.forecast, policies.forecast(run.pilot))
    return replace(run, verdicts=(*(one for one in run.verdicts if one.gate != "forecast"), verdict))


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"committed_usd": Decimal("499.99"), "charged": None}, "A budget of at least $501.98 (now $500.00)"),
        ({"price_known": False}, "A backend that says what it bills: emulator does not for iqm-garnet"),
        ({"account": Account(name="lab", left_usd=None), "charged": None}, "A limit for the account"),
        ({"account": Account(name="lab", left_usd=Decimal(1)), "charged": None}, "A higher limit for the account"),
        ({"queue": None}, "Another hour: how long the queue is was not counted"),
    ],
    ids=["budget", "price", "no limit", "limit", "queue"],
)
def test_a_refusal_names_what_would_mend_it(run: RunRecord, changes: dict[str, Any], remedy: str) -> None:
    assert run.forecast is not None
    dollars = Spend(expected=Decimal(1), p50=Decimal(1), p90=Decimal("1.99"), worst=Decimal(3))
    counted = run.forecast.queue.model_copy(update={"lower_bound": True, "depth": None})
    filled = {
        name: {"charged": dollars, "queue": counted}.get(name) if value is None else value
        for name, value in changes.items()
    }
    found = list(MENDING["forecast"](judged(run, **filled)))
    assert any(one.startswith(remedy) for one in found), found
