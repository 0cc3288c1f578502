"""How many circuits a device runs to answer one point, known before anything is fitted."""

from dataclasses import dataclass

from qpilot.candidate import Candidate


@dataclass(frozen=True)
class PerPoint:
    """Circuits a point takes. `exact` is False where fitting decides and `circuits` is the most it can come to."""

    circuits: int
    exact: bool
    reason: str


def circuits_per_point(candidate: Candidate, training_rows: int) -> PerPoint:
    """The circuits one answer of `candidate` takes on a device, if it is fitted on `training_rows` rows."""
    if candidate.model == "fidelity-kernel":
        return PerPoint(training_rows, False, "one for each support vector, at most one for each training row")
    if candidate.model == "projected-kernel":
        return PerPoint(3, True, "one in each of the bases X, Y and Z")
    return PerPoint(1, True, "all qubits are read in the Z basis")
