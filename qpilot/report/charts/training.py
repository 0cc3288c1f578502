"""How models were trained: loss and gradient, and what else was seen each epoch."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gates.wording import MINUS
from qpilot.report.charts.marks import brief
from qpilot.report.drawing import CLASSICAL, DEVICE, MUTED, OPEN, QUANTUM, Plot, draw
from qpilot.report.formats import SPACE, count, number, percent, seconds, short
from qpilot.report.record import Training

SHOWN = 4
STROKES = ((QUANTUM, "-"), (DEVICE, "--"), (OPEN, "-."), (CLASSICAL, ":"))
PANEL_INCHES = 1.15

Panel = tuple[str, Callable[[Any], None]]
"""What stands at its left, and what draws it."""


def plots(found: Sequence[Training]) -> Iterator[Plot]:
    """Loss and gradient norm; then, where they were kept, the rest of the telemetry."""
    if not found:
        return
    yield curves(found)
    if any(one.fidelity for one in found):
        yield details(found)


def curves(found: Sequence[Training]) -> Plot:
    """Loss, with that of validation rows where there were some, and gradient norm on a logarithmic scale."""
    shown = found[:SHOWN]

    def paint(axes: Any) -> None:
        loss, gradient = axes
        for one, (colour, dash) in zip(shown, STROKES, strict=False):
            at = _steps(one)
            loss.plot(at, one.loss, color=colour, ls=dash, label=brief(one.name))
            gradient.plot(at, one.gradient_norm, color=colour, ls=dash)
            if one.validation_loss:
                loss.plot(at, one.validation_loss, color=colour, ls=dash, lw=0.9)
                _band(loss, at, one.validation_loss, one.validation_error, colour)
            elif one.shot_error:
                _band(loss, at, one.loss, one.shot_error, colour)
        loss.set_ylabel("loss")
        gradient.set_ylabel("gradient norm")
        gradient.set_xlabel("step")
        _logarithmic(gradient)
        for each in axes:
            each.grid(axis="y")
        loss.figure.legend(loc="outside upper left", fontsize=10, handlelength=2.2, borderaxespad=0)

    ends = [f"{one.name}: loss {number(one.loss[0])} to {number(one.loss[-1])}" for one in shown if one.loss]
    said = ["A gradient norm that falls while the loss does not is a barren plateau.", *_bands(shown), *_left(found)]
    return draw("training", "Training", " ".join(said), "; ".join(ends), paint, 3.6 + 0.2 * len(shown), rows=2)


def details(found: Sequence[Training]) -> Plot:
    """Gradient by part, parameters, states, effective rows, and what it cost; panels that would say nothing are left out."""
    shown = [one for one in found[:SHOWN] if one.fidelity]
    panels = [*_by_part(shown[0]), *_panels(shown)]

    def paint(axes: Any) -> None:
        for each, (label, drawn) in zip(axes, panels, strict=True):
            drawn(each)
            each.set_title(label, loc="left", fontsize=11, color=MUTED)
            each.grid(axis="y")
        axes[-1].set_xlabel("step")
        axes[0].figure.legend(*_names(shown), loc="outside upper left", fontsize=10, handlelength=2.2, borderaxespad=0)

    cost = [
        f"{one.name}: {count(int(one.circuits[-1]))} circuits in {seconds(one.wall_seconds[-1])}"
        f" ({seconds(one.cpu_seconds[-1])} of CPU time), on {_origin(one)}."
        for one in shown
        if one.circuits and one.wall_seconds and one.cpu_seconds
    ]
    said = [
        "Infidelity: one less the mean fidelity of some rows' states with those an epoch before; where it falls, the"
        " circuit has come to rest. A way forward or back through the simulator counts as a circuit.",
        *cost,
    ]
    alt = "; ".join(
        f"{one.name}: parameter norm {number(one.parameter_norm[0])} to {number(one.parameter_norm[-1])}, mean fidelity"
        f" between epochs at last {percent(one.fidelity[-1])}"
        for one in shown
    )
    height = 0.5 + 0.2 * len(shown) + PANEL_INCHES * len(panels)
    return draw("telemetry", "Training, epoch by epoch", " ".join(said), alt, paint, height, rows=len(panels))


def _panels(shown: Sequence[Training]) -> Iterator[Panel]:
    yield "parameter norm", lambda axes: _lines(axes, shown, lambda one: one.parameter_norm)
    yield "infidelity with the epoch before", lambda axes: _drift(axes, shown)
    if any(len(set(one.effective_rows)) > 1 for one in shown):
        yield "effective rows", lambda axes: _lines(axes, shown, lambda one: one.effective_rows)
    if any(one.shot_error for one in shown):
        yield "standard error of the loss from shots", lambda axes: _lines(axes, shown, lambda one: one.shot_error)
    yield "circuits, thousands", lambda axes: _lines(axes, shown, lambda one: [n / 1000 for n in one.circuits])
    if any(one.wall_seconds for one in shown):
        yield "seconds, wall (thin: CPU)", lambda axes: _clocks(axes, shown)


def _by_part(one: Training) -> Iterator[Panel]:
    """The first model's gradient, a line a part."""
    if len(one.gradient_parts) < 2:
        return

    def drawn(axes: Any) -> None:
        for place, (name, norms) in enumerate(one.gradient_parts.items()):
            axes.plot(_steps(one), norms, color=QUANTUM, ls=("-", "--", ":")[place % 3], label=name)
        _logarithmic(axes)
        axes.legend(
            fontsize=10, ncols=3, loc="lower right", bbox_to_anchor=(1, 0.98), borderaxespad=0, handlelength=1.8
        )

    yield "gradient by part", drawn


