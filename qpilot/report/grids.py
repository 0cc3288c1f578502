"""What a table on the page is made of: cells with how sure they are, heads, rows, and why cells are empty."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gates.records import Measure
from qpilot.report.formats import DASH, interval, number, percent


class Cell(NamedTuple):
    """What is read, and beneath it how sure it is. `why`: what left it empty."""

    text: str
    note: str = ""
    why: str = ""


class Head(NamedTuple):
    """What a column, or a row, is of. `badge`: the role in the test, `role` its name for the page's style."""

    label: str
    note: str = ""
    badge: str = ""
    role: str = ""


class Line(NamedTuple):
    """A row: its head and a cell a column. No cells: a heading over the rows that follow."""

    head: Head
    cells: tuple[Cell, ...] = ()


class Grid(NamedTuple):
    """A table. `heads`: one a column, that of the row heads first. `notes`: why cells are empty."""

    caption: str
    heads: tuple[Head, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


def share(measure: Measure) -> Cell:
    """A fraction as a percentage."""
    if measure.value != measure.value:
        return Cell(DASH, why=measure.method)
    return Cell(percent(measure.value), interval(measure))


def spread(measure: Measure) -> Cell:
    """A number with the bounds it has."""
    if measure.value != measure.value:
        return Cell(DASH, why=measure.method)
    # What is nothing but rounding error reads as nothing.
    value, low, high = (0.0 if abs(one) < 1e-12 else one for one in (measure.value, measure.low, measure.high))
    return Cell(number(value), "" if low == high else f"{number(low)} to {number(high)}")


def columns(heads: Sequence[Head], lines: Sequence[Line]) -> Iterator[Line]:
    """The columns right of the row heads, each as a line of its own."""
    for place, head in enumerate(heads[1:]):
        yield Line(head, tuple(line.cells[place] for line in lines))


def reasons(lines: Sequence[Line]) -> tuple[str, ...]:
    """Why cells are empty, each reason once with what it leaves empty."""
    found: dict[str, dict[str, None]] = {}
    for line in lines:
        for why in {cell.why: None for cell in line.cells if cell.why}:
            found.setdefault(why, {})[line.head.label] = None
    return tuple(f"No figure under {'; '.join(labels).lower()}: {why}." for why, labels in found.items())
