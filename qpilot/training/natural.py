"""Quantum natural gradient: steepest descent in how far states move, not in how far angles do."""

from collections.abc import Callable, Sequence

import numpy as np

from qpilot.training.divergence import require_finite
from qpilot.training.moments import Moments, share
from qpilot.training.network import Floats, States
from qpilot.training.problem import Problem

DAMPING = 1e-2
"""Added to the metric's diagonal, which is 1/4 for a rotation that moves its state fully; angles that do not move it
would otherwise be moved without bound."""
WIDTH = 1e-4
"""Of the central differences, radians: an error of about 1e-8."""


def natural_gradient(
    problem: Problem, start: Floats, steps: int, learning_rate: float, rng: np.random.Generator
) -> Floats:
    """Stokes et al. 2020 (arXiv 1909.02108): each layer's angles by its block of the Fubini-Study metric.

    Classical parameters have no such metric: they follow Adam. `steps` updates, a curve point each epoch;
    the rate falls in the second half of them.
    """
    parameters, moments = start.copy(), Moments(start.shape)
    for step, batch in zip(range(1, steps + 1), problem.batches(rng), strict=False):
        loss, gradient = problem.loss_and_gradient(parameters, batch)
        move = moments.direction(gradient)
        for block, metric in problem.metric(parameters, batch).items():
            at = list(block)
            move[at] = np.linalg.solve(metric + DAMPING * np.eye(len(at)), gradient[at])
        parameters -= learning_rate * share(step, steps) * move
        require_finite(step, loss, gradient, parameters)
        if step % problem.epoch == 0 or step == steps:
            problem.record(step, parameters)
    return parameters


def fubini_study(states: Callable[[Floats], States], parameters: Floats, block: Sequence[int]) -> Floats:
    """Re(<d_i|d_j> - <d_i|s><s|d_j>), mean over rows, for the parameters in `block`: (n_block, n_block).

    states: parameters -> (n_rows, 2**qubits). They are known up to a phase alone, which may jump; so each is turned to
    have a real overlap with the state it is compared with. The derivatives that follow are orthogonal to it, and the
    second term is none.
    """
    middle = states(parameters)

    def turned(at: int, width: float) -> States:
        moved = parameters.copy()
        moved[at] += width
        found = states(moved)
        overlap = (found.conj() * middle).sum(axis=1, keepdims=True)
        return np.asarray(found * (overlap / np.abs(overlap)))

    slopes = np.array([(turned(at, WIDTH) - turned(at, -WIDTH)) / (2 * WIDTH) for at in block])
    return np.asarray(np.einsum("irk,jrk->ijr", slopes.conj(), slopes).real.mean(axis=2))
