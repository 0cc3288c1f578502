"""How figures stand in the sentences a gate gives as its reasons."""

import math
import re
from decimal import Decimal

MINUS = "\N{MINUS SIGN}"
SEED = re.compile(r", seed \d+$")
"""How the name of a candidate ends that was trained with several seeds."""
MOST_SHOTS = 1e6
"""What lies above is beyond every device's limit, and a fitted decay that far out is no figure any more."""


def points(share: float, graded: bool, signed: bool = False) -> str:
    """A difference (fraction) of accuracies, "7.3 percentage points", or, `graded`, of scores, "7.3 points of score"."""
    return f"{figure(share, signed)} {'points of score' if graded else 'percentage points'}"


def figure(share: float, signed: bool = False) -> str:
    """A fraction in hundredths with one decimal, never as a negative zero."""
    rounded = round(100 * share, 1) + 0.0
    return (f"{rounded:+.1f}" if signed else f"{rounded:.1f}").replace("-", MINUS)


def percent(share: float) -> str:
    """A fraction as a percentage of three significant figures: "0.8 %"."""
    return f"{100 * share:.3g} %".replace("-", MINUS)


def value(number: float) -> str:
    """A number in units of its own, four significant figures: "346", "−0.02135"."""
    return f"{number:.4g}".replace("-", MINUS)


def change(loss: float, graded: bool) -> str:
    """A loss of accuracy, or of score (fraction; negative is a gain) as a verb: "loses 1.2 percentage points"."""
    return f"{'gains' if loss < 0 else 'loses'} {points(abs(loss), graded)}"


def dollars(amount: Decimal) -> str:
    """Dollars in full, with two decimals or as many more as the amount has: "$22.63", "$0.00145".

    What no account holds ("1E+999999", which in full is a million digits) stands in powers of ten.
    """
    whole = amount.normalize() if amount else Decimal(0)
    if amount and abs(amount.adjusted()) > 30:
        return f"{'-' if whole < 0 else ''}${abs(whole)}"
    decimals = max(2, -int(whole.as_tuple().exponent))
    return f"{'-' if whole < 0 else ''}${abs(whole):,.{decimals}f}"


def shots(number: float) -> str:
    """Shots that something takes, of which nobody takes less than one: "1", "2,400", "more than a million"."""
    return "more than a million" if number > MOST_SHOTS else f"{max(number, 1.0):,.0f}"


def unseeded(name: str) -> str:
    """The name of a candidate whose seeds are averaged, without the one seed that is deployed."""
    return SEED.sub("", name)


def sentence(text: str) -> str:
    """`text` with a capital first letter."""
    return text[:1].upper() + text[1:]


def plural(number: int, noun: str) -> str:
    """ "1 row", "2,100 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def observable(value: float) -> float | None:
    """`value` as a check shows it: None where there is none (NaN has no place in JSON)."""
    return value if math.isfinite(value) else None
