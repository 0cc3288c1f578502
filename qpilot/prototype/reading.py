"""One reading of rows no fit had seen: what each answer is worth, and how two models compare point by point."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from gates.averaged import Averaged
from gates.claim import Claim, Metric
from gates.comparison import Comparison
from gates.contender import Contender
from gates.graded import Graded
from gates.grading import Grades, grades, reached
from gates.pairing import paired
from qpilot.data.table import Table
from qpilot.prototype.fitted import Fitted

Role = Literal["finalist", "reference", "twin", "majority", "candidate", "baseline"]
Answers = Mapping[Role, NDArray[Any]]
"""What each role named, (n_seeds, n_points) class indices or values: one row for a model that has no seeds to average over."""


@dataclass(frozen=True)
class Reading:
    """The grade of each role at each point, (n_seeds, n_points), and the points' true classes by name.

    `classes`: every class there is; of a quantity both are empty. `averaged`: over seeds, as the pilot file says. `metric`: the
    claim's.
    """

    grades: Mapping[Role, Grades]
    labels: NDArray[np.str_]
    classes: tuple[str, ...]
    averaged: bool = False
    metric: Metric = "accuracy"

    @classmethod
    def of(cls, answers: Answers, rows: Table, claim: Claim, averaged: bool) -> Self:
        """The answers graded by what is true of `rows`, as the claim says."""
        found: dict[Role, Grades] = {role: grades(claim, named, rows.y) for role, named in answers.items()}
        labels = np.zeros(0, dtype=np.str_) if claim.quantity else np.asarray(rows.classes)[rows.y]
        return cls(found, labels, rows.classes, averaged, claim.metric)

    def against(self, role: Role) -> Comparison | Averaged | Graded:
        """The finalist against the model of that role."""
        return paired(self.grades["finalist"], self.grades[role], self.labels, self.classes, self.averaged)

    def completed(self, contender: Contender) -> Contender:
        """The row of the comparison table with its accuracy on these points, where its model (the first seed) was read."""
        for role, found in self.grades.items():
            if contender.role == role:
                return contender.model_copy(update={"locked_accuracy": reached(found[0], self.labels, self.metric)})
        return contender


def answers(models: Mapping[Role, Sequence[Fitted]], majority: float, rows: Table) -> dict[Role, NDArray[Any]]:
    """What every seed of every role names at `rows`; `majority` is what the featureless model always names."""
    named: dict[Role, NDArray[Any]] = {
        role: np.stack([model.predict(rows.X) for model in seeds]) for role, seeds in models.items()
    }
    return {**named, "majority": np.full((1, len(rows)), majority, dtype=rows.y.dtype)}
