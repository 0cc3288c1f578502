"""A foundation from the rows of another data set: a model is trained on them, once a process; its encoder and circuit stay."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qpilot.candidates.candidate import Candidate
from qpilot.circuits import Circuit
from qpilot.data.strata import is_quantity
from qpilot.errors import UsageError
from qpilot.models.dense import Floats
from qpilot.models.foundation import Foundation, of
from qpilot.models.trained import TrainedClassifier, TrainedRegressor


@dataclass(frozen=True)
class Rows:
    """Another data set: X (n_rows, n_features) as the pilot's reduction shows it.

    y: (n_rows,), class indices; or float64, the values of a quantity. A model of either may begin with either.
    """

    digest: str
    X: Floats = field(compare=False, repr=False)
    y: NDArray[np.int64] | Floats = field(compare=False, repr=False)

    def found(self, candidate: Candidate, circuit: Circuit, seed: int) -> Foundation:
        """Encoder and circuit trained on these rows with the candidate's own settings, once a process."""
        return _pretrained(self, candidate, circuit, seed)


@lru_cache(maxsize=64)
def _pretrained(rows: Rows, candidate: Candidate, circuit: Circuit, seed: int) -> Foundation:
    begun = candidate.afresh().model_copy(update={"decoder": "linear", "qubits": circuit.qubits})
    kind = TrainedRegressor if is_quantity(rows.y) else TrainedClassifier
    first = kind(begun, seed, entangled=circuit.entangled)
    try:
        first.fit(rows.X, rows.y)
    except UsageError as error:
        raise UsageError(f"the backbone's rows do not fit: {error}") from error
    return of(first, rows.digest).found(candidate, circuit, seed)
