"""Whether the record is what was recorded: the journal's chain, the run folders, the artifacts and the models."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from qpilot.errors import QpilotError, unknown
from qpilot.record import version
from qpilot.record.artifacts import Artifacts
from qpilot.record.home import Home
from qpilot.record.journal import Entry, Head
from qpilot.record.registry import Registry
from qpilot.record.runfolder import ANCHOR, KIND, RunFolder, read_anchor


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was recorded: `where` (journal, a run, artifacts, a model) and a sentence."""

    where: str
    what: str


def verify(home: Home, run: str | None = None) -> tuple[Finding, ...]:
    """Every edited, deleted, added, reordered or cut-off piece of the record; none where all is as recorded.

    With `run`: the journal, that run's folder and its artifacts alone. What is found is accidental change; who can
    write the folder and knows the format can also rewrite all of it. A run that is still open is not held to its last
    seal. Raises QpilotError for an unknown run.
    """
    states = dict[str, Entry]()
    sealed = list(_guarded("journal", lambda: _states(home, states)))
    chosen = tuple(sorted({*_folders(home), *states})) if run is None else (run,)
    if run is not None and run not in states and run not in _folders(home):
        raise QpilotError(unknown("run", run, {*_folders(home), *states} or {"none yet"}))
    anchors: dict[str, Head] = {}
    found = [
        finding for name in chosen for finding in _guarded(f"run {name}", partial(_run, home, name, states, anchors))
    ]
    if run is None:
        found += _guarded("artifacts", lambda: _stored(home.artifacts))
        found += _guarded("registry", lambda: _models(home, anchors))
    chain = [Finding("journal", what) for what in home.journal.verify(anchors)]
    return tuple(dict.fromkeys([*chain, *sealed, *found]))


def _guarded(where: str, look: Callable[[], Iterable[Finding]]) -> Iterable[Finding]:
    """What `look` finds; a damaged journal that stops it is itself a finding."""
    try:
        return tuple(look())
    except (QpilotError, OSError, ValueError, KeyError) as error:
        return (Finding(where, str(error)),)


def _folders(home: Home) -> set[str]:
    return {path.name for path in (home.path / "runs").glob("*") if path.is_dir()}


def _states(home: Home, states: dict[str, Entry]) -> Iterable[Finding]:
    for entry in home.journal.find(KIND):
        states[entry.key.rsplit("/", 1)[0]] = entry
    return ()


def _run(home: Home, run: str, states: dict[str, Entry], anchors: dict[str, Head]) -> Iterable[Finding]:
    folder, state = home.run(run), states.get(run)
    payload = state.payload if state is not None and isinstance(state.payload, dict) else {}
    if payload.get("state") == "pruned":
        return
    sealed = payload.get("state") == "sealed"
    if (folder.path / ANCHOR).exists():
        try:
            anchors[f"run {folder.run}"] = read_anchor(folder)
        except QpilotError as error:
            yield Finding(f"run {folder.run}", str(error))
    elif sealed:
        yield Finding(f"run {folder.run}", f"{folder.path / ANCHOR} is missing")
    if sealed:
        yield from _sealed(folder, payload["files"], payload["artifacts"], home.artifacts)  # type: ignore[arg-type]


def _sealed(folder: RunFolder, files: dict[str, str], owned: list[str], artifacts: Artifacts) -> Iterable[Finding]:
    where = f"run {folder.run}"
    present = folder.files()
    for name in sorted({*files, *present}):
        if name not in present:
            yield Finding(where, f"{folder.path / name} is missing")
        elif name not in files:
            yield Finding(where, f"{folder.path / name} was added after the run")
        elif present[name] != files[name]:
            yield Finding(where, f"{folder.path / name} was changed")
    for name in owned:
        if name not in artifacts:
            yield Finding(where, f"artifact {artifacts.path(name)} is missing")
        else:
            yield from _artifact(artifacts.path(name))


def _stored(artifacts: Artifacts) -> Iterable[Finding]:
    for name in artifacts.names():
        yield from _artifact(artifacts.path(name))


def _artifact(path: Path) -> Iterable[Finding]:
    if hashlib.sha256(path.read_bytes()).hexdigest() != path.name:
        yield Finding("artifacts", f"{path} was changed")


def _models(home: Home, anchors: dict[str, Head]) -> Iterable[Finding]:
    registry = Registry(home)
    known = {(name, number) for name in registry.names() for number in registry.versions(name)}
    for name, number in sorted(known):
        faults = registry.faults(name, number)
        yield from (Finding(f"model {name}@{number}", fault) for fault in faults)
        if not faults:
            anchors[f"model {name}@{number}"] = version.head(home.registry / name / str(number))
    for name in registry.names():
        for alias, number in registry.aliases(name).items():
            if (name, number) not in known:
                yield Finding(f"model {name}", f"alias {alias} names version {number}, which the journal does not know")
    for folder in sorted(home.registry.glob("[!.]*/*")):
        if (folder.parent.name, folder.name) not in {(name, str(number)) for name, number in known}:
            yield from _foreign(folder, anchors)


def _foreign(folder: Path, anchors: dict[str, Head]) -> Iterable[Finding]:
    """A version the journal does not know: put there by hand, or left over from a journal that was cut short."""
    yield Finding("registry", f"{folder} is not in the journal")
    try:
        anchors[f"registry folder {folder.parent.name}/{folder.name}"] = version.head(folder)
    except (OSError, ValueError):
        return
