"""The fast lane of a pull request."""

from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.app import ERROR, Json, Overrides, answer, app, home, say
from flows.commands.trigger import JUnit, Summaries

if TYPE_CHECKING:
    from pydantic import JsonValue


@app.command
def check(
    pilot: Path,
    /,
    *,
    overrides: Overrides = (),
    summary: Summaries = None,
    junit: JUnit = None,
    json: Json = False,
) -> int:
    """Say in seconds whether every candidate's circuit, gradient and shots are what they should be; nothing is recorded.

    Development rows alone are read. Ends with 1 where a candidate is not well.
    """
    import os

    from flows.ci.joblog import JobLog
    from tasks.desk import now

    log = JobLog.of(summary, junit, os.environ)

    from flows.ci.junit import Suite, case, document
    from gates.records import Outcome
    from qpilot.inspection import inspect
    from qpilot.report.scorecard import cell

    found = inspect(pilot, overrides, home())
    sick = [
        f"{one.candidate}: {check.name}" for one in found for check in one.checks if check.outcome is not Outcome.GO
    ]
    page = [f"## {'✕' if sick else '✓'} {pilot}", "", "| Candidate | Check | Outcome | Why |", "|---|---|---|---|"]
    for one in found:
        for check in one.checks:
            page.append(
                f"| {' | '.join(map(cell, (one.candidate, check.name, check.outcome.value, check.reason)))} |"
            )  # fmt: skip
    suites = [Suite(one.candidate, tuple(map(case, one.checks))) for one in found]
    notes = log.put("\n".join([*page, ""]), document(pilot.parent.name or "pilot", suites, now()))
    error = f"{len(sick)} checks failed: {'; '.join(sick)}" if sick else None
    if json:
        verdicts: list[JsonValue] = [
            {"gate": one.candidate, "outcome": one.outcome, "checks": [check.plain() for check in one.checks]}
            for one in found
        ]
        answer({"run": None, "outcome": "ERROR" if sick else "GO", "verdicts": verdicts, "charged_usd": "0",
                "device_usd": "0", "report": None, "model": None, "error": error})  # fmt: skip
    for one in () if json else found:
        say(f"{one.candidate}: {'well' if one.outcome is Outcome.GO else 'NOT WELL'}")
        for check in one.checks:
            say(f"  {check.name}: {check.outcome}  {check.reason}")
    for note in (*notes, *((error,) if error and not json else ())):
        say_aside(note)
    return ERROR if sick else 0


def say_aside(text: str) -> None:
    """A line of stderr."""
    import sys

    print(f"qpilot: {text}", file=sys.stderr)  # noqa: T201
