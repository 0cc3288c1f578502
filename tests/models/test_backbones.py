"""What backbones of a pilot file stand for: pinned by content, reduced like its rows, refused where they spoil its test."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qpilot.bundle import Bundle, described, fitted
from qpilot.candidates.candidate import Candidate
from qpilot.data.preparing import prepare
from qpilot.errors import UsageError
from qpilot.forecast.compare import compare
from qpilot.inspection import inspect
from qpilot.job import Job
from qpilot.models import backbones
from qpilot.models.building import build
from qpilot.models.pretraining import Rows
from qpilot.pilot import Data
from qpilot.pilotfile import read, read_kept
from qpilot.prototype.fitted import Fitted
from qpilot.prototype.search.sweep import unwatched
from qpilot.prototype.stage import select
from qpilot.record import openings
from qpilot.record.home import Home
from qpilot.record.registry import Registry
from qpilot.trainability.stage import trainability

PLANTED = Path(__file__).parents[2] / "pilots" / "planted"
NOON = datetime(2026, 1, 1, tzinfo=UTC)
CIRCUIT = 'encoding="angle", ansatz="real-amplitudes", layers=1, qubits=4, steps=5'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The planted pilot, and another data set of four features beside it."""
    for name in ("pilot.toml", "rows.csv"):
        shutil.copy(PLANTED / name, tmp_path / name)
    write(tmp_path / "other.csv", 0)
    return tmp_path


def write(path: Path, seed: int, columns: int = 4) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(80, columns))
    lines = [",".join(f"{value:.6f}" for value in row) + f",{'high' if row[0] > 0 else 'low'}" for row in X]
    path.write_text("\n".join([",".join([*(f"f{k}" for k in range(columns)), "kind"]), *lines]) + "\n")


def pilot(folder: Path, backbone: str = '{path="other.csv", target="kind"}', *overrides: str):
    return read(
        folder / "pilot.toml", (f'candidates=[{{model="transfer", {CIRCUIT}, backbone={backbone}}}]', *overrides)
    )


def require(folder: Path, home: Home | None = None, **given):
    file = pilot(folder, **given)
    dataset = prepare(file.pilot.data, file.folder, file.pilot.seed).dataset
    backbones.require(file.pilot, file.folder, home, dataset)
    return file, dataset


def test_the_file_is_pinned_so_that_another_content_is_another_pilot_and_the_kept_text_says_so(folder):
    first = pilot(folder)
    assert first.pilot.candidates[0].backbone.sha256
    assert read_kept(first.text) == first.pilot
    write(folder / "other.csv", 1)
    assert pilot(folder).pilot.digest != first.pilot.digest
    assert read_kept(first.text) == first.pilot, "the run that was keeps what it was"


def test_a_list_of_backbones_is_pinned_one_by_one(folder):
    shutil.copy(folder / "other.csv", folder / "more.csv")
    given = '[{path="other.csv", target="kind"}, {path="more.csv", target="kind"}, "earlier@2"]'
    found = [candidate.backbone for candidate in pilot(folder, given).pilot.candidates]
    assert [bool(one.sha256) for one in found] == [True, True, False]
    assert found[2].model == "earlier@2"


@pytest.mark.parametrize(
    ("backbone", "says"),
    [
        ('{path="none.csv", target="kind"}', "none.csv cannot be read"),
        ('{path="other.csv"}', "belong together"),
        ('"earlier"', "with its version"),
        ('{path="other.csv", target="kind", model="earlier@1"}', "give either path and target"),
        ('{path=["other.csv"], target="kind"}', "list whole backbones"),
        ('{path="other.csv", target="kind", rows=3}', "unknown key"),
    ],
)
def test_a_backbone_that_is_none_is_refused_as_the_file_is_read(folder, backbone, says):
    with pytest.raises(UsageError, match=says):
        pilot(folder, backbone)


def test_a_file_that_changes_after_the_pilot_was_read_is_noticed(folder):
    file, dataset = require(folder)
    write(folder / "other.csv", 1)
    with pytest.raises(UsageError, match="run the pilot file again"):
        backbones.sources(file.pilot, file.folder, None, dataset)


OTHERWISE: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "one more column": lambda frame: frame.assign(extra=np.arange(len(frame)) % 7 + 0.123456789),
    "another column order": lambda frame: frame[[*frame.columns[::-1]]],
    "fewer decimals": lambda frame: frame.round(2),
    "another file name": lambda frame: frame,
    "a column less": lambda frame: frame.drop(columns=frame.columns[0]),
    "other names": lambda frame: frame.set_axis(["w", "v", "u", "t", "label"], axis=1),
    "one row among others": lambda frame: pd.concat([spread(60, frame.columns), frame[700:701]]),
    "other names, order and columns": lambda frame: (
        frame.assign(id=np.arange(len(frame))).iloc[:, [5, 3, 1, 0, 2, 4]].set_axis([*"abcde", "label"], axis=1)
    ),
}


