"""Braket's session as paid work needs it: in the device's region, one attempt a call, and each task's own token."""

import copy
import os
from functools import cache, cached_property
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from braket.aws import AwsSession

from qpilot.errors import QpilotError

CONFIG = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=10, read_timeout=60)
"""One attempt a call: a hidden second one could turn "taken, and the connection dropped" into a refusal."""


def opened(region: str | None = None) -> Any:
    """A session of boto3; what the SDK ships of Amazon's services is read once a process, not once a session (0.1 s)."""
    inner = botocore.session.get_session()
    inner.register_component("data_loader", _definitions(inner.get_config_variable("data_path")))
    return boto3.Session(region_name=region, botocore_session=inner)


@cache
def _definitions(path: str | None) -> Loader:
    """Reads the definitions of services, and keeps them. path: AWS_DATA_PATH."""
    return create_loader(path)


class Session(AwsSession):  # type: ignore[misc]  # the SDK has no types
    """An AwsSession in `region` that creates tasks under a token of ours alone; no network until it is used.

    botocore fills in a token of its own at every call, so that a task sent again after a crash is paid twice; AwsDevice.run
    and run_batch have no way to give one, and are refused here.
    """

    def __init__(self, region: str | None) -> None:
        # boto3 reads AWS_DEFAULT_REGION by itself; the SDK, and much of AWS, know AWS_REGION as well.
        named = region or os.environ.get("AWS_REGION")
        super().__init__(boto_session=opened(named), config=CONFIG)
        self._token: str | None = None

    def paying(self, token: str) -> "Session":
        """This session, which creates a task under `token`: within its life the service answers with the same task."""
        paying = copy.copy(self)
        paying._token = token
        return paying

    def create_quantum_task(self, **request: Any) -> str:
        """The ARN of the task. Raises QpilotError without a token, and what botocore raises; nothing is tried again."""
        if self._token is None:
            raise QpilotError(
                "a task without a token of its own could be paid twice, and was not sent: submit through"
                " qpilot.braket.service"
            )
        arn: str = super().create_quantum_task(**request, clientToken=self._token)
        return arn

    def get_quantum_task(self, arn: str) -> dict[str, Any]:
        """GetQuantumTask with its place in the queue, asked once (the SDK's own asks up to three times)."""
        answer: dict[str, Any] = self.braket_client.get_quantum_task(
            quantumTaskArn=arn, additionalAttributeNames=["QueueInfo"]
        )
        return answer

    @cached_property
    def s3_client(self) -> Any:
        """An S3 client with the same timeouts, and one attempt a call."""
        return self.boto_session.client("s3", region_name=self.region, config=self._config)

    @cached_property
    def sts_client(self) -> Any:
        """An STS client with the same timeouts, and one attempt a call."""
        return self.boto_session.client("sts", region_name=self.region, config=self._config)


def region(arn: str) -> str | None:
    """The region an ARN names, None for Amazon's simulators: the session's own (AWS_DEFAULT_REGION) then serves."""
    parts = arn.split(":")
    if len(parts) < 6 or parts[2] != "braket":
        raise QpilotError(f"{arn!r} is no ARN of Amazon Braket; required: arn:aws:braket:REGION:ACCOUNT:...")
    return parts[3] or None
