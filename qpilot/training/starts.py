"""Where the circuit's angles begin. Random angles in a deep circuit start on a barren plateau; these do not.

Every function answers the angles of all layers, one array a layer: (n_angles,), radians. layers: how many angles each
has. X: (n_rows, n_features), scaled.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from qpilot.errors import UsageError
from qpilot.training.network import Floats

Start = Callable[[Sequence[int], Floats, np.random.Generator], list[Floats]]
"""(angles of each layer, X (n_rows, n_features) scaled, rng) -> the angles of each layer, radians."""

SMALL = 0.1
"""Standard deviation, radians: near the identity gradients do not vanish with width."""


def small(layers: Sequence[int], X: Floats, rng: np.random.Generator) -> list[Floats]:
    """Normal, a tenth of a radian wide, however deep the circuit."""
    return [rng.normal(0, SMALL, size) for size in layers]


def gaussian(layers: Sequence[int], X: Floats, rng: np.random.Generator) -> list[Floats]:
    """Normal with variance 1 / (4 S (L + 2)) for L layers (Zhang et al. 2022, arXiv 2203.09376, theorem 4.1).

    S, the qubits an observable acts on, is 1: heads read single qubits.
    """
    return [rng.normal(0, np.sqrt(1 / (4 * (len(layers) + 2))), size) for size in layers]


def uniform(layers: Sequence[int], X: Floats, rng: np.random.Generator) -> list[Floats]:
    """All angles alike: the start that barren plateaus are proved for (McClean et al. 2018), to compare with."""
    return [rng.uniform(-np.pi, np.pi, size) for size in layers]


def beta(layers: Sequence[int], X: Floats, rng: np.random.Generator) -> list[Floats]:
    """Beta distributed in [0, 1] rad, after the data (Kulshrestha & Safro 2022, arXiv 2204.13751).

    The distribution is the one that has the mean and the variance of all features, each brought into [0, 1]; rows that
    leave no such distribution give Beta(1, 1). The paper's noise on gradients is left out.
    """
    low, high = X.min(axis=0), X.max(axis=0)
    wide = high > low
    values = ((X - low)[:, wide] / (high - low)[wide]).ravel()
    mean, variance = (values.mean(), values.var()) if values.size else (0.5, 0.0)
    mass = mean * (1 - mean) / variance - 1 if variance > 0 else 0.0
    first, second = (mean * mass, (1 - mean) * mass) if mass > 0 else (1.0, 1.0)
    return [rng.beta(first, second, size) for size in layers]


def identity_block(layers: Sequence[int], X: Floats, rng: np.random.Generator) -> list[Floats]:
    """Random angles whose circuit does nothing (Grant et al. 2019, arXiv 1903.05076).

    The circuit has to be mirrored: of four layers the last two are the second's and the first's adjoint, with angles of
    their own.
    """
    if len(layers) % 4:
        raise UsageError(f'start = "identity-block" takes layers in fours, not {len(layers)}: set a multiple of 4')
    found = []
    for at in range(0, len(layers), 4):
        first, second = (rng.uniform(-np.pi, np.pi, size) for size in layers[at : at + 2])
        found += [first, second, second.copy(), first.copy()]
    return found


STARTS: Mapping[str, Start] = {
    "beta": beta,
    "gaussian": gaussian,
    "identity-block": identity_block,
    "small": small,
    "uniform": uniform,
}
