"""The pilot file's section [hardware]: which device answers."""

from typing import Annotated, Literal

from pydantic import Field

from gates.records import Record
from qpilot.candidates.candidate import known
from qpilot.mitigation import AUTO, MITIGATIONS


class Hardware(Record):
    """Which device answers, with how many shots, and how much accuracy or score it may lose (`margin`, fraction).

    `retries`: how often a task that the service failed is submitted anew, each time with a reservation of its own.
    `windows`: execution windows the batches are spread over. `sentinels`: points of the first batch that are measured
    again whenever the device's calibration has changed between two batches. `power`: the chance that promotion shows the
    claim on the points measured, where it may be less than the claim's own.
    """

    backend: str
    device: str
    shots: int | Literal["auto"] = "auto"
    mitigation: Annotated[str, known("mitigation", (*MITIGATIONS, AUTO))] = "readout"
    margin: float = Field(gt=0, lt=1)
    max_points: int | None = Field(default=None, ge=1)
    power: float | None = Field(default=None, ge=0.5, lt=1)
    batch: int = Field(default=25, ge=1)
    retries: int = Field(default=1, ge=0, le=3)
    windows: int = Field(default=1, ge=1, le=14)
    sentinels: int = Field(default=2, ge=0, le=10)

    def points(self, locked: int) -> int:
        """How many of `locked` points the device may measure."""
        return min(locked, self.max_points or locked)
