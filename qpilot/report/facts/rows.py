"""What the data and the reduction stages measured."""

from collections.abc import Iterator

from gates.target import Spread
from qpilot.report import worth
from qpilot.report.facts.figure import Fact, change, reached, share
from qpilot.report.formats import count, number, percent
from qpilot.report.record import RunRecord


def data(run: RunRecord) -> Iterator[Fact]:
    """Rows, features, what is to be told or predicted, and how the rows were split."""
    found, claim = run.data, run.pilot.claim
    if found is None:
        return
    yield Fact("Rows", count(found.rows), f"{count(found.dropped)} dropped")
    yield Fact("Features", count(found.features))
    if found.target is None:
        classes = ", ".join(f"{name}: {count(rows)}" for name, rows in found.classes.items())
        yield Fact("Classes", count(len(found.classes)), classes)
    else:
        yield from _target(run.pilot.data.target, found.target)
    yield Fact("Development rows", count(found.development), "for tuning, fitting and choosing")
    yield Fact("Locked rows", count(found.locked), "split off and hashed before anything was fitted")
    if claim.quantity:
        middle = "median" if claim.metric == "absolute_error" else "mean"
        yield reached(f"always the {middle}", found.majority, claim)
        yield Fact(
            "Worth nothing from an error of",
            number(claim.worst_error or 0.0),
            worth.scale(claim, run.pilot.data.target),
        )
    else:
        yield share("Always the largest class", found.majority)


def _target(name: str, found: Spread) -> Iterator[Fact]:
    """The distribution of a quantity, in its own units."""
    half = f"half of the rows {number(found.lower, 4)} to {number(found.upper, 4)}, median {number(found.median, 4)}"
    yield Fact(f"Target: {name}", f"{number(found.least, 4)} to {number(found.most, 4)}", half)
    common = f"the commonest, {number(found.commonest)}, in {percent(found.commonest_share)} of the rows"
    yield Fact("Distinct values", count(found.values), common)


def reduction(run: RunRecord) -> Iterator[Fact]:
    """What the reduction kept, and what it changed for a classical model."""
    found = run.reduction
    if found is None:
        return
    yield Fact("Method", found.method, f"{count(found.raw_features)} features to {count(found.components)}")
    if found.information.value == found.information.value:
        yield share("Information kept", found.information)
    yield reached("classical, all features", found.accuracy_raw, run.pilot.claim)
    yield reached("classical, reduced", found.accuracy_reduced, run.pilot.claim)
    yield change("Change by reducing", found.accuracy_change)
