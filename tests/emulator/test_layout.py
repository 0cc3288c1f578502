"""Placement and routing."""

import itertools

import numpy as np
import pytest

from qpilot.devices import Device, device
from qpilot.emulator import Emulator
from qpilot.emulator.compile import Join, compile_circuits
from qpilot.emulator.layout import placements, route
from qpilot.errors import UsageError
from qpilot.program import Circuits, Gate
from tests.emulator.shapes import entangling, ring


def small(device_name: str, qubits: int) -> Device:
    """The device cut down to its first qubits, small enough to try every placement."""
    whole = device(device_name)
    kept = dict(itertools.islice(sorted(whole.qubits.items()), qubits))
    pairs = {pair: f for pair, f in whole.couplings.items() if all(int(label) in kept for label in pair.split("-"))}
    return whole.model_copy(update={"qubits": kept, "couplings": pairs})


@pytest.mark.parametrize("circuits", [ring(4, 1, 1, seed=0), entangling(4, 1, 1, seed=0)], ids=["zz", "entangling"])
def test_placement_is_the_best_of_all(circuits: Circuits) -> None:
    profile = small("iqm-garnet", 9)
    joined = {(a, b) for a, b in profile.edges} | {(b, a) for a, b in profile.edges}
    fits = [
        labels
        for labels in itertools.permutations(profile.qubits, 4)
        if all((labels[wire], labels[(wire + 1) % 4]) in joined for wire in range(4))
    ]
    start = tuple(range(4))
    best = max(compile_circuits(circuits, profile, labels, start).log_fidelity(profile) for labels in fits)
    assert Emulator(profile).compile(circuits).log_fidelity(profile) == pytest.approx(best)


@pytest.mark.parametrize("name", ["iqm-garnet", "iqm-emerald", "rigetti-cepheus"])
@pytest.mark.parametrize("qubits", [2, 3, 5, 8])
def test_every_two_qubit_gate_is_on_a_coupling(name: str, qubits: int) -> None:
    profile = device(name)
    compiled = Emulator(profile).compile(entangling(qubits, 3, 1, seed=1))
    for step in compiled.steps:
        if isinstance(step, Join):
            assert tuple(sorted(compiled.labels[slot] for slot in step.slots)) in profile.edges
    assert len(set(compiled.labels)) == qubits
    assert sorted(compiled.measured) == list(range(qubits))


def test_a_wire_joined_to_more_than_it_has_neighbours_is_placed() -> None:
    star = Circuits(7, tuple(Gate("cnot", (0, leaf)) for leaf in range(1, 7)), np.zeros((1, 0)))
    compiled = Emulator(device("iqm-garnet")).compile(star)
    assert sum(isinstance(step, Join) for step in compiled.steps) > 6


def test_wires_that_never_meet_need_no_connection() -> None:
    apart = Circuits(3, tuple(Gate("h", (wire,)) for wire in range(3)), np.zeros((1, 0)))
    profile = device("iqm-garnet")
    chosen = placements(apart, profile)[0]
    score = {label: qubit.gate**2 * qubit.readout for label, qubit in profile.qubits.items()}
    assert set(chosen) == set(sorted(score, key=lambda label: -score[label])[:3])


def test_routing_on_a_line_tells_where_wires_end() -> None:
    line = {(0, 1), (1, 0), (1, 2), (2, 1)}
    gates, measured = route((Gate("cz", (0, 2)),), line, (0, 1, 2))
    assert [gate.name for gate in gates] == ["cnot", "cnot", "cnot", "cz"]
    assert gates[-1].wires == (measured[0], measured[2])
    assert gates[-1].wires in line


def test_a_swap_also_serves_the_pairs_that_follow() -> None:
    """Both swaps next to wire 3 serve the first pair; bringing wire 3 down saves one for the second."""
    line = {(a, b) for a in range(4) for b in range(4) if abs(a - b) == 1}
    gates, _ = route((Gate("cz", (1, 3)), Gate("cz", (0, 3))), line, (0, 1, 2, 3))
    assert sum(gate.name == "cnot" for gate in gates) == 2 * 3


def test_more_qubits_than_the_device_has_is_refused() -> None:
    with pytest.raises(UsageError, match="21 qubits asked for; iqm-garnet has 20"):
        placements(entangling(21, 1, 1, seed=0), device("iqm-garnet"))
