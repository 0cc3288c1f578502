"""How much of the state space a circuit reaches, and how entangled what it reaches is (Sim et al. 2019)."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.records import Measure
from gates.statistics.normal import two_sided
from qpilot.models.compiled import simulator
from qpilot.simulator.scan import Scan
from qpilot.trainability.widths import Floats, columns

States = NDArray[np.complex128]
DRAWS, GROUPS = 200, 10
BINS = 75  # Sim et al.'s histogram of fidelities


def drawn(estimator: Any, X: Floats, seed: int) -> States:
    """(draws, 2**qubits): what the circuit makes of one row with angles from a full turn; a kernel's, of 200 rows.

    Input scalings stay 1. A circuit behind a classical encoder gets the row as the encoder, just begun, shows it.
    """
    rng = np.random.default_rng([seed, 10])
    rows = columns(X, estimator.n_features_in_, seed)[rng.permutation(len(X))[:DRAWS]]
    circuit = estimator.circuit
    if hasattr(estimator, "kernel"):
        return np.asarray(simulator(circuit).states(estimator.inputs(rows), getattr(estimator, "weights_", None)))
    inputs = estimator.network.inputs(estimator.scaled(rows[:1]), estimator.parameters_)
    weights = rng.uniform(0, 2 * np.pi, (DRAWS, circuit.weights))
    weights[:, circuit.scalings] = 1.0
    return np.asarray(Scan(simulator(circuit), inputs[0]).states(weights))


def expressibility(states: States) -> Measure:
    """KL divergence of the pairs' fidelities from those of Haar-random states, nats; 0 is the most expressive.

    states: (n_states, 2**qubits). A histogram of finitely many pairs diverges from its own law: `method` says by how much
    Haar-random states of the same number do. The interval is a jackknife over ten groups of states, and does not contain
    that bias.
    """
    dimension = states.shape[1]
    group = np.arange(len(states)) % GROUPS
    value = _divergence(states)
    left_out = np.array([_divergence(states[group != one]) for one in range(GROUPS)])
    half = two_sided(0.95) * float(np.sqrt((GROUPS - 1) / GROUPS * ((left_out - left_out.mean()) ** 2).sum()))
    return Measure(
        value=value,
        low=max(0.0, value - half),
        high=value + half,
        n=len(states),
        unit="nats",
        method=f"KL against Haar, {BINS} bins, jackknife 95 %; Haar itself would show {_bias(len(states), dimension):.2g}",
    )


def entangling(states: States) -> Measure:
    """Mean Meyer-Wallach measure Q = 2 (1 - mean purity of one qubit), 0 for product states, at most 1.

    states: (n_states, 2**qubits).
    """
    qubits = states.shape[1].bit_length() - 1
    purity = np.zeros(len(states))
    for wire in range(qubits):
        halves = states.reshape(len(states), 2**wire, 2, -1)
        zero, one = halves[:, :, 0].reshape(len(states), -1), halves[:, :, 1].reshape(len(states), -1)
        up, down = (np.abs(zero) ** 2).sum(axis=1), (np.abs(one) ** 2).sum(axis=1)
        purity += up**2 + down**2 + 2 * np.abs((zero * one.conj()).sum(axis=1)) ** 2
    found = np.clip(2 * (1 - purity / qubits), 0.0, 1.0)
    half = two_sided(0.95) * float(found.std(ddof=1)) / np.sqrt(len(found))
    value = float(found.mean())
    return Measure(
        value=value,
        low=max(0.0, value - half),
        high=min(1.0, value + half),
        n=len(found),
        unit="Meyer-Wallach",
        method="normal 95 % over states",
    )


def _divergence(states: States) -> float:
    """KL of the histogram of |<a|b>|^2 over all pairs from P(F) = (N - 1)(1 - F)^(N - 2)."""
    pairs = np.abs(states @ states.conj().T)[np.triu_indices(len(states), 1)] ** 2
    edges = np.linspace(0, 1, BINS + 1)
    seen = np.histogram(np.clip(pairs, 0, 1), edges)[0] / len(pairs)
    # log of (1-a)^(N-1) - (1-b)^(N-1): a bin's Haar share underflows long before its logarithm does.
    power = states.shape[1] - 1
    with np.errstate(divide="ignore"):
        low, high = power * np.log1p(-edges[:-1]), power * np.log1p(-edges[1:])
    share = low + np.log1p(-np.exp(high - low))
    full = seen > 0
    return max(0.0, float((seen[full] * (np.log(seen[full]) - share[full])).sum()))


@lru_cache(maxsize=64)
def _bias(number: int, dimension: int) -> float:
    """The divergence that as many Haar-random states show, mean of five draws."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(5):
        states = rng.normal(size=(number, dimension)) + 1j * rng.normal(size=(number, dimension))
        found.append(_divergence(states / np.linalg.norm(states, axis=1, keepdims=True)))
    return float(np.mean(found))
