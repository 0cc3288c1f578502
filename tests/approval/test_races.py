"""People who answer at once, and processes that die while they do: one outcome, whole or absent."""

import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import qpilot
from qpilot.approval import Answer, approve, ask, granted, lapse, reject, standing
from qpilot.errors import QpilotError
from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.journal import Journal
from tests.approval.asking import FOUR_EYES, RUN, Asking, at, payload, yes
from tests.postgres import PASSWORD

OURS = str(Path(qpilot.__file__).parent / "approval")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path, monkeypatch):
    """A home's folder, its journal in a file or in a database of many writers."""
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres")
        monkeypatch.setenv("QPILOT_JOURNAL_PASSWORD", PASSWORD)
        (tmp_path / "home.toml").write_text(f'journal = "{cluster.database().journal}"\n')
    return tmp_path


def together(*calls: Callable[[], object]) -> list[object]:
    """What each call answered, or raised; all begin at the same moment."""
    answers: list[object] = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def one(number: int) -> None:
        ready.wait()
        try:
            answers[number] = calls[number]()
        except QpilotError as error:
            answers[number] = error

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_approved_and_rejected_at_once_is_one_of_them(place):
    run = Asking.of(place)
    for number in range(6):
        name = f"{RUN}-{number}"
        ask(run.home, named(run, name).job, payload(run=name), at(0))
        answers = together(  # each with a home of its own, as three processes would have
            partial(approve, Home(place), name, yes("Ada"), at(1)),
            partial(reject, Home(place), name, Answer("Bob"), at(1)),
            partial(approve, Home(place), name, yes("Eve"), at(1)),
        )
        stands = standing(run.home.journal, name)
        entries = [*run.home.journal.find("approval", f"{name}/"), *run.home.journal.find("rejected", f"{name}/")]
        assert sum(not isinstance(one, QpilotError) for one in answers) == len(entries) == 1, answers
        assert (granted(run.home.journal, name, payload(run=name).digest, at(1)) is None) == (
            stands.state == "rejected"
        )
    assert run.home.journal.verify() == ()


def test_the_same_person_at_once_on_two_screens_is_one(place):
    run = Asking.of(place, *FOUR_EYES)
    run.ask()
    answers = together(*(lambda name=name: approve(Home(place), RUN, yes(name), at(1)) for name in ("Ada", " ADA ")))
    assert sum(isinstance(one, QpilotError) for one in answers) == 1
    assert (standing(run.home.journal, RUN).missing, len(run.home.journal.find("approval"))) == (1, 1)


def test_four_people_at_once_are_two(place):
    run = Asking.of(place, *FOUR_EYES)
    run.ask()
    names = {"Ada": "30", "Bob": "20", "Eve": "10", "Sam": "5"}
    together(*(lambda n=n, usd=usd: approve(Home(place), RUN, yes(n, usd), at(1)) for n, usd in names.items()))
    grant = granted(run.home.journal, RUN, payload().digest, at(1))
    assert (len(run.home.journal.find("approval")), len(grant.names), "Sam" in grant.names) == (2, 2, False)
    assert grant.max_usd == min(Decimal(names[name]) for name in grant.names)


def test_answered_and_expired_at_once_is_one_of_them(place):
    run = Asking.of(place)
    run.ask()
    lapsed, answered = together(
        lambda: lapse(Home(place), RUN, at(72)), lambda: approve(Home(place), RUN, yes("Ada"), at(71.9))
    )
    assert lapsed == isinstance(answered, QpilotError)
    assert standing(run.home.journal, RUN).state == ("expired" if lapsed else "approved")


def test_two_processes_that_ask_at_once_ask_once(place):
    run = Asking.of(place)
    first, second = together(lambda: run.ask(), lambda: Asking(Home(place), run.job).ask())
    assert first == second
    assert len(run.home.journal.find("request")) == 1


def test_answered_while_it_asks_anew_leaves_no_grant_of_the_old(place):
    run = Asking.of(place)
    for number in range(4):
        meant = run.ask(shots=100 + number).digest  # without it whoever is late approves what is asked by then
        old = payload(shots=100 + number)
        together(
            partial(approve, Home(place), RUN, yes("Ada", digest=meant), at(1)),
            partial(Asking(Home(place), run.job).ask, 1, shots=101 + number),
        )
        assert granted(run.home.journal, RUN, old.digest, at(1)) is None
        assert standing(run.home.journal, RUN).state == "asked"


class Killed(BaseException):
    """The process is gone: no handler of ours runs its course."""


