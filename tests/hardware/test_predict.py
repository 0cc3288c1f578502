"""New rows answered with values: how sure they are, by whom, and what is refused."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from qpilot.baselines.regressors import REGRESSORS
from qpilot.bundle import Bundle
from qpilot.data.preparing import prepare
from qpilot.errors import QpilotError
from qpilot.pilot import Data
from qpilot.prototype.fitted import Fitted
from qpilot.record.version import Version
from qpilot.serving.prediction import predict
from tests.hardware.quantity import fitted, table

SERVED: dict[str, Any] = {
    "backend": "emulator",
    "device": "iqm-garnet",
    "shots": 400,
    "mitigation": "readout+zne-linear",
}
NEW = pd.DataFrame(table(12, seed=9).X, columns=["a", "b"])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """A projected kernel's files with a ridge regression to fall back to."""
    folder = tmp_path_factory.mktemp("rows")
    rows = table(80, seed=1)
    pd.DataFrame(rows.X, columns=["a", "b"]).assign(dose=rows.y).to_csv(folder / "rows.csv", index=False)
    prepared = prepare(Data(path="rows.csv", target="dose"), folder, 0, quantity=True)
    ridge, _ = REGRESSORS["ridge"](0)
    reference = Fitted("ridge on raw features", "classical", None, ridge.fit(rows.X, rows.y), 0.0)
    return Bundle(fitted("projected-kernel"), reference, prepared.dataset.preparation).to_files()


def version(files: Mapping[str, bytes], number: int = 1, **changes: Any) -> Version:
    return Version("dosed", number, Path(), files, SERVED | changes)


def test_a_value_comes_with_the_standard_error_of_its_shots(files: Mapping[str, bytes]) -> None:
    found = predict(version(files), NEW).frame()
    assert list(found.columns) == ["prediction", "standard_error", "served_by", "reason"]
    assert set(found["served_by"]) == {"emulator:iqm-garnet"}
    assert (found["standard_error"] > 0).all()
    assert all(len(f"{one:g}".replace("0.", "").lstrip("0")) <= 4 for one in found["standard_error"]), "three digits"
    simulated = fitted("projected-kernel").predict(NEW.to_numpy())
    assert np.abs(found["prediction"] - simulated).mean() < 4
    assert found["prediction"].tolist() == [float(f"{one:.6g}") for one in predict(version(files), NEW).answers]
    assert predict(version(files), NEW).frame().equals(found), "the same rows have the same counts on an emulator"


@pytest.mark.parametrize("mitigation", ["none", "readout+zne-linear"])
def test_the_standard_error_is_what_other_shots_would_answer(files: Mapping[str, bytes], mitigation: str) -> None:
    """Twenty versions of one model measure the same circuits with other shots each."""
    told = [predict(version(files, number, mitigation=mitigation), NEW) for number in range(1, 21)]
    seen = np.std([one.answers for one in told], axis=0, ddof=1)
    said = np.mean([one.sure for one in told], axis=0)
    assert np.median(said / seen) == pytest.approx(1, abs=0.25)


def test_what_keeps_the_device_from_answering_is_said_and_nothing_claims_to_be_sure(files: Mapping[str, bytes]) -> None:
    found = predict(version(files, device="abacus"), NEW).frame()
    assert set(found["served_by"]) == {"fallback"}
    assert "unknown device 'abacus'" in found["reason"][0]
    assert found["standard_error"].isna().all()
    assert np.abs(found["prediction"] - table(12, seed=9).y).mean() < 8
    lines = list(csv.DictReader(io.StringIO(found.to_csv(index=False))))
    assert {line["standard_error"] for line in lines} == {""}


def test_rows_that_are_not_the_models_are_refused(files: Mapping[str, bytes]) -> None:
    for spoilt, said in (
        (NEW.drop(columns="b"), "b"),
        (NEW.assign(b=np.nan), "missing"),
        (NEW.assign(b="high"), "high"),
    ):
        with pytest.raises(QpilotError, match=said):
            predict(version(files), spoilt)


def test_a_fallback_without_a_number_answers_nothing(files: Mapping[str, bytes]) -> None:
    ridge, _ = REGRESSORS["ridge"](0)
    rows = table(30)
    ridge.fit(rows.X, rows.y)
    ridge[-1].coef_ = np.array([np.nan, 1.0])
    lost = Bundle.from_files(files)
    broken = Bundle(lost.finalist, Fitted("ridge", "classical", None, ridge, 0.0), lost.preparation).to_files()
    with pytest.raises(QpilotError, match="answers 12 rows with no number"):
        predict(version(broken, device="abacus"), NEW)
