"""On a Prefect server: a pilot that is scheduled, approved in the UI, and started from elsewhere."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.app import Json, Overrides, answer, app, home, say
from qpilot.errors import UsageError

Repeated = Annotated[tuple[str, ...], Parameter(negative="")]


@app.command
def deploy(
    pilot: Path,
    /,
    *,
    cron: str | None = None,
    timezone: str = "UTC",
    pool: str = "qpilot",
    limit: int = 1,
    explore: bool = False,
    notify: Repeated = (),
    then: Repeated = (),
    overrides: Overrides = (),
    dry_run: bool = False,
    json: Json = False,
) -> int:
    """Put a pilot onto the server of PREFECT_API_URL, without a question; again changes only what is different.

    What is not asked for again (a schedule, a notification) is taken away.

    Parameters
    ----------
    cron
        Run it by itself: minute hour day month weekday. Without it nothing runs unasked.
    timezone
        The cron's, such as Europe/Vienna.
    pool
        The work pool; made as one of processes where there is none.
    limit
        How many runs of it may be at work at once; the others wait.
    explore
        Deploy it as exploring: free of charge, promotes nothing, and need not have the power it claims.
    notify
        A block TYPE/NAME to tell of refusals, spending, promotions and rollbacks; repeatable.
    then
        A deployment FLOW/NAME to run when the pilot is promoted; repeatable.
    dry_run
        Say what would change, and change nothing.
    """
    from qpilot.lint import lint as look
    from qpilot.pilotfile import read
    from qpilot.runs.summary import ENDINGS, EXIT_CODES

    if limit < 1:
        raise UsageError(f"--limit {limit}: at least one run has to be possible")
    found = look(pilot, overrides, home())
    outcome = ENDINGS[found.verdict.outcome]
    if outcome != "GO" and not explore:
        reason = next(check.reason for check in found.verdict.checks if check.outcome is found.verdict.outcome)
        refused = f"not deployed: `qpilot lint` says {outcome}: {reason}; --explore deploys it all the same"
        answer({"deployment": None, "outcome": outcome, "error": refused}) if json else say(refused)
        return EXIT_CODES[outcome]

    from flows.api import api
    from flows.deployment.deploying import Wish
    from flows.deployment.deploying import deploy as put

    wish = Wish(
        pilot=read(pilot, overrides).pilot,
        path=pilot.resolve(),
        overrides=overrides,
        explore=explore,
        pool=pool,
        cron=cron,
        timezone=timezone,
        limit=limit,
        notify=notify,
        then=then,
    )
    wish.schedule  # noqa: B018 - a schedule that cannot be is refused before the server is asked
    with api() as client:
        deployed = put(client, wish, home(), dry_run)
    if json:
        answer({**deployed.plain(), "dry_run": dry_run})
        return 0
    for change in deployed.changes:
        say(
            f"{change.kind} {change.name}: {'would be ' if dry_run and change.done != 'unchanged' else ''}{change.done}"
        )
    say(f"schedule: {cron} ({timezone})" if cron else "schedule: none; start it with `qpilot trigger`, or in the UI")
    if not deployed.workers:
        say(f"no worker polls {pool} yet: prefect worker start --pool {pool}")
    return 0
