"""A batch is measured once: intent first, counts kept before they are used, replay instead of redo."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from qpilot.backend import Batch, Handle, Outcomes, Quote
from qpilot.devices import Device, device
from qpilot.emulator import Emulator
from qpilot.errors import QpilotError
from qpilot.hardware.submission import fingerprint, measure
from qpilot.job import Stores
from qpilot.mitigation import MITIGATIONS
from qpilot.program import Circuits, Gate
from qpilot.record.home import Home

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def bell(angle: float) -> Circuits:
    gates = (Gate("ry", (0,), (0,)), Gate("cnot", (0, 1)))
    return Circuits(2, gates, np.array([[angle], [2 * angle]]))


def batch(angle: float = 0.4, shots: int = 200) -> Batch:
    return Batch(*MITIGATIONS["readout"].construct((bell(angle),)), shots)


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    home = Home(tmp_path)
    return Stores(home.journal, home.artifacts, lambda: NOON)


class Counting:
    """The emulator, counting what is submitted; dies before or after submitting when told to."""

    name = "emulator"

    def __init__(self, dies: str = "") -> None:
        self.inner = Emulator(device("iqm-garnet"))
        self.submitted: list[str] = []
        self.dies = dies

    def figures(self) -> Device:
        return self.inner.figures()

    def quote(self, executables: int, shots: int) -> Quote:
        return self.inner.quote(executables, shots)

    def submit(self, batch: Batch, key: str) -> Handle:
        self.submitted.append(key)
        if self.dies == "in submit":
            raise KeyboardInterrupt
        return self.inner.submit(batch, key)

    def collect(self, handle: Handle) -> Outcomes:
        if self.dies == "in collect":
            raise KeyboardInterrupt
        return self.inner.collect(handle)


def test_the_second_time_nothing_is_submitted_and_the_counts_are_equal(stores: Stores) -> None:
    backend = Counting()
    first = measure(batch(), "run/0000", backend, stores)
    second = measure(batch(), "run/0000", backend, stores)
    assert backend.submitted == ["run/0000"]
    assert first.artifact == second.artifact
    for one, two in zip(first.outcomes.settings, second.outcomes.settings, strict=True):
        assert np.array_equal(one, two)
    assert len(first.outcomes.calibration) == len(second.outcomes.calibration) == 2
    assert first.outcomes.quote == second.outcomes.quote


def test_the_intent_stands_before_the_effect(stores: Stores) -> None:
    with pytest.raises(KeyboardInterrupt):
        measure(batch(), "run/0000", Counting(dies="in submit"), stores)
    intent = stores.journal.get("intent", "run/0000")
    assert intent is not None
    assert fingerprint(batch()) == intent.payload["batch"]  # type: ignore[index, call-overload]
    assert stores.journal.get("counts", "run/0000") is None


@pytest.mark.parametrize("moment", ["in submit", "in collect"])
def test_a_killed_submission_is_taken_up_under_the_same_key_with_the_same_counts(stores: Stores, moment: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        measure(batch(), "run/0000", Counting(dies=moment), stores)
    after = Counting()
    taken_up = measure(batch(), "run/0000", after, stores)
    assert after.submitted == ["run/0000"]
    elsewhere = Emulator(device("iqm-garnet"))
    expected = elsewhere.collect(elsewhere.submit(batch(), "run/0000"))
    assert np.array_equal(expected.settings[0], taken_up.outcomes.settings[0])
    assert len(stores.journal.find("intent")) == 1


@pytest.mark.parametrize("other", [batch(angle=0.5), batch(shots=201)], ids=["angle", "shots"])
def test_a_key_never_answers_for_another_batch(stores: Stores, other: Batch) -> None:
    measure(batch(), "run/0000", Counting(), stores)
    with pytest.raises(QpilotError, match="belong to another batch"):
        measure(other, "run/0000", Counting(), stores)


def test_an_intent_for_another_batch_is_not_overwritten(stores: Stores) -> None:
    with pytest.raises(KeyboardInterrupt):
        measure(batch(), "run/0000", Counting(dies="in submit"), stores)
    backend = Counting()
    with pytest.raises(QpilotError, match="was meant for another batch"):
        measure(batch(angle=0.5), "run/0000", backend, stores)
    assert backend.submitted == []


def test_changed_counts_are_refused(stores: Stores) -> None:
    kept = measure(batch(), "run/0000", Counting(), stores)
    path = Path(stores.artifacts.place(kept.artifact))
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(QpilotError, match="was changed"):
        measure(batch(), "run/0000", Counting(), stores)


def test_equal_circuits_have_equal_fingerprints_and_the_last_bit_counts() -> None:
    assert fingerprint(batch()) == fingerprint(batch())
    assert fingerprint(batch(angle=0.4)) != fingerprint(batch(angle=np.nextafter(0.4, 1)))
