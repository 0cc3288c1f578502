"""What a run does not show, said before somebody reads it into the result."""

from collections.abc import Iterator

from gates.averaged import Averaged
from gates.graded import Graded
from gates.records import Outcome
from gates.search import Ladder
from gates.wording import SEED, plural
from qpilot.report.formats import count, percent
from qpilot.report.record import RunRecord
from qpilot.report.wording import not_measured, not_reached, opened


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
    if run.hardware is not None and (why := not_measured(run.hardware)):
        found.append(f"What a quantum computer does today: {why}.")
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
    if isinstance(found.advantage, Averaged | Graded) and found.advantage.seeds > 1:
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
            " however many candidates were tried."
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
    what = "how near its answers come" if run.pilot.claim.quantity else "accuracy"
    return (
        f"its circuits have up to {qubits} qubits, that is {count(2**qubits)} amplitudes, and any laptop computes them exactly."
        f" A GO here is about {what}, not about computing power; whoever serves the model can serve it from a simulator."
    )
