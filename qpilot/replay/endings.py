"""Whether how the run ended follows from its verdicts."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from gates.records import Outcome
from qpilot.errors import QpilotError
from qpilot.record.entries import Entry
from qpilot.record.registry import ALIAS
from qpilot.record.tries import ENDED
from qpilot.replay.differences import Difference, differences
from qpilot.replay.ground import payload
from qpilot.replay.kept import Kept
from qpilot.runs.summary import ENDINGS
from qpilot.spending.attempts import attempts

DECIDED = set(ENDINGS.values())
_UNREADABLE = (QpilotError, ArithmeticError, ValueError, TypeError, AttributeError)


def ending(kept: Kept) -> Iterator[Difference]:
    """A difference for every ending that is not what stood in the journal before it, or has a verdict that no gate gave.

    | ended as                | worst verdict              | model            | charged_usd                  |
    |-------------------------|----------------------------|------------------|------------------------------|
    | GO                      | the same                   | the run promoted | billed and reserved for it   |
    | NO_GO, INCONCLUSIVE     | the same                   | the same or none | the same                     |
    | rejected                | any: a person's, or time's | the same or none | any: as it was when it waited |
    """
    for entry in kept.journal.find(ENDED, kept.run):
        said = payload(entry.payload)
        where = "ending" if entry.key == kept.run else "ending (explored)"
        verdicts: list[dict[str, Any]] = [*said.get("verdicts", ())]
        worst = ENDINGS[Outcome.worst(Outcome(verdict["outcome"]) for verdict in verdicts)]
        if said.get("outcome") in DECIDED:
            yield from differences(f"{where}.outcome", said["outcome"], worst)
            yield from _charged(where, said, kept, entry)
        yield from _model(where, said, kept, entry)
        for verdict in verdicts:
            yield from _given(where, verdict, kept, entry)


def _charged(where: str, said: Mapping[str, Any], kept: Kept, entry: Entry) -> Iterator[Difference]:
    """Nothing, where the run was charged what its attempts were billed, or had reserved, when it ended."""
    told = str(said.get("charged_usd", "0"))
    try:
        before = attempts(kept.journal.before(entry.seq).find, f"{kept.run}/")
        spent = sum((one.billed_usd + one.open_usd for one in before), Decimal(0))
        same = Decimal(told) == spent
    except _UNREADABLE:
        yield Difference(where=f"{where}.charged_usd", kept=told, again="what cannot be read")
        return
    if not same:
        yield Difference(where=f"{where}.charged_usd", kept=told, again=str(spent))


def _model(where: str, said: Mapping[str, Any], kept: Kept, entry: Entry) -> Iterator[Difference]:
    """Nothing, where the run made the model it names the champion. An exploring run makes none."""
    moves = kept.journal.before(entry.seq).find(ALIAS)
    made = [f"{move.key.split('/')[0]}@{payload(move.payload).get('version')}" for move in moves]
    told = said.get("model")
    promoted = said.get("outcome") == "GO" and entry.key == kept.run
    if told is not None or promoted:
        yield from differences(f"{where}.model", told, made[-1] if made else None)


def _given(where: str, verdict: dict[str, Any], kept: Kept, entry: Entry) -> Iterator[Difference]:
    """Nothing, where a gate gave this very verdict before the run ended."""
    gate = verdict["gate"]
    known = kept.journal.before(entry.seq).find("verdict", f"{kept.run}/{gate}/")
    given = [payload(one.payload)["verdict"] for one in known]
    if not given:
        yield Difference(where=f"{where}.{gate}", kept=f"{verdict['outcome']}", again="no verdict of this gate")
    elif verdict not in given:
        yield from differences(f"{where}.{gate}", verdict, given[-1])
