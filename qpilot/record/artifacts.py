"""Content-addressed bytes: what is stored is found again by the sha256 of its bytes, or not at all."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from pydantic import JsonValue

from gates.records import canonical
from qpilot.errors import QpilotError
from qpilot.record.object_store import ObjectStore
from qpilot.record.shelf import Folder, Shelf

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Artifacts:
    """Artifacts in a folder (a path, or file://) or an object store (a URL), safe for several processes and hosts.

    Equal content is one object, and none is ever changed. `options`: those of [storage] in home.toml. Every method
    raises QpilotError where the place cannot be reached or is full.
    """

    where: Path | str
    options: Mapping[str, str] = field(default_factory=dict)

    def put(self, data: bytes) -> str:
        """`data` is stored; answers its sha256 (hex)."""
        name = hashlib.sha256(data).hexdigest()
        # Compared, not just looked up: what was damaged is made whole by storing it again.
        if self._shelf.read(name) != data:
            self._shelf.write(name, data)
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes stored under `sha256`. Raises QpilotError where they are missing or were changed."""
        data = self._shelf.read(_required(sha256))
        if data is None:
            raise QpilotError(
                f"artifact {sha256[:12]} is missing from {self._shelf.where}; restore it from a backup (a stage that has"
                " finished is not done again)"
            )
        if hashlib.sha256(data).hexdigest() != sha256:
            raise QpilotError(
                f"artifact {self.place(sha256)} was changed after it was stored; restore it from a backup (a stage that"
                " has finished is not done again)"
            )
        return data

    def put_json(self, value: JsonValue) -> str:
        """`value` is stored as canonical JSON; answers its sha256."""
        return self.put(canonical(value))

    def get_json(self, sha256: str) -> JsonValue:
        """The value stored by `put_json`."""
        value: JsonValue = json.loads(self.get(sha256))
        return value

    def __contains__(self, sha256: str) -> bool:
        return self._shelf.has(_required(sha256))

    def names(self) -> tuple[str, ...]:
        """The sha256 of everything stored, sorted."""
        return tuple(sorted(name for name in self._shelf.names() if _SHA256.fullmatch(name)))

    def starting(self, start: bytes) -> tuple[str, ...]:
        """The sha256 of everything stored that begins with these bytes, sorted. Reads the first bytes of every artifact."""
        names = self.names()
        return tuple(
            name for name, found in zip(names, self._shelf.starts(names, len(start)), strict=True) if found == start
        )

    def fault(self, sha256: str) -> str | None:
        """What is wrong with an artifact, as a sentence; None where it is as it was stored."""
        data = self._shelf.read(_required(sha256))
        if data is None:
            return f"artifact {self.place(sha256)} is missing"
        return None if hashlib.sha256(data).hexdigest() == sha256 else f"artifact {self.place(sha256)} was changed"

    def place(self, sha256: str) -> str:
        """Where the artifact lies, a path or a URL. Raises QpilotError where `sha256` is none (64 hex digits)."""
        return self._shelf.place(_required(sha256))

    def reach(self) -> None:
        """Nothing, where artifacts can be stored. Raises QpilotError saying what to do where they cannot."""
        self._shelf.reach()

    @cached_property
    def _shelf(self) -> Shelf:
        if isinstance(self.where, str) and "://" in self.where:
            protocol, _, rest = self.where.partition("://")
            return Folder(Path(unquote(rest))) if protocol == "file" else ObjectStore(self.where, self.options)
        return Folder(Path(self.where))


def _required(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise QpilotError(f"{sha256!r} names no artifact; required: a sha256 of 64 hex digits")
    return sha256
