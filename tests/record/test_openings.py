"""The ledger: tries are numbered once, a locked set is opened at the wallet's alpha, and readings are fixed first."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from qpilot.errors import QpilotError
from qpilot.record import openings, tries
from qpilot.record.journal import Journal

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DATA = "d" * 64


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.db")


def opened(journal: Journal, pilot: str, points: int = 100, total: float = 0.05) -> openings.Opening:
    def tests(alpha: float) -> dict[str, int]:
        return {"advantage": points, "promotion": points // 2}

    return openings.open(journal, DATA, pilot, run=f"run-{pilot}", total=total, points=points, tests=tests, at=AT)


def test_an_unchanged_pilot_is_the_same_try_and_a_changed_one_the_next(journal):
    first, second = "a" * 64, "b" * 64
    entered = [tries.enter(journal, "p", digest, AT) for digest in (first, second, first)]
    assert entered == ["p-aaaaaaaa-1", "p-bbbbbbbb-2", "p-aaaaaaaa-1"]
    assert tries.enter(journal, "other", second, AT) == "other-bbbbbbbb-1"
    assert tries.runs(journal, "p") == ("p-aaaaaaaa-1", "p-bbbbbbbb-2")
    assert tries.standing(journal, "p", "c" * 64) is None


def test_each_pilot_on_the_same_data_gets_a_smaller_share_of_the_wallet(journal):
    alphas = [opened(journal, pilot).alpha for pilot in ("first", "second", "third")]
    assert alphas == pytest.approx([0.04, 0.008, 0.0016])
    assert openings.next_attempt(journal, DATA, "fourth") == 4
    assert openings.next_attempt(journal, "e" * 64, "fourth") == 1


def test_a_pilot_that_opened_the_set_continues_on_what_it_fixed(journal):
    first = opened(journal, "first")
    opened(journal, "second")
    assert opened(journal, "first") == first
    assert openings.next_attempt(journal, DATA, "first") == 1
    assert [one.pilot for one in openings.standing(journal, DATA)] == ["first", "second"]
    with pytest.raises(
        QpilotError, match=r"run run-first opened this locked set on 2026-03-01 for advantage on 100 points.*101"
    ):
        opened(journal, "first", points=101)


def test_a_test_reads_the_rows_fixed_at_first(journal):
    opening = opened(journal, "first", points=3)
    openings.read(journal, opening, "advantage", [2, 0, 1], AT)
    openings.read(journal, opening, "advantage", [2, 0, 1], AT)
    assert [entry.payload for entry in journal.find(openings.READING)] == [[2, 0, 1]]
    with pytest.raises(QpilotError, match="has read other locked rows"):
        openings.read(journal, opening, "advantage", [0, 1, 2], AT)
    with pytest.raises(QpilotError, match="not opened for test 'twin'; opened for advantage, promotion"):
        openings.read(journal, opening, "twin", [0], AT)
    second = opened(journal, "second", points=3)
    for rows in ([], [0, 0], [0, 1, 2, 3], [0, 1], [0, 0, 1]):
        with pytest.raises(QpilotError, match="the opening fixed 3 points, each read once"):
            openings.read(journal, second, "advantage", rows, AT)


def test_a_run_is_told_what_is_left_of_the_error_rate(journal):
    opened(journal, "first")
    assert openings.wallet_sentence(journal, "run-first") == (
        "error rate: try 1 on these rows is tested at 4 %; 1 % of their 5 % is left after the last try that was made (try 1)"
    )
    opened(journal, "second")
    assert "0.2 % of their 5 % is left after the last try that was made (try 2)" in str(
        openings.wallet_sentence(journal, "run-first")
    )
    assert openings.wallet_sentence(journal, "run-third") is None


def test_looks_at_development_rows_count_for_frozen_pilots_alone(journal):
    openings.looked(journal, DATA, "first", "r-1", AT)
    openings.looked(journal, DATA, "first", "r-1", AT)
    assert openings.next_attempt(journal, DATA, "second") == 1
    assert openings.next_attempt(journal, DATA, "second", frozen=True) == 2
    assert openings.next_attempt(journal, DATA, "first", frozen=True) == 1, "one's own look is no other try"
    assert openings.next_attempt(journal, "e" * 64, "second", frozen=True) == 1
