"""Training that leaves all finite numbers fails with one line, without warnings, and stops nobody else."""

import warnings
from functools import partial

import numpy as np
import pytest

from qpilot.candidates.candidate import Candidate
from qpilot.models.building import build
from qpilot.pilot import Search
from qpilot.prototype.search.cross_validation import cross_validate
from qpilot.prototype.search.entrants import QuantumEntrant
from qpilot.prototype.search.sweep import Sweep
from qpilot.reduction import REDUCERS
from qpilot.training.divergence import DivergedError, require_finite
from qpilot.training.optimizers import OPTIMIZERS
from qpilot.training.train import train
from tests.prototype.entrants import ACCURACY

SANE = Candidate(model="variational", encoding="angle", ansatz="real-amplitudes", layers=1, qubits=2, steps=10)
WILD = SANE.model_copy(update={"learning_rate": 1e300})


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("given", [{}, {"patience": 2}, {"weight_decay": 0.1}])
def test_every_optimizer_says_where_it_diverged(optimizer, given, network, rows, recipe):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DivergedError, match=r"^training diverged at step \d+: .*; lower learning_rate$"):
            train(network, *rows, recipe(optimizer, learning_rate=1e300, **given), 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e200, np.array([0.0, np.nan])])
def test_what_has_no_finite_square_is_not_gone_on_with(value):
    with pytest.raises(DivergedError, match="at step 3: "):
        require_finite(3, 1.0, value)
    require_finite(3, 1e149, np.array([-1e149, 0.0]))


def test_a_hybrid_of_either_kind_fails_alike(rows):
    X, targets = rows
    hybrid = {"model": "hybrid", "encoder": "mlp", "decoder": "mlp"}
    wild = WILD.model_copy(update=hybrid)
    for quantity, y in ((False, targets.argmax(axis=1)), (True, X[:, 0])):
        with pytest.raises(DivergedError):
            build(wild, 0, 2, quantity=quantity).fit(X, y)


def test_a_candidate_that_diverges_is_reported_and_the_others_go_on(rows):
    X, targets = rows
    y = targets.argmax(axis=1)
    folds = [(np.flatnonzero(np.arange(60) % 2 != k), np.flatnonzero(np.arange(60) % 2 == k)) for k in range(2)]
    entrants = [QuantumEntrant(WILD, 0), QuantumEntrant(SANE, 0)]
    sweep, reducer = Sweep(Search(runner="threads")), partial(REDUCERS["none"].build, None, 0)
    wild, sane = cross_validate(entrants, X, y, folds, reducer, ACCURACY, sweep)
    assert wild.failure is not None
    assert wild.failure.startswith("DivergedError: training diverged at step ")
    assert sane.failure is None
