"""What a forecast of the wait rests on, and how earlier forecasts turned out."""

from gates.records import Record


class Queue(Record):
    """What a forecast of the wait rests on.

    depth: jobs in front, None where nobody counts them. lower_bound: more may wait than was counted. rate: where
    `jobs_per_open_hour` comes from. scored: earlier jobs of the device; `calibrated` once there are enough of them.
    level: share of jobs the interval is set to miss now.
    """

    depth: int | None
    lower_bound: bool
    jobs_per_open_hour: float
    rate: str
    scored: int
    calibrated: bool
    level: float


class Track(Record):
    """How earlier forecasts turned out; NaN where there is nothing to score.

    waits: jobs scored, `calibrated` of them by calibrated forecasts; covered: share inside their 80 % interval; pinball
    losses and CRPS in hours. runs: ended runs; within_p50, within_p90: share that cost no more than that.
    """

    waits: int
    calibrated: int
    covered: float
    pinball_p10: float
    pinball_p50: float
    pinball_p90: float
    crps: float
    runs: int
    within_p50: float
    within_p90: float
