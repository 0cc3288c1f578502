"""What the reduction stage measures, on data whose answer is known."""

import math
from pathlib import Path

import numpy as np
import pytest

from gates.reduction import ReductionEvidence
from qpilot.data.table import Dataset, Table
from qpilot.errors import QpilotError, UsageError
from qpilot.job import Job
from qpilot.pilot import Reduce
from qpilot.pilotfile import read
from qpilot.reduction import REDUCERS
from qpilot.reduction.stage import components, reduce

PLANTED = Path(__file__).parents[2] / "pilots" / "planted" / "pilot.toml"


def job(method: str, kept: int | None) -> Job:
    pilot = read(PLANTED).pilot.model_copy(update={"reduce": Reduce(method=method, components=kept)})
    return Job(run="planted-0-1", pilot=pilot, folder=Path(), home=Path(), data="d" * 64, code="c" * 64)


def dataset(X: np.ndarray, y: np.ndarray) -> Dataset:
    rows = Table(X, y.astype(np.int64), ("a", "b"), tuple(f"x{i}" for i in range(X.shape[1])))
    none = np.zeros(0, dtype=np.int64)
    return Dataset(rows, rows.take(none), none, none, None, "d" * 64, "l" * 64)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def loud_and_quiet() -> Dataset:
    """The class stands in the quietest direction: five loud columns move together, the sixth decides."""
    rng = np.random.default_rng(1)
    loud = rng.normal(size=(300, 1)) + 0.3 * rng.normal(size=(300, 5))
    quiet = rng.normal(size=300)
    return dataset(np.column_stack([loud, quiet]), quiet > 0)


def measured(method: str, kept: int | None, data: Dataset) -> ReductionEvidence:
    return reduce(job(method, kept), data)


def test_a_component_that_misses_the_signal_costs_accuracy(loud_and_quiet: Dataset) -> None:
    found = measured("pca", 1, loud_and_quiet)
    assert found.accuracy_raw.value > 0.93
    assert found.accuracy_reduced.value < 0.65
    assert found.accuracy_change.value == pytest.approx(found.accuracy_reduced.value - found.accuracy_raw.value)
    assert found.accuracy_change.high < -0.2
    assert 0.7 < found.information.value < 0.9, "five sixths of the variance stand in one direction, less the noise"


def test_a_second_component_brings_it_back(loud_and_quiet: Dataset) -> None:
    found = measured("pca", 2, loud_and_quiet)
    assert abs(found.accuracy_change.value) < 0.05
    assert len(found.spectrum) == 2


def test_selection_keeps_what_principal_components_drop(loud_and_quiet: Dataset) -> None:
    found = measured("selection", 1, loud_and_quiet)
    assert found.accuracy_change.value > -0.05
    assert math.isnan(found.information.value)
    assert found.spectrum == ()


def test_no_reduction_changes_nothing(loud_and_quiet: Dataset) -> None:
    found = measured("none", None, loud_and_quiet)
    assert (found.components, found.raw_features) == (6, 6)
    assert found.accuracy_change.value == 0
    assert found.accuracy_raw == found.accuracy_reduced


def test_labels_of_test_rows_do_not_reach_the_selection() -> None:
    """On pure noise, choosing columns before the split shows an accuracy that is not there."""
    rng = np.random.default_rng(2)
    found = measured("selection", 5, dataset(rng.normal(size=(120, 60)), rng.integers(0, 2, 120)))
    assert found.accuracy_reduced.value < 0.62
    assert found.accuracy_reduced.n == 120, "every row is answered once"


@pytest.mark.parametrize("method", REDUCERS)
def test_more_components_than_features_are_refused_with_the_fix(method: str) -> None:
    with pytest.raises(UsageError, match=r"reduce\.components = 7, but the data has 6 features; set it to 6 or fewer"):
        components(Reduce(method=method, components=7), 6)


def test_none_with_fewer_components_is_refused() -> None:
    with pytest.raises(UsageError, match="leave components out or choose another method: autoencoder, pca, selection"):
        components(Reduce(method="none", components=2), 6)


def test_more_components_than_rows_are_refused() -> None:
    rng = np.random.default_rng(3)
    with pytest.raises(QpilotError, match=r"30 principal components need 30 rows .* has 16"):
        measured("pca", 30, dataset(rng.normal(size=(20, 40)), np.arange(20) % 2))
