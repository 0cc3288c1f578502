"""The emulator against Braket's LocalEmulator: the same native circuit, verbatim, gives the same distribution."""

import numpy as np
import pytest

from qpilot.devices import DEVICES, device
from qpilot.emulator import Emulator
from qpilot.emulator.native import native_gates
from tests.emulator.local_emulator import exact_distribution, local_emulator, verbatim
from tests.emulator.shapes import entangling, ring, scrambled

SHAPES = {
    "angle encoding, entangling": entangling(4, 2, 2, seed=1),
    "angle encoding with swaps": entangling(5, 3, 1, seed=2),
    "zz feature map on a ring": ring(3, 2, 2, seed=3),
    "every gate": scrambled(3, 40, 3, seed=4),
    "one qubit": entangling(1, 2, 2, seed=5),
}


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("shape", SHAPES)
def test_distribution_equals_local_emulators(name: str, shape: str) -> None:
    profile, circuits = device(name), SHAPES[shape]
    emulator, braket = Emulator(profile), local_emulator(profile)
    compiled = emulator.compile(circuits)
    gates = native_gates(compiled, profile)
    measured = [compiled.labels[slot] for slot in compiled.measured]
    expected = [exact_distribution(braket, verbatim(gates, row, measured), measured) for row in range(len(circuits))]
    actual = emulator.probabilities(circuits)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-10)
    noise = np.abs(actual - emulator.probabilities(circuits, noisy=False)).max()
    assert noise > 1e-3, "the comparison would not notice missing noise"


def test_counts_are_local_emulators_within_sampling_error() -> None:
    profile, circuits, shots = device("iqm-garnet"), entangling(3, 2, 1, seed=6), 4000
    emulator = Emulator(profile)
    compiled = emulator.compile(circuits)
    measured = [compiled.labels[slot] for slot in compiled.measured]
    gates = native_gates(compiled, profile)
    result = local_emulator(profile).run(verbatim(gates, 0, measured), shots=shots).result()
    columns = [result.measured_qubits.index(label) for label in measured]
    outcomes = result.measurements[:, columns] @ (1 << np.arange(len(measured))[::-1])
    counts = np.bincount(outcomes, minlength=2 ** len(measured))
    expected = emulator.probabilities(circuits)[0] * shots
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    assert chi2 < 24.3, "0.1 % of chi-squared values with 7 degrees of freedom lie above"
