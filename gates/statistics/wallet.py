"""The error rate a data set has to give away, spread over the tries made on it."""


def alpha(attempt: int, total: float) -> float:
    """The error rate of try `attempt` (1, 2, ...) on one data set: 0.8 * 0.2^(attempt-1) * `total`.

    Over all tries it sums to `total`. Five fresh tries at 5 % each would answer GO 22.6 % of the time with
    nothing there.
    """
    if attempt < 1:
        raise ValueError(f"tries are counted from 1, got {attempt}")
    return 0.8 * 0.2 ** (attempt - 1) * total


def left(attempt: int, total: float) -> float:
    """What all tries after `attempt` may spend together: 0.2^attempt * `total`. Before the first, 0, it is all of it."""
    if attempt < 0:
        raise ValueError(f"tries are counted from 1, got {attempt}")
    return total * 0.2**attempt


def look(share: float, looks: int) -> float:
    """The error rate of each of `looks` looks fixed beforehand at one try of `share`: an equal part of it.

    The same limit at every look (Pocock 1977), z = 1.96 at both of two for 5 %. By the union bound it holds for any
    number of rows that the second look adds and whatever the test, where Pocock's own figure is for equal steps alone.
    """
    if looks < 1:
        raise ValueError(f"a try has one look at least, got {looks}")
    return share / looks
