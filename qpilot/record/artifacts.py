"""Content-addressed files: what is stored is found again by the sha256 of its bytes, or not at all."""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from gates.records import canonical
from qpilot.errors import QpilotError
from qpilot.record import durable

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Artifacts:
    """A folder of artifacts, safe for several processes: equal content is one file, and no file is ever changed."""

    folder: Path

    def put(self, data: bytes) -> str:
        """`data` is stored; answers its sha256 (hex). Raises QpilotError where the disk is full."""
        name = hashlib.sha256(data).hexdigest()
        path = self.path(name)
        # Compared, not just looked up: what was damaged on disk is made whole by storing it again.
        if not path.is_file() or path.read_bytes() != data:
            durable.write(path, data)
        return name

    def get(self, sha256: str) -> bytes:
        """The bytes stored under `sha256`. Raises QpilotError where they are missing or were changed."""
        path = self.path(sha256)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise QpilotError(
                f"artifact {sha256[:12]} is missing from {self.folder}; restore it from a backup (a stage that has finished"
                " is not done again)"
            ) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise QpilotError(
                f"artifact {path} was changed after it was stored; restore it from a backup (a stage that has finished is"
                " not done again)"
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
        return self.path(sha256).is_file()

    def names(self) -> tuple[str, ...]:
        """The sha256 of everything stored, sorted."""
        return tuple(sorted(path.name for path in self.folder.glob("??/*") if _SHA256.fullmatch(path.name)))

    def path(self, sha256: str) -> Path:
        """Where the artifact lies. Raises QpilotError where `sha256` is none (64 hex digits)."""
        if not _SHA256.fullmatch(sha256):
            raise QpilotError(f"{sha256!r} names no artifact; required: a sha256 of 64 hex digits")
        return self.folder / sha256[:2] / sha256
