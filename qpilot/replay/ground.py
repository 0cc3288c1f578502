"""What a run's stages are recomputed from: its pilot file, the rows and models it kept, and what its gates were told."""

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from gates.forecast import ForecastEvidence
from gates.grading import featureless
from gates.hardware import HardwareEvidence
from gates.records import Evidence
from gates.selection import PrototypeEvidence
from qpilot import policies
from qpilot.backend import Quote
from qpilot.bundle import Bundle, fitted
from qpilot.data.table import Dataset
from qpilot.devices import Device
from qpilot.errors import QpilotError
from qpilot.hardware.stage import Points, Readings, points, validate
from qpilot.job import Job, Stores
from qpilot.packing import unpacked
from qpilot.pilot import Pilot
from qpilot.prototype.fitted import Fitted
from qpilot.prototype.outer import Outer
from qpilot.record.journal import Journal
from qpilot.replay.backend import KeptBackend
from qpilot.replay.kept import Kept


class Measured(NamedTuple):
    """The hardware stage as it comes out now: its evidence, what was answered, and on which points."""

    evidence: HardwareEvidence
    readings: Readings
    points: Points


@dataclass(frozen=True, eq=False)
class Ground:
    """`evidence`: stage -> what the journal's last verdict on it was decided on; `places`: stage -> that verdict's seq.

    Everything else is read when asked for. Raises QpilotError where something is not kept.
    """

    kept: Kept
    pilot: Pilot
    evidence: Mapping[str, Evidence]
    places: Mapping[str, int]

    def before(self, stage: str) -> Journal:
        """The run's journal as it stood when the stage's gate decided."""
        return self.kept.journal.before(self.places[stage])

    @property
    def prototype(self) -> PrototypeEvidence:
        found = self.evidence["prototype"]
        assert isinstance(found, PrototypeEvidence)
        return found

    def job(self, evidence: Evidence) -> Job:
        """The run's job, with the code's digest as the evidence states it: what other code answers is compared, not this."""
        nowhere = Path("/nonexistent")
        data = self.evidence["data"].inputs["data"]
        return Job(run=self.kept.run, pilot=self.pilot, folder=nowhere, home=nowhere, data=data, code=evidence.code)

    @cached_property
    def rows(self) -> Dataset:
        """The split dataset."""
        return Dataset.from_bytes(self._artifact("data", "dataset", "meta.npy"))

    @cached_property
    def models(self) -> Bundle:
        """The finalist and the classical reference."""
        return Bundle.from_files(unpacked(self._artifact("prototype", "models", "finalist.json")))

    @cached_property
    def twin(self) -> Fitted | None:
        """The finalist without entanglement; None in a run of a version that did not keep it."""
        if "twin" not in self.evidence["prototype"].inputs:
            return None
        return fitted("twin", unpacked(self._artifact("prototype", "twin", "twin.json")))

    @cached_property
    def seeds(self) -> tuple[tuple[Fitted, ...], tuple[Fitted, ...]]:
        """The finalist and its twin with the other seeds; none where correctness is not averaged over seeds."""
        if "seeds" not in self.evidence["prototype"].inputs:
            return (), ()
        files = unpacked(self._artifact("prototype", "seeds", "seed1.json"))
        numbers = range(1, 1 + sum(bool(re.fullmatch(r"seed\d+\.json", name)) for name in files))
        finalists, twins = (tuple(fitted(f"{role}{number}", files) for number in numbers) for role in ("seed", "twin"))
        return finalists, twins

    @cached_property
    def outer(self) -> Outer:
        """What the outer folds of nested cross-validation answered."""
        return Outer.from_bytes(self._artifact("prototype", "outer", "names.npy"))

    @property
    def majority(self) -> float:
        """What a model without features always answers."""
        return featureless(self.pilot.claim, self.rows.development.y)

    @cached_property
    def measured(self) -> Measured:
        """The hardware stage again, from the raw counts. Raises Gone where the rule asks for a batch that is not kept."""
        kept, forecast = self.evidence["hardware"], self.evidence["forecast"]
        assert isinstance(kept, HardwareEvidence)
        assert isinstance(forecast, ForecastEvidence)
        told, journal, artifacts = self.prototype, self.before("hardware"), self.kept.artifacts
        counts = [payload(entry.payload) for entry in journal.find("counts", f"{self.kept.run}/")]
        devices = [Device.model_validate_json(artifacts.get(one["calibration"])) for one in counts]
        quotes = [Quote.model_validate(one["quote"]) for one in counts]
        drawn = points(self.pilot, self.rows, opened=told.advantage is not None)
        evidence, readings = validate(
            self.job(kept),
            self.models.finalist,
            drawn,
            min(told.planned_points, len(drawn.y)),
            forecast.shots,
            policies.hardware(self.pilot, told.alpha),
            KeptBackend(self.pilot.hardware.backend, kept.stopped, devices, quotes),
            forecast.mitigation,
            Stores(journal, artifacts, _no_clock),
            lambda done, total: None,
        )
        return Measured(evidence, readings, drawn)

    def _artifact(self, stage: str, name: str, holds: str) -> bytes:
        """The artifact that the evidence names, or, where its version did not yet, the sealed one that holds such a file."""
        named = self.evidence[stage].inputs.get(name)
        if named is not None:
            return self.kept.artifacts.get(named)
        for sha256 in self.kept.sealed.get("artifacts", ()):
            content = self.kept.artifacts.get(sha256)
            if zipfile.is_zipfile(io.BytesIO(content)) and holds in unpacked(content):
                return content
        raise QpilotError(f"the run keeps no {name}")


def _no_clock() -> NoReturn:
    raise AssertionError("a replay records nothing, so nothing asks for the time")


def payload(value: Any) -> Mapping[str, Any]:
    """An entry's payload where it is an object, else nothing."""
    return value if isinstance(value, dict) else {}
