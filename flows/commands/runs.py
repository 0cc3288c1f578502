"""What stands of the runs of this home."""

from flows.commands.app import Json, answer, app, home, say


@app.command
def status(run: str | None = None, /, *, json: Json = False) -> int:
    """List the runs of this home and how each ended, or show one."""
    from qpilot.runs.status import standings

    found = standings(home(), run)
    if json:
        answer({"runs": [one.plain() for one in found]})
        return 0
    if not found:
        say("no runs yet: qpilot init DATA --target COLUMN, then qpilot run pilot.toml")
    for one in found:
        say(one.line)
    return 0


@app.command
def report(run: str, /, *, json: Json = False) -> int:
    """Write a run's report.html anew from its record, and say where it is."""
    from qpilot.runs.status import rewrite_report
    from tasks.desk import now

    summary = rewrite_report(home(), run, now())
    if json:
        answer(summary.machine())
    else:
        say(str(summary.report))
    return 0
