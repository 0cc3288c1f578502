"""Tries: the order in which the versions of a pilot file were run under one name."""

from datetime import datetime

from qpilot.journal import Exists, Journal

KIND = "try"


def enter(journal: Journal, name: str, digest: str, at: datetime) -> str:
    """The run `NAME-DIGEST8-TRY` of the pilot file with `digest`; the same file is the same try, whenever it is run."""
    while (run := standing(journal, name, digest)) is None:
        place = max(_digests(journal, name), default=0) + 1
        try:
            journal.append(KIND, f"{name}/{place}", {"digest": digest}, at)
        except Exists:
            # Another process entered its try meanwhile; it may have been this very file's.
            continue
    return run


def standing(journal: Journal, name: str, digest: str) -> str | None:
    """The run of the pilot file with `digest` under `name`, or None where it was never run."""
    place = next((place for place, one in _digests(journal, name).items() if one == digest), None)
    return None if place is None else f"{name}-{digest[:8]}-{place}"


def runs(journal: Journal, name: str) -> tuple[str, ...]:
    """Every run entered under a pilot's name, in the order of their tries."""
    return tuple(f"{name}-{digest[:8]}-{place}" for place, digest in sorted(_digests(journal, name).items()))


def _digests(journal: Journal, name: str) -> dict[int, str]:
    entries = journal.find(KIND, f"{name}/")
    return {int(entry.key.rsplit("/", 1)[1]): entry.payload["digest"] for entry in entries}  # type: ignore[call-overload,index,misc]
