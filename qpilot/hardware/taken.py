"""A batch as it was measured: its own points first, then the sentinels it carried."""

from dataclasses import dataclass, replace

from qpilot.backend import Batch
from qpilot.gap.ladder import Measured
from qpilot.hardware.submission import Kept


@dataclass(frozen=True)
class Taken:
    """`sentinels`: how many of the last rows of every setting are circuits of the first batch, measured again."""

    batch: Batch
    kept: Kept
    sentinels: int

    @property
    def points(self) -> int:
        """How many of its rows are points of its own."""
        return len(self.batch.settings[0]) - self.sentinels

    @property
    def short(self) -> int:
        """Circuits that came back with fewer shots than asked."""
        outcomes = self.kept.outcomes
        return sum(
            int((one.sum(axis=1) < self.batch.shots).sum()) for one in (*outcomes.settings, *outcomes.calibration)
        )

    def part(self, rows: slice) -> Measured:
        """Some of its rows, with the batch's calibration circuits."""
        outcomes = self.kept.outcomes
        return Measured(
            settings=tuple(replace(one, angles=one.angles[rows]) for one in self.batch.settings),
            calibration=self.batch.calibration,
            counts=tuple(one[rows] for one in outcomes.settings),
            calibration_counts=outcomes.calibration,
            device=outcomes.device,
        )
