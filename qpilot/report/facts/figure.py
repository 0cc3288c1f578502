"""A measured figure as the page lists it: what it is, its value, and how it was taken."""

from typing import NamedTuple

from gates.claim import Claim
from gates.records import Measure
from qpilot.report import worth
from qpilot.report.formats import UNMEASURED, count, interval, number, percent, points


class Fact(NamedTuple):
    """A measured figure: what it is, its value, and how it was taken."""

    label: str
    value: str
    note: str = ""


def share(label: str, measure: Measure) -> Fact:
    """A fraction as a percentage with its interval."""
    return Fact(label, percent(measure.value), how(measure, interval(measure)))


def change(label: str, measure: Measure) -> Fact:
    """A difference of fractions in points with its interval."""
    return Fact(label, points(measure.value), how(measure, interval(measure, signed=True)))


def reached(whose: str, measure: Measure, claim: Claim) -> Fact:
    """The accuracy, or the score with the error it stands for, of what `whose` names."""
    label = f"{worth.noun(claim).capitalize()}, {whose}"
    if not claim.quantity or measure.value != measure.value:
        return share(label, measure)
    error = worth.error(claim, measure)
    off = f"{worth.error_name(claim)} {number(error.value)} ({number(error.low)} to {number(error.high)})"
    return Fact(label, percent(measure.value), f"{how(measure, interval(measure))}; {off}")


def ratio(measure: Measure) -> Fact:
    """What the candidate takes of a resource, as a multiple of what the classical model takes."""
    bounds = interval(measure, 1) if measure.low < measure.high else ""
    return Fact("Resource ratio", number(measure.value), how(measure, bounds))


def how(measure: Measure, bounds: str) -> str:
    """The interval, the number of readings and the method; of what was not measured, why."""
    if measure.value != measure.value:
        return measure.method
    parts = [bounds, f"n = {count(measure.n)}" if measure.n else "", measure.method]
    return "; ".join(part for part in parts if part)


def hours(measure: Measure) -> str:
    """A time in hours."""
    return UNMEASURED if measure.value != measure.value else f"{number(measure.value)} h"
