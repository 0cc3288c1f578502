"""Zero-noise extrapolation: circuits run at several noise scales, their outcomes carried back to no noise.

Digital folding (Giurgica-Tiron et al. 2020, arXiv 2005.10921): U becomes U (U^-1 U)^k, the same unitary from 2 k + 1
times as many noisy gates. The whole circuit is folded as the device runs it, so the stated factor is the one reached.
Readout does not scale, so its error stays; "readout+zne-..." takes that out first.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qpilot.errors import QpilotError
from qpilot.mitigation.technique import Rows, Settings, Technique
from qpilot.program import Circuits

SCALES = (1, 3, 5)


def fold(circuits: Circuits, scale: int) -> Circuits:
    """`circuits` with `scale` times (odd) as many noisy gates; what was folded already is folded on."""
    if scale < 1 or scale % 2 == 0:
        raise QpilotError(f"a circuit folds to an odd number of times its gates, got {scale}: take 1, 3, 5, ...")
    return replace(circuits, scale=circuits.scale * scale)


def weights(scales: Sequence[int], degree: int) -> NDArray[np.float64]:
    """What each scale's value counts in the value at scale 0 of their least-squares polynomial; they sum to 1.

    (n_scales,). With equal shots at every scale the variance grows by the sum of their squares: for 1, 3, 5 by 1.5
    with a line (degree 1), by 5.2 with the parabola through all three (Richardson, degree 2).
    """
    if not 0 < degree < len(set(scales)):
        raise QpilotError(f"a polynomial of degree {degree} needs {degree + 1} scales or more, got {len(set(scales))}")
    powers = np.vander(np.asarray(scales, dtype=np.float64), degree + 1, increasing=True)
    return np.asarray(np.linalg.pinv(powers)[0], dtype=np.float64)


def extrapolation(scales: Sequence[int], degree: int) -> Technique:
    """Every outcome's probability as a polynomial of the noise scale, read at 0."""
    counting = weights(scales, degree)

    def construct(settings: Settings) -> tuple[Settings, Settings]:
        return tuple(fold(circuits, scale) for circuits in settings for scale in scales), ()

    def combine(rows: tuple[Rows, ...], calibration: object) -> tuple[Rows, ...]:
        if len(rows) % len(scales):
            raise QpilotError(f"{len(rows)} settings came back, a multiple of {len(scales)} (one a scale) is required")
        starts = range(0, len(rows), len(scales))
        return tuple(np.tensordot(counting, np.stack(rows[at : at + len(scales)]), axes=1) for at in starts)

    return Technique(len(scales), 0, construct, combine)


LINEAR = extrapolation(SCALES, 1)
RICHARDSON = extrapolation(SCALES, len(SCALES) - 1)
