"""Rows that stand in two data sets are found however the second is written, and rows that do not are not."""

import numpy as np
import pandas as pd
import pytest

from qpilot.data.columns import resolve
from qpilot.data.preparation import fit
from qpilot.data.repeated import repeated
from qpilot.pilot import Data


def compared(frame: pd.DataFrame, other: pd.DataFrame) -> int:
    data = Data(path="rows.csv", target="y", text="encode")
    preparation = fit(frame, resolve(frame, data), data, ("0", "1"))
    return int(repeated(preparation.transform(frame), preparation, other).sum())


def drawn(seed: int, rows: int = 300, kind: str = "numbers") -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    X = {
        "numbers": rng.normal(size=(rows, 6)),
        "two decimals": rng.normal(size=(rows, 6)).round(2),
        "ordinals": rng.integers(1, 11, size=(rows, 6)).astype(float),
        "codes and numbers": np.c_[rng.normal(size=(rows, 2)).round(3), rng.integers(0, 2, size=(rows, 4))],
    }[kind]
    return pd.DataFrame(X, columns=list("abcdef")).assign(y=np.arange(rows) % 2)


def renamed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.set_axis([f"c{place}" for place in range(frame.shape[1])], axis=1)


@pytest.mark.parametrize("kind", ["numbers", "two decimals", "codes and numbers"])
@pytest.mark.parametrize("way", [lambda frame: frame, renamed], ids=["named", "without a header"])
def test_other_rows_of_the_same_kind_are_no_repetition_and_one_of_the_own_is(kind, way):
    frame, other = drawn(0, kind=kind), drawn(1, kind=kind)
    assert compared(frame, way(other)) == 0
    if kind != "codes and numbers" or way is not renamed:
        assert compared(frame, way(pd.concat([other, frame[40:41]]))) == 1
    assert compared(frame, way(frame)) == 300


def test_ordinals_without_names_agree_by_chance_and_are_not_told_to_repeat():
    assert compared(drawn(0, kind="ordinals"), renamed(drawn(1, kind="ordinals"))) == 0


def test_a_shared_column_that_tells_no_rows_apart_says_nothing():
    frame = drawn(0).assign(age=np.arange(300) % 50)
    other = renamed(drawn(1)).assign(age=np.arange(300) % 50)
    assert compared(frame, other) == 0
    assert compared(frame, other.assign(a=frame["a"], b=frame["b"])) == 300


def test_texts_are_compared_as_they_are_encoded():
    frame = drawn(0)[["a", "y"]].assign(color=np.array(["red", "green", "blue"])[np.arange(300) % 3])
    assert compared(frame, frame.assign(color="red")) == 100
    encoded = frame[["a"]].assign(**{f"color={text}": frame["color"] == text for text in ("red", "green", "blue")})
    assert compared(frame, encoded) == 300


def test_the_coarser_file_decides_the_decimals():
    frame = drawn(0)
    assert compared(frame, frame.round(3)) == compared(frame.round(3), frame) == 300
    assert compared(frame, renamed(frame.round(3)).iloc[:, ::-1]) == 300
    assert compared(frame, frame + 1e-3) == 0
    assert compared(frame, frame.astype(np.float32)) == 300


def test_gaps_and_texts_in_the_other_file_are_no_rows_of_this_one():
    frame = drawn(0)
    holes = frame.astype(object)
    holes.loc[:99, "a"] = None
    holes.loc[100:149, "b"] = "?"
    assert compared(frame, holes) == 150
