"""Figures as a reader sees them: two or three digits, units, and "not measured" where nothing was."""

import math
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, InvalidOperation

from gates.records import Measure
from gates.wording import MINUS

UNMEASURED = "not measured"
DASH = "\N{EN DASH}"
SPACE = "\N{NO-BREAK SPACE}"
RAISED = str.maketrans("0123456789-", "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b")


def count(value: int) -> str:
    """A whole number with thousands separated: 12,345."""
    return f"{value:,}".replace("-", MINUS)


def number(value: float, digits: int = 3) -> str:
    """`value` to `digits` significant digits; outside of 0.001 to a million times a power of ten."""
    if math.isnan(value):
        return UNMEASURED
    if math.isinf(value):
        return "infinite" if value > 0 else f"{MINUS}infinite"
    if value == 0:
        return "0"
    if abs(value) >= 1e6 or abs(value) < 1e-3:
        text = _power(value, digits)
    else:
        places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{places}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", MINUS)


def _power(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = f"10{str(int(exponent)).translate(RAISED)}"
    return power if mantissa == "1" else f"{mantissa} \N{MULTIPLICATION SIGN}{SPACE}{power}"


def percent(value: float) -> str:
    """A fraction as a percentage with one decimal: 0.874 -> 87.4 %."""
    return UNMEASURED if not math.isfinite(value) else f"{100 * value:.1f}{SPACE}%".replace("-", MINUS)


def points(value: float) -> str:
    """A difference of fractions in signed percentage points: 0.05 -> +5.0 points."""
    if not math.isfinite(value):
        return UNMEASURED
    shown = f"{100 * value:+.1f}"
    return f"{'0.0' if float(shown) == 0 else shown}{SPACE}points".replace("-", MINUS)


def shift(value: float) -> str:
    """A difference of fractions in signed hundredths, where the unit stands elsewhere: 0.05 -> +5.0."""
    return points(value).removesuffix(f"{SPACE}points")


def magnitude(value: float) -> str:
    """The size of a difference of fractions in percentage points, without its sign: -0.05 -> 5.0 points."""
    return points(abs(value)).lstrip("+")


def interval(measure: Measure, scale: float = 100.0, signed: bool = False) -> str:
    """The bounds of `measure` times `scale`, one decimal; empty where it has none."""
    if not (math.isfinite(measure.low) and math.isfinite(measure.high)):
        return ""
    low, high = (
        f"{scale * bound:{'+' if signed else ''}.1f}".replace("-", MINUS) for bound in (measure.low, measure.high)
    )
    return f"{low} to {high}"


def dollars(measure: Measure) -> str:
    """A price with its bounds where they differ, $0.30 to $87.30; below a hundredth of a cent that of a million."""
    if not math.isfinite(measure.value):
        return UNMEASURED
    least, most = measure.low, measure.high
    if 0 < most < 1e-4:
        return f"{_between(1e6 * least, 1e6 * most)} a million"
    return _between(least, most)


def _between(least: float, most: float) -> str:
    shown = [f"${value:,.2f}" if value >= 0.005 or value == 0 else f"${value:.4f}" for value in (least, most)]
    return shown[0] if shown[0] == shown[1] else f"{shown[0]} to {shown[1]}"


def usd(amount: Decimal) -> str:
    """Dollars, to the cent from one cent up; smaller amounts keep four decimals, rounded up so that nothing reads as
    free."""
    if amount == 0 or abs(amount) >= Decimal("0.01"):
        shown = amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        return f"${shown:,}".replace("$-", f"{MINUS}$")
    return f"${amount.quantize(Decimal('0.0001'), rounding=ROUND_CEILING)}"


def seconds(value: float) -> str:
    """A duration in the unit a person would use: 12 ms, 3.4 s, 5.1 min."""
    if not math.isfinite(value):
        return UNMEASURED
    if value < 1:
        return f"{number(1000 * value, 2)}{SPACE}ms"
    return f"{number(value, 2)}{SPACE}s" if value < 120 else f"{number(value / 60, 2)}{SPACE}min"


def observed(value: float | int | str | None) -> str:
    """What a check saw, as the scorecard shows it."""
    match value:
        case None:
            return UNMEASURED
        case bool():
            return "yes" if value else "no"
        case int():
            return count(value)
        case float():
            return number(value, 4)
        case str():
            return value


def short(digest: str) -> str:
    """The first twelve characters of a digest: enough to compare by eye."""
    return digest[:12]


def usd_text(amount: str) -> str:
    """Dollars from their exact text; the text itself where it is no amount."""
    try:
        parsed = Decimal(amount)
    except InvalidOperation:
        return amount
    return usd(parsed) if parsed.is_finite() else amount
