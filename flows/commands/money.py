"""What runs were billed, what they may still spend, and what a person can do about either."""

from pathlib import Path

from flows.commands.app import ERROR, Json, Usd, answer, app, home, say
from qpilot.errors import UsageError


@app.command
def ledger(run: str, /, *, csv: Path | None = None, offline: bool = False, json: Json = False) -> int:
    """Show a run's paid tasks one by one, held against what the vendor lists; ends with 1 where they differ.

    Parameters
    ----------
    csv
        Write the tasks to this file as CSV.
    offline
        Show the journal alone; ask nobody.
    """
    from qpilot.runs.statement import statement
    from qpilot.spending import ledger as books

    found = statement(home(), run, offline)
    if csv is not None:
        csv.write_text(books.csv(found.lines), encoding="utf-8")
    if json:
        answer(found.plain())
    elif csv is None:
        for line in found.lines:
            say(line.sentence)
        say(found.sentence)
    for said in () if json else (*found.differences, *found.notes):
        say(said)
    return ERROR if found.differences else 0


@app.command
def account(name: str | None = None, /, *, usd: Usd | None = None, by: str | None = None, json: Json = False) -> int:
    """Show the accounts that pilots share, or give one a limit.

    Parameters
    ----------
    usd
        The account's limit from now on, over all pilots that name it.
    by
        Who sets it.
    """
    from qpilot.spending import accounts
    from tasks.desk import now

    journal = home().journal
    if usd is not None:
        if name is None or by is None:
            raise UsageError(
                "a limit needs the account's name and whose decision it is: qpilot account NAME --usd N --by WHO"
            )
        accounts.set_limit(journal, name, usd, by, now())
    found = [accounts.standing(journal, one) for one in ((name,) if name else accounts.names(journal))]
    if json:
        answer({"accounts": [one.plain() for one in found]})
        return 0
    for one in found:
        say(one.sentence)
    if not found:
        say("no accounts yet: qpilot account NAME --usd N --by WHO")
    return 0


@app.command
def abort(run: str, /, *, by: str | None = None, json: Json = False) -> int:
    """Cancel what a run has in the vendor's queue, end the run, and say what was spent; ends with 1 while one may run.

    Parameters
    ----------
    by
        Who decided it; by default whoever is logged in.
    """
    import getpass

    from qpilot.runs.abort import abort as end
    from tasks.desk import now

    found = end(home(), run, by or getpass.getuser(), now)
    if json:
        answer({**found.summary.machine(), "open": found.open, "tasks": [*found.said]})
    for said in () if json else (*found.said, found.sentence):
        say(said)
    return ERROR if found.open else 0


@app.command
def resolve(
    task: str, /, *, by: str, arn: str | None = None, never_ran: bool = False, note: str = "", json: Json = False
) -> int:
    """Say what became of a parked task, which qpilot will never submit again by itself.

    Parameters
    ----------
    task
        The task as `qpilot ledger RUN` names it: RUN/BATCH/TASK/ATTEMPT.
    by
        Who looked it up.
    arn
        It ran: this is its ARN.
    never_ran
        It never ran: the money is free, and the run submits it anew.
    note
        Where that was looked up.
    """
    from qpilot.runs.statement import resolved
    from tasks.desk import now

    if (arn is None) != never_ran:
        raise UsageError("say either --arn ARN (it ran) or --never-ran")
    said = resolved(home(), task, arn, by, note, now())
    if json:
        answer({"task": task, "said": said})
    else:
        say(said)
    return 0
