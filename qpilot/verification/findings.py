"""What verifying finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from qpilot.errors import QpilotError


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was recorded: `where` (journal, a run, artifacts, a model) and a sentence."""

    where: str
    what: str


def guarded(where: str, look: Callable[[], Iterable[Finding]]) -> tuple[Finding, ...]:
    """What `look` finds; damage that stops it is itself a finding."""
    try:
        return tuple(look())
    except (QpilotError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return (
            Finding(where, str(error) if isinstance(error, QpilotError | OSError) else f"cannot be read: {error!r}"),
        )
