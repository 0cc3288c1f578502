"""How large a trained circuit's gradient is at its start, over random starts, rows and readouts."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qpilot.circuits import Circuit
from qpilot.models.compiled import simulator
from qpilot.models.readout import local, whole
from qpilot.trainability.widths import Floats, columns
from qpilot.training.settings import Training
from qpilot.training.train import begin

Readout = Literal["own", "local", "global"]
DRAWS = 100
SILENT = 1e-24
"""A squared component this small is rounding: the angle cannot matter (a last turn about Z before <Z> is read)."""


class Gradients(NamedTuple):
    """squares: (draws,), the mean squared component of each draw's gradient. costs: (draws,)."""

    squares: Floats
    costs: Floats


@dataclass(frozen=True)
class Moment:
    """A second moment of a mean-zero quantity over independent draws, with the standard error of its logarithm."""

    value: float
    error: float
    draws: int

    @classmethod
    def of(cls, squares: NDArray[np.float64]) -> "Moment":
        """The mean of `squares`, (draws,); its log's error is sqrt((kurtosis - 1) / draws), by the delta method."""
        mean = float(squares.mean())
        error = float(squares.std(ddof=1)) / mean / np.sqrt(len(squares)) if mean > 0 else float("nan")
        return cls(mean, float(error), len(squares))


def draw_gradients(estimator: Any, X: Floats, seed: int, readout: Readout = "own", **training: Any) -> Gradients:
    """Gradients of the cost C = sum_k u_k <P_k> with respect to the circuit's angles, exact, over `DRAWS` draws.

    Each draw takes one row, the network's starting parameters, and u: a random direction over the words the model reads,
    of length 1, which is what a decoder at its start or a loss does to expectations, up to their scale. By u's symmetry C
    and its gradient have mean 0, so that their variance is their mean square. Angles that are not trained at first (of
    later layers, layer by layer) and angles that cannot matter do not count.

    X: (n_rows, n_features), as the reduction leaves it. readout: "own" are the model's words, "local" <Z> of each wire it
    reads, "global" their product (the costs of Cerezo et al. 2021, arXiv 2001.00550). training: settings other than the
    candidate's own, such as start="uniform".
    """
    circuit, network = estimator.circuit, estimator.network
    settings: Training = estimator.candidate.training.model_copy(update=training)
    read = circuit.reads, circuit.qubits
    words = {"own": tuple(estimator.words), "local": local(*read), "global": whole(*read)}[readout]
    rng = np.random.default_rng([seed, 8])
    rows = estimator.scaled(columns(X, estimator.n_features_in_, seed))
    squares, costs = np.empty((DRAWS, circuit.weights)), np.empty(DRAWS)
    for draw in range(DRAWS):
        parameters = begin(network, rows, settings, rng)
        inputs = network.inputs(rows[[rng.integers(len(rows))]], parameters)
        direction = rng.normal(size=len(words))
        direction /= np.linalg.norm(direction)
        weights = parameters[network.parts["circuit"]]
        values, gradient = simulator(circuit).value_and_vjp(inputs, weights, words, direction[None])
        squares[draw], costs[draw] = gradient**2, float(values[0] @ direction)
    live = _trained(circuit, settings.layerwise) & (squares.max(axis=0) > SILENT)
    return Gradients(squares[:, live].mean(axis=1) if live.any() else np.zeros(DRAWS), costs)


def _trained(circuit: Circuit, layerwise: bool) -> NDArray[np.bool_]:
    """The circuit's angles, (weights,): all but input scalings; the first layer's where it is trained alone."""
    found = np.zeros(circuit.weights, dtype=np.bool_)
    for layer in circuit.layer_slices[: 1 if layerwise else None]:
        found[layer] = True
    return found
