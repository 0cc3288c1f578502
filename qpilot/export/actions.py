"""Who did what with which files, when: an action a stage, and one for every person's word."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from gates.records import digest
from qpilot.record.entries import Entry
from qpilot.record.tries import STARTED
from qpilot.replay.ground import payload
from qpilot.replay.kept import Kept

_MADE = {"data": ("dataset",), "prototype": ("models", "twin")}
"""Stage -> the inputs of its evidence that it made itself."""
_WORDS = {"approval": "approved", "rejected": "rejected"}


def identity(name: str) -> str:
    """What a person is called in the crate."""
    return f"#person-{digest(name)[:12]}"


def people(kept: Kept) -> tuple[str, ...]:
    """Who started the run, approved or rejected it; sorted."""
    words = [entry for kind in _WORDS for entry in kept.journal.find(kind, f"{kept.run}/")]
    answers = [str(payload(entry.payload).get("name", "")) for entry in words]
    return tuple(sorted({name for name in (_starter(kept), *answers) if name}))


def actions(kept: Kept, content: Mapping[str, bytes]) -> Iterator[dict[str, Any]]:
    """Every verdict's stage, then every approval and rejection, in the order of the journal.

    A stage begins when the one before it was decided: the record holds no other beginning.
    """
    started = kept.journal.get(STARTED, kept.run)
    before = "" if started is None else started.at
    for number, entry in enumerate(kept.journal.find("verdict", f"{kept.run}/"), start=1):
        yield _stage(kept, entry, number, before, content)
        before = entry.at
    for kind, word in _WORDS.items():
        for number, entry in enumerate(kept.journal.find(kind, f"{kept.run}/"), start=1):
            yield _word(kept, entry, f"#{word}-{number}", word)


def _stage(kept: Kept, entry: Entry, number: int, before: str, content: Mapping[str, bytes]) -> dict[str, Any]:
    told = payload(entry.payload)
    gate, outcome, inputs = told["verdict"]["gate"], told["verdict"]["outcome"], told["evidence"]["inputs"]
    made = {f"artifacts/{inputs[name]}" for name in _MADE.get(gate, ()) if name in inputs}
    read = {f"artifacts/{name}" for verdict in _before(kept, entry) for name in verdict["evidence"]["inputs"].values()}
    if gate == "hardware":
        counts = kept.journal.find("counts", f"{kept.run}/")
        made |= {f"artifacts/{payload(one.payload)['counts']}" for one in counts}
    folder = f"runs/{kept.run}"
    found = {
        "@id": f"#{gate}-{number}",
        "@type": "CreateAction",
        "name": f"{gate}: {outcome.replace('_', ' ')}",
        "description": next(
            (check["reason"] for check in told["verdict"]["checks"] if check["outcome"] == outcome), ""
        ),
        "startTime": _time(before or entry.at),
        "endTime": _time(entry.at),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "object": _there([f"{folder}/pilot.toml", *sorted(read - made)], content),
        "result": _there([f"{folder}/evidence/{gate}.json", f"{folder}/verdicts/{gate}.json", *sorted(made)], content),
    }
    starter = _starter(kept)
    return {**found, "agent": {"@id": identity(starter)}} if starter else found


def _word(kept: Kept, entry: Entry, name: str, word: str) -> dict[str, Any]:
    said = payload(entry.payload)
    return {
        "@id": name,
        "@type": "AuthorizeAction" if word == "approved" else "RejectAction",
        "name": word,
        "description": str(said.get("note") or f"the run was {word}"),
        "agent": {"@id": identity(str(said.get("name", "")))},
        "endTime": _time(entry.at),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "object": {"@id": f"runs/{kept.run}/pilot.toml"},
    }


def _before(kept: Kept, entry: Entry) -> list[Mapping[str, Any]]:
    earlier = kept.journal.find("verdict", f"{kept.run}/")
    return [payload(one.payload) for one in earlier if one.seq < entry.seq]


def _there(names: Sequence[str], content: Mapping[str, bytes]) -> Any:
    """References to those of the files that are in the crate; one alone is no list, as RO-Crate writes it."""
    found = [{"@id": name} for name in names if name in content]
    return found[0] if len(found) == 1 else found


def _time(at: str) -> str:
    return datetime.fromisoformat(at).isoformat(timespec="seconds")


def _starter(kept: Kept) -> str:
    started = kept.journal.get(STARTED, kept.run)
    return "" if started is None else str(payload(started.payload).get("by") or "")
