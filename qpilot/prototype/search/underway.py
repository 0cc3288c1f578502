"""Fits under way, told from wherever they run: a small file a piece, in a folder that the sweep looks into.

Threads, processes and a Dask cluster of this machine all reach the folder. A worker elsewhere does not, and a file that cannot
be written is nobody's failure: the sweep then shows what has finished, and no steps.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

EVERY_SECONDS = 1.0
"""How often a fit tells and the sweep looks; a fit that takes less never tells."""

Clock = Callable[[], float]


@dataclass(frozen=True)
class Underway:
    """An entrant on fold `fold` of `folds` (from 1), with `before` folds of its piece done. loss: the last epoch's mean."""

    entrant: str
    fold: int
    folds: int
    before: int
    step: int
    steps: int
    loss: float

    @property
    def fits(self) -> float:
        """How many fits this piece has come to, the present one by its steps."""
        return self.before + min(1.0, self.step / max(self.steps, 1))

    @property
    def said(self) -> str:
        """How far it is, in few words, without its name."""
        return f"step {self.step} of {self.steps}, loss {self.loss:.3g}, fold {self.fold} of {self.folds}"


@dataclass
class Teller:
    """Tells of one piece, in the worker that has it; not frozen, since it knows when it told last. folder: None for nobody."""

    folder: Path | None
    number: int
    entrant: str
    folds: int
    clock: Clock = time.monotonic

    def __post_init__(self) -> None:
        self._at = self.clock()

    def each(self, fold: int, before: int) -> Callable[[int, int, Mapping[str, float]], None]:
        """What training on `fold` (from 0) calls once an epoch, `before` folds of the piece being done."""

        def told(step: int, steps: int, columns: Mapping[str, float]) -> None:
            now = self.clock()
            if self.folder is None or now - self._at < EVERY_SECONDS:
                return
            self._at = now
            loss = float(columns.get("loss", float("nan")))
            self._write(Underway(self.entrant, fold + 1, self.folds, before, step, steps, loss))

        return told

    def _write(self, underway: Underway) -> None:
        assert self.folder is not None
        path = self.folder / f"{self.number}.json"
        part = path.with_suffix(".part")
        with contextlib.suppress(OSError):
            part.write_text(json.dumps(asdict(underway)))
            part.replace(path)


@dataclass
class Board:
    """What the sweep sees of its fits. Not frozen: it counts. fits: how many were finished, those that were kept with them."""

    folder: Path
    clock: Clock = time.monotonic
    fits: int = 0
    _seen: dict[int, Underway] = field(default_factory=dict)
    _over: set[int] = field(default_factory=set)
    _at: float = float("-inf")

    def over(self, number: int, folds: int) -> None:
        """Piece `number` has answered for so many folds, or its worker died of it."""
        self._over.add(number)
        self._seen.pop(number, None)
        self.fits += folds

    def underway(self) -> tuple[Underway, ...]:
        """The pieces that have told, in order; looked up at most once in EVERY_SECONDS."""
        now = self.clock()
        if now - self._at >= EVERY_SECONDS:
            self._at = now
            self._seen = {number: found for number, found in self._read() if number not in self._over}
        return tuple(self._seen[number] for number in sorted(self._seen))

    def share(self, fits: int) -> float:
        """How much of `fits` fits is done, those under way by their steps: in [0, 1]."""
        return min(1.0, (self.fits + sum(one.fits for one in self.underway())) / max(fits, 1))

    def _read(self) -> Iterator[tuple[int, Underway]]:
        for path in self.folder.glob("*.json"):
            with contextlib.suppress(OSError, ValueError, TypeError):
                yield int(path.stem), Underway(**json.loads(path.read_text()))


@contextlib.contextmanager
def board() -> Iterator[Board]:
    """A board for one sweep; its folder goes with it."""
    with TemporaryDirectory(prefix="qpilot-underway-", ignore_cleanup_errors=True) as folder:
        yield Board(Path(folder))
