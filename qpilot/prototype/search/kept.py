"""Finished entrants of a sweep on disk: a search that was killed goes on where it was, and redoes nothing."""

import json
import logging
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
            predicted = tuple(np.array(fold, dtype=np.int64) for fold in found["predicted"])
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


def kept(job: Job) -> Kept:
    """The sweeps kept in the job's home; what was fitted with other code or versions, or on another reduction, is not found."""
    decisive: JsonValue = {
        "code": job.code,
        "versions": {**provenance.versions()},
        "reduce": job.pilot.reduce.plain(),
        "seed": job.pilot.seed,
    }
    return Kept(job.home / FOLDER, digest(decisive))
