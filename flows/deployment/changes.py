"""What a command found and did on a server, one thing each."""

from dataclasses import dataclass
from typing import Literal

Done = Literal["made", "updated", "unchanged", "removed"]


@dataclass(frozen=True)
class Change:
    """One thing on the server, and what became of it."""

    kind: str
    name: str
    done: Done
