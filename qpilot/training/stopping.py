"""Early stopping that knows noise: an improvement counts when it is larger than its own standard error."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qpilot.errors import RowsError
from qpilot.training.network import Floats


class Stopper:
    """Keeps the best parameters seen, and counts epochs without improvement.

    The improvement over the best is the mean of the validation rows' differences in loss, row by row; its standard
    error is theirs, with everything the shots did to either loss in it. Small steady gains add up until they count,
    since the best stands still meanwhile.
    """

    def __init__(self, patience: int) -> None:
        self.parameters: Floats | None = None
        self._patience, self._waited = patience, 0
        self._losses = np.zeros(0)

    def enough(self, parameters: Floats, losses: Floats) -> bool:
        """Whether `patience` epochs, this one with them, have brought nothing. losses: (n_rows,), always of the same rows."""
        if self.parameters is None or self._better(losses):
            self.parameters, self._losses, self._waited = parameters.copy(), losses, 0
            return False
        self._waited += 1
        return self._waited >= self._patience

    def again(self) -> None:
        """Starts counting anew; the best stays."""
        self._waited = 0

    def _better(self, losses: Floats) -> bool:
        gained = self._losses - losses
        return bool(gained.mean() > standard_error(gained))


def standard_error(values: Floats) -> float:
    """Of the mean of independent values: (n,), n at least 2."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def parted(
    X: Floats, targets: Floats, groups: Sequence[Any] | None, share: float, classes: bool, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of the rows to train on and of those to validate on, about `share` of all.

    Stratified where the targets are classes; rows of one group, and rows that are equal, stay together. Raises
    RowsError where there are too few for two parts of at least two rows with every class in both.
    X: (n_rows, n_features); targets: (n_rows, n_targets); groups: one a row.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    together = np.unique(X, axis=0, return_inverse=True)[1].ravel() if groups is None else np.asarray(groups)
    kinds = targets.argmax(axis=1) if classes else np.zeros(len(X), dtype=int)
    names = np.unique(kinds)
    apart = np.array([len(np.unique(together[kinds == kind])) for kind in names])
    folds = min(round(1 / share), int(apart.min()))
    if folds < 2 or len(X) < 4:
        scarce = f"class {names[apart.argmin()]} has" if classes else "there is"
        raise RowsError(
            f"patience needs validation rows among the {len(X)} training rows, but {scarce} only {apart.min()} that may"
            " be parted (rows of one group, and equal rows, stay together): leave out patience"
        )
    splitter = (StratifiedGroupKFold if classes else GroupKFold)(folds, shuffle=True, random_state=seed)
    train, validation = next(iter(splitter.split(X, kinds, together)))
    if len(validation) < 2 or len(train) < 2:
        raise RowsError(f"groups leave {len(validation)} of {len(X)} rows to validate on: leave out patience")
    return np.asarray(train), np.asarray(validation)
