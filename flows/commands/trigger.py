"""From CI: start a deployed pilot and end as it ended."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.app import Json, Overrides, answer, app, say
from qpilot.errors import UsageError

Summaries = Annotated[
    Path | None,
    Parameter(name="--summary", help="append a Markdown summary to this file; by default the one GITHUB_STEP_SUMMARY names"),
]  # fmt: skip
JUnit = Annotated[Path | None, Parameter(name="--junit", help="write the checks of the gates here as JUnit XML")]


@app.command
def trigger(
    pilot: Path,
    /,
    *,
    wait: bool = False,
    timeout: float | None = None,
    grace: float = 60,
    await_approval: bool = False,
    key: str | None = None,
    by: str | None = None,
    overrides: Overrides = (),
    summary: Summaries = None,
    junit: JUnit = None,
    json: Json = False,
) -> int:
    """Start a pilot's deployment on the server of PREFECT_API_URL; with --wait end with its exit code, however it got there.

    Parameters
    ----------
    wait
        Wait for the run's true end; otherwise say where it is, and end.
    timeout
        Wait at most so many seconds, then end with 1; the run goes on.
    grace
        Seconds in which a crashed or failed run may be taken up again.
    await_approval
        Wait for the approval too, rather than end with 5.
    key
        Any text, such as the CI job's number: the same key starts no second run.
    by
        Who starts it; by default whom CI names, else whoever is logged in.
    """
    import os

    from flows.ci.joblog import JobLog
    from qpilot.pilotfile import read

    if grace < 0 or (timeout is not None and timeout <= 0):
        raise UsageError("--timeout takes seconds above 0, --grace seconds from 0 on")
    file = read(pilot, overrides)
    log = JobLog.of(summary, junit, os.environ)

    from flows.ci.errand import Errand

    errand = Errand(pilot, file, overrides, log)
    if not wait:
        started = errand.start(key, by, timeout)
        if json:
            answer({"run": None, "outcome": None, "flow_run": str(started.id), "url": errand.url, "error": None})
        else:
            say(f"flow run {started.id}")
            say(errand.url)
        return 0

    from flows.ci.watching import Patience

    patience = Patience(timeout=timeout, grace=grace, await_approval=await_approval)
    ended = errand.conclude(key, by, patience)
    if json:
        money = {} if errand.known else {"charged_usd": None, "device_usd": None}
        place = {"flow_run": errand.number, "url": errand.url, "state": errand.state}
        answer({**ended.machine(), **money, **place})
        return ended.exit_code

    from rich.console import Console

    from flows.ci.joblog import cost
    from qpilot.report.scorecard import summary as table

    console = Console()
    if ended.verdicts:
        console.print(table(ended.verdicts))
    say(f"{ended.outcome.replace('_', ' ')}  {ended.reason}")
    say(f"cost     {cost(ended, errand.known)}")
    for name, where in (("model", ended.model), ("report", ended.report), ("flow run", errand.url)):
        if where:
            say(f"{name:<8} {where}")
    for note in errand.notes:
        say(f"note     {note}")
    return ended.exit_code
