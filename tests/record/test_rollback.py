"""A champion goes back because a person says so: signed, in the journal, and only to what there is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.cli import main
from qpilot.errors import QpilotError
from qpilot.record.home import Home
from qpilot.record.registry import ALIAS, CHAMPION, Registry
from qpilot.serving.rollback import rollback
from qpilot.verification import verify

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Three versions of a model, each champion in its turn."""
    home = Home(tmp_path / "home")
    registry = Registry(home)
    for number in (1, 2, 3):
        run = f"wine-0123abcd-{number}"
        version = registry.register("wine", {"model.json": b"%d" % number}, {"run": run}, AT)
        expect = registry.aliases("wine").get(CHAMPION)
        registry.point("wine", CHAMPION, version.number, expect=expect, at=AT, run=run)
    return home


def champion(home: Home) -> int:
    return Registry(home).aliases("wine")[CHAMPION]


def test_each_rollback_goes_one_champion_further_back_and_is_signed(home: Home) -> None:
    assert rollback(home, "wine", None, "Ada", "drifts", AT).sentence == "wine@2 is the champion again; it was wine@3"
    done = rollback(home, "wine", None, "Ada", "", AT)
    assert (done.before, done.after, done.run, champion(home)) == (2, 1, "wine-0123abcd-1", 1)
    moves = home.journal.find(ALIAS, "wine/")
    assert [entry.payload["version"] for entry in moves] == [1, 2, 3, 2, 1]  # type: ignore[call-overload, index]
    assert moves[3].payload["by"] == "Ada"  # type: ignore[call-overload, index]
    assert "attestation" in moves[3].payload  # type: ignore[operator]
    assert [one for one in verify(home) if one.where == "journal" or "wine" in one.where] == []


def test_a_version_can_be_named_and_forward_is_a_way_too(home: Home) -> None:
    rollback(home, "wine", 1, "Ada", "", AT)
    rollback(home, "wine", 3, "Ada", "", AT)
    assert champion(home) == 3


def test_the_run_that_was_taken_back_does_not_promote_itself_again(home: Home) -> None:
    rollback(home, "wine", None, "Ada", "", AT)
    Registry(home).point("wine", CHAMPION, 3, expect=2, at=AT, run="wine-0123abcd-3")
    assert champion(home) == 2


@pytest.mark.parametrize(
    ("model", "to", "said"),
    [
        ("beer", None, "unknown model 'beer'; known: wine"),
        ("wine", 9, "9"),
        ("wine", 3, "wine@3 is the champion already"),
    ],
)
def test_what_there_is_not_is_refused_and_nothing_moves(home: Home, model: str, to: int | None, said: str) -> None:
    before = home.journal.head()
    with pytest.raises(QpilotError, match=said):
        rollback(home, model, to, "Ada", "", AT)
    assert home.journal.head() == before


def test_the_first_champion_has_nothing_before_it(home: Home) -> None:
    rollback(home, "wine", 1, "Ada", "", AT)
    with pytest.raises(QpilotError, match="is the first champion there was; name a version with --to"):
        rollback(home, "wine", None, "Ada", "", AT)


def test_the_command_answers_and_a_damaged_version_is_never_champion(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QPILOT_HOME", str(home.path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(SystemExit) as stopped:
        main(["rollback", "wine", "--by", "Ada", "--note", "drifts", "--json"])
    assert stopped.value.code == 0
    assert '"from": 3, "to": 2' in capsys.readouterr().out
    (home.registry / "wine" / "1" / "model.json").write_bytes(b"9")
    with pytest.raises(SystemExit) as stopped:
        main(["rollback", "wine", "--by", "Ada"])
    assert stopped.value.code == 1
    assert "is not what was registered" in capsys.readouterr().err
    assert champion(home) == 2


def test_it_stands_where_no_server_answers_and_says_that_nobody_was_told(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QPILOT_HOME", str(home.path))
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}), pytest.raises(SystemExit) as stopped:
        main(["rollback", "wine", "--by", "Ada"])
    captured = capsys.readouterr()
    assert (stopped.value.code, captured.out) == (0, "wine@2 is the champion again; it was wine@3\n")
    assert "the rollback stands, but nobody was told: no Prefect server answers" in captured.err
    assert champion(home) == 2