def spread(rows: int, columns: pd.Index) -> pd.DataFrame:
    X = np.random.default_rng(5).normal(size=(rows, len(columns) - 1))
    return pd.DataFrame(X, columns=columns[:-1]).assign(**{columns[-1]: np.arange(rows) % 2})


@pytest.mark.parametrize("way", OTHERWISE)
def test_rows_of_the_pilot_itself_are_refused_however_they_are_written(folder, way):
    OTHERWISE[way](pd.read_csv(folder / "rows.csv")).to_csv(folder / "other.csv", index=False)
    with pytest.raises(UsageError, match=r"backbone other.csv (stand among|is) the pilot's own"):
        require(folder, backbone='{path="other.csv", target="label"}')


def test_other_rows_of_the_same_columns_are_taken(folder):
    spread(300, pd.read_csv(folder / "rows.csv").columns).to_csv(folder / "other.csv", index=False)
    require(folder, backbone='{path="other.csv", target="label"}')


def test_a_target_that_is_not_there_is_said_with_the_file(folder):
    with pytest.raises(UsageError, match=r"backbone other.csv: .*color"):
        require(folder, backbone='{path="other.csv", target="color"}')


@pytest.mark.parametrize("columns", [4, 7])
def test_rows_are_reduced_as_the_pilots_are_and_a_model_is_built_on_them(folder, columns):
    write(folder / "other.csv", 0, columns)
    file = pilot(folder, '{path="other.csv", target="kind"}', 'reduce={method="pca", components=3}')
    dataset = prepare(file.pilot.data, file.folder, file.pilot.seed).dataset
    (source,) = backbones.sources(file.pilot, file.folder, None, dataset).values()
    assert source.X.shape == (80, 3)
    assert sorted(set(source.y)) == [0, 1]
    candidate = file.pilot.candidates[0]
    assert source.digest == candidate.backbone.sha256
    X = dataset.development.X[:40, :3]
    assert (
        build(candidate, 0, 2, backbone=source).fit(X, dataset.development.y[:40]).foundation_.digest == source.digest
    )


def registered(folder: Path, home: Home, kind: str = "dressed", run: str = "p" * 64, rows: str | None = "other.csv"):
    X, y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 2
    given = {"encoding": "angle", "layers": 1, "qubits": 4}
    if kind == "dressed":
        given |= {"ansatz": "real-amplitudes", "steps": 5}
    model = build(Candidate.model_validate({"model": kind, **given}), 0, 2).fit(X, y)
    trained = Data(path=str(rows or "rows.csv"), target="kind" if rows == "other.csv" else "label")
    dataset = prepare(trained, folder, 11).dataset
    one = Fitted("it", "hybrid", None, model, 0.1)
    files = Bundle(one, one, dataset.preparation).to_files()
    kept = {} if rows is None else {"rows": home.artifacts.put(dataset.to_bytes())}
    Registry(home).register("earlier", files, {"pilot": run, "finalist": f"{kind}, it", **kept}, NOON)
    return model


def test_a_registered_model_is_taken_from_its_version(folder, tmp_path):
    home = Home(tmp_path / "home")
    model = registered(folder, home)
    file, dataset = require(folder, home, backbone='"earlier@1"')
    (source,) = backbones.sources(file.pilot, file.folder, home, dataset).values()
    assert (source.weights == model.parameters_[model.network.parts["circuit"]]).all()
    assert len(source.digest) == 64


def test_registered_models_that_cannot_be_a_backbone_are_named(folder, tmp_path):
    home = Home(tmp_path / "home")
    with pytest.raises(UsageError, match="backbone earlier@1: unknown model"):
        require(folder, home, backbone='"earlier@1"')
    with pytest.raises(UsageError, match="needs QPILOT_HOME"):
        require(folder, backbone='"earlier@1"')
    registered(folder, home, "projected-kernel")
    with pytest.raises(UsageError, match="no trained circuit but 'projected-kernel, it'"):
        require(folder, home, backbone='"earlier@1"')


