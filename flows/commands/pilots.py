"""Before and during a run: write a pilot file, look it over, take it to its decision."""

import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flows.commands.app import Json, Overrides, answer, app, home, say
from flows.commands.trigger import JUnit, Summaries

if TYPE_CHECKING:
    from pydantic import JsonValue

    from qpilot.runs.summary import Summary


@app.command
def init(
    data: Path,
    /,
    *,
    target: str,
    kind: Literal["classification", "regression"] | None = None,
    out: Path = Path("pilot.toml"),
    header: bool = True,
    force: bool = False,
) -> int:
    """Write a commented pilot file for a CSV or Parquet file, with every threshold spelled out.

    Parameters
    ----------
    data
        The rows: CSV or Parquet.
    target
        The column to predict. Without a header, columns are c0, c1, ... and -1 is the last.
    kind
        Whether the column holds classes or a quantity, where that is not what it looks like.
    out
        Where the pilot file goes.
    header
        Whether a CSV's first line names the columns (--no-header where it does not).
    force
        Overwrite a file that is there.
    """
    from qpilot.scaffold.pilot_file import require_place, scaffold, write

    require_place(out, force)
    write(scaffold(data, target, out, header, kind), out, force)
    say(f"{out} written; look it through, then: qpilot lint {out}")
    return 0


@app.command
def lint(pilot: Path, /, *, overrides: Overrides = (), json: Json = False) -> int:
    """Say within two seconds whether a pilot is sound, has the power it claims, and what it would cost."""
    from gates.wording import value
    from qpilot.lint import lint as look
    from qpilot.runs.summary import ENDINGS, EXIT_CODES, Summary

    found = look(pilot, overrides, home())
    outcome = ENDINGS[found.verdict.outcome]
    if json:
        summary = Summary(run=None, outcome=outcome, verdicts=(found.verdict,))
        sizes: dict[str, JsonValue] = {
            name: getattr(found, name)
            for name in ("rows", "features", "development", "locked", "attempt", "alpha", "rows_needed")
        }
        answer({**summary.machine(), **sizes, "estimates": [one.plain() for one in found.estimates]})
        return EXIT_CODES[outcome]
    target = found.target
    told = (
        f"{len(found.classes)} classes" if target is None else f"target {value(target.least)} to {value(target.most)}"
    )
    say(
        f"{found.rows} rows, {found.features} features, {told};"
        f" {found.development} to develop on, {found.locked} locked"
    )
    for note in found.notes:
        say(f"note: {note}")
    for estimate in found.estimates:
        say(f"cost: {estimate.sentence}")
    for check in found.verdict.checks:
        say(f"{check.name}: {check.outcome}  {check.reason}")
    if found.rows_needed > found.rows and outcome != "GO":
        say(f"rows: to show what it claims this pilot takes {found.rows_needed:,} rows; there are {found.rows:,}")
    return EXIT_CODES[outcome]


@app.command
def run(
    pilot: Path,
    /,
    *,
    explore: bool = False,
    overrides: Overrides = (),
    summary: Summaries = None,
    junit: JUnit = None,
    json: Json = False,
) -> int:
    """Take a pilot through every stage to its decision; the same pilot again continues, or answers from what stands.

    Parameters
    ----------
    explore
        Go on after a gate that is not GO, free of charge and without promotion.
    """
    from rich.console import Console

    from flows.ci.joblog import JobLog
    from flows.terminal import scorecard

    log = JobLog.of(summary, junit, os.environ)
    ended = log.keep(pilot, lambda: _decided(pilot, explore, overrides, json))
    if json:
        answer(ended.machine())
    else:
        scorecard(Console(), ended)
    return ended.exit_code


def _decided(pilot: Path, explore: bool, overrides: Sequence[str], json: bool) -> "Summary":
    """How the run ended, or stopped; at a terminal a person is asked where the run waits for one."""
    from rich.console import Console

    from flows.asking import decided
    from flows.embedded import run as conduct
    from flows.terminal import Terminal

    console, place = Console(stderr=True), home()
    asks = not explore and not json and console.is_terminal and sys.stdin.isatty()
    while True:
        with Terminal(console) as watcher:
            ended = conduct(pilot, overrides, explore, place, watcher, getpass.getuser())
        if ended.outcome != "AWAITING_APPROVAL" or not asks or not decided(place, str(ended.run), console):
            return ended


@app.command
def estimate(
    pilot: Path, /, *, device: tuple[str, ...] = ("all",), overrides: Overrides = (), json: Json = False
) -> int:
    """Compare devices for a pilot by dollars, wait and emulated accuracy, and say which is worth it; nothing is recorded.

    Parameters
    ----------
    device
        Names or ARNs; repeatable. "all": every shipped and pulled one.
    """
    from qpilot.braket.looking import look, unable
    from qpilot.forecast.compare import compare
    from qpilot.forecast.table import table
    from tasks.desk import now

    found = compare(pilot, overrides, home(), now(), device, None if unable() else look)
    if json:
        answer(found.plain())
    else:
        say(table(found))
    return 0
