"""The service's own ledger: what every accepted task costs by list price, and the price list itself."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from qpilot.devices import Device
from tests.loopback.tasks import TERMINAL, Task

if TYPE_CHECKING:
    from tests.loopback.register import Register

USD_PER_MINUTE = {"sv1": Decimal("0.075"), "dm1": Decimal("0.075"), "tn1": Decimal("0.275")}
"""On-demand simulators (aws.amazon.com/braket/pricing); the least that is billed is three seconds."""
LEAST_MILLISECONDS = 3000


@dataclass(frozen=True)
class Bill:
    """One accepted task. usd: billed as it stands, 0 before the end. due: what it will cost if it completes."""

    arn: str
    device: str
    token: str
    tags: Mapping[str, str]
    state: str
    shots: int
    shots_done: int | None
    usd: Decimal
    due: Decimal


def billed(task: Task, now: float) -> Decimal:
    """USD: everything for COMPLETED, nothing for FAILED, the fee and the shots that ran for CANCELLED after it began.

    Braket's Tracker counts every shot of a completed task, also where some were not successful.
    """
    state, accepted = task.state(now), task.accepted
    if state not in ("COMPLETED", "CANCELLED"):
        return Decimal(0)
    if accepted.kind == "simulator":
        milliseconds = max(accepted.milliseconds, LEAST_MILLISECONDS) if task.ran else 0
        return Decimal(accepted.usd_per_minute) * milliseconds / 60_000
    if state == "COMPLETED":
        return accepted.price
    done = task.shots_done(now) or 0
    return Decimal(accepted.usd_per_task) + done * Decimal(accepted.usd_per_shot) if done else Decimal(0)


class Bills(Mapping[str, Bill]):
    """Task ARN -> its bill, in the order the tasks were accepted."""

    def __init__(self, register: "Register", now: Callable[[], float]) -> None:
        self._register, self._now = register, now

    def __getitem__(self, arn: str) -> Bill:
        task, now = self._register.tasks[arn], self._now()
        accepted, state = task.accepted, task.state(now)
        return Bill(
            arn=arn,
            device=accepted.device_arn,
            token=accepted.token,
            tags=dict(task.tags),
            state=state,
            shots=accepted.shots,
            shots_done=task.shots_done(now),
            usd=billed(task, now),
            due=Decimal(0) if state in TERMINAL else accepted.price,
        )

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._register.tasks))

    def __len__(self) -> int:
        return len(self._register.tasks)

    @property
    def total(self) -> Decimal:
        """USD billed for everything that has ended."""
        return sum((bill.usd for bill in self.values()), Decimal(0))

    @property
    def due(self) -> Decimal:
        """USD that what has not ended will cost."""
        return sum((bill.due for bill in self.values()), Decimal(0))

    def by_tag(self, tag: str) -> dict[str, Decimal]:
        """USD billed by the value of a tag ("" where a task has none)."""
        return self._by(lambda bill: bill.tags.get(tag, ""))

    def by_device(self) -> dict[str, Decimal]:
        """USD billed by device ARN."""
        return self._by(lambda bill: bill.device)

    def by_token(self) -> dict[str, int]:
        """How many tasks were accepted for each token: 1 each where nothing was paid twice."""
        counts: dict[str, int] = {}
        for bill in self.values():
            counts[bill.token] = counts.get(bill.token, 0) + 1
        return counts

    def _by(self, key: Callable[[Bill], str]) -> dict[str, Decimal]:
        totals: dict[str, Decimal] = {}
        for bill in self.values():
            totals[key(bill)] = totals.get(key(bill), Decimal(0)) + bill.usd
        return totals


COLUMNS = (
    "SKU", "PricePerUnit", "Currency", "Unit", "Product Family", "Region Code", "DeviceName", "Device Name", "Version",
    "operation",
)  # fmt: skip


def price_list(devices: Mapping[str, Device], simulator_regions: Mapping[str, list[str]]) -> bytes:
    """The bulk price list: five lines about the offer, the columns, a row a product (as `Tracker` looks them up)."""
    text = io.StringIO()
    text.write('"FormatVersion","v1.0"\n"Disclaimer","loopback"\n"Publication Date","2026-05-05T00:00:00Z"\n')
    text.write('"Version","20260505000000"\n"OfferCode","AmazonBraket"\n')
    rows = csv.DictWriter(text, COLUMNS, restval="", quoting=csv.QUOTE_ALL, lineterminator="\n")
    rows.writeheader()
    number = 0

    def row(**columns: str) -> None:
        nonlocal number
        number += 1
        rows.writerow({"SKU": f"LOOPBACK{number:04}", "Currency": "USD"} | columns)

    for arn, device in devices.items():
        name = arn.split("/")[-1]
        where = {"Region Code": arn.split(":")[3]}
        for prefix, column in (("", "DeviceName"), ("Braket Managed Jobs QPU ", "Device Name")):
            task, shot = (prefix + "Task", prefix + "Task Shot") if prefix else ("Quantum Task", "Quantum Task-Shot")
            label = {column: name[0].upper() + name[1:]}
            row(PricePerUnit=str(device.usd_per_task), Unit="task", **{"Product Family": task}, **where, **label)
            row(PricePerUnit=str(device.usd_per_shot), Unit="shot", **{"Product Family": shot}, **where, **label)
    for name, usd in USD_PER_MINUTE.items():
        for region in simulator_regions[name]:
            product = {"Product Family": "Simulator Task", "Region Code": region, "Version": name.upper()}
            row(PricePerUnit=str(usd), Unit="minutes", operation="CompleteTask", **product)
    return text.getvalue().encode()
