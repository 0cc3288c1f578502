"""Optimizers by name. Each minimises a problem's loss and answers the best parameters it found."""

from collections.abc import Mapping

import numpy as np

from qpilot.training.divergence import require_finite
from qpilot.training.moments import Moments, share
from qpilot.training.natural import natural_gradient
from qpilot.training.network import Floats
from qpilot.training.problem import Batch, Optimizer, Problem


def adam(problem: Problem, start: Floats, steps: int, learning_rate: float, rng: np.random.Generator) -> Floats:
    """Adam (Kingma & Ba 2014, their defaults) on shuffled mini-batches; `steps` updates, a curve point each epoch.

    The rate falls in the second half of the steps.
    """
    parameters, moments = start.copy(), Moments(start.shape)
    for step, batch in zip(range(1, steps + 1), problem.batches(rng), strict=False):
        loss, gradient = problem.loss_and_gradient(parameters, batch)
        parameters -= learning_rate * share(step, steps) * moments.direction(gradient)
        require_finite(step, loss, gradient, parameters)
        if step % problem.epoch == 0 or step == steps:
            problem.record(step, parameters)
    return parameters


def spsa(problem: Problem, start: Floats, steps: int, learning_rate: float, rng: np.random.Generator) -> Floats:
    """Simultaneous perturbation with Spall's (1998) gains: two evaluations a step, each on one mini-batch.

    With A a tenth of the steps, step k moves by a ((1 + A) / (k + A))^0.602 and perturbs by 0.1 / k^0.101. The gain a
    is calibrated as by Kandala et al. (2017, arXiv 1704.05018): first steps move every parameter by about the learning
    rate. The answer is the mean of the last tenth of the iterates, which averages the perturbations' noise away.
    """
    parameters = start.copy()
    batches = problem.batches(rng)

    def slope(width: float, batch: Batch) -> tuple[float, Floats]:
        signs = rng.choice((-1.0, 1.0), size=start.shape)
        above = problem.loss(parameters + width * signs, batch)
        return (above - problem.loss(parameters - width * signs, batch)) / (2 * width), signs

    typical = float(np.mean([abs(slope(0.1, batch)[0]) for _, batch in zip(range(10), batches, strict=False)]))
    stability, tail, every = 0.1 * steps, max(1, steps // 10), max(1, steps // 20)
    total = np.zeros_like(start)
    for step, batch in zip(range(1, steps + 1), batches, strict=False):
        steepness, signs = slope(0.1 / step**0.101, batch)
        rate = learning_rate / max(typical, 1e-12) * ((1 + stability) / (step + stability)) ** 0.602
        parameters = parameters - rate * steepness * signs
        require_finite(step, steepness, parameters)
        if step > steps - tail:
            total += parameters
        if step % every == 0 or step == steps:
            problem.record(step, parameters)
    return total / tail


def cobyla(problem: Problem, start: Floats, steps: int, learning_rate: float, rng: np.random.Generator) -> Floats:
    """COBYLA (Powell 1994, scipy) on eight batches of rows; `steps` evaluations, first trust region ten learning rates.

    The rows are drawn once, since it needs a loss without noise. Its first linear model takes one evaluation a
    parameter and two more: it never makes fewer, whatever `steps` says.
    """
    from scipy.optimize import minimize

    drawn = problem.draw(rng, 8)
    every = max(1, steps // 20)
    evaluations, best, best_loss = 0, start.copy(), np.inf

    def loss(parameters: Floats) -> float:
        nonlocal evaluations, best, best_loss
        value = problem.loss(parameters, drawn)
        evaluations += 1
        require_finite(evaluations, value, parameters)
        if value < best_loss:
            best, best_loss = parameters.copy(), value
        if evaluations % every == 0:
            problem.record(evaluations, best)
        return value

    least = len(start) + 2
    minimize(loss, start, method="COBYLA", options={"maxiter": max(steps, least), "rhobeg": 10 * learning_rate})
    return best


OPTIMIZERS: Mapping[str, Optimizer] = {
    "adam": adam,
    "cobyla": cobyla,
    "natural-gradient": natural_gradient,
    "spsa": spsa,
}
