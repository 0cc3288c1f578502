"""What the report draws of the models: training curves, and the finalist's kernel on some rows."""

import numpy as np

from qpilot.data.table import Table
from qpilot.prototype.stage import Selected
from qpilot.report.record import Kernel, PlotData, Training
from qpilot.training.network import Floats
from qpilot.training.telemetry import COLUMNS, Telemetry

ROWS = 60
PART = "gradient_norm."
WITHOUT = "the finalist without entanglement"


def portrait(selected: Selected, rows: Table) -> PlotData:
    """Training curves of finalist and twin where they were trained, the kernel matrix where the finalist has one."""
    training = tuple(
        trained(name, model.estimator.telemetry_, model.estimator.clock_)
        for name, model in ((selected.finalist.name, selected.finalist), (WITHOUT, selected.twin))
        if model.estimator.telemetry_
    )
    return PlotData(training=training, kernel=_kernel(selected, rows))


def trained(name: str, telemetry: Telemetry, clock: Floats) -> Training:
    """What the report draws of one training. clock: (n_epochs, 2), wall and CPU seconds."""
    parts = [column.partition(".")[2] for column in telemetry.columns if column.startswith(PART)]
    return Training(
        name=name,
        **{column: telemetry.column(column) for column in COLUMNS},
        gradient_parts={part: telemetry.column(f"{PART}{part}") for part in parts},
        wall_seconds=tuple(clock[:, 0].tolist()),
        cpu_seconds=tuple(clock[:, 1].tolist()),
        backend=telemetry.origin.backend,
        calibration=telemetry.origin.calibration,
        noise=dict(telemetry.origin.noise),
    )


def _kernel(selected: Selected, rows: Table) -> Kernel | None:
    estimator = selected.finalist.estimator
    if not hasattr(estimator, "kernel"):
        return None
    chosen = np.argsort(rows.y[:ROWS], kind="stable")
    matrix = estimator.kernel(selected.finalist.view(rows.X[chosen]))
    return Kernel(
        name=selected.finalist.name,
        values=tuple(tuple(map(float, np.clip(row, 0, 1))) for row in matrix),
        labels=tuple(f"{value:.4g}" for value in rows.y[chosen])
        if rows.quantity
        else tuple(rows.classes[label] for label in rows.y[chosen]),
    )
