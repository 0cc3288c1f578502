"""A person at a terminal is asked, answers, is contradicted, and answers again."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from flows.asking import decided
from qpilot import pilotfile
from qpilot.approval import ask, standing
from qpilot.runs.lifetime import final
from tasks.desk import now
from tests.approval.asking import ROOT, RUN, Asking, payload


def told(asking: Asking, monkeypatch: pytest.MonkeyPatch, *typed: str) -> tuple[bool, str]:
    """Whether the request was decided by a person who types these lines, and what the terminal said."""
    ask(asking.home, asking.job, payload(), now())
    monkeypatch.setattr("sys.stdin", StringIO("\n".join([*typed, ""])))
    said = Console(file=StringIO(), width=200)
    return decided(asking.home, RUN, said), said.file.getvalue()  # type: ignore[attr-defined]


def test_yes_approves_up_to_what_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = Asking.of(tmp_path)
    so, said = told(asking, monkeypatch, "yes", "Ada", "$60", "go on")
    assert so
    assert "at most $90.00" in said
    found = standing(asking.home.journal, RUN)
    assert found is not None
    assert [(one.name, str(one.max_usd), one.note) for one in found.approvals] == [("Ada", "60", "go on")]


@pytest.mark.parametrize("amount", ["0", "many", "nan", "-1"])
def test_what_is_no_amount_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amount: str) -> None:
    asking = Asking.of(tmp_path)
    so, said = told(asking, monkeypatch, "yes", "Ada", amount, "", "later")
    assert (so, "number of dollars" in said) == (False, True)
    assert asking.home.journal.find("approval") == ()


def test_no_ends_the_run_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = Asking.of(tmp_path)
    asking.home.run(RUN).write("pilot.toml", pilotfile.read(ROOT / "pilots" / "planted" / "pilot.toml", ()).text)
    so, _ = told(asking, monkeypatch, "no", "Ada", "too dear")
    found = standing(asking.home.journal, RUN)
    assert found is not None
    assert (so, found.state, found.note) == (True, "rejected", "too dear")
    ended = final(asking.home.journal, RUN, False)
    assert ended is not None
    assert (ended.outcome, ended.error) == ("REJECTED", "rejected by Ada: too dear")


def test_later_and_an_empty_line_decide_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = Asking.of(tmp_path)
    so, said = told(asking, monkeypatch, "")
    assert (so, "nothing was answered" in said) == (False, True)
    assert final(asking.home.journal, RUN, False) is None
