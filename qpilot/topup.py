"""The rows a pilot was tested on, where it announced a top-up: what `prepare` needs to take a grown file."""

from dataclasses import replace
from typing import Any

from gates.records import Outcome
from qpilot.data.growth import Before
from qpilot.pilot import Pilot
from qpilot.record import openings
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal


def before(journal: Journal, artifacts: Artifacts, pilot: Pilot) -> Before | None:
    """What the pilot's first look was made on, and whether rows may be added; None where it announced no top-up or made none."""
    first = None if pilot.data.top_up is None else openings.announced(journal, pilot.digest)
    if first is None or first.top_up is None:
        return None
    kept = Before.from_bytes(artifacts.get(first.top_up.inputs["rows"]), first.top_up.rows)
    return replace(kept, data=first.data, refusal=_refusal(journal, first), used=openings.topped_up(journal, first))


def _refusal(journal: Journal, first: openings.Opening) -> str | None:
    """Why no row may be added: only a first look that could not tell has a second."""
    told = journal.find("verdict", f"{first.run}/prototype/")
    changed = "the data changed since this pilot was tested on it"
    if not told:
        return f"{changed}, and run {first.run} has not decided yet: put the rows back and run it to its end first"
    payload: Any = told[-1].payload
    outcome = payload["verdict"]["outcome"]
    if outcome == Outcome.INCONCLUSIVE:
        return None
    return (
        f"{changed}, and its prototype gate said {outcome.replace('_', '-')} in run {first.run}: a top-up (data.top_up) is for"
        " an INCONCLUSIVE one. Change the pilot file to make it a new try"
    )
