"""What `init` writes is a valid pilot for the data, every threshold in it with its comment."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gates.statistics.power import required_for
from gates.statistics.wallet import alpha as wallet_alpha
from qpilot.data.preparing import prepare
from qpilot.errors import QpilotError, UsageError
from qpilot.pilot import Gates
from qpilot.pilotfile import read
from qpilot.scaffold.claim import worst_error
from qpilot.scaffold.pilot_file import scaffold, write


def _scaffolded(frame: pd.DataFrame, folder: Path, **settings: object):
    frame.to_csv(folder / "My rows.csv", index=False)
    out = folder / "pilot.toml"
    write(scaffold(folder / "My rows.csv", "label", out, **settings), out, force=True)
    return read(out)


@pytest.fixture
def values(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with a quantity of some hundreds in the label's place."""
    noise = np.random.default_rng(8).normal(size=160)
    return rows.assign(label=300 + 50 * (rows["a"] + rows["b"] + noise))


OTHER = {"rows": "max_value_share", "values": "min_class_share"}


@pytest.mark.parametrize("kind", OTHER)
def test_every_threshold_of_every_gate_is_written_with_a_comment(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    text = _scaffolded(request.getfixturevalue(kind), tmp_path).text
    written = tomllib.loads(text)["gates"]
    for name, gate in Gates.model_fields.items():
        assert set(written[name]) == set(gate.annotation.model_fields) - {OTHER[kind]}, name
    thresholds = text[text.index("[gates.data]") :].splitlines()
    settings = [line for line in thresholds if "=" in line]
    assert [line for line in settings if " # " not in line and line != "min_rows = 100"] == []


def test_choices_come_from_the_rows(rows: pd.DataFrame, tmp_path: Path) -> None:
    pilot = _scaffolded(rows, tmp_path).pilot
    assert pilot.name == "my-rows"
    assert (pilot.reduce.method, pilot.reduce.components) == ("none", 4)
    assert {candidate.qubits for candidate in pilot.candidates} == {4}
    assert pilot.claim.metric == "accuracy"
    wide = rows.join(pd.DataFrame(np.random.default_rng(0).normal(size=(160, 8)), columns=list("ghijklmn")))
    rare = wide.assign(label=np.where(np.arange(160) % 8 == 0, "ill", "well"))
    pilot = _scaffolded(rare, tmp_path).pilot
    assert (pilot.reduce.method, pilot.reduce.components) == ("pca", 6)
    assert pilot.claim.metric == "balanced_accuracy"


def test_what_no_model_may_read_is_dropped_and_gaps_and_texts_are_named(rows: pd.DataFrame, tmp_path: Path) -> None:
    frame = rows.assign(
        row=np.arange(160),
        note=[f"note {i}" for i in range(160)],
        empty=None,
        color=np.where(np.arange(160) % 3, "red", "blue"),
        b=rows["b"].where(rows.index % 20 > 0),
    )
    file = _scaffolded(frame, tmp_path)
    assert file.pilot.data.drop == ("row", "note", "empty")
    assert (file.pilot.data.missing, file.pilot.data.text) == ("impute", "encode")
    assert "gaps in b: filled" in file.text
    assert file.pilot.gates.data.max_null_fraction == 0.2
    prepare(file.pilot.data, file.folder, file.pilot.seed)


def test_classes_more_than_qubits_leave_out_what_cannot_tell_them(rows: pd.DataFrame, tmp_path: Path) -> None:
    pilot = _scaffolded(rows.assign(label=np.arange(160) % 6), tmp_path).pilot
    assert {candidate.model for candidate in pilot.candidates} == {"projected-kernel", "hybrid"}


def test_a_single_feature_makes_a_pilot_without_entanglement(rows: pd.DataFrame, tmp_path: Path) -> None:
    assert not _scaffolded(rows[["a", "label"]], tmp_path).pilot.claim.quantum


def test_a_file_without_header_elsewhere_is_found_from_the_pilot(rows: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    rows.to_csv(tmp_path / "in" / "bare.csv", index=False, header=False)
    out = tmp_path / "out" / "pilot.toml"
    write(scaffold(tmp_path / "in" / "bare.csv", "-1", out, header=False), out)
    file = read(out)
    assert (file.pilot.data.path, file.pilot.data.target) == ("../in/bare.csv", "c4")
    assert len(prepare(file.pilot.data, file.folder, 0).frame) == 160


def test_nothing_is_overwritten_and_hopeless_rows_write_nothing(rows: pd.DataFrame, tmp_path: Path) -> None:
    out = tmp_path / "pilot.toml"
    out.write_text("mine")
    with pytest.raises(UsageError, match=r"is there already; --force"):
        write("text", out)
    assert out.read_text() == "mine"
    with pytest.raises(UsageError, match="no such folder"):
        write("text", tmp_path / "nowhere" / "pilot.toml")
    rows.assign(label="yes").to_csv(tmp_path / "one.csv", index=False)
    with pytest.raises(QpilotError, match="one class only"):
        scaffold(tmp_path / "one.csv", "label", out)
    with pytest.raises(UsageError, match=r"unknown data\.target column 'z'"):
        scaffold(tmp_path / "one.csv", "z", out)


def test_the_least_rows_get_a_claim_that_can_be_read(rows: pd.DataFrame, tmp_path: Path) -> None:
    file = _scaffolded(rows.groupby("label").head(6), tmp_path)
    assert file.pilot.claim.target <= file.pilot.claim.psi
    assert "collect more" in file.text


def test_a_quantity_becomes_a_regression_whose_claim_comes_from_the_rows(values: pd.DataFrame, tmp_path: Path) -> None:
    file = _scaffolded(values, tmp_path)
    pilot, learned = file.pilot, prepare(file.pilot.data, tmp_path, 0, quantity=True).dataset.development.y
    assert (pilot.kind, pilot.claim.metric, pilot.claim.quantity) == ("regression", "absolute_error", True)
    assert {candidate.model for candidate in pilot.candidates} == {"projected-kernel", "variational", "hybrid"}
    assert pilot.gates.data.max_value_share == 0.5
    assert pilot.claim.worst_error is not None
    within = (np.abs(learned - np.median(learned)) <= pilot.claim.worst_error).mean()
    assert within == pytest.approx(0.9, abs=0.03)
    assert "90% of the development rows are within that of their median" in file.text
    assert f"errors smaller by {pilot.claim.target * pilot.claim.worst_error:.2g} in the mean" in file.text
    assert "ridge, rbf-svm" in file.text
    assert "accuracy the" not in file.text


@pytest.mark.parametrize("size", [100, 160])
def test_the_proposed_advantage_is_one_the_locked_rows_show(size: int, values: pd.DataFrame, tmp_path: Path) -> None:
    file = _scaffolded(values.head(size), tmp_path)
    claim, locked = file.pilot.claim, len(prepare(file.pilot.data, tmp_path, 0, quantity=True).dataset.locked)
    assert f"the smallest that {locked} locked rows show" in file.text
    assert required_for(claim, wallet_alpha(1, claim.alpha)) <= locked
    less = claim.model_copy(update={"target": claim.target - 0.02})
    assert required_for(less, wallet_alpha(1, claim.alpha)) > locked
    assert 2 * claim.target**2 <= claim.psi, "an advantage that is the same on every row is none a model has"


def test_few_rows_of_a_quantity_get_a_claim_that_can_be_read(values: pd.DataFrame, tmp_path: Path) -> None:
    file = _scaffolded(values.head(14), tmp_path)
    assert file.pilot.claim.target**2 <= file.pilot.claim.psi
    assert "more than 5 locked rows can show: collect more" in file.text


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (np.linspace(-1, 1, 2001), 0.9),
        (np.linspace(-1000, 1000, 2001), 900.0),
        (np.linspace(0, 1, 2001) * 1e-7, 4.5e-8),
        (np.linspace(-1, 1, 2001) * 1.112, 1.1),
        (np.r_[np.zeros(990), np.arange(1, 11)], 10.0),
    ],
    ids=["one", "a thousand", "tiny", "rounded up", "mostly one value"],
)
def test_the_worst_error_is_a_round_distance_from_the_median(y: np.ndarray, expected: float) -> None:
    assert worst_error(y) == pytest.approx(expected, rel=1e-12)
    assert worst_error(y + 5 * y.std()) == pytest.approx(expected, rel=1e-12)


def test_the_kind_can_be_said_where_the_target_looks_like_another(rows: pd.DataFrame, tmp_path: Path) -> None:
    digits = rows.assign(label=np.arange(160) % 10)
    assert _scaffolded(digits, tmp_path).pilot.kind == "classification"
    assert _scaffolded(digits, tmp_path, kind="regression").pilot.kind == "regression"
    with pytest.raises(QpilotError, match=r"say kind = \"regression\""):
        _scaffolded(rows.assign(label=rows["a"]), tmp_path, kind="classification")
    with pytest.raises(QpilotError, match=r"say kind = \"classification\""):
        _scaffolded(rows, tmp_path, kind="regression")
