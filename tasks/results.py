"""What the tasks answer: evidence, and the sha256 of what was too large to put beside it. Persisted as JSON."""

from gates.data import DataEvidence
from gates.forecast import ForecastEvidence
from gates.hardware import HardwareEvidence
from gates.promotion import PromotionEvidence
from gates.records import Record
from gates.reduction import ReductionEvidence
from gates.selection import PrototypeEvidence
from gates.trainability import TrainabilityEvidence


class DataResult(Record):
    """`dataset`: sha256 of the split dataset."""

    evidence: DataEvidence
    dataset: str


class ReductionResult(Record):
    """What the reduction kept."""

    evidence: ReductionEvidence


class TrainabilityResult(Record):
    """What each candidate's gradient or kernel does with width."""

    evidence: TrainabilityEvidence


class PrototypeResult(Record):
    """sha256 of models as files, None where the design was refused before any compute. `bundle`: finalist and reference."""

    evidence: PrototypeEvidence
    bundle: str | None
    majority: int | float
    twin: str | None = None


class ForecastResult(Record):
    """The quote, and with it the shots a circuit gets."""

    evidence: ForecastEvidence


class HardwareResult(Record):
    """`device`, `simulator`: the class or the value answered at each measured point, in the order the points were drawn.

    `kept`: sha256 of the device's calibrations, then of each batch's raw counts.
    """

    evidence: HardwareEvidence
    device: tuple[int, ...] | tuple[float, ...]
    simulator: tuple[int, ...] | tuple[float, ...]
    kept: tuple[str, ...]


class PromotionResult(Record):
    """Device against baseline, on the points fixed beforehand."""

    evidence: PromotionEvidence
