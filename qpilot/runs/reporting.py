"""How a run's folder becomes a record again, and the record a report: on its way, at its end, and whenever asked."""

from collections.abc import Mapping, Set
from datetime import datetime
from pathlib import Path
from typing import Any

from gates.data import DataEvidence
from gates.forecast import ForecastEvidence
from gates.hardware import HardwareEvidence, HardwarePolicy
from gates.promotion import PromotionEvidence
from gates.records import Evidence, Verdict
from gates.reduction import ReductionEvidence
from gates.selection import PrototypeEvidence
from gates.trainability import TrainabilityEvidence
from qpilot import policies, provenance
from qpilot.approval.history import history
from qpilot.decisions.keys import keyid
from qpilot.pilot import Pilot
from qpilot.record.home import Home
from qpilot.record.runfolder import RunFolder
from qpilot.report.drawing import standalone
from qpilot.report.page import render
from qpilot.report.record import STAGES, PlotData, RunRecord, Stage
from qpilot.report.sections import sections
from qpilot.runs.summary import Summary

EVIDENCE: Mapping[Stage, type[Evidence]] = {
    "data": DataEvidence,
    "reduction": ReductionEvidence,
    "trainability": TrainabilityEvidence,
    "prototype": PrototypeEvidence,
    "forecast": ForecastEvidence,
    "hardware": HardwareEvidence,
    "promotion": PromotionEvidence,
}
STATES = {
    "GO": "Promoted",
    "NO_GO": "NoGo",
    "INCONCLUSIVE": "Inconclusive",
    "AWAITING_APPROVAL": "AwaitingApproval",
    "REJECTED": "Rejected",
    "ERROR": "Failed",
}
"""What a run that ended so is called where Prefect shows it."""


def record(
    home: Home, pilot: Pilot, summary: Summary, explore: bool, started: datetime, finished: datetime
) -> RunRecord:
    """The run as its folder holds it, ended as `summary` says: no further than it got, though it was explored before."""
    folder = home.run(str(summary.run))
    verdicts = summary.verdicts
    reached = {verdict.gate for verdict in verdicts}
    evidence: dict[str, Any] = {stage: _evidence(folder, stage) if stage in reached else None for stage in STAGES}
    return RunRecord(
        run=str(summary.run),
        pilot=pilot,
        state=_state(summary, explore),
        outcome=summary.outcome,
        reason=summary.reason,
        stage=_last(summary, evidence, verdicts),
        started=started,
        finished=finished,
        verdicts=verdicts,
        hardware_policy=_hardware_policy(pilot, evidence["prototype"]),
        plots=_plots(folder, reached),
        model=summary.model,
        explore=explore,
        consents=history(home.journal, str(summary.run), finished),
        provenance=_provenance(home, pilot, evidence),
        paths={name: name for name in ("pilot.toml", "evidence/", "verdicts/", "counts/")},
        **evidence,
    )


def _state(summary: Summary, explore: bool) -> str:
    if summary.suspended:
        return "Held"
    return "Explored" if explore and summary.outcome == "GO" else STATES[summary.outcome]


def publish(run: RunRecord, folder: RunFolder) -> None:
    """report.html shows the run, and plots/ holds its drawings one by one."""
    drawn = sections(run)
    folder.write("report.html", render(run, drawn))
    for section in drawn:
        for number, plot in enumerate(section.plots, start=1):
            folder.write(f"plots/{section.stage}-{number}.svg", standalone(plot))


def _evidence(folder: RunFolder, stage: Stage) -> Evidence | None:
    name = f"evidence/{stage}.json"
    return EVIDENCE[stage].model_validate_json(folder.read(name)) if (folder.path / name).is_file() else None


def _plots(folder: RunFolder, reached: Set[str]) -> PlotData:
    found: dict[str, Any] = {}
    for stage in ("prototype", "forecast", "hardware"):
        if stage in reached and (folder.path / f"plots/{stage}.json").is_file():
            part = PlotData.model_validate_json(folder.read(f"plots/{stage}.json"))
            found |= {name: value for name, value in part if value}
    return PlotData(**found)


def _hardware_policy(pilot: Pilot, prototype: PrototypeEvidence | None) -> HardwarePolicy | None:
    return None if prototype is None else policies.hardware(pilot, prototype.alpha)


def _last(summary: Summary, evidence: Mapping[str, Evidence | None], verdicts: tuple[Verdict, ...]) -> Stage:
    """The stage the run ended in: the first without evidence where it broke, else the last gate that was reached."""
    if summary.outcome == "ERROR":
        return next((stage for stage in STAGES if evidence[stage] is None), STAGES[-1])
    decisive = [verdict.gate for verdict in verdicts if verdict.outcome == summary.outcome]
    names = decisive[:1] if summary.outcome in ("NO_GO", "INCONCLUSIVE") else [v.gate for v in verdicts][-1:]
    return next((stage for stage in STAGES if stage in names), STAGES[0])


def _provenance(home: Home, pilot: Pilot, evidence: Mapping[str, Evidence | None]) -> dict[str, str]:
    head = home.journal.head()
    found = {"pilot digest": pilot.digest, "code digest": provenance.code_digest()}
    revision = provenance.git_revision(Path(__file__).parent)
    if revision is not None:
        found["git revision"] = revision
    for item in evidence.values():
        for name, sha256 in ({} if item is None else item.inputs).items():
            found[f"{name} sha256"] = sha256
    hardware = evidence["hardware"]
    if isinstance(hardware, HardwareEvidence):
        found["device calibration"] = ", ".join(hardware.calibrations)
    public = home.signer.public()
    found["signing key"] = "none yet" if public is None else keyid(public)
    return found | {"journal head": f"{head.seq}: {head.sha256}"} | provenance.versions()
