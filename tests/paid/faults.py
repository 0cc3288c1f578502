"""What can go wrong with a paid run, how each is brought about at the loopback service, and what has to come of it.

Every fault goes through the paid stage (tests/paid/stage.py) in this process: the real SDK, the real journal, no sleep.
The stage meets the fault; the fault is removed, a person does what the sentence said, and the same call is made again.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest

from gates.hardware import HardwareEvidence
from qpilot.braket.backend import BraketBackend
from qpilot.braket.service import BraketService
from qpilot.devices import device
from qpilot.errors import QpilotError, Suspended
from qpilot.hardware.stage import validate
from qpilot.job import Stores
from qpilot.prototype.fitted import Fitted
from qpilot.record.home import Home
from qpilot.spending import accounts, resolution
from qpilot.spending.attempts import ITEM_TAG, Attempt, attempts
from qpilot.spending.purse import purse
from tests.loopback import Loopback
from tests.paid.stage import POLICY, Order, Sign, job, points
from tests.paid.trial import scratch

CREATE, RESULT, LIST = "CreateQuantumTask", "GetObject", "SearchQuantumTasks"
LATER_SECONDS = 660.0
"""More than a token lives."""
LAG_SECONDS = 10 * 86400.0
"""Of a list that never shows a task while it matters."""


class Killed(BaseException):
    """The process ended here: nothing in the project catches this."""


@dataclass
class Bench:
    """A service with one fault, the stage's own home, and one clock for both, which waiting moves on.

    at_pause: called at every wait; at_progress: after every batch. environment: changes to it, under which the clients are
    made anew.
    """

    service: Loopback
    clients: BraketService
    order: Order
    at_pause: Callable[[], None] = lambda: None
    at_progress: Callable[[], None] = lambda: None
    environment: dict[str, str | None] = field(default_factory=dict)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.service.clock.seconds(), UTC)

    @property
    def stores(self) -> Stores:
        home = Home(Path(self.order.home))
        return Stores(home.journal, home.artifacts, self.now)

    @property
    def arn(self) -> str:
        return device(self.order.device).arn

    @property
    def client(self) -> Any:
        """boto3's client of Amazon Braket in the device's region, as a person's own script would have it."""
        return self.clients.session(self.arn).braket_client

    def run(self, order: Order | None = None) -> HardwareEvidence:
        """The stage from where it stands. Raises what it raises."""
        taken = order or self.order
        work, stores = job(taken), self.stores
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.delenv(name) if value is None else patch.setenv(name, value)
            clients = BraketService() if self.environment else self.clients
            backend = BraketBackend(device(taken.device), purse(work, stores), clients, self._wait)
            fitted = Fitted("sign", "qnn", None, Sign(), 0.0)
            drawn = points(taken.points)
            evidence, _ = validate(
                work, fitted, drawn, taken.points, taken.shots, POLICY, backend, "none", stores, self._progress
            )
        return evidence

    def die(self) -> None:
        """A process runs the stage until it first waits, and is gone."""
        self.at_pause = _killed
        try:
            self.run()
        except Killed:
            self.remove()
            return
        raise AssertionError("the process was to be killed, and never waited")

    def remove(self) -> None:
        """The fault is gone; tasks that it made stay what they are."""
        self.service.faults.clear()
        self.service.catalogue.status.clear()
        self.environment = {}
        self.at_pause = self.at_progress = lambda: None

    def attempts(self) -> tuple[Attempt, ...]:
        return attempts(self.stores.journal.find)

    def resolve(self, state: str, reference: Callable[[Attempt], str | None] = lambda attempt: None) -> None:
        """A person resolves every attempt that stands so: "parked", or settled as "FAILED" or "CANCELLED"."""
        last = {one.name.item: one for one in self.attempts()}
        for one in last.values():
            if state in (one.standing, one.says("settled").get("state")):
                name, journal = one.name.text, self.stores.journal
                resolution.resolve(journal, name, reference(one), "Ada", "looked", self.now(), self.clients)

    def task_of(self, attempt: Attempt) -> str:
        """The ARN a person finds in the console under the attempt's tag."""
        (found,) = (b.arn for b in self.service.bills.values() if b.tags.get(ITEM_TAG) == attempt.name.first.text)
        return found

    def _wait(self, seconds: float) -> None:
        self.at_pause()
        self.service.clock.advance(seconds)

    def _progress(self, done: int, total: int) -> None:
        self.at_progress()


