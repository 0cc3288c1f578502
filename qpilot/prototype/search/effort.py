"""What fitting a candidate once is counted at, before anything is fitted and the same on every machine."""

from qpilot.candidates.candidate import Candidate
from qpilot.models import MODELS

STEP_SECONDS = 4e-4
AMPLITUDE_SECONDS = 4e-9
"""A training step, and one amplitude through one wire's gates, there and back. All figures are fitted to 4, 6 and 8 qubits
and 60 to 1,000 rows on one core in November 2026, and right within a factor of four."""
NOISY_SECONDS = 2.4e-7  # a row's Pauli word under noise, there and back
PAIR_SECONDS = 5e-7  # of rows, in the inner folds and costs a kernel's machine is tuned over
KERNEL_SECONDS = 0.03


def cpu_seconds(candidate: Candidate, rows: int, share: float = 1.0) -> float:
    """CPU seconds of one fit on a share of `rows`, with as large a share of the steps."""
    seen = max(2.0, share * rows)
    a_row = AMPLITUDE_SECONDS * 2.0**candidate.qubits * candidate.qubits * (candidate.layers + 1)
    kind, total = MODELS[candidate.model], 0.0
    if kind.family == "kernel":
        landmarks = min(seen, candidate.landmarks or seen)
        total += KERNEL_SECONDS + seen * a_row + seen * landmarks * (PAIR_SECONDS + 2.0**candidate.qubits * 1e-9)
    if candidate.training.noise != "none":
        a_row = NOISY_SECONDS * 4.0**candidate.qubits
    if kind.trainable:
        batch = seen if candidate.optimizer == "cobyla" else min(candidate.batch, seen)
        total += max(1.0, share * candidate.steps) * _evaluations(candidate) * (STEP_SECONDS + batch * a_row)
    return total


def _evaluations(candidate: Candidate) -> float:
    """How often the circuit is run a step, in units of a forward and an adjoint pass."""
    if candidate.optimizer == "spsa":
        return 2.0
    angles = candidate.layers * candidate.qubits * 3
    if candidate.optimizer == "natural-gradient":
        return 1.0 + 0.5 * angles  # its metric: two states an angle, of few rows
    return {"parameter-shift": 2.0 * angles, "finite-difference": 1.0 * angles}.get(candidate.training.gradient, 1.0)
