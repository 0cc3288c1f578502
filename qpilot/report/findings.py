"""What a run shows, what it does not, and what would change its answer: sentences made from evidence alone."""

import math
from collections.abc import Iterator
from decimal import Decimal

from gates.claim import Claim
from gates.prototype import Comparison
from qpilot.report.formats import count, number, percent, points, usd
from qpilot.report.record import STAGES, RunRecord
from qpilot.report.wording import STAGE_NAMES, advantage, not_reached


def shown(run: RunRecord) -> list[str]:
    """What the run showed, stage by stage."""
    return [*_data(run), *_reduction(run), *_prototype(run), *_forecast(run), *_hardware(run), *_promotion(run)]


def _data(run: RunRecord) -> Iterator[str]:
    if run.data is None:
        return
    held = sum(expectation.success for expectation in run.data.expectations)
    yield (
        f"{count(held)} of {count(len(run.data.expectations))} expectations held on {count(run.data.rows)} rows with"
        f" {count(run.data.features)} features; {count(run.data.locked)} rows were locked away before anything was fitted."
    )


def _reduction(run: RunRecord) -> Iterator[str]:
    if run.reduction is None:
        return
    change = run.reduction.accuracy_change
    if math.isfinite(change.value):
        yield (
            f"{run.reduction.method} from {count(run.reduction.raw_features)} features to {count(run.reduction.components)}"
            f" changes a classical model's accuracy by {points(change.value)}"
            f" ({percent(run.reduction.accuracy_raw.value)} to {percent(run.reduction.accuracy_reduced.value)})."
        )


def _prototype(run: RunRecord) -> Iterator[str]:
    if run.prototype is None:
        return
    found = run.prototype
    if found.advantage is None:
        yield "The locked set stayed closed: no model's advantage was tested, and no error budget was used up by this run."
        return
    yield _paired(found.advantage, found.finalist, found.reference, run.pilot.claim, "locked rows that no fit had seen")
    if found.twin is not None:
        gain = advantage(found.twin, run.pilot.claim)
        yield f"Against its own twin without entangling gates, {found.finalist} gains {points(gain)} on the same rows."
    if math.isfinite(found.optimism.value):
        yield f"Cross-validation had promised {points(found.optimism.value)} more than the locked set gave: the price of choosing."


def _paired(comparison: Comparison, first: str, second: str, claim: Claim, where: str) -> str:
    return (
        f"On {count(comparison.points)} {where}, {first} was right where {second} was wrong {count(comparison.better)} times, and the"
        f" other way round {count(comparison.worse)} times: {points(advantage(comparison, claim))} ({claim.metric.replace('_', ' ')})."
    )


def _forecast(run: RunRecord) -> Iterator[str]:
    if run.forecast is None:
        return
    loss = run.forecast.emulated_loss.value
    if math.isfinite(loss):
        lost = f"{percent(loss)} of its points" if loss > 0 else "nothing"
        yield f"Emulated with the noise of {run.forecast.device}, the model loses {lost} on development rows."


def _hardware(run: RunRecord) -> Iterator[str]:
    if run.hardware is None:
        return
    found = run.hardware
    place = f"an emulator of {found.device}" if _emulated(run) else found.device
    yield (
        f"On {place}, {count(len(found.differences))} of {count(found.population)} points were measured with {count(found.shots)}"
        f" shots a circuit: {percent(found.device_accuracy.value)} right, the simulator {percent(found.simulator_accuracy.value)}"
        f" (device − simulator {points(found.gap.value)})."
    )


def _promotion(run: RunRecord) -> Iterator[str]:
    if run.promotion is None or run.promotion.advantage.points == 0:
        return
    where = "points measured on the emulated device" if _emulated(run) else "points measured on the device"
    yield _paired(run.promotion.advantage, "the quantum model", "the classical one", run.pilot.claim, where)


def _emulated(run: RunRecord) -> bool:
    return (
        run.forecast is not None
        and run.forecast.backend == "emulator"
        or (run.hardware is not None and run.hardware.backend == "emulator")
    )


def limits(run: RunRecord) -> list[str]:
    """What the run does not show, said before somebody reads it into the result."""
    found: list[str] = []
    claim = run.pilot.claim
    if run.outcome == "GO":
        found.append(
            f"It does not show that the claim is certainly true: a model whose claim is false is promoted in at most"
            f" {percent(claim.alpha)} of such pilots, however many candidates were tried."
        )
        if not claim.quantum:
            found.append(
                "It does not show that quantum effects are the cause: the claim did not ask the entanglement-free twin to be beaten."
            )
        found.append(
            "It does not show that the advantage lasts: it holds for rows drawn like these, until the data or the device drift."
        )
    if run.outcome == "NO_GO" and run.verdict("prototype") is not None:
        found.append(
            "It does not show that no quantum model can win on these data: it speaks of the candidates in this pilot file alone."
        )
    if run.outcome == "INCONCLUSIVE":
        found.append(
            "It does not show that there is no advantage: too little was seen to say yes, and too little to say no."
        )
    if run.outcome == "ERROR":
        found.append(
            "It shows nothing about the claim: the run broke before it could be decided, and a failure is not a refusal."
        )
    missing = not_reached(run)
    if missing and run.outcome != "ERROR":
        found.append(f"Nothing is known about: {', '.join(name.lower() for name in missing)}. The run ended before.")
    if _emulated(run):
        found.append(
            "It does not show what a quantum computer does today: the device was emulated from its published calibration figures,"
            " without crosstalk and drift."
        )
    if run.prototype is not None:
        found.append(f"It does not show a speed-up: {simulability(run)}")
    return found


