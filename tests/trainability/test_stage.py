"""The stage on the positive control: the same evidence again, and who cannot be trained does not compete."""

from datetime import UTC, datetime
from pathlib import Path

from gates.trainability import TrainabilityPolicy, barred, decide
from qpilot import pilotfile
from qpilot.data.preparing import prepare
from qpilot.data.table import Dataset
from qpilot.job import Job, Stores
from qpilot.prototype.search.sweep import unwatched
from qpilot.prototype.stage import prototype
from qpilot.record.home import Home
from qpilot.trainability.stage import trainability

PLANTED = Path(__file__).parent.parent.parent / "pilots" / "planted" / "pilot.toml"
TWO = (
    'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"},'
    ' {model="variational", encoding="angle", ansatz="strongly-entangling", layers=2, qubits=4, steps=5}]',
    'baselines=[{model="logistic"}]',
    "search.folds=2",
    'search.runner="threads"',
    "data.max_train_rows=120",
)


def begun(home: Path) -> tuple[Job, Dataset, Stores]:
    file = pilotfile.read(PLANTED, TWO)
    dataset = prepare(file.pilot.data, file.folder, file.pilot.seed).dataset
    job = Job(run="planted-x-1", pilot=file.pilot, folder=file.folder, home=home, data=dataset.fingerprint, code="c")
    found = Home(home)
    return job, dataset, Stores(found.journal, found.artifacts, lambda: datetime(2026, 1, 1, tzinfo=UTC))


def test_what_cannot_be_trained_does_not_compete_and_is_named(tmp_path: Path) -> None:
    job, dataset, stores = begun(tmp_path)
    evidence = trainability(job, dataset)
    assert evidence == trainability(job, dataset)
    assert [(one.place, one.signal) for one in evidence.probes] == [(1, "kernel entry"), (2, "gradient")]
    kernel, circuit = (one.shots for one in evidence.probes)
    between = TrainabilityPolicy(max_shots=int((kernel.high + circuit.low) / 2))
    assert kernel.high < between.max_shots < circuit.low
    out = barred(evidence, between)
    assert list(out) == [2]
    assert decide(evidence, between).outcome.value == "GO"
    found, selected = prototype(job, dataset, False, stores, unwatched, out)
    assert selected is not None
    assert found.pilot == job.pilot.digest
    assert not any("variational" in one.name for one in found.contenders)
    (name,) = found.failures
    assert name == f"{job.pilot.candidates[1].name} (no. 2)"
    assert "does not compete" in found.failures[name]
