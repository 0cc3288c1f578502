"""The state of a fitted model: JSON and arrays alone, refused when it is not what a model said."""

import json

import numpy as np
import pytest

from qpilot.errors import QpilotError
from qpilot.models import MODELS
from qpilot.models.state import restore

EVERY = pytest.mark.parametrize("kind", MODELS)


@pytest.fixture
def state(kind, candidate, clouds, built):
    return built(candidate(kind), 1, 2).fit(*clouds(2)).state()


@EVERY
def test_what_is_not_an_array_of_numbers_is_json(kind, state):
    arrays = {name: value for name, value in state.items() if isinstance(value, np.ndarray)}
    assert all(value.dtype == np.float64 for value in arrays.values())
    scalars = {name: value for name, value in state.items() if name not in arrays}
    assert json.loads(json.dumps(scalars, allow_nan=False)) == scalars


@EVERY
def test_every_missing_part_is_noticed(kind, state):
    for name in state:
        with pytest.raises(QpilotError, match="inconsistent"):
            restore({key: value for key, value in state.items() if key != name})


@EVERY
@pytest.mark.parametrize("change", [{"candidate": {"model": "crystal-ball"}}, {"classes": 5}, {"classes": "two"}])
def test_parts_that_do_not_fit_together_are_refused(kind, state, change):
    with pytest.raises(QpilotError, match="inconsistent"):
        restore({**state, **change})


@EVERY
def test_numbers_that_are_not_finite_are_refused(kind, state):
    for name in [name for name, value in state.items() if isinstance(value, np.ndarray) and value.size]:
        with pytest.raises(QpilotError, match=r"NaN|inconsistent"):
            restore({**state, name: state[name] * np.nan})
