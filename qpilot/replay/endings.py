"""Whether how the run ended follows from its verdicts."""

from collections.abc import Iterator
from typing import Any

from gates.records import Outcome
from qpilot.record.journal import Entry
from qpilot.record.tries import ENDED
from qpilot.replay.differences import Difference, differences
from qpilot.replay.ground import payload
from qpilot.replay.kept import Kept
from qpilot.runs import ENDINGS

DECIDED = set(ENDINGS.values())


def ending(kept: Kept) -> Iterator[Difference]:
    """A difference for every ending that is not the worst of its verdicts, or has a verdict that no gate gave.

    | ended as                          | worst verdict                |
    |-----------------------------------|------------------------------|
    | GO, NO_GO, INCONCLUSIVE           | the same                     |
    | awaiting approval, rejected       | any: a person's, or time's   |
    """
    for entry in kept.journal.find(ENDED, kept.run):
        said = payload(entry.payload)
        where = "ending" if entry.key == kept.run else "ending (explored)"
        verdicts: list[dict[str, Any]] = [*said.get("verdicts", ())]
        worst = ENDINGS[Outcome.worst(Outcome(verdict["outcome"]) for verdict in verdicts)]
        if said.get("outcome") in DECIDED:
            yield from differences(f"{where}.outcome", said["outcome"], worst)
        for verdict in verdicts:
            yield from _given(where, verdict, kept, entry)


def _given(where: str, verdict: dict[str, Any], kept: Kept, entry: Entry) -> Iterator[Difference]:
    """Nothing, where a gate gave this very verdict before the run ended."""
    gate = verdict["gate"]
    known = kept.journal.before(entry.seq).find("verdict", f"{kept.run}/{gate}/")
    given = [payload(one.payload)["verdict"] for one in known]
    if not given:
        yield Difference(where=f"{where}.{gate}", kept=f"{verdict['outcome']}", again="no verdict of this gate")
    elif verdict not in given:
        yield from differences(f"{where}.{gate}", verdict, given[-1])
