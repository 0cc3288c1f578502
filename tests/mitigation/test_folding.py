"""Folding: the same answer, the stated noise, the same qubits, whatever the project ships and wherever it runs."""

from functools import partial

import numpy as np
import pennylane as qml
import pytest

from qpilot.backend import Batch
from qpilot.devices import DEVICES, device
from qpilot.emulator import Emulator
from qpilot.emulator.compile import Join, Turn
from qpilot.emulator.native import native_gates
from qpilot.errors import QpilotError
from qpilot.hardware.submission import fingerprint
from qpilot.mitigation import MITIGATIONS
from qpilot.mitigation.zne import SCALES, fold
from qpilot.program import Circuits, Probabilities
from tests.emulator.local_emulator import exact_distribution, local_emulator, verbatim
from tests.emulator.shapes import scrambled
from tests.emulator.test_ideal import OPERATIONS, reference
from tests.mitigation.shipped import SHIPPED, shipped


def folded_by_pennylane(circuits: Circuits, scale: int) -> Probabilities:
    """The first circuit, folded gate by gate by PennyLane and run on default.qubit."""

    @partial(qml.noise.fold_global, scale_factor=scale)
    @qml.qnode(qml.device("default.qubit", wires=circuits.qubits))
    def run() -> object:
        for gate in circuits.gates:
            OPERATIONS[gate.name](*(circuits.angles[0, k] for k in gate.angles), wires=list(gate.wires))
        return qml.probs(wires=range(circuits.qubits))

    return np.asarray(run())


@pytest.mark.parametrize(("encoding", "ansatz"), SHIPPED)
@pytest.mark.parametrize("name", DEVICES)
def test_a_folded_circuit_is_the_circuit_on_the_same_qubits_with_the_stated_noise(
    name: str, encoding: str, ansatz: str | None
) -> None:
    circuits, profile = shipped(encoding, ansatz), device(name)
    emulator = Emulator(profile)
    ideal, once = reference(circuits), emulator.compile(circuits)
    for scale in SCALES:
        folded = emulator.compile(fold(circuits, scale))
        answer = emulator.probabilities(fold(circuits, scale), noisy=False)
        np.testing.assert_allclose(answer, ideal, rtol=0, atol=1e-9)
        assert (folded.labels, folded.measured) == (once.labels, once.measured)
        reached = folded.log_fidelity(profile, readout=False) / once.log_fidelity(profile, readout=False)
        assert reached == pytest.approx(scale, rel=1e-12)


@pytest.mark.parametrize("qubits", [6, 8])
@pytest.mark.parametrize("name", DEVICES)
def test_swaps_fold_with_the_circuit(name: str, qubits: int) -> None:
    circuits, emulator = shipped("iqp", "strongly-entangling", qubits, 2, 1), Emulator(device(name))
    settings, _ = MITIGATIONS["zne-linear"].construct((circuits,))
    once, *more = map(emulator.compile, settings)
    for scale, folded in zip(SCALES[1:], more, strict=True):
        assert folded.measured == once.measured
        for kind in (Join, Turn):
            assert sum(isinstance(step, kind) for step in folded.steps) == scale * sum(
                isinstance(step, kind) for step in once.steps
            )
    if name != "ionq-forte-enterprise":
        assert once.measured != tuple(range(qubits)), "without swaps the test shows nothing"


@pytest.mark.parametrize("seed", range(5))
def test_any_gate_is_undone(seed: int) -> None:
    circuits = scrambled(3, 30, 1, seed)
    found = Emulator(device("iqm-garnet")).probabilities(fold(circuits, 3), noisy=False)
    np.testing.assert_allclose(found[0], folded_by_pennylane(circuits, 3), rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", DEVICES)
def test_folded_native_gates_have_the_noise_that_braket_gives_them(name: str) -> None:
    profile, circuits = device(name), fold(scrambled(2, 6, 1, seed=4), 3)
    compiled = Emulator(profile).compile(circuits)
    measured = [compiled.labels[slot] for slot in compiled.measured]
    program = verbatim(native_gates(compiled, profile), 0, measured)
    expected = exact_distribution(local_emulator(profile), program, measured)
    np.testing.assert_allclose(Emulator(profile).probabilities(circuits)[0], expected, atol=1e-7)


def test_scales_in_one_batch_answer_as_they_do_alone() -> None:
    emulator = Emulator(device("iqm-garnet"))
    settings = tuple(fold(shipped("zz", "real-amplitudes"), scale) for scale in SCALES)
    together = emulator.distributions(settings)
    for rows, circuits in zip(together, settings, strict=True):
        np.testing.assert_allclose(rows, emulator.probabilities(circuits), rtol=0, atol=1e-12)
    assert np.abs(together[2] - together[0]).max() > 0.01, "more noise shows"


def test_folding_is_not_forgotten_when_a_batch_is_named() -> None:
    circuits = shipped("angle", "real-amplitudes")
    names = {fingerprint(Batch((fold(circuits, scale),), (), 100)) for scale in SCALES}
    assert len(names) == len(SCALES)


@pytest.mark.parametrize("scale", [0, 2, -1])
def test_a_circuit_folds_to_odd_scales(scale: int) -> None:
    with pytest.raises(QpilotError, match=f"an odd number of times its gates, got {scale}"):
        fold(shipped("angle", "real-amplitudes"), scale)
