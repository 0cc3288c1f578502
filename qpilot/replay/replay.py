"""The replay of a run: each verdict decided again from what is kept, and each place named where it comes out otherwise."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from pydantic import JsonValue

from gates.records import Evidence, Outcome, Record, Verdict, digest
from qpilot import pilotfile, policies, provenance
from qpilot.errors import QpilotError
from qpilot.pilot import Pilot
from qpilot.policies import GATES
from qpilot.record.entries import Entry
from qpilot.replay.differences import Difference, differences
from qpilot.replay.endings import ending
from qpilot.replay.ground import Ground, payload
from qpilot.replay.kept import Kept, LeftOut
from qpilot.replay.stages import STAGES
from qpilot.replay.statements import stated
from qpilot.runs.reporting import EVIDENCE

UNDONE = "from the evidence"
_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError)


class Gate(Record):
    """One verdict. `outcome`: as it comes out now; None where it cannot be decided. `depth`: what it was computed from."""

    gate: str
    outcome: Outcome | None
    depth: str
    differences: tuple[Difference, ...]


class Replayed(Record):
    """A run, replayed. `code`: the sha256 of the code it was computed with, where that is not `code_now`.

    `record`: differences that are no gate's own. `notes`: what was not replayed, and why.
    """

    run: str
    gates: tuple[Gate, ...]
    record: tuple[Difference, ...]
    code: tuple[str, ...]
    code_now: str
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether everything comes out as it stands."""
        return not self.record and not any(gate.differences for gate in self.gates)


def replay(kept: Kept) -> Replayed:
    """The run's verdicts as they come out now. Raises QpilotError where its pilot file cannot be read."""
    pilot = _pilot(kept)
    last, earlier = _verdicts(kept)
    evidence: dict[str, Evidence] = {}
    for gate, entry in last.items():
        with suppress(*_UNREADABLE):
            evidence[gate] = _read(gate, entry)
    ground = Ground(kept, pilot, evidence, {gate: entry.seq for gate, entry in last.items()})
    gates = [_guarded(gate, entry, ground) for gate, entry in (*earlier, *last.items())]
    now = provenance.code_digest()
    codes = dict.fromkeys(one.code for one in evidence.values())
    return Replayed(
        run=kept.run,
        gates=tuple(gates),
        record=tuple(ending(kept)),
        code=tuple(code for code in codes if code != now),
        code_now=now,
        notes=tuple(_notes(kept, last)),
    )


def _pilot(kept: Kept) -> Pilot:
    text = kept.file("pilot.toml")
    if text is None:
        raise QpilotError(
            f"run {kept.run} keeps no pilot.toml (its folder was pruned, or it never began): nothing to replay"
        )
    try:
        return pilotfile.read_kept(text.decode())
    except (ValueError, RecursionError) as error:
        raise QpilotError(f"the pilot.toml that run {kept.run} keeps cannot be read: {error}") from error


def _verdicts(kept: Kept) -> tuple[dict[str, Entry], list[tuple[str, Entry]]]:
    """The last verdict of each gate, in the order they were reached, and the ones before them."""
    last: dict[str, Entry] = {}
    earlier: list[tuple[str, Entry]] = []
    for entry in kept.journal.find("verdict", f"{kept.run}/"):
        gate = entry.key.removeprefix(f"{kept.run}/").split("/")[0]
        if gate in last:
            earlier.append((gate, last.pop(gate)))
        last[gate] = entry
    return last, earlier


def _guarded(gate: str, entry: Entry, ground: Ground) -> Gate:
    """The gate, replayed; one whose entry this code cannot read is told so, and no reason to stop."""
    try:
        return _gate(gate, entry, _read(gate, entry), ground)
    except _UNREADABLE as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        one = Difference(where="entry", kept="what this code cannot read", again=said)
        return Gate(gate=gate, outcome=None, depth="not replayed", differences=(one,))


def _read(gate: str, entry: Entry) -> Evidence:
    kind: type[Evidence] = EVIDENCE[gate]  # type: ignore[index]
    return kind.model_validate(payload(entry.payload)["evidence"])


