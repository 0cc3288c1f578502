"""Amazon Braket as a backend: quoted from live figures, paid for once by qpilot.spending, found again by ARN."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

import numpy as np

from gates.wording import dollars
from qpilot.backend import Batch, Handle, Outcomes, Quote
from qpilot.braket.actions import works
from qpilot.braket.live import live
from qpilot.braket.prices import PriceList, dearer, price_list
from qpilot.braket.programs import programs
from qpilot.braket.results import Expected, counts
from qpilot.braket.service import BraketService
from qpilot.braket.wall import raise_wall
from qpilot.devices import Device
from qpilot.devices.acceptance import check_batch
from qpilot.devices.listing import Live
from qpilot.devices.price import price
from qpilot.errors import QpilotError, Suspended
from qpilot.forecast.history import waits
from qpilot.forecast.queue import depth, predicted_wait
from qpilot.hardware.submission import fingerprint
from qpilot.program import Counts
from qpilot.spending.batches import Paid, finish, pay
from qpilot.spending.cashier import Patience
from qpilot.spending.plans import Plan, Prepared
from qpilot.spending.purse import Purse
from qpilot.spending.service import ResultFault, Task, Work

POLL_SECONDS = 5.0
"""Between two looks at a task, where the device asks for no other time."""
_FRESH_SECONDS = 180.0
_LIST_SECONDS = 3600.0


class BraketBackend:
    """Runs batches on a gate-model device of Amazon Braket, by its ARN; without a purse it can only quote.

    device: figures to fall back on where the live ones cannot be had. pause: how it waits between two looks at a task.
    """

    name = "braket"

    def __init__(
        self,
        device: Device,
        purse: Purse | None,
        service: BraketService | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._device, self._purse, self._pause = device, purse, pause
        self._service = service or BraketService()
        self._seen: tuple[float, Live | None, str] | None = None
        self._prices: tuple[float, PriceList | None] | None = None
        self._paid: dict[str, Paid] = {}

    def figures(self) -> Device:
        """The device as GetDevice describes it, at most three minutes old; the given figures with a note where it cannot."""
        found, said = self._recent()
        if found is not None:
            return dearer(found)
        note = f"live figures could not be had, these are of {self._device.updated.isoformat()}: {said}"
        return self._device.model_copy(update={"notes": (*self._device.notes, note)})

    def queue_depth(self) -> str | None:
        """How many tasks wait at the device, as Braket words it; None where it does not say or cannot be reached."""
        found, _ = self._recent()
        return None if found is None else found.queue_depth

    def quote(self, executables: int, shots: int) -> Quote:
        """The exact price by live figures; on a simulator, which bills time, an upper bound."""
        device = self.figures()
        quoted = price(device, executables, shots)
        said = tuple(note for note in device.notes if "price" in note or "live figures" in note)
        return quoted.model_copy(update={"notes": (*quoted.notes, *said)})

    def submit(self, batch: Batch, key: str) -> Handle:
        """Every task of the batch exists once. Raises what `spending.batches.pay` raises; the same call goes on from there."""
        check_batch(self._device, batch)
        self._paid[key] = self._pay(batch, key)
        return Handle(self.name, key, batch)

    def collect(self, handle: Handle) -> Outcomes:
        """Waits for the batch's tasks. Raises what `spending.batches.finish` raises; the same call goes on from there."""
        paid = self._paid.get(handle.key) or self._pay(handle.batch, handle.key)
        plan, purse = paid.plan, self._require_purse()
        done = finish(
            paid, purse, self._service, self._patience(), lambda work, task, result: _require(plan, work, task, result)
        )
        pieces = [counts(one.result, _expected(plan, plan.works[place], one.task)) for place, one in enumerate(done)]
        told = cast(dict[str, Any], plan.decode)
        parts = _parted(np.concatenate(pieces), [*told["settings"], *told["calibration"]])
        billed = sum((one.usd for one in done), Decimal(0))
        return Outcomes(
            settings=parts[: len(told["settings"])],
            calibration=parts[len(told["settings"]) :],
            device=plan.device,
            quote=_billed(price(plan.device, sum(map(len, parts)), told["shots"]), billed),
            tasks=tuple(one.reference for one in done),
        )

    def _pay(self, batch: Batch, key: str) -> Paid:
        purse = self._require_purse()
        return pay(
            key,
            fingerprint(batch),
            lambda: self._prepared(batch, purse),
            purse,
            self._service,
            self._patience(),
            lambda: raise_wall(self._service, self._device.arn, purse.owner, purse.usd),
        )

    def _prepared(self, batch: Batch, purse: Purse) -> Prepared:
        """The batch compiled for the device as it is this minute. Raises Suspended where it is offline."""
        now = self._look()
        device = dearer(now)
        if now.status == "RETIRED":
            raise QpilotError(
                f"{device.name} is retired and takes no tasks; nothing was sent: choose another in hardware.device, which"
                " is a new try of the pilot"
            )
        if now.status != "ONLINE":
            raise Suspended(
                f"{device.name} is {now.status.lower()} and takes no tasks; nothing was sent, and the run stands where it"
                " was: run the same command again once it is back (`qpilot devices`)"
            )
        compiled = programs(batch, device)
        stores = purse.stores
        waiting, history = depth(now.queue_depth), waits(stores.journal, stores.artifacts, device.arn)
        return Prepared(
            works=works(compiled.sources, device, batch.shots),
            device=device,
            decode={
                "read": [*compiled.read],
                "settings": [*map(len, batch.settings)],
                "calibration": [*map(len, batch.calibration)],
                "shots": batch.shots,
            },
            wait=predicted_wait(device, stores.clock(), None if waiting is None else waiting.jobs, history),
        )

    def _require_purse(self) -> Purse:
        if self._purse is None:
            raise QpilotError(
                "tasks on Amazon Braket are paid, and nothing may be spent here: a prediction or an exploration spends"
                ' nothing; take hardware.backend = "emulator", or a run with a budget'
            )
        return self._purse

    def _look(self) -> Live:
        found = live(self._device.arn, self._service, self._price_list())
        self._seen = (time.monotonic(), found, "")
        return found

    def _price_list(self) -> PriceList | None:
        """The bulk list, read once an hour, whether it could be or not; None where it could not."""
        if self._prices is None or time.monotonic() - self._prices[0] > _LIST_SECONDS:
            try:
                self._prices = (time.monotonic(), price_list())
            except QpilotError:
                self._prices = (time.monotonic(), None)
        return self._prices[1]

    def _recent(self) -> tuple[Live | None, str]:
        """The device as it was seen at most three minutes ago, or why it was not."""
        if self._seen is None or time.monotonic() - self._seen[0] > _FRESH_SECONDS:
            try:
                self._look()
            except QpilotError as error:
                self._seen = (time.monotonic(), None, str(error))
        assert self._seen is not None
        return self._seen[1:]

    def _patience(self) -> Patience:
        found, _ = self._recent()
        return Patience((None if found is None else found.poll_seconds) or POLL_SECONDS, self._pause)


def _expected(plan: Plan, work: Work, task: Task) -> Expected:
    told = cast(dict[str, Any], plan.decode)
    return Expected(
        reference=task.reference,
        device=work.device,
        program_set=plan.device.program_sets is not None,
        circuits=work.shots // told["shots"],
        shots=told["shots"],
        read=tuple(told["read"]),
    )


def _require(plan: Plan, work: Work, task: Task, result: bytes) -> None:
    """Nothing where the result is whole. Raises ResultFault otherwise."""
    if task.shots_done not in (None, work.shots):
        raise ResultFault(f"the shots that succeeded: expected {work.shots}, found {task.shots_done}")
    counts(result, _expected(plan, work, task))


def _parted(rows: Counts, sizes: list[int]) -> tuple[Counts, ...]:
    return tuple(np.split(rows, np.cumsum(sizes)[:-1]))


def _billed(quoted: Quote, billed: Decimal) -> Quote:
    """The quote with what was billed in place of what was expected, and a note where the two differ."""
    if billed == quoted.charged_usd:
        return quoted
    note = f"billed {dollars(billed)}, quoted {dollars(quoted.charged_usd)}"
    return quoted.model_copy(update={"charged_usd": billed, "device_usd": billed, "notes": (*quoted.notes, note)})
