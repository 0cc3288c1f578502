"""What an emulated device shows of a model's circuits under several mitigations, answered at any number of shots."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.backend import Batch
from qpilot.devices import Device
from qpilot.emulator import Emulator
from qpilot.mitigation import MITIGATIONS
from qpilot.mitigation.spread import class_scores
from qpilot.mitigation.technique import Mitigation, Settings, frequencies
from qpilot.program import Circuits, Probabilities

ENDLESS = 10**9
"""Shots at which relative frequencies are the probabilities for every purpose here."""


@dataclass(frozen=True)
class Rehearsed:
    """Noisy outcomes (n_rows, 2**qubits) of every circuit a mitigation runs, and (1, 2**qubits) of its calibration."""

    mitigation: Mitigation
    settings: tuple[Probabilities, ...]
    calibration: tuple[Probabilities, ...]

    def scores(
        self, estimator: Any, rows: NDArray[np.int64], shots: int, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Class probabilities (n_points, n_classes) of `rows` (n_points,), each with `shots` fresh shots a circuit.

        Every point is given calibration counts of its own, so that points do not err together.
        """
        counts = [rng.multinomial(shots, one[rows]) for one in self.settings]
        calibration = [rng.multinomial(shots, one[0], size=len(rows)) for one in self.calibration]
        together = 1 if calibration else len(rows)
        parts = [
            self.mitigation.combine(
                tuple(one[at : at + together] for one in counts), tuple(one[at : at + 1] for one in calibration)
            )
            for at in range(0, len(rows), together)
        ]
        return class_scores(estimator)(tuple(map(np.concatenate, zip(*parts, strict=True))))


def rehearsed(names: Sequence[str], settings: Settings, device: Device) -> dict[str, Rehearsed]:
    """`settings` on the emulated `device` under each of the mitigations `names`; what they share is simulated once."""
    constructed = {name: MITIGATIONS[name].construct(settings) for name in names}
    runs, calibrations = ({_key(one): one for part in constructed.values() for one in part[which]} for which in (0, 1))
    emulator = Emulator(device.model_copy(update={"shots": (1, ENDLESS), "program_sets": None}))
    batch = Batch(tuple(runs.values()), tuple(calibrations.values()), ENDLESS)
    seen = emulator.collect(emulator.submit(batch, "rehearsed"))
    shown = dict(zip(runs, map(frequencies, seen.settings), strict=True))
    shown |= zip(calibrations, map(frequencies, seen.calibration), strict=True)
    return {
        name: Rehearsed(MITIGATIONS[name], *(tuple(shown[_key(one)] for one in part) for part in constructed[name]))
        for name in names
    }


def _key(circuits: Circuits) -> tuple[object, ...]:
    """Equal for equal circuits alone."""
    return circuits.qubits, circuits.gates, circuits.scale, circuits.angles.shape, circuits.angles.tobytes()
