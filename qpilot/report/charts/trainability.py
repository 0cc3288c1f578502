"""What width costs in shots, and what each mitigation changes."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from gates.statistics.normal import two_sided
from gates.trainability import Probe
from gates.wording import MOST_SHOTS, shots
from qpilot.report.charts.marks import BEHIND, LONGEST, Row, briefs, extent, measured, rounded, rows
from qpilot.report.charts.strokes import STROKES
from qpilot.report.drawing import MUTED, QUANTUM, STOP, Plot, draw
from qpilot.report.formats import count, number
from qpilot.report.record import RunRecord

Z = two_sided(0.95)
MOST = 10 * MOST_SHOTS


def plots(run: RunRecord) -> Iterator[Plot]:
    """Shots against width, and the mitigations of every trained candidate."""
    if run.trainability is None:
        return
    finalist = "" if run.prototype is None else run.prototype.finalist
    probes = [one for one in run.trainability.probes if math.isfinite(one.shots.value)]
    probes.sort(key=lambda one: not finalist.startswith(one.name))
    if probes:
        yield _shots(probes[: len(STROKES)], len(probes), run.pilot.gates.trainability.max_shots)
    for probe in [one for one in probes if one.mitigations][:2]:
        yield _mitigations(probe)


def _shots(probes: Sequence[Probe], total: int, budget: int) -> Plot:
    """Points are what was measured, the line is the fit, its bar at the candidate's own width decides."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

    names = briefs([probe.name for probe in probes], [LONGEST] * len(probes))

    def paint(axes: Any) -> None:
        for probe, name, (colour, dash) in zip(probes, names, STROKES, strict=False):
            widths = [one for one in probe.widths if one.variance > 0 and math.isfinite(one.error)]
            needed = [Z**2 * one.noise / one.variance for one in widths]
            spread = [math.exp(Z * one.error) for one in widths]
            bars = [
                [s - s / f for s, f in zip(needed, spread, strict=True)],
                [s * f - s for s, f in zip(needed, spread, strict=True)],
            ]
            axes.errorbar([one.qubits for one in widths], needed, bars, fmt="o", ms=4, lw=1, color=colour, alpha=0.75)
            reach = [min((one.qubits for one in widths), default=probe.qubits), probe.qubits]
            line = [probe.shots.value * math.exp(-probe.slope.value * (width - probe.qubits)) for width in reach]
            axes.plot(reach, line, color=colour, ls=dash, label=name)
            axes.plot([probe.qubits] * 2, [probe.shots.low, probe.shots.high], color=colour, lw=5, alpha=0.35)
        axes.axhline(budget, color=STOP, ls="--", lw=1.2)
        place = {"xycoords": ("axes fraction", "data"), "xytext": (0, 2), "textcoords": "offset points"}
        axes.annotate(
            f"{count(budget)} allowed",
            (1, budget),
            ha="right",
            va="bottom",
            fontsize=10,
            color=STOP,
            bbox=BEHIND,
            **place,
        )
        axes.set_yscale("log")
        if axes.get_ylim()[1] > MOST:
            axes.set_ylim(top=MOST)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 2)))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("qubits")
        axes.set_ylabel("shots")
        axes.grid(axis="y")
        axes.figure.legend(loc="outside upper left", fontsize=10, handlelength=2.2, borderaxespad=0)

    left = total - len(probes)
    more = f" {count(left)} more were probed and are not shown." if left else ""
    if any(one.shots.high > MOST for one in probes):
        more += f" What takes more than {number(MOST)} shots lies above the picture."
    caption = (
        "To tell one component of the gradient, or one kernel entry, from nothing. Dots were measured, lines are fitted;"
        f" the bar at a candidate's own width is the 95 % interval that the gate reads.{more}"
    )
    alt = "; ".join(
        f"{one.name}: {shots(one.shots.value)} shots ({shots(one.shots.low)} to {shots(one.shots.high)}) at"
        f" {one.qubits} qubits"
        for one in probes
    )
    return draw("signal", "Shots it takes to see a signal", caption, alt, paint, 3.0 + 0.2 * len(probes))


def _mitigations(probe: Probe) -> Plot:
    found = []
    for one in probe.mitigations:
        logs = {name: math.log10(getattr(one.ratio, name)) for name in ("value", "low", "high")}
        seen = one.ratio.model_copy(update=logs)
        sure = one.ratio.low > 1 or one.ratio.high < 1
        label = one.name if one.used else f"{one.name} (not used)"
        found.append(
            Row(label, seen, QUANTUM if sure else MUTED, f"{number(one.ratio.value, 2)} times", hollow=not one.used)
        )
    found = measured(found)
    limits = extent([row.measure for row in found], 0.0)

    def paint(axes: Any) -> None:
        rows(axes, found, limits)
        axes.axvline(0, color=MUTED, lw=1.2, ls="--")
        ticks = rounded(10 ** limits[0], 10 ** limits[1])
        axes.set_xticks([math.log10(one) for one in ticks], [number(one, 2) for one in ticks])
        axes.set_xlabel("variance with it, in multiples of that without")

    alt = "; ".join(f"{row.label}: {row.text}" for row in found)
    caption = (
        "Right of the dashed line it makes the gradient larger. Rings: the candidate does not use it. Grey: the interval"
        " (95 %) holds no change."
    )
    name = f"mitigation{probe.place}"
    return draw(
        name, f"What changes the gradient of {probe.name}", caption, alt, paint, 0.9 + 0.52 * max(len(found), 1)
    )
