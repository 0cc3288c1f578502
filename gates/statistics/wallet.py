"""The error rate a data set has to give away, spread over the tries made on it."""


def alpha(attempt: int, total: float) -> float:
    """The error rate of try `attempt` (1, 2, ...) on one data set: 0.8 * 0.2^(attempt-1) * `total`.

    Over all tries it sums to `total`. Five fresh tries at 5 % each would answer GO 22.6 % of the time with
    nothing there.
    """
    if attempt < 1:
        raise ValueError(f"tries are counted from 1, got {attempt}")
    return 0.8 * 0.2 ** (attempt - 1) * total
