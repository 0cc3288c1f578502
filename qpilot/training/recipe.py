"""What `train` is told to do: the optimizer and its few numbers, the loss, and the settings of the pilot file."""

from dataclasses import dataclass, field

from qpilot.training.settings import Training


@dataclass(frozen=True)
class Recipe:
    """optimizer: one of `OPTIMIZERS`; loss: one of `LOSSES`. batch: rows a step. learning_rate: radians or so."""

    optimizer: str
    steps: int
    batch: int
    learning_rate: float
    settings: Training = field(default_factory=Training)
    loss: str = "cross-entropy"
