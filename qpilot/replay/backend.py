"""A backend that hands back what the journal kept and can do nothing else: no circuit leaves a replay."""

from collections.abc import Sequence

from qpilot.backend import Batch, Handle, Outcomes, Quote
from qpilot.devices import Device
from qpilot.errors import QpilotError
from qpilot.spending.accounts import OverBudget

SPENT = "the budget is used up: "
"""How the hardware stage words that a budget ended it; what stood in the way is not computed anew."""


class Gone(QpilotError):  # noqa: N818 - an answer
    """The replay went on to a batch that is not kept: what is kept ends earlier than the rule it was measured by."""


class KeptBackend:
    """Batches are answered from the journal before a backend is asked, so that being asked means one is missing.

    stopped: why the stage stopped, as its evidence says. devices, quotes: of the batches that are kept, in order.
    """

    def __init__(self, name: str, stopped: str, devices: Sequence[Device], quotes: Sequence[Quote]) -> None:
        self.name = name
        self._stopped, self._devices, self._quotes = stopped, devices, quotes

    def figures(self) -> Device:
        """The device as it was at the first batch: its windows are asked for, to say whether waiting for them had effect."""
        if not self._devices:
            raise self._past()
        return self._devices[0]

    def quote(self, executables: int, shots: int) -> Quote:
        """Whether anything is charged (asked for one circuit). Raises what ended the stage for a batch."""
        if executables > 1 or not self._quotes:
            raise self._past()
        return self._quotes[0]

    def submit(self, batch: Batch, key: str) -> Handle:
        raise self._past()

    def collect(self, handle: Handle) -> Outcomes:
        raise self._past()

    def _past(self) -> QpilotError:
        if self._stopped.startswith(SPENT):
            return OverBudget(self._stopped.removeprefix(SPENT), shared=False)
        return Gone(
            f"{len(self._devices)} batches are kept, and by the same rule there would be one more: a batch is missing, or"
            " the stage did not stop where it should have"
        )
