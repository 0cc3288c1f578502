"""A gate as a task: the verdict in the journal and the run's folder, its scorecard in the UI, an event for automations."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import ModuleType

from prefect.artifacts import create_markdown_artifact
from prefect.events import emit_event

import gates.data
import gates.forecast
import gates.hardware
import gates.promotion
import gates.prototype
import gates.reduction
from gates.records import Evidence, Record, Verdict
from qpilot.job import Job
from qpilot.record.journal import Exists
from qpilot.report.scorecard import markdown
from tasks.desk import folder, now, stores
from tasks.persisted import stage

GATES: Mapping[str, ModuleType] = {
    module.__name__.removeprefix("gates."): module
    for module in (gates.data, gates.reduction, gates.prototype, gates.forecast, gates.hardware, gates.promotion)
}


@stage("gate", "gate: {evidence.stage}")
def gate(job: Job, evidence: Evidence, policy: Record) -> Verdict:
    """The stage's gate has decided; its verdict stands in the journal before anything follows from it."""
    decide: Callable[[Evidence, Record], Verdict] = GATES[evidence.stage].decide
    verdict = decide(evidence, policy)
    content = {"evidence": evidence.plain(), "policy": policy.plain(), "verdict": verdict.plain()}
    # After a crash between the entry and the task's result the entry stands: the same evidence has the same verdict.
    with suppress(Exists):
        stores(job).journal.append("verdict", f"{job.run}/{verdict.gate}/{verdict.evidence[:16]}", content, now())
    folder(job).write_verdict(verdict)
    folder(job).anchor(stores(job).journal)
    create_markdown_artifact(
        markdown(verdict), key=f"{verdict.gate}-scorecard", description=f"{job.run}: {verdict.outcome}"
    )
    emit_event(
        event=f"qpilot.gate.{verdict.outcome.lower().replace('_', '-')}",
        resource={"prefect.resource.id": f"qpilot.run.{job.run}", "prefect.resource.name": job.run},
        payload={"gate": verdict.gate, "reason": verdict.reason},
    )
    return verdict
