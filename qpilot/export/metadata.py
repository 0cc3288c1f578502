"""ro-crate-metadata.json: what the files are, and who did what with which, as a Process Run Crate.

https://w3id.org/ro/crate/1.1 https://w3id.org/ro/wfrun/process/0.5
"""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from qpilot import pilotfile, provenance
from qpilot.export.actions import actions, identity, people
from qpilot.replay.ground import payload
from qpilot.replay.kept import Kept

METADATA = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_FORMATS = {
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".lock": "text/plain",
    ".npz": "application/zip",
    ".pem": "application/x-pem-file",
    ".svg": "image/svg+xml",
    ".toml": "application/toml",
}
_SAID = {
    "journal.jsonl": "The journal, a line an entry: the run's own whole, every other as a link of the hash chain.",
    "export.json": "sha256 of every file here and the journal's head, signed (DSSE).",
    "requirements.lock": "The packages of the installation that made this export.",
}


def metadata(kept: Kept, content: Mapping[str, bytes], at: str) -> bytes:
    """The metadata of a crate with these files. at: when the journal's last entry was recorded (ISO 8601)."""
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version="1.1")

    def entity(name: str, kind: str, properties: Mapping[str, Any]) -> Any:
        return crate.add(ContextEntity(crate, name, properties={"@type": kind, **properties}))

    pilot = pilotfile.read_kept(content[f"runs/{kept.run}/pilot.toml"].decode())
    crate.name = f"{kept.run}: {pilot.charter.question}" if pilot.charter.question else kept.run
    crate.description = "A run of qpilot: what was measured, how every gate decided, and what that is recomputed from."
    crate.datePublished = at
    licence = {"name": "Not stated", "description": "Ask whoever owns the data and the run before passing it on."}
    crate.license = entity("#license", "CreativeWork", licence)
    profile = entity(PROFILE, "CreativeWork", {"name": "Process Run Crate", "version": "0.5"})
    crate.root_dataset["conformsTo"] = profile
    known = _known(kept)
    for name, held in sorted(content.items()):
        crate.add_file(dest_path=name, properties=_file(name, kept.run, len(held), known))
    tool = entity(*_tool(kept))
    for name in people(kept):
        entity(identity(name), "Person", {"name": name})
    crate.root_dataset["mentions"] = [
        entity(action.pop("@id"), action.pop("@type"), {**action, "instrument": {"@id": tool.id}})
        for action in actions(kept, content)
    ]
    return _text(crate.metadata.generate())


def _file(name: str, run: str, size: int, known: Mapping[str, str]) -> dict[str, Any]:
    """size: 0 where it is not known yet."""
    place = name.removeprefix(f"runs/{run}/")
    kind = _FORMATS.get(PurePosixPath(name).suffix, "application/octet-stream")
    found: dict[str, Any] = {"name": known.get(name, place), "encodingFormat": kind}
    if size:
        found["contentSize"] = str(size)
    if place in _SAID:
        found["description"] = _SAID[place]
    return found


def _known(kept: Kept) -> dict[str, str]:
    """Artifact -> what it is, for those that the run's entries name by what they are."""
    found: dict[str, str] = {}
    for entry in kept.journal.find("verdict", f"{kept.run}/"):
        inputs = payload(entry.payload)["evidence"]["inputs"]
        found |= {f"artifacts/{sha256}": name for name, sha256 in inputs.items()}
    for number, entry in enumerate(kept.journal.find("counts", f"{kept.run}/"), start=1):
        told = payload(entry.payload)
        found[f"artifacts/{told['counts']}"] = f"counts of batch {number}"
        found[f"artifacts/{told['calibration']}"] = "calibration of the device"
    return found


def _tool(kept: Kept) -> tuple[str, str, dict[str, Any]]:
    """What computed the run: known by its sources, which its evidence names."""
    verdicts = kept.journal.find("verdict", f"{kept.run}/")
    code = payload(verdicts[-1].payload)["evidence"]["code"] if verdicts else provenance.code_digest()
    return f"urn:qpilot:sources:{code}", "SoftwareApplication", {"name": "qpilot", "softwareVersion": f"sha256 {code}"}


def _text(graph: Any) -> bytes:
    return (json.dumps(graph, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
