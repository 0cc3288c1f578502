"""A short run with few shots on the emulated device: does everything behind the circuits hold together?"""

import numpy as np

from gates.records import Check, Outcome
from qpilot.backend import Batch
from qpilot.emulator import Emulator
from qpilot.mitigation import AUTO, MITIGATIONS
from qpilot.models.model import QuantumModel
from qpilot.models.regressor import QuantumRegressor
from qpilot.models.scaling import Floats
from qpilot.pilot import Hardware
from qpilot.program import Counts, Probabilities

FEW = 500
RISK = 1e-6
"""Chance that a sound run is refused; with its fixed key the same run always draws the same counts."""
REQUIRED = "counts where the device's noise puts them, answers that are {}"


def shots(model: QuantumModel, X: Floats, emulator: Emulator, hardware: Hardware) -> Check:
    """GO where the counts of a few development rows lie where they should, and become class probabilities, or values."""
    low, high = emulator.device.shots
    number = min(max(FEW if hardware.shots == "auto" else min(hardware.shots, FEW), low), high)
    mitigation = MITIGATIONS["none" if hardware.mitigation == AUTO else hardware.mitigation]
    batch = Batch(*mitigation.construct(model.circuits(X)), number)
    seen = emulator.collect(emulator.submit(batch, f"check/{model.candidate.digest}"))
    excess = max(
        stray(counts, rows, RISK / batch.executables)
        for counts, rows in zip(seen.settings, emulator.distributions(batch.settings), strict=True)
    )
    answers = model.decide(model.features(mitigation.combine(seen.settings, seen.calibration)))
    well = bool(excess <= 0 and np.isfinite(answers).all())
    if isinstance(model, QuantumRegressor):
        kind, apart = "finite numbers", float(np.abs(answers[:, 0] - model.predict(X)).mean())
        found = (
            f"{len(X)} rows answered {apart:.3g} from the simulator's values in the mean, where the target's standard"
            f" deviation is {model.spread_:.3g}, {number} shots a circuit"
        )
    else:
        kind, same = "probabilities", int((answers.argmax(axis=1) == model.predict(X)).sum())
        well = well and bool(np.allclose(answers.sum(axis=1), 1) and answers.min() >= 0)
        found = f"{same} of {len(X)} rows answered as the simulator does, {number} shots a circuit"
    return Check(
        name="shots",
        outcome=Outcome.GO if well else Outcome.NO_GO,
        observed=found,
        required=REQUIRED.format(kind),
        reason=f"{found}."
        if well
        else f"The counts do not come from the emulated device's distribution, or become no {kind}.",
    )


def stray(counts: Counts, rows: Probabilities, risk: float) -> float:
    """How far the farthest circuit's counts lie beyond what chance allows, in total variation; at most 0 where none does.

    Expected distance: at most the sum of the outcomes' standard deviations, halved; beyond it McDiarmid's inequality
    (1989) gives the rest at `risk`. counts, rows: (n_circuits, 2**qubits).
    """
    number = counts.sum(axis=1)
    if (number < 1).any():
        return np.inf
    distance = 0.5 * np.abs(counts / number[:, None] - rows).sum(axis=1)
    expected = 0.5 * np.sqrt(rows * (1 - rows) / number[:, None]).sum(axis=1)
    return float(np.max(distance - expected - np.sqrt(np.log(1 / risk) / (2 * number))))
