"""Every shipped pilot, shrunk, through the real flow on a real Prefect server: states, record, report, predictions."""

import json
import re
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flows.embedded import run
from gates.records import Verdict
from qpilot.data.source import read_file
from qpilot.data.table import Dataset
from qpilot.errors import QpilotError
from qpilot.record.home import Home
from qpilot.record.registry import Registry
from qpilot.replay import Kept, replay
from qpilot.runs.status import rewrite_report, standings
from qpilot.runs.summary import EXIT_CODES, Summary
from qpilot.serving.prediction import predict
from qpilot.verification import verify
from tests import quantities
from tests.flows.conftest import shrunk

pytestmark = pytest.mark.usefixtures("server")


class Watching:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.verdicts: list[str] = []
        self.stages: set[str] = set()

    def progress(self, stage: str, done: int, total: int, said: str = "") -> None:
        assert 0 <= done <= total
        self.stages.add(stage)

    def verdict(self, verdict: Verdict) -> None:
        self.verdicts.append(f"{verdict.gate} {verdict.outcome}")


def conduct(name: str, home: Path, *more: str, explore: bool = False) -> tuple[Summary, Watching]:
    path, overrides = shrunk(name)
    watcher = Watching()
    summary = run(path, (*overrides, *more), explore, Home(home), watcher)
    assert_replayed(home, summary)
    return summary, watcher


def folder_state(home: Path, summary: Summary) -> str:
    """How the journal says the run's folder stands."""
    last: Any = Home(home).run(str(summary.run)).last_state(Home(home).journal)
    return str(last.payload["state"])


