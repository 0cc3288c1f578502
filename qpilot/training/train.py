"""Trains a network: start, phases, optimizer, stopping. The same seed gives the same bits."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from qpilot.errors import UsageError, unknown
from qpilot.training.curriculum import easiest_first
from qpilot.training.examples import Examples, class_weights
from qpilot.training.layerwise import Mask, phases, unreached
from qpilot.training.losses import LOSSES
from qpilot.training.network import Floats, Network
from qpilot.training.objective import Chance, Objective
from qpilot.training.optimizers import OPTIMIZERS
from qpilot.training.problem import Enough
from qpilot.training.recipe import Recipe
from qpilot.training.settings import Training
from qpilot.training.starts import STARTS
from qpilot.training.stopping import parted
from qpilot.training.telemetry import Trained
from qpilot.training.watch import Each, Watch

VARYING, SHOTS = 22, 23
"""Streams of randomness beside the optimizer's, so that an option that is off leaves the others' draws as they are."""


def train(
    network: Network,
    X: Floats,
    targets: Floats,
    recipe: Recipe,
    seed: int,
    *,
    groups: Sequence[Any] | None = None,
    start: Floats | None = None,
    free: Mask | None = None,
    each: Each | None = None,
) -> Trained:
    """The parameters found, (size,), with what was seen on the way.

    X: (n_rows, n_features), scaled. targets: (n_rows, n_classes), one-hot, or values for a squared error. groups: one
    a row; a group is never both trained and validated on. start: parameters to begin from, (size,); NaN where the
    settings decide. free: (size,), False where a parameter stays as it begins. each: called once an epoch. Raises
    UsageError where settings contradict each other, RowsError where rows are too few for them, DivergedError where numbers
    leave all bounds.
    """
    settings = recipe.settings
    if recipe.optimizer not in OPTIMIZERS:
        raise UsageError(unknown("optimizer", recipe.optimizer, OPTIMIZERS))
    if recipe.loss not in LOSSES:
        raise UsageError(unknown("loss", recipe.loss, LOSSES))
    if fault := settings.fault(recipe.optimizer):
        raise UsageError(fault)
    rng = np.random.default_rng(seed)
    point = begin(network, X, settings, rng, start)
    chance = Chance(
        shots=None if settings.shots is None else np.random.default_rng([seed, SHOTS]),
        varied=np.random.default_rng([seed, VARYING]),
    )
    rows, validation = _rows(X, targets, groups, recipe, seed)
    order = easiest_first(rows.X, rows.targets) if settings.curriculum else None
    watch = Watch(network, rows, validation, recipe, point, chance.shots, each, seed)
    everything = np.ones(network.size, dtype=np.bool_) if free is None else free
    for mask, steps in phases(network, everything, recipe.steps, settings.layerwise):
        objective = Objective(network, rows, recipe, chance, point, mask, watch, order)
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # `require_finite` says it, once
                found = OPTIMIZERS[recipe.optimizer](objective, point[mask], steps, recipe.learning_rate, rng)
            point = objective.full(found)
        except Enough:
            pass
        if watch.stopper is not None and watch.stopper.parameters is not None:
            point = watch.stopper.parameters
            watch.stopper.again()
        watch.begun += steps
    return Trained(point, watch.telemetry(), watch.clock())


def begin(
    network: Network, X: Floats, settings: Training, rng: np.random.Generator, given: Floats | None = None
) -> Floats:
    """Where training begins: (size,). What is not NaN in `given` is taken from there.

    rng gives what it would give without a start of the settings: theirs draws from a child of it.
    """
    point = network.start(rng)
    if network.layers:
        sizes = [layer.stop - layer.start for layer in network.layers]
        drawn = STARTS[settings.start](sizes, X, rng.spawn(1)[0])
        for layer, angles in zip(network.layers, drawn, strict=True):
            point[layer] = angles
    if settings.layerwise:
        point = unreached(network, point)
    if given is None:
        return point
    if given.shape != point.shape:
        raise UsageError(f"the network has {len(point)} parameters, but training is to start from {given.shape}")
    return np.where(np.isnan(given), point, given)


def _rows(
    X: Floats, targets: Floats, groups: Sequence[Any] | None, recipe: Recipe, seed: int
) -> tuple[Examples, Examples | None]:
    settings = recipe.settings
    every = Examples(X, targets, class_weights(settings.class_weights, targets, recipe.loss))
    if settings.patience is None:
        return every, None
    classes = targets.shape[1] > 1  # one-hot; a quantity is one column
    train, validation = parted(X, targets, groups, settings.validation, classes, seed)
    return every.take(train), every.take(validation)
