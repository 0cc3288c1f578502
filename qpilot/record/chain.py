"""Whether the journal is whole: every entry as it was written, in its place, signed, and none cut off at the end."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Row

from qpilot.decisions.keys import Trusted
from qpilot.record import signatures
from qpilot.record.entries import changed
from qpilot.record.heads import Head
from qpilot.record.journal_store import UNSIGNED


class Chain:
    """A walk along the entries, oldest first. `trusted`: keys, one of which has signed each; None asks for no signatures."""

    def __init__(self, trusted: Trusted | None) -> None:
        self._trusted = trusted
        self._unsigned: dict[str, list[int]] = {}
        self._seen = {0: Head().sha256}
        self._standing: set[tuple[str, str]] = set()
        self._previous = Head()

    def follow(self, row: Row[Any]) -> Iterator[str]:
        """A sentence for each thing that is wrong with the next entry; who did not sign is said at the end."""
        yield from _faults(row, self._previous)
        flaw = "" if self._trusted is None else signatures.flaw(row.signature, row.sha256, self._trusted)
        if flaw:
            self._unsigned.setdefault(flaw, []).append(row.seq)
        if (row.kind, row.key) in self._standing:
            yield f"journal entry {row.seq} repeats {row.kind} {row.key!r}"
        self._standing.add((row.kind, row.key))
        self._seen[row.seq] = row.sha256
        self._previous = Head.model_construct(seq=row.seq, sha256=row.sha256)

    def ended(self, anchors: Mapping[str, Head]) -> Iterator[str]:
        """What only the whole shows: entries that nobody trusted signed, and heads kept elsewhere that do not lie on it."""
        yield from (_entries(places, flaw) for flaw, places in self._unsigned.items())
        if 1 in self._unsigned.get(signatures.NONE, ()):
            yield f"this home {UNSIGNED}"
        for place, anchor in anchors.items():
            if anchor.seq not in self._seen:
                yield f"journal entry {anchor.seq}, anchored in {place}, is gone: the journal was cut short"
            elif self._seen[anchor.seq] != anchor.sha256:
                yield f"journal entry {anchor.seq} is not the one anchored in {place}"


def _faults(row: Row[Any], previous: Head) -> list[str]:
    if row.seq != previous.seq + 1:
        return [f"journal entry {row.seq} follows entry {previous.seq}: what stood between was deleted or moved"]
    if changed(row):
        return [f"journal entry {row.seq} was changed"]
    if row.previous != previous.sha256:
        return [f"journal entry {row.seq} does not follow entry {previous.seq}: one of them was replaced or moved"]
    return []


def _entries(places: list[int], flaw: str) -> str:
    """ "journal entry 3 is not signed", or "12 journal entries (3, 4, 5, ...) are not signed"."""
    if len(places) == 1:
        return f"journal entry {places[0]} {flaw}"
    named = ", ".join(map(str, places[:3])) + (", ..." if len(places) > 3 else "")
    return f"{len(places)} journal entries ({named}) {flaw.replace('is ', 'are ', 1)}"
