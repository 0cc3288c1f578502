"""A process at work on the record, for the tests that need several, or one that dies.

It says a line for everything it was told is safe.
"""

import itertools
import resource
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from qpilot.errors import QpilotError
from qpilot.record import openings, tries
from qpilot.record.home import Home
from qpilot.record.journal import Exists, Find
from qpilot.record.registry import Registry
from tests.clean import Speaking

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def append(home: Home, worker: str, count: str, size: str = "10") -> None:
    """Appends `count` entries (0: until it is killed) of about `size` bytes."""
    for number in range(int(count)) if int(count) else itertools.count():
        key = f"{worker}/{number}"
        home.journal.append("work", key, {"text": "x" * int(size)}, AT)
        say(key)


def store(home: Home, size: str) -> None:
    """Stores artifacts of `size` bytes and registers models until it is killed or the disk is full."""
    for number in itertools.count():
        data = bytes([number % 256]) * int(size) + str(number).encode()
        say(home.artifacts.put(data))
        say(Registry(home).register("m", {"weights.npz": data}, {"number": number}, AT))


def register(home: Home, size: str) -> None:
    """Registers a model of a small file and one of `size` bytes."""
    say(Registry(home).register("m", {"head.json": b"[]", "weights.npz": b"1" * int(size)}, {}, AT))


def limited(home: Home, limit: str, job: str, *arguments: str) -> None:
    """Does `job` where no file may grow past `limit` bytes: the system answers as if the disk were full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    JOBS[job](home, *arguments)


def attempt(home: Home, pilot: str) -> None:
    """Enters a try and opens the locked set of one data set."""
    run = tries.enter(home.journal, "p", pilot, AT)
    opening = openings.open(
        home.journal, "d" * 64, pilot, run=run, total=0.05, points=9, tests=lambda alpha: {"advantage": 9}, at=AT
    )
    say(pilot, run, opening.attempt)


def promote(home: Home, worker: str) -> None:
    """Registers five models, and makes each the champion unless another worker was faster."""
    registry = Registry(home)
    for item in range(5):
        number = registry.register("m", {"weights.npz": b"\0" * 1000}, {"worker": worker, "item": item}, AT).number
        try:
            registry.point("m", "champion", number, expect=registry.aliases("m").get("champion"), at=AT)
            say("moved", number)
        except QpilotError as error:
            say("refused", "moved meanwhile" in str(error))


def reserve(home: Home, worker: str, count: str, limit: str) -> None:
    """Reserves a dollar `count` times, as long as the limit is not passed by it."""

    def check(find: Find) -> None:
        if sum(entry.payload["usd"] for entry in find("reserved")) + 1 > int(limit):  # type: ignore[call-overload,index,misc]
            raise QpilotError("over the limit")

    for number in range(int(count)):
        key = f"{worker}/{number}"
        try:
            home.journal.append("reserved", key, {"usd": 1}, AT, check)
            say("taken", key)
        except QpilotError as error:
            say("refused", key, error)


def insist(home: Home, worker: str, count: str) -> None:
    """Appends `count` entries, each again where the journal could not be reached, until it stands."""
    for number in range(int(count)):
        key = f"{worker}/{number}"
        while True:
            try:
                home.journal.append("work", key, None, AT)
            except Exists:
                break
            except QpilotError:
                continue
            break
        say(key)


def hold(home: Home, pilot: str, run: str) -> None:
    """Is at work on a pilot until it is killed."""
    with home.lock(pilot, run, AT):
        say("held")
        signal.pause()


JOBS = {job.__name__: job for job in (append, store, register, limited, attempt, promote, reserve, insist, hold)}


def work(job: str, home: Path, *arguments: str) -> None:
    """Does the job of that name; ends with 1 where the record refuses."""
    try:
        JOBS[job](Home(home), *arguments)
    except QpilotError as error:
        say("error", error)
        sys.exit(1)


def start(job: str, home: Home, *arguments: object) -> Speaking:
    """A process at work on the job of that name."""
    return Speaking(work, job, home.path, *map(str, arguments))
