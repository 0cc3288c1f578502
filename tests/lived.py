"""A home that a shrunk planted pilot went through, by the real stages and without Prefect: promoted, and all that people do."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from gates import data, forecast, hardware, promotion, prototype, reduction, trainability
from gates.records import Evidence, Record, Verdict
from qpilot import policies
from qpilot.approval import Answer, approve, ask, granted, lapse, reject
from qpilot.approval.circuits import payload
from qpilot.backends import backend
from qpilot.bundle import Bundle
from qpilot.data.table import Dataset
from qpilot.hardware.stage import points, validate
from qpilot.job import Job, Stores
from qpilot.packing import unpacked
from qpilot.record import openings
from qpilot.record.home import Home
from qpilot.record.registry import CHAMPION, Registry
from qpilot.runs import lifetime, verdicts
from qpilot.runs.identity import identify
from qpilot.runs.summary import Ending, Summary
from qpilot.serving.rollback import rollback
from qpilot.spending import cancellation
from tasks import data as data_task
from tasks import forecast as forecast_task
from tasks import promotion as promotion_task
from tasks import prototype as prototype_task
from tasks import reduction as reduction_task
from tasks import trainability as trainability_task
from tasks.closing import Ended, closed
from tasks.desk import folder

PILOT = Path(__file__).parent.parent / "pilots" / "planted" / "pilot.toml"
OVERRIDES = (
    'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"}]',
    'baselines=[{model="logistic"}]',
    "search.folds=3",
    'search.runner="threads"',
    "data.max_train_rows=200",
    "hardware.shots=200",
    'approval.when="always"',
)
GATES = {
    module.__name__.rsplit(".")[-1]: module
    for module in (data, reduction, trainability, prototype, forecast, hardware, promotion)
}


class Clock:
    """Every look is a second later, from noon on 1 March 2026."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@dataclass(frozen=True)
class Lived:
    """The home, and the run that was promoted; `others` were rejected and aborted, and left to expire."""

    home: Home
    run: str
    others: tuple[str, ...]


class Course:
    """One run on its way."""

    def __init__(self, home: Home, clock: Clock, *overrides: str) -> None:
        self.home, self.clock = home, clock
        self.stores = Stores(home.journal, home.artifacts, clock)
        found = identify(PILOT, (*OVERRIDES, *overrides), home, clock())
        self.job: Job = found.job
        place = home.run(self.job.run)
        place.release(home.journal, clock())
        place.write("pilot.toml", found.file.text)
        self.started = lifetime.start(home.journal, self.job.run, clock())
        self.verdicts: list[Verdict] = []
        self.artifacts: tuple[str, ...] = ()

    def judge(self, evidence: Evidence, policy: Record) -> None:
        verdict: Verdict = GATES[evidence.stage].decide(evidence, policy)  # type: ignore[attr-defined]
        verdicts.enter(self.home, self.job, evidence, policy, verdict, self.clock())
        folder(self.job).write_verdict(verdict)
        folder(self.job).anchor(self.home.journal)
        self.verdicts.append(verdict)

    def end(self, outcome: Ending, model: str | None = None) -> None:
        summary = Summary(run=self.job.run, outcome=outcome, verdicts=tuple(self.verdicts), model=model)
        closed(self.job, Ended(summary=summary, artifacts=self.artifacts, explore=False, started=self.started))


def lived(path: Path) -> Lived:
    """A home after a promotion, a rollback, and two runs that people ended; takes some seconds."""
    home, clock = Home(path), Clock()
    course = Course(home, clock)
    model = promoted(course)
    course.end("GO", model)
    others = tuple(begun(home, clock, end) for end in ("rejected", "aborted", "expired"))
    second = Registry(home).register("planted", {"weights.npz": b"\0"}, {"run": course.job.run}, clock())
    Registry(home).point("planted", CHAMPION, second.number, expect=1, at=clock(), run=others[0])
    rollback(home, "planted", 1, "Ada", "the second was a mistake", clock())
    return Lived(home, course.job.run, others)


