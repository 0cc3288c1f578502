"""A target is read as classes or as a quantity, as the pilot says; what fits neither is refused with what to do."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qpilot.data.preparing import Prepared, prepare
from qpilot.data.spread import heavy, spread
from qpilot.data.strata import BINS, strata
from qpilot.data.table import Dataset
from qpilot.data.target import looks_like_a_quantity
from qpilot.errors import QpilotError
from qpilot.pilot import Data


@pytest.fixture
def values() -> pd.DataFrame:
    """160 rows, four independent features, and a quantity in [100, 200] or so that two of them tell in part."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(160, 4))
    dose = 150 + 10 * (X[:, 0] + X[:, 1] + rng.normal(size=160))
    return pd.DataFrame(X, columns=["a", "b", "c", "d"]).assign(dose=dose.round(3))


def _prepare(frame: pd.DataFrame, folder: Path, **settings: object) -> Prepared:
    frame.to_csv(folder / "rows.csv", index=False)
    data = Data.model_validate({"path": "rows.csv", "target": "dose", **settings})
    return prepare(data, folder, seed=3, quantity=True)


def _with(frame: pd.DataFrame, row: int, value: object) -> pd.DataFrame:
    changed = frame.astype({"dose": object})
    changed.loc[row, "dose"] = value
    return changed


def _even(size: int) -> np.ndarray:
    return np.arange(160) % size