def test_a_registered_model_of_another_circuit_is_refused_before_anything_runs(folder, tmp_path):
    home = Home(tmp_path / "home")
    registered(folder, home)
    file = pilot(folder, '"earlier@1"', "candidates.0.layers=2")
    dataset = prepare(file.pilot.data, file.folder, file.pilot.seed).dataset
    with pytest.raises(UsageError, match=r"earlier@1 is 'dressed, .* x1, adam' on 4 qubits, another circuit than"):
        backbones.require(file.pilot, file.folder, home, dataset)


def test_a_model_that_was_tested_on_these_rows_says_nothing_new_about_them(folder, tmp_path):
    home = Home(tmp_path / "home")
    file, dataset = require(folder)
    registered(folder, home, run=file.pilot.digest)
    require(folder, home, backbone='"earlier@1"')
    openings.open(
        home.journal,
        dataset.fingerprint,
        file.pilot.digest,
        run="planted-x-1",
        total=0.05,
        points=10,
        tests=lambda alpha: {"advantage": 10},
        at=NOON,
    )
    with pytest.raises(UsageError, match="on these very rows"):
        require(folder, home, backbone='"earlier@1"')


@pytest.mark.parametrize("way", ["one more column", "a column less", "one row among others", "fewer decimals"])
def test_a_model_that_was_trained_on_rows_of_this_pilot_is_refused_whatever_file_they_stood_in(folder, tmp_path, way):
    home = Home(tmp_path / "home")
    OTHERWISE[way](pd.read_csv(folder / "rows.csv")).to_csv(folder / "before.csv", index=False)
    registered(folder, home, rows="before.csv")
    with pytest.raises(UsageError, match=r"backbone earlier@1 was trained on \d+ rows? of this pilot"):
        require(folder, home, backbone='"earlier@1"')


def test_a_model_whose_rows_are_not_known_is_refused(folder, tmp_path):
    home = Home(tmp_path / "home")
    registered(folder, home, rows=None)
    with pytest.raises(UsageError, match="does not say which rows it was trained on"):
        require(folder, home, backbone='"earlier@1"')


def test_a_model_that_began_from_a_backbone_itself_is_refused(folder, tmp_path):
    home = Home(tmp_path / "home")
    registered(folder, home)
    candidate = pilot(folder).pilot.candidates[0]
    source = Rows("d" * 64, np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 2)
    model = build(candidate, 0, 2, backbone=source).fit(source.X, source.y)
    rows = Registry(home).resolve("earlier@1").metadata["rows"]
    files = described("finalist", Fitted("it", "hybrid", None, model, 0.1))
    Registry(home).register("earlier", files, {"pilot": "q" * 64, "rows": rows}, NOON)
    with pytest.raises(UsageError, match="earlier@2 began from a backbone itself"):
        require(folder, home, backbone='"earlier@2"')


def test_a_transfer_model_is_probed_selected_and_kept_with_its_foundation(folder, tmp_path):
    quick = ('baselines=[{model="logistic"}]', "search.folds=2", 'search.runner="threads"', "data.max_train_rows=120")
    file = pilot(folder, '{path="other.csv", target="kind"}', *quick)
    dataset = prepare(file.pilot.data, file.folder, file.pilot.seed).dataset
    home = Home(tmp_path / "home")
    job = Job(run="p-1", pilot=file.pilot, folder=folder, home=home.path, data=dataset.fingerprint, code="c")
    assert np.isfinite(trainability(job, dataset).probes[0].shots.value)
    selected = select(job, dataset, unwatched)
    pinned = file.pilot.candidates[0].backbone.sha256
    models = [selected.finalist, fitted("twin", described("twin", selected.twin))]
    assert [model.estimator.foundation_.digest for model in models] == [pinned, pinned]
    assert [model.estimator.foundation_.circuit.entangled for model in models] == [True, False]


