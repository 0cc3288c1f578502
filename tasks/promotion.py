"""Stage 8 as tasks: device against baseline as evidence, then the model registered and named champion."""

import numpy as np
from pydantic import JsonValue

from qpilot.bundle import Bundle
from qpilot.data.table import Dataset
from qpilot.hardware.stage import points
from qpilot.job import Job
from qpilot.packing import unpacked
from qpilot.record import openings
from qpilot.record.home import Home
from qpilot.record.registry import ALIAS, CHAMPION, Registry
from qpilot.serving.promotion import Answers, evidence
from tasks.desk import folder, now, stores
from tasks.events import emit
from tasks.persisted import stage
from tasks.results import ForecastResult, HardwareResult, PromotionResult, PrototypeResult


@stage("promotion", "promotion: {job.pilot.name}")
def promotion(job: Job, dataset: str, prototype: PrototypeResult, hardware: HardwareResult) -> PromotionResult:
    """The device's answers against the baseline's on the points fixed beforehand."""
    desk = stores(job)
    rows = Dataset.from_bytes(desk.artifacts.get(dataset))
    bundle = Bundle.from_files(unpacked(desk.artifacts.get(str(prototype.bundle))))
    drawn = points(job.pilot, rows, opened=prototype.evidence.advantage is not None)
    device = np.asarray(hardware.device, dtype=drawn.y.dtype)
    answers = Answers(device, prototype.majority, hardware.evidence.planned)
    if drawn.origin == "locked":
        opening = openings.of(desk.journal, job.data, job.pilot.digest)
        openings.read(desk.journal, opening, "promotion", drawn.rows[: answers.planned].tolist(), now())
    found = evidence(job, drawn, answers, bundle.reference, rows.locked.classes, prototype.evidence.resource_ratio)
    folder(job).write_evidence(found)
    return PromotionResult(evidence=found)


@stage("register", "register: {job.pilot.name}")
def register(job: Job, dataset: str, prototype: PrototypeResult, forecast: ForecastResult) -> str:
    """The finalist is the champion, with the classical model as its fallback; answers `name@version`.

    The version names the artifact with its training rows: another pilot must not begin from a model that saw its own.
    """
    files = unpacked(stores(job).artifacts.get(str(prototype.bundle)))
    registry = Registry(Home(job.home))
    metadata: dict[str, JsonValue] = {
        "run": job.run,
        "pilot": job.pilot.digest,
        "rows": dataset,
        "backend": job.pilot.hardware.backend,
        "device": job.pilot.hardware.device,
        "shots": forecast.evidence.shots,
        "mitigation": forecast.evidence.mitigation,
        "finalist": prototype.evidence.finalist,
        "fallback": prototype.evidence.reference,
    }
    version = registry.register(job.pilot.name, files, metadata, now())
    expect = registry.aliases(job.pilot.name).get(CHAMPION)
    registry.point(job.pilot.name, CHAMPION, version.number, expect=expect, at=now(), run=job.run)
    for entry in stores(job).journal.find(ALIAS, f"{job.pilot.name}/{CHAMPION}/")[-1:]:
        told: dict[str, JsonValue] = {"model": job.pilot.name, "version": version.number, "replaces": expect}
        said = f"{version} is the champion, promoted by {job.run}"
        emit("promoted", job.run, entry, {**told, "said": said}, model=job.pilot.name)
    return str(version)
