"""How many circuits a device runs to answer one point, known before anything is fitted."""

from dataclasses import dataclass

from qpilot.candidates.candidate import Candidate


@dataclass(frozen=True)
class PerPoint:
    """Circuits a point takes. `exact` is False where fitting decides and `circuits` is the most it can come to."""

    circuits: int
    exact: bool
    reason: str


def circuits_per_point(candidate: Candidate, training_rows: int) -> PerPoint:
    """The circuits one answer of `candidate` takes on a device, if it is fitted on `training_rows` rows."""
    if candidate.model in ("fidelity-kernel", "trainable-kernel"):
        return _fidelity(candidate, training_rows)
    if candidate.model == "projected-kernel":
        return PerPoint(3, True, "one in each of the bases X, Y and Z")
    return PerPoint(1, True, "all qubits are read in the Z basis")


def _fidelity(candidate: Candidate, training_rows: int) -> PerPoint:
    if candidate.landmarks is not None:
        return PerPoint(min(candidate.landmarks, training_rows), True, "one for each landmark")
    if candidate.head == "gp":
        return PerPoint(training_rows, True, "one for each training row")
    return PerPoint(training_rows, False, "one for each support vector, at most one for each training row")
