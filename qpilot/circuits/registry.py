"""The circuits a pilot can name. A new encoding or ansatz is one function and one line here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.circuits import amplitude, ansaetze, encodings, trees, wiring
from qpilot.circuits.wiring import Edges

Floats = NDArray[np.float64]

MOST_A_QUBIT = 16
"""Features that re-uploading puts on one qubit at most, in turns of RY and RZ."""


@dataclass(frozen=True)
class Preparation:
    """What stands between scaled features and inputs.

    inputs(qubits): how many there are. prepare(X, qubits): (n_rows, features) -> (n_rows, inputs). pull(X, upstream,
    qubits): dL/d X from dL/d inputs.
    """

    inputs: Callable[[int], int]
    prepare: Callable[[Floats, int], Floats]
    pull: Callable[[Floats, Floats, int], Floats]


@dataclass(frozen=True)
class Encoding:
    """How features become gates.

    function(x, repetitions, qubits, entangled) queues them. holds(qubits): the numbers of features that fit, in words
    `density`; the first is least, `usual` of them are taken where nobody says. repeats: whether it may come again.
    scaled: every feature is multiplied by a trainable weight for each layer, before each of which it comes.
    """

    function: Callable[[Any, int, int, bool], None]
    holds: Callable[[int], range]
    density: str
    preparation: Preparation | None = None
    repeats: bool = True
    scaled: bool = False

    def usual(self, qubits: int) -> int:
        """How many features are taken where nobody says: all that fit, or with trained scalings one a qubit."""
        return self.holds(qubits)[0 if self.scaled else -1]


@dataclass(frozen=True)
class Layered:
    """Layers over all wires: function(weights (qubits, angles), qubits, edges) queues one.

    edges(number, qubits): what layer `number` couples; None leaves it to the candidate's connectivity. reads(last,
    qubits): the wires that are read after layer number `last`; None for all.
    """

    function: Callable[[Any, int, Edges], None]
    angles: int
    edges: Callable[[int, int], Edges] | None
    reads: Callable[[int, int], tuple[int, ...]] | None = None

    def sizes(self, layers: int, qubits: int) -> tuple[int, ...]:
        """How many weights each layer has."""
        return (self.angles * qubits,) * layers

    def wired(self, connectivity: str | None, number: int, qubits: int) -> Edges:
        """What layer `number` couples."""
        if self.edges is not None:
            return self.edges(number, qubits)
        return wiring.edges(connectivity or "linear", number, qubits)


@dataclass(frozen=True)
class Tree:
    """Blocks that narrow to few wires: function(weights by layer, qubits, entangled) queues them all.

    sizes(layers, qubits): how many weights each layer has. reads(qubits): the wires that are left.
    """

    function: Callable[[Sequence[Any], int, bool], None]
    sizes: Callable[[int, int], tuple[int, ...]]
    reads: Callable[[int], tuple[int, ...]]


def _one(qubits: int) -> range:
    return range(qubits, qubits + 1)


def _targets(last: int, qubits: int) -> tuple[int, ...]:
    """All wires but the controls of the last bricks, which their targets have heard."""
    controls = {control for control, _ in wiring.brickwork(last, qubits)}
    return tuple(wire for wire in range(qubits) if wire not in controls)


ENCODINGS: dict[str, Encoding] = {
    "angle": Encoding(encodings.angle, _one, "one a qubit"),
    "angle-x": Encoding(encodings.angle_x, _one, "one a qubit"),
    "angle-z": Encoding(encodings.angle_z, _one, "one a qubit"),
    "dense-angle": Encoding(encodings.dense_angle, lambda qubits: range(qubits, 2 * qubits + 1), "one or two a qubit"),
    "amplitude": Encoding(
        amplitude.amplitude,
        lambda qubits: range(qubits, 2**qubits + 1),
        "an amplitude each",
        Preparation(lambda qubits: 2**qubits - 1, amplitude.prepare, amplitude.pull),
        repeats=False,
    ),
    "basis": Encoding(
        encodings.basis,
        _one,
        "one a qubit",
        Preparation(lambda qubits: qubits, encodings.bits, encodings.no_slope),
        repeats=False,
    ),
    "zz": Encoding(encodings.zz, _one, "one a qubit"),
    "iqp": Encoding(encodings.iqp, _one, "one a qubit"),
    "reuploading": Encoding(
        encodings.reuploading,
        lambda qubits: range(qubits, MOST_A_QUBIT * qubits + 1),
        f"1 to {MOST_A_QUBIT} a qubit",
        scaled=True,
    ),
}

ANSAETZE: dict[str, Layered | Tree] = {
    "strongly-entangling": Layered(ansaetze.strongly_entangling, 3, wiring.widening),
    "basic-entangling": Layered(ansaetze.basic_entangling, 1, wiring.ring),
    "hardware-efficient": Layered(ansaetze.hardware_efficient, 2, None),
    "real-amplitudes": Layered(ansaetze.real_amplitudes, 1, wiring.linear),
    "local": Layered(ansaetze.local, 2, wiring.brickwork, _targets),
    "tree-tensor": Tree(trees.tree_tensor, trees.tree_sizes, trees.left_over),
    "qcnn": Tree(trees.qcnn, trees.qcnn_sizes, trees.left_over),
    "matrix-product": Tree(trees.matrix_product, trees.tree_sizes, trees.last),
}
