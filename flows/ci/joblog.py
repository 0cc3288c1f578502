"""What a CI job shows of a run: a Markdown summary, JUnit XML, and the run's answer as read back from either of them."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.ci import junit
from gates.records import Outcome
from gates.wording import dollars
from qpilot.errors import QpilotError, UsageError
from qpilot.record.durable import write
from qpilot.report.scorecard import SIGNS, cell, row, seen
from qpilot.runs.summary import Ending, Summary

if TYPE_CHECKING:
    from pydantic import JsonValue

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
"""The file GitHub shows on a job's page; every step has one of its own."""

MARKS: dict[Ending, str] = {
    "GO": "✓",
    "NO_GO": "✕",
    "INCONCLUSIVE": "?",
    "AWAITING_APPROVAL": "…",
    "REJECTED": "✕",
    "ERROR": "!",
}


@dataclass(frozen=True)
class Context:
    """What stands around a run's answer: the pilot's name, where to look (name -> URL), and what else is to be known.

    figures: whether its money is known; it is not where only the state of the run is.
    """

    pilot: str
    links: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    figures: bool = True


@dataclass(frozen=True)
class JobLog:
    """Where a job's summary (appended to) and its JUnit XML (written anew) go; None: nowhere."""

    summary: Path | None
    junit: Path | None

    @classmethod
    def of(cls, summary: Path | None, xml: Path | None, environment: Mapping[str, str]) -> "JobLog":
        """As the command was told, the summary else where GitHub wants it. Raises UsageError where no file can be."""
        named = environment.get(SUMMARY_VARIABLE)
        log = cls(summary or (Path(named) if named else None), xml)
        for path in (log.summary, log.junit):
            if path is not None and (path.is_dir() or not path.parent.is_dir()):
                raise UsageError(f"{path} cannot be written: name a file in a folder that exists")
        return log

    def keep(self, path: Path, work: Callable[[], Summary]) -> Summary:
        """What `work` answers on the pilot file at `path`; in both files too, as is what kept it from an answer."""
        try:
            ended = work()
        except QpilotError as error:
            self._keep(path.parent.name or "pilot", Summary(run=None, outcome="ERROR", error=str(error)), False)
            raise
        self._keep(str(ended.run).rsplit("-", 2)[0], ended, True)
        return ended

    def _keep(self, pilot: str, ended: Summary, known: bool) -> None:
        for said in self.write(ended, Context(pilot, figures=known), datetime.now(UTC)):
            print(f"qpilot: {said}", file=sys.stderr)  # noqa: T201

    def write(self, summary: Summary, context: Context, at: datetime) -> tuple[str, ...]:
        """The run is in both files. Answers a sentence for each that could not be written: the run's answer goes first."""
        return self.put(markdown(summary, context), junit.document(context.pilot, junit.suites(summary), at))

    def put(self, page: str, xml: str) -> tuple[str, ...]:
        """`page` is appended to the summary and the JUnit file holds `xml`; a sentence for each that could not be."""
        said = []
        try:
            if self.summary is not None:
                with self.summary.open("a", encoding="utf-8") as file:
                    file.write(f"{page}\n")
        except OSError as error:
            said.append(f"the job summary {self.summary} was not written: {error.strerror or error}")
        try:
            if self.junit is not None:
                write(self.junit, xml.encode("utf-8", "replace"))
        except QpilotError as error:
            said.append(f"the JUnit file was not written: {error}")
        return tuple(said)


def markdown(summary: Summary, context: Context) -> str:
    """Decision and reason, what each gate said, every check, money, model, links. No text can break out of its place.

    Answers come first in a row: a narrow page clips the rest.
    """
    name = summary.run or context.pilot
    lines = [f"## {MARKS[summary.outcome]} {summary.outcome.replace('_', ' ')}: {cell(name)}", ""]
    lines += [cell(summary.reason), ""]
    for verdict in summary.verdicts:
        lines.append(f"- **{cell(verdict.gate)}** {_answer(verdict.outcome)}: {cell(verdict.reason)}")
        others = [one for one in verdict.checks if one.outcome != "GO" and one.reason != verdict.reason]
        lines += [f"    - {cell(one.name)} {_answer(one.outcome)}: {cell(one.reason)}" for one in others]
    if summary.verdicts:
        lines += ["", "| | Gate | Check | Observed | Required |", "|---|---|---|---|---|"]
    lines += [
        row(_answer(one.outcome), verdict.gate, one.name, seen(one), one.required)
        for verdict in summary.verdicts
        for one in verdict.checks
    ]
    reached = {verdict.gate for verdict in summary.verdicts}
    left = [gate for gate in junit.GATES if gate not in reached]
    lines += ["", f"Not reached: {', '.join(left)}.", ""] if left and reached else [""]
    lines += [f"- cost: {cost(summary, context.figures)}"]
    lines += [f"- model: {cell(summary.model)} (champion)"] if summary.model else []
    lines += [f"- report: {cell(summary.report)}"] if summary.report and "report" not in context.links else []
    lines += [f"- {cell(kind)}: <{_address(url)}>" for kind, url in context.links.items()]
    lines += [f"- note: {cell(note)}" for note in context.notes]
    return "\n".join([*lines, ""])


def _answer(outcome: Outcome) -> str:
    return f"{SIGNS[outcome]} {outcome.replace('_', ' ')}"


def cost(summary: Summary, known: bool) -> str:
    """What was charged, or where that is to be found out."""
    if not known:
        return f"not known here; qpilot ledger {summary.run or 'RUN'}"
    return f"{dollars(summary.charged_usd)} charged, {dollars(summary.device_usd)} on the device itself"


def _address(url: str) -> str:
    return "".join(f"%{ord(sign):02X}" if sign in "<> \n\r\t|`\"'" else sign for sign in url)


def fenced(page: str) -> "JsonValue":
    """The object in the last fenced json block of a Markdown page; None where there is none."""
    _, found, rest = page.rpartition("```json\n")
    block, closed, _ = rest.partition("\n```")
    if not found or not closed:
        return None
    try:
        plain: JsonValue = json.loads(block)
    except ValueError:
        return None
    return plain


def recalled(plain: "JsonValue") -> Summary | None:
    """The summary that `Summary.machine` was made of, its verdicts without digests; None for anything else."""
    if not isinstance(plain, dict):
        return None
    known: dict[str, Any] = {name: value for name, value in plain.items() if name in Summary.model_fields}
    try:
        known["verdicts"] = [{**verdict, "evidence": "", "policy": ""} for verdict in known.get("verdicts", ())]
        return Summary.model_validate(known)
    except (TypeError, ValueError):
        return None
