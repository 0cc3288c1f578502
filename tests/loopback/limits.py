"""Spending limits of a device: a task that would pass one is refused with a validation error, as Braket documents."""

import uuid
from decimal import Decimal
from typing import Any

from tests.loopback.billing import billed
from tests.loopback.catalogue import Catalogue
from tests.loopback.clock import stamp
from tests.loopback.register import Register
from tests.loopback.tasks import TERMINAL
from tests.loopback.wire import Refusal, Request, answer, required

ALWAYS = {"startAt": 0.0, "endAt": 32503680000.0}


class Limits:
    """CreateSpendingLimit and its sisters, and the guard CreateQuantumTask asks. One limit a device, QPUs only."""

    def __init__(self, register: Register, catalogue: Catalogue, account: str) -> None:
        self._register, self._catalogue, self._account = register, catalogue, account

    def create(self, request: Request, now: float) -> Any:
        """A limit from now on; the same client token answers with the same limit."""
        body = request.json
        required(body, "clientToken", "deviceArn", "spendingLimit")
        with self._register.lock:
            for arn, limit in self._register.limits.items():
                if limit["clientToken"] == body["clientToken"]:
                    return answer({"spendingLimitArn": arn}, 201)
            device = body["deviceArn"]
            if self._catalogue.qpu(device) is None:
                raise Refusal("ValidationException", f"{device} is not a QPU: only QPUs have spending limits")
            if any(limit["deviceArn"] == device for limit in self._register.limits.values()):
                raise Refusal("ValidationException", f"a spending limit for {device} exists already")
            region = request.region or device.split(":")[3]
            arn = f"arn:aws:braket:{region}:{self._account}:spending-limit/{uuid.uuid4()}"
            limit = {
                "clientToken": body["clientToken"],
                "deviceArn": device,
                "spendingLimit": body["spendingLimit"],
                "timePeriod": body.get("timePeriod") or ALWAYS,
                "tags": body.get("tags") or {},
                "created": now,
                "updated": now,
            }
            self._register.put_limit(arn, limit)
        return answer({"spendingLimitArn": arn}, 201)

    def search(self, request: Request, now: float) -> Any:
        """Every limit, with what its device has spent and has queued since the limit exists."""
        wanted = [f["values"] for f in request.json.get("filters") or [] if f["name"] == "deviceArn"]
        found = []
        with self._register.lock:
            limits = list(self._register.limits.items())
        for arn, limit in limits:
            if all(limit["deviceArn"] in values for values in wanted):
                spent, queued = self._spend(limit, now)
                shown = {name: limit[name] for name in ("deviceArn", "spendingLimit", "timePeriod", "tags")}
                at = {"createdAt": stamp(limit["created"]), "updatedAt": stamp(limit["updated"])}
                spend = {"totalSpend": str(spent), "queuedSpend": str(queued)}
                found.append({"spendingLimitArn": arn} | shown | spend | at)
        return answer({"spendingLimits": found})

    def update(self, request: Request, now: float, arn: str) -> Any:
        """The limit's amount or period is another."""
        with self._register.lock:
            limit = self._known(arn)
            body = request.json
            given = {name: body[name] for name in ("spendingLimit", "timePeriod") if body.get(name)}
            self._register.put_limit(arn, limit | given | {"updated": now})
        return answer({})

    def delete(self, request: Request, now: float, arn: str) -> Any:
        """The limit is gone."""
        with self._register.lock:
            self._known(arn)
            self._register.put_limit(arn, None)
        return answer({})

    def allow(self, device_arn: str, usd: Decimal, now: float) -> None:
        """Raises ValidationException where a task of that price would pass the device's limit."""
        for limit in self._register.limits.values():
            if limit["deviceArn"] != device_arn:
                continue
            period = limit["timePeriod"]
            if not period["startAt"] <= now <= period["endAt"]:
                raise Refusal("ValidationException", "The task is outside of the spending limit's time period.")
            spent, queued = self._spend(limit, now)
            left = Decimal(limit["spendingLimit"]) - spent - queued
            if usd > left:
                raise Refusal(
                    "ValidationException",
                    f"The estimated cost of the task (${usd}) exceeds the remaining spending limit (${left}) "
                    f"for device {device_arn}.",
                )

    def _known(self, arn: str) -> dict[str, Any]:
        if arn not in self._register.limits:
            raise Refusal("ResourceNotFoundException", f"spending limit {arn} does not exist")
        return self._register.limits[arn]

    def _spend(self, limit: dict[str, Any], now: float) -> tuple[Decimal, Decimal]:
        """USD spent and queued by the tasks created while the limit existed, inside its period."""
        start, end = limit["timePeriod"]["startAt"], limit["timePeriod"]["endAt"]
        spent = queued = Decimal(0)
        for task in list(self._register.tasks.values()):
            accepted = task.accepted
            inside = max(start, limit["created"]) <= accepted.created <= end
            if accepted.device_arn != limit["deviceArn"] or not inside:
                continue
            if task.state(now) in TERMINAL:
                spent += billed(task, now)
            else:
                queued += accepted.price
        return spent, queued
