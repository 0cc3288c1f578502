"""The devices there are: what they cost, how well they work, when they run."""

from typing import TYPE_CHECKING

from flows.commands.app import Json, answer, app, home, say

if TYPE_CHECKING:
    from qpilot.devices.listing import Listing


@app.command
def devices(*, pull: str | None = None, json: Json = False) -> int:
    """List shipped, pulled and live devices with price, fidelity, queue, next window and the age of their figures.

    Parameters
    ----------
    pull
        Keep the live figures of this device (its ARN, or a shipped name) under QPILOT_HOME, for pilots to name.
    """
    from rich.console import Console

    from flows.blocks import devices as show
    from qpilot.braket.looking import arns, look, unable
    from qpilot.devices.listing import listings
    from qpilot.devices.listing import pull as keep
    from tasks.desk import now

    notes: tuple[str, ...] = ()
    if pull is not None:
        rows: tuple[Listing, ...] = (keep(pull, home().devices, now(), look),)
    else:
        closed = unable()
        found = listings(home().devices, now(), None if closed else look, () if closed else arns(), closed)
        rows, notes = found.rows, found.notes
    if json:
        answer({"devices": [row.plain() for row in rows], "notes": [*notes]})
        return 0
    show(Console(), rows)
    for note in notes:
        say(note)
    return 0
