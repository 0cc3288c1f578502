"""Run folders and artifacts, held against what the journal says of them."""

from collections.abc import Iterable

from qpilot.decisions.keys import Trusted
from qpilot.errors import QpilotError
from qpilot.record.artifacts import Artifacts
from qpilot.record.heads import Head
from qpilot.record.home import Home
from qpilot.record.runfolder import ANCHOR, RunFolder, read_anchor
from qpilot.verification.findings import Finding
from qpilot.verification.states import States


def folder(home: Home, run: str, states: States, known: Trusted, anchors: dict[str, Head]) -> Iterable[Finding]:
    """What is wrong with a run's folder. Its head is added to `anchors`."""
    place, state, where = home.run(run), states.of(run), f"run {run}"
    if state.get("state") == "pruned":
        if place.path.exists():
            yield Finding(where, f"{place.path} is there, though it was pruned")
        return
    if run in states.started and not place.path.is_dir():
        yield Finding(where, f"{place.path} is missing")
    sealed = state.get("state") == "sealed"
    if (place.path / ANCHOR).exists():
        try:
            anchors[where] = read_anchor(place, known)
        except QpilotError as error:
            yield Finding(where, str(error))
    elif sealed:
        yield Finding(where, f"{place.path / ANCHOR} is missing")
    if sealed:
        yield from _sealed(place, state["files"], state["artifacts"], home.artifacts)  # type: ignore[arg-type]


def strays(home: Home, states: States) -> Iterable[Finding]:
    """The folders of runs that the journal never heard of: put there by hand, or left over from a journal cut short."""
    for name in sorted(states.folders - states.entered - states.started):
        yield Finding("runs", f"{home.run(name).path} is of a run that is not in the journal")


def stored(artifacts: Artifacts) -> Iterable[Finding]:
    """The artifacts that are not what their names say."""
    for name in artifacts.names():
        yield from _artifact(artifacts, name)


def _sealed(place: RunFolder, files: dict[str, str], owned: list[str], artifacts: Artifacts) -> Iterable[Finding]:
    where, present = f"run {place.run}", place.files()
    for name in sorted({*files, *present}):
        if name not in present:
            yield Finding(where, f"{place.path / name} is missing")
        elif name not in files:
            yield Finding(where, f"{place.path / name} was added after the run")
        elif present[name] != files[name]:
            yield Finding(where, f"{place.path / name} was changed")
    for name in owned:
        if name not in artifacts:
            yield Finding(where, f"artifact {artifacts.place(name)} is missing")
        else:
            yield from _artifact(artifacts, name)


def _artifact(artifacts: Artifacts, name: str) -> Iterable[Finding]:
    fault = artifacts.fault(name)
    if fault is not None:
        yield Finding("artifacts", fault)
