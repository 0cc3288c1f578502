"""The tables that hold models against each other."""

from collections.abc import Callable, Iterator, Sequence

from gates.claim import Claim
from gates.contender import Contender, Stress
from gates.records import Measure
from gates.selection import PrototypeEvidence
from qpilot.report import worth
from qpilot.report.formats import DASH, count, dollars, interval, number, seconds, shift
from qpilot.report.grids import Cell, Grid, Head, Line, columns, reasons, share, spread
from qpilot.report.record import RunRecord
from qpilot.report.wording import FAMILIES

NAMED = {"finalist": "finalist", "reference": "model to beat", "twin": "twin", "majority": "no model"}
"""The roles that a table names; the others say nothing that the family does not."""
ORDER = ("classical", "qnn", "hybrid", "kernel")
NO_CIRCUIT = "a classical model has no circuit"
READINGS: dict[str, Callable[[Contender], Measure]] = {
    "cross-validated": lambda one: one.cv_accuracy,
    "locked rows": lambda one: one.locked_accuracy,
}


def side_by_side(run: RunRecord) -> Grid | None:
    """The best of each family and the twin in a column each; None where none was measured."""
    found = run.prototype
    shown = [] if found is None else sorted(best(found), key=_place)
    if not shown:
        return None
    claim, device = run.pilot.claim, run.pilot.hardware.device
    lines = [*_reached(claim, shown), *_costs(device, shown), *_worse(claim, device, shown)]
    lines = [line for line in lines if not line.cells or any(cell.text != DASH for cell in line.cells)]
    heads = (Head("Measured"), *map(_column, shown))
    caption = "The best of each family side by side; smaller figures are 95 % intervals, of rows needed the sizes tried around it"
    return Grid(caption, heads, tuple(lines), reasons(lines))


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


def _reached(claim: Claim, shown: Sequence[Contender]) -> Iterator[Line]:
    for where, reading in READINGS.items():
        label, note = worth.heading(claim, *map(reading, shown))
        yield _line(f"{label}, {where}", note, shown, lambda one, read=reading: share(read(one)))  # type: ignore[misc]
        if claim.quantity:
            yield _line(*_error(claim, where), shown, lambda one, read=reading: spread(worth.error(claim, read(one))))  # type: ignore[misc]
    yield _line(
        "Calibration error", "how far confidence is from being right", shown, lambda one: share(one.calibration)
    )


def _error(claim: Claim, where: str) -> tuple[str, str]:
    note = f"in the target's units; {number(claim.worst_error or 0.0)} or more counts as that"
    return f"{worth.error_name(claim).capitalize()}, {where}", note


def _costs(device: str, shown: Sequence[Contender]) -> Iterator[Line]:
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


def _worse(claim: Claim, device: str, shown: Sequence[Contender]) -> Iterator[Line]:
    noise = "by noise of 0.1 standard deviations"
    share_of = "the worst error" if claim.metric == "absolute_error" else "the worst error's square"
    label, note = (
        ("Answers moved", f"{noise}, as a share of {share_of}") if claim.quantity else ("Answers changed", noise)
    )
    yield _line(label, note, shown, lambda one: share(one.noise_sensitivity))
    found = list(dict.fromkeys((stress.kind, stress.level) for one in shown for stress in one.stresses))
    if not found:
        return
    of = worth.counted(claim, *(stress.change for one in shown for stress in one.stresses))
    yield Line(Head(f"Change of {of}, in points, on rows it was not fitted on"))
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


def everyone(run: RunRecord) -> Grid | None:
    """Every model that competed, in cross-validation; None where nobody did."""
    if run.prototype is None or not run.prototype.contenders:
        return None
    claim, found = run.pilot.claim, run.prototype.contenders
    readings = []
    for where, reading in READINGS.items():
        label, note = worth.heading(claim, *map(reading, found))
        readings.append(Head(f"{label}, {where}", note))
        if claim.quantity:
            readings.append(Head(_error(claim, where)[0]))
    heads = (Head("Model"), Head("Family"), Head("Features"), *readings, Head("Training"))
    lines = [Line(_head(one), tuple(_row(claim, one))) for one in found]
    return Grid("", heads, tuple(lines), reasons([*columns(heads, lines)]))


def _head(one: Contender) -> Head:
    return Head(one.name, badge=NAMED.get(one.role, ""), role=one.role)


def _row(claim: Claim, one: Contender) -> Iterator[Cell]:
    yield Cell(FAMILIES[one.family])
    yield Cell(one.features)
    for reading in READINGS.values():
        yield share(reading(one))
        if claim.quantity:
            yield spread(worth.error(claim, reading(one)))
    yield Cell(seconds(one.training_seconds))


def _whole(one: Contender, value: int | None) -> Cell:
    if value is None:
        return Cell(DASH, why=NO_CIRCUIT if one.family == "classical" else one.inference_usd.method or "not measured")
    return Cell(count(value))


def _price(measure: Measure) -> Cell:
    return Cell(DASH, why=measure.method) if measure.value != measure.value else Cell(dollars(measure))
