"""A gate as a task: the verdict in the journal and the run's folder, its scorecard in the UI, an event for automations."""

from collections.abc import Callable

from pydantic import JsonValue

from gates.records import Evidence, Record, Verdict
from qpilot.job import Job
from qpilot.policies import GATES
from qpilot.record.home import Home
from qpilot.report.scorecard import markdown
from qpilot.runs import verdicts
from tasks.desk import folder, now, stores
from tasks.events import emit
from tasks.persisted import stage
from tasks.publication import show


@stage("gate", "gate: {evidence.stage}")
def gate(job: Job, evidence: Evidence, policy: Record) -> Verdict:
    """The stage's gate has decided; its verdict stands in the journal before anything follows from it."""
    decide: Callable[[Evidence, Record], Verdict] = GATES[evidence.stage].decide
    verdict = decide(evidence, policy)
    verdicts.enter(Home(job.home), job, evidence, policy, verdict, now())
    folder(job).write_verdict(verdict)
    folder(job).anchor(stores(job).journal)
    show(f"{verdict.gate}-scorecard", markdown(verdict), f"{job.run}: {verdict.outcome}")
    entry = stores(job).journal.get(verdicts.KIND, f"{job.run}/{verdict.gate}/{verdict.evidence[:16]}")
    if entry is not None:
        said = f"{job.run}: {verdict.gate} gate {verdict.outcome.replace('_', ' ')}: {verdict.reason}"
        told: dict[str, JsonValue] = {"gate": verdict.gate, "outcome": verdict.outcome, "reason": verdict.reason}
        emit(f"gate.{verdict.outcome.lower().replace('_', '-')}", job.run, entry, {**told, "said": said})
    return verdict
