"""Is the record whole, and who signs it."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.app import ERROR, Json, answer, app, home, say
from flows.commands.records import verify_export
from qpilot.errors import UsageError


@app.command
def verify(
    run: str | None = None,
    /,
    *,
    trust: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = (),
    head: str | None = None,
    json: Json = False,
) -> int:
    """Find every change to the record, and every entry and decision that no trusted key has signed. Works offline.

    Parameters
    ----------
    run
        A run's name: its folder and artifacts, and the whole journal. Without it the whole home. Or an exported CRATE.zip,
        which needs no home.
    trust
        Files with the public keys to trust, in place of this home's own key (of an export: in place of those in it).
    head
        SEQ:SHA256 as an earlier `verify` printed it and somebody kept elsewhere: shows a home put back to an earlier state.
    """
    from qpilot.verification import head_of
    from qpilot.verification import verify as look

    known = None if head is None else head_of(head)
    if run is not None and run.endswith(".zip"):
        return verify_export(Path(run), trust, known, json)
    place = home()
    findings = look(place, run, trust, known)
    last = "" if findings else str(place.journal.head())
    if json:
        answer(
            {
                "whole": not findings,
                "findings": [{"where": one.where, "what": one.what} for one in findings],
                "head": last or None,
            }
        )
    for finding in () if json else findings:
        say(f"{finding.where}: {finding.what}")
    if not findings and not json:
        say("whole: every entry, decision, artifact, run folder and model is as it was recorded")
        say(f"head {last}")
    return ERROR if findings else 0


@app.command
def key(*, public: bool = False, accept: Path | None = None, by: str = "", json: Json = False) -> int:
    """Show which key signs this home's record, made now where there is none.

    Parameters
    ----------
    public
        Print the public key as PEM, for `qpilot verify --trust`.
    accept
        A file with another key: what it signed counts as well (a key that was replaced, another machine's).
    by
        Who accepts it.
    """
    from qpilot.decisions.keys import VARIABLE, keyid, pem
    from qpilot.record import trust
    from tasks.desk import now

    place = home()
    if accept is None and by:
        raise UsageError("--by names who accepts a key; give the key with --accept FILE")
    own = place.signer.made()
    if public and not json:
        say(pem(own).rstrip())
        return 0
    accepted = None if accept is None else trust.accept(place, accept, by, now())
    others = sorted(set(trust.trusted(place, {keyid(own): own})) - {keyid(own)})
    if json:
        answer({"keyid": keyid(own), "path": str(place.signer.path), "public": pem(own), "accepted": [*others]})
        return 0
    if accepted is not None:
        say(f"accepted key {accepted}")
    where = f", named by {VARIABLE}" if place.signer.given else ""
    say(f"signs with key {keyid(own)} ({place.signer.path}{where})")
    for other in others:
        say(f"accepts key {other}")
    return 0
