"""A circuit under noise and its gradients, against PennyLane's density matrices, the emulator and parameter shifts."""

import functools
import itertools
from dataclasses import replace

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

from qpilot.circuits import Circuit
from qpilot.devices import Device, Qubit, device
from qpilot.emulator import Emulator
from qpilot.emulator.noise import Noise
from qpilot.emulator.noisy import NoisySimulator
from qpilot.errors import UsageError
from qpilot.models.readout import local, parities
from qpilot.simulator import Simulator
from qpilot.simulator.gradients import parameter_shift

GATE, JOINT, READOUT = 0.97, 0.92, 0.95
PAULIS = [np.eye(2), qml.matrix(qml.X(0)), qml.matrix(qml.Y(0)), qml.matrix(qml.Z(0))]
GATES = {"rx": qml.RX, "ry": qml.RY, "rz": qml.RZ, "h": qml.Hadamard, "x": qml.X, "s": qml.S}


def complete(qubits: int) -> Device:
    """A device of equal qubits, each joined to each: nothing is routed, and it does not matter who sits where."""
    same = Qubit(gate=GATE, readout=READOUT)
    pairs = {f"{a}-{b}": JOINT for a, b in itertools.combinations(range(qubits), 2)}
    return device("iqm-garnet").model_copy(
        update={"qubits": dict.fromkeys(range(qubits), same), "couplings": pairs, "turned": ()}
    )


