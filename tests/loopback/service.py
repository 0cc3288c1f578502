"""The loopback service as an object: what a test holds, and what answers a request."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from tests.loopback import control, objects
from tests.loopback.acceptance import Acceptance
from tests.loopback.billing import Bills, price_list
from tests.loopback.braket import Braket
from tests.loopback.catalogue import Catalogue
from tests.loopback.clock import Clock
from tests.loopback.faults import AFTER, BEFORE, RESULT, Faults, Rule
from tests.loopback.limits import Limits
from tests.loopback.properties import SIMULATORS
from tests.loopback.register import Register
from tests.loopback.results import documents, spoilt
from tests.loopback.settings import Settings
from tests.loopback.tasks import Task
from tests.loopback.wire import DROPPED, STATUS, Refusal, Reply, Request

ACCOUNT = "123456789012"
PRICES = "/offers/v1.0/aws/AmazonBraket/current/index.csv"


class Service:
    """State and behaviour; `answer` may be called from many threads."""

    def __init__(self, state: Path | None = None) -> None:
        self.clock, self.settings, self.faults = Clock(), Settings(), Faults()
        self.register = Register(state)
        self.catalogue = Catalogue(self.register, self.clock, self.settings)
        self.limits = Limits(self.register, self.catalogue, ACCOUNT)
        known = (self.register, self.catalogue, self.limits, self.clock, self.settings)
        self.acceptance = Acceptance(*known, ACCOUNT)
        self.braket = Braket(self.register, self.catalogue, self.clock, self.settings)
        self.bills = Bills(self.register, self.clock.seconds)
        self.objects = objects.Objects(self.register, self._read, self._keys)
        self.calls: Counter[str] = Counter()
        self._counting = threading.Lock()

    @property
    def tasks(self) -> dict[str, Task]:
        """Accepted tasks by ARN."""
        return self.register.tasks

    def answer(self, request: Request) -> Reply:
        """What the service answers, faults included."""
        if request.path.startswith("/_control/"):
            return control.answered(self, request)
        if request.path == PRICES:
            regions = {name: where for name, (_, _, where) in SIMULATORS.items()}
            return Reply(200, price_list(self.catalogue.qpus(), regions), {"Content-Type": "text/csv"})
        worded = {"s3": objects.refused, "sts": _unidentified}.get(request.service, Refusal.reply)
        try:
            if not request.service:
                raise Refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
            operation, handle, tags = self._routed(request)
            with self._counting:
                self.calls[operation] += 1
            rules = self.faults.struck(operation, tags)
            return self._with_faults(rules, handle)
        except Refusal as refusal:
            return worded(refusal)

    def _with_faults(self, rules: list[Rule], handle: Callable[[list[Rule]], Reply]) -> Reply:
        for rule in rules:
            if rule.effect == "slow":
                time.sleep(float(rule.detail.get("seconds", 1)))
            if rule.effect == "drop":
                return DROPPED
            if rule.effect in BEFORE:
                raise Refusal("InternalServiceException", "The request failed because of an unknown error.")
            if rule.effect in STATUS:
                raise Refusal(rule.effect, str(rule.detail.get("message", f"loopback: {rule.effect}")))
        reply = handle(rules)
        for rule in rules:
            if rule.effect == "accept-then-drop":
                return DROPPED
            if rule.effect in AFTER:
                raise Refusal("InternalServiceException", "The request failed because of an unknown error.")
        return reply

    def _routed(self, request: Request) -> tuple[str, Callable[[list[Rule]], Reply], dict[str, str]]:
        """The operation, what carries it out, and the tags a rule may ask for."""
        if request.service == "sts":
            return "GetCallerIdentity", lambda rules: _identity(), {}
        if request.service == "s3":
            operation = self.objects.operation(request)
            return operation, lambda rules: self._stored(operation, request, rules), self._tags_of(request)
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        where, arn = parts[0], "/".join(parts[1:])
        braket, now = self.braket, self.clock.seconds()
        plain: dict[tuple[str, str], tuple[str, Callable[[list[Rule]], Reply]]] = {
            ("POST", "quantum-task"): ("CreateQuantumTask", lambda rules: self.acceptance.create(request, rules)),
            ("GET", "quantum-task"): ("GetQuantumTask", lambda rules: braket.get(request, arn)),
            ("PUT", "quantum-task"): (
                "CancelQuantumTask",
                lambda rules: braket.cancel(request, arn.removesuffix("/cancel")),
            ),
            ("POST", "quantum-tasks"): ("SearchQuantumTasks", lambda rules: braket.search(request)),
            ("GET", "device"): ("GetDevice", lambda rules: braket.device(request, arn)),
            ("POST", "devices"): ("SearchDevices", lambda rules: braket.devices(request)),
            ("GET", "tags"): ("ListTagsForResource", lambda rules: braket.tags(request, arn)),
            ("POST", "tags"): ("TagResource", lambda rules: braket.tags(request, arn)),
            ("DELETE", "tags"): ("UntagResource", lambda rules: braket.tags(request, arn)),
            ("POST", "spending-limit"): ("CreateSpendingLimit", lambda rules: self.limits.create(request, now)),
            ("POST", "spending-limits"): ("SearchSpendingLimits", lambda rules: self.limits.search(request, now)),
            ("PATCH", "spending-limit"): (
                "UpdateSpendingLimit",
                lambda rules: self.limits.update(request, now, arn.removesuffix("/update")),
            ),
            ("DELETE", "spending-limit"): (
                "DeleteSpendingLimit",
                lambda rules: self.limits.delete(request, now, arn.removesuffix("/delete")),
            ),
        }
        if (request.method, where) not in plain:
            raise Refusal("ValidationException", f"{request.method} {request.path} is not an operation served here")
        operation, handle = plain[request.method, where]
        if operation == "CreateQuantumTask":
            return operation, handle, dict(request.json.get("tags") or {})
        task = self.register.tasks.get(arn.removesuffix("/cancel"))
        return operation, handle, {} if task is None else task.tags

    def _stored(self, operation: str, request: Request, rules: list[Rule]) -> Reply:
        reply = self.objects.handle(operation, request)
        for rule in rules:
            if rule.effect in RESULT and reply.body is not None:
                reply = Reply(reply.status, spoilt(reply.body, rule.effect), reply.headers)
        return reply

    def _task_at(self, bucket: str, key: str) -> tuple[Task, str] | None:
        """The task that keeps its results there, and the path under its directory."""
        parts = key.split("/")
        for end in range(1, len(parts)):
            task = self.register.directories.get((bucket, "/".join(parts[:end])))
            if task is not None:
                return task, "/".join(parts[end:])
        return None

    def _tags_of(self, request: Request) -> dict[str, str]:
        found = self._task_at(*objects.split(request.path))
        return {} if found is None else found[0].tags

    def results(self, task: Task) -> dict[str, bytes]:
        """The result documents of a task that completed, simulated once, or of a program set that failed; else none."""
        state = task.state(self.clock.seconds())
        if state != "COMPLETED" and not (state == "FAILED" and task.accepted.kind.endswith("_set")):
            return {}
        with task.making:
            if task.documents is None:
                task.documents = documents(task)
            return task.documents

    def _read(self, bucket: str, key: str) -> bytes | None:
        found = self._task_at(bucket, key)
        if found is None:
            return None
        task, path = found
        body = self.results(task).get(path)
        for effect in task.accepted.fate.result:
            body = None if body is None else spoilt(body, effect)
        return body

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        keys = []
        for task in list(self.register.tasks.values()):
            start = task.accepted.directory + "/"
            if task.accepted.bucket == bucket and (start.startswith(prefix) or prefix.startswith(start)):
                keys += [start + path for path in self.results(task)]
        return [key for key in keys if key.startswith(prefix)]

    def reset(self) -> None:
        """As at the start: no tasks, objects, limits, faults; the profiles' own figures, the real time."""
        self.register.clear()
        self.clock.reset()
        self.faults.clear()
        self.catalogue.forget()
        self.catalogue.status.clear()
        self.catalogue.queue.clear()
        self.calls.clear()
        self.settings.__dict__.update(Settings().__dict__)

    def listed(self) -> list[dict[str, Any]]:
        """The bills as JSON: money as text."""
        return [bill.__dict__ | {"usd": str(bill.usd), "due": str(bill.due)} for bill in self.bills.values()]


def _unidentified(refusal: Refusal) -> Reply:
    """As STS words it."""
    code, status = refusal.code.removesuffix("Exception"), refusal.reply().status
    said = f"<Type>Sender</Type><Code>{code}</Code><Message>{escape(refusal.message)}</Message>"
    return objects.xml(f"<ErrorResponse><Error>{said}</Error><RequestId>loopback</RequestId></ErrorResponse>", status)


def _identity() -> Reply:
    result = f"<Arn>arn:aws:iam::{ACCOUNT}:user/loopback</Arn><UserId>LOOPBACK</UserId><Account>{ACCOUNT}</Account>"
    namespace = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
    return objects.xml(
        f"<GetCallerIdentityResponse {namespace}><GetCallerIdentityResult>{result}</GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>loopback</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )
