"""A run's record, changed as somebody would who can make every hash anew: in memory, so that one home serves all."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np

from gates.records import digest
from qpilot.arrays import arrays
from qpilot.record.entries import Entry
from qpilot.replay import Kept
from qpilot.replay.kept import KeptArtifacts, KeptJournal

Change = Callable[[Any], object]


def entry(kept: Kept, kind: str, change: Change, last: bool = False, gate: str = "") -> Kept:
    """`change` is made to the payload of the first (or last) entry of `kind` (about `gate`)."""
    places = [one for one in kept.journal.entries if one.kind == kind and gate in one.key]
    chosen = places[-1 if last else 0]
    return entries(kept, lambda one: _changed(one, change) if one == chosen else one)


def entries(kept: Kept, change: Callable[[Entry], Entry | None]) -> Kept:
    """Every entry becomes what `change` makes of it; None leaves it out."""
    made = tuple(one for one in map(change, kept.journal.entries) if one is not None)
    return replace(kept, journal=KeptJournal(made))


def _changed(one: Entry, change: Change) -> Entry:
    payload = cast(Any, one.payload).copy() if isinstance(one.payload, dict) else one.payload
    copied = _copy(payload)
    change(copied)
    return replace(one, payload=copied)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(inner) for name, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value


def evidence(kept: Kept, gate: str, change: Change) -> Kept:
    """The gate's evidence is changed in the journal and the folder, and its own digest made anew wherever it stands."""

    def forge(payload: Any) -> None:
        change(payload["evidence"])
        payload["verdict"]["evidence"] = digest(payload["evidence"])
        payload.pop("attestation", None)

    made = entry(kept, "verdict", forge, gate=f"{gate}/")
    told: Any = next(one.payload for one in made.journal.find("verdict", f"{kept.run}/{gate}/"))
    named = f"{kept.run}/{gate}/{told['verdict']['evidence'][:16]}"
    made = entries(made, lambda one: replace(one, key=named) if one.payload == told else one)
    return files(made, {f"evidence/{gate}.json": told["evidence"], f"verdicts/{gate}.json": told["verdict"]})


def files(kept: Kept, changed: dict[str, Any]) -> Kept:
    """The folder holds these files; JSON, or bytes as they are."""
    held = {name: value if isinstance(value, bytes) else json.dumps(value).encode() for name, value in changed.items()}
    return replace(kept, file=lambda name: held.get(name, kept.file(name)))


def artifact(kept: Kept, sha256: str, data: bytes) -> tuple[Kept, str]:
    """The artifact's bytes are others, stored under their own sha256, which is answered; nothing names it yet."""
    name = hashlib.sha256(data).hexdigest()
    before = kept.artifacts
    read = KeptArtifacts(lambda asked: data if asked == name else before.get(asked))
    return replace(kept, artifacts=cast(Any, read)), name


def counts(kept: Kept, batch: int = 0) -> Kept:
    """Of one circuit, every shot is counted for the outcome it was found least in; the journal names the forged counts."""
    told: Any = kept.journal.find("counts", f"{kept.run}/")[batch].payload
    held = arrays(kept.artifacts.get(told["counts"]))
    rows = held["setting_0"].copy()
    total, rarest = rows[0].sum(), rows[0].argmin()
    rows[0] = 0
    rows[0, rarest] = total
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{**held, "setting_0": rows})
    made, name = artifact(kept, told["counts"], buffer.getvalue())
    return entries(
        made,
        lambda one: (
            replace(one, payload={**told, "counts": name}) if one.kind == "counts" and one.payload == told else one
        ),
    )
