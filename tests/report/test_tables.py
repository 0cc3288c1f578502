"""The tables hold every family against the others in what a decision rests on, and say why a cell is empty."""

import math
from typing import Any

import pytest

from gates.contender import Contender
from gates.records import Measure
from qpilot.report import formats, tables
from qpilot.report.grids import Cell, Grid
from qpilot.report.record import RunRecord
from qpilot.report.trainable import trainable
from tests.report.conftest import pilot, trainability_evidence

PROMISED = (
    "Accuracy, cross-validated",
    "Accuracy, locked rows",
    "Calibration error",
    "Parameters",
    "Rows needed",
    "Training",
    "A prediction",
    "A prediction, price",
    "Circuit depth",
    "Two-qubit gates",
    "Answers changed",
    "Feature noise of 0.1",
    "Device noise",
    "8-bit parameters",
    "6-bit parameters",
    "4-bit parameters",
)


def grid(run: RunRecord, **changed: Any) -> Grid:
    assert run.prototype is not None
    found = tables.side_by_side(_with(run, **changed))
    assert found is not None
    return found


def _with(run: RunRecord, **changed: Any) -> RunRecord:
    from dataclasses import replace

    assert run.prototype is not None
    return replace(run, prototype=run.prototype.model_copy(update=changed))


def test_every_family_and_the_twin_have_a_column_in_the_same_order(runs: dict[str, RunRecord]) -> None:
    labels = [head.label for head in grid(runs["promoted"]).heads]
    assert labels == ["Measured", "Classical", "QNN", "Hybrid", "Quantum kernel", "Twin"]


def test_everything_a_decision_rests_on_has_a_line(runs: dict[str, RunRecord]) -> None:
    lines = [line.head.label for line in grid(runs["promoted"]).lines]
    assert [one for one in PROMISED if one not in lines] == []


def test_a_family_has_one_column_even_where_another_seed_looked_better(runs: dict[str, RunRecord]) -> None:
    found = runs["promoted"].prototype
    assert found is not None
    finalist = next(one for one in found.contenders if one.role == "finalist")
    other = finalist.model_copy(update={"role": "candidate", "name": "another seed"})
    heads = grid(runs["promoted"], contenders=(*found.contenders, other)).heads
    assert "another seed" not in [head.note for head in heads]


def test_each_reason_for_an_empty_cell_is_given_once_with_what_it_leaves_empty(runs: dict[str, RunRecord]) -> None:
    notes = grid(runs["promoted"]).notes
    assert len(notes) == len(set(notes))
    assert any("device noise" in note and "a classical model has no circuit" in note for note in notes)


def test_every_empty_cell_says_why(runs: dict[str, RunRecord]) -> None:
    found = runs["promoted"]
    assert found.prototype is not None
    every = [grid(found), *filter(None, [tables.everyone(found)]), trainable(trainability_evidence(pilot()))]
    cells = [cell for table in every for line in table.lines for cell in line.cells]
    assert [cell for cell in cells if cell.text == formats.DASH and not cell.why] == []


def test_a_line_that_nobody_was_measured_on_is_left_out(runs: dict[str, RunRecord]) -> None:
    found = runs["promoted"].prototype
    assert found is not None
    unread = Measure.missing("not read")
    closed = tuple(one.model_copy(update={"locked_accuracy": unread}) for one in found.contenders)
    labels = [line.head.label for line in grid(runs["promoted"], contenders=closed).lines]
    assert "Accuracy, locked rows" not in labels


def test_nothing_measured_is_no_table(runs: dict[str, RunRecord]) -> None:
    found = runs["promoted"].prototype
    assert found is not None
    blank: list[Contender] = [one.model_copy(update={"inference_seconds": math.nan}) for one in found.contenders]
    assert tables.side_by_side(_with(runs["promoted"], contenders=tuple(blank))) is None


@pytest.mark.parametrize(
    ("value", "low", "high", "shown"),
    [(0.3, 0.3, 87.3, "$0.30 to $87.30"), (1e-8, 1e-8, 1e-8, "$0.01 a million"), (0.0012, 0.0012, 0.0012, "$0.0012"),
     (0.0, 0.0, 0.0, "$0.00"), (1e-6, 1e-6, 2e-6, "$1.00 to $2.00 a million"), (5.0, 5.0, 5.0, "$5.00"),
     (math.nan, math.nan, math.nan, "not measured")],
)  # fmt: skip
def test_prices(value: float, low: float, high: float, shown: str) -> None:
    assert formats.dollars(Measure(value=value, low=low, high=high, n=1, unit="dollars", method="price")) == shown


def test_rounding_errors_read_as_nothing_and_no_signal_takes_less_than_a_shot() -> None:
    probe = trainability_evidence(pilot()).probes[0]
    tiny = Measure(value=1e-16, low=1e-16, high=2e-16, n=10, method="")
    few = Measure(value=1e-23, low=1e-50, high=160.0, n=10, method="")
    odd = probe.model_copy(update={"entangling": tiny, "shots": few})
    found = trainability_evidence(pilot()).model_copy(update={"probes": (odd,)})
    (line,) = trainable(found).lines
    by_name = dict(zip([head.label for head in trainable(found).heads][1:], line.cells, strict=True))
    assert by_name["Entangling"] == Cell("0")
    assert by_name["Shots needed"] == Cell("1", "1 to 160")
