"""What would change a run's answer, by the gates that did not say GO; for a GO, what would take it back."""

import math
from collections.abc import Callable, Iterator

from gates.records import Outcome
from gates.statistics import power, wallet
from qpilot.report import gap
from qpilot.report.formats import count, magnitude, number, percent, usd
from qpilot.report.record import RunRecord, Stage

STANDING = {
    "GO": (
        "New rows on which the classical model catches up: run the pilot again when the data change.",
        "A device recalibrated for the worse: the hardware and promotion gates then have to be passed again.",
        "A better classical baseline: adding it to the pilot file makes a new try on these data.",
    ),
    "ERROR": ("Remove the cause named above and run the same pilot again: finished work is not done twice.",),
    "AWAITING_APPROVAL": ("An approval of the quoted work lets the run go on; nothing is charged before.",),
    "REJECTED": ("A changed pilot file is a new try; the rejection stays on record.",),
}


def remedies(run: RunRecord) -> list[str]:
    """Sentences that say what to do, most direct first."""
    found = list(STANDING.get(run.outcome, ()))
    if not found:
        for stage, mend in MENDING.items():
            verdict = run.verdict(stage)
            if verdict is not None and verdict.outcome != Outcome.GO:
                found.extend(mend(run))
    return found


def _data(run: RunRecord) -> Iterator[str]:
    verdict = run.verdict("data")
    if verdict is not None:
        yield from (f"Mend the data. {check.reason}" for check in verdict.checks if check.outcome != Outcome.GO)


def _reduction(run: RunRecord) -> Iterator[str]:
    found, verdict = run.reduction, run.verdict("reduction")
    if found is None or verdict is None:
        return
    if (
        verdict.outcome == Outcome.INCONCLUSIVE
        and found.accuracy_change.value >= -run.pilot.gates.reduction.max_accuracy_loss
    ):
        yield f"More rows: the loss itself is within what is allowed, but {count(found.accuracy_change.n)} rows leave it open."
    yield (
        f"More than {count(found.components)} components (each takes a qubit), another method than {found.method}, or a"
        " larger loss allowed before the next run."
    )


def _trainability(run: RunRecord) -> Iterator[str]:
    if run.trainability is not None:
        yield (
            "Candidates whose gradients or kernels do not fade: fewer qubits or layers, a local readout, another start; or"
            " a larger budget of shots (gates.trainability.max_shots) before the next run."
        )


def _prototype(run: RunRecord) -> Iterator[str]:
    found, claim = run.prototype, run.pilot.claim
    if found is None:
        return
    most = run.pilot.data.max_train_rows
    if found.form == "nested" and most is not None and found.required > found.rows >= most:
        yield (
            f"More rows in the folds: data.max_train_rows = {count(most)} keeps them there, and nested cross-validation takes"
            f" {count(found.required)}."
        )
        return
    if found.form == "nested" and found.required > found.rows:
        rows = math.ceil(found.required / (1 - run.pilot.data.locked))
        yield (
            f"More rows: nested cross-validation takes {count(found.required)} development rows and has {count(found.rows)}."
            f" With {percent(run.pilot.data.locked)} of the rows kept for the device, that is about {count(rows)} rows in all."
        )
        return
    if found.required > found.rows:
        rows = math.ceil(found.required / run.pilot.data.locked)
        yield (
            f"More rows: the test takes {count(found.required)} locked rows and has {count(found.locked)}. With"
            f" {percent(run.pilot.data.locked)} of the rows locked, that is about {count(rows)} rows in all."
        )
        reach = power.detectable_for(claim, found.locked, found.alpha)
        if claim.kind == "superiority" and math.isfinite(reach):
            yield f"A larger claim: an advantage of {magnitude(reach)} or more would be seen on the rows there are."
        return
    if run.pilot.data.top_up is not None and found.look == 1 and found.advantage is not None:
        yield (
            f"The {count(run.pilot.data.top_up)} more rows that were announced (data.top_up): add them to the data file and"
            " run again. The locked set is then read a second and last time, with them."
        )
    after = percent(wallet.alpha(found.attempt + 1, claim.alpha))
    yield (
        "Other candidates or other features: a changed pilot file is a new try. On these rows it is tested at"
        f" {after} instead of"
        f" {percent(found.alpha)}, which takes a clearer result; fresh rows start afresh."
    )
    if claim.quantum and "entanglement" in _open(run, "prototype") and "advantage" not in _open(run, "prototype"):
        yield "A claim without the word quantum (claim.quantum = false), if it does not matter why the model is better."
    yield f"Or use {found.reference}: it is tuned, it is here, and it needs no quantum computer."


