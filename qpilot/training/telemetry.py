"""What is known of a training, epoch by epoch. It is kept with the model and never compared with another run's clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qpilot.training.network import Floats
from qpilot.training.origin import Origin

COLUMNS: Mapping[str, str] = {
    "step": "steps so far",
    "loss": "mean training loss since the last epoch, without the penalty on weights",
    "gradient_norm": "mean Euclidean norm of the gradient; with a point, of that part's alone",
    "parameter_norm": "Euclidean norm of all parameters",
    "effective_rows": "Kish's effective number of the weighted rows that take part",
    "fidelity": "mean fidelity of some rows' states with those an epoch before",
    "circuits": "circuits executed so far for training and validation",
    "validation_loss": "mean loss on the validation rows",
    "validation_error": "its standard error, rows and shots",
    "shot_error": "standard error of the mean loss that comes from shots alone",
}
"""Every column there may be; a training has those that apply to it."""


@dataclass(frozen=True)
class Telemetry:
    """columns: names as in `COLUMNS`; epochs: one row an epoch, equally long. Equal seeds give equal bits."""

    columns: tuple[str, ...] = ()
    epochs: tuple[tuple[float, ...], ...] = ()
    origin: Origin = field(default_factory=Origin)

    def __len__(self) -> int:
        return len(self.epochs)

    def column(self, name: str) -> tuple[float, ...]:
        """One number an epoch; empty where the training had no such column."""
        if name not in self.columns:
            return ()
        at = self.columns.index(name)
        return tuple(epoch[at] for epoch in self.epochs)

    def plain(self) -> dict[str, Any]:
        """The telemetry as one array (n_epochs, n_columns) and JSON values."""
        origin = {
            "backend": self.origin.backend,
            "calibration": self.origin.calibration,
            "noise": dict(self.origin.noise),
        }
        table = np.array(self.epochs, dtype=np.float64).reshape(len(self.epochs), len(self.columns))
        return {"telemetry": table, "telemetry_columns": list(self.columns), "telemetry_origin": origin}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Telemetry":
        """The telemetry that `plain` described."""
        columns = tuple(str(name) for name in state["telemetry_columns"])
        table = np.asarray(state["telemetry"], dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != len(columns):
            raise ValueError(f"telemetry of shape {table.shape} has no {len(columns)} columns")
        return cls(columns, tuple(tuple(map(float, row)) for row in table), Origin(**state["telemetry_origin"]))

    @classmethod
    def from_rows(cls, rows: Sequence[Mapping[str, float]], origin: Origin) -> "Telemetry":
        """rows: an epoch each, all with the same names."""
        columns = tuple(rows[0]) if rows else ()
        return cls(columns, tuple(tuple(float(row[name]) for name in columns) for row in rows), origin)


@dataclass(frozen=True)
class Trained:
    """parameters: (size,). clock: (n_epochs, 2), wall and CPU seconds since training began, which no two runs share."""

    parameters: Floats
    telemetry: Telemetry
    clock: Floats
