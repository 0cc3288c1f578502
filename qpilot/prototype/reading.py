"""One reading of rows no fit had seen: who was right where, and how two models compare point by point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from gates.averaged import Averaged
from gates.comparison import Comparison
from gates.prototype import Contender
from gates.statistics import intervals
from qpilot.data.table import Table
from qpilot.prototype.fitted import Fitted

Role = Literal["finalist", "reference", "twin", "majority", "candidate", "baseline"]
Answers = Mapping[Role, NDArray[np.int64]]
"""What each role named, (n_seeds, n_points) class indices: one row for a model that has no seeds to average over."""


@dataclass(frozen=True)
class Reading:
    """Correctness of each role at each point, (n_seeds, n_points) bool, and the points' true classes by name.

    `classes`: every class there is. `averaged`: over seeds, as the pilot file says.
    """

    correct: Mapping[Role, NDArray[np.bool_]]
    labels: NDArray[np.str_]
    classes: tuple[str, ...]
    averaged: bool = False

    @classmethod
    def of(cls, answers: Answers, rows: Table, averaged: bool) -> Self:
        """The answers held against the true classes of `rows`."""
        correct: dict[Role, NDArray[np.bool_]] = {role: named == rows.y for role, named in answers.items()}
        return cls(correct, np.asarray(rows.classes)[rows.y], rows.classes, averaged)

    def against(self, role: Role) -> Comparison | Averaged:
        """The finalist against the model of that role."""
        first, second = self.correct["finalist"], self.correct[role]
        if self.averaged:
            return Averaged.of(first, second, self.labels, self.classes)
        return Comparison.of(first[0], second[0], self.labels, self.classes)

    def completed(self, contender: Contender) -> Contender:
        """The row of the comparison table with its accuracy on these points, where its model (the first seed) was read."""
        for role, correct in self.correct.items():
            if contender.role == role:
                return contender.model_copy(update={"locked_accuracy": intervals.accuracy(correct[0])})
        return contender


def answers(models: Mapping[Role, Sequence[Fitted]], majority: int, rows: Table) -> dict[Role, NDArray[np.int64]]:
    """What every seed of every role names at `rows`; `majority` is the class the featureless model always names."""
    named: dict[Role, NDArray[np.int64]] = {
        role: np.stack([model.predict(rows.X) for model in seeds]) for role, seeds in models.items()
    }
    return {**named, "majority": np.full((1, len(rows)), majority, dtype=np.int64)}
