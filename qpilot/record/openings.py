"""The ledger of the locked sets: who opened which at what error rate, and which test read which rows.

An opening fixes the points, the tests and their alpha before the first label is read. Openings count by the data's
sha256, so a new seed, split or file name on the same data is a new attempt on the same wallet. A pilot that announced
a top-up with its opening may open the grown data as a second look of the same attempt; once.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Literal

from pydantic import Field

from gates.records import Record
from gates.statistics import wallet
from gates.wording import percent
from qpilot.errors import QpilotError
from qpilot.record.journal import Exists, Journal

OPENING = "opening"
READING = "reading"
LOOK = "look"
TOP_UP = "top-up"


class TopUp(Record):
    """Rows announced with an opening, that may be added to its locked set once. inputs: sha256 of the `rows` as they stood."""

    rows: int = Field(ge=1)
    inputs: dict[str, str]


class Opening(Record):
    """What was fixed: the try on this data, its alpha (one-sided, each test's), the locked points, and the tests.

    `data` is the fingerprint of the rows, `pilot` the digest of the pilot file that opened them, `tests` the points each
    test reads; "nested" reads development rows, as often as there are outer repeats. look: 2 where a top-up is read.
    """

    data: str
    attempt: int = Field(ge=1)
    alpha: float = Field(gt=0, le=0.2)
    points: int = Field(ge=1)
    tests: dict[str, int] = Field(min_length=1)
    pilot: str
    run: str
    look: int = Field(default=1, ge=1, le=2)
    top_up: TopUp | None = None

    @property
    def form(self) -> Literal["locked", "nested"]:
        """The form in which the claim is tested."""
        return "nested" if "nested" in self.tests else "locked"


def standing(journal: Journal, data: str) -> tuple[Opening, ...]:
    """The openings of the locked sets of `data` (a fingerprint), by attempt."""
    return tuple(Opening.model_validate(entry.payload) for entry in journal.find(OPENING, f"{data}/"))


def next_attempt(journal: Journal, data: str, pilot: str, frozen: bool = False) -> int:
    """The attempt `pilot` (a digest) has on `data`, from 1: its own where it opened the set before, else the next.

    frozen: nested cross-validation may read the development rows, on which other pilots have been compared without opening
    anything (`looked`): whoever saw that may have chosen by it, so that each counts as an attempt.
    """
    openings = standing(journal, data)
    own = next((one.attempt for one in openings if one.pilot == pilot), None)
    if own is not None:
        return own
    known = {pilot, *(one.pilot for one in openings)}
    seen = [entry for entry in journal.find(LOOK, f"{data}/") if entry.key.rsplit("/", 1)[1] not in known]
    return max((one.attempt for one in openings), default=0) + 1 + (len(seen) if frozen else 0)


def looked(journal: Journal, data: str, pilot: str, run: str, at: datetime) -> None:
    """It stands that `pilot` (a digest) compares its candidates on the development rows of `data`, and opened nothing yet."""
    with suppress(Exists):
        journal.append(LOOK, f"{data}/{pilot}", {"run": run}, at)


def announced(journal: Journal, pilot: str) -> Opening | None:
    """The first look of `pilot` (a digest) where it announced a top-up, on whatever data; None where it made none."""
    found = (Opening.model_validate(entry.payload) for entry in journal.find(OPENING))
    return next((one for one in found if one.pilot == pilot and one.top_up is not None), None)


def topped_up(journal: Journal, first: Opening) -> str | None:
    """The fingerprint of the data that the top-up of `first` was made with; None where it was not made."""
    entry = journal.get(TOP_UP, f"{first.data}/{first.attempt}")
    return None if entry is None else str(entry.payload["data"])  # type: ignore[call-overload,index]


def wallet_sentence(journal: Journal, run: str) -> str | None:
    """What a run took of its data's error rate, and what is left of it; None for one that opened nothing."""
    found = (Opening.model_validate(entry.payload) for entry in journal.find(OPENING))
    own = next((one for one in found if one.run == run), None)
    if own is None:
        return None
    total = own.alpha / wallet.alpha(own.attempt, 1.0)
    last = max(one.attempt for one in standing(journal, own.data))
    look, left = ", in its second look" if own.look == 2 else "", percent(wallet.left(last, total))
    return (
        f"error rate: try {own.attempt} on these rows is tested at {percent(own.alpha)}{look}; {left}"
        f" of their {percent(total)} is left after the last try that was made (try {last})"
    )


def of(journal: Journal, data: str, pilot: str) -> Opening:
    """The opening `pilot` (a digest) made on `data`. Raises QpilotError where it made none."""
    found = next((one for one in standing(journal, data) if one.pilot == pilot), None)
    if found is None:
        raise QpilotError("this pilot has not opened its locked set, so no test of it may read a locked row")
    return found


def open(
    journal: Journal,
    data: str,
    pilot: str,
    *,
    run: str,
    total: float,
    points: int,
    tests: Callable[[float], Mapping[str, int]],
    at: datetime,
    frozen: bool = False,
    top_up: TopUp | None = None,
) -> Opening:
    """The opening that stands: recorded now, at the wallet's share of `total` for the next attempt, or a continued one.

    `tests` answers, for that share, how many of the `points` locked rows each test will read. Of several pilots opening
    at once each gets an attempt of its own. frozen: as in `next_attempt`; top_up: what is announced with it.
    Raises QpilotError where this pilot opened the set before with other
    numbers: what was fixed stays fixed.
    """
    while True:
        attempt = next_attempt(journal, data, pilot, frozen)
        alpha = wallet.alpha(attempt, total)
        opening = Opening(
            data=data,
            attempt=attempt,
            alpha=alpha,
            points=points,
            tests=dict(tests(alpha)),
            pilot=pilot,
            run=run,
            top_up=top_up,
        )
        try:
            journal.append(OPENING, f"{data}/{attempt}", opening.plain(), at)
            return opening
        except Exists as exists:
            found = Opening.model_validate(exists.entry.payload)
            if found == opening:
                return found
            if found.pilot == pilot:
                raise QpilotError(
                    f"run {found.run} opened this locked set on {exists.entry.at[:10]} for {_said(found)}."
                    f" That is fixed; asked for now: {_said(opening)}. Change the pilot file to make it a new try"
                ) from exists


def reopen(
    journal: Journal,
    first: Opening,
    data: str,
    *,
    run: str,
    points: int,
    tests: Callable[[float], Mapping[str, int]],
    at: datetime,
) -> Opening:
    """The second look of `first` at the grown `data` (a fingerprint): the same attempt at the same share of the wallet.

    Raises QpilotError where the top-up was made with other data, another pilot opened the grown data before, or this one
    did with other numbers.
    """
    if first.top_up is None or points != first.points + first.top_up.rows:
        raise QpilotError(
            f"run {first.run} announced {0 if first.top_up is None else first.top_up.rows} more rows than its"
            f" {first.points} locked ones; {points} are not that"
        )
    with suppress(Exists):
        journal.append(TOP_UP, f"{first.data}/{first.attempt}", {"data": data, "run": run}, at)
    if topped_up(journal, first) != data:
        raise QpilotError(f"the one top-up that run {first.run} announced was made with other rows")
    again = first.model_copy(
        update={
            "data": data,
            "points": points,
            "tests": dict(tests(first.alpha)),
            "run": run,
            "look": 2,
            "top_up": None,
        }
    )
    others = [one for one in standing(journal, data) if one.pilot != first.pilot]
    if not others:
        with suppress(Exists):
            journal.append(OPENING, f"{data}/{first.attempt}", again.plain(), at)
    if of(journal, data, first.pilot) != again:
        raise QpilotError(f"these rows were opened before for other tests than {_said(again)}; that is fixed")
    return again


def read(journal: Journal, opening: Opening, test: str, rows: Sequence[int], at: datetime) -> None:
    """The ledger says that `test` reads `rows` (indices into the locked set, in this order); call it before it does.

    The same rows again are no new reading. Raises QpilotError where the set was not opened for the test, the opening
    fixed another number of rows for it, or the test has read other rows.
    """
    if test not in opening.tests:
        raise QpilotError(f"the locked set was not opened for test {test!r}; opened for {', '.join(opening.tests)}")
    if not len(set(rows)) == len(rows) == opening.tests[test]:
        raise QpilotError(
            f"test {test!r} asks for {len(rows)} locked rows, {len(set(rows))} of them different; the opening fixed"
            f" {opening.tests[test]} points, each read once"
        )
    key, payload = f"{opening.data}/{opening.attempt}/{test}", [int(row) for row in rows]
    try:
        journal.append(READING, key, [*payload], at)
    except Exists as exists:
        if exists.entry.payload != payload:
            raise QpilotError(
                f"test {test!r} of run {opening.run} has read other locked rows on {exists.entry.at[:10]};"
                " a test reads the rows fixed at first, change the pilot file to make it a new try"
            ) from exists


def _said(opening: Opening) -> str:
    tests = ", ".join(f"{test} on {points} points" for test, points in opening.tests.items())
    return f"{tests}, alpha {opening.alpha:g}"
