"""Repeated cross-validation of every entrant on the development rows; nothing here sees the locked set."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.grading import grades, score
from qpilot.errors import QpilotError
from qpilot.pilot import Search
from qpilot.prototype.search import runners
from qpilot.prototype.search.entrants import Entrant
from qpilot.prototype.search.fits import Answer, Fold, Material, Piece, fit, reduce
from qpilot.prototype.search.result import Result
from qpilot.prototype.search.runners import Lost
from qpilot.prototype.search.sweep import Standing, Sweep
from qpilot.prototype.search.underway import Board, board

PIECES_A_WORKER = 8
"""An entrant's folds are one piece, so that its circuit is compiled once, unless too few pieces would leave workers idle."""


def cross_validate(
    entrants: Sequence[Entrant],
    X: NDArray[np.float64],
    y: NDArray[Any],
    folds: Sequence[Fold],
    reducer: Callable[[], Any],
    claim: Claim,
    sweep: Sweep,
    phase: str = "",
    groups: NDArray[np.int64] | None = None,
) -> list[Result]:
    """Fits every entrant on every fold; the reducer is fitted once a fold, on its training rows alone.

    X: (n_rows, n_features); y: (n_rows,), class indices or values; groups: (n_rows,), for those who validate on some of their
    training rows. Scores depend neither on the runner nor on the number of workers, nor on what was finished before.
    `phase` is what the watcher is told it is.
    """
    results: dict[int, Result] = {}
    with board() as seen:
        material = Material(
            np.ascontiguousarray(X),
            np.ascontiguousarray(y),
            tuple((train, test) for train, test in folds),
            groups=groups,
            board=seen.folder,
        )

        def told() -> None:
            share = seen.share(len(entrants) * len(folds))
            finished = tuple(results.values())
            sweep.watch(Standing(len(results), len(entrants), finished, phase, seen.underway(), share))

        truth = np.concatenate([material.y[test] for _, test in material.folds])
        for place, answer in _answers(entrants, material, reducer, sweep, seen, told):
            results[place] = _result(entrants[place], answer, truth, len(folds), claim)
            told()
    return [results[place] for place in range(len(entrants))]


def _answers(
    entrants: Sequence[Entrant],
    material: Material,
    reducer: Callable[[], Any],
    sweep: Sweep,
    seen: Board,
    told: Callable[[], None],
) -> Iterator[tuple[int, Answer]]:
    """Each entrant's place and its answer on all folds: first what was kept, then what had to be fitted."""
    kept, stamp = sweep.kept, "" if sweep.kept is None else material.stamp
    missing = []
    for place, entrant in enumerate(entrants):
        known = None if kept is None else kept.read(entrant, stamp)
        if known is None:
            missing.append(place)
        else:
            seen.fits += len(material.folds)
            yield place, known
    for number, answer in _fitted([entrants[place] for place in missing], material, reducer, sweep.search, seen, told):
        if kept is not None and answer.failure is None:
            kept.write(entrants[missing[number]], stamp, answer)
        yield missing[number], answer


def _fitted(
    entrants: Sequence[Entrant],
    material: Material,
    reducer: Callable[[], Any],
    search: Search,
    seen: Board,
    told: Callable[[], None],
) -> Iterator[tuple[int, Answer]]:
    """Each entrant's place and answer, as soon as it is fitted on every fold."""
    if not entrants:
        return
    places = range(len(material.folds))
    if any(entrant.features == "reduced" for entrant in entrants):
        reduced = dict(runners.run(partial(reduce, reducer), material, places, search))
        if died := [found.reason for found in reduced.values() if isinstance(found, Lost)]:
            raise QpilotError(f"the reduction could not be fitted: {died[0]}")
        material = replace(material, reduced=tuple(reduced[place] for place in places))
    pieces = _pieces(entrants, len(places), runners.width(search))
    parts: dict[int, dict[tuple[int, ...], Answer]] = {number: {} for number in range(len(entrants))}
    for place, found in runners.run(fit, material, [piece for _, piece in pieces], search, told):
        number, piece = pieces[place]
        seen.over(piece.number, len(piece.folds))
        parts[number][piece.folds] = Answer((), nan, nan, found.reason) if isinstance(found, Lost) else found
        if sum(map(len, parts[number])) == len(places):
            yield number, _joined([parts[number][folds] for folds in sorted(parts[number])])


def _pieces(entrants: Sequence[Entrant], folds: int, workers: int) -> list[tuple[int, Piece]]:
    """Entrants by number, each in as many pieces as keep `workers` busy to the end."""
    wanted = min(folds, -(-PIECES_A_WORKER * workers // len(entrants)))
    cuts = np.array_split(np.arange(folds), wanted)
    parts = [(number, entrant, tuple(cut.tolist())) for number, entrant in enumerate(entrants) for cut in cuts]
    return [(number, Piece(entrant, cut, place)) for place, (number, entrant, cut) in enumerate(parts)]


def _joined(parts: Sequence[Answer]) -> Answer:
    """An entrant's pieces as one; the first failure stands for all."""
    failure = next((part.failure for part in parts if part.failure is not None), None)
    return Answer(
        predicted=() if failure else tuple(fold for part in parts for fold in part.predicted),
        seconds=sum(part.seconds for part in parts),
        cpu_seconds=sum(part.cpu_seconds for part in parts),
        failure=failure,
    )


def _result(entrant: Entrant, answer: Answer, truth: NDArray[Any], folds: int, claim: Claim) -> Result:
    spent = answer.seconds / folds, answer.cpu_seconds / folds
    if answer.failure is not None:
        nothing = truth[:0]
        return Result(
            entrant, grades(claim, nothing, nothing), nan, spent[0], answer.failure, nothing, spent[1], nothing
        )
    predicted = np.concatenate(answer.predicted)
    found = grades(claim, predicted, truth)
    return Result(entrant, found, score(found, truth, claim.metric), spent[0], None, predicted, spent[1], truth)
