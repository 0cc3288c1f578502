"""Every ansatz and every encoding learns to tell equal signs from opposite ones, which no product state can."""

import numpy as np
import pytest

from qpilot.candidates.candidate import Candidate
from qpilot.circuits import ANSAETZE, ENCODINGS
from qpilot.models.building import build

BLIND = {"amplitude"}  # of two features it keeps the direction alone
FURTHER = {"dense-angle", "reuploading"}  # hold more than one a qubit


def accuracy(encoding: str, ansatz: str, entangled: bool) -> float:
    """Of a trained model on its own 50 rows: what it can represent and find, not how it generalises."""
    rng = np.random.default_rng(3)
    signs, sizes = rng.choice([-1.0, 1.0], size=(50, 2)), rng.uniform(0.3, 1, size=(50, 2))
    X, y = signs * sizes, (signs.prod(axis=1) > 0).astype(int)
    X = np.hstack([X, X]) if encoding in FURTHER else X
    candidate = Candidate(
        model="variational", encoding=encoding, ansatz=ansatz, layers=3, qubits=2, steps=80, batch=25, learning_rate=0.1
    )
    return float(build(candidate, 1, 2, entangled).fit(X, y).score(X, y))


@pytest.mark.parametrize(
    ("encoding", "ansatz"),
    [
        *(("angle", name) for name in ANSAETZE),
        *((name, "strongly-entangling") for name in ENCODINGS if name not in BLIND),
    ],
)
def test_entanglement_learns_what_its_twin_cannot(encoding, ansatz):
    assert accuracy(encoding, ansatz, True) >= 0.95
    assert accuracy(encoding, ansatz, False) <= 0.8


def test_amplitudes_learn_which_half_of_a_row_is_larger():
    rng = np.random.default_rng(3)
    X = rng.uniform(0, 1, size=(60, 4))
    y = (X[:, 0] + X[:, 3] > X[:, 1] + X[:, 2]).astype(int)
    candidate = Candidate(
        model="variational", encoding="amplitude", ansatz="strongly-entangling", layers=3, qubits=2, steps=150,
        batch=30, learning_rate=0.1,
    )  # fmt: skip
    assert build(candidate, 1, 2).fit(X, y).score(X, y) >= 0.9
