"""Two models on the same points become the record that suits how their answers are graded."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from gates.averaged import Averaged
from gates.comparison import Comparison
from gates.graded import Graded
from gates.grading import Grades


def paired(
    first: Grades, second: Grades, labels: ArrayLike, known: Sequence[str], averaged: bool
) -> Comparison | Averaged | Graded:
    """The first model against the second, from grades (n_seeds, n_points), one row where there are no seeds.

    | grades  | averaged over seeds | record                |
    |---------|---------------------|-----------------------|
    | numbers | yes                 | Graded, of their mean |
    | numbers | no                  | Graded, first seed    |
    | bool    | yes                 | Averaged              |
    | bool    | no                  | Comparison, first seed |

    labels: (n_points,), true classes by name, and known: every class there is; both unread where grades are numbers.
    """
    if first.dtype != np.bool_:
        return Graded.of(first, second) if averaged else Graded.of(first[:1], second[:1])
    if averaged:
        return Averaged.of(first, second, labels, known)
    return Comparison.of(first[0], second[0], labels, known)
