"""Waits for a flow run's true end: the first terminal state may be left again by a retry, a rescheduling or a resume."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from qpilot.errors import QpilotError
from qpilot.runs.summary import Ending

NEVER_RESUMED = re.compile(r"^The flow was \w+ and never resumed\.?$")
"""How Prefect words that nobody answered the form in time (its server sets this Failed itself)."""


class Unreachable(QpilotError):  # noqa: N818 - a pause, not a fault
    """The server does not answer now; what runs there goes on."""


class Late(QpilotError):  # noqa: N818 - as Suspended
    """The run has not ended within the time that was given."""


class Seen(NamedTuple):
    """A state as the server tells it: `id` is another one whenever the run has changed its state."""

    id: str
    kind: str
    name: str
    message: str


@dataclass(frozen=True)
class Reading:
    """What a state says about the run. certain: it is a decision, which only a person takes back."""

    ending: Ending
    certain: bool
    said: str


@dataclass(frozen=True)
class Patience:
    """Seconds: `grace` for a failed or crashed run to be taken up again, `confirm` for any other end to stand, `poll`
    between two looks, `timeout` for all of it. await_approval: a run that waits for a person is waited for."""

    timeout: float | None = None
    grace: float = 60
    confirm: float = 2
    poll: float = 2
    await_approval: bool = False


def reading(seen: Seen) -> Reading | None:
    """What the state says, or None where the run is under way.

    | type      | name                | the run ended     | certain |
    |-----------|---------------------|-------------------|---------|
    | COMPLETED | Promoted, Explored  | GO                | yes     |
    | COMPLETED | any other           | ERROR             | yes     |
    | FAILED    | NoGo                | NO_GO             | yes     |
    | FAILED    | Inconclusive        | INCONCLUSIVE      | yes     |
    | FAILED    | AwaitingApproval    | AWAITING_APPROVAL | yes     |
    | FAILED    | Held, Busy          | ERROR             | yes     |
    | FAILED    | (never resumed)     | REJECTED          | yes     |
    | FAILED    | any other           | ERROR             | no      |
    | CRASHED   | any                 | ERROR             | no      |
    | CANCELLED | Rejected            | REJECTED          | yes     |
    | CANCELLED | any other           | ERROR             | yes     |
    | PAUSED    | any                 | AWAITING_APPROVAL | yes     |
    | any other | any                 | - (under way)     |         |
    """
    _, kind, name, message = seen
    if kind in ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING"):
        return None
    if kind == "FAILED" and NEVER_RESUMED.match(message):
        return Reading("REJECTED", True, "The approval expired: nobody answered in time.")
    decided: dict[tuple[str, str], Ending] = {
        ("COMPLETED", "Promoted"): "GO",
        ("COMPLETED", "Explored"): "GO",
        ("FAILED", "NoGo"): "NO_GO",
        ("FAILED", "Inconclusive"): "INCONCLUSIVE",
        ("FAILED", "AwaitingApproval"): "AWAITING_APPROVAL",
        ("FAILED", "Held"): "ERROR",
        ("FAILED", "Busy"): "ERROR",
        ("CANCELLED", "Rejected"): "REJECTED",
    }
    if (kind, name) in decided:
        return Reading(decided[kind, name], True, message)
    if kind == "PAUSED":
        return Reading("AWAITING_APPROVAL", True, "The run waits for a person's approval.")
    state = kind.capitalize() if kind.lower() == name.lower() else f"{kind.capitalize()}({name})"
    if kind == "COMPLETED":
        return Reading("ERROR", True, f"The run ended {state}, which is no decision of a pilot.")
    return Reading("ERROR", kind == "CANCELLED", f"The run ended {state}{f': {message}' if message else '.'}")


def watch(
    look: Callable[[], Seen],
    patience: Patience,
    tell: Callable[[str], None],
    clock: Callable[[], float],
    pause: Callable[[float], None],
    since: float,
) -> tuple[Seen, Reading]:
    """The state the run ended in, and what it says; told every state on the way.

    look() raises Unreachable while the server is away. since: when waiting began, by `clock`. Raises Late.
    """
    last, changed, away = None, clock(), False
    while True:
        try:
            seen = look()
            if away:
                away = False
                changed = clock()  # what happened meanwhile is not known: an end has to stand from here on
                tell("the server answers again")
            if last is None or seen.id != last.id:
                last, changed = seen, clock()
                tell(f"{seen.name}{f': {seen.message}' if seen.message else ''}")
            else:
                found = reading(seen)
                asked = found is not None and found.ending == "AWAITING_APPROVAL" and seen.kind == "PAUSED"
                if found is not None and not (asked and patience.await_approval):
                    stood = clock() - changed
                    if stood >= (patience.confirm if found.certain else patience.grace):
                        return seen, found
        except Unreachable as error:
            if not away:
                tell(f"{error}; trying again")
            away = True
        if patience.timeout is not None and clock() - since >= patience.timeout:
            state = "never seen" if last is None else f"{last.name}"
            raise Late(f"after {patience.timeout:g} s the run has not ended ({state})")
        pause(patience.poll)
