"""A run's record on its own: replayed from what was kept, exported as one file, verified away from its home."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from flows.commands.app import ERROR, Json, answer, app, home, say

if TYPE_CHECKING:
    from pydantic import JsonValue

    from qpilot.record.heads import Head
    from qpilot.replay import Replayed


@app.command
def replay(run: str, /, *, json: Json = False) -> int:
    """Recompute every verdict of a run from what it kept, and say "same" or where not. No network, no device, no change.

    Parameters
    ----------
    run
        A run's name, or an exported CRATE.zip, which needs no home.
    """
    from qpilot.replay import Kept
    from qpilot.replay import replay as again

    if not run.endswith(".zip"):
        return _replayed(again(Kept.of_home(home(), run)), (), json)
    from qpilot.export import opened, verify

    with opened(Path(run)) as crate:
        findings = tuple(f"{one.where}: {one.what}" for one in verify(crate))
        # An export that cannot be read at all has nothing to replay: reading it says so.
        return _replayed(again(crate.kept), findings, json)


def _replayed(found: "Replayed", findings: tuple[str, ...], json: bool) -> int:
    same = found.same and not findings
    if json:
        plain: Any = found.plain()
        answer({**plain, "same": same, "findings": [*findings]})
        return 0 if same else ERROR
    say(found.run)
    for gate in found.gates:
        outcome = "?" if gate.outcome is None else gate.outcome.replace("_", " ")
        say(f"{gate.gate:>10}  {outcome:<12}  {'DIFFERENT' if gate.differences else 'same'}  {gate.depth}")
        for difference in gate.differences:
            say(f"{'':>12}{difference.sentence}")
    for line in (*findings, *(difference.sentence for difference in found.record), *found.notes):
        say(line)
    for code in found.code:
        say(f"computed with other code: {code[:12]} then, {found.code_now[:12]} now")
    if found.gates or not same:
        say("same: every verdict follows from what is kept" if same else "different: see above")
    return 0 if same else ERROR


@app.command
def export(
    run: str,
    /,
    *,
    out: Path | None = None,
    data: Annotated[bool, Parameter(negative="--without-data")] = True,
    json: Json = False,
) -> int:
    """Write a run as one file: an RO-Crate with its folder, artifacts, journal and public keys, to verify and replay anywhere.

    Parameters
    ----------
    run
        A run that has ended, as `qpilot status` lists it.
    out
        The file to write; by default RUN.zip here. One that is there is not written over.
    data
        Take the rows along, and what holds them in another form (models, programs). Without them less can be replayed.
    """
    from qpilot.export import export as write

    done = write(home(), run, (out or Path(f"{run}.zip")).absolute(), data)
    if json:
        answer(
            {"run": run, "path": str(done.path), "bytes": done.size, "files": done.files, "left_out": [*done.left_out]}
        )
        return 0
    say(f"{done.path}  {done.files} files, {done.size / 1e6:.1f} MB")
    if done.left_out:
        say(f"{len(done.left_out)} artifacts were left out: rows, models and programs are not replayed from this file")
    return 0


def verify_export(path: Path, trust: tuple[Path, ...], head: "Head | None", json: bool) -> int:
    """`qpilot verify` of an exported file."""
    from qpilot.export import opened, verify

    with opened(path) as crate:
        findings = verify(crate, trust, head)
        keys = sorted(crate.keys) if not findings else []
        last = None if findings else str(crate.seal.journal)
    if json:
        found: list[JsonValue] = [{"where": one.where, "what": one.what} for one in findings]
        answer({"whole": not findings, "findings": found, "head": last, "keys": [*keys], "trusted": bool(trust)})
        return ERROR if findings else 0
    for finding in findings:
        say(f"{finding.where}: {finding.what}")
    if not findings:
        say("whole: every file, entry and decision is as it was recorded")
        say(f"head {last}")
        if not trust:
            named = ", ".join(keys)
            say(
                f"signed by key {named}: that it is the right one is for you to know (`qpilot key` in its home; --trust FILE)"
            )
    return ERROR if findings else 0