def states() -> dict[str, tuple[str, str]]:
    """Flow run name -> type and name of its state, newest last."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return {str(one.name): (str(one.state_type.value), str(one.state_name)) for one in client.read_flow_runs()}


@dataclass(frozen=True)
class Promoted:
    """The positive control, run to its promotion; who changes the home does it to a copy."""

    home: Path
    summary: Summary
    watcher: Watching


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory, server: None) -> Promoted:
    place = tmp_path_factory.mktemp("promoted") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QPILOT_HOME", str(place))
        return Promoted(place, *conduct("planted", place))


@pytest.fixture
def copied(promoted: Promoted, home: Path) -> Promoted:
    """As somebody has it who has moved the folder."""
    shutil.copytree(promoted.home, home)
    report = str(Home(home).run(str(promoted.summary.run)).report)
    return replace(promoted, home=home, summary=promoted.summary.model_copy(update={"report": report}))


def test_planted_is_promoted_and_answers(copied: Promoted) -> None:
    home, summary, watcher = copied.home, copied.summary, copied.watcher
    gates = ["data", "reduction", "trainability", "prototype", "forecast", "hardware", "promotion"]
    assert [f"{gate} GO" for gate in gates] == watcher.verdicts
    assert {"prototype", "hardware"} <= watcher.stages
    assert (summary.outcome, summary.exit_code, summary.model) == ("GO", 0, "planted@1")
    assert summary.charged_usd == 0
    assert summary.device_usd > 0
    assert verify(Home(home)) == ()
    assert_report(summary)
    (calibration,) = {entry.payload["calibration"] for entry in Home(home).journal.find("counts")}
    assert Home(home).artifacts.get_json(calibration)["name"] == "iqm-garnet"

    again, silent = conduct("planted", home)
    assert summary == again
    assert silent.verdicts == [], "a finished run answers from what stands"
    assert_rewritten(Home(home), summary)
    assert [one.report for one in standings(Home(home), None)] == [summary.report], "where the home lies by now"

    rows = read_file(shrunk("planted")[0].parent / "rows.csv").head(40)
    champion = Registry(Home(home)).resolve("planted")
    trained = Dataset.from_bytes(Home(home).artifacts.get(str(champion.metadata["rows"]))).development
    assert len(trained) > 0, "a pilot that would begin from it is held against the rows it saw"
    answer = predict(champion, rows.drop(columns="label")).frame()
    assert {"emulator:iqm-garnet"} == set(answer["served_by"])
    assert (answer["prediction"] == rows["label"].astype(str)).mean() > 0.85


def test_a_champion_whose_device_is_gone_answers_by_its_fallback(promoted: Promoted) -> None:
    version = Registry(Home(promoted.home)).resolve("planted@champion")
    rows = read_file(shrunk("planted")[0].parent / "rows.csv").head(5)
    for lost, said in (
        ({"device": "abacus"}, "unknown device 'abacus'"),
        ({"mitigation": "prayer"}, "KeyError: 'prayer'"),
    ):
        retired = replace(version, metadata={**version.metadata, **lost})
        answer = predict(retired, rows.drop(columns="label")).frame()
        assert {"fallback"} == set(answer["served_by"])
        assert all(said in reason for reason in answer["reason"])


def test_an_ordinary_pilot_is_refused_and_registers_nothing(home: Path) -> None:
    summary, watcher = conduct("breast-cancer", home)
    assert summary.outcome in ("NO_GO", "INCONCLUSIVE")
    assert summary.exit_code in (3, 4)
    assert summary.model is None
    assert Registry(Home(home)).names() == ()
    assert summary.outcome == watcher.verdicts[-1].split()[1]
    assert "promotion" not in {verdict.split()[0] for verdict in watcher.verdicts}
    assert_report(summary)


def test_a_regression_pilot_is_refused_as_plainly(home: Path) -> None:
    summary, watcher = conduct("diabetes", home)
    assert summary.outcome in ("NO_GO", "INCONCLUSIVE")
    assert "promotion" not in {verdict.split()[0] for verdict in watcher.verdicts}
    assert_report(summary)
    seen = re.sub(r"<style.*?</style>|<[^>]*>", " ", Path(str(summary.report)).read_text(encoding="utf-8"), flags=re.S)
    assert "score" in seen
    assert "accuracy" not in seen.lower()


def test_a_hidden_quantity_is_promoted_replayed_and_answered_in_its_own_units(home: Path, tmp_path: Path) -> None:
    watcher = Watching()
    overrides = (
        *quantities.OVERRIDES,
        quantities.written(tmp_path / "rows.csv"),
        "gates.forecast.max_emulated_loss=0.3",
    )
    summary = run(quantities.PILOT, overrides, False, Home(home), watcher)
    assert len(watcher.verdicts) == 7
    assert (summary.outcome, summary.model) == ("GO", "planted@1"), watcher.verdicts
    assert_replayed(home, summary)
    assert verify(Home(home)) == ()
    assert_report(summary)

    rows = read_file(tmp_path / "rows.csv").head(30)
    champion = Registry(Home(home)).resolve("planted")
    answer = predict(champion, rows.drop(columns="observable")).frame()
    assert list(answer.columns) == ["prediction", "standard_error", "served_by", "reason"]
    assert abs(answer["prediction"] - rows["observable"]).mean() < 0.3, "the values' own spread is 1"
    lost = replace(champion, metadata={**champion.metadata, "device": "abacus"})
    spare = predict(lost, rows.drop(columns="observable")).frame()
    assert {"fallback"} == set(spare["served_by"])
    assert spare["prediction"].notna().all()


def test_exploring_goes_on_after_a_no_go_and_promotes_nothing(home: Path) -> None:
    summary, watcher = conduct("h4-correlation", home, explore=True)
    assert len(watcher.verdicts) == 7
    assert (summary.outcome, summary.exit_code, summary.model) == ("NO_GO", 3, None)
    assert Registry(Home(home)).names() == ()
    assert summary.charged_usd == 0
    assert_report(summary)
    assert "Accuracy on the device" in Path(str(summary.report)).read_text(encoding="utf-8")

    own, _ = conduct("h4-correlation", home)
    refused = next(place for place, verdict in enumerate(summary.verdicts, start=1) if verdict.outcome != "GO")
    assert own.verdicts == summary.verdicts[:refused]
    assert_report(own)
    assert "Accuracy on the device" not in Path(str(own.report)).read_text(encoding="utf-8"), "it ended before"


def test_exploring_a_refused_design_never_opens_the_locked_set(home: Path) -> None:
    summary, _ = conduct("planted", home, "claim.target=0.05", explore=True)
    assert summary.outcome == "INCONCLUSIVE"
    assert Home(home).journal.find("opening") == ()
    assert Home(home).journal.find("reading") == ()


def test_always_asking_waits_before_the_device_is_touched(home: Path) -> None:
    summary, watcher = conduct("planted", home, 'approval.when="always"')
    assert (summary.outcome, summary.exit_code) == ("AWAITING_APPROVAL", 5)
    assert "hardware GO" not in watcher.verdicts
    assert Home(home).journal.find("intent") == ()
    assert Home(home).journal.find("ended") == (), "a run that waits has not ended"
    assert "approve" in summary.reason

    again, _ = conduct("planted", home, 'approval.when="always"')
    assert again == summary
    assert folder_state(home, summary) == "sealed", "a run that waits is held to its seal however often it is asked"


def test_a_pruned_run_still_answers_and_says_that_its_report_is_gone(copied: Promoted) -> None:
    home, summary = copied.home, copied.summary
    Home(home).prune(str(summary.run), datetime(2026, 1, 1, tzinfo=UTC))
    again, silent = conduct("planted", home)
    assert summary.model_copy(update={"report": None}) == again
    assert [one.report for one in standings(Home(home), None)] == [None]
    assert silent.verdicts == []


def test_a_critical_expectation_that_failed_ends_the_run(home: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(shrunk("planted")[0].parent / "rows.csv")
    rows.assign(answer=rows["label"]).to_csv(tmp_path / "leaky.csv", index=False)
    path = tmp_path / "pilot.toml"
    path.write_text(
        shrunk("planted")[0].read_text().replace("rows.csv", "leaky.csv").replace("qubits = 4", "qubits = 5")
    )
    summary = run(path, (), False, Home(home), None)
    assert (summary.outcome, summary.exit_code) == ("NO_GO", 3)
    assert "answer" in summary.reason
    assert [verdict.gate for verdict in summary.verdicts] == ["data"]


def test_states_are_named_for_the_decision(copied: Promoted) -> None:
    from flows.pilot import pilot

    def ended(name: str, *more: str) -> tuple[str, str]:
        path, overrides = shrunk(name)
        state: Any = pilot(path, (*overrides, *more), False, return_state=True)
        return state.type.value, state.name

    assert states()[str(copied.summary.run)] == ("COMPLETED", "Promoted")
    entries = Home(copied.home).journal.head()
    assert ended("planted") == ("COMPLETED", "Promoted")
    assert Home(copied.home).journal.head() == entries, "a run that has ended answers from what stands on a server too"
    assert ended("planted", "claim.target=0.05") == ("FAILED", "Inconclusive")
    assert ended("planted", "gates.forecast.max_emulated_loss=0.0001", "hardware.shots=20") == ("FAILED", "NoGo")


def test_scorecards_are_artifacts(promoted: Promoted) -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = client.read_artifacts(limit=200)
    keys = {one.key for one in found if str(promoted.summary.run) in str(one.description)}
    assert {"data-scorecard", "prototype-scorecard", "promotion-scorecard"} <= keys


def assert_rewritten(home: Home, summary: Summary) -> None:
    """The report is written anew as it was and sealed again, but not while the pilot is at work."""
    run_name, at, before = str(summary.run), datetime(2026, 1, 1, tzinfo=UTC), Path(str(summary.report)).read_bytes()
    with home.lock("planted", run_name, at), pytest.raises(QpilotError, match="is being run by"):
        rewrite_report(home, run_name, at)
    assert rewrite_report(home, run_name, at) == summary
    assert len(Path(str(summary.report)).read_bytes()) == pytest.approx(len(before), abs=200)
    assert verify(home) == ()
    assert len(home.run(run_name).artifacts(home.journal)) > 2


def assert_replayed(home: Path, summary: Summary) -> None:
    """Every verdict of the run comes out again as it stands, from what it kept."""
    if (Home(home).run(str(summary.run)).path / "pilot.toml").is_file():
        found = replay(Kept.of_home(Home(home), str(summary.run)))
        assert found.same, [one.sentence for gate in found.gates for one in gate.differences] + [*found.record]
        assert [gate.gate for gate in found.gates if "replaced" not in gate.depth][: len(summary.verdicts)] == [
            verdict.gate for verdict in summary.verdicts
        ]


def assert_report(summary: Summary) -> None:
    """The report stands, names the decision first, and fetches nothing."""
    text = Path(str(summary.report)).read_text(encoding="utf-8")
    assert str(summary.run) in text
    assert "http" not in text.replace("http://www.w3.org", "").replace("https://arxiv.org", "")
    folder = Path(str(summary.report)).parent
    for verdict in summary.verdicts:
        kept = json.loads((folder / "verdicts" / f"{verdict.gate}.json").read_text())
        assert verdict == Verdict.model_validate(kept)
    assert EXIT_CODES[summary.outcome] == summary.exit_code
