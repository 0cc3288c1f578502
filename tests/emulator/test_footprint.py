"""Depth and gates of compiled circuits: counted by hand, and with the swaps in."""

import numpy as np
import pytest

from qpilot.circuits import Circuit
from qpilot.devices import DEVICES, Device, device
from qpilot.emulator import Emulator
from qpilot.emulator.compile import Turn
from qpilot.emulator.footprint import Footprint, footprint
from qpilot.program import Circuits, Gate
from qpilot.simulator import Simulator


def drawn(circuit: Circuit) -> Circuits:
    rng = np.random.default_rng(1)
    X, weights = rng.uniform(0.2, 1.2, (1, circuit.inputs)), rng.uniform(0.2, 1.2, circuit.weights)
    return Simulator(circuit).circuits(X, weights, "Z" * circuit.qubits)


def of(circuit: Circuit, machine: Device) -> Footprint:
    return footprint(drawn(circuit), machine)


def one_qubit_gates(circuits: Circuits, machine: Device) -> int:
    """Native gates that bring noise, of one qubit alone."""
    return sum(step.noisy for step in Emulator(machine).compile(circuits).steps if isinstance(step, Turn))


def test_gates_are_counted_after_merging():
    """RY RY merge, the CNOT is H CZ H of which the target's first H merges too, a last RZ is virtual."""
    gates = (Gate("ry", (0,), (0,)), Gate("ry", (0,), (1,)), Gate("ry", (1,), (0,)), Gate("cnot", (0, 1)))
    circuits = Circuits(2, (*gates, Gate("rz", (0,), (1,))), np.array([[0.3, 0.4]]))
    found = footprint(circuits, device("iqm-garnet"))
    assert found == Footprint(depth=3, two_qubit=1)
    assert one_qubit_gates(circuits, device("iqm-garnet")) == 3
    assert str(found) == "depth 3, 1 two-qubit gate"


@pytest.mark.parametrize("name", DEVICES)
def test_only_a_sparse_device_swaps(name):
    circuit = Circuit("angle", "hardware-efficient", 1, 5, connectivity="full")
    swaps, rest = divmod(of(circuit, device(name)).two_qubit - 10, 3)
    assert rest == 0
    assert (swaps == 0) == (name == "ionq-forte-enterprise")


@pytest.mark.parametrize("name", DEVICES)
def test_native_connectivity_takes_one_gate_an_edge(name):
    circuit = Circuit("angle", "hardware-efficient", 2, 6, connectivity=name)
    from qpilot.circuits.wiring import native

    assert of(circuit, device(name)).two_qubit == 2 * len(native(name, 6))


@pytest.mark.parametrize(("name", "a_run"), [("iqm-garnet", 1), ("ionq-forte-enterprise", 2), ("rigetti-cepheus", 4)])
def test_the_twin_takes_no_two_qubit_gate_and_a_run_of_rotations_the_device_s_own_gates(name, a_run):
    twin = Circuit("angle", "strongly-entangling", 3, 4, entangled=False)
    assert of(twin, device(name)) == Footprint(depth=1, two_qubit=0)
    assert one_qubit_gates(drawn(twin), device(name)) == 4 * a_run


def test_amplitudes_cost_twice_as_much_with_every_qubit():
    counts = [of(Circuit("amplitude", None, 1, n), device("ionq-forte-enterprise")).two_qubit for n in (2, 3, 4)]
    assert counts == [2, 6, 14]
