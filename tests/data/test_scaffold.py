"""What `init` writes is a valid pilot for the data, every threshold in it with its comment."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qpilot.data.preparing import prepare
from qpilot.errors import QpilotError, UsageError
from qpilot.pilot import Gates
from qpilot.pilotfile import read
from qpilot.scaffold import scaffold, write


def _scaffolded(frame: pd.DataFrame, folder: Path, **settings: object):
    frame.to_csv(folder / "My rows.csv", index=False)
    out = folder / "pilot.toml"
    write(scaffold(folder / "My rows.csv", "label", out, **settings), out, force=True)
    return read(out)


def test_every_threshold_of_every_gate_is_written_with_a_comment(rows: pd.DataFrame, tmp_path: Path) -> None:
    text = _scaffolded(rows, tmp_path).text
    written = tomllib.loads(text)["gates"]
    for name, gate in Gates.model_fields.items():
        assert set(written[name]) == set(gate.annotation.model_fields) - {"max_value_share"}, name
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
