"""What the candidate needs for each unit the baseline needs, in the resource a non-inferiority claim names."""

import time
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gates.records import Measure
from gates.statistics import intervals
from qpilot.devices import Device, device
from qpilot.devices.price import price
from qpilot.emulator.footprint import footprint
from qpilot.pilot import Pilot
from qpilot.prototype.fitted import Fitted, parameters

CLASSICAL_USD_PER_SECOND = Decimal("0.000014")
"""One vCPU at 0.0504 USD an hour (AWS m7i.large: two for 0.1008 USD, us-east-1 on-demand list price, 2025)."""


def resource_ratio(
    pilot: Pilot, finalist: Fitted, reference: Fitted, row: NDArray[np.float64], pulled: Path | None = None
) -> Measure | None:
    """Candidate over baseline; None where the claim names no resource.

    parameters: numbers fitted. rows: the candidate was trained on that share of the rows. inference_usd: dollars a
    prediction, on the device at its list price with the pilot's shots ("auto": between the device's least and most),
    and classically at `CLASSICAL_USD_PER_SECOND`. row: (1, n_features), any raw row. pulled: as in `device`.
    """
    claim = pilot.claim
    if claim.resource is None or claim.max_ratio is None:
        return None
    if claim.resource == "rows":
        return intervals.exact(min(claim.max_ratio, 1.0), "candidate rows / baseline rows")
    if claim.resource == "parameters":
        return intervals.exact(parameters(finalist) / parameters(reference), "candidate / baseline parameters")
    return _dollars(pilot, device(pilot.hardware.device, pulled), finalist, reference, row)


def _dollars(pilot: Pilot, machine: Device, finalist: Fitted, reference: Fitted, row: NDArray[np.float64]) -> Measure:
    asked = prediction_usd(pilot, machine, finalist, row)
    start = time.perf_counter()
    reference.predict(row)
    classical = float(CLASSICAL_USD_PER_SECOND) * (time.perf_counter() - start)
    return Measure(
        value=asked.value / classical,
        low=asked.low / classical,
        high=asked.high / classical,
        n=1,
        unit="candidate / baseline dollars a prediction",
        method="list price of the device against one timed classical prediction",
    )


def prediction_usd(pilot: Pilot, machine: Device, model: Fitted, row: NDArray[np.float64]) -> Measure:
    """Dollars of one prediction by a model with circuits, asked alone; `row` as in `resource_ratio`."""
    shots = pilot.hardware.shots
    circuits = sum(len(setting) for setting in model.estimator.circuits(model.view(row)))
    low, high = (
        float(price(machine, circuits, count).device_usd)
        for count in (machine.shots if shots == "auto" else (shots, shots))
    )
    return Measure(
        value=low,
        low=low,
        high=high,
        n=1,
        unit="dollars",
        method=f"list price of {circuits:,} circuits in one task on {machine.name}",
    )


def native(machine: Device, model: Fitted, row: NDArray[np.float64]) -> tuple[int, int]:
    """Depth and two-qubit gates of the model's circuit in the device's gates, at its best place. row: (1, n_features).

    The deeper of the first two: where a kernel holds the row against itself, the circuit undoes what it does.
    """
    circuits = model.estimator.circuits(model.view(row))[:2]
    found = max(footprint(setting, machine) for setting in circuits)
    return found.depth, found.two_qubit
