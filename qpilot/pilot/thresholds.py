"""The pilot file's sections [gates.NAME]: every threshold written out."""

from pydantic import Field

from gates.data import DataPolicy
from gates.records import Record
from gates.reduction import ReductionPolicy
from gates.trainability import TrainabilityPolicy


class PrototypeThresholds(Record):
    """`min_alpha`: below this wallet share the data set counts as used up."""

    min_alpha: float = Field(gt=0, le=0.2)


class ForecastThresholds(Record):
    """`max_emulated_loss`: accuracy or score (fraction) the emulated device may lose on development rows."""

    max_emulated_loss: float = Field(gt=0, lt=1)


class PromotionThresholds(Record):
    """`require_fallback`: refuse promotion without a classical model that answers."""

    require_fallback: bool


class Gates(Record):
    """Every gate's thresholds, written out. The hardware gate's only threshold is `hardware.margin`."""

    data: DataPolicy
    reduction: ReductionPolicy
    trainability: TrainabilityPolicy
    prototype: PrototypeThresholds
    forecast: ForecastThresholds
    promotion: PromotionThresholds
