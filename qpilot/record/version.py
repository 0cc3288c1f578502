"""A model version's folder: its files, and the manifest that holds their sha256 and the journal's head."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from gates.records import canonical, digest
from qpilot.errors import UsageError
from qpilot.record import durable
from qpilot.record.heads import Head

MANIFEST = "manifest.json"
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


@dataclass(frozen=True)
class Version:
    """A registered model as read: `files` holds every file's bytes, each checked against the sha256 recorded for it."""

    name: str
    number: int
    folder: Path
    files: Mapping[str, bytes]
    metadata: Mapping[str, JsonValue]

    def __str__(self) -> str:
        return f"{self.name}@{self.number}"


@dataclass(frozen=True)
class Content:
    """What a version is to hold. `sha256` is that of files and metadata, whatever the version's number."""

    files: Mapping[str, bytes]
    metadata: Mapping[str, JsonValue]

    def __post_init__(self) -> None:
        for name in self.files:
            if not _FILE.fullmatch(name) or name == MANIFEST:
                raise UsageError(f"{name!r} cannot be a model's file; required: {_FILE.pattern}, and not {MANIFEST}")

    @property
    def hashes(self) -> dict[str, JsonValue]:
        """File name -> sha256."""
        return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(self.files.items())}

    @property
    def sha256(self) -> str:
        return digest({"files": self.hashes, "metadata": {**self.metadata}})

    def manifest(self, name: str, number: int, head: Head) -> bytes:
        """The manifest of this content as version `number` of model `name`, canonical JSON."""
        place: dict[str, JsonValue] = {"name": name, "version": number, "journal": head.plain()}
        return canonical({**place, "files": self.hashes, "metadata": {**self.metadata}})

    def write(self, folder: Path, manifest: bytes) -> None:
        """The folder holds the files and the manifest. Raises QpilotError where the disk is full."""
        for name, data in self.files.items():
            durable.write(folder / name, data)
        durable.write(folder / MANIFEST, manifest)


def read(folder: Path, name: str, number: int) -> Version:
    """The version in `folder`, as `faults` has found it whole."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    files = {file: (folder / file).read_bytes() for file in manifest["files"]}
    return Version(name, number, folder, files, manifest["metadata"])


def head(folder: Path) -> Head:
    """The journal's head the manifest keeps. Raises ValueError where the manifest is damaged."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    if not isinstance(manifest, dict):
        raise ValueError("no manifest")
    return Head.model_validate(manifest.get("journal"))


def faults(folder: Path, manifest_sha256: str) -> tuple[str, ...]:
    """A sentence for every file that was changed, added or is missing; none where the folder is what was registered."""
    present = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    manifest = present.pop(MANIFEST, None)
    if manifest is None:
        return (f"{folder / MANIFEST} is missing",)
    if _sha256(manifest) != manifest_sha256:
        return (f"{manifest} was changed",)
    hashes = json.loads(manifest.read_bytes())["files"]
    found = [f"{folder / file} is missing" for file in hashes if file not in present]
    for file, path in sorted(present.items()):
        if file not in hashes:
            found.append(f"{path} does not belong there")
        elif _sha256(path) != hashes[file]:
            found.append(f"{path} was changed")
    return tuple(found)


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
