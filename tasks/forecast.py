"""Stage 5 as a task: shots, dollars, hours, and the accuracy or score the device will lose."""

import time

from gates.hardware import HardwarePolicy
from qpilot.backends import backend
from qpilot.bundle import Bundle
from qpilot.data.table import Dataset
from qpilot.emulator import Emulator
from qpilot.forecast import stage as domain
from qpilot.forecast.history import earlier
from qpilot.forecast.situation import situation
from qpilot.job import Job
from qpilot.packing import unpacked
from qpilot.record.home import Home
from tasks.desk import folder, now, stores
from tasks.persisted import stage
from tasks.results import ForecastResult, PrototypeResult


@stage("forecast", "forecast: {job.pilot.hardware.device}")
def forecast(job: Job, dataset: str, prototype: PrototypeResult, policy: HardwarePolicy) -> ForecastResult:
    """What the hardware stage will take. dataset: sha256 of the split dataset."""
    desk, hardware = stores(job), job.pilot.hardware
    rows = Dataset.from_bytes(desk.artifacts.get(dataset))
    model = Bundle.from_files(unpacked(desk.artifacts.get(str(prototype.bundle)))).finalist
    quoted = backend(hardware.backend, hardware.device, pulled=Home(job.home).devices)
    machine = quoted.figures()
    found = situation(job.run, job.pilot, machine, quoted, desk.journal, desk.artifacts, now())
    evidence = domain.forecast(
        job,
        rows,
        model,
        prototype.evidence.planned_points,
        policy,
        machine,
        quoted,
        Emulator(machine),
        found,
        time.process_time,
    )
    place = folder(job)
    place.write_evidence(evidence)
    place.write_json("plots/forecast.json", earlier(found.past, found.spent).plain())
    return ForecastResult(evidence=evidence)