def lines(call: Callable[[], object], until: int = sys.maxsize) -> int:
    """How many lines of qpilot/approval the call ran. Raises Killed before line `until`."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            count += 1
            if count == until:
                raise Killed
        return trace

    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(None)
    return count


CALLS: dict[str, tuple[str, str, Callable[[Asking, str], object]]] = {
    "ask": ("request", "asked", lambda run, name: ask(run.home, run.job, payload(run=name), at(0))),
    "approve": ("approval", "approved", lambda run, name: approve(run.home, name, yes("Ada"), at(1))),
    "reject": ("rejected", "rejected", lambda run, name: reject(run.home, name, Answer("Ada"), at(1))),
    "lapse": ("expired", "expired", lambda run, name: lapse(run.home, name, at(80))),
}


@pytest.mark.parametrize("call", CALLS)
def test_killed_at_any_line_it_is_whole_or_absent_and_can_be_said_again(tmp_path, call):
    kind, done, say = CALLS[call]
    first = Asking.of(tmp_path)
    journal = first.home.journal

    def prepared(name: str) -> Callable[[], object]:
        run = named(first, name)
        if kind != "request":
            ask(run.home, run.job, payload(run=name), at(0))
        return partial(say, run, name)

    length = lines(prepared(f"{RUN}-whole"))
    found = set()
    for step in sorted({*range(1, length, max(length // 10, 1)), length - 1, length}):
        name = f"{RUN}-{step}"
        spoken = prepared(name)
        before = journal.head()
        with pytest.raises(Killed):
            lines(spoken, until=step)
        entries = journal.find(kind, f"{name}/")
        assert len(entries) == journal.head().seq - before.seq <= 1
        found.add(len(entries))
        if not entries:
            spoken()
        assert standing(journal, name).state == done
    assert found == {0, 1}, "it was killed before the entry, and after it"


def named(run: Asking, name: str) -> Asking:
    """The same for a run of another name."""
    return Asking(run.home, run.job.model_copy(update={"run": name}))


class Interrupted(Journal):
    """Somebody else does something just before the first entry is appended, after all that was read for it."""

    meanwhile: Callable[[], object] | None = None

    def append(self, *given: Any, **named: Any) -> Entry:
        call, self.meanwhile = self.meanwhile, None
        if call is not None:
            call()
        return super().append(*given, **named)


def interrupted(run: Asking, meanwhile: Callable[[], object]) -> Asking:
    home = Home(run.home.path)
    journal = Interrupted(run.home.path / "journal.db", home.signer, home.head)
    journal.meanwhile = meanwhile
    home.__dict__["journal"] = journal
    return Asking(home, run.job)


RIVALS: dict[str, Callable[[Asking], object]] = {
    "approve": lambda run: approve(run.home, RUN, yes("Ada"), at(71)),
    "reject": lambda run: reject(run.home, RUN, Answer("Bob"), at(71)),
    "lapse": lambda run: lapse(run.home, RUN, at(72)),
    "ask": lambda run: run.ask(71, shots=101),
}


@pytest.mark.parametrize(
    ("first", "rival", "said", "state"),
    [
        ("approve", "reject", "was rejected by Bob", "rejected"),
        ("approve", "lapse", "is late", "expired"),
        ("approve", "ask", "asks for something else by now", "asked"),
        ("reject", "approve", "was approved by Ada", "approved"),
        ("reject", "lapse", "is late", "expired"),
        ("reject", "ask", "asks for something else by now", "asked"),
        ("lapse", "approve", "", "approved"),
        ("lapse", "reject", "", "rejected"),
        ("lapse", "ask", "", "asked"),
        ("ask", "reject", "rejected by Bob", "rejected"),
        ("ask", "approve", "", "asked"),
        ("ask", "lapse", "", "asked"),
    ],
)
def test_whoever_comes_between_reading_and_writing_is_seen(tmp_path, first, rival, said, state):
    run = Asking.of(tmp_path)
    run.ask()
    late = interrupted(run, partial(RIVALS[rival], run))
    if said:
        with pytest.raises(QpilotError, match=said):
            RIVALS[first](late)
    else:
        RIVALS[first](late)
    assert standing(run.home.journal, RUN).state == state
    kinds = [entry.kind for kind in ("approval", "rejected", "expired") for entry in run.home.journal.find(kind)]
    assert kinds == {"approve": ["approval"], "reject": ["rejected"], "lapse": ["expired"], "ask": []}[rival]