@dataclass(frozen=True)
class Fault:
    """A fault and what is expected of it.

    state: how the first call ends: "goes on", "suspended", "error" (both stop the run), "inconclusive" (it ends with what
    it has). says: a part of the sentence. again: whether the second call completes. remedy: what a person does between
    the two, beyond removing the fault. order: changes to the order.
    """

    name: str
    strike: Callable[[Bench], object]
    state: str
    says: str = ""
    again: bool = True
    remedy: Callable[[Bench], object] = lambda bench: None
    order: dict[str, Any] = field(default_factory=dict)
    met: Callable[[Bench], bool] = lambda bench: True


@dataclass(frozen=True)
class Row:
    """What came of a fault. said: the sentence, "-" where the run goes on by itself. paid: of each work item, the most.

    unpaid: items that no task was kept for at the end. lost: ARNs that the journal does not know. agrees: every bill is
    settled at its amount, or still reserved at it. struck: the run met the fault.
    """

    fault: str
    said: str
    state: str
    again: bool
    paid: int
    unpaid: int
    lost: int
    agrees: bool
    struck: bool


def outcome(fault: Fault, service: Loopback, clients: BraketService) -> Row:
    """Brings the fault about on a service and a home of its own, and says what came of it."""
    buckets = dict(service.register.buckets)
    service.reset()
    for name, region in buckets.items():
        service.register.put_bucket(name, region)  # the clients made it once, and know that they have
    service.settings.poll_ms = 5000
    with scratch() as folder:
        order = replace(Order(home=str(folder), points=4, batch=2), **fault.order)
        bench = Bench(service, clients, order)
        fault.strike(bench)
        state, said = _call(bench)
        struck = all(rule["fired"] for rule in service.faults.listed()) and fault.met(bench)
        bench.remove()
        fault.remedy(bench)
        again, _ = _call(bench)
        return _row(bench, fault, state, said, again == "goes on", struck)


def _call(bench: Bench) -> tuple[str, str]:
    try:
        evidence = bench.run()
    except Suspended as pause:
        return "suspended", str(pause)
    except QpilotError as error:
        return "error", str(error)
    if len(evidence.differences) < bench.order.points:
        return "inconclusive", evidence.stopped
    return "goes on", "-"


def _row(bench: Bench, fault: Fault, state: str, said: str, again: bool, struck: bool) -> Row:
    found, bills = bench.attempts(), bench.service.bills
    kept = Counter(
        bill.tags[ITEM_TAG].rsplit("/", 1)[0] for bill in bills.values() if bill.state not in ("FAILED", "CANCELLED")
    )
    money = {one.reference: one.billed_usd or one.open_usd for one in found if one.reference is not None}
    owed = {arn: bill.usd for arn, bill in bills.items()}
    loose = sum((one.open_usd for one in found if one.reference is None), Decimal(0))
    return Row(
        fault=fault.name,
        said=" ".join(said.split()),
        state=state,
        again=again,
        paid=max(kept.values(), default=0),
        unpaid=len({one.name.item for one in found} - set(kept)),
        lost=len(set(bills) - {one.reference for one in found}),
        agrees=money == owed and loose == 0,
        struck=struck,
    )


def _killed() -> None:
    raise Killed


def _rule(operation: str, effect: str, **which: Any) -> Callable[[Bench], object]:
    return lambda bench: bench.service.faults.add(operation, effect, **which)


def _queued(bench: Bench, seconds: float = 7200) -> None:
    bench.service.faults.add(CREATE, "life", nth=2, queued=seconds, unit="seconds")