def _lines(
    axes: Any, shown: Sequence[Training], column: Callable[[Training], Sequence[float]], lw: float = 1.8
) -> None:
    for one, (colour, dash) in zip(shown, STROKES, strict=False):
        if values := column(one):
            axes.plot(_steps(one), values, color=colour, ls=dash, lw=lw)


def _drift(axes: Any, shown: Sequence[Training]) -> None:
    _lines(axes, shown, lambda one: [max(1 - value, 1e-12) for value in one.fidelity])
    _logarithmic(axes)


def _clocks(axes: Any, shown: Sequence[Training]) -> None:
    _lines(axes, shown, lambda one: one.wall_seconds)
    _lines(axes, shown, lambda one: one.cpu_seconds, lw=0.9)


def _names(shown: Sequence[Training]) -> tuple[list[Any], list[str]]:
    from matplotlib.lines import Line2D

    strokes = [Line2D([], [], color=colour, ls=dash) for _, (colour, dash) in zip(shown, STROKES, strict=False)]
    return strokes, [brief(one.name) for one in shown]


def _steps(one: Training) -> Sequence[float]:
    return one.step or range(1, len(one.loss) + 1)


def _band(axes: Any, at: Sequence[float], middle: Sequence[float], error: Sequence[float], colour: str) -> None:
    low = [value - wide for value, wide in zip(middle, error, strict=True)]
    high = [value + wide for value, wide in zip(middle, error, strict=True)]
    axes.fill_between(at, low, high, color=colour, alpha=0.15, lw=0)


def _bands(shown: Sequence[Training]) -> Iterator[str]:
    if any(one.validation_loss for one in shown):
        yield "Thin, with a band of one standard error: the rows that training was stopped by."
    if any(one.effective_rows and one.effective_rows[-1] > one.effective_rows[0] for one in shown):
        yield "Harder rows joined on the way, which lifts the loss."
    if any(one.shot_error and not one.validation_loss for one in shown):
        yield "The band is one standard error of the loss from shots."


def _left(found: Sequence[Training]) -> Iterator[str]:
    if len(found) > SHOWN:
        yield f"{count(len(found) - SHOWN)} more were trained and are not shown."


def _origin(one: Training) -> str:
    calibration = f", calibration {short(one.calibration)}" if one.calibration else ""
    return f"{one.backend}{calibration}{''.join(f', {name} {_rate(name, value)}' for name, value in one.noise.items())}"


def _rate(name: str, value: float) -> str:
    return f"{number(100 * value, 2)}{SPACE}%" if name.endswith("infidelity") else number(value)


def _logarithmic(axes: Any) -> None:
    """A logarithmic axis with some three ticks, whether it spans half a decade or ten; call it when all is drawn."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(FixedLocator(_ticks(low, high)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _power(value)))


def _ticks(low: float, high: float) -> list[float]:
    """Between two and five round numbers from `low` to `high`, both positive."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for mantissas in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 4, 6, 8), range(10, 100)):
        found = [float(f"{m}e{k}") / (10 if m >= 10 else 1) for k in decades for m in mantissas]
        found = [value for value in found if low <= value <= high]
        if len(found) > 1:
            return found[:: 1 + (len(found) - 1) // 5]
    return [low, high]


def _power(value: float) -> str:
    """A tick of a logarithmic axis: 0.02, and 2e-5 where that would need more room."""
    if value >= 1e-3:
        return number(value, 2)
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", MINUS)
