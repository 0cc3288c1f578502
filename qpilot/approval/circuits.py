"""The payload of a run: its circuits constructed as the hardware stage will, from features alone."""

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from gates.forecast import ForecastEvidence
from gates.records import digest
from qpilot.approval.payload import Payload, Prices
from qpilot.bundle import Bundle
from qpilot.data.table import Dataset
from qpilot.devices.record import Device
from qpilot.hardware.answers import construct
from qpilot.hardware.stage import order
from qpilot.job import Job, Stores
from qpilot.mitigation import MITIGATIONS, Mitigation
from qpilot.packing import unpacked
from qpilot.program import Circuits
from qpilot.prototype.fitted import Fitted

DECIMALS = 9
"""Angles (radians) are compared to so many: a last bit that another machine rounds otherwise is not another circuit."""


def payload(
    job: Job, stores: Stores, dataset: str, bundle: str, opened: bool, forecast: ForecastEvidence, device: Device
) -> Payload:
    """What a person approves for the hardware stage of this forecast, at the device's prices as they are now.

    dataset, bundle: sha256 of the split dataset and of the fitted models. opened: whether the locked rows are measured,
    or, where the locked set stayed closed, development rows. No label is looked at, and nothing is recorded.
    """
    rows = Dataset.from_bytes(stores.artifacts.get(dataset))
    part = rows.locked if opened else rows.development
    model = Bundle.from_files(unpacked(stores.artifacts.get(bundle))).finalist
    drawn = part.X[order(len(part.X), job.pilot.hardware.points(len(rows.locked)), job.pilot.seed)]
    hardware, technique = job.pilot.hardware, MITIGATIONS[forecast.mitigation]
    shapes = circuits(model, drawn, technique, forecast.shots, hardware.batch, hardware.sentinels)
    return Payload(
        run=job.run,
        pilot=job.pilot.digest,
        circuits=digest([bundle, shapes]),
        points=len(drawn),
        circuits_per_point=forecast.circuits_per_point,
        shots=forecast.shots,
        mitigation=forecast.mitigation,
        backend=hardware.backend,
        device=hardware.device,
        arn=device.arn,
        usd_p50=forecast.charged.p50,
        usd_p90=forecast.charged.p90,
        usd_worst=forecast.charged.worst,
        prices=Prices.of(device),
    )


def circuits(
    model: Fitted, X: NDArray[np.float64], mitigation: Mitigation, shots: int, batch: int, sentinels: int
) -> str:
    """sha256 over every batch's circuits, calibration circuits and shots, and over what the sentinels would add.

    X: (n_points, n_features), raw, in the order drawn.
    """
    parts = [X[start : start + batch] for start in range(0, len(X), batch)]
    batches = [construct(model, part, mitigation, shots) for part in (*parts, *([X[:sentinels]] if sentinels else ()))]
    shapes: list[JsonValue] = [
        [[_shape(one) for one in made.settings], [_shape(one) for one in made.calibration]] for made in batches
    ]
    return digest([shapes, shots, batch, sentinels])


def _shape(circuits: Circuits) -> list[JsonValue]:
    gates = ";".join(f"{gate.name}{gate.wires}{gate.angles}" for gate in circuits.gates)
    angles = np.round(circuits.angles, DECIMALS) + 0.0  # and no negative zero
    return [circuits.qubits, circuits.scale, gates, np.ascontiguousarray(angles, dtype="<f8").tobytes().hex()]
