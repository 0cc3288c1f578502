"""What a model's answers are worth, in the words and the units of the claim: accuracy of classes; a score, and an error, of a
quantity."""

import math

from gates.claim import Claim
from gates.records import Measure
from qpilot.report.formats import number, percent


def noun(claim: Claim) -> str:
    """What the mean grade of a model's answers is: "accuracy", or "score"."""
    return "score" if claim.quantity else "accuracy"


def counted(claim: Claim, *measures: Measure) -> str:
    """What `measures` of models are: "score", "accuracy" or "balanced accuracy", by the unit of those that were measured."""
    balanced = any(one.unit.startswith("balanced accuracy") for one in measures if math.isfinite(one.value))
    return "balanced accuracy" if balanced else noun(claim)


def heading(claim: Claim, *measures: Measure) -> tuple[str, str]:
    """What stands over `measures` of models, and what is to be known of it.

    Records from before tables showed the claim's metric hold plain accuracy, and are told apart by their unit.
    """
    notes = {"score": "100 % is exact", "balanced accuracy": "the mean over the classes"}
    found = counted(claim, *measures)
    plain = "plain: the claim asks for balanced accuracy" if claim.metric == "balanced_accuracy" else ""
    return found.capitalize(), notes.get(found, plain)


def error_name(claim: Claim) -> str:
    """The error that a score of a quantity stands for."""
    return "mean absolute error" if claim.metric == "absolute_error" else "root mean square error"


def error(claim: Claim, score: Measure) -> Measure:
    """The error, in the target's units, that `score` of a quantity stands for: exact where none exceeds worst_error.

    absolute: worst_error (1 - score); squared: worst_error sqrt(1 - score). An error of worst_error or more counts as
    worst_error, so that it never says more than the score does.
    """
    value, low, high = (_off(claim, one) for one in (score.value, score.high, score.low))
    return score.model_copy(update={"value": value, "low": low, "high": high, "unit": error_name(claim)})


def _off(claim: Claim, score: float) -> float:
    if not (claim.quantity and claim.worst_error is not None and math.isfinite(score)):
        return math.nan
    lost = min(max(1.0 - score, 0.0), 1.0)
    return claim.worst_error * (lost if claim.metric == "absolute_error" else math.sqrt(lost))


def scale(claim: Claim, target: str) -> str:
    """How a score is to be read, in the target's units; empty of classes."""
    if not claim.quantity or claim.worst_error is None:
        return ""
    far = f"{number(claim.worst_error)} off or more (in units of {target!r})"
    if claim.metric == "absolute_error":
        each = f"a point of it is a mean error of {number(claim.worst_error / 100)}"
    else:
        each = "it falls with the square of the error"
    return f"A score of 100 % is exact, one of 0 % is {far}; {each}."


def lower(claim: Claim, gain: float) -> str:
    """By how much the mean absolute error is lower where the score is `gain` (fraction) higher: ", an error lower by 4.8".

    Empty of classes, and of squared errors, whose root does not fall in proportion.
    """
    if claim.metric != "absolute_error" or claim.worst_error is None or not math.isfinite(gain):
        return ""
    return f", a mean error {'lower' if gain > 0 else 'higher'} by {number(abs(gain) * claim.worst_error, 2)}"


def unit(claim: Claim) -> str:
    """What differences are counted in: "percentage points", or hundredths of the score."""
    return "points of score" if claim.quantity else "percentage points"


def told(claim: Claim, reached: Measure) -> str:
    """A mean grade as a plot says it: "87.4 %", of a quantity with its error, "71.3 % (43.1)"."""
    off = error(claim, reached).value
    return percent(reached.value) if math.isnan(off) else f"{percent(reached.value)} ({number(off)})"


def bracketed(claim: Claim) -> str:
    """What stands in brackets beside a score, as a sentence to follow another; empty of classes."""
    return f" In brackets the {error_name(claim)} it stands for." if claim.quantity else ""
