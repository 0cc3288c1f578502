"""What a run shows and what it does not: sentences made from evidence alone."""

import math
from collections.abc import Iterator

from gates.averaged import Averaged
from gates.nested import Paired
from gates.records import Outcome
from gates.search import Ladder
from gates.wording import plural
from qpilot.report import gap
from qpilot.report.formats import count, magnitude, number, percent, points
from qpilot.report.record import RunRecord
from qpilot.report.wording import SEED, finalist, not_reached, opened

LEAST_SHOWN = 0.0005
"""Half the last digit that differences of accuracy are written with: less would read as 0.0 points."""


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
        least = min(needs, key=lambda one: one.shots.high)  # as the gate ranks them
        what = "component of the gradient" if least.signal == "gradient" else "entry of the kernel"
        fewest = "" if len(needs) == 1 else f", the fewest of {count(len(needs))} candidates"
        yield (
            f"On a device it would take about {number(least.shots.value, 2)} shots to tell one {what} of {least.name} from"
            f" nothing{fewest}."
        )


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
    first = "what the procedure chooses" if nested else finalist(found)
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
    gain, what = comparison.advantage(metric), metric.replace("_", " ")
    if not math.isfinite(gain):
        return f"{first} and {second} cannot be compared in {what} ({comparison.tally})"
    if round(gain, 3) == 0:
        return f"{first} and {second} are level in {what} ({comparison.tally})"
    direction = "better" if gain > 0 else "worse"
    low, high = comparison.interval(metric, 1 - 2 * rate)
    chance = ", within chance" if low <= 0 <= high else ""
    return f"{first} is {magnitude(gain)} {direction} than {second} in {what}{chance} ({comparison.tally})"


def _forecast(run: RunRecord) -> Iterator[str]:
    found = run.forecast
    if found is None or not math.isfinite(found.emulated_loss.value):
        return
    loss = found.emulated_loss.value
    verb = "loses" if loss > 0 else "gains"
    changed = round(loss, 3) != 0
    change = f"{verb} {magnitude(loss)} of accuracy" if changed else "keeps its accuracy"
    chance = ", within chance" if changed and found.emulated_loss.low <= 0 <= found.emulated_loss.high else ""
    yield f"With the noise of {found.device} the model {change} on development rows{chance}."


def _hardware(run: RunRecord) -> Iterator[str]:
    found = run.hardware
    if found is None:
        return
    place = f"An emulated {found.device}" if emulated(run) else f"{found.device}"
    if not found.differences:
        yield f"{place} measured no row: {found.stopped}."
        return
    rows = "locked rows" if opened(run) else "development rows, which the model was fitted on,"
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
        rate = run.pilot.claim.alpha if run.prototype is None else run.prototype.alpha
        rows = "" if opened(run) else ", on rows that both were fitted on"
        yield f"As measured on the device{rows}, {_against(run, found.advantage, 'the quantum model', second, rate)}."


def emulated(run: RunRecord) -> bool:
    """Whether the device's answers, if there are any, come from an emulator."""
    stage = run.hardware or run.forecast
    return stage is not None and stage.backend == "emulator"


def limits(run: RunRecord) -> list[str]:
    """What the run does not show, said before somebody reads it into the result."""
    found = [*_by_outcome(run), *_by_form(run)]
    missing = not_reached(run)
    if missing and run.outcome != "ERROR":
        names = ", ".join(name.lower() for name in missing)
        found.append(f"Anything about {names}: the run ended before.")
    if run.hardware is not None and not opened(run):
        found.append(
            "How the model does on new rows, on the device or beside the classical model: the locked set stayed closed, and"
            " what was measured are rows it was fitted on."
        )
    if run.hardware is not None and emulated(run):
        found.append(
            "What a quantum computer does today: the device was emulated from its published calibration figures,"
            " which leave out"
            " crosstalk and drift."
        )
    if run.prototype is not None and run.prototype.contenders:
        found.append("A speed-up: a circuit of this size runs on any laptop (see Simulability).")
    return found


def _by_form(run: RunRecord) -> Iterator[str]:
    """What the way the claim was tested, and the way the finalist was found, leave open."""
    found, claim = run.prototype, run.pilot.claim
    if found is None:
        return
    tested = found.advantage is not None
    if tested and found.form == "nested":
        yield (
            "How good this one model is: nested cross-validation tests the procedure that chooses and fits one, in"
            f" {count(sum(found.chosen.get('finalist', {}).values()))} outer folds that share their training rows. The model"
            f" itself, fitted on all {count(found.development)} development rows, was not read on rows it had not seen"
            f"{' before the device measured it' if run.hardware is not None else ''}."
        )
    if isinstance(found.advantage, Averaged):
        yield (
            f"How good the deployed model is: the advantage is the mean over {count(found.advantage.seeds)} seeds, and the"
            " first of them is what is deployed. The tables show that one."
        )
    elif tested and found.form == "locked" and SEED.search(found.finalist):
        yield "How another seed would do: the finalist is one candidate with one seed, the best of those tried."
    if found.ladder is not None:
        yield _unseen(found.ladder)
    if tested and run.pilot.hardware.power is not None:
        yield (
            f"The full power on the device: promotion had a chance of {percent(run.pilot.hardware.power)} to show the claim,"
            f" where the claim itself asks for {percent(claim.power)}."
        )


def _unseen(ladder: Ladder) -> str:
    """Who a search under a budget did not read on all rows."""
    last = ladder.rungs[-1].scores if ladder.rungs else {}
    dropped = {name for rung in ladder.rungs for name in rung.scores} - set(last)
    parts = []
    if dropped:
        parts.append(f"{plural(len(dropped), 'candidate')} dropped on a part of the rows")
    if ladder.untried:
        parts.append(f"{count(len(ladder.untried))} that the budget did not reach")
    if not parts:
        return f"That no other circuit would do better: the search tried {plural(len(last), 'candidate')}."
    return f"That the finalist is the best of those searched: {' and '.join(parts)} may be better with all of them."


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
    if run.outcome == "NO_GO" and Outcome.NO_GO in _answers(run, "prototype", "promotion"):
        nested = run.prototype is not None and run.prototype.form == "nested"
        whom = "what this pilot file's procedure chooses" if nested else "the finalist of this pilot file"
        yield f"That no quantum model can win on these data: it speaks of {whom} alone."
    if run.outcome == "NO_GO" and Outcome.NO_GO in _answers(run, "trainability"):
        yield (
            "That these candidates learn nothing: a simulator's gradients and kernels are exact. The gate asks how many shots"
            " a device would need."
        )
    if run.outcome == "INCONCLUSIVE" and Outcome.INCONCLUSIVE in _answers(run, "prototype", "promotion"):
        yield "That the claim is false: too little could be seen to say yes, and too little to say no."
    elif run.outcome == "INCONCLUSIVE":
        yield "A refusal: a gate saw too little to say yes, and too little to say no."
    if run.outcome == "ERROR":
        yield "Anything about the claim: the run broke before it could be decided, and a failure is not a refusal."


def _answers(run: RunRecord, *gates: str) -> set[Outcome]:
    return {verdict.outcome for verdict in run.verdicts if verdict.gate in gates}


def simulability(run: RunRecord) -> str:
    """The notice that a model of this size runs on any laptop."""
    qubits = max(candidate.qubits for candidate in run.pilot.candidates)
    return (
        f"its circuits have up to {qubits} qubits, that is {count(2**qubits)} amplitudes, and any laptop computes"
        " them exactly."
        " A GO here is about accuracy, not about computing power; whoever serves the model can serve it from a"
        " simulator."
    )
