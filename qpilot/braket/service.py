"""Amazon Braket's task interface as paid work needs it: every call once, every answer read as done, refused or unknown."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from braket.aws import AwsQuantumTask, AwsSession

from qpilot.braket.actions import action
from qpilot.braket.documents import fetched, seconds
from qpilot.braket.faults import told
from qpilot.braket.session import Session, region
from qpilot.devices import SIMULATORS
from qpilot.devices.from_braket import USD_PER_TASK
from qpilot.devices.price import usd_for_seconds
from qpilot.errors import QpilotError
from qpilot.spending.service import Refused, ResultFault, Task, Unanswered, Work


class BraketService:
    """Implements qpilot.spending.service.Service. ARNs say the region, so any process can ask about any task.

    default_region: for simulators, whose ARNs name none; None for AWS_DEFAULT_REGION.
    """

    def __init__(self, default_region: str | None = None) -> None:
        self._default_region = default_region
        self._sessions: dict[str | None, Session] = {}

    def session(self, arn: str) -> Session:
        """The session in the region of a device or task; raises Refused where none can be made."""
        wanted = region(arn) or self._default_region
        if wanted not in self._sessions:
            with told("sts:GetCallerIdentity", arn, wanted):
                self._sessions[wanted] = Session(wanted)
        return self._sessions[wanted]

    def create(self, work: Work, token: str, tags: Mapping[str, str]) -> str:
        """The ARN of the task, made under `token` with `tags`; results go to qpilot/RUN in the session's bucket.

        No device parameters are sent: a verbatim box on physical qubits is never rewired, and devices whose properties say
        disabledQubitRewiringSupported = false (Garnet, Emerald, Forte) take no flag that says so again.
        """
        try:
            session, program = self.session(work.device), action(work.action)
            folder = AwsSession.S3DestinationFolder(self._bucket(session), f"qpilot/{tags['qpilot-run']}")
        except Refused:
            raise
        except QpilotError as error:
            raise Refused(str(error), again=isinstance(error, Unanswered)) from error  # nothing has been sent yet
        with told("CreateQuantumTask", work.device, session.region, creating=True):
            task = AwsQuantumTask.create(
                session.paying(token),
                work.device,
                program,
                folder,
                work.shots,
                tags=dict(tags),
                quiet=True,
            )
        return str(task.id)

    def find(self, device: str, since: datetime) -> tuple[Task, ...]:
        """Every task on the device created at `since` (aware) or later, of everybody in the account."""
        session = self.session(device)
        stamp = since.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        filters = [
            {"name": "deviceArn", "operator": "EQUAL", "values": [device]},
            {"name": "createdAt", "operator": "GTE", "values": [stamp]},
        ]
        with told("SearchQuantumTasks", device, session.region):
            pages = session.braket_client.get_paginator("search_quantum_tasks").paginate(filters=filters)
            return tuple(_task(found) for page in pages for found in page["quantumTasks"])

    def look(self, reference: str) -> Task:
        """How a task stands, with its place in the queue."""
        return _task(self._metadata(reference))

    def result(self, reference: str) -> bytes:
        """Every object of a task's result, packed under their names below the task's folder."""
        session, where = self.session(reference), self._metadata(reference)
        with told("s3:GetObject", where["deviceArn"], session.region):
            try:
                return fetched(session.s3_client, where["outputS3Bucket"], where["outputS3Directory"])
            except session.s3_client.exceptions.NoSuchKey as error:
                place = f"s3://{where['outputS3Bucket']}/{where['outputS3Directory']}"
                raise ResultFault(f"an object of the result is missing below {place}") from error

    def cancel(self, reference: str) -> None:
        """Asks for a cancellation; a task that has ended stays as it is."""
        session = self.session(reference)
        with told("CancelQuantumTask", reference, session.region):
            try:
                AwsQuantumTask(reference, aws_session=session, quiet=True).cancel()
            except session.braket_client.exceptions.ConflictException:
                return

    def bill(self, work: Work, task: Task, result: bytes | None) -> Decimal:
        """What is billed for how the task ended; a simulator's task by the time its result says it ran.

        | state     | billed                                                          |
        |-----------|-----------------------------------------------------------------|
        | COMPLETED | the fee and the shots that succeeded, all where it does not say |
        | CANCELLED | the same where some shots had run, else nothing                 |
        | FAILED    | nothing                                                         |
        """
        simulators = {simulator.arn: simulator for simulator in SIMULATORS.values()}
        done = task.shots_done if task.state == "CANCELLED" or task.shots_done is not None else work.shots
        if task.state == "FAILED" or (task.state == "CANCELLED" and not done):
            return Decimal(0)
        if work.device in simulators:
            ran = None if result is None else seconds(result)
            return work.usd if ran is None else usd_for_seconds(simulators[work.device], ran)
        return work.usd - (work.shots - (done or 0)) * (work.usd - USD_PER_TASK) / work.shots

    def _metadata(self, reference: str) -> dict[str, Any]:
        session = self.session(reference)
        with told("GetQuantumTask", reference, session.region):
            found: dict[str, Any] = AwsQuantumTask(reference, aws_session=session, quiet=True).metadata()
            return found

    def _bucket(self, session: Session) -> str:
        """The SDK's default bucket, made where there is none yet, or AMZN_BRAKET_OUT_S3_BUCKET."""
        with told("s3:CreateBucket", "its results", session.region):
            name: str = session.default_bucket()
            return name


def _task(found: Mapping[str, Any]) -> Task:
    ended = found.get("endedAt")
    position = (found.get("queueInfo") or {}).get("position", "")
    return Task(
        reference=found["quantumTaskArn"],
        state=found["status"],
        created=found["createdAt"].astimezone(UTC),
        ended=None if ended is None else ended.astimezone(UTC),
        shots=found["shots"],
        shots_done=found.get("numSuccessfulShots"),
        tags=found.get("tags") or {},
        position="" if position == "None" else position,
        reason=found.get("failureReason") or "",
    )
