"""Rows that cannot be used are refused with what to do; rows that can are split, hashed and prepared."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qpilot.data.preparing import prepare
from qpilot.data.table import Dataset
from qpilot.errors import QpilotError, UsageError
from qpilot.pilot import Data


def _prepare(frame: pd.DataFrame, folder: Path, **settings: object):
    frame.to_csv(folder / "rows.csv", index=False)
    return prepare(Data.model_validate({"path": "rows.csv", "target": "label", **settings}), folder, seed=3)


def _with(frame: pd.DataFrame, column: str, row: int, value: object) -> pd.DataFrame:
    changed = frame.astype({column: object})
    changed.loc[row, column] = value
    return changed


UNUSABLE = {
    "three rows": (lambda f: f.head(3), {}, "has 3 rows; at least 10"),
    "one class": (lambda f: f.assign(label="yes"), {}, "one class only, 'yes'"),
    "rare class": (lambda f: _with(f, "label", 5, "maybe"), {}, r"too few rows of class 'maybe' \(1\)"),
    "a quantity": (lambda f: f.assign(label=f["a"]), {}, "160 distinct values in 160 rows: a quantity"),
    "unlabelled": (lambda f: _with(f, "label", 5, None), {}, "target 'label' is missing in 1 of 160"),
    "a gap": (lambda f: _with(f, "b", 5, None), {}, r"missing values in 'b' \(1\).*data.missing = \"impute\""),
    "NaN": (lambda f: _with(f, "b", 5, "NaN"), {}, r"missing values in 'b' \(1\)"),
    "infinity": (lambda f: _with(f, "b", 5, "inf"), {"missing": "impute"}, r"infinite values in 'b' \(1\)"),
    "text": (lambda f: f.assign(c="red"), {}, r"text features: 'c' \(160 of 160.*data.text = \"encode\""),
    "a slip": (lambda f: _with(f, "c", 5, "1.2.3"), {}, r"'c' \(1 of 160 values, first '1.2.3' in row 6\)"),
    "names": (lambda f: f.assign(c=[f"n{i}" for i in range(160)]), {"text": "encode"}, "more than the 20"),
    "no value": (lambda f: f.assign(c=None), {"missing": "impute"}, "columns without any value: c"),
    "constant": (lambda f: f[["label"]].assign(a=1, b=2), {}, "every feature is constant"),
    "one group": (lambda f: f.assign(g=1), {"group": "g"}, "would have no row in the locked rows"),
    "gap in group": (lambda f: _with(f, "d", 5, None), {"group": "d"}, "data.group column 'd' is missing in 1"),
    "no time": (lambda f: f.assign(t="noon"), {"time": "t"}, "data.time column 't' holds something that is no time"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_unusable_rows_end_with_one_sentence(case: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    change, settings, sentence = UNUSABLE[case]
    with pytest.raises(QpilotError, match=sentence) as refused:
        _prepare(change(rows), tmp_path, **settings)
    assert refused.value.exit_code == 1
    assert "\n" not in str(refused.value)


def test_an_unknown_column_is_a_usage_error_listing_the_known(rows: pd.DataFrame, tmp_path: Path) -> None:
    for settings, sentence in (
        ({"target": "labl"}, "unknown data.target column 'labl'; known: a, b, c, d, label"),
        ({"drop": ["z"]}, "unknown data.drop column 'z'"),
        ({"group": "label"}, "'label' is also named as group"),
        ({"drop": ["a", "b", "c", "d"]}, "no feature is left"),
    ):
        with pytest.raises(UsageError, match=sentence):
            _prepare(rows, tmp_path, **settings)


@pytest.mark.parametrize("target", ["c4", "4", "-1"])
def test_without_header_the_target_is_counted(target: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    rows.to_csv(tmp_path / "bare.csv", index=False, header=False)
    prepared = prepare(Data(path="bare.csv", header=False, target=target), tmp_path, seed=3)
    assert prepared.columns.target == "c4"
    assert prepared.dataset.development.classes == ("no", "yes")


def test_classes_are_named_as_written_and_ordered_as_numbers(rows: pd.DataFrame, tmp_path: Path) -> None:
    numbers = np.tile([10.0, -1.0, 2.0, 10.0], 40)
    assert _prepare(rows.assign(label=numbers), tmp_path).dataset.locked.classes == ("-1", "2", "10")


def test_the_split_is_stratified_complete_and_blind_to_row_order(rows: pd.DataFrame, tmp_path: Path) -> None:
    first = _prepare(rows, tmp_path).dataset
    assert sorted([*first.development_rows, *first.locked_rows]) == list(range(160))
    assert len(first.locked) == 48
    for part, numbers in ((first.development, first.development_rows), (first.locked, first.locked_rows)):
        np.testing.assert_array_equal(part.X, rows[["a", "b", "c", "d"]].to_numpy()[numbers])
        assert [part.classes[code] for code in part.y] == rows["label"][numbers].tolist()
        assert abs(part.y.mean() - (rows["label"] == "yes").mean()) < 0.02
    shuffled = _prepare(rows.sample(frac=1, random_state=1), tmp_path).dataset
    np.testing.assert_array_equal(shuffled.locked.X, first.locked.X)
    assert shuffled.locked_hash == first.locked_hash
    assert prepare(Data(path="rows.csv", target="label"), tmp_path, seed=4).dataset.locked_hash != first.locked_hash


def test_what_is_imputed_and_encoded_is_learned_on_development_rows(rows: pd.DataFrame, tmp_path: Path) -> None:
    frame = rows.assign(color=np.where(rows["d"] > 0, "red", "blue"))
    frame.loc[::7, "a"] = np.nan
    frame.loc[1::9, "color"] = None
    prepared = _prepare(frame, tmp_path, missing="impute", text="encode")
    dataset = prepared.dataset
    learned = frame.iloc[dataset.development_rows]
    assert dataset.preparation.medians["a"] == learned["a"].median()
    assert dataset.preparation.categories == {"color": ("blue", "red")}
    assert dataset.locked.features == ("a", "b", "c", "d", "color=blue", "color=red")
    gaps = frame["a"].iloc[dataset.locked_rows].isna().to_numpy()
    assert set(dataset.locked.X[gaps, 0]) == {learned["a"].median()}
    assert any("a (23)" in note and "color (18)" in note for note in prepared.notes)


def test_a_constant_column_is_left_out_and_said(rows: pd.DataFrame, tmp_path: Path) -> None:
    prepared = _prepare(rows.assign(k=5), tmp_path)
    assert prepared.dataset.development.features == ("a", "b", "c", "d")
    assert any("constant" in note and "k" in note for note in prepared.notes)


def test_max_train_rows_is_met_and_reported(rows: pd.DataFrame, tmp_path: Path) -> None:
    prepared = _prepare(rows, tmp_path, max_train_rows=50)
    assert len(prepared.dataset.development) == 50
    assert prepared.dropped == 160 - 50 - len(prepared.dataset.locked)
    assert any(note.startswith("50 of 112 development rows are used") for note in prepared.notes)


def test_later_rows_that_repeat_an_earlier_one_are_not_tested_on(rows: pd.DataFrame, tmp_path: Path) -> None:
    frame = pd.concat([rows, rows.head(10)], ignore_index=True)
    frame["t"] = pd.date_range("2024-01-01", periods=len(frame)).astype(str)
    prepared = _prepare(frame, tmp_path, time="t")
    assert prepared.dataset.locked_rows.min() > prepared.dataset.development_rows.max()
    assert prepared.dataset.locked_rows.max() < 160
    assert prepared.dropped == 10


def test_a_dataset_survives_its_bytes_and_foreign_bytes_are_refused(rows: pd.DataFrame, tmp_path: Path) -> None:
    dataset = _prepare(rows.assign(g=np.arange(160) // 4), tmp_path, group="g").dataset
    again = Dataset.from_bytes(dataset.to_bytes())
    assert again.to_bytes() == dataset.to_bytes()
    assert again.preparation == dataset.preparation
    np.testing.assert_array_equal(again.development.groups, dataset.development.groups)
    assert again.locked.times is None
    for foreign in (b"", b"junk", dataset.to_bytes()[:500]):
        with pytest.raises(QpilotError, match="no dataset qpilot stored"):
            Dataset.from_bytes(foreign)


def test_preparing_stays_light(rows: pd.DataFrame, tmp_path: Path) -> None:
    """`lint` prepares data in two seconds: neither Great Expectations nor scikit-learn is loaded."""
    rows.to_csv(tmp_path / "rows.csv", index=False)
    program = (
        "import sys; from pathlib import Path;"
        "from qpilot.data.preparing import prepare; from qpilot.pilot import Data;"
        f"prepare(Data(path='rows.csv', target='label'), Path({str(tmp_path)!r}), 0);"
        "print([m for m in ('great_expectations', 'sklearn', 'pennylane', 'prefect') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
