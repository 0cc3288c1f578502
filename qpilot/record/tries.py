"""Tries: the order in which the versions of a pilot file were run under one name."""

from datetime import datetime
from typing import Any

from qpilot.record.journal import Exists, Journal

KIND, STARTED, ENDED = "try", "started", "ended"
"""Journal kinds: NAME/try, then RUN, and RUN again."""


def enter(journal: Journal, name: str, digest: str, at: datetime) -> str:
    """The run `NAME-DIGEST8-TRY` of the pilot file with `digest`; the same file is the same try, whenever it is run."""
    while True:
        # One look decides both whether this file was entered and which place is next: a file entered between two looks
        # would be entered twice.
        digests = _digests(journal, name)
        run = _run(name, digest, digests)
        if run is not None:
            return run
        try:
            journal.append(KIND, f"{name}/{max(digests, default=0) + 1}", {"digest": digest}, at)
        except Exists:
            continue


def standing(journal: Journal, name: str, digest: str) -> str | None:
    """The run of the pilot file with `digest` under `name`, or None where it was never run."""
    return _run(name, digest, _digests(journal, name))


def runs(journal: Journal, name: str) -> tuple[str, ...]:
    """Every run entered under a pilot's name, in the order of their tries."""
    return tuple(f"{name}-{digest[:8]}-{place}" for place, digest in sorted(_digests(journal, name).items()))


def _run(name: str, digest: str, digests: dict[int, str]) -> str | None:
    place = next((place for place, one in digests.items() if one == digest), None)
    return None if place is None else f"{name}-{digest[:8]}-{place}"


def _digests(journal: Journal, name: str) -> dict[int, str]:
    entries = journal.find(KIND, f"{name}/")
    return {int(entry.key.rsplit("/", 1)[1]): entry.payload["digest"] for entry in entries}  # type: ignore[call-overload,index,misc]


def starter(journal: Journal, run: str) -> str:
    """Who first started the run; empty where that was not said."""
    entry = journal.get(STARTED, run)
    payload: Any = {} if entry is None else entry.payload
    return str(payload.get("by", ""))
