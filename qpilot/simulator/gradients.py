"""The ways to a gradient: adjoint on the simulator, parameter shift and finite differences as a device would."""

from collections.abc import Callable

import numpy as np

from qpilot.errors import UsageError
from qpilot.simulator.engine import Upstream
from qpilot.simulator.simulator import Simulator
from qpilot.simulator.steps import Floats

Triple = tuple[Floats, Floats, Floats]
"""Expectations (n_rows, n_words), dL/d weights (weights,), dL/d X (n_rows, inputs) or (n_rows, 0) where not asked."""

Method = Callable[..., Triple]
"""f(simulator, X, weights, words, upstream, shots=None, rng=None, inputs=False). shots: None for exact expectations.

X: (n_rows, inputs), radians; weights: (weights,), radians; upstream: dL/d expectations, (n_rows, n_words), or a function that
answers it from the expectations.
"""


def adjoint(
    simulator: Simulator,
    X: Floats,
    weights: Floats,
    words: tuple[str, ...],
    upstream: Upstream,
    shots: int | None = None,
    rng: np.random.Generator | None = None,
    inputs: bool = False,
) -> Triple:
    """One pass forward and one back; exact, so UsageError where shots are asked for (Jones and Gacon 2020)."""
    if shots is not None:
        raise UsageError('adjoint gradients take no shots: choose "parameter-shift" or "finite-difference"')
    if inputs:
        return simulator.value_and_vjps(X, weights, words, upstream)
    values, by_weight = simulator.value_and_vjp(X, weights, words, upstream)
    return values, by_weight, np.zeros((len(X), 0))


def parameter_shift(
    simulator: Simulator,
    X: Floats,
    weights: Floats,
    words: tuple[str, ...],
    upstream: Upstream,
    shots: int | None = None,
    rng: np.random.Generator | None = None,
    inputs: bool = False,
) -> Triple:
    """Two circuits a row and angle, at +-pi/2, exact for RX, RY and RZ (Schuld et al. 2019, arXiv 1811.11184).

    Angles are shifted, not weights, and the chain rule takes their slopes to the weights and inputs they are made of.
    Raises UsageError for a circuit that is known to default.qubit alone.
    """
    trace = simulator.trace
    values = _measured(simulator, X, weights, words, shots, rng)
    slopes = upstream(values) if callable(upstream) else upstream
    by_angle = np.zeros((len(trace.coefficients), len(X)))
    for k in np.flatnonzero(trace.trained | trace.scaled | (trace.varies & inputs)):
        shift = np.zeros(len(by_angle))
        shift[k] = np.pi / 2
        up, down = (_measured(simulator, X, weights, words, shots, rng, sign * shift) for sign in (1, -1))
        by_angle[k] = ((up - down) / 2 * slopes).sum(axis=1)
    by_weight = trace.pull_weights(by_angle @ trace.monomials(X).T)
    by_input = trace.pull_inputs(trace.at(weights).T @ by_angle, X) if inputs else np.zeros((len(X), 0))
    return values, by_weight, by_input


def finite_difference(
    simulator: Simulator,
    X: Floats,
    weights: Floats,
    words: tuple[str, ...],
    upstream: Upstream,
    shots: int | None = None,
    rng: np.random.Generator | None = None,
    inputs: bool = False,
) -> Triple:
    """Two circuits a row and weight (and input), at +-h.

    Central differences of an expectation err by h^2/6 (where its third derivative is 1) and with S shots by a standard
    error of at most 1 / (h sqrt(2 S)); together least at h^6 = 9 / S. Without shots rounding sets h in place of them.
    """
    step = (9 / shots) ** (1 / 6) if shots else _EXACT_STEP[simulator.precision]
    values = _measured(simulator, X, weights, words, shots, rng)
    slopes = upstream(values) if callable(upstream) else upstream

    def difference(x: Floats, w: Floats) -> Floats:
        up = _measured(simulator, X + x, weights + w, words, shots, rng)
        down = _measured(simulator, X - x, weights - w, words, shots, rng)
        return np.asarray(((up - down) / (2 * step) * slopes).sum(axis=1))

    by_weight = np.array([difference(np.zeros(X.shape[1]), unit).sum() for unit in step * np.eye(len(weights))])
    asked = step * np.eye(X.shape[1]) if inputs else np.zeros((0, X.shape[1]))
    by_input = np.array([difference(unit, np.zeros(len(weights))) for unit in asked]).reshape(len(asked), len(X)).T
    return values, by_weight, by_input


GRADIENTS: dict[str, Method] = {
    "adjoint": adjoint,
    "parameter-shift": parameter_shift,
    "finite-difference": finite_difference,
}

_EXACT_STEP = {"double": 1e-5, "single": 1e-2}


def _measured(
    simulator: Simulator,
    X: Floats,
    weights: Floats,
    words: tuple[str, ...],
    shots: int | None,
    rng: np.random.Generator | None,
    shifts: Floats | None = None,
) -> Floats:
    if shots is None:
        return simulator.expectations(X, weights, words, shifts)
    if rng is None:
        raise UsageError("finite shots need a random generator, got none")
    return simulator.sampled(X, weights, words, shots, rng, shifts)
