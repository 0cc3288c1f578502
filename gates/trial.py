"""What shots and mitigations would lose, gain and cost, as tried on an emulated device."""

import math
from decimal import Decimal

from gates.records import Outcome, Record


class Shots(Record):
    """What a number of shots a circuit would lose (accuracy or score, fraction) and cost, all points measured.

    `meets`: the loss is at most a fifth of the hardware margin.
    """

    shots: int
    loss: float
    usd: Decimal
    meets: bool


class Trial(Record):
    """How a mitigation did against none at equal dollars.

    shots: a circuit, 0 where the dollars of none do not suffice. device_usd, none_usd: a batch of either on the device.
    points: rows drawn, with replacement, and answered by both with fresh shots; gained, lost: answers the mitigation set
    right, and wrong; of a quantity, answers it brought nearer the truth, and farther off, and `graded` its mean gain in
    score. log10_evidence: the most there was for "there is a gain". error, none_error: mean difference of class
    probabilities, or of values (in the target's units), from the exact simulator's, NaN without points. reason: the
    outcome in a sentence.
    """

    mitigation: str
    outcome: Outcome
    shots: int
    device_usd: Decimal
    none_usd: Decimal
    points: int = 0
    gained: int = 0
    lost: int = 0
    graded: float | None = None
    log10_evidence: float = 0.0
    error: float = math.nan
    none_error: float = math.nan
    reason: str = ""

    @property
    def gain(self) -> float:
        """Accuracy or score (fraction) gained over none; 0 where nothing was compared."""
        if self.graded is not None:
            return self.graded
        return (self.gained - self.lost) / self.points if self.points else 0.0
