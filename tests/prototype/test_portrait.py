"""What the report draws of a finalist: its kernel sorted by the target; of a quantity, what it said of rows it had not seen."""

from pathlib import Path

import numpy as np
import pytest

from gates.grading import grades
from qpilot import pilotfile
from qpilot.data.preparing import prepare
from qpilot.job import Job
from qpilot.prototype.portrait import ANSWERED, ROWS, portrait
from qpilot.prototype.search.sweep import unwatched
from qpilot.prototype.stage import select

PILOTS = Path(__file__).parent.parent.parent / "pilots"
QUICK = (
    'candidates=[{model="fidelity-kernel", encoding="angle", qubits=4}]',
    "search.folds=3",
    'search.runner="threads"',
)


def drawn(pilot: str, home: Path, *overrides: str):  # type: ignore[no-untyped-def]
    file = pilotfile.read(PILOTS / pilot / "pilot.toml", (*QUICK, *overrides))
    dataset = prepare(file.pilot.data, file.folder, file.pilot.seed, quantity=file.pilot.claim.quantity).dataset
    job = Job(run="x-1", pilot=file.pilot, folder=file.folder, home=home, data=dataset.fingerprint, code="c")
    selected = select(job, dataset, unwatched)
    return file.pilot, dataset.development, selected, portrait(selected, dataset.development)


def test_a_quantity(tmp_path: Path) -> None:
    pilot, rows, selected, found = drawn("diabetes", tmp_path, 'baselines=[{model="ridge"}]', "search.repeats=2")
    assert found.kernel.labels == ()
    assert list(found.kernel.targets) == sorted(rows.y[:ROWS])
    assert np.diag(np.array(found.kernel.values)) == pytest.approx(1)
    assert len(found.answers.truth) == min(len(rows), ANSWERED)
    assert sorted(found.answers.truth) == sorted(rows.y), "one repeat has every row once"
    mean = grades(pilot.claim, found.answers.answers, found.answers.truth).mean()
    (result,) = [one for one in selected.results if one.entrant.name == selected.finalist.name]
    assert mean == pytest.approx(result.grades[: len(rows)].mean()), "each answer stands beside its own truth"


def test_classes(tmp_path: Path) -> None:
    _, rows, _, found = drawn("planted", tmp_path, 'baselines=[{model="logistic"}]', "data.max_train_rows=100")
    assert found.answers is None
    assert found.kernel.targets == ()
    assert list(found.kernel.labels) == sorted(rows.classes[label] for label in rows.y[:ROWS])
