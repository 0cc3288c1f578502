"""The registry's folders, held against what the journal says of them."""

from collections.abc import Iterable
from pathlib import Path

from qpilot.record import version
from qpilot.record.heads import Head
from qpilot.record.home import Home
from qpilot.record.registry import Registry
from qpilot.verification.findings import Finding


def models(home: Home, anchors: dict[str, Head]) -> Iterable[Finding]:
    """What is wrong with the registered versions and the aliases. The heads in manifests are added to `anchors`.

    A manifest needs no signature of its own: its sha256 stands in a signed entry.
    """
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