def simulability(run: RunRecord) -> str:
    """The notice that a model of this size runs on any laptop."""
    qubits = max(candidate.qubits for candidate in run.pilot.candidates)
    amplitudes = count(2**qubits)
    return (
        f"a circuit of up to {qubits} qubits has {amplitudes} amplitudes, and any laptop simulates it exactly."
        " Accuracy may be gained here; computing power is not."
    )


def remedies(run: RunRecord) -> list[str]:
    """What would change the answer, by the gate that did not say GO; for a GO, what would take it back."""
    if run.outcome == "GO":
        return [
            "A fresh sample of rows on which the classical model catches up: re-run the pilot when the data change.",
            "A device recalibrated for the worse: the hardware and promotion gates then have to be passed again.",
            "A better classical baseline: add it to the pilot file, which makes it a new try on this data.",
        ]
    if run.outcome == "ERROR":
        return ["Remove the cause named above and run the same pilot again: finished stages are not computed twice."]
    if run.outcome == "AWAITING_APPROVAL":
        return ["An approval of the quoted payload continues the run; nothing is charged until then."]
    if run.outcome == "REJECTED":
        return ["A changed pilot file is a new try; the rejection stays on record."]
    advice = {
        "data": _mend_data,
        "reduction": _mend_reduction,
        "prototype": _mend_prototype,
        "forecast": _mend_forecast,
        "hardware": _mend_hardware,
        "promotion": _mend_promotion,
    }
    found: list[str] = []
    for stage in STAGES:
        verdict = run.verdict(stage)
        if verdict is not None and verdict.outcome.value != "GO":
            found.extend(advice[stage](run))
    return found


def _mend_data(run: RunRecord) -> Iterator[str]:
    if run.data is None:
        return
    for expectation in run.data.expectations:
        if expectation.severity == "critical" and not expectation.success:
            column = f" ({expectation.column})" if expectation.column else ""
            yield f"Mend the data: {expectation.name}{column} requires {expectation.required}. {expectation.reason}"


def _mend_reduction(run: RunRecord) -> Iterator[str]:
    if run.reduction is not None:
        yield (
            f"Keep more than {count(run.reduction.components)} components (which takes more qubits), reduce by another method than"
            f" {run.reduction.method}, or allow a larger loss before the next run."
        )


def _mend_prototype(run: RunRecord) -> Iterator[str]:
    found = run.prototype
    if found is None:
        return
    claim = run.pilot.claim
    if found.advantage is None and found.required > found.locked:
        rows = math.ceil(found.required / run.pilot.data.locked)
        yield (
            f"More rows: the test needs {count(found.required)} locked rows and has {count(found.locked)}. With"
            f" {percent(run.pilot.data.locked)} of the rows locked, that is about {count(rows)} rows in all."
        )
        yield (
            f"A larger claim: {points(claim.alternative - claim.null)} is too small a difference to see on {count(found.locked)} rows;"
            f" `qpilot lint` says which one is not."
        )
        yield f"Fewer disagreements: the plan expects the models to differ on {percent(claim.psi)} of the rows (psi)."
        return
    verdict = run.verdict("prototype")
    if verdict is not None:
        yield from (check.reason for check in verdict.checks if check.outcome.value == "INCONCLUSIVE")
    after = 0.8 * 0.2**found.attempt * claim.alpha
    yield (
        "Other candidates, or other features: any change of the pilot file is a new try. On the same rows it is tested at"
        f" alpha {number(after)} (this one: {number(found.alpha)}), which needs clearer results; fresh rows start afresh."
    )
    if found.reference:
        yield f"Otherwise use {found.reference}: it is the model to beat, it is tuned, and it is here."


def _mend_forecast(run: RunRecord) -> Iterator[str]:
    found = run.forecast
    if found is None:
        return
    if found.charged.p90 > run.pilot.budget.usd:
        yield f"A budget of at least {usd(found.charged.p90)} (now {usd(run.pilot.budget.usd)}), fewer points, or fewer shots."
    if found.circuits_per_point > 3:
        yield (
            f"A model with fewer circuits a point (now {count(found.circuits_per_point)}): a projected kernel takes three, a"
            " variational model one."
        )
    if found.wait_p90_hours.value > run.pilot.budget.queue_hours:
        yield f"More patience than {number(run.pilot.budget.queue_hours)} hours, or a device with a shorter queue."
    if found.emulated_loss.value > run.pilot.gates.forecast.max_emulated_loss:
        yield "A less noisy device, a shallower circuit, more shots, or readout correction."


def _mend_hardware(run: RunRecord) -> Iterator[str]:
    found = run.hardware
    if found is None:
        return
    yield (
        f"A device with better two-qubit gates and readout than {found.device}, a shallower circuit, more than {count(found.shots)}"
        f" shots, or another mitigation than {found.mitigation!r}."
    )
    if len(found.differences) < found.population:
        yield f"More points: {count(len(found.differences))} of {count(found.population)} were measured."


def _mend_promotion(run: RunRecord) -> Iterator[str]:
    found = run.promotion
    if found is None:
        return
    if found.advantage.points < found.planned:
        yield f"All {count(found.planned)} planned points measured on the device; there are {count(found.advantage.points)}."
    if not found.fallback_answers:
        yield "A classical fallback that answers: promotion refuses to leave anybody without a prediction."
    verdict = run.verdict("promotion")
    if verdict is not None:
        yield from (check.reason for check in verdict.checks if check.outcome.value != "GO")


def spent(run: RunRecord) -> Decimal:
    """What was billed by the run, in dollars."""
    return run.hardware.charged_usd if run.hardware is not None else Decimal(0)


__all__ = ["STAGE_NAMES", "limits", "remedies", "shown", "simulability", "spent"]
