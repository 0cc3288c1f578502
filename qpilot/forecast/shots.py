"""How many shots a circuit gets: the fewest at which finite shots eat about a fifth of the hardware margin."""

from dataclasses import dataclass

import numpy as np

from qpilot.forecast.rehearsal import Rehearsal

LADDER = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
SHARE = 0.2  # of the margin
REPEATS, MOST_REPEATS = 20, 200
EFFORT, MOST_EFFORT = 40_000, 160_000  # circuits sampled for one figure, and for one close to the limit
CLEAR = 2  # standard errors


@dataclass(frozen=True)
class Choice:
    """Shots a circuit, the accuracy or score (fraction) they are predicted to cost, and whether that meets the rule."""

    shots: int
    loss: float
    meets: bool

    @classmethod
    def of(cls, shots: int, loss: float, margin: float) -> "Choice":
        """The choice of `shots`, held against a fifth of `margin`."""
        return cls(shots, loss, loss <= SHARE * margin)


def predicted_loss(rehearsal: Rehearsal, shots: int, seed: int, limit: float) -> float:
    """Accuracy or score (fraction) lost to finite shots: mean over rows and repeated draws; gate noise is not in it.

    Drawn until the mean is two standard errors clear of `limit`, so that chance does not decide on which side it lies;
    at most 200 times. The error is that of the draws: that other rows would lose more or less is left out.
    """
    rng = np.random.default_rng([seed, 7, shots])
    rows = len(rehearsal.truth)
    circuits = rows * len(rehearsal.settings)
    repeats = max(2, min(REPEATS, EFFORT // circuits))
    most = min(MOST_REPEATS, MOST_EFFORT // circuits)
    kept, losses = rehearsal.grades(rehearsal.limit).mean(), np.zeros(0)
    # Few draws may agree by chance: half a row's answer is the least they are taken to spread by. Values never agree.
    least = 0.0 if rehearsal.claim.quantity else 0.5 / rows
    while True:
        right = [rehearsal.grades(rehearsal.answers(shots, rng)).mean() for _ in range(repeats)]
        losses = np.append(losses, kept - right)
        error = max(losses.std(ddof=1), least) / len(losses) ** 0.5
        if len(losses) >= most or abs(losses.mean() - limit) > CLEAR * error:
            return float(losses.mean())


def curve(
    rehearsal: Rehearsal, margin: float, allowed: tuple[int, int], seed: int, also: tuple[int, ...] = ()
) -> tuple[Choice, ...]:
    """What each number of shots would lose, from few to many: the ladder inside `allowed`, and `also`."""
    least, most = allowed
    steps = sorted({min(max(step, least), most) for step in LADDER} | set(also))
    return tuple(Choice.of(shots, predicted_loss(rehearsal, shots, seed, SHARE * margin), margin) for shots in steps)


def fewest(found: tuple[Choice, ...]) -> Choice:
    """The fewest shots of a curve that meet the rule, as all larger numbers do.

    Where even the most lose more than a fifth of the margin, the most are chosen and `meets` is False. Too few cost more
    than too many: what shots lose, the margin no longer covers.
    """
    best = found[-1]
    for fewer in reversed(found[:-1]):
        if not (best.meets and fewer.meets):
            break
        best = fewer
    return best
