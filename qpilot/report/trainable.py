"""The table of the candidates as the trainability stage found them."""

from collections.abc import Iterator, Sequence

from gates.records import Measure
from gates.trainability import Probe, TrainabilityEvidence
from gates.wording import plural, shots
from qpilot.report.formats import count
from qpilot.report.grids import Cell, Grid, Head, Line, columns, reasons, spread

HEADS = (
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


def trainable(found: TrainabilityEvidence) -> Grid:
    """Every candidate as the trainability stage found it."""
    lines = [Line(Head(probe.name), tuple(_probed(probe))) for probe in found.probes]
    notes = (
        "Signal: the variance of a component of the gradient over random starts, rows and readouts, or of the kernel"
        " between different rows. Decay: change of ln(variance / noise of one shot) a qubit, fitted.",
        *_expressed(found.probes),
        *reasons([*columns(HEADS, lines)]),
    )
    caption = "Every candidate before anything was fitted; smaller figures are 95 % intervals"
    return Grid(caption, HEADS, tuple(lines), notes)


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
    if measure.value != measure.value:
        return spread(measure)
    value, low, high = map(shots, (measure.value, measure.low, measure.high))
    return Cell(value, "" if low == high else f"{low} to {high}")
