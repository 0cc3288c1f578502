"""What the trainability and the prototype stages measured."""

from collections.abc import Iterator

from gates.records import Outcome
from gates.search import Ladder
from gates.selection import PrototypeEvidence
from gates.statistics import wallet
from gates.trainability import barred, standing
from qpilot.report.facts.figure import Fact, change, ratio
from qpilot.report.formats import count, number, percent
from qpilot.report.record import RunRecord
from qpilot.report.wording import finalist

OUT = "does not compete"


def trainability(run: RunRecord) -> Iterator[Fact]:
    """How many candidates could be trained, and who could not."""
    found = run.trainability
    if found is None:
        return
    policy = run.pilot.gates.trainability
    within = [probe for probe in found.probes if standing(probe, policy) is Outcome.GO]
    yield Fact("Candidates probed", count(len(found.probes)), f"{count(len(within))} within the budget of shots")
    for place, why in barred(found, policy).items():
        yield Fact(f"No. {place} is out", OUT, _why(why))


def prototype(run: RunRecord) -> Iterator[Fact]:
    """Who was chosen, on how many rows the claim was tested, and what the search did."""
    found = run.prototype
    if found is None:
        return
    yield Fact("Finalist", finalist(run), "the best quantum candidate by cross-validation")
    yield Fact("Model to beat", found.reference, "the best tuned classical baseline, on raw or reduced features")
    yield _tested(found)
    yield Fact(
        "Points for the device", count(found.device_points), f"{count(found.planned_points)} planned for promotion"
    )
    yield Fact("Try on this data", count(found.attempt), f"tested at alpha {number(found.alpha)}, one-sided")
    yield Fact("Left for later tries", percent(wallet.left(found.attempt, run.pilot.claim.alpha)), "of the error rate")
    if run.pilot.search.seeds > 1:
        yield Fact("Seeds", count(run.pilot.search.seeds), _seeds(run))
    if found.ladder is not None:
        yield from _ladder(found.ladder)
    for role, folds in found.chosen.items():
        for name, times in folds.items():
            yield Fact(f"Chosen as {role}", name, f"in {count(times)} outer folds")
    if found.advantage is not None:
        yield change("Optimism of choosing", found.optimism)
    if found.resource_ratio is not None:
        yield ratio(found.resource_ratio)
    for name, why in found.failures.items():
        out = why.startswith(OUT)
        yield Fact(name, OUT, _why(why)) if out else Fact(f"Failed: {name}", "not scored", why)


def _seeds(run: RunRecord) -> str:
    if run.pilot.search.seeds_as != "average":
        return "each is a candidate of its own"
    return f"{'grades are' if run.pilot.claim.quantity else 'correctness is'} averaged over them; the first is deployed"


def _why(why: str) -> str:
    """The reason alone, where the word for it stands above."""
    return why.removeprefix(f"{OUT}: ")


def _ladder(found: Ladder) -> Iterator[Fact]:
    """What a search under a budget did, round by round."""
    spent = f"counted at {number(found.counted_cpu_seconds)} beforehand, {number(found.cpu_seconds)} on this machine"
    yield Fact("Budget of the search", f"{number(found.budget_cpu_seconds)} CPU seconds", f"{spent}; baselines apart")
    for place, rung in enumerate(found.rungs, start=1):
        dropped = ", ".join(name for name in rung.scores if name not in rung.promoted)
        rows = "all rows" if rung.share >= 1 else f"{percent(rung.share)} of the rows"
        tried = f"{count(len(rung.scores))} on {rows}"
        yield Fact(f"Round {place}", tried, f"dropped: {dropped}" if dropped else "nobody was dropped")
    if found.untried:
        yield Fact("Not tried", count(len(found.untried)), f"the budget did not reach: {', '.join(found.untried)}")


def _tested(found: PrototypeEvidence) -> Fact:
    needed = f"{count(found.required)} required for the claimed power"
    if found.form == "nested":
        return Fact("Rows in outer folds", count(found.rows), f"{needed}; the locked rows are kept for the device")
    added = f"; {count(found.added)} of them added in the second look" if found.added else ""
    return Fact("Locked rows", count(found.locked), needed + added)
