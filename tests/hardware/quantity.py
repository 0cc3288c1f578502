"""A small pilot about a quantity: two angles, a value that a circuit of two qubits can say, and real models fitted on it."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from qpilot.candidates.candidate import Candidate
from qpilot.data.table import Dataset, Table
from qpilot.job import Job
from qpilot.models.building import build
from qpilot.pilot import Pilot
from qpilot.pilotfile import read
from qpilot.program import Circuits, Gate, Probabilities
from qpilot.prototype.fitted import Fitted

PLANTED = Path(__file__).parent.parent.parent / "pilots" / "planted" / "pilot.toml"
WORST = 20.0
CLAIM = Claim(
    kind="superiority",
    metric="absolute_error",
    worst_error=WORST,
    target=0.1,
    psi=0.1,
    alpha=0.05,
    power=0.8,
    quantum=False,
)
CANDIDATES: dict[str, dict[str, Any]] = {
    "projected-kernel": {"encoding": "angle"},
    "variational": {"encoding": "angle", "ansatz": "strongly-entangling", "steps": 40},
}


def truth(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Between 35 and 65, in the target's units."""
    return np.asarray(50 + 10 * np.cos(X[:, 0]) + 5 * np.sin(X[:, 1]))


def table(number: int, seed: int = 0) -> Table:
    X = np.random.default_rng(seed).uniform(0, np.pi, (number, 2))
    return Table(X, truth(X), (), ("a", "b"))


def dataset(development: int = 150, locked: int = 60) -> Dataset:
    """The locked features are NaN, so that any use of them shows."""
    blind = Table(np.full((locked, 2), np.nan), np.zeros(locked), (), ("a", "b"))
    places = np.arange(development + locked)
    rows = places[:development], places[development:]
    return Dataset(table(development), blind, *rows, None, "d" * 64, "l" * 64)  # type: ignore[arg-type]


def candidate(model: str) -> Candidate:
    return Candidate.model_validate({"model": model, "qubits": 2, "layers": 1, "scaling": "none", **CANDIDATES[model]})


@cache
def fitted(model: str) -> Fitted:
    """A model that learned 90 rows."""
    rows = table(90, seed=1)
    estimator = build(candidate(model), 0, None, quantity=True).fit(rows.X, rows.y)
    return Fitted(model, "kernel" if "kernel" in model else "qnn", None, estimator, 0.1)


def pilot(**changes: Any) -> Pilot:
    """The planted pilot about a quantity; `changes`: its sections, as in the file."""
    plain: Any = read(PLANTED, ('approval.when="never"',)).pilot.plain()
    del plain["baselines"]
    plain["gates"]["data"] |= {"min_class_share": None, "max_value_share": 0.5}
    plain |= {"kind": "regression", "claim": CLAIM.plain(), "candidates": [candidate("projected-kernel").plain()]}
    return Pilot.model_validate(plain | {name: plain[name] | section for name, section in changes.items()})


def job(home: Path, **changes: Any) -> Job:
    return Job(run="dosed-0-1", pilot=pilot(**changes), folder=Path(), home=home, data="d" * 64, code="c" * 64)


class Slope:
    """Ten times the chance of 1 after RY(x), and `off` more on a device: one circuit a point."""

    def __init__(self, off: float = 0.0) -> None:
        self.off = off

    def circuits(self, X: NDArray[np.float64]) -> tuple[Circuits, ...]:
        return (Circuits(1, (Gate("ry", (0,), (0,)),), X[:, :1]),)

    def features(self, measured: tuple[Probabilities, ...]) -> NDArray[np.float64]:
        return measured[0][:, 1:]

    def decide(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return 10 * features + self.off

    def answer(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.decide(features)[:, 0]

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return 10 * np.sin(X[:, 0] / 2) ** 2
