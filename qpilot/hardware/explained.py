"""What the stage's evidence says of why the device differs from the simulator."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.hardware import Recalibration, Sentinels, Split
from qpilot.errors import QpilotError
from qpilot.gap.explain import drifted, explain
from qpilot.gap.signal import Reader, usual
from qpilot.hardware.calibrations import recalibrations
from qpilot.hardware.taken import Taken
from qpilot.mitigation import Mitigation
from qpilot.prototype.fitted import Fitted


class Explained(NamedTuple):
    """The fields of the evidence; empty where there is nothing to say."""

    split: Split | None
    recalibrations: tuple[Recalibration, ...]
    sentinels: tuple[Sentinels, ...]
    notes: tuple[str, ...]


def explained(
    model: Fitted,
    claim: Claim,
    X: NDArray[np.float64],
    y: NDArray[Any],
    simulator: NDArray[Any],
    taken: list[Taken],
    mitigation: Mitigation,
    backend: str,
    seed: int,
) -> Explained:
    """The gap on the measured points: X raw (n_points, n_features); y, simulator (n_points,), class indices or values.

    Nothing that cannot be computed stops a run whose counts were paid for: the notes say what is missing, and why.
    """
    if not taken:
        return Explained(None, (), (), ("no batch was measured: there is no gap to explain",))
    try:
        return _explained(model, claim, X, y, simulator, taken, mitigation, backend, seed)
    except Exception as error:  # whatever goes wrong here, the counts decide without it
        said = str(error) if isinstance(error, QpilotError) else f"{type(error).__name__}: {error}"
        return Explained(None, (), (), (f"the gap is not split by cause: {said}",))


def _explained(
    model: Fitted,
    claim: Claim,
    X: NDArray[np.float64],
    y: NDArray[Any],
    simulator: NDArray[Any],
    taken: list[Taken],
    mitigation: Mitigation,
    backend: str,
    seed: int,
) -> Explained:
    shape = taken[0].part(slice(0, 1)).settings[0]
    devices = [one.kept.outcomes.device for one in taken]
    changes = recalibrations(devices, shape)
    if backend.startswith("pennylane:"):
        stands_in = f"the figures of {devices[0].name} stand in for {backend}, so that they cannot explain its gap"
        return Explained(None, changes, (), (stands_in,))
    if claim.quantity:
        exact = np.asarray(simulator[:, None], dtype=np.float64)
    else:
        exact = np.asarray(model.estimator.predict_proba(model.view(X)), dtype=np.float64)
    scale = claim.worst_error or usual(exact, simulator)
    reader = Reader(model.estimator, mitigation, claim, simulator, y, scale)
    shots = taken[0].batch.shots
    split, notes = explain([one.part(slice(0, one.points)) for one in taken], exact, reader, shots, seed)
    again = []
    for number, one in enumerate(taken):
        if one.sentinels:
            known = replace(reader, simulator=simulator[: one.sentinels], truth=y[: one.sentinels])
            first, now = taken[0].part(slice(0, one.sentinels)), one.part(slice(one.points, None))
            again.append(drifted(number, first, now, known, shots, seed))
    return Explained(split, changes, tuple(again), notes)
