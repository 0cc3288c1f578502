"""The one reading of the locked set: who was right where, and how two models compare point by point."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from gates.comparison import Comparison
from gates.prototype import Contender
from gates.statistics import intervals
from qpilot.data.table import Table
from qpilot.prototype.fitted import Fitted

Role = Literal["finalist", "reference", "twin", "majority", "candidate", "baseline"]


@dataclass(frozen=True)
class Reading:
    """Correctness of each model at each locked point, (n_points,) bool, and the points' true classes by name.

    `classes`: every class there is.
    """

    correct: Mapping[Role, NDArray[np.bool_]]
    labels: NDArray[np.str_]
    classes: tuple[str, ...]

    @classmethod
    def of(cls, models: Mapping[Role, Fitted], majority: int, locked: Table) -> Self:
        """Every model's answers to the locked rows; `majority` is the class the featureless model always names."""
        correct: dict[Role, NDArray[np.bool_]] = {
            role: model.predict(locked.X) == locked.y for role, model in models.items()
        }
        return cls({**correct, "majority": locked.y == majority}, np.asarray(locked.classes)[locked.y], locked.classes)

    def against(self, role: Role) -> Comparison:
        """The finalist against the model of that role."""
        return Comparison.of(self.correct["finalist"], self.correct[role], self.labels, self.classes)

    def completed(self, contender: Contender) -> Contender:
        """The row of the comparison table with its accuracy on the locked set, where its model was read."""
        for role, correct in self.correct.items():
            if contender.role == role:
                return contender.model_copy(update={"locked_accuracy": intervals.accuracy(correct)})
        return contender
