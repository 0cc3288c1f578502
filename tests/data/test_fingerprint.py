"""The fingerprint is of the cells: what they say, not how they are written down."""

from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from qpilot.data.fingerprint import fingerprint, row_hashes
from qpilot.data.source import read_file


def test_format_order_and_names_do_not_matter(rows: pd.DataFrame, tmp_path: Path) -> None:
    frame = rows.assign(n=np.arange(160) % 5, flag=rows["a"] > 0)
    expected = fingerprint(frame)
    frame.to_csv(tmp_path / "one.csv", index=False)
    frame.astype({"n": float}).to_csv(tmp_path / "two.csv", index=False, header=False, float_format="%.17e")
    frame.to_parquet(tmp_path / "three.parquet")
    assert fingerprint(read_file(tmp_path / "one.csv")) == expected
    assert fingerprint(read_file(tmp_path / "two.csv", header=False)) == expected
    assert fingerprint(read_file(tmp_path / "three.parquet")) == expected
    assert fingerprint(frame.sample(frac=1, random_state=0)) == expected
    assert fingerprint(frame[["label", "d", "flag", "a", "n", "c", "b"]]) == expected
    assert fingerprint(frame.rename(columns={"a": "z"})) == expected


def test_columns_of_the_same_content_may_change_places() -> None:
    frame = pd.DataFrame({"a": [0, 1, 1, 0], "b": [1, 1, 0, 0], "label": ["x", "y", "x", "y"]})
    assert fingerprint(frame[["b", "a", "label"]]) == fingerprint(frame)


@settings(max_examples=60, deadline=None)
@given(row=st.integers(0, 39), column=st.integers(0, 2), change=st.sampled_from([1e-9, -1.0, np.nan, 1e300]))
def test_any_changed_cell_changes_it(row: int, column: int, change: float) -> None:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(40, 3)), columns=["a", "b", "c"])
    changed = frame.copy()
    changed.iloc[row, column] += change
    assert fingerprint(changed) != fingerprint(frame)


def test_a_row_left_out_or_repeated_changes_it(rows: pd.DataFrame) -> None:
    others = {fingerprint(rows.drop(index=3)), fingerprint(pd.concat([rows, rows.iloc[[3]]])), fingerprint(rows)}
    assert len(others) == 3


def test_cells_swapped_between_two_columns_of_a_row_change_it() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [3.0, 1.0, 2.0]})
    swapped = pd.DataFrame({"a": [3.0, 2.0, 3.0], "b": [1.0, 1.0, 2.0]})
    assert fingerprint(swapped) != fingerprint(frame)


def test_rows_are_equal_in_their_hash_exactly_when_in_their_cells() -> None:
    frame = pd.DataFrame({"a": [0.0, -0.0, np.nan, np.nan, 1.0], "b": ["x", "x", "y", "y", "x"]})
    hashes = row_hashes(frame)
    assert hashes[0] == hashes[1]
    assert hashes[2] == hashes[3]
    assert len(set(hashes.tolist())) == 3
