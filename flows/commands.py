"""The commands of `qpilot`, one function each. Everything heavy is imported by the command that needs it."""

import json as jsons
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from qpilot.errors import UsageError

if TYPE_CHECKING:
    from pydantic import JsonValue

    from qpilot.record.home import Home

ERROR, USAGE = 1, 2

app = App(
    name="qpilot",
    help="From a data file to a decision about a quantum model that somebody can stand behind.",
    version_flags=["--version"],
    result_action="return_value",
)

Overrides = Annotated[tuple[str, ...], Parameter(name="--set", help="section.key=value; repeatable, enters the digest")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="the last line of stdout is one JSON object")]


def answer(value: "JsonValue") -> None:
    """The last line of stdout, for machines."""
    print(jsons.dumps(value, ensure_ascii=False), flush=True)  # noqa: T201


def _say(text: str = "") -> None:
    print(text)  # noqa: T201


def _home() -> "Home":
    from qpilot.record.home import Home

    return Home.of(os.environ)


@app.command
def init(
    data: Path, /, *, target: str, out: Path = Path("pilot.toml"), header: bool = True, force: bool = False
) -> int:
    """Write a commented pilot file for a CSV or Parquet file, with every threshold spelled out.

    Parameters
    ----------
    data
        The rows: CSV or Parquet.
    target
        The column to predict. Without a header, columns are c0, c1, ... and -1 is the last.
    out
        Where the pilot file goes.
    header
        Whether a CSV's first line names the columns (--no-header where it does not).
    force
        Overwrite a file that is there.
    """
    from qpilot.scaffold import require_place, scaffold, write

    require_place(out, force)
    write(scaffold(data, target, out, header), out, force)
    _say(f"{out} written; look it through, then: qpilot lint {out}")
    return 0


@app.command
def lint(pilot: Path, /, *, overrides: Overrides = (), json: Json = False) -> int:
    """Say within two seconds whether a pilot is sound, has the power it claims, and what it would cost."""
    from qpilot.lint import lint as look
    from qpilot.runs import ENDINGS, EXIT_CODES, Summary

    found = look(pilot, overrides, _home())
    outcome = ENDINGS[found.verdict.outcome]
    if json:
        summary = Summary(run=None, outcome=outcome, verdicts=(found.verdict,))
        sizes: dict[str, JsonValue] = {
            name: getattr(found, name)
            for name in ("rows", "features", "development", "locked", "attempt", "alpha", "rows_needed")
        }
        answer({**summary.machine(), **sizes, "estimates": [one.plain() for one in found.estimates]})
        return EXIT_CODES[outcome]
    _say(
        f"{found.rows} rows, {found.features} features, {len(found.classes)} classes;"
        f" {found.development} to develop on, {found.locked} locked"
    )
    for note in found.notes:
        _say(f"note: {note}")
    for estimate in found.estimates:
        _say(f"cost: {estimate.sentence}")
    for check in found.verdict.checks:
        _say(f"{check.name}: {check.outcome}  {check.reason}")
    if found.rows_needed > found.rows:
        _say(f"rows: to show what it claims this pilot takes {found.rows_needed:,} rows; there are {found.rows:,}")
    return EXIT_CODES[outcome]


@app.command
def run(pilot: Path, /, *, explore: bool = False, overrides: Overrides = (), json: Json = False) -> int:
    """Take a pilot through every stage to its decision; the same pilot again continues, or answers from what stands.

    Parameters
    ----------
    explore
        Go on after a gate that is not GO, free of charge and without promotion.
    """
    from rich.console import Console

    from flows.embedded import run as conduct
    from flows.terminal import Terminal, scorecard

    console = Console(stderr=True)
    with Terminal(console) as watcher:
        summary = conduct(pilot, overrides, explore, _home(), watcher)
    if json:
        answer(summary.machine())
    else:
        scorecard(Console(), summary)
    return summary.exit_code


