"""What the data gate asks of the target: classes that are frequent enough, or a quantity that varies, graded on its own scale."""

import math
from collections.abc import Mapping

from gates.records import Check, Measure, Outcome, Record
from gates.wording import observable, percent, plural, value

LEAST_VALUES = 10
"""Distinct values of a quantity; fewer are classes."""

HEAVY = 0.5
"""Share of a quantity's variance in the farthest hundredth of the rows from which a warning is given; of normal ones 0.09."""

TELLING = (0.01, 0.99)
"""The score an answer without features may have, for scores to tell models apart at all."""


class Spread(Record):
    """How the values of a quantity lie over the rows that are used, in the target's units.

    `values`: how many distinct ones. `lower`, `median`, `upper`: quartiles. `commonest_share`: share of the rows that hold
    the commonest value. `heavy`: share of the variance that lies in the hundredth of the rows (one at least) farthest from
    the mean.
    """

    values: int
    least: float
    lower: float
    median: float
    upper: float
    most: float
    commonest: float
    commonest_share: float
    heavy: float


def classes(rows: Mapping[str, int], least: float | None) -> Check:
    """Whether there are two classes or more, none rarer than the share `least`. rows: of each class."""
    if least is None:
        return _unasked("classes", "min_class_share")
    total = sum(rows.values())
    if len(rows) < 2 or total < 1:
        outcome, share = Outcome.NO_GO, None
        reason = f"Two classes are needed; the target has {len(rows)}."
    else:
        rarest = min(rows, key=lambda name: rows[name])
        share = rows[rarest] / total
        outcome = Outcome.GO if share >= least and share > 0 else Outcome.NO_GO
        reason = (
            f"The rarest of {len(rows)} classes, {rarest!r}, has {percent(share)} of the rows;"
            f" {percent(least)} are needed."
        )
    return Check(
        name="classes",
        outcome=outcome,
        observed=share,
        required=f"two classes or more, each with at least {percent(least)} of the rows",
        reason=reason,
    )


def spread(target: Spread, most: float | None) -> Check:
    """Whether there is a quantity to predict, no value of it in a larger share of the rows than `most`.

    That a few rows hold its variance is a warning: they may be the point of it.
    """
    if most is None:
        return _unasked("spread", "max_value_share")
    even = target.commonest_share <= most  # NaN is not
    varies = target.least < target.most and math.isfinite(target.least) and math.isfinite(target.most)
    sound = even and varies and target.values >= LEAST_VALUES
    if not varies:
        reason = "The target does not vary: there is nothing to predict."
    elif target.values < LEAST_VALUES:
        reason = f"The target has {plural(target.values, 'distinct value')}: these look like classes."
    elif not even:
        reason = (
            f"{percent(target.commonest_share)} of the rows hold the value {value(target.commonest)}; {percent(most)} may:"
            " whether a row holds it is a question for a classification."
        )
    else:
        reason = (
            f"The target has {target.values:,} distinct values, {value(target.least)} to {value(target.most)}, half of"
            f" the rows {value(target.lower)} to {value(target.upper)}, median {value(target.median)}."
        )
        if not target.heavy < HEAVY:
            reason += (
                f" Warning: one row in a hundred holds {percent(target.heavy)} of its variance; what is learned is about those"
                " rows, and a logarithm, or absolute_error, may say more."
            )
    return Check(
        name="spread",
        outcome=Outcome.GO if sound else Outcome.NO_GO,
        observed=target.values,
        required=f"{LEAST_VALUES} distinct values or more, none in more than {percent(most)} of the rows",
        reason=reason,
    )


def _unasked(name: str, threshold: str) -> Check:
    return Check(
        name=name,
        outcome=Outcome.INCONCLUSIVE,
        observed=None,
        required=f"a threshold, gates.data.{threshold}",
        reason=f"The policy is one for another kind of target: it has no {threshold}.",
    )


def scale(featureless: Measure) -> Check:
    """Whether the claim's worst error is of the target's own size: a slip of the unit grades every answer alike."""
    score, (least, most) = featureless.value, TELLING
    telling = least <= score <= most  # NaN is not
    if telling:
        reason = (
            f"An answer that looks at no feature scores {percent(score)}, which leaves room to be better and worse."
        )
    elif score > most:
        reason = (
            f"An answer that looks at no feature scores {percent(score)} already: claim.worst_error is far above the target's own"
            " spread, and no model can be told from another. State it in the target's units."
        )
    else:
        reason = (
            f"An answer that looks at no feature scores {percent(score)}: claim.worst_error is far below the target's own spread,"
            " and hardly any answer is worth anything. State it in the target's units."
        )
    return Check(
        name="worst error",
        outcome=Outcome.GO if telling else Outcome.INCONCLUSIVE,
        observed=observable(score),
        required=f"a score between {percent(least)} and {percent(most)} without looking at a feature",
        reason=reason,
    )