def drawn(circuit: Circuit, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    X, weights = rng.uniform(0.2, 2, (rows, circuit.inputs)), rng.normal(size=circuit.weights)
    return X, weights, rng.normal(size=(rows, circuit.qubits + 1))


def words(qubits: int) -> tuple[str, ...]:
    return (*local(range(qubits), qubits), "Z" * qubits)


def mixed(simulator: Simulator, x: np.ndarray, weights: np.ndarray) -> qml.QNode:
    """<words> of density matrices: each run of one-qubit gates, and each CZ, followed by depolarizing noise."""
    trace = simulator.trace
    joint = 5 / 4 * (1 - JOINT)
    both = [np.sqrt(joint / 15) * np.kron(a, b) for a, b in itertools.product(PAULIS, PAULIS)]
    both[0] = np.sqrt(1 - joint) * np.eye(4)
    plain = trace.angles(x[None], weights)[0]

    def run(angles: np.ndarray) -> list[qml.measurements.ExpectationMP]:
        waiting: list[list[qml.operation.Operator]] = [[] for _ in range(trace.qubits)]
        likeness: list[np.ndarray] = [np.eye(2) for _ in range(trace.qubits)]

        def turn(name: str, wire: int, places: tuple[int, ...]) -> None:
            waiting[wire].append((GATES[name], [angles[k] for k in places]))
            likeness[wire] = qml.matrix(GATES[name](*[plain[k] for k in places], wires=0)) @ likeness[wire]

        def flush(wire: int) -> None:
            if abs(likeness[wire][0, 1]) < 1e-9:
                return
            for kind, given in waiting[wire]:
                kind(*given, wires=wire)
            qml.DepolarizingChannel(3 / 2 * (1 - GATE), wires=wire)
            waiting[wire], likeness[wire] = [], np.eye(2)

        for gate in trace.gates:
            if len(gate.wires) == 1:
                turn(gate.name, gate.wires[0], gate.angles)
                continue
            control, target = gate.wires
            if gate.name == "cnot":
                turn("h", target, ())
            flush(control)
            flush(target)
            qml.CZ(wires=(control, target))
            qml.QubitChannel(both, wires=(control, target))
            if gate.name == "cnot":
                turn("h", target, ())
        for wire in range(trace.qubits):
            flush(wire)
            qml.BitFlip(1 - READOUT, wires=wire)
        read = [[wire for wire, letter in enumerate(word) if letter == "Z"] for word in words(trace.qubits)]
        return [qml.expval(functools.reduce(lambda a, b: a @ b, map(qml.Z, wires))) for wires in read]

    return qml.QNode(run, qml.device("default.mixed", wires=trace.qubits))


@pytest.mark.parametrize(("encoding", "ansatz"), [("angle", "strongly-entangling"), ("iqp", "real-amplitudes")])
def test_values_and_gradients_are_those_of_density_matrices(encoding: str, ansatz: str) -> None:
    circuit = Circuit(encoding, ansatz, 2, 3)
    simulator = Simulator(circuit)
    under = NoisySimulator(simulator, Noise.of(complete(3)))
    X, weights, upstream = drawn(circuit, 2)
    values, by_weight, by_input = under.value_and_vjps(X, weights, words(3), upstream)
    own, trace = np.zeros_like(weights), simulator.trace
    for row, x in enumerate(X):
        node = mixed(simulator, x, weights)
        angles = pnp.array(trace.angles(x[None], weights)[0], requires_grad=True)
        np.testing.assert_allclose(values[row], node(angles), atol=1e-12)
        by_angle = upstream[row] @ qml.jacobian(lambda a, node=node: pnp.stack(node(a)))(angles)
        one = by_angle[:, None]
        own += trace.pull_weights(one @ trace.monomials(x[None]).T)
        expected = trace.pull_inputs(trace.at(weights).T @ one, x[None])[0]
        np.testing.assert_allclose(by_input[row], expected, atol=1e-11)
    np.testing.assert_allclose(by_weight, own, atol=1e-11)


CIRCUITS = [
    Circuit("angle", "strongly-entangling", 2, 4),
    Circuit("iqp", "hardware-efficient", 1, 4, connectivity="ring"),
    Circuit("dense-angle", "matrix-product", 1, 3),
    Circuit("amplitude", "qcnn", 1, 4),
    Circuit("reuploading", "strongly-entangling", 2, 2),
    Circuit("angle", "real-amplitudes", 1, 1),
]


@pytest.mark.parametrize("name", ["iqm-garnet", "rigetti-cepheus", "ionq-forte-enterprise"])
@pytest.mark.parametrize("circuit", CIRCUITS, ids=str)
def test_answers_are_the_emulators_and_slopes_those_of_parameter_shifts(circuit: Circuit, name: str) -> None:
    simulator, machine = Simulator(circuit), device(name)
    under, asked = NoisySimulator(simulator, Noise.of(machine)), words(circuit.qubits)
    X, weights, upstream = drawn(circuit, 3)
    found = under.value_and_vjps(X, weights, asked, upstream)
    measured = Emulator(machine).probabilities(simulator.circuits(X, weights, "Z" * circuit.qubits))
    np.testing.assert_allclose(found[0], parities(measured, asked), atol=1e-12)
    assert np.abs(found[0] - simulator.expectations(X, weights, asked)).max() > 1e-3, "there is to be noise"
    for one, other in zip(found, parameter_shift(under, X, weights, asked, upstream, inputs=True), strict=True):  # type: ignore[arg-type]
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_rows_answer_alike_whoever_is_beside_them() -> None:
    circuit = CIRCUITS[-2]
    under = NoisySimulator(Simulator(circuit), Noise.of(device("iqm-garnet")))
    X, weights, upstream = drawn(circuit, 40_000)
    assert len(list(under._rows(len(X)))) > 2
    values, by_weight, by_input = under.value_and_vjps(X, weights, words(2), upstream)
    some = slice(30_000, 30_005)
    alone = under.value_and_vjps(X[some], weights, words(2), upstream[some])
    np.testing.assert_allclose(alone[0], values[some], atol=1e-14)
    np.testing.assert_allclose(alone[2], by_input[some], atol=1e-13)
    halves = [under.value_and_vjp(X[at], weights, words(2), upstream[at])[1] for at in (slice(9), slice(9, None))]
    np.testing.assert_allclose(sum(halves), by_weight, atol=1e-9)


def test_what_was_not_kept_on_the_way_forward_is_computed_again() -> None:
    noise = Noise.of(device("iqm-garnet"))
    X, weights, upstream = drawn(CIRCUITS[0], 5)
    kept, again = (NoisySimulator(Simulator(CIRCUITS[0]), noise, most) for most in (2**25, 0))
    for one, other in zip(
        kept.value_and_vjps(X, weights, words(4), upstream),
        again.value_and_vjps(X, weights, words(4), upstream),
        strict=True,
    ):
        assert np.array_equal(one, other)


def test_a_rotation_by_nothing_is_as_noisy_as_one_by_almost_nothing() -> None:
    circuit = CIRCUITS[0]
    under = NoisySimulator(Simulator(circuit), Noise.of(device("iqm-garnet")))
    X, weights, _ = drawn(circuit, 2)
    zero, nearly = (under.expectations(X, size * weights, words(4)) for size in (0.0, 1e-9))
    np.testing.assert_allclose(zero, nearly, atol=1e-7)


def test_shots_scatter_about_the_noisy_expectations_as_shots_do() -> None:
    circuit = CIRCUITS[0]
    under, asked = NoisySimulator(Simulator(circuit), Noise.of(device("iqm-garnet"))), words(4)
    X, weights, _ = drawn(circuit, 1)
    exact = under.expectations(X, weights, asked)[0]
    found = under.sampled(np.repeat(X, 2000, axis=0), weights, asked, 50, np.random.default_rng(0))
    error = np.sqrt((1 - exact**2) / 50)
    assert np.abs((found.mean(axis=0) - exact) / error * np.sqrt(2000)).max() < 4
    np.testing.assert_allclose(found.std(axis=0), error, rtol=0.08)
    again = under.sampled(np.repeat(X, 2000, axis=0), weights, asked, 50, np.random.default_rng(0))
    assert np.array_equal(found, again)


def test_what_cannot_be_read_or_placed_is_refused() -> None:
    under = NoisySimulator(Simulator(CIRCUITS[0]), Noise.of(device("iqm-garnet")))
    X, weights, _ = drawn(CIRCUITS[0], 1)
    with pytest.raises(UsageError, match="4 letters of I and Z, got 'XIII'"):
        under.expectations(X, weights, ("XIII",))
    with pytest.raises(UsageError, match="at least 1 shot"):
        under.sampled(X, weights, ("ZIII",), 0, np.random.default_rng(0))
    with pytest.raises(UsageError, match="4 qubits asked for"):
        NoisySimulator(Simulator(CIRCUITS[0]), Noise.of(complete(3)))
    with pytest.raises(UsageError, match="simulator-sv1 is a simulator, which has none"):
        Noise.of(device("simulator-sv1"))


def test_noise_is_named_by_its_calibration() -> None:
    garnet = Noise.of(device("iqm-garnet"))
    assert garnet == Noise.of(device("iqm-garnet"))
    assert (garnet.backend, garnet.calibration) == ("emulator:iqm-garnet", device("iqm-garnet").digest)
    assert Noise.of(complete(3)) != Noise.of(complete(4))
    assert Noise.of(complete(3)).rates == pytest.approx(
        {"one-qubit gate infidelity": 0.03, "two-qubit gate infidelity": 0.08, "readout infidelity": 0.05}
    )
    alone = complete(1)
    assert "two-qubit gate infidelity" not in Noise.of(alone).rates
    assert replace(garnet, calibration="other") != garnet
