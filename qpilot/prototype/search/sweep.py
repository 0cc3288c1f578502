"""How a sweep over entrants is run, and what whoever watches it is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qpilot.pilot import Search
from qpilot.prototype.search.result import Result
from qpilot.prototype.search.underway import Underway

if TYPE_CHECKING:
    from qpilot.candidates.backbone import Backbone
    from qpilot.emulator.noise import Noise
    from qpilot.models.foundation import Source
    from qpilot.prototype.search.kept import Kept


@dataclass(frozen=True)
class Standing:
    """A sweep as it stands: `done` of `total` entrants, and every result so far, in the order they came.

    `phase` says which part of the search it is, where there are several. underway: fits that take long enough to tell. share: of
    all fits, those under way by their steps; None: by entrants alone.
    """

    done: int
    total: int
    finished: Sequence[Result]
    phase: str = ""
    underway: Sequence[Underway] = ()
    share: float | None = None

    @property
    def percent(self) -> float:
        """How much of it is done, 0 to 100."""
        return 100 * (self.done / self.total if self.share is None else self.share)

    @property
    def best(self) -> Result | None:
        """The highest score so far."""
        standing = [result for result in self.finished if result.failure is None]
        return max(standing, key=lambda result: result.score, default=None)

    @property
    def said(self) -> str:
        """How far the fit under way is, or who has just finished, and the best so far: one line, whose end may be cut."""
        best, phase = self.best, f"{self.phase}: " if self.phase else ""
        if self.underway:
            now, more = self.underway[0], len(self.underway) - 1
            leading = "" if best is None else f"; best so far {best.score:.3f}"
            return f"{phase}{now.said}{leading}; {now.entrant}{f' and {more} more' if more else ''}"
        if not self.finished:
            return f"{phase}fitting"
        last = self.finished[-1]
        leading = "" if best is None else f"; best so far {best.entrant.name} {best.score:.3f}"
        return f"{phase}{last.entrant.name} {'failed' if last.failure is not None else f'{last.score:.3f}'}{leading}"


Watch = Callable[[Standing], None]
"""Told after each entrant, and about once a second while none finishes."""


def unwatched(standing: Standing) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Sweep:
    """Where the pieces run, what was finished before (None: nothing is kept), and who watches.

    backbones: what the backbones of candidates stand for. noise: the device's, where a candidate is trained under it.
    """

    search: Search
    kept: "Kept | None" = None
    watch: Watch = unwatched
    backbones: "Mapping[Backbone, Source]" = field(default_factory=dict)
    noise: "Noise | None" = None
