"""What a run shows and what it does not: sentences made from evidence alone."""

import math
from collections.abc import Iterator

from gates.nested import Paired
from gates.records import Outcome
from qpilot.report import gap
from qpilot.report.formats import count, magnitude, number, percent, points
from qpilot.report.record import RunRecord
from qpilot.report.wording import not_reached


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


def _reduction(run: RunRecord) -> Iterator[str]:
    found = run.reduction
    if found is None or found.method == "none" or not math.isfinite(found.accuracy_change.value):
        return
    yield (
        f"Reducing {count(found.raw_features)} features to {count(found.components)} ({found.method}) changes a"
        " classical"
        f" model's accuracy by {points(found.accuracy_change.value)}, to {percent(found.accuracy_reduced.value)}."
    )


def _trainability(run: RunRecord) -> Iterator[str]:
    found = run.trainability
    needs = [] if found is None else [one for one in found.probes if math.isfinite(one.shots.value)]
    if needs:
        least = min(needs, key=lambda one: one.shots.value)
        what = "component of its gradient" if least.signal == "gradient" else "entry of its kernel"
        yield (
            f"On a device, one {what} of {least.name} would take about {number(least.shots.value, 2)} shots to see; of"
            f" {count(len(needs))} candidates it takes the fewest."
        )


def _prototype(run: RunRecord) -> Iterator[str]:
    found = run.prototype
    if found is None:
        return
    if found.advantage is None:
        yield "The locked set stayed closed: no model was tested on it, and this run used up none of its error budget."
        return
    nested = found.form == "nested"
    first = "what the procedure chooses" if nested else found.finalist
    second = "the classical model it chooses" if nested else found.reference
    where = "In outer folds, everything chosen anew in each" if nested else "On locked rows no fit had seen"
    yield f"{where}, {_against(run, found.advantage, first, second)}."
    if nested:
        yield f"That speaks of the procedure, not of one model: {_chosen(found.chosen.get('finalist', {}))}."
    if found.twin is not None:
        yield f"On the same rows, {_against(run, found.twin, 'the finalist', 'its twin without entangling gates')}."
    if found.optimism.value > 0:
        yield (
            f"Cross-validation had promised {magnitude(found.optimism.value)} more than"
            f" {'the outer folds' if nested else 'the locked set'} then showed: that is why"
            f" {'they decide' if nested else 'the locked set decides'}."
        )


def _chosen(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    return "; ".join(f"{name} was chosen in {count(folds)} of {count(total)} folds" for name, folds in counts.items())


def _against(run: RunRecord, comparison: Paired, first: str, second: str) -> str:
    metric = run.pilot.claim.metric
    gain = comparison.advantage(metric)
    direction = "better" if gain >= 0 else "worse"
    return f"{first} is {magnitude(gain)} {direction} than {second} in {metric.replace('_', ' ')} ({comparison.tally})"


def _forecast(run: RunRecord) -> Iterator[str]:
    found = run.forecast
    if found is None or not math.isfinite(found.emulated_loss.value):
        return
    verb = "loses" if found.emulated_loss.value >= 0 else "gains"
    yield (
        f"With the noise of {found.device} the model {verb} {magnitude(found.emulated_loss.value)} of"
        " accuracy"
        " on development rows."
    )


def _hardware(run: RunRecord) -> Iterator[str]:
    found = run.hardware
    if found is None:
        return
    place = f"An emulated {found.device}" if emulated(run) else f"{found.device}"
    if not found.differences:
        yield f"{place} measured no row: {found.stopped}."
        return
    opened = run.prototype is None or run.prototype.advantage is not None
    rows = "locked rows" if opened else "development rows (the locked set stayed closed)"
    yield (
        f"{place} was right on {percent(found.device_accuracy.value)} of {count(len(found.differences))} {rows} with"
        f" {count(found.shots)} shots a circuit, the simulator on {percent(found.simulator_accuracy.value)} of the"
        " same rows."
    )
    cause = gap.sentence(found)
    if cause:
        yield cause


def _promotion(run: RunRecord) -> Iterator[str]:
    found = run.promotion
    if found is not None and found.advantage.points:
        second = found.fallback or "the classical model"
        yield f"As measured on the device, {_against(run, found.advantage, 'the quantum model', second)}."


def emulated(run: RunRecord) -> bool:
    """Whether the device's answers, if there are any, come from an emulator."""
    stage = run.hardware or run.forecast
    return stage is not None and stage.backend == "emulator"


def limits(run: RunRecord) -> list[str]:
    """What the run does not show, said before somebody reads it into the result."""
    found = [*_by_outcome(run)]
    missing = not_reached(run)
    if missing and run.outcome != "ERROR":
        names = ", ".join(name.lower() for name in missing)
        found.append(f"Anything about {names}: the run ended before.")
    if run.hardware is not None and emulated(run):
        found.append(
            "What a quantum computer does today: the device was emulated from its published calibration figures,"
            " which leave out"
            " crosstalk and drift."
        )
    if run.prototype is not None and run.prototype.contenders:
        found.append("A speed-up: a circuit of this size runs on any laptop (see Simulability).")
    return found


def _by_outcome(run: RunRecord) -> Iterator[str]:
    claim = run.pilot.claim
    if run.outcome == "GO":
        yield (
            f"Certainty: a model whose claim is false is promoted in at most {percent(claim.alpha)} of such pilots,"
            " however"
            " many candidates were tried."
        )
        if not claim.quantum:
            yield (
                "That quantum effects are the cause: the claim did not ask the twin without entanglement to be beaten."
            )
        yield "That the advantage lasts: it holds for rows drawn like these, until the data or the device drift."
    verdict = run.verdict("prototype")
    if run.outcome == "NO_GO" and verdict is not None and verdict.outcome == Outcome.NO_GO:
        yield "That no quantum model can win on these data: it speaks of the finalist of this pilot file alone."
    if run.outcome == "INCONCLUSIVE":
        yield "That there is no advantage: too little could be seen to say yes, and too little to say no."
    if run.outcome == "ERROR":
        yield "Anything about the claim: the run broke before it could be decided, and a failure is not a refusal."


def simulability(run: RunRecord) -> str:
    """The notice that a model of this size runs on any laptop."""
    qubits = max(candidate.qubits for candidate in run.pilot.candidates)
    return (
        f"its circuits have up to {qubits} qubits, that is {count(2**qubits)} amplitudes, and any laptop computes"
        " them exactly."
        " A GO here is about accuracy, not about computing power; whoever serves the model can serve it from a"
        " simulator."
    )