def _open(run: RunRecord, gate: str) -> list[str]:
    """Names of the gate's checks that did not answer GO."""
    verdict = run.verdict(gate)
    return [] if verdict is None else [check.name for check in verdict.checks if check.outcome != Outcome.GO]


def _forecast(run: RunRecord) -> Iterator[str]:
    found, budget = run.forecast, run.pilot.budget
    if found is None:
        return
    if not found.price_known:
        yield f"A backend that says what it bills: {found.backend} does not for {found.device}, so no budget can be kept."
    elif found.committed_usd + found.charged.p90 > budget.usd:
        least = usd(found.committed_usd + found.charged.p90)
        yield f"A budget of at least {least} (now {usd(budget.usd)}), fewer points, or fewer shots."
        if found.circuits_per_point > 3:
            yield (
                f"A model with fewer circuits a point (now {count(found.circuits_per_point)}): a projected kernel"
                " takes three, a"
                " variational model one."
            )
    if found.account is not None and "account" in _open(run, "forecast"):
        limit = "A limit" if found.account.left_usd is None else "A higher limit"
        yield f"{limit} for the account, which whoever answers for it sets: `qpilot account {found.account.name} --usd N`."
    if "wait" in _open(run, "forecast") and found.queue.lower_bound:
        yield "Another hour: how long the queue is was not counted, and the same command asks for it again."
    if found.wait_p90_hours.value > budget.queue_hours:
        yield f"More patience than {number(budget.queue_hours)} hours, or a device with a shorter queue."
    if {"emulated accuracy", "emulated score"} & {*_open(run, "forecast")}:
        readout = ", or readout correction" if "readout" not in found.mitigation else ""
        yield f"A less noisy device, a shallower circuit{',' if readout else ' or'} more shots{readout}."


def _hardware(run: RunRecord) -> Iterator[str]:
    found = run.hardware
    if found is None:
        return
    if "budget is used up" in found.stopped:
        yield f"A larger budget than {usd(run.pilot.budget.usd)}: it was used up, and no answer was spoilt by that."
    most = None if found.split is None else gap.leading(found.split)
    if most is not None:
        yield f"The largest share of the signal that is lost goes to {gap.NAMES[most.cause]}. {gap.remedy(found, most.cause)}"
    yield (
        f"A device with better gates and readout than {found.device}, a shallower circuit, more than"
        f" {count(found.shots)} shots,"
        f" or another mitigation than {found.mitigation}."
    )
    if len(found.differences) < found.population and run.verdict("hardware").outcome == Outcome.INCONCLUSIVE:  # type: ignore[union-attr]
        yield f"More points: {count(len(found.differences))} of {count(found.population)} were measured."


def _promotion(run: RunRecord) -> Iterator[str]:
    found = run.promotion
    if found is None:
        return
    if found.advantage.points < found.planned:
        yield f"All {count(found.planned)} planned points measured: there are {count(found.advantage.points)}."
    if "advantage on the device" in _open(run, "promotion") and not _open(run, "prototype"):
        yield "A smaller gap between simulator and device: the advantage has to survive the noise."
    if "fallback" in _open(run, "promotion"):
        yield "A classical fallback that answers: promotion leaves nobody without a prediction."


MENDING: dict[Stage, Callable[[RunRecord], Iterator[str]]] = {
    "data": _data,
    "reduction": _reduction,
    "trainability": _trainability,
    "prototype": _prototype,
    "forecast": _forecast,
    "hardware": _hardware,
    "promotion": _promotion,
}
