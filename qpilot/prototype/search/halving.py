"""Successive halving: many candidates on few rows, the best of them on more, few on all.

Karnin, Koren & Somekh 2013; Jamieson & Talwalkar 2016 (arXiv 1502.07943); as in scikit-learn's HalvingGridSearchCV a
third goes on each time. What grows is the share of the training rows, and with it the steps, so that every round trains
for as many epochs.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.records import canonical
from qpilot.data.strata import strata
from qpilot.errors import UsageError
from qpilot.models import MODELS
from qpilot.prototype.search.effort import cpu_seconds
from qpilot.prototype.search.entrants import QuantumEntrant
from qpilot.prototype.search.fits import Fold

FACTOR = 3
MOST_RUNGS = 4
LEAST_ROWS, LEAST_OF_A_CLASS, LEAST_STEPS = 20, 2, 20

Unit = tuple[QuantumEntrant, ...]
"""What goes on or drops out together: an entrant, or all seeds of a candidate."""


@dataclass(frozen=True)
class Round:
    """Planned: the share of rows and steps, and how many units are in it."""

    share: float
    units: int


@dataclass(frozen=True)
class Rounds:
    """In order, the last on all rows; who starts, who is left out, and what it is counted at, whoever goes on."""

    rounds: tuple[Round, ...]
    starting: tuple[Unit, ...]
    untried: tuple[Unit, ...]
    cpu_seconds: float


def plan(units: Sequence[Unit], y: NDArray[Any], folds: Sequence[Fold], budget: float, seed: int) -> Rounds:
    """The fewest rounds that let everybody start within the budget (CPU seconds, as counted beforehand, never measured).

    Where the budget does not reach everybody, the rounds that reach most, of those drawn by the seed. Raises UsageError
    where it does not pay for one. y: (n_rows,), class indices or values.
    """
    rows = round(sum(len(train) for train, _ in folds) / len(folds))
    drawn = sorted(range(len(units)), key=lambda place: _lot(units[place], seed))
    ladders = [_shares(number) for number in range(1, _most_rungs(y, folds) + 1)]
    costs = {share: _costs(units, rows, len(folds), share)[drawn] for share in ladders[-1]}
    reached = [_reached(costs, shares, budget) for shares in ladders]
    number = max(reached)
    if not number:
        least = min(costs[1.0])
        raise UsageError(
            f"search.budget_cpu_seconds = {budget:g} does not pay for one candidate, which is counted at {least:.2g} s;"
            " give more"
        )
    shares = ladders[reached.index(number)]
    rounds = tuple(Round(share, ceil(number / FACTOR**place)) for place, share in enumerate(shares))
    starting, left = (tuple(units[place] for place in sorted(some)) for some in (drawn[:number], drawn[number:]))
    return Rounds(rounds, starting, left, _total(costs, shares, number))


def thinned(folds: Sequence[Fold], y: NDArray[Any], share: float, seed: int) -> list[Fold]:
    """The folds with a share of each training part, every class in proportion; a smaller share is part of a larger.

    Test parts are whole. y: (n_rows,), class indices, or values, of which every part of their range is in proportion.
    """
    if share >= 1:
        return list(folds)
    y = strata(y)
    return [
        (_share(train, y, share, np.random.default_rng([seed, 5, place])), test)
        for place, (train, test) in enumerate(folds)
    ]


def shortened(entrant: QuantumEntrant, share: float) -> QuantumEntrant:
    """The entrant with a share of its steps of training, as many epochs on that share of the rows."""
    candidate = entrant.candidate
    if share >= 1 or not MODELS[candidate.model].trainable:
        return entrant
    steps = min(candidate.steps, max(LEAST_STEPS, ceil(share * candidate.steps)))
    return replace(entrant, candidate=candidate.model_copy(update={"steps": steps}))


def _share(train: NDArray[np.int64], y: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    order = rng.permutation(train)
    ranks = np.empty(len(order))
    for label in np.unique(y[order]):
        members = np.flatnonzero(y[order] == label)
        ranks[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.asarray(np.sort(order[np.argsort(ranks, kind="stable")[: ceil(share * len(order))]]))


def _most_rungs(y: NDArray[Any], folds: Sequence[Fold]) -> int:
    """As many as leave the first round rows enough, of every class."""
    rows = min(len(train) for train, _ in folds)
    y = strata(y)
    rarest = min(int(np.unique(y[train], return_counts=True)[1].min()) for train, _ in folds)
    most = 1
    while most < MOST_RUNGS and min(rows / LEAST_ROWS, rarest / LEAST_OF_A_CLASS) >= FACTOR**most:
        most += 1
    return most


def _shares(rungs: int) -> tuple[float, ...]:
    return tuple(float(FACTOR) ** (place - rungs + 1) for place in range(rungs))


def _costs(units: Sequence[Unit], rows: int, folds: int, share: float) -> NDArray[np.float64]:
    """(n_units,), CPU seconds of a round."""
    return np.array([folds * sum(cpu_seconds(entrant.candidate, rows, share) for entrant in unit) for unit in units])


def _total(costs: Mapping[float, NDArray[np.float64]], shares: Sequence[float], number: int) -> float:
    """What rounds cost at most, with the first `number` units at the start: the dearest may be those who go on."""
    return sum(
        float(np.sort(costs[share][:number])[::-1][: ceil(number / FACTOR**place)].sum())
        for place, share in enumerate(shares)
    )


def _reached(costs: Mapping[float, NDArray[np.float64]], shares: Sequence[float], budget: float) -> int:
    """How many units, in the order drawn, the budget lets start; what they cost grows with each."""
    return bisect_right(range(1, len(costs[1.0]) + 1), budget, key=lambda number: _total(costs, shares, number))


def _lot(unit: Unit, seed: int) -> bytes:
    """A number drawn for the unit, the same whoever else is there."""
    return sha256(f"{seed}\n".encode() + b"\n".join(canonical(entrant.identity) for entrant in unit)).digest()
