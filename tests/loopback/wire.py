"""What a request and an answer are, and how Amazon Braket words a refusal (REST-JSON, API 2019-09-01)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STATUS = {
    "AccessDeniedException": 403,
    "ConflictException": 409,
    "DeviceOfflineException": 424,
    "DeviceRetiredException": 410,
    "ExpiredTokenException": 403,
    "InternalServiceException": 500,
    "MissingAuthenticationTokenException": 403,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 402,
    "ThrottlingException": 429,
    "UnrecognizedClientException": 403,
    "ValidationException": 400,
}
"""HTTP status of each error, from botocore's model of the service and AWS's common errors."""


@dataclass(frozen=True)
class Request:
    """One call. service, region: whom the signature names ("braket", "s3", "sts"), "" where it is not signed."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    body: bytes
    service: str
    region: str

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; ValidationException where it is none."""
        try:
            parsed = json.loads(self.body or b"{}")
        except ValueError as error:
            raise Refusal("ValidationException", f"the body is not JSON: {error}") from error
        if not isinstance(parsed, dict):
            raise Refusal("ValidationException", "the body is not a JSON object")
        return parsed


@dataclass(frozen=True)
class Reply:
    """An answer. `body` None drops the connection without one."""

    status: int = 200
    body: bytes | None = b""
    headers: Mapping[str, str] = field(default_factory=dict)


DROPPED = Reply(body=None)


class Refusal(Exception):  # noqa: N818
    """An error the service answers with. `more`: members of the error beside its message."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.more = code, message, more

    def reply(self) -> Reply:
        """As Amazon Braket words it."""
        body = json.dumps({"message": self.message, **self.more}).encode()
        headers = {"Content-Type": "application/json", "x-amzn-errortype": self.code}
        return Reply(STATUS.get(self.code, 400), body, headers)


def answer(value: object, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


def required(body: Mapping[str, Any], *names: str) -> None:
    """Raises ValidationException, worded as AWS does, where a member is missing."""
    for name in names:
        if body.get(name) in (None, ""):
            raise Refusal(
                "ValidationException",
                f"1 validation error detected: Value null at '{name}' failed to satisfy constraint: "
                "Member must not be null",
            )
