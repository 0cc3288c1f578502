"""The search as the pilot file declares it: everybody on all rows, or the candidates by successive halving."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.search import Ladder, Rung
from gates.wording import plural
from qpilot.candidates.candidate import Candidate
from qpilot.pilot import Search
from qpilot.prototype.search.cross_validation import cross_validate
from qpilot.prototype.search.entrants import ClassicalEntrant, Entrant, QuantumEntrant
from qpilot.prototype.search.fits import Fold
from qpilot.prototype.search.halving import Unit, plan, shortened, thinned
from qpilot.prototype.search.result import Result
from qpilot.prototype.search.sweep import Sweep


@dataclass(frozen=True)
class Contest:
    """results: of everybody who was read on all rows, and of those who failed; `ladder` says who was dropped before."""

    results: tuple[Result, ...]
    ladder: Ladder | None


def contest(
    candidates: Sequence[QuantumEntrant],
    baselines: Sequence[ClassicalEntrant],
    X: NDArray[np.float64],
    y: NDArray[Any],
    folds: Sequence[Fold],
    reducer: Callable[[], Any],
    claim: Claim,
    sweep: Sweep,
    seed: int,
    groups: NDArray[np.int64] | None = None,
) -> Contest:
    """Candidates by the pilot's search.method, baselines always on all rows. The arguments are `cross_validate`'s.

    Raises QpilotError where a budget does not pay for one candidate.
    """
    budget = sweep.search.budget_cpu_seconds
    if budget is None:
        everybody: list[Entrant] = [*candidates, *baselines]
        return Contest(tuple(cross_validate(everybody, X, y, folds, reducer, claim, sweep, groups=groups)), None)
    planned = plan(units(candidates, sweep.search), y, folds, budget, seed)
    left, rungs, failed, spent = list(planned.starting), [], [], 0.0
    results: list[Result] = []
    for number, now in enumerate(planned.rounds, start=1):
        entrants = [shortened(entrant, now.share) for unit in left for entrant in unit]
        last = number == len(planned.rounds)
        results = cross_validate(
            [*entrants, *(baselines if last else ())],
            X,
            y,
            thinned(folds, y, now.share, seed),
            reducer,
            claim,
            sweep,
            f"round {number} of {plural(len(planned.rounds), 'round')}, {now.share:.0%} of the rows",
            groups,
        )
        spent += len(folds) * float(np.nansum([result.cpu_seconds for result in results[: len(entrants)]]))
        scores = dict(zip((entrant for unit in left for entrant in unit), results, strict=False))
        if not last:
            failed += [replace(result, entrant=one) for one, result in scores.items() if result.failure is not None]
        ranked = _ranked(left, scores)
        left = ranked if last else sorted(ranked[: planned.rounds[number].units], key=left.index)
        rungs.append(
            Rung(
                share=now.share,
                scores={entrant.name: result.score for entrant, result in scores.items()},
                promoted=tuple(entrant.name for unit in ranked if unit in left for entrant in unit),
            )
        )
    ladder = Ladder(
        budget_cpu_seconds=budget,
        counted_cpu_seconds=planned.cpu_seconds,
        cpu_seconds=spent,
        rungs=tuple(rungs),
        untried=tuple(entrant.name for unit in planned.untried for entrant in unit),
    )
    return Contest((*failed, *results), ladder)


def units(candidates: Sequence[QuantumEntrant], search: Search) -> list[Unit]:
    """What goes on or drops out together, in order: each entrant alone, or a candidate with all its seeds."""
    if search.seeds_as == "count":
        return [(entrant,) for entrant in candidates]
    found: dict[Candidate, list[QuantumEntrant]] = {}
    for entrant in candidates:
        found.setdefault(entrant.candidate, []).append(entrant)
    return [tuple(unit) for unit in found.values()]


def _ranked(units: Sequence[Unit], scores: dict[QuantumEntrant, Result]) -> list[Unit]:
    """Best first by the mean over a unit's entrants, the first of equals first; those with a failure are out."""
    standing = [unit for unit in units if all(scores[entrant].failure is None for entrant in unit)]
    return sorted(standing, key=lambda unit: -float(np.mean([scores[entrant].score for entrant in unit])))
