"""Finished entrants of a sweep on disk: a search that was killed goes on where it was, and redoes nothing."""

import contextlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from gates.records import canonical, digest
from qpilot import provenance
from qpilot.job import Job
from qpilot.prototype.search.entrants import Entrant
from qpilot.prototype.search.fits import Answer
from qpilot.record import durable

FOLDER = "search"
DAYS, BYTES = 30, 500_000_000
"""What was not used for so long goes; of what is left so much stays, what was used last."""
_DAY_SECONDS = 86_400

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """A folder with a file for every entrant that was fitted on every fold. It may be deleted at any time.

    A file's name is a sha256 over the entrant, the rows, the folds, and `context`: code, versions, reduction and whatever
    else decides the answer. What failed is not kept: it is tried again.
    """

    folder: Path
    context: str

    def read(self, entrant: Entrant, material: str) -> Answer | None:
        """The entrant's answer on this material (its `stamp`); None where there is none, or a file that was damaged."""
        name = self._name(entrant, material)
        try:
            text = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        try:
            found = json.loads(text)
            held = found.pop("sha256")
            if found["key"] != name or held != digest(found):
                raise ValueError("its content is not what was written")
            with contextlib.suppress(OSError):
                os.utime(self._path(name))  # used now: `prune` goes by it
            predicted = tuple(
                np.array(fold, dtype=float if entrant.quantity else np.int64) for fold in found["predicted"]
            )
            return Answer(predicted, found["seconds"], found["cpu_seconds"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            _LOG.warning("%s is damaged (%s): %s is fitted again", self._path(name), error, entrant.name)
            return None

    def write(self, entrant: Entrant, material: str, answer: Answer) -> None:
        """The answer is found again, also after a power cut. Raises QpilotError where the disk is full."""
        name = self._name(entrant, material)
        content: dict[str, JsonValue] = {
            "key": name,
            "entrant": entrant.name,
            "predicted": [fold.tolist() for fold in answer.predicted],
            "seconds": answer.seconds,
            "cpu_seconds": answer.cpu_seconds,
        }
        durable.write(self._path(name), canonical({**content, "sha256": digest(content)}))

    def _name(self, entrant: Entrant, material: str) -> str:
        return digest({"entrant": entrant.identity, "material": material, "context": self.context})

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.json"


def prune(folder: Path, now: float, days: float = DAYS, most: int = BYTES) -> int:
    """How many files of kept sweeps went: those not read or written for `days`, then the oldest until `most` bytes are left.

    now: seconds since 1970. Other runs may be at work in the folder: a file is written and read whole, and one that is gone is
    fitted again. Folders stay, since somebody may be about to write into one.
    """
    files = sorted(_files(folder))
    total, gone = sum(size for _, size, _ in files), 0
    for used, size, path in files:
        young = used >= now - days * _DAY_SECONDS
        if young and (total <= most or path.suffix == ".part"):
            continue  # a young part is being written
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            _LOG.warning("%s is old and cannot be removed (%s)", path, error.strerror)
            continue
        total, gone = total - size, gone + 1
    return gone


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each was last used, its bytes and its path; what a killed writer left half-written is among them."""
    for path in (*folder.glob("??/*.json"), *folder.glob("??/.*.part")):
        with contextlib.suppress(FileNotFoundError):
            found = path.stat()
            yield found.st_mtime, found.st_size, path


def kept(job: Job) -> Kept:
    """The sweeps kept in the job's home; what was fitted with other code or versions, or on another reduction, is not found."""
    decisive: JsonValue = {
        "code": job.code,
        "versions": {**provenance.versions()},
        "reduce": job.pilot.reduce.plain(),
        "seed": job.pilot.seed,
    }
    return Kept(job.home / FOLDER, digest(decisive))
