"""Quantiles of the standard normal distribution, from the standard library: importing scipy.stats costs a second."""

from statistics import NormalDist

_STANDARD = NormalDist()


def upper(alpha: float) -> float:
    """The z with P(Z > z) = `alpha`, for `alpha` strictly between 0 and 1. Raises ValueError outside."""
    if not 0 < alpha < 1:
        raise ValueError(f"an error rate lies strictly between 0 and 1, got {alpha!r}")
    return _STANDARD.inv_cdf(1 - alpha)


def two_sided(confidence: float) -> float:
    """The half-width, in standard errors, of a two-sided interval of `confidence`. Raises ValueError outside (0, 1)."""
    return upper((1 - confidence) / 2)
