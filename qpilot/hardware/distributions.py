"""What the report draws of the first batch: a few circuits' outcomes on the simulator and on the device."""

from dataclasses import replace

import numpy as np

from qpilot.devices import Device
from qpilot.emulator import Emulator
from qpilot.hardware.stage import Points, Readings
from qpilot.mitigation import Mitigation, frequencies
from qpilot.report.record import Distribution

SHOWN = 4


def distributions(
    readings: Readings, mitigation: Mitigation, classes: tuple[str, ...], points: Points, device: Device
) -> tuple[Distribution, ...]:
    """The first setting's circuits of the first points drawn, every outcome of each."""
    setting = readings.first_batch.settings[0]
    outcomes_kept = readings.first.outcomes
    counts = tuple(rows[:SHOWN] for rows in outcomes_kept.settings)
    few = replace(setting, angles=setting.angles[:SHOWN])
    exact = Emulator(device).probabilities(few, noisy=False, readout=False)
    raw = frequencies(counts[0])
    corrected = mitigation.combine(counts, outcomes_kept.calibration)[0]
    outcomes = tuple(format(place, f"0{setting.qubits}b") for place in range(2**setting.qubits))
    mitigated = not np.array_equal(corrected, raw)
    return tuple(
        Distribution(
            point=f"{points.origin} row {points.rows[place]} ({classes[points.y[place]]})",
            outcomes=outcomes,
            simulator=tuple(map(float, exact[place])),
            device=tuple(map(float, raw[place])),
            corrected=tuple(map(float, corrected[place])) if mitigated else None,
            shots=readings.first_batch.shots,
        )
        for place in range(len(raw))
    )