@app.command
def status(run: str | None = None, /, *, json: Json = False) -> int:
    """List the runs of this home and how each ended, or show one."""
    from qpilot.status import standings

    found = standings(_home(), run)
    if json:
        answer({"runs": [one.plain() for one in found]})
        return 0
    if not found:
        _say("no runs yet: qpilot init DATA --target COLUMN, then qpilot run pilot.toml")
    for one in found:
        _say(one.line)
    return 0


@app.command
def report(run: str, /, *, json: Json = False) -> int:
    """Write a run's report.html anew from its record, and say where it is."""
    from qpilot.status import rewrite_report
    from tasks.desk import now

    summary = rewrite_report(_home(), run, now())
    if json:
        answer(summary.machine())
    else:
        _say(str(summary.report))
    return 0


@app.command
def predict(model: str, data: Path, /, *, header: bool = True) -> int:
    """Answer new rows with the champion, or with its classical fallback and the reason; CSV on stdout.

    Parameters
    ----------
    model
        NAME (its champion), NAME@ALIAS or NAME@VERSION.
    data
        The rows: CSV or Parquet with the model's feature columns.
    """
    from qpilot.data.source import read_file
    from qpilot.predict import predict as predicted
    from qpilot.record.registry import Registry

    prediction = predicted(Registry(_home()).resolve(model), read_file(data, header))
    prediction.frame().to_csv(sys.stdout, index=False)
    if prediction.reason:
        print(f"qpilot: served by the fallback: {prediction.reason}", file=sys.stderr)  # noqa: T201
    return 0


@app.command
def models(*, json: Json = False) -> int:
    """List the registered models, their versions and aliases."""
    from qpilot.record.registry import Registry

    registry = Registry(_home())
    names = registry.names()
    if json:
        answer(
            {name: {"versions": [*registry.versions(name)], "aliases": {**registry.aliases(name)}} for name in names}
        )
        return 0
    for name in names:
        aliases = ", ".join(f"{alias} = {number}" for alias, number in registry.aliases(name).items())
        _say(f"{name}: versions {', '.join(map(str, registry.versions(name)))}; {aliases or 'no alias'}")
    if not names:
        _say("no models yet: a pilot that is promoted registers one")
    return 0


@app.command
def verify(run: str | None = None, /, *, json: Json = False) -> int:
    """Find every edited, deleted, reordered or cut-off entry of the record, and every changed file."""
    from qpilot.record.verify import verify as look

    findings = look(_home(), run)
    if json:
        answer({"whole": not findings, "findings": [{"where": one.where, "what": one.what} for one in findings]})
    for finding in () if json else findings:
        _say(f"{finding.where}: {finding.what}")
    if not findings and not json:
        _say("whole: every entry, artifact, run folder and model is as it was recorded")
    return ERROR if findings else 0


@app.command
def doctor(*, json: Json = False) -> int:
    """Say what is wrong with this installation and what to do about it."""
    from gates.records import Outcome
    from qpilot.doctor import examine

    findings = examine(_home())
    well = all(finding.outcome is Outcome.GO for finding in findings)
    if json:
        answer({"well": well, "findings": [{"name": f.name, "outcome": f.outcome, "said": f.said} for f in findings]})
        return 0 if well else ERROR
    for finding in findings:
        _say(f"{'ok  ' if finding.outcome is Outcome.GO else 'FAULT'} {finding.name}: {finding.said}")
    return 0 if well else ERROR


@app.command
def prune(*runs: str) -> int:
    """Remove the folders of runs; their journal entries stay.

    Parameters
    ----------
    runs
        Names as `qpilot status` lists them.
    """
    from qpilot.status import require_ended
    from tasks.desk import now

    home = _home()
    if not runs:
        raise UsageError("name the runs to prune, as `qpilot status` lists them")
    for name in runs:
        require_ended(home, name)
        home.prune(name, now())
        _say(f"{name}: folder removed, entries kept")
    return 0
