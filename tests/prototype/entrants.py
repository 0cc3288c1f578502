"""Entrants that say when they are fitted, take their time, or die at it."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from qpilot.prototype.search.entrants import Family, Features

ACCURACY = Claim(kind="superiority", metric="accuracy", target=0.1, psi=0.3, alpha=0.05, power=0.8, quantum=False)


@dataclass(frozen=True)
class Counted:
    """Answers by the sign of the first feature, flipped where the name says an odd number; a line in `log` for each fit."""

    name: str
    log: str
    seconds: float = 0.0
    fault: Literal["", "raise", "kill"] = ""
    family: Family = "classical"
    features: Features = "raw"
    quantity: bool = False

    @property
    def identity(self) -> Any:
        return self.name

    def build(self, classes: int) -> "Counted":
        return self

    def fit(self, X: NDArray[np.float64], y: NDArray[np.int64]) -> "Counted":
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{self.name}\n".encode())  # one write, so that processes do not mix their lines
        os.close(descriptor)
        time.sleep(self.seconds)
        if self.fault == "raise":
            raise ValueError("no solution")
        if self.fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return self

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.int64]:
        return (X[:, 0] > 0.1 * len(self.name) * Path(self.name).name.count("1")).astype(np.int64)
