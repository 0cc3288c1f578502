"""Looks at a training once an epoch: what it cost, where it stands, and whether it should go on."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from qpilot.training.divergence import require_finite
from qpilot.training.examples import Examples, effective
from qpilot.training.losses import LOSSES
from qpilot.training.network import Floats, Network
from qpilot.training.problem import Enough
from qpilot.training.recipe import Recipe
from qpilot.training.stopping import Stopper, standard_error
from qpilot.training.telemetry import Telemetry

Each = Callable[[int, int, Mapping[str, float]], None]
"""(steps so far, steps in all, this epoch's columns): called once an epoch."""

PROBED = 8
"""Rows whose states are compared with those an epoch before."""
LOOKED_AT = 24
"""The stream of randomness that chooses the rows to look at."""
BATCHES = 4
"""Batches of rows on which an optimizer without gradients is looked at."""


class Watch:
    """Not frozen: it gathers what the objective saw since the last epoch, and the epochs so far.

    begun: steps taken in phases that are over. What watching itself executes is not counted as the training's.
    """

    def __init__(
        self,
        network: Network,
        rows: Examples,
        validation: Examples | None,
        recipe: Recipe,
        start: Floats,
        shots: np.random.Generator | None,
        each: Each | None,
        seed: int,
    ) -> None:
        self.begun = 0
        self.stopper = (
            None if validation is None or recipe.settings.patience is None else Stopper(recipe.settings.patience)
        )
        self._network, self._validation, self._recipe = network, validation, recipe
        self._shots, self._each, self._loss = shots, each, LOSSES[recipe.loss]
        order = np.random.default_rng([seed, LOOKED_AT]).permutation(len(rows))
        self._some = rows.take(order[: BATCHES * recipe.batch])
        self._probes = rows.X[order[:PROBED]]
        self._before = network.states(self._probes, start)
        self._losses: list[float] = []
        self._norms: list[dict[str, float]] = []
        self._circuits = 0
        self._epochs: list[dict[str, float]] = []
        self._clock: list[tuple[float, float]] = []
        self._since = time.perf_counter(), time.thread_time()

    def saw(self, loss: float, gradient: Floats | None, circuits: int) -> None:
        """A batch's mean loss, its gradient where it was taken (size,), and what that cost."""
        self._losses.append(loss)
        self._circuits += circuits
        if gradient is not None:
            self._norms.append(self._by_part(gradient))

    def paid(self, circuits: int) -> None:
        """Circuits that were executed for something else than a loss."""
        self._circuits += circuits

    def record(self, step: int, parameters: Floats, taking_part: Examples) -> None:
        """Keeps an epoch, `step` steps into this phase. Raises `Enough` where it should be the last."""
        found: dict[str, float] = {"step": float(self.begun + step)}
        found |= self._progress(parameters)
        found["parameter_norm"] = float(np.linalg.norm(parameters))
        found["effective_rows"] = effective(taking_part.weights)
        found["fidelity"] = self._fidelity(parameters)
        stop = False
        if self._shots is not None or self.stopper is not None:
            losses = self._looked_at(parameters, found)
            stop = self.stopper is not None and self.stopper.enough(parameters, losses)
        found["circuits"] = float(self._circuits)
        require_finite(self.begun + step, *found.values())
        self._epochs.append(found)
        wall, cpu = self._since
        self._clock.append((time.perf_counter() - wall, time.thread_time() - cpu))
        if self._each is not None:
            self._each(self.begun + step, self._recipe.steps, found)
        if stop:
            raise Enough

    def telemetry(self) -> Telemetry:
        """All epochs so far."""
        shots, origin = self._recipe.settings.shots, self._network.origin
        drawn = {} if shots is None else {"shots": float(shots)}
        return Telemetry.from_rows(self._epochs, replace(origin, noise={**origin.noise, **drawn}))

    def clock(self) -> Floats:
        """(n_epochs, 2): wall and CPU seconds since the start."""
        return np.array(self._clock, dtype=np.float64).reshape(-1, 2)

    def _progress(self, parameters: Floats) -> dict[str, float]:
        """Loss and gradient norms since the last epoch; of some fixed rows where the optimizer took no gradient."""
        if not self._norms:
            loss, gradient = self._measured(parameters, self._some)
            found = {"loss": loss, **self._by_part(gradient)}
        else:
            found = {"loss": float(np.mean(self._losses))}
            found |= {name: float(np.mean([norms[name] for norms in self._norms])) for name in self._norms[0]}
        self._losses, self._norms = [], []
        return found

    def _measured(self, parameters: Floats, rows: Examples) -> tuple[float, Floats]:
        loss = np.nan

        def upstream(outputs: Floats) -> Floats:
            nonlocal loss
            losses, slopes = self._loss(outputs, rows.targets)
            loss = float(np.mean(rows.weights * losses))
            return rows.weights[:, None] * slopes / len(rows)

        _, gradient = self._network.pull(rows.X, parameters, upstream)
        return loss, gradient

    def _by_part(self, gradient: Floats) -> dict[str, float]:
        parts = {
            f"gradient_norm.{name}": float(np.linalg.norm(gradient[at])) for name, at in self._network.parts.items()
        }
        return {"gradient_norm": float(np.linalg.norm(gradient)), **parts}

    def _fidelity(self, parameters: Floats) -> float:
        """1 where the parameters did not move the states."""
        now = self._network.states(self._probes, parameters)
        overlaps = np.abs((self._before.conj() * now).sum(axis=1)) ** 2
        self._before = now
        return float(overlaps.mean())

    def _looked_at(self, parameters: Floats, found: dict[str, float]) -> Floats:
        """Each validation row's loss (without validation rows, some training rows'), and what shots do to their mean."""
        rows = self._some if self._validation is None else self._validation
        losses = self._losses_of(parameters, rows)
        if self._shots is not None:  # two independent readings: half their squared difference is the variance of one
            again = self._losses_of(parameters, rows)
            found["shot_error"] = float(np.sqrt(((losses - again) ** 2).sum() / 2) / len(rows))
            losses = (losses + again) / 2
        if self._validation is not None:
            readings = 1 if self._shots is None else 2
            self._circuits += readings * self._network.circuits(len(rows), gradient=False)
            found |= {"validation_loss": float(losses.mean()), "validation_error": standard_error(losses)}
        return losses

    def _losses_of(self, parameters: Floats, rows: Examples) -> Floats:
        losses, _ = self._loss(self._network.outputs(rows.X, parameters, self._shots), rows.targets)
        return np.asarray(rows.weights * losses)