def _cancelled(bench: Bench) -> None:
    """Somebody cancels the task that waits, in the console."""
    _queued(bench)

    def cancel() -> None:
        for bill in [*bench.service.bills.values()]:
            if bill.state == "QUEUED":
                bench.client.cancel_quantum_task(quantumTaskArn=bill.arn, clientToken="c" * 32)

    bench.at_pause = cancel


def _failing(number: int) -> Callable[[Bench], None]:
    """The first attempts at the second circuit end FAILED."""

    def strike(bench: Bench) -> None:
        for attempt in range(1, number + 1):
            tags = {ITEM_TAG: f"{bench.order.run}/0000/0001/{attempt}"}
            bench.service.faults.add(CREATE, "fail", every=True, tags=tags, reason="the cryostat warmed up")

    return strike


def _status(status: str) -> Callable[[Bench], None]:
    return lambda bench: bench.service.catalogue.status.update({bench.arn: status})


def _environment(**changes: str | None) -> Callable[[Bench], None]:
    return lambda bench: bench.environment.update(changes)


def _limited(bench: Bench) -> None:
    """A limit at Amazon Braket that two of four tasks fit in."""
    usd = str((bench.order.need * Decimal("0.6")).quantize(Decimal("0.01")))
    bench.client.create_spending_limit(clientToken="l" * 32, deviceArn=bench.arn, spendingLimit=usd)


def _unlimited(bench: Bench) -> None:
    (limit,) = bench.client.search_spending_limits()["spendingLimits"]
    bench.client.update_spending_limit(
        clientToken="u" * 32, spendingLimitArn=limit["spendingLimitArn"], spendingLimit="1000"
    )


def _restarted(effect: str, seconds: float) -> Callable[[Bench], None]:
    """A process dies without the answer to its second request; the next one starts later, and no list shows the task."""

    def strike(bench: Bench) -> None:
        bench.service.settings.search_lag_seconds = LAG_SECONDS
        bench.service.faults.add(CREATE, effect, nth=2)
        bench.die()
        bench.service.clock.advance(seconds)

    return strike


def _shared(bench: Bench) -> None:
    """Another pilot has used the account up, but for one batch."""
    usd = bench.order.need * Decimal("1.5")
    accounts.set_limit(bench.stores.journal, "lab", usd, "Ada", bench.now())
    bench.run(replace(bench.order, pilot="other"))


def _raised(bench: Bench) -> None:
    accounts.set_limit(bench.stores.journal, "lab", Decimal(1000), "Ada", bench.now())


def _recalibrated(bench: Bench) -> None:
    figures = device(bench.order.device)
    label, qubit = next(iter(figures.qubits.items()))
    changed = {"qubits": {str(label): {"readout": qubit.readout - 0.01}}}

    def change() -> None:
        bench.service.catalogue.change(bench.order.device, changed)

    bench.at_progress = change


def _two_calibrations(bench: Bench) -> bool:
    return len({payload["calibration"] for payload in _payloads(bench, "counts")}) == 2


def _unconfirmed(bench: Bench) -> bool:
    return all("is not confirmed" in str(payload["quote"]["notes"]) for payload in _payloads(bench, "intent"))


def _payloads(bench: Bench, kind: str) -> list[dict[str, Any]]:
    return [cast(dict[str, Any], entry.payload) for entry in bench.stores.journal.find(kind)]


_SET: dict[str, Any] = {"device": "iqm-garnet"}
"""A device that takes a batch as one program set."""
_UNUSABLE = "is paid, but its result cannot be used"

