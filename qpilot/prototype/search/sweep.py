"""How a sweep over entrants is run, and what whoever watches it is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qpilot.pilot import Search
from qpilot.prototype.search.result import Result

if TYPE_CHECKING:
    from qpilot.candidates.backbone import Backbone
    from qpilot.models.foundation import Source
    from qpilot.prototype.search.kept import Kept


@dataclass(frozen=True)
class Standing:
    """A sweep when an entrant has just finished: `done` of `total`, and every result so far, in the order they came.

    `phase` says which part of the search it is, where there are several.
    """

    done: int
    total: int
    finished: Sequence[Result]
    phase: str = ""

    @property
    def best(self) -> Result | None:
        """The highest score so far."""
        standing = [result for result in self.finished if result.failure is None]
        return max(standing, key=lambda result: result.score, default=None)

    @property
    def said(self) -> str:
        """Who has just finished, and the best so far: one line."""
        last, best = self.finished[-1], self.best
        told = "failed" if last.failure is not None else f"{last.score:.3f}"
        leading = "" if best is None else f"; best so far {best.entrant.name} {best.score:.3f}"
        return f"{f'{self.phase}: ' if self.phase else ''}{last.entrant.name} {told}{leading}"


Watch = Callable[[Standing], None]
"""Told after each entrant."""


def unwatched(standing: Standing) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Sweep:
    """Where the pieces run, what was finished before (None: nothing is kept), and who watches.

    backbones: what the backbones of candidates stand for.
    """

    search: Search
    kept: "Kept | None" = None
    watch: Watch = unwatched
    backbones: "Mapping[Backbone, Source]" = field(default_factory=dict)
