"""The models of the comparison refitted on part of the rows: what they need, how sure they are, how much they endure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim, Metric
from gates.contender import Learned, Stress
from gates.grading import Grades, error, grades, reached
from gates.records import Measure
from qpilot.data.sample import sample
from qpilot.data.split import Fold, folds
from qpilot.data.table import Table
from qpilot.devices import Device
from qpilot.models import MODELS
from qpilot.pilot import Search
from qpilot.prototype.comparison.calibration import calibration_error
from qpilot.prototype.comparison.stress import stresses
from qpilot.prototype.fitted import Fitted, refitted
from qpilot.prototype.search import runners

PARTS = 3
SHARES = (0.125, 0.25, 0.5, 1.0)
FEWER = (0.25, 0.5, 1.0)
STRESSED_ROWS = 300


@dataclass(frozen=True)
class Shown:
    """What a model showed on rows it had not been fitted on."""

    calibration: Measure
    learning: tuple[Learned, ...]
    rows_needed: Measure
    stresses: tuple[Stress, ...]


@dataclass(frozen=True)
class Compared:
    """What every refit reads. parts: the training and the held-out rows, by their numbers."""

    models: tuple[Fitted, ...]
    rows: Table
    parts: tuple[Fold, ...]
    device: Device | None
    claim: Claim
    seed: int


@dataclass(frozen=True)
class Refit:
    """A model by its place, refitted on a share of a part's training rows. stressed: the held-out rows are also worsened."""

    model: int
    part: int
    share: float
    stressed: bool


@dataclass(frozen=True)
class Refitted:
    """How many rows it was fitted on; the held-out rows' truth, the grades, and the confidence in the class named (or NaN)."""

    rows: int
    truth: NDArray[Any]
    grades: Grades
    confidence: NDArray[np.float64]
    stresses: tuple[Stress, ...]


def shown(
    models: Sequence[Fitted],
    brief: Sequence[str],
    rows: Table,
    device: Device | None,
    claim: Claim,
    search: Search,
    seed: int,
) -> dict[str, Shown]:
    """By model name. brief: models that are refitted once only (the twin), so that they have no learning curve.

    Development rows in thirds. What is fast to fit (a kernel, a classical model) is refitted on an eighth, a quarter, half
    and all of two thirds, three times over; what is trained step by step on a quarter, half and all of them, once, since
    its cost does not fall with the rows. With a finalist, a twin, a reference and two others that is some 7 trainings and
    36 quick fits. Stresses are put on the last third. Nothing here depends on the clock.
    """
    parts = folds(rows.y, rows.groups, rows.times, PARTS, 1, seed)
    compared = Compared(tuple(models), rows, parts, device, claim, seed)
    refits = [refit for place, model in enumerate(models) for refit in _refits(place, model, model.name in brief)]
    # In the order of the refits, whichever was done first: what is resampled from depends on it.
    answers: Mapping[int, Refitted | runners.Lost] = dict(sorted(runners.run(refit_on, compared, refits, search)))
    found: dict[str, Shown] = {}
    for place, model in enumerate(models):
        own = {refits[at]: one for at, one in answers.items() if refits[at].model == place}
        found[model.name] = _shown({refit: one for refit, one in own.items() if isinstance(one, Refitted)}, claim, seed)
    return found


def _refits(place: int, model: Fitted, brief: bool) -> list[Refit]:
    trained = _trained(model)
    last = PARTS - 1
    parts = (last,) if trained or brief else tuple(range(PARTS))
    shares = (1.0,) if brief else FEWER if trained else SHARES
    return [Refit(place, part, share, part == last and share == 1.0) for part in parts for share in shares]


def _trained(model: Fitted) -> bool:
    """Whether it is trained step by step."""
    candidate = getattr(model.estimator, "candidate", None)
    return candidate is not None and MODELS[candidate.model].trainable


def refit_on(compared: Compared, refit: Refit) -> Refitted:
    """The model refitted, and what it says of the held-out rows; the same wherever it is computed."""
    model, rows, (train, test) = compared.models[refit.model], compared.rows, compared.parts[refit.part]
    rng = np.random.default_rng([compared.seed, 14, refit.part])
    seen = train[sample(rows.y[train], round(refit.share * len(train)), rng)]
    fresh, X, y = refitted(model, rows.take(seen)), rows.X[test], rows.y[test]
    stressed = stresses(fresh, X[:STRESSED_ROWS], y[:STRESSED_ROWS], compared.claim, compared.device, compared.seed)
    return Refitted(
        rows=len(seen),
        truth=y,
        grades=grades(compared.claim, fresh.predict(X), y),
        confidence=_confidence(fresh, X),
        stresses=tuple(stressed) if refit.stressed else (),
    )


def _confidence(model: Fitted, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n_rows,): the probability of the most probable class; NaN where the model gives none."""
    if not hasattr(model.estimator, "predict_proba"):
        return np.full(len(X), np.nan)
    return np.asarray(model.estimator.predict_proba(model.view(X)).max(axis=1), dtype=np.float64)


def _shown(answers: Mapping[Refit, Refitted], claim: Claim, seed: int) -> Shown:
    shares = sorted({refit.share for refit in answers})
    by_share = {share: [one for refit, one in answers.items() if refit.share == share] for share in shares}
    whole = by_share.get(1.0, [])
    learning = tuple(_learned(found, claim.metric) for found in by_share.values())
    return Shown(
        calibration=_calibration(whole, claim, seed),
        learning=learning if len(learning) > 1 else (),
        rows_needed=_needed(learning, error(_graded(whole), _true(whole), claim.metric)),
        stresses=tuple(stress for one in whole for stress in one.stresses),
    )


def _calibration(whole: Sequence[Refitted], claim: Claim, seed: int) -> Measure:
    if claim.quantity:
        return Measure.missing("a quantity is answered without a probability", "calibration error")
    confidence = np.concatenate([one.confidence for one in whole] or [np.zeros(0)])
    return calibration_error(confidence, _graded(whole).astype(bool), seed)


def _graded(answers: Sequence[Refitted]) -> Grades:
    return np.concatenate([one.grades for one in answers] or [np.zeros(0)])


def _true(answers: Sequence[Refitted]) -> NDArray[Any]:
    return np.concatenate([one.truth for one in answers] or [np.zeros(0)])


def _learned(answers: Sequence[Refitted], metric: Metric) -> Learned:
    rows = round(float(np.mean([one.rows for one in answers])))
    return Learned(rows=rows, accuracy=reached(_graded(answers), _true(answers), metric))


def _needed(learning: Sequence[Learned], spread: float) -> Measure:
    """The fewest rows within one standard error of the accuracy with all; its bounds are the sizes measured beside it.

    spread: that standard error.
    """
    if len(learning) < 2:
        return Measure.missing("no learning curve was measured", "rows")
    full = learning[-1].accuracy
    place = next(at for at, one in enumerate(learning) if one.accuracy.value >= full.value - spread)
    return Measure(
        value=learning[place].rows,
        low=learning[max(0, place - 1)].rows,
        high=learning[-1].rows,
        n=full.n,
        unit="rows",
        method="fewest of the sizes measured within one standard error of the accuracy with all; from the next smaller"
        " size to all",
    )
