"""The gates, and their policies as a pilot file states them, at the error rate the wallet gives this try."""

from collections.abc import Mapping
from types import ModuleType

import gates.data
import gates.forecast
import gates.hardware
import gates.promotion
import gates.prototype
import gates.reduction
import gates.trainability
from gates.data import DataPolicy
from gates.forecast import ForecastPolicy
from gates.hardware import HardwarePolicy
from gates.promotion import PromotionPolicy
from gates.reduction import ReductionPolicy
from gates.selection import PrototypePolicy
from gates.trainability import TrainabilityPolicy
from qpilot.pilot import Pilot

GATES: Mapping[str, ModuleType] = {
    module.__name__.removeprefix("gates."): module
    for module in (
        gates.data,
        gates.reduction,
        gates.trainability,
        gates.prototype,
        gates.forecast,
        gates.hardware,
        gates.promotion,
    )
}
"""Each gate by the stage it guards, in their order: a module with `decide(evidence, policy)`."""


def data(pilot: Pilot) -> DataPolicy:
    """Thresholds of the generated expectation suite."""
    return pilot.gates.data


def reduction(pilot: Pilot) -> ReductionPolicy:
    """How much accuracy the reduction may lose."""
    return pilot.gates.reduction


def trainability(pilot: Pilot) -> TrainabilityPolicy:
    """How many shots it may take to see a gradient, or a kernel entry."""
    return pilot.gates.trainability


def prototype(pilot: Pilot) -> PrototypePolicy:
    """The claim, how it may be tested, and the smallest alpha it is still tested at; the evidence carries the try's alpha."""
    search = pilot.search
    return PrototypePolicy(
        claim=pilot.claim,
        min_alpha=pilot.gates.prototype.min_alpha,
        frozen=search.frozen,
        outer_folds=search.outer_folds,
        outer_repeats=search.outer_repeats,
        looks=1 if pilot.data.top_up is None else 2,
        device_power=pilot.hardware.power,
        averaged=search.seeds_as == "average",
    )


def forecast(pilot: Pilot) -> ForecastPolicy:
    """The budget, and how much accuracy the emulated device may lose."""
    return ForecastPolicy(
        usd=pilot.budget.usd,
        queue_hours=pilot.budget.queue_hours,
        max_emulated_loss=pilot.gates.forecast.max_emulated_loss,
    )


def hardware(pilot: Pilot, alpha: float) -> HardwarePolicy:
    """The margin against the simulator."""
    return HardwarePolicy(metric=pilot.claim.metric, margin=pilot.hardware.margin, alpha=alpha)


def promotion(pilot: Pilot, alpha: float) -> PromotionPolicy:
    """The claim again, on the device."""
    return PromotionPolicy(claim=pilot.claim, alpha=alpha, require_fallback=pilot.gates.promotion.require_fallback)
