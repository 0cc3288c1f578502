"""Layer-wise training: a few angles at a time (Skolik et al. 2021, arXiv 2006.14904)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qpilot.training.network import Floats, Network

Mask = NDArray[np.bool_]


class Phase(NamedTuple):
    """`steps` steps in which the parameters where `free` is True are trained: (size,)."""

    free: Mask
    steps: int


def phases(network: Network, free: Mask, steps: int, layerwise: bool) -> list[Phase]:
    """One phase of everything that is free; layer-wise: half of the steps layer after layer, then halves by turns.

    What is no angle of a layer (a head, say) is trained in every phase.
    """
    if not layerwise or len(network.layers) < 2:
        return [Phase(free, steps)]
    single = len(network.layers)
    middle = (single + 1) // 2
    halves = [network.layers[:middle], network.layers[middle:]]
    plan = [((layer,), 0.5 / single) for layer in network.layers] + [(half, 0.125) for half in halves * 2]
    ends = np.round(steps * np.cumsum([share for _, share in plan])).astype(int)
    spans = np.diff(ends, prepend=0)
    found = []
    for (layers, _), span in zip(plan, spans, strict=True):
        mask = free.copy()
        for layer in network.layers:
            mask[layer] = False
        for layer in layers:
            mask[layer] = free[layer]
        if span and mask.any():
            found.append(Phase(mask, int(span)))
    return found


def unreached(network: Network, parameters: Floats) -> Floats:
    """The parameters with every layer after the first at zero angles, where a layer stands until its turn.

    Its entangling gates are in the circuit from the beginning.
    """
    begun = parameters.copy()
    for layer in network.layers[1:]:
        begun[layer] = 0.0
    return begun
