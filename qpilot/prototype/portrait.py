"""What the report draws of the models: training curves, the finalist's kernel on some rows, what it said of a quantity."""

import numpy as np

from qpilot.data.table import Table
from qpilot.prototype.stage import Selected
from qpilot.report.record import Answers, Kernel, PlotData, Training
from qpilot.training.network import Floats
from qpilot.training.telemetry import COLUMNS, Telemetry

ROWS = 60
ANSWERED = 400
PART = "gradient_norm."
WITHOUT = "the finalist without entanglement"


def portrait(selected: Selected, rows: Table) -> PlotData:
    """Training curves of finalist and twin where they were trained, the kernel matrix where the finalist has one, and of a
    quantity the finalist's answers in cross-validation.
    """
    training = tuple(
        trained(name, model.estimator.telemetry_, model.estimator.clock_)
        for name, model in ((selected.finalist.name, selected.finalist), (WITHOUT, selected.twin))
        if model.estimator.telemetry_
    )
    return PlotData(training=training, kernel=_kernel(selected, rows), answers=_answers(selected, rows))


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
    known = rows.y[chosen]
    return Kernel(
        name=selected.finalist.name,
        values=tuple(tuple(map(float, np.clip(row, 0, 1))) for row in matrix),
        labels=() if rows.quantity else tuple(rows.classes[label] for label in known),
        targets=tuple(map(float, known)) if rows.quantity else (),
    )


def _answers(selected: Selected, rows: Table) -> Answers | None:
    """What the finalist said in the first repeat of cross-validation, each row answered by a fit that had not seen it."""
    result = next((one for one in selected.results if one.entrant.name == selected.finalist.name), None)
    if not rows.quantity or result is None:
        return None
    shown = slice(0, min(ANSWERED, len(rows), len(result.truth)))
    return Answers(
        name=selected.finalist.name,
        truth=tuple(map(float, result.truth[shown])),
        answers=tuple(map(float, result.predicted[shown])),
    )
