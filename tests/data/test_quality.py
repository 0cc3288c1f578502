"""The suite's own figures against scikit-learn and numpy, and against data with the fault put in."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from gates.wording import MINUS
from qpilot.data.quality import (
    STATISTICS,
    area,
    best_single_feature,
    best_single_rank,
    heavy_tail,
    largest_correlation,
    largest_value_share,
    nonfinite_values,
    overlap_share,
    smallest_class_share,
)

FEATURES = ["a", "b", "c", "d"]
ALL = np.ones(160, dtype=bool)


def test_area_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    for ties in (3, 1000):
        scores = rng.integers(0, ties, 200).astype(float)
        positive = rng.random(200) < 0.3
        assert area(scores, positive) == pytest.approx(roc_auc_score(positive, scores))
    assert area(scores, np.zeros(200, dtype=bool)) == 0.5


def test_correlation_is_numpys_and_names_the_pair(rows: pd.DataFrame) -> None:
    frame = rows.assign(d=-2 * rows["b"] + 0.01 * rows["c"], k=3.0)
    expected = np.abs(np.corrcoef(frame["b"], frame["d"])[0, 1])
    found = largest_correlation(frame, [*FEATURES, "k"], "label", ALL)
    assert found.value == pytest.approx(expected)
    assert found.where == "b and d"
    assert largest_correlation(frame, ["a"], "label", ALL).value == 0


def test_a_fair_feature_is_no_leak_and_its_area_is_its_own(rows: pd.DataFrame) -> None:
    found = best_single_feature(rows, FEATURES, "label", ALL)
    assert found.where in ("a", "b")
    assert found.value == pytest.approx(roc_auc_score(rows["label"] == "yes", rows[found.where]), abs=0.08)
    assert found.value < 0.9
    assert best_single_feature(rows.assign(a=-rows["a"], b=-rows["b"]), FEATURES, "label", ALL) == found


@pytest.mark.parametrize("kind", ["copy", "negated", "folded", "text", "with gaps"])
def test_a_leak_is_found_whatever_its_form(kind: str, rows: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    yes = (rows["label"] == "yes").to_numpy()
    leaks = {
        "copy": yes + 0.01 * rng.normal(size=160),
        "negated": -100.0 * yes + rng.normal(size=160),
        "folded": np.where(yes, rng.choice([-3, 3], 160), 0) + 0.1 * rng.normal(size=160),
        "text": np.where(yes, rng.choice(["red", "blue"], 160), "green"),
        "with gaps": np.where(rng.random(160) < 0.005, np.nan, yes),
    }
    found = best_single_feature(rows.assign(leak=leaks[kind]), [*FEATURES, "leak"], "label", ALL)
    assert found.where == "leak"
    assert found.value > 0.97


def test_noise_scores_about_one_half(rows: pd.DataFrame) -> None:
    noise = rows.assign(label=np.random.default_rng(3).permutation(rows["label"].to_numpy()))
    assert best_single_feature(noise, ["a"], "label", ALL).value < 0.65


def test_a_feature_of_one_class_of_three_is_no_leak_of_the_target() -> None:
    rng = np.random.default_rng(4)
    label = np.arange(300) % 3
    frame = pd.DataFrame({"a": np.where(label == 0, 9.0, rng.normal(size=300)), "label": label})
    assert best_single_feature(frame, ["a"], "label", np.ones(300, dtype=bool)).value < 0.9
    leak = frame.assign(a=label * 1.0)
    assert best_single_feature(leak, ["a"], "label", np.ones(300, dtype=bool)).value == 1


@pytest.fixture
def values(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with a quantity in the label's place, which a and b tell in part."""
    noise = np.random.default_rng(8).normal(size=160)
    return rows.assign(label=5 * rows["a"] + 3 * rows["b"] + 2 * noise)


