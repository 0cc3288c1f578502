"""How many points a paired comparison takes, and what a number of points can show. Light: lint runs it.

n = (z_alpha sqrt(psi) + z_beta sqrt(psi - delta^2))^2 / (delta - d0)^2, with delta the advantage under the alternative,
d0 under the null hypothesis, psi the share of points on which the two disagree (all fractions of points).
"""

import math
from collections.abc import Iterable

from gates.claim import Claim
from gates.statistics import resampled, student
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


def detectable(points: int, null: float, psi: float, alpha: float, power: float) -> float:
    """The smallest advantage that `points` points show with `power`; infinity where none is large enough.

    An advantage cannot exceed psi: that takes the candidate to win every point on which the two disagree.
    """
    if points < 1 or _exact_points(null, psi, psi, alpha, power) > points:
        return math.inf
    low, high = null, psi
    for _ in range(60):
        middle = (low + high) / 2
        enough = middle > null and _exact_points(null, middle, psi, alpha, power) <= points
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
    return required_points(claim.null, claim.alternative, _claimed_psi(claim, shares), alpha, claim.power)


def required_nested(claim: Claim, alpha: float, folds: int, repeats: int, shares: Iterable[float] | None = None) -> int:
    """Rows on which nested cross-validation of `folds` x `repeats` shows `claim` at `alpha` with the power it asks for.

    As `required_for`, with the t quantile at J - 1 in z_alpha's place, times what the corrected test costs. It leaves out
    that the best candidate may not be found in every fold, which takes more where candidates differ and rows are few.
    """
    required_points(claim.null, claim.alternative, claim.psi, alpha, claim.power)  # refuses what no number would do for
    limit, psi = student.upper(alpha, folds * repeats - 1), _claimed_psi(claim, shares)
    plain = _squared(limit, claim.null, claim.alternative, psi, claim.power)
    return max(2 * folds, math.ceil(plain * resampled.cost(folds, repeats) - 1e-9))


def detectable_for(claim: Claim, points: int, alpha: float, shares: Iterable[float] | None = None) -> float:
    """The smallest advantage `points` points show for `claim` at `alpha`; infinity where there is none."""
    return detectable(points, claim.null, _claimed_psi(claim, shares), alpha, claim.power)
