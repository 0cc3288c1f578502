"""A champion replaced by an earlier version, because a person says so."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from qpilot.errors import QpilotError, unknown
from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.registry import ALIAS, CHAMPION, Registry


@dataclass(frozen=True)
class RolledBack:
    """`model`'s champion was version `before` and is `after`. run: the one that `after` was promoted by. entry: the move."""

    model: str
    before: int
    after: int
    run: str
    entry: Entry

    @property
    def sentence(self) -> str:
        return f"{self.model}@{self.after} is the champion again; it was {self.model}@{self.before}"


def rollback(home: Home, model: str, to: int | None, by: str, note: str, at: datetime) -> RolledBack:
    """The champion is version `to`; by default the one that was champion before. The move is in the journal, attested.

    Raises QpilotError where there is no such model or version, or nothing to go back to.
    """
    registry = Registry(home)
    if model not in registry.names():
        raise QpilotError(unknown("model", model, registry.names() or ("none yet",)))
    before = registry.aliases(model).get(CHAMPION)
    if before is None:
        raise QpilotError(f"model {model} has no champion: there is nothing to roll back")
    earlier = [number for number in _champions(home, model) if number < before]
    if to is None and not earlier:
        raise QpilotError(f"{model}@{before} is the first champion there was; name a version with --to")
    after = earlier[-1] if to is None else to
    if after == before:
        raise QpilotError(f"{model}@{before} is the champion already")
    said: dict[str, JsonValue] = {"by": by, "note": note, "replaces": before}
    registry.point(model, CHAMPION, after, expect=before, at=at, kind="rollback", said=said)
    entry = home.journal.find(ALIAS, f"{model}/{CHAMPION}/")[-1]
    return RolledBack(model, before, after, str(registry.resolve(f"{model}@{after}").metadata["run"]), entry)


def _champions(home: Home, model: str) -> list[int]:
    """The versions that were champion, each as often as it was, in order."""
    return [int(entry.payload["version"]) for entry in home.journal.find(ALIAS, f"{model}/{CHAMPION}/")]  # type: ignore[arg-type,call-overload,index]
