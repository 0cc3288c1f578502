"""The tables that hold models against each other: what stands in each cell, and why one is empty."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from gates.contender import Contender, Stress
from gates.prototype import PrototypeEvidence
from gates.records import Measure
from gates.trainability import Probe, TrainabilityEvidence
from gates.wording import plural
from qpilot.report.formats import DASH, count, dollars, interval, number, percent, seconds, shift
from qpilot.report.record import RunRecord
from qpilot.report.wording import FAMILIES

NAMED = {"finalist": "finalist", "reference": "model to beat", "twin": "twin", "majority": "no model"}
"""The roles that a table names; the others say nothing that the family does not."""
ORDER = ("classical", "qnn", "hybrid", "kernel")
NO_CIRCUIT = "a classical model has no circuit"


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


def side_by_side(run: RunRecord) -> Grid | None:
    """The best of each family and the twin in a column each; None where none was measured."""
    found = run.prototype
    shown = [] if found is None else sorted(best(found), key=_place)
    if not shown:
        return None
    lines = [*_reached(shown), *_costs(run, shown), *_worse(run.pilot.hardware.device, shown)]
    lines = [line for line in lines if not line.cells or any(cell.text != DASH for cell in line.cells)]
    heads = (Head("Measured"), *map(_column, shown))
    caption = "The best of each family side by side; smaller figures are 95 % intervals, of rows needed the sizes tried around it"
    return Grid(caption, heads, tuple(lines), _reasons(lines))


def best(found: PrototypeEvidence) -> list[Contender]:
    """One a family, which is the finalist where it is its family's, and the twin.

    A finalist chosen by the mean over its seeds need not have the best single one.
    """
    shown = [one for one in found.contenders if measured(one)]
    named = {one.family for one in shown if one.role in ("finalist", "reference")}
    return [one for one in shown if one.role in NAMED or one.family not in named]


def measured(one: Contender) -> bool:
    """Whether the contender was fitted for the comparison, not read in cross-validation alone."""
    return one.role != "majority" and one.inference_seconds == one.inference_seconds


def _place(one: Contender) -> tuple[bool, int]:
    """Families in the same order on every page, the twin last."""
    return one.role == "twin", ORDER.index(one.family)


def _column(one: Contender) -> Head:
    if one.role == "twin":
        return Head("Twin", one.name)
    return Head(FAMILIES[one.family], one.name, NAMED.get(one.role, ""), one.role)


def _line(label: str, note: str, shown: Sequence[Contender], cell: Callable[[Contender], Cell]) -> Line:
    return Line(Head(label, note), tuple(map(cell, shown)))


def _reached(shown: Sequence[Contender]) -> Iterator[Line]:
    yield _line("Accuracy, cross-validated", "", shown, lambda one: share(one.cv_accuracy))
    yield _line("Accuracy, locked rows", "", shown, lambda one: share(one.locked_accuracy))
    yield _line(
        "Calibration error", "how far confidence is from being right", shown, lambda one: share(one.calibration)
    )


def _costs(run: RunRecord, shown: Sequence[Contender]) -> Iterator[Line]:
    device = run.pilot.hardware.device
    yield _line("Parameters", "numbers fitted", shown, lambda one: _whole(one, one.parameters))
    yield _line(
        "Rows needed", "to come within a standard error of its best", shown, lambda one: spread(one.rows_needed)
    )
    yield _line("Training", "once, on this machine", shown, lambda one: Cell(seconds(one.training_seconds)))
    yield _line("A prediction", "on this machine, simulated", shown, lambda one: Cell(seconds(one.inference_seconds)))
    yield _line(
        "A prediction, price", f"list price: {device}, or one vCPU", shown, lambda one: _price(one.inference_usd)
    )
    yield _line("Circuit depth", f"in the gates of {device}", shown, lambda one: _whole(one, one.depth))
    yield _line("Two-qubit gates", f"in the gates of {device}", shown, lambda one: _whole(one, one.two_qubit_gates))


def _worse(device: str, shown: Sequence[Contender]) -> Iterator[Line]:
    yield _line(
        "Answers changed", "by noise of 0.1 standard deviations", shown, lambda one: share(one.noise_sensitivity)
    )
    found = list(dict.fromkeys((stress.kind, stress.level) for one in shown for stress in one.stresses))
    if not found:
        return
    yield Line(Head("Change of accuracy, in points, on rows it was not fitted on"))
    for kind, level in sorted(found, key=_order):
        label, note = _stress(kind, level, device)
        yield _line(label, note, shown, lambda one, k=kind, x=level: _change(one, k, x))  # type: ignore[misc]


def _order(found: tuple[str, float]) -> tuple[int, float]:
    """Features, device, parameters; in each what is worse last."""
    kind, level = found
    return ("feature noise", "device noise", "bits").index(kind), -level if kind == "bits" else level


def _stress(kind: str, level: float, device: str) -> tuple[str, str]:
    match kind:
        case "feature noise":
            return f"Feature noise of {number(level)}", "standard deviations"
        case "device noise":
            return "Device noise" if level == 1 else f"Device noise times {number(level)}", f"{device}, unmitigated"
        case _:
            return f"{number(level)}-bit parameters", "rounded after training"


def _change(one: Contender, kind: str, level: float) -> Cell:
    stress: Stress | None = next((s for s in one.stresses if (s.kind, s.level) == (kind, level)), None)
    if stress is None and kind == "device noise" and one.family == "classical":
        return Cell(DASH, why=NO_CIRCUIT)
    if stress is None:
        return Cell(DASH, why="its parameters are no arrays to round" if kind == "bits" else "not measured")
    change = stress.change
    if change.value != change.value:
        return Cell(DASH, why=change.method)
    return Cell(shift(change.value), interval(change, signed=True))


def everyone(found: PrototypeEvidence) -> Grid:
    """Every model that competed, in cross-validation."""
    lines = [
        Line(
            Head(one.name, badge=NAMED.get(one.role, ""), role=one.role),
            (
                Cell(FAMILIES[one.family]),
                Cell(one.features),
                share(one.cv_accuracy),
                share(one.locked_accuracy),
                Cell(seconds(one.training_seconds)),
            ),
        )
        for one in found.contenders
    ]
    heads = ("Model", "Family", "Features", "Accuracy, cross-validated", "Accuracy, locked rows", "Training")
    notes = _reasons([Line(Head(name), cells) for name, cells in _columns(heads, lines)])
    return Grid("", tuple(map(Head, heads)), tuple(lines), notes)


def trainable(found: TrainabilityEvidence) -> Grid:
    """Every candidate as the trainability stage found it."""
    lines = [Line(Head(probe.name), tuple(_probed(probe))) for probe in found.probes]
    heads = (
        Head("Candidate"),
        Head("Signal"),
        Head("Qubits"),
        Head("Its variance"),
        Head("Decay a qubit"),
        Head("Shots needed"),
        Head("Variance of the cost"),
        Head("Expressibility"),
        Head("Entangling"),
    )
    notes = (
        "Signal: the variance of a component of the gradient over random starts, rows and readouts, or of the kernel"
        " between different rows. Decay: change of ln(variance / noise of one shot) a qubit, fitted.",
        *_expressed(found.probes),
        *_reasons([Line(Head(name), cells) for name, cells in _columns([head.label for head in heads], lines)]),
    )
    return Grid(
        "Every candidate before anything was fitted; smaller figures are 95 % intervals", heads, tuple(lines), notes
    )


def _expressed(probes: Sequence[Probe]) -> Iterator[str]:
    """What expressibility means and how it was taken; of whom, where that differs."""
    yield "Expressibility: 0 is the most expressive, and the least trainable."
    methods: dict[str, list[str]] = {}
    for probe in probes:
        if probe.expressibility.method:
            methods.setdefault(probe.expressibility.method, []).append(probe.name)
    for method, names in methods.items():
        more = f" and {plural(len(names) - 1, 'other')}" if len(names) > 1 else ""
        whose = f" of {names[0]}{more}" if len(methods) > 1 else ""
        yield f"Expressibility{whose}: {method}."


def _probed(probe: Probe) -> Iterator[Cell]:
    yield Cell(probe.signal)
    yield Cell(count(probe.qubits))
    yield spread(probe.variance)
    yield spread(probe.slope)
    yield _shots(probe.shots)
    yield spread(probe.loss_variance)
    yield spread(probe.expressibility)
    yield spread(probe.entangling)


def _shots(measure: Measure) -> Cell:
    """Shots, of which nobody takes less than one."""
    if measure.value != measure.value:
        return spread(measure)
    value, low, high = ("1" if one < 1 else number(one) for one in (measure.value, measure.low, measure.high))
    return Cell(value, "" if low == high else f"{low} to {high}")


def _columns(heads: Sequence[str], lines: Sequence[Line]) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    """The columns right of the heads, each with its name."""
    for place, name in enumerate(heads[1:]):
        yield name, tuple(line.cells[place] for line in lines)


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


def _whole(one: Contender, value: int | None) -> Cell:
    if value is None:
        return Cell(DASH, why=NO_CIRCUIT if one.family == "classical" else one.inference_usd.method or "not measured")
    return Cell(count(value))


def _price(measure: Measure) -> Cell:
    return Cell(DASH, why=measure.method) if measure.value != measure.value else Cell(dollars(measure))


def _reasons(lines: Sequence[Line]) -> tuple[str, ...]:
    """Why cells are empty, each reason once with what it leaves empty."""
    found: dict[str, dict[str, None]] = {}
    for line in lines:
        for why in {cell.why: None for cell in line.cells if cell.why}:
            found.setdefault(why, {})[line.head.label] = None
    return tuple(f"No figure under {', '.join(labels).lower()}: {why}." for why, labels in found.items())
