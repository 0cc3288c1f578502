"""What the report draws of the first batch: a few circuits' outcomes on the simulator and on the device."""

from dataclasses import replace

import numpy as np

from gates.wording import value
from qpilot.emulator import Emulator
from qpilot.hardware.stage import Points, Readings
from qpilot.mitigation import Mitigation, frequencies
from qpilot.report.record import Distribution

SHOWN = 4


def distributions(
    readings: Readings, mitigation: Mitigation, classes: tuple[str, ...], points: Points
) -> tuple[Distribution, ...]:
    """The first setting's circuits of the first points drawn, every outcome of each; none where nothing was measured.

    classes: none of a quantity, whose points are named by their values.
    """
    if not readings.taken:
        return ()
    first = readings.taken[0]
    few = first.part(slice(0, min(SHOWN, first.points)))
    exact = Emulator(few.device).probabilities(replace(few.settings[0], scale=1), noisy=False, readout=False)
    raw = frequencies(few.counts[0])
    corrected = mitigation.combine(few.counts, few.calibration_counts)[0]
    qubits = few.settings[0].qubits
    named = [classes[truth] if classes else value(truth) for truth in points.y[: len(raw)]]
    mitigated = not np.array_equal(corrected, raw)
    return tuple(
        Distribution(
            point=f"{points.origin} row {points.rows[place]} ({named[place]})",
            outcomes=tuple(format(outcome, f"0{qubits}b") for outcome in range(2**qubits)),
            simulator=tuple(map(float, exact[place])),
            device=tuple(map(float, raw[place])),
            corrected=tuple(map(float, corrected[place])) if mitigated else None,
            shots=first.batch.shots,
        )
        for place in range(len(raw))
    )
