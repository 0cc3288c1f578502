"""How far a run of the chain has got: what its gates said, what it keeps, and what ends it."""

from datetime import datetime
from decimal import Decimal

from gates.records import Evidence, Outcome, Record, Verdict
from qpilot.job import Job
from qpilot.record.home import Home
from qpilot.runs.summary import ENDINGS, Ending, Summary
from qpilot.spending import ledger
from tasks.closing import Ended
from tasks.desk import tell
from tasks.gate import gate


class Stopped(Exception):  # noqa: N818 - a way out of the chain, not an error
    """A gate, a person or a missing approval ended the chain. held: not for good; the same run may go on."""

    def __init__(self, outcome: Ending, said: str | None = None, held: bool = False) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.said = said
        self.held = held


class Course:
    """The verdicts so far, and what they let happen next. An exploring run passes by gates that are not GO."""

    def __init__(self, job: Job, explore: bool, started: datetime) -> None:
        self.job = job
        self.explore = explore
        self.started = started
        self.verdicts: list[Verdict] = []
        self.evidence: list[Evidence] = []
        self.device_usd = Decimal(0)
        self.model: str | None = None
        self.artifacts: tuple[str, ...] = ()

    def judge(self, evidence: Evidence, policy: Record) -> None:
        """The stage's gate has answered. Raises Stopped where the run ends there."""
        verdict: Verdict = gate(self.job, evidence, policy)
        self.verdicts.append(verdict)
        self.evidence.append(evidence)
        tell(verdict)
        if verdict.outcome is not Outcome.GO and not self.explore:
            raise Stopped(ENDINGS[verdict.outcome])

    @property
    def worst(self) -> Ending:
        """The worst of the verdicts so far."""
        return ENDINGS[Outcome.worst(verdict.outcome for verdict in self.verdicts)]

    def ended(self, outcome: Ending, error: str | None = None, held: bool = False) -> Ended:
        """The run as it stands, ended with `outcome`; what is reserved for tasks that may yet be billed counts as charged."""
        spent = ledger.totals(ledger.lines(Home(self.job.home).journal, self.job.run))
        charged = spent.billed + spent.reserved
        summary = Summary(
            run=self.job.run,
            outcome=outcome,
            verdicts=tuple(self.verdicts),
            charged_usd=charged,
            device_usd=max(self.device_usd, charged),
            model=self.model,
            error=error,
            suspended=held,
        )
        return Ended(summary=summary, artifacts=self.artifacts, explore=self.explore, started=self.started)
