"""The payload binds the circuits that would really be run, and nothing that must stay closed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gates.hardware import HardwarePolicy
from qpilot.approval.circuits import circuits, payload
from qpilot.bundle import Bundle
from qpilot.data.preparing import prepare
from qpilot.data.table import Dataset
from qpilot.devices import device
from qpilot.emulator import Emulator
from qpilot.forecast.situation import Situation
from qpilot.forecast.stage import forecast
from qpilot.hardware.answers import construct
from qpilot.hardware.stage import draw
from qpilot.hardware.submission import fingerprint
from qpilot.job import Job, Stores
from qpilot.mitigation import MITIGATIONS
from qpilot.packing import packed
from qpilot.pilotfile import read
from qpilot.prototype.fitted import Fitted, fit
from qpilot.prototype.search.entrants import quantum_entrants
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal
from qpilot.reduction import REDUCERS
from tests.approval.asking import ROOT, RUN, START

PLANTED = ROOT / "pilots" / "planted"
GARNET = device("iqm-garnet")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    pilot = read(PLANTED / "pilot.toml", ("data.max_train_rows=80",)).pilot
    return prepare(pilot.data, PLANTED, pilot.seed).dataset


@pytest.fixture(scope="module")
def model(dataset) -> Fitted:
    entrant = quantum_entrants(read(PLANTED / "pilot.toml").pilot)[0]
    return fit(entrant, REDUCERS["none"].build(None, 0), dataset.development.X[:60], dataset.development.y[:60])


@pytest.fixture(scope="module")
def evidence(dataset, model):
    emulator = Emulator(GARNET)
    policy = HardwarePolicy(margin=0.1, alpha=0.04)
    return forecast(job(Path()), dataset, model, 20, policy, GARNET, emulator, emulator, Situation(START), lambda: 0.0)


@pytest.fixture
def stores(tmp_path) -> Stores:
    return Stores(Journal(tmp_path / "journal.db"), Artifacts(tmp_path / "artifacts"), lambda: START)


def job(home: Path, *settings: str) -> Job:
    pilot = read(PLANTED / "pilot.toml", ("hardware.max_points=30", "hardware.shots=200", *settings)).pilot
    return Job(run=RUN, pilot=pilot, folder=PLANTED, home=home, data="d" * 64, code="c" * 64)


_BUNDLES: dict[int, bytes] = {}


def bundle(model: Fitted, preparation) -> bytes:
    """Made once a model, as a run does: its bytes hold when it was made."""
    return _BUNDLES.setdefault(id(model), packed(Bundle(model, model, preparation).to_files()))


def bound(stores, dataset, model, evidence, *settings, figures=GARNET):
    kept = stores.artifacts.put(dataset.to_bytes()), stores.artifacts.put(bundle(model, dataset.preparation))
    return payload(job(Path(), *settings), stores, *kept, True, evidence, figures)


def test_the_payload_is_the_same_each_time_and_says_what_the_stage_was_told(stores, dataset, model, evidence):
    found = bound(stores, dataset, model, evidence)
    assert found == bound(stores, dataset, model, evidence)
    assert (found.run, found.points, found.circuits_per_point, found.shots) == (RUN, 30, 3, 200)
    assert (found.device, found.arn, found.usd_worst) == ("iqm-garnet", GARNET.arn, evidence.charged.worst)
    assert (found.prices.usd_per_task, found.prices.usd_per_shot) == (GARNET.usd_per_task, GARNET.usd_per_shot)
    assert stores.journal.head().seq == 0, "nothing was opened and nothing recorded"


def test_labels_are_not_in_it_and_features_are(stores, dataset, model, evidence):
    found = bound(stores, dataset, model, evidence)
    relabelled = replace(dataset, locked=replace(dataset.locked, y=1 - dataset.locked.y))
    assert bound(stores, relabelled, model, evidence) == found
    drawn = draw(dataset.locked.X, dataset.locked.y, 30, job(Path()).pilot.seed, "locked").rows
    for row, same in ((drawn[0], False), (next(iter(set(range(len(dataset.locked))) - set(drawn))), True)):
        X = dataset.locked.X.copy()
        X[row, 0] += 1e-6
        moved = replace(dataset, locked=replace(dataset.locked, X=X))
        assert (bound(stores, moved, model, evidence).circuits == found.circuits) is same


def test_another_model_is_other_circuits(stores, dataset, model, evidence):
    other = fit(
        quantum_entrants(job(Path()).pilot)[0],
        REDUCERS["none"].build(None, 0),
        dataset.development.X[:50],
        dataset.development.y[:50],
    )
    assert bound(stores, dataset, other, evidence).circuits != bound(stores, dataset, model, evidence).circuits


@pytest.mark.parametrize(
    "setting", ["hardware.batch=10", "hardware.sentinels=3", "hardware.sentinels=0", "hardware.max_points=29", "seed=2"]
)
def test_how_the_circuits_are_run_is_in_it(stores, dataset, model, evidence, setting):
    found, other = bound(stores, dataset, model, evidence), bound(stores, dataset, model, evidence, setting)
    assert found.circuits != other.circuits


def test_a_price_that_rises_is_another_payload(stores, dataset, model, evidence):
    dearer = GARNET.model_copy(update={"usd_per_shot": 2 * GARNET.usd_per_shot})
    found, other = bound(stores, dataset, model, evidence), bound(stores, dataset, model, evidence, figures=dearer)
    assert (found.circuits, found.digest != other.digest) == (other.circuits, True)


def test_it_is_made_of_the_batches_that_the_stage_submits(dataset, model):
    """Whatever changes a batch's own fingerprint changes this one; a last bit that a machine rounds otherwise does not."""
    X = dataset.locked.X[:12]
    given = {"model": model, "mitigation": MITIGATIONS["readout"], "shots": 100, "batch": 5, "sentinels": 2}
    found = circuits(X=X, **given)
    assert circuits(X=X + 1e-13, **given) == found
    assert fingerprint(construct(model, X + 1e-13, MITIGATIONS["readout"], 100)) != fingerprint(
        construct(model, X, MITIGATIONS["readout"], 100)
    )
    changes = {"mitigation": MITIGATIONS["zne-linear"], "shots": 101, "batch": 4, "sentinels": 1}
    others = [circuits(X=X, **{**given, name: value}) for name, value in changes.items()]
    swapped = circuits(X=X[np.r_[1, 0, 2:12]], **given)
    assert len({found, swapped, *others}) == 2 + len(changes)
