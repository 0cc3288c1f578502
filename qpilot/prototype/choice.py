"""One selection: everybody is cross-validated on some rows, and a finalist and a reference are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from gates.grading import featureless
from gates.search import Ladder
from qpilot.data.split import folds
from qpilot.data.table import Table
from qpilot.errors import QpilotError
from qpilot.pilot import Pilot
from qpilot.prototype.fitted import Fitted, fit
from qpilot.prototype.reading import Role
from qpilot.prototype.search.contest import contest
from qpilot.prototype.search.entrants import ClassicalEntrant, QuantumEntrant, classical_entrants, quantum_entrants
from qpilot.prototype.search.result import Result, best
from qpilot.prototype.search.sweep import Sweep
from qpilot.reduction import REDUCERS


@dataclass(frozen=True)
class Choice:
    """Who was chosen on some rows. `finalists`: one, or every seed of the candidate whose mean over its seeds was best.

    `promised`: by how much the choice looked better than the reference, in the claim's metric. `ladder`: who was dropped
    before, where a budget was set.
    """

    finalists: tuple[QuantumEntrant, ...]
    reference: ClassicalEntrant
    results: tuple[Result, ...]
    promised: float
    ladder: Ladder | None = None


@dataclass(frozen=True)
class Chosen:
    """What was chosen, fitted: one model a seed of finalist and twin, the first of them deployed."""

    finalists: tuple[Fitted, ...]
    twins: tuple[Fitted, ...]
    reference: Fitted
    majority: float

    @property
    def roles(self) -> dict[Role, tuple[Fitted, ...]]:
        """Every seed's model by what it stands for."""
        return {"finalist": self.finalists, "reference": (self.reference,), "twin": self.twins}


def choose(pilot: Pilot, rows: Table, sweep: Sweep) -> Choice:
    """The best candidate and the best baseline by repeated CV; raises QpilotError where either side all failed."""
    candidates, baselines = quantum_entrants(pilot, sweep.backbones, sweep.noise), classical_entrants(pilot)
    splits = folds(rows.y, rows.groups, rows.times, pilot.search.folds, pilot.search.repeats, pilot.seed)
    found = contest(
        candidates,
        baselines,
        rows.X,
        rows.y,
        splits,
        partial(reducer, pilot),
        pilot.claim,
        sweep,
        pilot.seed,
        rows.groups,
    )
    results = found.results
    quantum = [result for result in results if isinstance(result.entrant, QuantumEntrant)]
    reference = _winner([result for result in results if isinstance(result.entrant, ClassicalEntrant)], "baseline")
    if pilot.search.seeds_as == "average":
        finalists, score = _best_on_average(quantum)
    else:
        finalists, score = _best_alone(quantum)
    assert isinstance(reference.entrant, ClassicalEntrant)
    return Choice(finalists, reference.entrant, results, score - reference.score, found.ladder)


def train(pilot: Pilot, rows: Table, choice: Choice) -> Chosen:
    """Finalist, twin and reference of a choice, fitted on all of `rows`; a claim about rows trains on its share of them."""
    few = share(pilot, rows)
    twins = [replace(entrant, entangled=False) for entrant in choice.finalists]
    return Chosen(
        finalists=tuple(fit(entrant, reducer(pilot), few.X, few.y, few.groups) for entrant in choice.finalists),
        twins=tuple(fit(entrant, reducer(pilot), few.X, few.y, few.groups) for entrant in twins),
        reference=fit(choice.reference, reducer(pilot), rows.X, rows.y),
        majority=featureless(pilot.claim, rows.y),
    )


def reducer(pilot: Pilot) -> Any:
    """The pilot's reduction, not yet fitted."""
    return REDUCERS[pilot.reduce.method].build(pilot.reduce.components, pilot.seed)


def share(pilot: Pilot, rows: Table) -> Table:
    """At most the share of the rows a claim about rows trains its candidate on; all where it claims nothing of the kind."""
    part = pilot.claim.max_ratio if pilot.claim.resource == "rows" else None
    if part is None or part >= 1:
        return rows
    chosen = np.random.default_rng([pilot.seed, 4]).permutation(len(rows))[: max(2, int(part * len(rows)))]
    return rows.take(np.sort(chosen))


def _winner(results: Sequence[Result], role: str) -> Result:
    winner = best(results)
    if winner is None:
        reasons = "; ".join(sorted({f"{result.entrant.name}: {result.failure}" for result in results}))
        raise QpilotError(f"every {role} failed, so nothing can be compared: {reasons}")
    return winner


def _best_alone(results: Sequence[Result]) -> tuple[tuple[QuantumEntrant, ...], float]:
    """The best candidate with its seed, and its score."""
    winner = _winner(results, "candidate")
    assert isinstance(winner.entrant, QuantumEntrant)
    return (winner.entrant,), winner.score


def _best_on_average(results: Sequence[Result]) -> tuple[tuple[QuantumEntrant, ...], float]:
    """Every seed of the candidate with the best mean score, and that; one of whose seeds failed is no candidate."""
    groups: dict[Any, list[Result]] = {}
    for result in results:
        assert isinstance(result.entrant, QuantumEntrant)
        groups.setdefault(result.entrant.candidate, []).append(result)
    whole = [group for group in groups.values() if all(result.failure is None for result in group)]
    if not whole:
        _winner([result for result in results if result.failure is not None], "candidate")
    means = [float(np.mean([result.score for result in group])) for group in whole]
    first = int(np.argmax(means))
    entrants = tuple(result.entrant for result in whole[first] if isinstance(result.entrant, QuantumEntrant))
    return entrants, means[first]
