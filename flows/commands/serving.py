"""The models that were promoted, and their answers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from flows.commands.app import Json, answer, app, home, say

if TYPE_CHECKING:
    from qpilot.serving.rollback import RolledBack


@app.command
def predict(model: str, data: Path, /, *, header: bool = True) -> int:
    """Answer new rows with the champion, or with its classical fallback and the reason; CSV on stdout.

    Columns: prediction, probability (of a quantity standard_error, of the shots alone), served_by, reason.

    Parameters
    ----------
    model
        NAME (its champion), NAME@ALIAS or NAME@VERSION.
    data
        The rows: CSV or Parquet with the model's feature columns.
    """
    from qpilot.data.source import read_file
    from qpilot.record.registry import Registry
    from qpilot.serving.prediction import predict as predicted

    prediction = predicted(Registry(home()).resolve(model), read_file(data, header), home().devices)
    prediction.frame().to_csv(sys.stdout, index=False)
    if prediction.reason:
        print(f"qpilot: served by the fallback: {prediction.reason}", file=sys.stderr)  # noqa: T201
    return 0


@app.command
def models(*, json: Json = False) -> int:
    """List the registered models, their versions and aliases."""
    from qpilot.record.registry import Registry

    registry = Registry(home())
    names = registry.names()
    if json:
        answer(
            {name: {"versions": [*registry.versions(name)], "aliases": {**registry.aliases(name)}} for name in names}
        )
        return 0
    for name in names:
        aliases = ", ".join(f"{alias} = {number}" for alias, number in registry.aliases(name).items())
        say(f"{name}: versions {', '.join(map(str, registry.versions(name)))}; {aliases or 'no alias'}")
    if not names:
        say("no models yet: a pilot that is promoted registers one")
    return 0


@app.command
def rollback(model: str, /, *, by: str, to: int | None = None, note: str = "", json: Json = False) -> int:
    """Make an earlier version of a model the champion again, and tell whoever listens.

    Parameters
    ----------
    by
        Who decides it.
    to
        The version; by default the one that was champion before.
    note
        Why.
    """
    from qpilot.serving.rollback import rollback as roll
    from tasks.desk import now

    done = roll(home(), model, to, by, note, now())
    unheard = _told(done, by, note)
    if unheard:
        print(f"qpilot: {unheard}", file=sys.stderr)  # noqa: T201
    if json:
        answer({"model": model, "from": done.before, "to": done.after, "by": by, "note": note})
    else:
        say(done.sentence)
    return 0


def _told(done: "RolledBack", by: str, note: str) -> str:
    """Why nobody was told of what stands; empty where somebody was, or no server is configured."""
    from prefect.settings import get_current_settings

    from flows.api import api
    from qpilot.errors import QpilotError
    from tasks.events import rolled_back

    if get_current_settings().api.url is None:
        return ""
    try:
        with api():
            rolled_back(done, by, note)
    except QpilotError as error:
        return f"the rollback stands, but nobody was told: {error}"
    return ""
