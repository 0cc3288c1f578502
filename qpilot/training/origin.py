"""What circuits ran on while they were trained."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Origin:
    """What the circuits ran on. calibration: the device's, where one was; noise: name -> rate or count."""

    backend: str = "simulator"
    calibration: str | None = None
    noise: Mapping[str, float] = field(default_factory=dict)
