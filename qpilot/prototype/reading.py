"""The one reading of the locked set: who was right where, and how two models compare point by point."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from gates.prototype import Comparison
from qpilot.data.table import Table
from qpilot.prototype.fitted import Fitted

Role = Literal["finalist", "reference", "twin", "majority"]


@dataclass(frozen=True)
class Reading:
    """Correctness of each model at each locked point, (n_points,) bool, and the true classes."""

    correct: Mapping[Role, NDArray[np.bool_]]
    truth: NDArray[np.int64]
    classes: tuple[str, ...]

    @classmethod
    def of(cls, models: Mapping[Role, Fitted], majority: int, locked: Table) -> Self:
        """Every model's answers to the locked rows; `majority` is the class the featureless model always names."""
        correct: dict[Role, NDArray[np.bool_]] = {
            role: model.predict(locked.X) == locked.y for role, model in models.items()
        }
        return cls({**correct, "majority": locked.y == majority}, locked.y, locked.classes)

    def against(self, role: Role) -> Comparison:
        """The finalist against the model of that role."""
        return compare(self.correct["finalist"], self.correct[role], self.truth, self.classes)


def compare(
    first: NDArray[np.bool_], second: NDArray[np.bool_], truth: NDArray[np.int64], classes: tuple[str, ...]
) -> Comparison:
    """Paired correctness of two models, each (n_points,), in all and by true class."""
    better, worse = first & ~second, second & ~first
    return Comparison(
        points=len(truth),
        better=int(better.sum()),
        worse=int(worse.sum()),
        by_class={
            name: (int((truth == label).sum()), int(better[truth == label].sum()), int(worse[truth == label].sum()))
            for label, name in enumerate(classes)
        },
    )