def begun(home: Home, clock: Clock, end: str) -> str:
    """A run that came to its data gate, was asked about, and ended so."""
    course = Course(home, clock, f"seed={sum(map(ord, end))}")
    rows = data_task.data.fn(course.job)
    course.artifacts += (rows.dataset,)
    course.judge(rows.evidence, policies.data(course.job.pilot))
    run = course.job.run
    if end == "aborted":
        cancellation.stop(run, course.stores, "Ada")
    else:
        standing = ask(home, course.job, PAYLOADS[0].model_copy(update={"run": run}), clock())
        if end == "rejected":
            reject(home, run, Answer("Ada", note="too dear", digest=standing.digest), clock())
        else:
            lapse(home, run, standing.expires + timedelta(seconds=1))
    course.end("REJECTED")
    return run


PAYLOADS: list[Any] = []


def promoted(course: Course) -> str:
    """Every stage and its gate; answers the model. Each gate says GO, or the test is about another record."""
    job, home, stores, clock = course.job, course.home, course.stores, course.clock
    rows = data_task.data.fn(job)
    course.judge(rows.evidence, policies.data(job.pilot))
    course.judge(reduction_task.reduction.fn(job, rows.dataset).evidence, policies.reduction(job.pilot))
    probed = trainability_task.trainability.fn(job, rows.dataset)
    course.judge(probed.evidence, policies.trainability(job.pilot))
    proto = prototype_task.prototype.fn(job, rows.dataset, False, {})
    course.judge(proto.evidence, policies.prototype(job.pilot))
    policy = policies.hardware(job.pilot, proto.evidence.alpha)
    quoted = forecast_task.forecast.fn(job, rows.dataset, proto, policy)
    course.judge(quoted.evidence, policies.forecast(job.pilot))
    machine = backend(job.pilot.hardware.backend, job.pilot.hardware.device).figures()
    asked = payload(job, stores, rows.dataset, str(proto.bundle), True, quoted.evidence, machine)
    PAYLOADS[:] = [asked]
    ask(home, job, asked, clock())
    approve(home, job.run, Answer("Ada", max_usd=Decimal(5)), clock())
    assert granted(home.journal, job.run, asked.digest, clock())
    dataset = Dataset.from_bytes(stores.artifacts.get(rows.dataset))
    drawn = points(job.pilot, dataset, opened=True)
    openings.read(
        stores.journal,
        openings.of(stores.journal, job.data, job.pilot.digest),
        "hardware",
        drawn.rows.tolist(),
        clock(),
    )
    files = unpacked(stores.artifacts.get(str(proto.bundle)))
    evidence, readings = validate(
        job,
        Bundle.from_files(files).finalist,
        drawn,
        min(proto.evidence.planned_points, len(drawn.y)),
        quoted.evidence.shots,
        policy,
        backend(job.pilot.hardware.backend, job.pilot.hardware.device),
        quoted.evidence.mitigation,
        stores,
        lambda done, total: None,
    )
    folder(job).write_evidence(evidence)
    course.judge(evidence, policy)
    for number, sha256 in enumerate(readings.counts):
        folder(job).write(f"counts/{number:04d}.npz", stores.artifacts.get(sha256))
    kept = (*evidence.calibrations, *readings.counts)
    measured = promotion_task.HardwareResult(
        evidence=evidence,
        device=tuple(map(int, np.asarray(readings.device))),
        simulator=tuple(map(int, np.asarray(readings.simulator))),
        kept=kept,
    )
    shown = promotion_task.promotion.fn(job, rows.dataset, proto, measured)
    course.judge(shown.evidence, policies.promotion(job.pilot, proto.evidence.alpha))
    course.artifacts += (rows.dataset, str(proto.bundle), *([proto.twin] if proto.twin else []), *kept)
    assert {"GO"} == {str(verdict.outcome) for verdict in course.verdicts}
    version = Registry(home).register("planted", files, {"run": job.run}, clock())
    Registry(home).point("planted", CHAMPION, version.number, expect=None, at=clock(), run=job.run)
    return str(version)
