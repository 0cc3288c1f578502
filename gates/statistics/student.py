"""Quantiles of Student's t distribution."""


def upper(alpha: float, freedom: float) -> float:
    """The t with P(T > t) = `alpha` at `freedom` degrees of freedom. Raises ValueError outside (0, 1) or without freedom."""
    if not 0 < alpha < 1:
        raise ValueError(f"an error rate lies strictly between 0 and 1, got {alpha!r}")
    if not freedom > 0:
        raise ValueError(f"a t distribution needs degrees of freedom, got {freedom!r}")
    from scipy.special import stdtrit  # third of a second to import, and lint asks for it only where folds are tested

    return float(stdtrit(freedom, 1 - alpha))
