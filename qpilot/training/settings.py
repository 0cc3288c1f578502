"""How a candidate is trained, as the pilot file says it. Light to import: a pilot file is read without any network."""

from typing import Literal

from pydantic import Field

from gates.records import Record


class Training(Record):
    """Everything about training beside optimizer, steps, batch and learning rate.

    start: where the circuit's angles begin. gradient: how they are differentiated. shots: a circuit while training
    (None: exact). noise: "gates" trains under the gate noise of the device that the pilot names, "device" under its
    readout flips as well. layerwise: layers are trained one after the other, then in halves. weight_decay: half of it
    times the parameters' squared norm is added to the loss. dropout: share of the circuit's rotations left out of a
    step. patience: epochs without improvement on the validation rows before training stops (None: never); validation:
    share of the training rows they are. jitter: standard deviation of the noise on rows, in each feature's own.
    mixup: alpha of the Beta distribution that rows are mixed by (0: not at all). curriculum: easy rows first.
    class_weights: "balanced" weighs every class alike.
    """

    start: Literal["small", "identity-block", "gaussian", "beta", "uniform"] = "small"
    gradient: Literal["adjoint", "parameter-shift", "finite-difference"] = "adjoint"
    shots: int | None = Field(default=None, ge=1, le=1_000_000)
    noise: Literal["none", "gates", "device"] = "none"
    layerwise: bool = False
    weight_decay: float = Field(default=0.0, ge=0, le=10)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    patience: int | None = Field(default=None, ge=1)
    validation: float = Field(default=0.2, ge=0.05, le=0.5)
    jitter: float = Field(default=0.0, ge=0, le=1)
    mixup: float = Field(default=0.0, ge=0, le=10)
    curriculum: bool = False
    class_weights: Literal["none", "balanced"] = "none"

    def fault(self, optimizer: str) -> str | None:
        """Why these settings cannot go with `optimizer` (one of `OPTIMIZERS`); None where they can."""
        free = optimizer in GRADIENT_FREE
        if free and self.gradient != "adjoint":
            return f"optimizer {optimizer!r} takes no gradient: leave out gradient"
        if not free and self.shots is not None and self.gradient == "adjoint":
            return 'finite shots leave no adjoint gradient: set gradient = "parameter-shift" or "finite-difference"'
        varied = [name for name in ("dropout", "jitter", "mixup", "curriculum") if getattr(self, name)]
        if optimizer == "cobyla" and varied:
            return f"cobyla needs a loss that stands still: leave out {', '.join(varied)}"
        if self.layerwise and self.start == "identity-block":
            return "layerwise begins with later layers at zero, where they undo nothing: choose another start"
        if optimizer == "natural-gradient" and self.shots is not None:
            return "natural-gradient takes its metric from exact states: leave out shots"
        if optimizer == "natural-gradient" and self.noise != "none":
            return "natural-gradient takes its metric from pure states: leave out noise"
        if self.patience is None and self.validation != type(self)().validation:
            return "validation is the share of the rows that patience looks at: set patience, or leave out validation"
        return None


GRADIENT_FREE = ("cobyla", "spsa")
