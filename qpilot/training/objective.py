"""The loss that an optimizer minimises: a network's mean loss over batches of training rows, and its penalty."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qpilot.training import augmentation
from qpilot.training.curriculum import pace
from qpilot.training.examples import Batch, Examples, one_pass
from qpilot.training.layerwise import Mask
from qpilot.training.losses import LOSSES
from qpilot.training.natural import fubini_study
from qpilot.training.network import Floats, Network
from qpilot.training.recipe import Recipe
from qpilot.training.watch import Watch

METRIC_ROWS = 8


@dataclass
class Chance:
    """The sources of randomness beside the optimizer's own: shots (None: exact answers), and varied rows."""

    shots: np.random.Generator | None
    varied: np.random.Generator


class Objective:
    """A `Problem` in the parameters where `free` is True; the others stand where `point` has them.

    Not frozen: which rows take part changes on the way. order: places of the rows, easiest first, for a curriculum.
    """

    def __init__(
        self,
        network: Network,
        rows: Examples,
        recipe: Recipe,
        chance: Chance,
        point: Floats,
        free: Mask,
        watch: Watch,
        order: NDArray[np.intp] | None = None,
    ) -> None:
        self.network, self.rows, self.recipe, self.point, self.free = network, rows, recipe, point, free
        self._chance, self._watch = chance, watch
        self._loss = LOSSES[recipe.loss]
        self._order, self._taking_part = order, rows
        self._decayed = self._angles_and_classical()[free]

    @property
    def epoch(self) -> int:
        """How many batches are one pass through the training rows."""
        return -(-len(self.rows) // self.recipe.batch)

    def batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        """Shuffled passes through the rows that take part, varied as the settings say."""
        given = self._watch.begun
        while True:
            if self._order is not None:
                easy = self._order[: pace(len(self.rows), given / self.recipe.steps)]
                self._taking_part = self.rows.take(np.sort(easy))
            rows = self._taking_part
            for places in one_pass(len(rows), self.recipe.batch, rng):
                yield self._varied(rows.take(places))
                given += 1

    def draw(self, rng: np.random.Generator, batches: int) -> Batch:
        """Rows of as many batches as one, not varied."""
        chosen = self.rows.take(rng.permutation(len(self.rows))[: batches * self.recipe.batch])
        return Batch(chosen.X, chosen.targets, chosen.weights)

    def loss(self, parameters: Floats, batch: Batch) -> float:
        """Mean loss over the batch, and the penalty."""
        full = self.full(parameters, batch)
        losses, _ = self._loss(self.network.outputs(batch.X, full, self._chance.shots), batch.targets)
        loss = float(np.mean(batch.weights * losses))
        self._watch.saw(loss, None, self.network.circuits(len(batch.X), gradient=False))
        return loss + self._penalty(parameters)

    def loss_and_gradient(self, parameters: Floats, batch: Batch) -> tuple[float, Floats]:
        """The same with its gradient."""
        full = self.full(parameters, batch)
        loss = np.nan

        def upstream(outputs: Floats) -> Floats:
            nonlocal loss
            losses, slopes = self._loss(outputs, batch.targets)
            loss = float(np.mean(batch.weights * losses))
            return batch.weights[:, None] * slopes / len(batch.X)

        _, gradient = self.network.pull(batch.X, full, upstream, self._chance.shots)
        if batch.kept is not None:
            gradient = np.where(batch.kept, gradient, 0.0)
        gradient = np.where(self.free, gradient, 0.0)
        self._watch.saw(loss, gradient, self.network.circuits(len(batch.X), gradient=True))
        decay = self.recipe.settings.weight_decay * self._decayed
        return loss + self._penalty(parameters), gradient[self.free] + decay * parameters

    def metric(self, parameters: Floats, batch: Batch) -> dict[tuple[int, ...], Floats]:
        """The Fubini-Study metric of each layer's free angles, from the first rows of the batch."""
        full, X = self.full(parameters, batch), batch.X[:METRIC_ROWS]
        places = np.cumsum(self.free) - 1
        blocks = {}
        for layer in self.network.layers:
            inside = [at for at in range(layer.start, layer.stop) if self.free[at]]
            if inside:
                found = fubini_study(lambda moved: self.network.states(X, moved), full, inside)
                blocks[tuple(int(places[at]) for at in inside)] = found
                self._watch.paid((2 * len(inside) + 1) * len(X))
        return blocks

    def record(self, step: int, parameters: Floats) -> None:
        """A point of the training curve; raises `Enough` where training should end."""
        self._watch.record(step, self.full(parameters), self._taking_part)

    def full(self, parameters: Floats, batch: Batch | None = None) -> Floats:
        """All parameters of the network, (size,), with rotations that this batch leaves out at zero."""
        found = self.point.copy()
        found[self.free] = parameters
        return found if batch is None or batch.kept is None else np.where(batch.kept, found, 0.0)

    def _varied(self, rows: Examples) -> Batch:
        settings, rng = self.recipe.settings, self._chance.varied
        batch = Batch(rows.X, rows.targets, rows.weights)
        if settings.mixup:
            batch = augmentation.mixup(batch, settings.mixup, rng)
        if settings.jitter:
            batch = augmentation.jitter(batch, settings.jitter, self.rows.deviation, rng)
        if settings.dropout:
            batch = augmentation.dropout(batch, settings.dropout, self.network.layers, self.network.size, rng)
        return batch

    def _penalty(self, parameters: Floats) -> float:
        return 0.5 * self.recipe.settings.weight_decay * float((self._decayed * parameters**2).sum())

    def _angles_and_classical(self) -> Mask:
        """What weight decay pulls to zero: everything but the circuit's numbers that are no angles (input scalings)."""
        found = np.ones(self.network.size, dtype=np.bool_)
        if "circuit" in self.network.parts:
            found[self.network.parts["circuit"]] = False
        for layer in self.network.layers:
            found[layer] = True
        return found
