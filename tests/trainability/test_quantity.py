"""Candidates are probed for a quantity as for classes: what a circuit says does not depend on what its values are called."""

from pathlib import Path

import numpy as np
import pytest

from qpilot.candidates.candidate import Candidate
from qpilot.data.strata import strata
from qpilot.data.table import Dataset, Table
from qpilot.trainability.entries import ROWS as ENTRIES
from qpilot.trainability.stage import probe, trainability
from tests.hardware.quantity import job, table

TRAINED = {"model": "variational", "encoding": "angle", "ansatz": "strongly-entangling", "layers": 1, "qubits": 3}
KERNEL = {"model": "fidelity-kernel", "encoding": "zz", "layers": 1, "qubits": 3, "scaling": "none"}
X = np.random.default_rng(0).uniform(0, np.pi, (60, 3))
VALUES = 50 + 10 * np.cos(X[:, 0])


@pytest.mark.parametrize("asked", [TRAINED, KERNEL, TRAINED | {"model": "hybrid"}, KERNEL | {"head": "gp"}])
def test_a_probe_reads_the_same_circuit_whatever_is_predicted(asked: dict[str, object]) -> None:
    """Gradients are of the words that are read, in random directions, and a fidelity kernel's entries learn nothing."""
    candidate = Candidate.model_validate(asked)
    value, named = (probe(1, candidate, X, y, 0) for y in (VALUES, (VALUES > 50).astype(np.int64)))
    assert np.isfinite([value.shots.value, value.variance.value, value.expressibility.value]).all()
    assert value.plain() == named.plain()


def test_rows_of_the_whole_range_are_probed() -> None:
    rows = table(600)
    none = np.zeros(0, dtype=np.int64)
    skewed = Table(rows.X, rows.y**8, (), rows.features)
    data = Dataset(skewed, skewed.take(none), none, none, None, "d" * 64, "l" * 64)  # type: ignore[arg-type]
    evidence = trainability(job(Path()), data)
    (found,) = evidence.probes
    assert found.signal == "kernel entry"
    assert {width.draws for width in found.widths} == {ENTRIES}, (
        "rows of which the kernel is read, of the 200 there are"
    )
    assert found.shots.value > 0
    assert len(set(strata(skewed.y).tolist())) == 5
    assert evidence == trainability(job(Path()), data)
