"""Groups reach early stopping through the search: a group is never both trained and validated on."""

from functools import partial

import numpy as np
import pytest

from qpilot.candidates.candidate import Candidate
from qpilot.pilot import Search
from qpilot.prototype.fitted import fit
from qpilot.prototype.search.cross_validation import cross_validate
from qpilot.prototype.search.entrants import ClassicalEntrant, QuantumEntrant
from qpilot.prototype.search.fits import Material
from qpilot.prototype.search.sweep import Sweep
from qpilot.reduction import REDUCERS
from tests.prototype.entrants import ACCURACY

RNG = np.random.default_rng(4)
GROUPS = np.repeat(np.arange(12), 4)
X = RNG.normal(size=(12, 2))[GROUPS] + RNG.normal(0, 0.3, (48, 2))
Y = RNG.integers(0, 2, 12)[GROUPS]
FOLDS = [(np.arange(48)[fold != GROUPS % 3], np.arange(48)[fold == GROUPS % 3]) for fold in range(3)]
REDUCER = partial(REDUCERS["none"].build, None, 0)


@pytest.fixture
def entrant() -> QuantumEntrant:
    candidate = Candidate.model_validate(
        {
            "model": "variational",
            "encoding": "angle",
            "ansatz": "real-amplitudes",
            "qubits": 2,
            "steps": 40,
            "batch": 8,
            "training": {"patience": 2, "validation": 0.4},
        }
    )
    return QuantumEntrant(candidate, 1)


def test_the_search_fits_what_a_fit_with_groups_finds(entrant):
    classical = ClassicalEntrant("logistic", (), 0, "raw")
    results = cross_validate(
        [entrant, classical], X, Y, FOLDS, REDUCER, ACCURACY, Sweep(Search(runner="threads")), groups=GROUPS
    )
    assert [result.failure for result in results] == [None, None]
    expected = [entrant.build(2).fit(X[a], Y[a], groups=GROUPS[a]).predict(X[b]) for a, b in FOLDS]
    assert results[0].predicted.tolist() == np.concatenate(expected).tolist()


def test_a_final_fit_keeps_groups_together_too(entrant):
    kept, torn = (fit(entrant, REDUCER(), X, Y, groups).estimator for groups in (GROUPS, None))
    expected = entrant.build(2).fit(X, Y, groups=GROUPS)
    assert np.array_equal(kept.parameters_, expected.parameters_)
    assert not np.array_equal(kept.parameters_, torn.parameters_)


def test_what_was_kept_of_a_search_knows_its_groups():
    folds = tuple(FOLDS)
    assert Material(X, Y, folds).stamp != Material(X, Y, folds, groups=GROUPS).stamp
