"""The size of a model's circuit on the device, where its kernel holds a row against itself."""

import numpy as np
import pytest

from qpilot.candidates.candidate import Candidate
from qpilot.devices import device
from qpilot.models.building import build
from qpilot.prototype.comparison.resource import native
from qpilot.prototype.fitted import Fitted


@pytest.mark.parametrize("entangled", [True, False])
def test_a_row_that_is_a_support_row_does_not_make_the_circuit_vanish(entangled: bool) -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    wanted = Candidate(model="fidelity-kernel", encoding="zz", layers=1, qubits=2)
    model = build(wanted, 0, 2, entangled=entangled).fit(X, np.arange(20) % 2)
    fitted, machine = Fitted("it", "kernel", None, model, 0.0), device("iqm-garnet")
    own = X[[int(np.flatnonzero((model.inputs(X) == model.support_[0]).all(axis=1))[0])]]
    depth, pairs = native(machine, fitted, own)
    assert depth > 0
    assert (pairs > 0) is entangled
    assert (depth, pairs) == native(machine, fitted, X[:1] + 0.123)
