"""How many points a paired comparison takes, and what a number of points can show. Light: lint runs it.

n = (z_alpha sqrt(psi) + z_beta sqrt(psi - delta^2))^2 / (delta - d0)^2, with delta the advantage under the alternative,
d0 under the null hypothesis, psi the share of points on which the two disagree (all fractions of points). Graded answers
are tested by betting, whose number of points is found from the evidence itself.
"""

import math
from collections.abc import Callable, Iterable

from gates.claim import Claim
from gates.statistics import resampled, student
from gates.statistics.betting import STAKES
from gates.statistics.normal import upper


def _exact_points(null: float, alternative: float, psi: float, alpha: float, power: float) -> float:
    return _squared(upper(alpha), null, alternative, psi, power)


def _squared(limit: float, null: float, alternative: float, psi: float, power: float) -> float:
    spread = limit * math.sqrt(psi) + upper(1 - power) * math.sqrt(max(psi - alternative**2, 0.0))
    return (spread / (alternative - null)) ** 2


def required_points(null: float, alternative: float, psi: float, alpha: float, power: float) -> int:
    """Points after which the test of `null` answers yes with probability `power` if the advantage is `alternative`.

    Raises ValueError where no number of points would do: alternative <= null, psi outside (0, inf), power <= 1/2.
    """
    if not alternative > null:
        raise ValueError(f"an advantage of {alternative:g} lies within the null hypothesis (up to {null:g})")
    if not (psi > 0 and math.isfinite(psi)):
        raise ValueError(f"psi must be a positive share of points, got {psi!r}")
    if not 0.5 <= power < 1:
        raise ValueError(f"power must lie in [0.5, 1), got {power!r}")
    return max(1, math.ceil(_exact_points(null, alternative, psi, alpha, power) - 1e-9))


MOST_POINTS = 10_000_000
"""Further than anybody counts: the smallest stake gains nothing from an advantage far below it, at any number of points."""


def required_graded(null: float, alternative: float, psi: float, alpha: float, power: float) -> int:
    """Points after which betting shows that the mean difference of grades is above `null`, as `required_points` does.

    psi: the mean square of the difference, at least alternative^2. Counted for differences of two values that lie as far
    above their mean as below it (or, where 1 is the end of the scale, of two that have this mean and square): of so many
    points a share that `power` says is above, by the normal approximation of the binomial distribution.
    Ten million where it takes more. Raises ValueError as `required_points` does.
    """
    required_points(null, alternative, psi, alpha, power)  # refuses what no number would do for
    if psi < alternative**2 * (1 - 1e-9):
        raise ValueError(f"psi = {psi:g} is less than the square of an advantage of {alternative:g}")
    spread = math.sqrt(max(psi - alternative**2, 0.0))
    above = min(alternative + spread, 1.0)
    share = 0.5 if above < 1 else spread**2 / (spread**2 + (1 - alternative) ** 2)
    below = max((alternative - share * above) / (1 - share), -1.0)

    def shown(points: int) -> bool:
        wins = max(0.0, points * share - upper(1 - power) * math.sqrt(points * share * (1 - share)))
        logs = [wins * _gain(stake, above, null) + (points - wins) * _gain(stake, below, null) for stake in STAKES]
        most = max(logs)
        return most + math.log(sum(math.exp(one - most) for one in logs) / len(logs)) >= -math.log(alpha)

    high = 1
    while not shown(high):
        high *= 2
        if high > MOST_POINTS:
            return MOST_POINTS
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high


def _gain(stake: float, difference: float, null: float) -> float:
    return math.log1p(stake * (difference - null) / (1 + null))


def detectable(points: int, null: float, psi: float, alpha: float, power: float) -> float:
    """The smallest advantage that `points` points show with `power`; infinity where none is large enough.

    An advantage cannot exceed psi: that takes the candidate to win every point on which the two disagree.
    """
    return _smallest(points, null, psi, lambda advantage: _exact_points(null, advantage, psi, alpha, power))


def _smallest(points: int, null: float, most: float, needed: Callable[[float], float]) -> float:
    if points < 1 or needed(most) > points:
        return math.inf
    low, high = null, most
    for _ in range(60):
        middle = (low + high) / 2
        enough = middle > null and needed(middle) <= points
        low, high = (low, middle) if enough else (middle, high)
    return high


def effective_psi(psi: float, shares: Iterable[float]) -> float:
    """The psi that balanced accuracy behaves as if it had: psi * sum over the K classes of 1 / (K^2 share).

    `shares` are the classes' shares of the points, each above 0; equal shares leave psi as it is.
    """
    kept = tuple(shares)
    if not kept or not all(share > 0 for share in kept):
        raise ValueError(f"every class needs a share of the points above 0, got {kept}")
    return psi * sum(1 / (len(kept) ** 2 * share) for share in kept)


def _claimed_psi(claim: Claim, shares: Iterable[float] | None) -> float:
    balanced = claim.metric == "balanced_accuracy" and shares is not None
    return effective_psi(claim.psi, shares) if balanced and shares is not None else claim.psi


def required_for(claim: Claim, alpha: float, shares: Iterable[float] | None = None) -> int:
    """Points on which `claim` is tested at `alpha` with the power it asks for. `shares`: of the classes, if known."""
    if claim.quantity:
        return required_graded(claim.null, claim.alternative, claim.psi, alpha, claim.power)
    return required_points(claim.null, claim.alternative, _claimed_psi(claim, shares), alpha, claim.power)


def required_nested(claim: Claim, alpha: float, folds: int, repeats: int, shares: Iterable[float] | None = None) -> int:
    """Rows on which nested cross-validation of `folds` x `repeats` shows `claim` at `alpha` with the power it asks for.

    As `required_for`, with the t quantile at J - 1 in z_alpha's place, times what the corrected test costs. It leaves out
    that the best candidate may not be found in every fold, which takes more where candidates differ and rows are few.
    """
    required_points(claim.null, claim.alternative, claim.psi, alpha, claim.power)  # refuses what no number would do for
    limit, psi = student.upper(alpha, folds * repeats - 1), _claimed_psi(claim, shares)
    plain = _squared(limit, claim.null, claim.alternative, psi, claim.power)
    least = required_for(claim, alpha) if claim.quantity else 0  # the folds of graded answers have to pass betting too
    return max(2 * folds, least, math.ceil(plain * resampled.cost(folds, repeats) - 1e-9))


def detectable_for(claim: Claim, points: int, alpha: float, shares: Iterable[float] | None = None) -> float:
    """The smallest advantage `points` points show for `claim` at `alpha`; infinity where there is none."""
    if claim.quantity:
        most = min(math.sqrt(claim.psi), 1.0) * (1 - 1e-9)
        return _smallest(
            points, claim.null, most, lambda one: required_graded(claim.null, one, claim.psi, alpha, claim.power)
        )
    return detectable(points, claim.null, _claimed_psi(claim, shares), alpha, claim.power)
