"""The journal as lines of JSON: a run's entries whole, every other as a link that the chain is followed by."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from pydantic import JsonValue

from gates.records import canonical, digest
from qpilot.decisions.keys import Trusted
from qpilot.errors import QpilotError
from qpilot.record import signatures
from qpilot.record.entries import Entry
from qpilot.record.heads import Head

LINK = ("seq", "previous", "sha256", "signature")
WHOLE = (*LINK, "kind", "key", "at", "payload")


def lines(entries: Sequence[Entry], whole: Collection[int]) -> bytes:
    """A line an entry; those whose seq is in `whole` with kind, key, time and payload, the text the chain covers."""
    return b"".join(canonical(_line(entry, entry.seq in whole)) + b"\n" for entry in entries)


def _line(entry: Entry, whole: bool) -> JsonValue:
    line: dict[str, JsonValue] = {name: getattr(entry, name) for name in (WHOLE if whole else LINK)}
    return {**line, "payload": canonical(entry.payload).decode()} if whole else line


def read(content: bytes) -> tuple[dict[str, Any], ...]:
    """The lines as objects. Raises QpilotError where one is none of ours."""
    found = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            value = json.loads(line)
            kinds = {name: int if name == "seq" else str for name in value}
            if set(value) not in (set(LINK), set(WHOLE)) or not all(type(value[n]) is k for n, k in kinds.items()):
                raise ValueError("not the fields of an entry")
        except (ValueError, TypeError, RecursionError) as error:
            raise QpilotError(f"line {number} of the journal is no entry: {error}") from error
        found.append(value)
    return tuple(found)


def entries(found: Iterable[dict[str, Any]]) -> Iterator[Entry]:
    """The entries that are whole. Raises QpilotError where a payload is no JSON."""
    for line in found:
        if "kind" in line:
            try:
                yield Entry(**{**line, "payload": json.loads(line["payload"])})
            except (ValueError, RecursionError) as error:
                raise QpilotError(f"the payload of journal entry {line['seq']} is no JSON: {error}") from error


def faults(found: Sequence[dict[str, Any]], head: Head, anchors: dict[str, Head], known: Trusted) -> Iterator[str]:
    """A sentence for every entry or link changed, deleted, moved or cut off, or not signed by a known key.

    head: the last entry, as the export states it. anchors: where a head was kept -> that head; each must lie on the chain.
    """
    previous, seen = Head(), {0: Head().sha256}
    for line in found:
        seq = line["seq"]
        if seq != previous.seq + 1:
            yield f"journal entry {seq} follows entry {previous.seq}: what stood between was deleted or moved"
        elif line["previous"] != previous.sha256:
            yield f"journal entry {seq} does not follow entry {previous.seq}: one of them was replaced or moved"
        elif "kind" in line and _digest(line) != line["sha256"]:
            yield f"journal entry {seq} was changed"
        flaw = signatures.flaw(line["signature"], line["sha256"], known)
        if flaw:
            yield f"journal entry {seq} {flaw}"
        previous = Head.model_construct(seq=seq, sha256=line["sha256"])
        seen[seq] = line["sha256"]
    if previous != head:
        yield f"the journal ends with entry {previous.seq}, and the export was made at entry {head.seq}"
    for place, anchor in anchors.items():
        if seen.get(anchor.seq) != anchor.sha256:
            yield f"journal entry {anchor.seq} is not the one anchored in {place}, or is gone"


def _digest(line: dict[str, Any]) -> str:
    return digest({name: value for name, value in line.items() if name not in ("sha256", "signature")})