def test_the_rank_correlation_of_a_quantity_is_scipys(values: pd.DataFrame) -> None:
    found = best_single_rank(values, FEATURES, "label", ALL)
    assert found.where == "a"
    assert found.value == pytest.approx(spearmanr(values["a"], values["label"]).statistic)
    turned = best_single_rank(values.assign(a=-values["a"]), FEATURES, "label", ALL)
    assert turned.value == pytest.approx(found.value)
    tied = values.round(0)
    expected = abs(spearmanr(tied["a"], tied["label"]).statistic)
    assert best_single_rank(tied, ["a"], "label", ALL).value == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("kind", ["other units", "falling", "folded", "text", "with gaps", "a tiny unit"])
def test_a_leak_of_a_quantity_is_found_whatever_its_form(kind: str, values: pd.DataFrame) -> None:
    rng, y = np.random.default_rng(2), values["label"].to_numpy()
    leaks = {
        "other units": 1.8 * y + 32,
        "falling": np.exp(-y / 5),
        "folded": rng.choice([-1, 1], 160) * (y - y.min()),
        "text": pd.qcut(y, 16).astype(str),
        "with gaps": np.where(rng.random(160) < 0.005, np.nan, y),
        "a tiny unit": 1e-12 * y,
    }
    found = best_single_rank(values.assign(leak=leaks[kind]), [*FEATURES, "leak"], "label", ALL)
    assert found.where == "leak"
    assert found.value > (0.9 if kind == "text" else 0.98)


def test_noise_tells_no_quantity(values: pd.DataFrame) -> None:
    noise = values.assign(label=np.random.default_rng(3).permutation(values["label"].to_numpy()))
    assert best_single_rank(noise, FEATURES, "label", ALL).value < 0.25
    assert best_single_rank(noise.assign(a=1.0), ["a"], "label", ALL).value == 0
    text = noise.assign(t=np.where(np.arange(160) % 2, "x", "y"))
    assert best_single_rank(text, ["t"], "label", ALL).value < 0.2


def test_locked_values_are_not_looked_at(values: pd.DataFrame) -> None:
    development = np.arange(160) < 112
    scrambled = values.copy()
    scrambled.loc[112:, "label"] = 0.0
    one = best_single_rank(values, FEATURES, "label", development)
    assert best_single_rank(scrambled, FEATURES, "label", development) == one


def test_a_heap_and_an_outlier_are_named_with_their_value(values: pd.DataFrame) -> None:
    heaped = values.assign(label=values["label"].where(values.index >= 64, 2.5))
    assert largest_value_share(heaped, FEATURES, "label", ALL) == (64 / 160, "value 2.5")
    slip = values.assign(label=values["label"].where(values.index != 9, -4000.0))
    found = heavy_tail(slip, FEATURES, "label", ALL)
    assert found.value > 0.99
    assert found.where == f"up to {MINUS}4000"


def test_locked_labels_are_not_looked_at(rows: pd.DataFrame) -> None:
    development = np.arange(160) < 112
    scrambled = rows.copy()
    scrambled.loc[112:, "label"] = "no"
    one = best_single_feature(rows, FEATURES, "label", development)
    assert best_single_feature(scrambled, FEATURES, "label", development) == one


def test_overlap_counts_locked_rows_within_a_millionth(rows: pd.DataFrame) -> None:
    development = np.arange(160) < 112
    assert overlap_share(rows, FEATURES, "label", development).value == 0
    copied = rows.copy()
    copied.loc[112:123, FEATURES] = rows.loc[:11, FEATURES].to_numpy() + 1e-12
    assert overlap_share(copied, FEATURES, "label", development).value == 12 / 48


def test_counts_are_counts(rows: pd.DataFrame) -> None:
    spoilt = rows.copy()
    spoilt.loc[3:5, "b"] = np.inf
    assert nonfinite_values(spoilt, FEATURES, "label", ALL) == (3.0, "b")
    share = smallest_class_share(rows, FEATURES, "label", ALL)
    assert share.value == rows["label"].value_counts().min() / 160


@pytest.mark.parametrize("name", STATISTICS)
def test_every_figure_holds_on_one_text_and_one_number_with_gaps(name: str) -> None:
    frame = pd.DataFrame({"t": ["x", "y", None, "x"] * 10, "n": [1.0, np.nan, 3.0, 4.0] * 10, "label": [0, 1] * 20})
    assert np.isfinite(STATISTICS[name](frame, ["t", "n"], "label", np.arange(40) < 30).value)
