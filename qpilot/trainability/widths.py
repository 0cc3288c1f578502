"""A candidate at other widths than its own: which ones, on which columns, and with which model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.candidates.candidate import Candidate
from qpilot.data.strata import is_quantity
from qpilot.errors import QpilotError
from qpilot.models.building import build

Floats = NDArray[np.float64]
Target = NDArray[Any]
"""(n_rows,): class indices, int64, or values, float64."""

LEAST, MOST, COUNT = 2, 10, 5
"""Widths that are measured: five at most, of 2 to 10 qubits. A wider candidate's own width is extrapolated to."""


def widths(qubits: int) -> list[int]:
    """Some widths up to `qubits`, itself among them where it is measured; up to 4 for a narrower candidate."""
    top = min(max(qubits, 4), MOST)
    return sorted({round(width) for width in np.linspace(LEAST, top, COUNT)} | {min(max(qubits, LEAST), MOST)})


def model(candidate: Candidate, qubits: int, X: Floats, y: Target, seed: int, entangled: bool = True) -> Any:
    """The candidate's estimator on that many qubits, fitted in one step: what it measures is known, what it learns not.

    X: (n_rows, n_features), of which it takes columns, in order and again from the first, as many as fit. Answers None
    where the circuit does not exist at that width (a tree on five qubits).
    """
    quantity = is_quantity(y)
    classes = None if quantity else int(y.max()) + 1
    narrow = candidate.afresh().model_copy(update={"qubits": qubits, "steps": 1, "landmarks": None})
    for features in dict.fromkeys((qubits if X.shape[1] == candidate.qubits else X.shape[1], qubits, 2**qubits)):
        try:
            unfitted = build(narrow, seed, classes, entangled, quantity=quantity)
            return unfitted.fit(columns(X, features, seed), y)
        except QpilotError:
            continue
    return None


def columns(X: Floats, features: int, seed: int) -> Floats:
    """(n_rows, features): the first columns; beyond the last the first again, their rows in another order."""
    turns = -(-features // X.shape[1])
    generator = np.random.default_rng([seed, 7])
    repeated = [X, *(X[generator.permutation(len(X))] for _ in range(turns - 1))]
    return np.hstack(repeated)[:, :features]