FAULTS: tuple[Fault, ...] = (
    Fault("connection dropped before acceptance", _rule(CREATE, "drop", nth=2), "goes on"),
    Fault("connection dropped after acceptance", _rule(CREATE, "accept-then-drop", nth=2), "goes on"),
    Fault("throttled thrice", _rule(CREATE, "ThrottlingException", first=3), "goes on"),
    Fault("throttled endlessly", _rule(CREATE, "ThrottlingException", every=True), "error", "fewer calls"),
    Fault("500 before acceptance", _rule(CREATE, "error-500", nth=2), "goes on"),
    Fault("500 after acceptance", _rule(CREATE, "accept-then-500", nth=2), "goes on"),
    Fault("result missing", _rule(RESULT, "result-missing", every=True), "suspended", _UNUSABLE),
    Fault("result missing at first", _rule(RESULT, "result-missing", first=3), "goes on"),
    Fault("result corrupt", _rule(RESULT, "result-corrupt", every=True), "suspended", _UNUSABLE),
    Fault("result truncated", _rule(RESULT, "result-truncated", every=True), "suspended", _UNUSABLE),
    Fault("result of another schema", _rule(RESULT, "result-schema", every=True), "suspended", "schema"),
    Fault("result: S3 answers 500", _rule(RESULT, "error-500", every=True), "suspended", _UNUSABLE),
    Fault(
        "result: fewer executables",
        _rule(RESULT, "result-fewer", every=True),
        "suspended",
        "the number of executables",
        order=_SET,
    ),
    Fault("result: other measured qubits", _rule(RESULT, "result-qubits", every=True), "suspended", "qubits measured"),
    Fault(
        "result: partial shots (for good)",
        _rule(CREATE, "partial", nth=2),
        "suspended",
        "the shots that succeeded",
        again=False,
        order=_SET,
    ),
    Fault("task FAILED once", _failing(1), "goes on"),
    Fault("task FAILED always", _failing(2), "suspended", "hardware.retries", remedy=lambda b: b.resolve("FAILED")),
    Fault("task CANCELLED by somebody", _cancelled, "suspended", "cancelled", remedy=lambda b: b.resolve("CANCELLED")),
    Fault(
        "task QUEUED past the deadline",
        _queued,
        "suspended",
        "budget.queue_hours",
        remedy=lambda b: b.service.clock.advance(7200),
        order={"hours": 0.02},
    ),
    Fault("device OFFLINE", _status("OFFLINE"), "suspended", "is offline"),
    Fault("device goes OFFLINE between tasks", _rule(CREATE, "DeviceOfflineException", nth=2), "error", "is offline"),
    Fault("device RETIRED", _status("RETIRED"), "error", "is retired"),
    Fault(
        "credentials missing",
        _environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None),
        "error",
        "no AWS credentials",
    ),
    Fault("credentials expired", _rule("*", "ExpiredTokenException", every=True), "error", "have expired"),
    Fault(
        "credentials expire while waiting",
        _rule("GetQuantumTask", "ExpiredTokenException", every=True),
        "error",
        "have expired",
    ),
    Fault("access denied", _rule(CREATE, "AccessDeniedException", every=True), "error", "braket:CreateQuantumTask"),
    Fault("quota used up", _rule(CREATE, "ServiceQuotaExceededException", nth=2), "error", "a quota"),
    Fault("spending limit passed", _limited, "error", "spending limit", remedy=_unlimited),
    Fault("search lags, process restarted", _restarted("accept-then-drop", 0), "goes on"),
    Fault(
        "token expired before restart, it ran",
        _restarted("accept-then-drop", LATER_SECONDS),
        "suspended",
        "is parked",
        remedy=lambda b: b.resolve("parked", b.task_of),
    ),
    Fault(
        "token expired before restart, never ran",
        _restarted("drop", LATER_SECONDS),
        "suspended",
        "is parked",
        remedy=lambda b: b.resolve("parked"),
    ),
    Fault("own budget used up", lambda b: None, "inconclusive", "budget.usd", again=False, order={"usd": "0.9"}),
    Fault(
        "shared account used up by another",
        _shared,
        "suspended",
        "qpilot account lab",
        remedy=_raised,
        order={"account": "lab"},
    ),
    Fault("calibration changed between batches", _recalibrated, "goes on", met=_two_calibrations),
    Fault(
        "price list unreachable",
        _environment(BRAKET_PRICE_OFFERS_URL="http://127.0.0.1:9/index.csv"),
        "goes on",
        met=_unconfirmed,
    ),
)
