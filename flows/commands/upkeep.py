"""Is the installation sound, and what may be removed."""

from flows.commands.app import ERROR, Json, answer, app, home, say
from qpilot.errors import UsageError


@app.command
def doctor(*, json: Json = False) -> int:
    """Say what is wrong with this installation and what to do about it."""
    from gates.records import Outcome
    from qpilot.doctor import examine

    findings = examine(home())
    well = all(finding.outcome is Outcome.GO for finding in findings)
    if json:
        answer({"well": well, "findings": [{"name": f.name, "outcome": f.outcome, "said": f.said} for f in findings]})
        return 0 if well else ERROR
    for finding in findings:
        say(f"{'ok  ' if finding.outcome is Outcome.GO else 'FAULT'} {finding.name}: {finding.said}")
    return 0 if well else ERROR


@app.command
def prune(*runs: str) -> int:
    """Remove the folders of runs; their journal entries stay.

    Parameters
    ----------
    runs
        Names as `qpilot status` lists them.
    """
    from qpilot.runs.status import require_ended
    from tasks.desk import now

    place = home()
    if not runs:
        raise UsageError("name the runs to prune, as `qpilot status` lists them")
    for name in runs:
        require_ended(place, name)
        place.prune(name, now())
        say(f"{name}: folder removed, entries kept")
    return 0
