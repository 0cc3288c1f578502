"""What every step of paying is handed: whose money, which service, how patient; and the clock they all go by."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import JsonValue

from qpilot.errors import Suspended
from qpilot.record.entries import Entry
from qpilot.record.journal import Exists
from qpilot.spending.purse import Purse
from qpilot.spending.service import Service, Unanswered

TOKEN_LIFE = timedelta(minutes=10)
"""The same token is sent again only so long after its reservation; how long the vendor keeps one is not documented."""
SAFE = TOKEN_LIFE - timedelta(minutes=1)
"""A request takes a while to arrive, and two clocks never agree."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Patience:
    """How long to wait for a vendor. poll_seconds: between two looks at a task."""

    poll_seconds: float
    pause: Callable[[float], None] = time.sleep

    def delays(self) -> Iterator[float]:
        """Seconds before each further attempt: doubling from a second (or a look's pause, if shorter) up to 32 times that.

        They end when they add up to the time a token may be sent again, so that nothing is asked for ever.
        """
        delay = first = min(1.0, self.poll_seconds)
        waited = 0.0
        for _ in range(40):
            if waited > SAFE.total_seconds():
                return
            yield delay
            waited += delay
            delay = min(2 * delay, 32 * first)


@dataclass(frozen=True)
class Cashier:
    """The purse that pays, the service that is paid, and the patience with it."""

    purse: Purse
    service: Service
    patience: Patience

    def now(self) -> datetime:
        return self.purse.stores.clock()

    def record(self, kind: str, key: str, payload: JsonValue) -> Entry:
        """The entry that stands: this one, or what another process recorded first."""
        try:
            return self.purse.stores.journal.append(kind, key, payload, self.now())
        except Exists as exists:
            return exists.entry

    def ask(self, question: Callable[[], _T], what: str) -> _T:
        """The answer to a question that changes nothing, asked until there is one. Raises Suspended where none comes."""
        said = ""
        for delay in self.patience.delays():
            try:
                return question()
            except Unanswered as unanswered:
                said = str(unanswered)
            self.patience.pause(delay)
        raise Suspended(f"{what} got no answer ({said}); nothing was lost, run again to go on from here")


def resendable(reserved: datetime, now: datetime) -> bool:
    """Whether a token reserved then still answers with the same task.

    A clock that was set back by more than a minute says nothing of how old the token is.
    """
    return timedelta(minutes=-1) <= now - reserved <= SAFE
