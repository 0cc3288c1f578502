"""What is wrong with a pilot file is said in one line, with the known names, and exit code 2."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qpilot import pilotfile
from qpilot.errors import UsageError
from tests.cli.conftest import PILOTS, Call


def test_every_shipped_pilot_is_valid() -> None:
    found = sorted(path.parent.name for path in PILOTS.glob("*/pilot.toml"))
    assert found == ["breast-cancer", "diabetes", "h4-correlation", "planted"]
    for name in found:
        assert name == pilotfile.read(PILOTS / name / "pilot.toml").pilot.name


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("dta.path=x", "unknown key dta; known there: approval, baselines, budget, candidates"),
        ("data.pth=x", "unknown key data.pth; known there: drop, group, header, locked"),
        ("candidates.0.model=perceptron", "unknown model 'perceptron'; known: dressed, fidelity-kernel, hybrid,"),
        ("candidates.0.encoding=morse", "unknown encoding 'morse'; known: amplitude, angle,"),
        ("candidates.1.depth=3", "unknown key candidates.1.depth; known there: ansatz, backbone, bandwidth, batch,"),
        ("candidates.0.model=variational", "needs an ansatz; known: "),
        ("reduce.method=lda", "unknown method 'lda'; known: autoencoder, none, pca, selection"),
        ("hardware.backend=tape", "unknown backend 'tape'; known: braket, emulator, pennylane:<device>"),
        ("hardware.device=abacus", "unknown device 'abacus'; known: ionq-forte-enterprise, iqm-emerald"),
        ("hardware.mitigation=prayer", "unknown mitigation 'prayer'; known: auto, none, readout, readout+zne-linear"),
        ("hardware.shots=1000000", "20000"),
        ("kind=regression", "claim.metric = 'accuracy' does not go with kind = 'regression': set absolute_error or"),
        ("search.runner=cloud", "should be 'processes', 'threads' or 'dask'"),
        ("claim.alpha=0.9", "claim.alpha: input should be less than or equal to 0.2 (given: 0.9)"),
        ("claim.alpha=0", "claim.alpha: input should be greater than 0"),
        ("claim.target=0.9", "impossible"),
        ("claim.margin=0.05", "margin belongs to a non-inferiority claim"),
        ('claim.kind="non-inferiority"', "a non-inferiority claim needs margin, resource, max_ratio"),
        ("claim.psi=nan", "claim.psi"),
        (
            "gates.data.max_value_share=0.5",
            "gates.data.max_value_share belongs to kind = 'regression'; set min_class_share in",
        ),
        ("hardware.margin=inf", "hardware.margin"),
        ("data.url='sqlite:///x'", "give either path"),
        ("data={url='postgresql://me:secret@host/rows', query='select 1', target='label'}", "url holds a password"),
        ("name='../../etc'", "name: string should match pattern"),
        ("candidates=[]", "candidates: array should have at least 1 item"),
        ("reduce.components=x", "reduce.components: "),
        ("candidates.0=3", "candidates.0: input should be a table of keys and values"),
        ("data.drop=x", "data.drop: input should be a valid array"),
        ("candidates.9.qubits=4", "entries of a list are numbered from 0"),
        ("name.x=3", "name is a value, not a section"),
        ("=3", "write section.key=value"),
        ("claim.alpha", "write section.key=value"),
        ("reduce={method='pca', components=9}", "components = 9"),
        ("candidates.0.qubits=3", "qubits = 3, but 4 components"),
    ],
)
def test_a_wrong_setting_is_named(pilot: Path, call: Call, override: str, said: str) -> None:
    done = call("lint", pilot, "--set", override)
    assert done.code == 2, done.err
    assert said in done.line


CANDIDATE = '[{model="variational", encoding="angle", ansatz="real-amplitudes", layers=1, qubits=4}]'


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("candidates.0.layers=0",), "candidates.0.layers: input should be greater than or equal to 1 (given: 0)"),
        (
            ("candidates.0.model=transfer", "candidates.0.backbone=other"),
            'with its version, "name@1", as `qpilot models`',
        ),
        (
            ('search.method="auto"', "search.budget_cpu_seconds=inf"),
            "search.budget_cpu_seconds: input should be a finite",
        ),
        (
            ('search.method="auto"', "search.budget_cpu_seconds=1e-9"),
            "does not pay for one candidate, which is counted at",
        ),
    ],
)
def test_one_fault_is_one_sentence(pilot: Path, call: Call, overrides: tuple[str, ...], said: str) -> None:
    """A list whose only entry is invalid is not said to be empty as well, and a budget is held against what it buys."""
    sets = [f"candidates={CANDIDATE}", *overrides]
    done = call("lint", pilot, *(text for one in sets for text in ("--set", one)))
    assert (done.code, said in done.line) == (2, True), done.line
    assert "at least 1 item" not in done.line
    assert "counted at 0.0 s" not in done.line


def test_more_qubits_than_the_emulator_takes_are_refused_before_anything_runs(
    pilot: Path, rows: pd.DataFrame, call: Call
) -> None:
    wide = np.random.default_rng(1).normal(size=(len(rows), 12))
    rows.join(pd.DataFrame(wide).add_prefix("f")).to_csv(pilot.parent / "rows.csv", index=False)
    candidate = '{model="projected-kernel", encoding="angle", layers=1, qubits=12}'
    done = call("lint", pilot, "--set", 'reduce={method="pca", components=12}', "--set", f"candidates=[{candidate}]")
    assert done.code == 2
    assert "12 qubits, but the emulator" in done.line
    assert "up to 10; reduce to fewer components" in done.line


def test_a_refused_password_is_not_repeated(pilot: Path, call: Call) -> None:
    url = "data={url='postgresql://me:secret@host/rows', query='select 1', target='label'}"
    done = call("lint", pilot, "--set", url, "--json")
    assert "secret" not in done.out + done.err


def test_several_problems_are_all_named(pilot: Path, call: Call) -> None:
    done = call("lint", pilot, "--set", "claim.alpha=2", "--set", "budget.usd=-1")
    assert "claim.alpha" in done.line
    assert "budget.usd" in done.line


def test_a_missing_threshold_has_no_hidden_default(pilot: Path, call: Call) -> None:
    pilot.write_text(pilot.read_text(encoding="utf-8").replace("min_alpha", "# min_alpha"), encoding="utf-8")
    done = call("lint", pilot)
    assert done.code == 2
    assert "gates.prototype.min_alpha is missing" in done.line


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"name = ", "not valid TOML"), (b"\xff\xfe\x00", "not UTF-8"), (b"", "missing")],
    ids=["broken", "binary", "empty"],
)
def test_an_unreadable_file_is_said(pilot: Path, call: Call, content: bytes, said: str) -> None:
    pilot.write_bytes(content)
    done = call("run", pilot)
    assert done.code == 2
    assert said in done.line


def test_rows_that_do_not_go_into_so_many_folds_are_refused_before_the_first_stage(pilot: Path, call: Call) -> None:
    frame = pd.read_csv(pilot.parent / "rows.csv")
    frame.assign(batch=np.arange(len(frame)) % 10).to_csv(pilot.parent / "rows.csv", index=False)
    done = call("run", pilot, "--set", "data.group=batch", "--set", "search.folds=20")
    assert (done.code, done.out) == (1, "")
    assert "20 folds" in done.line
    assert len(done.err.splitlines()) == 1, "no stage was begun"


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path, call: Call) -> None:
    assert "no such pilot file" in call("lint", tmp_path / "none.toml").line
    assert "is a folder" in call("lint", tmp_path).line


def test_an_override_enters_the_digest_and_survives_in_the_kept_file(pilot: Path) -> None:
    plain = pilotfile.read(pilot)
    changed = pilotfile.read(pilot, ["claim.target=0.21", "charter.owner=me"])
    assert plain.pilot.digest != changed.pilot.digest
    assert (changed.pilot.charter.owner, changed.pilot.claim.target) == ("me", 0.21)
    assert changed.pilot == pilotfile.read_kept(changed.text)
    assert plain.pilot.digest == pilotfile.read(pilot, ["claim.target=0.2"]).pilot.digest


def test_an_unknown_name_lists_what_is_known_once() -> None:
    with pytest.raises(UsageError, match="known there"):
        pilotfile.read(PILOTS / "planted" / "pilot.toml", ["gates.budget={usd=3}"])
