"""The ledger of the locked sets: who opened which at what error rate, and which test read which rows.

An opening fixes the points, the tests and their alpha before the first label is read. Openings count by the data's
sha256, so a new seed, split or file name on the same data is a new attempt on the same wallet.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pydantic import Field

from gates.records import Record
from gates.statistics import wallet
from qpilot.errors import QpilotError
from qpilot.record.journal import Exists, Journal

OPENING = "opening"
READING = "reading"


class Opening(Record):
    """What was fixed: the try on this data, its alpha (one-sided, each test's), the locked points, and the tests.

    `data` is the fingerprint of the rows, `pilot` the digest of the pilot file that opened them, `tests` the points each
    test reads.
    """

    data: str
    attempt: int = Field(ge=1)
    alpha: float = Field(gt=0, le=0.2)
    points: int = Field(ge=1)
    tests: dict[str, int] = Field(min_length=1)
    pilot: str
    run: str


def standing(journal: Journal, data: str) -> tuple[Opening, ...]:
    """The openings of the locked sets of `data` (a fingerprint), by attempt."""
    return tuple(Opening.model_validate(entry.payload) for entry in journal.find(OPENING, f"{data}/"))


def next_attempt(journal: Journal, data: str, pilot: str) -> int:
    """The attempt `pilot` (a digest) has on `data`, from 1: its own where it opened the set before, else the next."""
    openings = standing(journal, data)
    return next(
        (one.attempt for one in openings if one.pilot == pilot), max((one.attempt for one in openings), default=0) + 1
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
) -> Opening:
    """The opening that stands: recorded now, at the wallet's share of `total` for the next attempt, or a continued one.

    `tests` answers, for that share, how many of the `points` locked rows each test will read. Of several pilots opening
    at once each gets an attempt of its own. Raises QpilotError where this pilot opened the set before with other
    numbers: what was fixed stays fixed.
    """
    while True:
        attempt = next_attempt(journal, data, pilot)
        alpha = wallet.alpha(attempt, total)
        opening = Opening(
            data=data, attempt=attempt, alpha=alpha, points=points, tests=dict(tests(alpha)), pilot=pilot, run=run
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