@pytest.mark.parametrize(
    "given", [{"optimizer": "cobyla", "batch": 8}, {"encoder": "mlp", "decoder": "linear", "hidden": 4}]
)
def test_fields_that_are_read_are_taken(given):
    """COBYLA minimises its loss on eight batches of rows, so that it reads how large one is."""
    Candidate.model_validate(
        {"model": "hybrid", "encoding": "angle", "ansatz": "real-amplitudes", "qubits": 2, **given}
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"model": "transfer"}, "needs a backbone"),
        ({"model": "hybrid", "backbone": "earlier@1"}, "begins anew"),
        ({"model": "hybrid", "frozen": False}, "no backbone: leave out frozen"),
        ({"model": "variational", "encoder": "mlp"}, "none encoder and linear decoder"),
        ({"model": "fidelity-kernel", "ansatz": None, "decoder": "mlp"}, "no classical layers"),
        ({"model": "fidelity-kernel", "ansatz": None, "observable": "global"}, "no trained readout"),
        ({"model": "dressed", "encoding": "basis"}, "no slope"),
        ({"model": "dressed", "bandwidth": 0.5}, "chooses the angles itself"),
        ({"model": "hybrid", "encoder": "conv"}, "unknown encoder 'conv'"),
        ({"model": "fidelity-kernel", "ansatz": None, "steps": 100}, "trained in steps: leave out steps"),
        (
            {"model": "projected-kernel", "ansatz": None, "batch": 8, "learning_rate": 0.1},
            "leave out batch, learning_rate",
        ),
        ({"model": "fidelity-kernel", "ansatz": None, "hidden": 4}, "no mlp here"),
        ({"model": "dressed", "hidden": 4}, "no mlp here"),
        ({"model": "hybrid", "encoder": "autoencoder", "decoder": "linear", "hidden": 4}, "no mlp here"),
    ],
)
def test_fields_that_do_not_belong_to_a_model_are_refused(given, says):
    plain = {"encoding": "angle", "ansatz": "real-amplitudes", "layers": 1, "qubits": 2}
    with pytest.raises(ValueError, match=says):
        Candidate.model_validate({**plain, **given})


@pytest.fixture
def diabetes(tmp_path: Path) -> Path:
    """The pilot that asks for a quantity; beside it another data set whose target is one too, and one of classes."""
    for name in ("pilot.toml", "rows.csv"):
        shutil.copy(PLANTED.parent / "diabetes" / name, tmp_path / name)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 6))
    other = pd.DataFrame(X, columns=[*"abcdef"])
    other.assign(value=X[:, 0] + rng.normal(size=80)).to_csv(tmp_path / "other.csv", index=False)
    other.assign(kind=np.where(X[:, 0] > 0, "high", "low")).to_csv(tmp_path / "classes.csv", index=False)
    return tmp_path


def test_where_a_quantity_is_asked_the_other_data_set_is_read_for_one(diabetes):
    candidates = f'candidates=[{{model="transfer", {CIRCUIT}, backbone={{path="other.csv", target="value"}}}}]'
    file = read(diabetes / "pilot.toml", (candidates,))
    dataset = prepare(file.pilot.data, file.folder, file.pilot.seed, quantity=True).dataset
    backbones.require(file.pilot, file.folder, None, dataset)
    ((_, source),) = backbones.sources(file.pilot, file.folder, None, dataset).items()
    assert source.y.dtype == np.float64
    assert sorted(source.y) == pytest.approx(sorted(pd.read_csv(diabetes / "other.csv")["value"]))
    reduced = dataset.development.X[:60, :4], dataset.development.y[:60]
    model = build(file.pilot.candidates[0], 1, None, True, source, quantity=True).fit(*reduced)
    assert model.foundation_.digest == file.pilot.candidates[0].backbone.sha256


def test_another_data_set_of_classes_is_refused_where_a_quantity_is_asked(diabetes):
    candidates = f'candidates=[{{model="transfer", {CIRCUIT}, backbone={{path="classes.csv", target="kind"}}}}]'
    file = read(diabetes / "pilot.toml", (candidates,))
    dataset = prepare(file.pilot.data, file.folder, file.pilot.seed, quantity=True).dataset
    with pytest.raises(UsageError, match=r"backbone classes.csv: .*'kind'.* the pilot's own kind, 'regression'"):
        backbones.require(file.pilot, file.folder, None, dataset)


def test_the_fast_lane_and_the_estimate_refuse_a_backbone_as_a_run_does(diabetes, tmp_path):
    home = Home(tmp_path / "home")
    for backbone, says in (
        ('{path="classes.csv", target="kind"}', "classes.csv"),
        ('"other@1"', "unknown model 'other'"),
    ):
        given = (f'candidates=[{{model="transfer", {CIRCUIT}, backbone={backbone}}}]',)
        with pytest.raises(UsageError, match=says):
            inspect(diabetes / "pilot.toml", given, home)
        with pytest.raises(UsageError, match=says):
            compare(diabetes / "pilot.toml", given, home, NOON, ["iqm-garnet"])


def test_an_estimate_names_the_candidate_and_says_that_it_began_anew(folder, tmp_path):
    given = f'candidates=[{{model="transfer", {CIRCUIT}, backbone={{path="other.csv", target="kind"}}}}]'
    found = compare(folder / "pilot.toml", (given,), Home(tmp_path / "home"), NOON, ["iqm-garnet"])
    assert found.candidate == "transfer, angle + real-amplitudes x1, adam"
    assert found.notes[0].startswith(
        f"one candidate, {found.candidate}, fitted once, begun anew and not from its backbone, in"
    )
