"""One section a stage: what was measured, its plots, and its gate's scorecard."""

from typing import NamedTuple

from gates.hardware import HardwareEvidence
from gates.records import Verdict
from gates.wording import sentence
from qpilot.report import charts, gap
from qpilot.report.drawing import Plot
from qpilot.report.facts import FACTS
from qpilot.report.facts.figure import Fact
from qpilot.report.record import RunRecord, Stage


class Section(NamedTuple):
    """A stage on the page. `outcome` is its gate's, "ERROR" or "not run"; facts, plots and notes are empty if it did
    not finish."""

    stage: Stage
    outcome: str
    verdict: Verdict | None
    facts: list[Fact]
    plots: list[Plot]
    notes: tuple[str, ...]


def sections(run: RunRecord) -> list[Section]:
    """Every stage in order, those that did not run included."""
    return [
        Section(stage, outcome, run.verdict(stage), [*FACTS[stage](run)], charts.of(stage, run), _notes(stage, run))
        for stage, outcome in run.chain
    ]


def _notes(stage: Stage, run: RunRecord) -> tuple[str, ...]:
    if stage == "hardware" and run.hardware is not None:
        return _hardware_notes(run.hardware)
    evidence = {"data": run.data, "forecast": run.forecast}.get(stage)
    return () if evidence is None else evidence.notes


def _hardware_notes(found: HardwareEvidence) -> tuple[str, ...]:
    split = found.split
    if split is None:
        return (*(change.sentence for change in found.recalibrations), *found.notes)
    again = [gap.sentinels(split, one) for one in found.sentinels if split.simulated_signal.value > 0]
    order = f"the gap is taken apart in this order: {split.order}"
    notes = (*(change.sentence for change in found.recalibrations), *again, *found.notes, order, *gap.methods(split))
    return tuple(map(sentence, notes))
