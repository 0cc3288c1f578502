"""The corrected resampled t-test over the folds of repeated cross-validation (Nadeau & Bengio 2003, Machine Learning 52).

t = (mean - d0) / (s sqrt(1/J + n_test/n_train)) with J - 1 degrees of freedom, J = folds x repeats. The second term stands
for what the folds share in training rows: without it the test calls every second null set a discovery.
"""

import math

import numpy as np
from numpy.typing import ArrayLike


def standard_error(
    differences: ArrayLike, d0: float, test: float, train: float, points: int, graded: bool = False
) -> float:
    """Of the mean of `differences`, (J,), one a fold of `test` rows after training on `train`, `points` rows in all.

    The folds' variance is never taken to be less than the null hypothesis or the mean itself implies: a mean difference
    of x takes disagreement on |x| of the rows, so one row varies by |x|(1 - |x|) at least; and never less than one
    disagreement among all rows. Folds that happen to agree exactly would otherwise be certain of anything. Of graded answers
    only the last holds: two may differ by as much on every row. NaN below two folds.
    """
    found = np.asarray(differences, dtype=np.float64)
    if found.size < 2 or not (test > 0 and train > 0 and points > 0):
        return math.nan
    least = 0.0 if graded else max(abs(x) * (1 - abs(x)) for x in (d0, float(found.mean())))
    variance = max(float(found.var(ddof=1)), max(least, 1 / points) / test)
    return math.sqrt(variance * (1 / found.size + test / train))


def cost(folds: int, repeats: int) -> float:
    """How many times the rows of a plain paired test the corrected one takes: folds (1/J + n_test/n_train).

    n_test/n_train = 1/(folds - 1): 1.31 for 5 x 10 folds, 1.45 for 5 x 5.
    """
    return 1 / repeats + folds / (folds - 1)
