"""When the next batch may be submitted: batches are spread over execution windows where the pilot asks for it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from qpilot.backend import Backend
from qpilot.devices import Window
from qpilot.errors import Suspended
from qpilot.hardware.windows import opens_after, spoken, window_of
from qpilot.job import Stores
from qpilot.pilot import Hardware


@dataclass(frozen=True)
class Pace:
    """Divides the batches that `planned` points take over `hardware.windows` windows; later ones stay in the last.

    A batch counts for the window it was submitted in or waited for. Where nothing is charged, or the windows are not
    known, batches follow each other at once.
    """

    run: str
    hardware: Hardware
    planned: int
    backend: Backend
    stores: Stores

    def require_open(self, number: int) -> None:
        """Raises Suspended where batch `number` belongs to a later window than the one before, and it is not open yet.

        Asked for a batch that was never meant to be submitted before.
        """
        if number == 0 or not self._windows:
            return
        last = self._intended(number - 1)
        batches, asked = -(-self.planned // self.hardware.batch), self.hardware.windows
        if last is None or window_of(number, batches, asked) == window_of(number - 1, batches, asked):
            return
        opens = opens_after(self._windows, last, self.stores.clock())
        if opens is not None:
            raise Suspended(
                f"{number} of {batches} planned batches are measured and kept; batch {number + 1} continues in the window"
                f" that opens {spoken(opens)} (hardware.windows = {asked}); run the same command again then"
            )

    @property
    def notes(self) -> tuple[str, ...]:
        """Why the windows asked for had no effect, where they had none."""
        if self.hardware.windows == 1 or self._windows:
            return ()
        why = f"{self.backend.name} runs at once" if self._free else "the device's execution windows are not known"
        return (f"hardware.windows = {self.hardware.windows} had no effect: {why}",)

    @cached_property
    def _free(self) -> bool:
        least = max(1, self.backend.figures().shots[0])
        quote = self.backend.quote(1, least)
        return quote.known and quote.charged_usd == 0

    @cached_property
    def _windows(self) -> tuple[Window, ...]:
        if self.hardware.windows == 1 or self._free:
            return ()
        return self.backend.figures().windows

    def _intended(self, number: int) -> datetime | None:
        intent = self.stores.journal.get("intent", f"{self.run}/{number:04d}")
        return None if intent is None else datetime.fromisoformat(intent.at)
