"""What a hardware stage may be billed, and the account it shares."""

from decimal import Decimal

from gates.records import Record


class Spend(Record):
    """Dollars of the hardware stage: expected, median, 90th percentile and worst case.

    The worst: every point measured, every task failed and billed as often as it is retried, the calibration changed
    before every batch.
    """

    expected: Decimal
    p50: Decimal
    p90: Decimal
    worst: Decimal


class Account(Record):
    """An account that several pilots share. `left_usd`: what its limit leaves, None where no limit was set."""

    name: str
    left_usd: Decimal | None
