"""Data and an independent way to run circuits for the model tests."""

from collections.abc import Callable

import numpy as np
import pytest

from qpilot.candidates.candidate import Candidate
from qpilot.models import MODELS
from qpilot.models.building import build
from qpilot.models.model import QuantumModel
from qpilot.models.pretraining import Rows
from qpilot.program import Circuits, Probabilities

PENNYLANE = {
    "h": "Hadamard",
    "x": "PauliX",
    "y": "PauliY",
    "z": "PauliZ",
    "s": "S",
    "rx": "RX",
    "ry": "RY",
    "rz": "RZ",
    "cnot": "CNOT",
    "cz": "CZ",
}


def _measured(circuits: Circuits) -> Probabilities:
    """Probabilities on PennyLane's default.qubit, one circuit after another."""
    import pennylane as qml

    @qml.qnode(qml.device("default.qubit", wires=circuits.qubits))
    def run(angles):
        for gate in circuits.gates:
            if gate.name == "sdg":
                qml.adjoint(qml.S(wires=gate.wires))
            else:
                getattr(qml, PENNYLANE[gate.name])(*(angles[k] for k in gate.angles), wires=gate.wires)
        return qml.probs(wires=range(circuits.qubits))

    return np.array([run(angles) for angles in circuits.angles])


@pytest.fixture
def measured() -> Callable[[Circuits], Probabilities]:
    return _measured


@pytest.fixture
def candidate() -> Callable[..., Candidate]:
    """A candidate of any kind: 3 qubits, few steps where it is trained; keywords override."""

    def make(model: str, **given: object) -> Candidate:
        ansatz = "strongly-entangling" if MODELS[model].trainable else None
        encoding = "angle" if MODELS[model].trainable else "zz"
        defaults: dict[str, object] = {"encoding": encoding, "ansatz": ansatz, "layers": 2, "qubits": 3}
        steps = given.pop("steps", 30)
        if MODELS[model].trainable:
            defaults["steps"] = steps
        if "mlp" in (given.get("encoder"), given.get("decoder", MODELS[model].decoder)):
            defaults["hidden"] = 3
        if model == "transfer":
            defaults["backbone"] = {"path": "other.csv", "target": "y"}
        return Candidate.model_validate({"model": model, **defaults, **given})

    return make


def blobs(classes: int, rows: int = 60, features: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Normal clouds two standard deviations apart on each axis: (rows, features), and their class (rows,)."""
    rng = np.random.default_rng(3)
    y = np.arange(rows) % classes
    return rng.normal(size=(rows, features)) + 2 * np.eye(classes, features)[y] * np.sqrt(features), y


def waved(rows: int = 90, features: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """(rows, features) in [-1, 1], and a quantity about 40, a sine of the first feature with noise a tenth as large."""
    rng = np.random.default_rng(7)
    X = rng.uniform(-1, 1, (rows, features))
    return X, 40 + 7 * np.sin(3 * X[:, 0]) + 0.7 * rng.normal(size=rows)


@pytest.fixture
def waves() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    return waved


@pytest.fixture
def elsewhere() -> Rows:
    """Another data set: clouds of the same kind, a little wider, and of three classes."""
    X, y = blobs(3)
    return Rows("0" * 64, 1.2 * X + 1, y)


@pytest.fixture
def built(elsewhere: Rows) -> Callable[..., QuantumModel]:
    """`build`, where a transfer model begins with the other data set."""

    def make(
        candidate: Candidate, seed: int, classes: int | None, entangled: bool = True, quantity: bool = False
    ) -> QuantumModel:
        moved = elsewhere if candidate.model == "transfer" else None
        return build(candidate, seed, classes, entangled, moved, quantity)

    return make


@pytest.fixture
def clouds() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    return blobs
