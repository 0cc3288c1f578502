"""A person's word before money is spent: approve, reject, or sign what the form takes."""

from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.app import Json, Usd, answer, app, home, say

if TYPE_CHECKING:
    from qpilot.approval import Standing


@app.command
def approve(
    run: str,
    /,
    *,
    max_usd: Usd,
    approver: str,
    note: str = "",
    key: Path | None = None,
    digest: str = "",
    json: Json = False,
) -> int:
    """Approve what a run asks for, up to so many dollars; a run that waits on a server goes on.

    Parameters
    ----------
    max_usd
        The run is never billed more than this, all its tasks together.
    approver
        Who approves.
    note
        Why; kept with the decision.
    key
        Sign with the ed25519 private key in this file (OpenSSH's or PEM), where approval.identity is "signed".
    digest
        The first digits of the request's digest, as you were shown it: refused where the run asks for something else by now.
    """
    from gates.wording import dollars
    from qpilot.approval import Answer, requests
    from qpilot.approval.signing import sign as signed
    from tasks.desk import now

    place = home()
    signature = "" if key is None else signed(requests.asked(place, run).request, max_usd, key)
    found = requests.approve(place, run, Answer(approver, max_usd, note, signature, digest), now())
    said = f"run {run} may spend {dollars(max_usd)} until {found.request.expires:%Y-%m-%d %H:%M} UTC, says {approver}"
    if found.missing:
        said = f"{approver} approves run {run} up to {dollars(max_usd)}; {found.missing} more has to approve"
    _tell(run, found, said, json)
    return 0


@app.command
def reject(run: str, /, *, approver: str, note: str, digest: str = "", json: Json = False) -> int:
    """Reject what a run asks for; the run ends for good.

    Parameters
    ----------
    approver
        Who rejects.
    note
        Why; kept with the decision.
    digest
        The first digits of the request's digest, as you were shown it.
    """
    from qpilot.approval import Answer
    from qpilot.approval import reject as refuse
    from qpilot.approval.rejection import conclude
    from tasks.desk import now

    place = home()
    found = refuse(place, run, Answer(approver, note=note, digest=digest), now())
    ended = conclude(place, found, now)
    working = "" if ended is not None else "; the process that works on it ends it"
    _tell(run, found, f"run {run} is rejected by {approver}{working}", json)
    return 0


@app.command
def sign(run: str, /, *, max_usd: Usd, key: Path, json: Json = False) -> int:
    """Print the signature that the approval form takes, over what a run asks for and so many dollars.

    Parameters
    ----------
    max_usd
        The dollars that the form says as well.
    key
        The ed25519 private key (OpenSSH's or PEM) whose public half approvers.toml has.
    """
    from qpilot.approval import requests
    from qpilot.approval.signing import sign as signed

    request = requests.asked(home(), run).request
    signature = signed(request, max_usd, key)
    if json:
        answer({"run": run, "request": request.digest, "max_usd": str(max_usd), "signature": signature})
    else:
        say(signature)
    return 0


def _tell(run: str, found: "Standing", said: str, json: bool) -> None:
    """What stands in the journal now, and what became of flow runs that waited for it."""
    from flows.resuming import resume

    resumed = resume(home(), run)
    if json:
        request = found.request
        answer(
            {
                "run": run,
                "request": request.number,
                "digest": request.digest,
                "state": found.state,
                "missing": found.missing,
                "until": request.expires.isoformat(),
                "said": [said, *resumed],
            }
        )
        return
    for line in (said, *resumed):
        say(line)
    if found.state == "approved" and not resumed:
        say("run its pilot again to go on")
