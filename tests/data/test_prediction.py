"""A saved preparation turns new rows into the same features, or says in one sentence why it cannot."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qpilot.data.preparation import Preparation
from qpilot.data.preparing import prepare
from qpilot.data.source import read_file
from qpilot.errors import QpilotError
from qpilot.pilot import Data


@pytest.fixture
def fitted(rows: pd.DataFrame, tmp_path: Path) -> Preparation:
    frame = rows.assign(color=np.where(rows["d"] > 0, "red", "blue"), note="n", k=1)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    data = Data(path="rows.csv", target="label", text="encode", drop=("note",))
    prepared = prepare(data, tmp_path, seed=0).dataset.preparation
    return Preparation.model_validate_json(prepared.model_dump_json())


def test_new_rows_become_features_with_or_without_what_no_model_reads(fitted: Preparation) -> None:
    new = pd.DataFrame({"color": ["red", "blue"], "d": [4, 8], "a": [1, 5], "b": [2, 6], "c": [3, 7]})
    expected = [[1, 2, 3, 4, 0, 1], [5, 6, 7, 8, 1, 0]]
    np.testing.assert_array_equal(fitted.transform(new), expected)
    np.testing.assert_array_equal(fitted.transform(new.assign(note="x", k=9, label="?")), expected)


WRONG = {
    "missing column": (
        lambda f: f.drop(columns="b"),
        "columns missing: b; the model was fitted with a, b, c, d, color",
    ),
    "extra column": (lambda f: f.assign(e=1), "columns the model does not know: e"),
    "text for a number": (lambda f: f.assign(b=["1", "two"]), "column 'b' holds 'two' in row 2"),
    "a gap": (lambda f: f.assign(b=[1, None]), "column 'b' is missing in row 2"),
    "a gap in a text": (lambda f: f.assign(color=["red", None]), "column 'color' is missing in row 2"),
    "infinity": (lambda f: f.assign(b=[np.inf, 1]), "column 'b' is infinite in row 1"),
    "an unknown text": (lambda f: f.assign(color=["red", "green"]), "'green' in row 2; known: blue, red"),
}


@pytest.mark.parametrize("case", WRONG)
def test_rows_that_do_not_fit_are_refused(case: str, fitted: Preparation) -> None:
    change, sentence = WRONG[case]
    new = pd.DataFrame({"a": [1, 5], "b": [2, 6], "c": [3, 7], "d": [4, 8], "color": ["red", "blue"]})
    with pytest.raises(QpilotError, match=sentence):
        fitted.transform(change(new))


def test_without_header_rows_without_label_are_told_by_place(rows: pd.DataFrame, tmp_path: Path) -> None:
    bare = rows[["label", "a", "b", "c", "d"]].assign(b=1)
    bare.to_csv(tmp_path / "rows.csv", index=False, header=False)
    fitted = prepare(Data(path="rows.csv", header=False, target="0"), tmp_path, seed=0).dataset.preparation
    assert (fitted.target, fitted.columns, fitted.constant) == ("c0", ("c1", "c3", "c4"), ("c2",))
    (tmp_path / "new.csv").write_text("1,2,3,4\n5,6,7,8\n")
    np.testing.assert_array_equal(
        fitted.transform(read_file(tmp_path / "new.csv", header=False)), [[1, 3, 4], [5, 7, 8]]
    )
