"""What a run shows: sentences made from evidence alone."""

import math
from collections.abc import Iterator

from gates.claim import Claim
from gates.grading import NAMES
from gates.nested import Paired
from gates.records import Measure
from gates.target import Spread
from gates.wording import shots
from qpilot.report import gap, worth
from qpilot.report.formats import count, magnitude, number, percent, points
from qpilot.report.record import RunRecord
from qpilot.report.wording import finalist, measurer, opened

LEAST_SHOWN = 0.0005
"""Half the last digit that differences are written with: less would read as 0.0 points."""


def shown(run: RunRecord) -> list[str]:
    """What the run showed, stage by stage."""
    return [
        *_data(run),
        *_reduction(run),
        *_trainability(run),
        *_prototype(run),
        *_forecast(run),
        *_hardware(run),
        *_promotion(run),
    ]


def _data(run: RunRecord) -> Iterator[str]:
    if run.data is None:
        return
    expectations = run.data.expectations
    failed = [one for one in expectations if not one.success]
    rest = "" if any(one.severity == "critical" for one in failed) or not failed else " (the others are warnings)"
    yield (
        f"{count(run.data.rows)} rows with {count(run.data.features)} features;"
        f" {count(len(expectations) - len(failed))} of {count(len(expectations))} expectations held{rest}."
        f" {count(run.data.locked)} rows were locked away before anything was fitted."
    )
    if run.data.target is not None:
        yield _spread(run.pilot.data.target, run.data.target)


def _spread(name: str, found: Spread) -> str:
    return (
        f"{name!r} goes from {number(found.least)} to {number(found.most)}; half of the rows lie between"
        f" {number(found.lower)} and {number(found.upper)}."
    )


def _reduction(run: RunRecord) -> Iterator[str]:
    found = run.reduction
    if found is None or found.method == "none" or not math.isfinite(found.accuracy_change.value):
        return
    yield (
        f"Reducing {count(found.raw_features)} features to {count(found.components)} ({found.method}) changes a classical"
        f" model's {worth.noun(run.pilot.claim)} by {points(found.accuracy_change.value)},"
        f" to {percent(found.accuracy_reduced.value)}."
    )


def _trainability(run: RunRecord) -> Iterator[str]:
    found = run.trainability
    needs = [] if found is None else [one for one in found.probes if math.isfinite(one.shots.value)]
    if needs:
        least = min(needs, key=lambda one: one.shots.high)  # as the gate ranks them
        what = "component of the gradient" if least.signal == "gradient" else "entry of the kernel"
        fewest = "" if len(needs) == 1 else f", the fewest of {count(len(needs))} candidates"
        yield (
            f"On a device it would take {_about(least.shots.value)} shots to tell one {what} of {least.name} from"
            f" nothing{fewest}."
        )


def _about(value: float) -> str:
    told = shots(value)
    return told if told.startswith("more") else f"about {number(max(value, 1.0), 2)}"


def _prototype(run: RunRecord) -> Iterator[str]:
    found = run.prototype
    if found is None:
        return
    if found.advantage is None:
        yield "The locked set stayed closed: no model was tested on it, and this run used up none of its error budget."
        if found.contenders:
            yield "The candidates were compared on the development rows: to a nested test on these, this run counts as a try."
        return
    nested = found.form == "nested"
    looks = 1 if nested or run.pilot.data.top_up is None else 2
    first = "what the procedure chooses" if nested else finalist(run)
    second = "the classical model it chooses" if nested else found.reference
    where = "In outer folds, everything chosen anew in each" if nested else "On locked rows no fit had seen"
    yield f"{where}, {_against(run, found.advantage, first, second, found.alpha / looks)}."
    if nested:
        yield f"That speaks of the procedure, not of one model: {_chosen(found.chosen.get('finalist', {}))}."
    if found.twin is not None:
        first = first if nested else "the finalist"
        yield f"On the same rows, {_against(run, found.twin, first, 'its twin without entangling gates', found.alpha / looks)}."
    if found.optimism.value >= LEAST_SHOWN:
        yield (
            f"Cross-validation had promised {magnitude(found.optimism.value)} more than"
            f" {'the outer folds' if nested else 'the locked set'} then showed: that is why"
            f" {'they decide' if nested else 'the locked set decides'}."
        )


def _chosen(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    return "; ".join(f"{name} was chosen in {count(folds)} of {count(total)} folds" for name, folds in counts.items())


def _against(run: RunRecord, comparison: Paired, first: str, second: str, rate: float) -> str:
    """rate: the error rate of the gate's one-sided test, at which chance is meant too."""
    metric = run.pilot.claim.metric
    gain, what = comparison.advantage(metric), NAMES[metric]
    if not math.isfinite(gain):
        return f"{first} and {second} cannot be compared in {what} ({comparison.tally})"
    if round(gain, 3) == 0:
        return f"{first} and {second} are level in {what} ({comparison.tally})"
    direction = "better" if gain > 0 else "worse"
    low, high = comparison.interval(metric, 1 - 2 * rate)
    chance = ", within chance" if low <= 0 <= high else ""
    off = worth.lower(run.pilot.claim, gain)
    return f"{first} is {magnitude(gain)} {direction} than {second} in {what}{off}{chance} ({comparison.tally})"


def _forecast(run: RunRecord) -> Iterator[str]:
    found = run.forecast
    if found is None or not math.isfinite(found.emulated_loss.value):
        return
    loss = found.emulated_loss.value
    verb = "loses" if loss > 0 else "gains"
    changed = round(loss, 3) != 0
    what = worth.noun(run.pilot.claim)
    change = f"{verb} {magnitude(loss)} of {what}" if changed else f"keeps its {what}"
    chance = ", within chance" if changed and found.emulated_loss.low <= 0 <= found.emulated_loss.high else ""
    yield f"With the noise of {found.device} the model {change} on development rows{chance}."


def _hardware(run: RunRecord) -> Iterator[str]:
    found = run.hardware
    if found is None:
        return
    place = f"An {measurer(found)}" if found.backend == "emulator" else measurer(found)
    if not found.differences:
        yield f"{place} measured no row: {found.stopped}."
        return
    rows = "locked rows" if opened(run) else "development rows, which the model was fitted on,"
    claim, of = run.pilot.claim, f"{count(len(found.differences))} {rows}"
    yield (
        f"{place} {_did(claim, found.device_accuracy, of)} with {count(found.shots)} shots a circuit, the simulator"
        f" {_also(claim, found.simulator_accuracy)}."
    )
    cause = gap.sentence(found, run.pilot.claim)
    if cause:
        yield cause


def _did(claim: Claim, reached: Measure, rows: str) -> str:
    if not claim.quantity:
        return f"was right on {percent(reached.value)} of {rows}"
    return f"reached a score of {_scored(claim, reached)} on {rows}"


def _also(claim: Claim, reached: Measure) -> str:
    if not claim.quantity:
        return f"on {percent(reached.value)} of the same rows"
    return f"{_scored(claim, reached)} on the same rows"


def _scored(claim: Claim, reached: Measure) -> str:
    return f"{percent(reached.value)} ({worth.error_name(claim)} {number(worth.error(claim, reached).value)})"


def _promotion(run: RunRecord) -> Iterator[str]:
    found = run.promotion
    if found is not None and found.advantage.points:
        second = found.fallback or "the classical model"
        rate = run.pilot.claim.alpha if run.prototype is None else run.prototype.alpha
        rows = "" if opened(run) else ", on rows that both were fitted on"
        yield f"As measured on the device{rows}, {_against(run, found.advantage, 'the quantum model', second, rate)}."
