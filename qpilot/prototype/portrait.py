"""What the report draws of the models: training curves, and the finalist's kernel on some rows."""

import numpy as np

from qpilot.data.table import Table
from qpilot.prototype.stage import Selected
from qpilot.report.record import Kernel, PlotData, Training

ROWS = 60
WITHOUT = "the finalist without entanglement"


def portrait(selected: Selected, rows: Table) -> PlotData:
    """Training curves of finalist and twin where they were trained, the kernel matrix where the finalist has one."""
    training = tuple(
        Training(
            name=name,
            loss=model.estimator.telemetry_.column("loss"),
            gradient_norm=model.estimator.telemetry_.column("gradient_norm"),
        )
        for name, model in ((selected.finalist.name, selected.finalist), (WITHOUT, selected.twin))
        if model.estimator.telemetry_
    )
    return PlotData(training=training, kernel=_kernel(selected, rows))


def _kernel(selected: Selected, rows: Table) -> Kernel | None:
    estimator = selected.finalist.estimator
    if not hasattr(estimator, "kernel"):
        return None
    chosen = np.argsort(rows.y[:ROWS], kind="stable")
    matrix = estimator.kernel(selected.finalist.view(rows.X[chosen]))
    return Kernel(
        name=selected.finalist.name,
        values=tuple(tuple(map(float, np.clip(row, 0, 1))) for row in matrix),
        labels=tuple(rows.classes[label] for label in rows.y[chosen]),
    )