def _gate(gate: str, entry: Entry, evidence: Evidence, ground: Ground) -> Gate:
    outcome, found = _decided(gate, entry, evidence, ground)
    if entry.seq != ground.places[gate]:
        return Gate(
            gate=gate, outcome=outcome, depth=f"{UNDONE}; a later verdict replaced it", differences=tuple(found)
        )
    again, depth, missing = _recomputed(gate, evidence, ground)
    if again is not None:
        found += differences("evidence", evidence.plain(), again.plain())
    found += [*missing, *_files(gate, entry, ground.kept)]
    return Gate(gate=gate, outcome=outcome, depth=depth, differences=tuple(found))


def _decided(gate: str, entry: Entry, evidence: Evidence, ground: Ground) -> tuple[Outcome, list[Difference]]:
    """The verdict that follows from the kept evidence and the pilot file, and where the journal's is another."""
    content = payload(entry.payload)
    policy = _policy(gate, entry, ground)
    decide: Callable[[Evidence, Record], Verdict] = GATES[gate].decide
    verdict = decide(evidence, policy)
    found = list(differences("policy", content["policy"], policy.plain()))
    found += _checks(content["verdict"], verdict.plain())
    if evidence.pilot != ground.pilot.digest:
        found.append(
            Difference(where="evidence.pilot", kept=evidence.pilot, again=f"{ground.pilot.digest} (pilot.toml)")
        )
    key = f"{ground.kept.run}/{gate}/{digest(evidence.plain())[:16]}"
    found += differences("key", entry.key, key)
    return verdict.outcome, [*found, *stated(entry, evidence, verdict)]


def _policy(gate: str, entry: Entry, ground: Ground) -> Record:
    """The gate's policy as the pilot file states it, at the error rate of the prototype verdict before the entry."""
    if gate not in ("hardware", "promotion"):
        plain: Callable[[Pilot], Record] = getattr(policies, gate)
        return plain(ground.pilot)
    made: Callable[[Pilot, float], Record] = getattr(policies, gate)
    before = ground.kept.journal.before(entry.seq).find("verdict", f"{ground.kept.run}/prototype/")
    return made(ground.pilot, float(payload(before[-1].payload)["evidence"]["alpha"]))


def _checks(kept: Mapping[str, Any], again: Any) -> Iterator[Difference]:
    """Differences of two verdicts, each check under its own name."""
    named: list[JsonValue] = []
    for verdict in (kept, again):
        checks = {check["name"]: check for check in verdict["checks"]}
        named.append({**verdict, "checks": checks})
    yield from differences("verdict", *named)


def _recomputed(gate: str, evidence: Evidence, ground: Ground) -> tuple[Evidence | None, str, list[Difference]]:
    """The evidence as it comes out now, how deep that went, and what stood in the way."""
    if gate not in STAGES:
        return None, f"{UNDONE}: queue, prices and earlier runs were those of its hour", []
    try:
        again = STAGES[gate](evidence, ground)
        return again.evidence, again.depth, []
    except LeftOut as error:
        return None, f"{UNDONE}: {error}", []
    except Exception as error:  # whatever a damaged record does to the domain's code, the replay names it and goes on
        said = str(error) if isinstance(error, QpilotError) else f"{type(error).__name__}: {error}"
        return None, UNDONE, [Difference(where="evidence", kept="what the gate decided on", again=said)]


def _files(gate: str, entry: Entry, kept: Kept) -> Iterator[Difference]:
    """Where the folder's files say another thing than the journal."""
    for name, field in ((f"evidence/{gate}.json", "evidence"), (f"verdicts/{gate}.json", "verdict")):
        held = kept.file(name)
        if held is None:
            yield Difference(where=name, kept="nothing", again="what the journal holds")
            continue
        yield from differences(name, _json(held), payload(entry.payload)[field])


def _json(data: bytes) -> JsonValue:
    try:
        value: JsonValue = json.loads(data)
    except (ValueError, RecursionError):
        return "no JSON"
    return value


def _notes(kept: Kept, last: Mapping[str, Entry]) -> Iterator[str]:
    missing = [gate for gate in GATES if gate not in last]
    if not last:
        yield "no gate has decided anything in this run: there was nothing to replay"
    elif missing:
        yield f"the run has no verdict on {', '.join(missing)}"
    counts = kept.journal.find("counts", f"{kept.run}/")
    if counts and "hardware" not in last:
        yield f"batches measured, on which no gate has decided yet: {len(counts)}"
