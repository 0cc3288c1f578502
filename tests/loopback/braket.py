"""The operations of Amazon Braket on tasks that were taken, and on devices."""

import json
from typing import Any

from tests.loopback.catalogue import Catalogue
from tests.loopback.clock import Clock, stamp
from tests.loopback.properties import SIMULATORS
from tests.loopback.register import Register
from tests.loopback.search import matches, page
from tests.loopback.settings import Settings
from tests.loopback.tasks import TERMINAL, Accepted, Task
from tests.loopback.wire import Refusal, Reply, Request, answer


class Braket:
    """Tasks and devices, by the region a request is signed for."""

    def __init__(self, register: Register, catalogue: Catalogue, clock: Clock, settings: Settings) -> None:
        self._register, self._catalogue = register, catalogue
        self._clock, self._settings = clock, settings

    def task(self, arn: str, region: str) -> Task:
        """The task of that ARN in that region; ResourceNotFoundException."""
        task = self._register.tasks.get(arn)
        if task is None or region not in ("", task.accepted.region):
            raise Refusal("ResourceNotFoundException", f"Quantum task {arn} does not exist")
        return task

    def get(self, request: Request, arn: str) -> Reply:
        """GetQuantumTask; each answer is a poll of the task's life."""
        task, now = self.task(arn, request.region), self._clock.seconds()
        with task.lock:
            state = task.state(now)
            task.polls += 1
        if state in TERMINAL:
            self._register.note_end(task, state)
        accepted = task.accepted
        shown = self._summary(task, state) | {
            "deviceParameters": accepted.parameters,
            "actionMetadata": _metadata(accepted),
        }
        if state in TERMINAL and state != "FAILED":
            shown["numSuccessfulShots"] = task.shots_done(now)
        if state == "FAILED":
            shown["failureReason"] = accepted.fate.fails or "the device failed"
        if "QueueInfo" in request.query.get("additionalAttributeNames", ()):
            shown["queueInfo"] = self._queue(task, state, now)
        return answer(shown)

    def _summary(self, task: Task, state: str) -> dict[str, Any]:
        accepted = task.accepted
        shown = {
            "quantumTaskArn": accepted.arn,
            "status": state,
            "deviceArn": accepted.device_arn,
            "shots": accepted.shots,
            "outputS3Bucket": accepted.bucket,
            "outputS3Directory": accepted.directory,
            "createdAt": stamp(accepted.created),
            "tags": dict(task.tags),
        }
        return shown | ({"endedAt": stamp(task.ended)} if state in TERMINAL and task.ended is not None else {})

    def _queue(self, task: Task, state: str, now: float) -> dict[str, str]:
        info = {"queue": "QUANTUM_TASKS_QUEUE", "queuePriority": "Normal", "position": "None"}
        if state not in ("CREATED", "QUEUED"):
            said = f"Task is in {state} status. AmazonBraket does not show queue position for this status."
            return info | {"message": said}
        accepted = task.accepted
        ahead = sum(
            other.accepted.device_arn == accepted.device_arn
            and other.accepted.created < accepted.created
            and other.state(now) in ("CREATED", "QUEUED")
            for other in list(self._register.tasks.values())
        )
        place = ahead + 1 + self._catalogue.queue.get(accepted.device_arn, 0)
        return info | {"position": ">2000" if place > 2000 else str(place)}

    def cancel(self, request: Request, arn: str) -> Reply:
        """CancelQuantumTask; ConflictException after the end."""
        task, now = self.task(arn, request.region), self._clock.seconds()
        if not task.cancel(now):
            raise Refusal("ConflictException", f"Quantum task {arn} has ended: it is {task.state(now)}")
        if task.state(now) in TERMINAL:
            self._register.note_end(task, task.state(now))
        return answer({"quantumTaskArn": arn, "cancellationStatus": "CANCELLING"})

    def search(self, request: Request) -> Reply:
        """SearchQuantumTasks in the request's region, newest first, as things stood `search_lag_seconds` ago."""
        body, now = request.json, self._clock.seconds()
        seen = now - self._settings.search_lag_seconds
        found = []
        for task in reversed(list(self._register.tasks.values())):
            accepted = task.accepted
            if accepted.created > seen or request.region not in ("", accepted.region):
                continue
            state = task.state(now)
            if state in TERMINAL and task.ended is not None and task.ended > seen:
                state = "QUEUED"
            members = {
                "quantumTaskArn": accepted.arn,
                "deviceArn": accepted.device_arn,
                "jobArn": "",
                "status": state,
                # What a client can name is a millisecond.
                "createdAt": int(accepted.created * 1000) / 1000,
            }
            if matches(body.get("filters") or [], members):
                found.append(self._summary(task, state))
        shown, following = page(request, found, self._settings.page)
        return answer({"quantumTasks": shown} | following)

    def device(self, request: Request, arn: str) -> Reply:
        """GetDevice."""
        self._catalogue.offered(arn, request.region)
        return answer(self._catalogue.described(arn))

    def devices(self, request: Request) -> Reply:
        """SearchDevices in the request's region."""
        found = []
        for arn in [
            *self._catalogue.arns,
            *(f"arn:aws:braket:::device/quantum-simulator/amazon/{s}" for s in SIMULATORS),
        ]:
            try:
                self._catalogue.offered(arn, request.region)
            except Refusal:
                continue
            summary = self._catalogue.summary(arn)
            if matches(request.json.get("filters") or [], summary):
                found.append(summary)
        shown, following = page(request, found)
        return answer({"devices": shown} | following)

    def tags(self, request: Request, arn: str) -> Reply:
        """ListTagsForResource, TagResource and UntagResource of a task."""
        task = self.task(arn, request.region)
        if request.method == "GET":
            return answer({"tags": task.tags})
        if request.method == "POST":
            self._register.put_tags(arn, task.tags | request.json["tags"])
        else:
            gone = request.query.get("tagKeys", ())
            self._register.put_tags(arn, {name: value for name, value in task.tags.items() if name not in gone})
        return answer({})


def _metadata(accepted: Accepted) -> dict[str, Any]:
    kind = json.loads(accepted.action)["braketSchemaHeader"]["name"]
    counts = {"programCount": accepted.programs, "executableCount": accepted.executables}
    return {"actionType": kind} | (counts if kind.endswith("_set") else {})
