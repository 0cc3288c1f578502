"""The check that a measured value stays within a limit, its interval taken into account."""

import math
from collections.abc import Callable

from gates.records import Check, Measure, Outcome


def at_most(name: str, measure: Measure | None, limit: float, finding: str, form: Callable[[float], str]) -> Check:
    """Whether `measure` is at most `limit`. `finding` says what was measured; `form` puts a figure in words.

    | high <= limit | low > limit | measured | answer                                    |
    |---------------|-------------|----------|-------------------------------------------|
    | yes           | -           | yes      | GO                                        |
    | no            | yes         | yes      | NO_GO                                     |
    | no            | no          | yes      | INCONCLUSIVE: the interval holds the limit |
    | -             | -           | no       | INCONCLUSIVE                              |
    """
    if measure is None or measure.n < 1 or not all(map(math.isfinite, (measure.value, measure.low, measure.high))):
        why = "nothing was measured" if measure is None or not measure.method else measure.method
        return _check(name, Outcome.INCONCLUSIVE, None, limit, form, f"{finding} is not known: {why}.")
    if not measure.low <= measure.value <= measure.high:
        reason = f"{finding} cannot be used: the value {measure.value:g} lies outside its own interval."
        return _check(name, Outcome.INCONCLUSIVE, measure.value, limit, form, reason)
    exact = measure.low == measure.high
    seen = f"{finding} is {form(measure.value)}"
    seen += "" if exact else f" ({_between(form(measure.low), form(measure.high))})"
    if measure.high <= limit:
        return _check(name, Outcome.GO, measure.value, limit, form, f"{seen}, within the {form(limit)} allowed.")
    if measure.low > limit:
        return _check(name, Outcome.NO_GO, measure.value, limit, form, f"{seen}, above the {form(limit)} allowed.")
    reason = f"{seen}: whether that is within the {form(limit)} allowed takes more rows to say."
    return _check(name, Outcome.INCONCLUSIVE, measure.value, limit, form, reason)


def _between(low: str, high: str) -> str:
    """Both ends, with the unit they share said once: "0.6 to 8.1 percentage points"."""
    figure, _, unit = low.partition(" ")
    return f"{figure if unit == high.partition(' ')[2] else low} to {high}"


def _check(
    name: str, outcome: Outcome, observed: float | None, limit: float, form: Callable[[float], str], reason: str
) -> Check:
    return Check(name=name, outcome=outcome, observed=observed, required=f"at most {form(limit)}", reason=reason)
