"""Models as files: written without pickle, refused when they are not what was written."""

import json

import numpy as np
import pytest

from qpilot.errors import QpilotError
from qpilot.models import MODELS
from qpilot.models.state import ARRAYS, SCALARS, pack, unpack


@pytest.fixture
def fitted(candidate, clouds):
    X, y = clouds(2)
    return MODELS["projected-kernel"].build(candidate("projected-kernel"), 1, 2).fit(X, y)


def test_files_hold_the_model_and_the_same_model_gives_the_same_bytes(fitted, clouds):
    X, _ = clouds(2)
    files = pack(fitted)
    again = unpack(files)
    assert (again.predict_proba(X) == fitted.predict_proba(X)).all()
    assert pack(again) == files


@pytest.mark.parametrize("name", [SCALARS, ARRAYS])
@pytest.mark.parametrize("damage", [b"", b"\x80\x04 not a model", b"[]", b"{}"])
def test_files_that_are_something_else_are_refused(fitted, name, damage):
    with pytest.raises(QpilotError, match="saved"):
        unpack({**pack(fitted), name: damage})


def test_a_missing_file_and_a_cut_file_are_refused(fitted):
    files = pack(fitted)
    with pytest.raises(QpilotError, match=ARRAYS):
        unpack({SCALARS: files[SCALARS]})
    with pytest.raises(QpilotError, match=ARRAYS):
        unpack({**files, ARRAYS: files[ARRAYS][: len(files[ARRAYS]) // 2]})


@pytest.mark.parametrize(
    "change", [{"candidate": {"model": "crystal-ball"}}, {"classes": 5}, {"seed": None, "classes": "two"}]
)
def test_scalars_that_do_not_fit_are_refused(fitted, change):
    files = pack(fitted)
    with pytest.raises(QpilotError, match="inconsistent"):
        unpack({**files, SCALARS: json.dumps({**json.loads(files[SCALARS]), **change}).encode()})


def test_numbers_that_are_not_finite_are_refused(fitted):
    fitted.support_ = fitted.support_ * np.nan
    with pytest.raises(QpilotError, match="NaN"):
        unpack(pack(fitted))


def test_a_pickled_array_is_never_executed(fitted, tmp_path):
    path = tmp_path / "arrays.npz"
    np.savez(path, support=np.array([object()]))
    with pytest.raises(QpilotError, match="saved"):
        unpack({**pack(fitted), ARRAYS: path.read_bytes()})