UNUSABLE = {
    "text": (lambda f: _with(f, 5, "high"), r"target 'dose' holds text \(1 of 160 values, first 'high' in row 6\)"),
    "all text": (lambda f: f.assign(dose="high"), r"say kind = \"classification\""),
    "missing": (lambda f: _with(f, 5, None), "target 'dose' is missing in 1 of 160 rows"),
    "infinite": (lambda f: _with(f, 5, "inf"), "target 'dose' is infinite in 1 of 160 rows"),
    "constant": (lambda f: f.assign(dose=4.5), "target 'dose' is constant, 4.5 in every row"),
    "few": (
        lambda f: f.assign(dose=_even(9)),
        '9 distinct values: these look like classes, say kind = "classification"',
    ),
    "yes and no": (lambda f: f.assign(dose=_even(2) > 0), "holds text|look like classes"),
    "huge": (lambda f: f.assign(dose=f["dose"] * 1e160), "cannot be squared in double precision"),
    "tiny": (lambda f: f.assign(dose=f["dose"] * 1e-170), "cannot be squared in double precision"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_is_no_quantity_ends_with_one_sentence(case: str, values: pd.DataFrame, tmp_path: Path) -> None:
    change, sentence = UNUSABLE[case]
    with pytest.raises(QpilotError, match=sentence) as refused:
        _prepare(change(values), tmp_path)
    assert refused.value.exit_code == 1
    assert "\n" not in str(refused.value)


def test_time_stamps_are_no_quantity(values: pd.DataFrame, tmp_path: Path) -> None:
    values.assign(dose=pd.date_range("2026-01-01", periods=160)).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(QpilotError, match="holds time stamps"):
        prepare(Data(path="rows.parquet", target="dose"), tmp_path, seed=3, quantity=True)


def test_a_quantity_is_no_class_and_the_refusal_says_which_kind_it_is(values: pd.DataFrame, tmp_path: Path) -> None:
    values.to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(QpilotError, match=r"a quantity; say kind = \"regression\", or bin it"):
        prepare(Data(path="rows.csv", target="dose"), tmp_path, seed=3)
    values.assign(dose=[f"n{row}" for row in range(160)]).to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(QpilotError, match="no classes; merge them"):
        prepare(Data(path="rows.csv", target="dose"), tmp_path, seed=3)


def test_a_rare_broken_number_may_be_a_quantity_after_all(values: pd.DataFrame, tmp_path: Path) -> None:
    values.assign(dose=[*([1.0] * 158), 0.25, 7.5]).to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(QpilotError, match=r'class \'0.25\' \(1\).* say kind = "regression" if it is a quantity'):
        prepare(Data(path="rows.csv", target="dose"), tmp_path, seed=3)


def test_ten_values_are_a_quantity_and_it_is_kept_in_its_units(values: pd.DataFrame, tmp_path: Path) -> None:
    dataset = _prepare(values.assign(dose=_even(10) * 0.1), tmp_path).dataset
    assert dataset.preparation.classes == dataset.locked.classes == ()
    for part, numbers in ((dataset.development, dataset.development_rows), (dataset.locked, dataset.locked_rows)):
        assert part.y.dtype == np.float64
        np.testing.assert_array_equal(part.y, (_even(10) * 0.1)[numbers])


def test_the_split_has_every_fifth_of_the_range_and_is_blind_to_row_order(values: pd.DataFrame, tmp_path: Path) -> None:
    first = _prepare(values, tmp_path).dataset
    assert sorted([*first.development_rows, *first.locked_rows]) == list(range(160))
    fifths = pd.qcut(values["dose"], 5, labels=False).to_numpy()
    assert set(np.bincount(fifths[first.locked_rows])) <= {9, 10}
    shuffled = _prepare(values.sample(frac=1, random_state=1), tmp_path).dataset
    np.testing.assert_array_equal(shuffled.locked.y, first.locked.y)
    assert shuffled.locked_hash == first.locked_hash
    other = _prepare(values.assign(dose=values["dose"] + 1e-3), tmp_path).dataset
    assert other.locked_hash != first.locked_hash
    table = first.locked
    whole = table.X.astype(">f8").tobytes() + table.y.astype(">f8").tobytes()
    assert first.locked_hash == hashlib.sha256(whole).hexdigest()


def test_equal_rows_stay_together_though_their_values_differ(values: pd.DataFrame, tmp_path: Path) -> None:
    frame = pd.concat([values, values.assign(dose=values["dose"] + 40)], ignore_index=True)
    dataset = _prepare(frame, tmp_path).dataset
    assert not set(dataset.development_rows % 160) & set(dataset.locked_rows % 160)
    assert abs(len(dataset.locked) - 96) <= 2


def test_rows_of_a_group_stay_together_though_groups_differ_in_value(values: pd.DataFrame, tmp_path: Path) -> None:
    group = np.arange(160) // 10
    frame = values.assign(dose=values["dose"] + 30 * group, ward=group)
    dataset = _prepare(frame, tmp_path, group="ward").dataset
    assert not set(group[dataset.development_rows]) & set(group[dataset.locked_rows])


def test_a_value_that_rises_with_time_is_split_forward(values: pd.DataFrame, tmp_path: Path) -> None:
    """The locked rows hold values that no development row comes near: no class is missing, and nothing is refused."""
    frame = values.assign(dose=np.arange(160.0), t=np.arange(160))
    dataset = _prepare(frame, tmp_path, time="t").dataset
    assert dataset.development.y.max() < dataset.locked.y.min()
    constant = frame.assign(dose=np.where(np.arange(160) < 120, 1.0, np.arange(160)))
    with pytest.raises(QpilotError, match="the target would not vary over the 112 rows of the development rows"):
        _prepare(constant, tmp_path, time="t")


def test_max_train_rows_keeps_the_range(values: pd.DataFrame, tmp_path: Path) -> None:
    prepared = _prepare(values, tmp_path, max_train_rows=50)
    fifths = pd.qcut(values["dose"], 5, labels=False).to_numpy()
    assert np.bincount(fifths[prepared.dataset.development_rows]).tolist() == [10] * 5


def test_a_dataset_survives_its_bytes(values: pd.DataFrame, tmp_path: Path) -> None:
    dataset = _prepare(values, tmp_path, top_up=10).dataset
    again = Dataset.from_bytes(dataset.to_bytes())
    assert again.to_bytes() == dataset.to_bytes()
    assert again.locked.y.dtype == np.float64
    np.testing.assert_array_equal(again.locked.y, dataset.locked.y)


def test_a_top_up_locks_the_announced_rows_and_leaves_the_others(values: pd.DataFrame, tmp_path: Path) -> None:
    frame = values.head(140)
    data = Data(path="rows.csv", target="dose", top_up=12)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    first = prepare(data, tmp_path, 3, quantity=True).dataset
    assert first.before is not None
    repeated = values.iloc[first.development_rows[:3]].assign(dose=1.0)
    grown = pd.concat([frame, repeated, values.tail(20)], ignore_index=True).sample(frac=1, random_state=1)
    grown.to_csv(tmp_path / "rows.csv", index=False)
    second = prepare(data, tmp_path, 3, first.before, quantity=True).dataset
    np.testing.assert_array_equal(second.development.y, first.development.y)
    np.testing.assert_array_equal(second.locked.y[:-12], first.locked.y)
    assert second.added == 12
    assert set(second.locked.y[-12:]) <= set(values["dose"].tail(20)), "a repeated row is not tested on"
    changed = grown.assign(dose=np.where(grown["dose"] == frame["dose"][0], 0.0, grown["dose"]))
    changed.to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(QpilotError, match="1 of the 140 rows this pilot was tested on are gone or were changed"):
        prepare(data, tmp_path, 3, first.before, quantity=True)


def test_strata_are_fifths_and_equal_values_share_one() -> None:
    y = np.random.default_rng(0).normal(size=1000)
    assert np.bincount(strata(y)).tolist() == [200] * BINS
    np.testing.assert_array_equal(strata(y), pd.qcut(y, 5, labels=False))
    heaped = np.where(np.arange(1000) < 700, 0.0, y + 9)
    assert len(set(strata(heaped)[:700])) == 1
    assert set(strata(heaped)) == set(range(3)), "numbered without gaps"
    np.testing.assert_array_equal(strata(np.array([2, 0, 2])), [2, 0, 2])


def test_a_spread_is_numpys() -> None:
    y = np.random.default_rng(1).gamma(2, size=301).round(1)
    found, kept = spread(y), pd.Series(y)
    assert (found.lower, found.median, found.upper) == tuple(kept.quantile([0.25, 0.5, 0.75]))
    assert (found.least, found.most, found.values) == (y.min(), y.max(), kept.nunique())
    assert (found.commonest_share, found.commonest) == (
        pytest.approx(kept.value_counts(normalize=True).max()),
        kept.value_counts().idxmax(),
    )
    far = kept.sub(kept.mean()).pow(2).nlargest(4).sum() / kept.sub(kept.mean()).pow(2).sum()
    assert found.heavy == pytest.approx(far)


def test_the_heaviest_hundredth_of_normal_values_is_known_and_one_slip_is_all_of_it() -> None:
    """Of a standard normal, E[z^2; |z| > 2.576] = 2 (2.576 phi(2.576) + 0.005) = 0.0845."""
    y = np.random.default_rng(2).normal(size=200_000)
    assert heavy(y) == pytest.approx(0.0845, abs=0.003)
    y[0] = 1e5
    assert heavy(y) > 0.99
    assert np.isnan(heavy(np.ones(10)))


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (np.random.default_rng(0).normal(size=160), True),
        (np.arange(160), True),
        (_even(10), False),
        (_even(10) / 2, True),
        (_even(9) / 2, False),
        (np.arange(600) % 60, True),
        (np.arange(90) % 40, True),
        (np.r_[_even(12)[:159], 99], False),
        (np.random.default_rng(0).integers(18, 90, 160), True),
        (_even(2) > 0, False),
        ([f"n{row}" for row in range(160)], False),
        (np.r_[np.arange(159.0), np.nan], True),
        (np.r_[_even(12)[:159] * 1.0, np.inf], False),
    ],
    ids=[
        "normal",
        "ranks",
        "digits",
        "halves",
        "few",
        "many",
        "rare",
        "a slip",
        "ages",
        "flags",
        "texts",
        "a gap",
        "infinite",
    ],
)
def test_a_target_looks_like_what_it_is(cells: object, expected: bool) -> None:
    assert looks_like_a_quantity(pd.Series(cells)) is expected
