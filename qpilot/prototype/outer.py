"""Nested cross-validation: the whole selection redone in every outer fold, which then answers rows it has not seen.

Varma & Simon 2006 (BMC Bioinformatics 7:91): an estimate is unbiased only if everything that was chosen is chosen anew
inside. What is tested is therefore the procedure; the model that goes on is the one it chooses on all development rows.
"""

import io
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.nested import Nested
from qpilot.arrays import arrays as read
from qpilot.data.split import Fold, folds
from qpilot.data.table import Table
from qpilot.errors import QpilotError
from qpilot.pilot import Pilot
from qpilot.prototype.choice import choose, train
from qpilot.prototype.reading import Reading, Role, answers
from qpilot.prototype.search.sweep import Standing, Sweep, Watch

ROLES: tuple[Role, ...] = ("finalist", "reference", "twin", "majority")


@dataclass(frozen=True)
class Outer:
    """What the models of each outer fold named at its test rows, by role, (n_seeds, n_test); and who they were."""

    answers: tuple[dict[Role, NDArray[Any]], ...]
    finalists: tuple[str, ...]
    references: tuple[str, ...]

    def against(self, role: Role, pilot: Pilot, rows: Table) -> Nested:
        """The finalists against the models of that role, fold by fold. rows: the development rows."""
        parts = outer_folds(pilot, rows)
        if len(parts) != len(self.answers):
            raise QpilotError(f"{len(self.answers)} outer folds were answered; the pilot file makes {len(parts)}")
        averaged = pilot.search.seeds_as == "average"
        found = [
            Reading.of(named, rows.take(part.test), pilot.claim, averaged).against(role)
            for named, part in zip(self.answers, parts, strict=True)
        ]
        return Nested(
            repeats=pilot.search.outer_repeats, folds=tuple(found), trained=tuple(len(part.train) for part in parts)
        )

    @property
    def chosen(self) -> dict[str, dict[str, int]]:
        """How many outer folds chose which finalist, and which reference."""
        return {"finalist": _counted(self.finalists), "reference": _counted(self.references)}

    def to_bytes(self) -> bytes:
        """As an npz file without pickle."""
        names = json.dumps({"finalists": self.finalists, "references": self.references}).encode()
        held = {f"{place:04d}_{role}": one[role] for place, one in enumerate(self.answers) for role in ROLES}
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, names=np.frombuffer(names, dtype=np.uint8), **held)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Outer":
        """What `to_bytes` wrote. Raises QpilotError where `content` is something else."""
        try:
            found = read(content)
            names = json.loads(found.pop("names").tobytes())
            places = range(len(found) // len(ROLES))
            named: list[dict[Role, NDArray[Any]]] = [
                {role: found[f"{place:04d}_{role}"] for role in ROLES} for place in places
            ]
            return cls(tuple(named), tuple(map(str, names["finalists"])), tuple(map(str, names["references"])))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise QpilotError(f"these are no answers of outer folds ({error})") from error


def outer_folds(pilot: Pilot, rows: Table) -> tuple[Fold, ...]:
    """The outer folds of the development rows; what must stay together does."""
    search = pilot.search
    return folds(rows.y, rows.groups, None, search.outer_folds, search.outer_repeats, pilot.seed)


def nested(pilot: Pilot, rows: Table, sweep: Sweep) -> Outer:
    """The selection redone on the training rows of every outer fold: reduction, cross-validation, finalist and reference."""
    parts = outer_folds(pilot, rows)
    named, finalists, references = [], [], []
    for place, part in enumerate(parts):
        inside = rows.take(part.train)
        choice = choose(pilot, inside, replace(sweep, watch=_told(sweep, place, len(parts))))
        models = train(pilot, inside, choice)
        named.append(answers(models.roles, models.majority, rows.take(part.test)))
        finalists.append(choice.finalists[0].name)
        references.append(choice.reference.name)
    return Outer(tuple(named), tuple(finalists), tuple(references))


def _told(sweep: Sweep, place: int, folds: int) -> Watch:
    def watch(standing: Standing) -> None:
        done, total = place * standing.total + standing.done, folds * standing.total
        sweep.watch(replace(standing, done=done, total=total, phase=f"outer fold {place + 1} of {folds}"))

    return watch


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))
