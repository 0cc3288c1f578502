"""CreateQuantumTask: what is taken, once a token, and what is refused."""

import dataclasses
import hashlib
import json
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tests.loopback.billing import USD_PER_MINUTE
from tests.loopback.catalogue import Catalogue
from tests.loopback.clock import Clock
from tests.loopback.execution import check
from tests.loopback.faults import RESULT, Rule
from tests.loopback.limits import Limits
from tests.loopback.programs import invalid, parsed
from tests.loopback.register import Register
from tests.loopback.settings import Settings
from tests.loopback.simulators import check_simulated
from tests.loopback.tasks import Accepted, Fate, Life, Task
from tests.loopback.windows import opens
from tests.loopback.wire import Refusal, Reply, Request, answer, required


class Acceptance:
    """Takes tasks. on_accept: told of each new one."""

    def __init__(
        self, register: Register, catalogue: Catalogue, limits: Limits, clock: Clock, settings: Settings, account: str
    ) -> None:
        self._register, self._catalogue, self._limits = register, catalogue, limits
        self._clock, self._settings, self._account = clock, settings, account
        self._accepting = threading.Lock()
        self.on_accept: Callable[[Task], None] = lambda task: None

    def create(self, request: Request, rules: Sequence[Rule]) -> Reply:
        """The task of this token; a new one where the token has none, or an expired one."""
        body = request.json
        required(body, "clientToken", "deviceArn", "shots", "outputS3Bucket", "outputS3KeyPrefix", "action")
        if not 1 <= len(body["clientToken"]) <= 64:
            raise Refusal("ValidationException", "'clientToken' must be 1 to 64 characters long")
        # What a token made is answered before anything is checked: the device may have changed since.
        if (task := self._made(body)) is not None:
            return answer({"quantumTaskArn": task.arn}, 201)
        draft = self._draft(request, body, rules)
        with self._accepting:
            if (task := self._made(body)) is not None:
                return answer({"quantumTaskArn": task.arn}, 201)
            now = self._clock.seconds()
            earlier = self._register.tokens.get(draft.token, [])
            self._admit(draft, now)
            name = uuid.uuid5(uuid.NAMESPACE_OID, f"{draft.token}/{len(earlier)}")
            arn = f"arn:aws:braket:{draft.region}:{self._account}:quantum-task/{name}"
            directory = f"{body['outputS3KeyPrefix']}/{name}"
            made = dataclasses.replace(
                draft, arn=arn, nth=len(earlier), directory=directory, created=now, opens=self._opens(draft, now)
            )
            task = self._register.accept(made)
        self.on_accept(task)
        return answer({"quantumTaskArn": task.arn}, 201)

    def _made(self, body: Mapping[str, Any]) -> Task | None:
        """The task this token made within its life; ValidationException where it made another than is asked for."""
        earlier = self._register.tokens.get(body["clientToken"])
        if not earlier or self._clock.seconds() - earlier[-1].accepted.created > self._settings.token_seconds:
            return None
        if earlier[-1].accepted.fingerprint != fingerprint(body):
            raise invalid("The client token was used with another request: use a new one for a new task")
        return earlier[-1]

    def _draft(self, request: Request, body: Mapping[str, Any], rules: Sequence[Rule]) -> Accepted:
        """The task as it would be accepted; raises where the device could not run it. Holds no lock."""
        arn, shots = body["deviceArn"], body["shots"]
        try:
            self._catalogue.offered(arn, request.region)
        except Refusal as refusal:
            raise invalid(refusal.message) from refusal
        device = self._catalogue.qpu(arn)
        if device is None:
            name = arn.rsplit("/", 1)[-1]
            kind, programs, executables = "simulator", 1, 1
            check_simulated(name, body["action"], shots)
        else:
            work = parsed(body["action"])
            check(work, device, shots)
            name, kind, programs, executables = device.name, work.kind, len(work.programs), work.executables
        return Accepted(
            arn="",
            nth=0,
            region=request.region or arn.split(":")[3] or "us-east-1",
            token=body["clientToken"],
            device_arn=arn,
            device=name,
            figures="" if device is None else device.model_dump_json(),
            action=body["action"],
            kind=kind,
            programs=programs,
            executables=executables,
            shots=shots,
            bucket=body["outputS3Bucket"],
            directory=f"{body['outputS3KeyPrefix']}/",
            parameters=body.get("deviceParameters") or "{}",
            tags=dict(body.get("tags") or {}),
            fingerprint=fingerprint(body),
            created=0.0,
            opens=0.0,
            usd_per_task="0" if device is None else str(device.usd_per_task),
            usd_per_shot="0" if device is None else str(device.usd_per_shot),
            usd_per_minute=str(USD_PER_MINUTE[name]) if device is None else "0",
            milliseconds=self._settings.simulated_ms if device is None else 0,
            life=_life(rules, self._settings.life),
            fate=_fate(rules, shots, executables),
        )

    def _opens(self, draft: Accepted, now: float) -> float:
        device = self._catalogue.qpu(draft.device_arn)
        return now if device is None or not self._settings.windows else opens(device, now)

    def _admit(self, draft: Accepted, now: float) -> None:
        status = self._catalogue.status.get(draft.device_arn, "ONLINE")
        if status != "ONLINE":
            code = {"OFFLINE": "DeviceOfflineException", "RETIRED": "DeviceRetiredException"}[status]
            raise Refusal(code, f"Device {draft.device_arn} is {status}")
        if draft.bucket not in self._register.buckets:
            raise invalid(f"S3 bucket {draft.bucket} does not exist")
        if draft.kind != "simulator":
            self._limits.allow(draft.device_arn, Decimal(draft.price), now)


def fingerprint(body: Mapping[str, Any]) -> str:
    """What a second request with the same token must repeat: everything."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _life(rules: Sequence[Rule], usual: Life) -> Life:
    return next((Life(**rule.detail) for rule in rules if rule.effect == "life"), usual)


def _fate(rules: Sequence[Rule], shots: int, executables: int) -> Fate:
    fails = next((str(r.detail.get("reason", "the device failed")) for r in rules if r.effect == "fail"), None)
    partial = next((r for r in rules if r.effect == "partial"), None)
    failures = next((r for r in rules if r.effect == "failures"), None)
    failed = () if failures is None else tuple(failures.detail.get("executables", (0,)))
    done = None
    if partial is not None:
        done = int(partial.detail.get("shots", shots // executables // 2)) * executables
    if failed:
        done = shots // executables * (executables - len(failed))
    effects = {rule.effect for rule in rules}
    spoilt = tuple(sorted(effects & RESULT))
    return Fate(fails, "stuck" in effects, "uncancellable" in effects, done, failed, spoilt)
