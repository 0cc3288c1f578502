"""A calibration that changes between batches is flagged, and its sentinels are measured again, once."""

from pathlib import Path

import pytest

from qpilot.devices import Device, Qubit, device
from qpilot.job import Job
from tests.hardware.machines import Machine
from tests.hardware.test_stage import Sign, conduct, job

__all__ = ["job"]

GARNET = device("iqm-garnet")


def recalibrated(readout: float = 0.9, gate: float = 0.9) -> Device:
    """Every qubit of Garnet alike."""
    qubits = {label: Qubit(gate=gate, readout=readout) for label in GARNET.qubits}
    return GARNET.model_copy(update={"qubits": qubits})


def machine(**also: object) -> Machine:
    """Batches 0 and 1 on one calibration, 2 and 3 on another."""
    return Machine({0: GARNET, 2: recalibrated()}, **also)  # type: ignore[arg-type]


def test_a_change_is_flagged_with_what_changed(job: Job) -> None:
    evidence, _ = conduct(job, Sign(), 100, planned=100, backend=machine())
    (change,) = evidence.recalibrations
    assert change.batch == 2
    assert change.calibration == (GARNET.digest, recalibrated().digest)
    assert change.readout[1] == change.gate[1] == 0.9
    assert change.readout[0] > 0.95
    assert "was calibrated anew before batch 3" in change.sentence
    assert "90 %" in change.sentence
    assert len(evidence.calibrations) == 2


def test_the_first_points_are_measured_again_after_a_change_and_count_once(job: Job) -> None:
    backend = machine()
    evidence, readings = conduct(job, Sign(), 100, planned=100, backend=backend)
    assert [rows for _, rows in backend.submitted] == [25, 25, 27, 25]
    assert len(evidence.differences) == len(readings.device) == 100
    (sentinels,) = evidence.sentinels
    assert (sentinels.batch, sentinels.lost.n) == (2, 2)
    assert sentinels.lost.low <= sentinels.lost.value <= sentinels.lost.high


def test_sentinels_measure_the_drift(job: Job) -> None:
    """Ten points with uncorrected readout errors that grew: the loss stands clear of zero."""
    hardware = job.pilot.hardware.model_copy(update={"sentinels": 10})
    more = job.model_copy(update={"pilot": job.pilot.model_copy(update={"hardware": hardware})})
    evidence, _ = conduct(more, Sign(), 100, planned=100, backend=machine(), mitigation="none")
    (sentinels,) = evidence.sentinels
    assert sentinels.lost.n == 10
    assert sentinels.lost.low > 0.05
    assert evidence.split is not None
    (drift,) = (part for part in evidence.split.parts if part.cause == "drift")
    assert drift.signal.low > 0.02


def test_a_rerun_with_the_same_calibration_measures_nothing_again(job: Job) -> None:
    backend = Machine({0: GARNET})
    evidence, _ = conduct(job, Sign(), 100, planned=100, backend=backend)
    assert evidence.recalibrations == evidence.sentinels == ()
    assert [rows for _, rows in backend.submitted] == [25, 25, 25, 25]
    conduct(job, Sign(), 100, planned=100, backend=backend)
    assert len(backend.submitted) == 4


def test_other_prices_and_dates_are_no_other_calibration(job: Job) -> None:
    dearer = GARNET.model_copy(update={"usd_per_shot": GARNET.usd_per_shot * 2, "notes": ("dearer",)})
    evidence, _ = conduct(job, Sign(), 60, planned=60, backend=Machine({0: GARNET, 1: dearer}))
    assert evidence.recalibrations == evidence.sentinels == ()


@pytest.mark.parametrize("dies", [2, 3])
def test_a_killed_batch_is_composed_as_its_intent_says_whatever_the_device_says_now(job: Job, dies: int) -> None:
    backend = machine(dies=dies)
    with pytest.raises(KeyboardInterrupt):
        conduct(job, Sign(), 100, planned=100, backend=backend)
    # The calibration has changed once more, and back, before the run goes on.
    later = Machine({0: GARNET if dies == 2 else recalibrated(), 3: recalibrated()})
    conduct(job, Sign(), 100, planned=100, backend=later)
    killed = dict(later.submitted)[f"{job.run}/{dies:04d}"]
    assert killed == (27 if dies == 2 else 25)


def test_a_run_without_sentinels_flags_the_change_all_the_same(job: Job, tmp_path: Path) -> None:
    hardware = job.pilot.hardware.model_copy(update={"sentinels": 0})
    without = job.model_copy(update={"pilot": job.pilot.model_copy(update={"hardware": hardware})})
    backend = machine()
    evidence, _ = conduct(without, Sign(), 100, planned=100, backend=backend)
    assert [rows for _, rows in backend.submitted] == [25, 25, 25, 25]
    assert len(evidence.recalibrations) == 1
    assert evidence.sentinels == ()
