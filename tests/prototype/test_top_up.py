"""A top-up announced with the first opening: rows are added once, the old ones stay where they were, all else is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gates.prototype import decide
from gates.records import Outcome, Verdict
from qpilot import pilotfile, policies, topup
from qpilot.data.preparing import prepare
from qpilot.data.table import Dataset
from qpilot.errors import QpilotError, UsageError
from qpilot.job import Job, Stores
from qpilot.prototype import design
from qpilot.prototype.search.sweep import unwatched
from qpilot.prototype.stage import prototype
from qpilot.record import openings
from qpilot.record.home import Home

PLANTED = Path(__file__).parents[2] / "pilots" / "planted"
QUICK = (
    'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"}]',
    'baselines=[{model="logistic"}]',
    'search={folds=2, runner="threads"}',
    "data.top_up=40",
    "claim.psi=0.3",
)
NOON = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = pd.read_csv(PLANTED / "rows.csv")


@dataclass
class Place:
    """A home, and the pilot's data file in it."""

    home: Path

    def write(self, frame: pd.DataFrame) -> None:
        frame.to_csv(self.home / "rows.csv", index=False)

    def prepared(self, *overrides: str) -> tuple[Any, Dataset]:
        where = f'data.path="{(self.home / "rows.csv").as_posix()}"'
        pilot = pilotfile.read(PLANTED / "pilot.toml", (*QUICK, where, *overrides)).pilot
        home = Home(self.home)
        before = topup.before(home.journal, home.artifacts, pilot)
        return pilot, prepare(pilot.data, PLANTED, pilot.seed, before).dataset

    def run(self, run: str, *overrides: str) -> tuple[Any, Dataset, Verdict]:
        pilot, dataset = self.prepared(*overrides)
        home = Home(self.home)
        job = Job(run=run, pilot=pilot, folder=PLANTED, home=self.home, data=dataset.fingerprint, code="c")
        stores = Stores(home.journal, home.artifacts, lambda: NOON)
        evidence, _ = prototype(job, dataset, False, stores, unwatched)
        return evidence, dataset, decide(evidence, policies.prototype(pilot))

    def opened(self) -> None:
        """The first look is entered, as the stage enters it."""
        pilot, dataset = self.prepared()
        home = Home(self.home)
        assert dataset.before is not None
        kept = home.artifacts.put(dataset.before.to_bytes())
        openings.open(
            home.journal,
            dataset.fingerprint,
            pilot.digest,
            run="r-1",
            total=0.05,
            points=len(dataset.locked),
            tests=lambda alpha: design.tests(pilot, dataset, alpha, "locked"),
            at=NOON,
            top_up=openings.TopUp(rows=40, inputs={"rows": kept}),
        )

    def say(self, run: str, outcome: str) -> None:
        """What the gate said of the run stands in the journal."""
        Home(self.home).journal.append("verdict", f"{run}/prototype/1", {"verdict": {"outcome": outcome}}, NOON)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    found.write(ROWS[:300])
    return found


@pytest.fixture
def undecided(place: Place) -> Place:
    """After a first look that could not tell."""
    place.opened()
    place.say("r-1", "INCONCLUSIVE")
    return place


def test_the_announcement_stands_with_the_first_opening(place: Place) -> None:
    evidence, dataset, verdict = place.run("r-1")
    (opening,) = openings.standing(Home(place.home).journal, dataset.fingerprint)
    assert opening.top_up is not None
    assert opening.top_up.rows == 40
    assert (evidence.look, evidence.added, opening.look) == (1, 0, 1)
    assert "2 % at each of its two looks" in " ".join(check.reason for check in verdict.checks)


def test_the_second_look_reads_old_and_new_locked_rows_with_the_same_models(undecided: Place) -> None:
    _, first = undecided.prepared()
    undecided.write(ROWS[:360].sample(frac=1, random_state=1))
    evidence, second, verdict = undecided.run("r-2")
    assert (evidence.look, evidence.added, evidence.attempt, evidence.alpha) == (2, 40, 1, pytest.approx(0.04))
    assert evidence.locked == len(first.locked) + 40
    assert np.array_equal(first.development.X, second.development.X)
    assert np.array_equal(first.locked.X, second.locked.X[: len(first.locked)])
    assert verdict.outcome is Outcome.GO
    opening = openings.of(Home(undecided.home).journal, second.fingerprint, evidence.pilot)
    assert (opening.look, opening.attempt, opening.points) == (2, 1, evidence.locked)


def test_the_second_look_again_is_the_same_and_a_third_is_refused(undecided: Place) -> None:
    undecided.write(ROWS[:360])
    first, _, _ = undecided.run("r-2")
    again, _, _ = undecided.run("r-2")
    assert first.advantage == again.advantage
    undecided.write(ROWS[:420])
    with pytest.raises(QpilotError, match="made with other rows"):
        undecided.prepared()


def changed(frame: pd.DataFrame) -> pd.DataFrame:
    spoiled = frame.copy()
    spoiled.iloc[7, 0] += 0.1
    return spoiled


@pytest.mark.parametrize(
    ("grown", "said"),
    [
        (lambda: changed(ROWS[:360]), "1 of the 300 rows .* gone or were changed"),
        (lambda: ROWS[5:360], "5 of the 300 rows"),
        (lambda: ROWS[:330], "announced 40 more rows, and 30 of the 30 new ones can be locked"),
        (lambda: pd.concat([ROWS[:300], ROWS[:50]]), r"announced 40 more rows, and \d+ of the 50"),
        (lambda: ROWS[:360].assign(label=lambda one: 1 - one.label), "300 rows"),
    ],
)
def test_what_is_no_top_up_is_refused(undecided: Place, grown: Callable[[], pd.DataFrame], said: str) -> None:
    undecided.write(grown())
    with pytest.raises(QpilotError, match=said):
        undecided.prepared()


@pytest.mark.parametrize(("outcome", "said"), [("GO", "said GO"), ("NO_GO", "said NO-GO"), (None, "not decided yet")])
def test_only_a_first_look_that_could_not_tell_has_a_second(place: Place, outcome: str | None, said: str) -> None:
    place.opened()
    if outcome is not None:
        place.say("r-1", outcome)
    place.write(ROWS[:360])
    with pytest.raises(QpilotError, match=said):
        place.prepared()


def test_rows_that_were_not_announced_are_other_data(undecided: Place) -> None:
    _, first = undecided.prepared()
    undecided.write(ROWS[:360])
    _, other = undecided.prepared("data.top_up=50")
    assert other.added == 0
    assert len(other.locked) != len(first.locked) + 40


def test_rows_that_somebody_else_opened_meanwhile_are_not_read_a_second_time(undecided: Place) -> None:
    undecided.write(ROWS[:360])
    _, grown = undecided.prepared()
    openings.open(
        Home(undecided.home).journal,
        grown.fingerprint,
        "f" * 64,
        run="other-1",
        total=0.05,
        points=10,
        tests=lambda _: {"advantage": 10},
        at=NOON,
    )
    with pytest.raises(QpilotError, match="not opened its locked set"):
        undecided.run("r-2")


def test_a_dataset_that_announces_makes_a_round_trip(place: Place) -> None:
    _, dataset = place.prepared()
    again = Dataset.from_bytes(dataset.to_bytes())
    assert again.before is not None
    assert dataset.before is not None
    assert np.array_equal(again.before.keys, dataset.before.keys)
    assert (again.before.add, again.added) == (40, 0)


def test_no_rows_are_no_top_up() -> None:
    with pytest.raises(UsageError, match="top_up"):
        pilotfile.read(PLANTED / "pilot.toml", ("data.top_up=0",))
