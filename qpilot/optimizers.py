"""Optimizers by name. Each minimises a loss over training rows and answers the best parameters it found."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Parameters = NDArray[np.float64]
Rows = NDArray[np.intp]


class Problem(Protocol):
    """A mean loss over training rows. `record` keeps a point of the training curve."""

    batch: int

    @property
    def rows(self) -> int:
        """How many training rows there are."""
        ...

    def loss(self, parameters: Parameters, rows: Rows) -> float:
        """Mean loss over `rows`."""
        ...

    def loss_and_gradient(self, parameters: Parameters, rows: Rows) -> tuple[float, Parameters]:
        """Mean loss over `rows`, and its gradient: the same shape as `parameters`."""
        ...

    def record(self, step: int, loss: float, gradient_norm: float) -> None:
        """Keeps a point of the training curve: after `step` steps, the mean loss and Euclidean gradient norm."""
        ...


Optimizer = Callable[[Problem, Parameters, int, float, np.random.Generator], Parameters]
"""(problem, start, steps, learning rate, rng) -> parameters."""


def _batches(problem: Problem, rng: np.random.Generator) -> Iterator[Rows]:
    """Row indices of one shuffled pass after another, `problem.batch` at a time."""
    while True:
        order = rng.permutation(problem.rows)
        for start in range(0, problem.rows, problem.batch):
            yield order[start : start + problem.batch]


def adam(problem: Problem, start: Parameters, steps: int, learning_rate: float, rng: np.random.Generator) -> Parameters:
    """Adam (Kingma & Ba 2014, their defaults) on shuffled mini-batches; `steps` updates, a curve point each epoch."""
    parameters, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    epoch = -(-problem.rows // problem.batch)
    losses: list[float] = []
    norms: list[float] = []
    for step, rows in zip(range(1, steps + 1), _batches(problem, rng), strict=False):
        loss, gradient = problem.loss_and_gradient(parameters, rows)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        parameters -= learning_rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        losses.append(loss)
        norms.append(float(np.linalg.norm(gradient)))
        if step % epoch == 0 or step == steps:
            problem.record(step, float(np.mean(losses)), float(np.mean(norms)))
            losses, norms = [], []
    return parameters


def spsa(problem: Problem, start: Parameters, steps: int, learning_rate: float, rng: np.random.Generator) -> Parameters:
    """Simultaneous perturbation with Spall's (1998) gains: two evaluations a step, each on one mini-batch.

    With A a tenth of the steps, step k moves by a ((1 + A) / (k + A))^0.602 and perturbs by 0.1 / k^0.101. The gain a
    is calibrated as by Kandala et al. (2017, arXiv 1704.05018): first steps move every parameter by about the learning
    rate. The answer is the mean of the last tenth of the iterates, which averages the perturbations' noise away.
    """
    parameters = start.copy()
    batches = _batches(problem, rng)

    def slope(width: float, rows: Rows) -> tuple[float, Parameters]:
        signs = rng.choice((-1.0, 1.0), size=start.shape)
        above = problem.loss(parameters + width * signs, rows)
        return (above - problem.loss(parameters - width * signs, rows)) / (2 * width), signs

    typical = float(np.mean([abs(slope(0.1, rows)[0]) for _, rows in zip(range(10), batches, strict=False)]))
    stability, tail, every = 0.1 * steps, max(1, steps // 10), max(1, steps // 20)
    total = np.zeros_like(start)
    for step, rows in zip(range(1, steps + 1), batches, strict=False):
        steepness, signs = slope(0.1 / step**0.101, rows)
        rate = learning_rate / max(typical, 1e-12) * ((1 + stability) / (step + stability)) ** 0.602
        parameters = parameters - rate * steepness * signs
        if step > steps - tail:
            total += parameters
        if step % every == 0 or step == steps:
            _observe(problem, step, parameters)
    return total / tail


def cobyla(
    problem: Problem, start: Parameters, steps: int, learning_rate: float, rng: np.random.Generator
) -> Parameters:
    """COBYLA (Powell 1994, scipy) on eight batches of rows; `steps` evaluations, first trust region ten learning rates.

    The rows are drawn once, since it needs a loss without noise. Its first linear model takes one evaluation a
    parameter and two more: it never makes fewer, whatever `steps` says.
    """
    from scipy.optimize import minimize

    drawn = rng.permutation(problem.rows)[: 8 * problem.batch]
    every = max(1, steps // 20)
    evaluations, best, best_loss = 0, start.copy(), np.inf

    def loss(parameters: Parameters) -> float:
        nonlocal evaluations, best, best_loss
        value = problem.loss(parameters, drawn)
        evaluations += 1
        if value < best_loss:
            best, best_loss = parameters.copy(), value
        if evaluations % every == 0:
            _observe(problem, evaluations, best)
        return value

    least = len(start) + 2
    minimize(loss, start, method="COBYLA", options={"maxiter": max(steps, least), "rhobeg": 10 * learning_rate})
    return best


def _observe(problem: Problem, step: int, parameters: Parameters) -> None:
    """Records the curve of a gradient-free optimizer: loss and gradient on the first four batches of rows."""
    rows = np.arange(min(problem.rows, 4 * problem.batch))
    loss, gradient = problem.loss_and_gradient(parameters, rows)
    problem.record(step, loss, float(np.linalg.norm(gradient)))


OPTIMIZERS: Mapping[str, Optimizer] = {"adam": adam, "cobyla": cobyla, "spsa": spsa}
