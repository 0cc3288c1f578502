"""Which pairs a layer couples: patterns, and the couplings of shipped devices."""

import pytest

from qpilot.circuits.wiring import CONNECTIVITIES, PATTERNS, edges, native, ring, widening
from qpilot.devices import DEVICES, device
from qpilot.emulator import Emulator
from qpilot.emulator.compile import Join
from qpilot.errors import UsageError
from qpilot.program import Circuits, Gate


@pytest.mark.parametrize(
    ("qubits", "expected"),
    [(1, ()), (2, ((0, 1),)), (3, ((0, 1), (1, 2), (2, 0))), (4, ((0, 1), (1, 2), (2, 3), (3, 0)))],
)
def test_a_ring_has_each_edge_once(qubits, expected):
    assert ring(0, qubits) == expected


@pytest.mark.parametrize(
    ("connectivity", "layers"),
    [
        ("linear", [((0, 1), (1, 2), (2, 3))] * 2),
        ("ring", [((0, 1), (1, 2), (2, 3), (3, 0))] * 2),
        ("full", [((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))] * 2),
        ("brickwork", [((0, 1), (2, 3)), ((1, 2),)]),
    ],
)
def test_patterns(connectivity, layers):
    assert [edges(connectivity, number, 4) for number in range(2)] == layers


def test_a_widening_range_goes_round():
    assert [widening(number, 3)[0] for number in range(3)] == [(0, 1), (0, 2), (0, 1)]


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
@pytest.mark.parametrize("qubits", [1, 2, 5, 8])
def test_pairs_are_of_two_wires_and_join_all(connectivity, qubits):
    found = [pair for number in range(2) for pair in edges(connectivity, number, qubits)]
    assert all(a != b and min(a, b) >= 0 and max(a, b) < qubits for a, b in found)
    joined = {0}
    for _ in range(qubits):
        joined |= {wire for pair in found if set(pair) & joined for wire in pair}
    assert joined == set(range(qubits))


@pytest.mark.parametrize("name", DEVICES)
def test_native_couplings_need_no_swaps(name):
    found = native(name, 6)
    gates = tuple(Gate("ry", (wire,), (wire,)) for wire in range(6)) + tuple(Gate("cz", pair) for pair in found)
    import numpy as np

    compiled = Emulator(device(name)).compile(Circuits(6, gates, np.full((1, 6), 0.3)))
    assert sum(isinstance(step, Join) for step in compiled.steps) == len(found)


@pytest.mark.parametrize(("qubits", "most"), [(4, 4), (6, 7), (8, 10), (9, 12)])  # of a square lattice
@pytest.mark.parametrize("name", ["iqm-garnet", "rigetti-cepheus"])
def test_a_patch_takes_the_squares_of_a_lattice(name, qubits, most):
    assert len(native(name, qubits)) == most


def test_an_ion_trap_couples_every_pair():
    assert native("ionq-forte-enterprise", 5) == PATTERNS["full"](0, 5)


def test_a_device_that_is_too_small_is_refused():
    with pytest.raises(UsageError, match="iqm-garnet has no 25 qubits that are connected"):
        native("iqm-garnet", 25)
