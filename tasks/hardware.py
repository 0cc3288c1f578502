"""Stage 7 as a task: locked points on the device, batch by batch."""

from gates.hardware import HardwarePolicy
from qpilot.approval import Grant, Payload, granted, required
from qpilot.approval.circuits import payload
from qpilot.backends import backend
from qpilot.bundle import Bundle
from qpilot.data.table import Dataset
from qpilot.hardware.distributions import distributions
from qpilot.hardware.stage import points, validate
from qpilot.job import Job, Progress
from qpilot.mitigation import MITIGATIONS
from qpilot.packing import unpacked
from qpilot.record import openings
from qpilot.record.home import Home
from qpilot.report.record import PlotData
from qpilot.spending.purse import purse
from tasks.desk import folder, now, progress, stores
from tasks.events import spent
from tasks.persisted import stage
from tasks.results import ForecastResult, HardwareResult, PrototypeResult


def scope(job: Job, dataset: str, prototype: PrototypeResult, forecast: ForecastResult) -> Payload:
    """What a person approves: the circuits of the hardware stage, at the device's prices as they are now."""
    device = backend(job.pilot.hardware.backend, job.pilot.hardware.device, pulled=Home(job.home).devices).figures()
    opened = prototype.evidence.advantage is not None
    return payload(job, stores(job), dataset, str(prototype.bundle), opened, forecast.evidence, device)


def allowed(job: Job, dataset: str, prototype: PrototypeResult, forecast: ForecastResult) -> Grant | None:
    """What a person approved for exactly this stage; None where nobody has, or has to."""
    if not required(job.pilot.approval, forecast.evidence.charged.worst):
        return None
    return granted(stores(job).journal, job.run, scope(job, dataset, prototype, forecast).digest, now())


def watched(job: Job) -> Progress:
    """Tells the watcher how far the stage is, and the server what each batch cost."""
    told: set[str] = set()
    shown = progress("hardware")

    def batch(done: int, total: int) -> None:
        shown(done, total)
        for entry in stores(job).journal.find("counts", f"{job.run}/"):
            if entry.key not in told:
                told.add(entry.key)
                spent(job, entry)

    return batch


@stage("hardware", "hardware: {job.pilot.hardware.device}")
def hardware(
    job: Job, dataset: str, prototype: PrototypeResult, forecast: ForecastResult, policy: HardwarePolicy
) -> HardwareResult:
    """The device against the simulator. dataset: sha256 of the split dataset."""
    desk = stores(job)
    rows = Dataset.from_bytes(desk.artifacts.get(dataset))
    model = Bundle.from_files(unpacked(desk.artifacts.get(str(prototype.bundle)))).finalist
    drawn = points(job.pilot, rows, opened=prototype.evidence.advantage is not None)
    if drawn.origin == "locked":
        opening = openings.of(desk.journal, job.data, job.pilot.digest)
        openings.read(desk.journal, opening, "hardware", drawn.rows.tolist(), now())
    mitigation = forecast.evidence.mitigation
    approved = allowed(job, dataset, prototype, forecast)
    evidence, readings = validate(
        job,
        model,
        drawn,
        min(prototype.evidence.planned_points, len(drawn.y)),
        forecast.evidence.shots,
        policy,
        backend(
            job.pilot.hardware.backend, job.pilot.hardware.device, purse(job, desk, approved), Home(job.home).devices
        ),
        mitigation,
        desk,
        watched(job),
        approved,
    )
    place = folder(job)
    place.write_evidence(evidence)
    for number, sha256 in enumerate(readings.counts):
        place.write(f"counts/{number:04d}.npz", desk.artifacts.get(sha256))
    shown = distributions(readings, MITIGATIONS[mitigation], rows.development.classes, drawn)
    plots = PlotData(distributions=shown)
    place.write_json("plots/hardware.json", plots.plain())
    return HardwareResult(
        evidence=evidence,
        device=tuple(readings.device.tolist()),
        simulator=tuple(readings.simulator.tolist()),
        kept=(*evidence.calibrations, *readings.counts),
    )
