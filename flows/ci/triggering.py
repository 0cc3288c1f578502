"""Starts a deployed pilot on the Prefect server, looks at its state, and reads the answer it leaves there."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import ArtifactSort
from prefect.context import SettingsContext, get_settings_context
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES
from prefect.utilities.urls import url_for

from flows.api import START_ONE
from flows.ci.joblog import fenced, recalled
from flows.ci.watching import Seen, Unreachable
from qpilot.errors import QpilotError
from qpilot.runs.summary import Summary

Answer = TypeVar("Answer")

AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""What a server or the proxy before it answers while it starts or is overloaded."""


class Server:
    """The server of PREFECT_API_URL. A call raises Unreachable while it is away, QpilotError where it refuses."""

    def __init__(self) -> None:
        standing = get_settings_context()
        url = standing.settings.api.url
        if not url:
            raise QpilotError(f"no Prefect server is named: set PREFECT_API_URL; {START_ONE} and prints its URL")
        self.url = url
        # Its own retries wait for minutes; whoever waits here decides for how long. Made once: it takes 0.1 s.
        self._settings = standing.settings.copy_with_update(updates={PREFECT_CLIENT_MAX_RETRIES: 0})
        self._profile = standing.profile

    def deployment(self, name: str, path: str) -> DeploymentResponse:
        """The deployment pilot/`name`. path: the pilot file, for the sentence."""
        with self._client() as client:
            try:
                return client.read_deployment_by_name(f"pilot/{name}")
            except ObjectNotFound:
                raise QpilotError(
                    f"no deployment pilot/{name} on {self.url}; `qpilot deploy {path}` puts it there"
                ) from None

    def start(self, found: DeploymentResponse, overrides: Sequence[str], by: str, key: str | None) -> FlowRun:
        """A run of the deployment, asked for once: `key` (else one of this call's own) makes asking again the same run."""
        schema: Any = found.parameter_openapi_schema or {}
        known = schema.get("properties", {})
        parameters: dict[str, Any] = {"overrides": [*overrides]} if overrides else {}
        if by and "by" in known:
            parameters["by"] = by
        with self._client() as client:
            return client.create_flow_run_from_deployment(found.id, parameters=parameters, idempotency_key=key)

    def flow_run(self, number: UUID) -> FlowRun:
        """The flow run as it stands."""
        with self._client() as client:
            try:
                return client.read_flow_run(number)
            except ObjectNotFound:
                raise QpilotError(f"flow run {number} is gone from {self.url}: somebody deleted it") from None

    def look(self, number: UUID) -> Seen:
        """Its state."""
        state = self.flow_run(number).state
        if state is None:
            return Seen("", "PENDING", "Pending", "")
        return Seen(str(state.id), state.type.value, state.name or state.type.value, state.message or "")

    def summary(self, run: FlowRun) -> Summary | None:
        """The answer the run left as an artifact; None where there is none."""
        key = f"{run.name.lower()}-summary"
        by_key = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
        by_run = ArtifactFilter(
            key=ArtifactFilterKey(like_="%-summary"), flow_run_id=ArtifactFilterFlowRunId(any_=[run.id])
        )
        with self._client() as client:
            for wanted in (by_key, by_run):
                pages = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC, limit=1)
                if pages and isinstance(pages[0].data, str):
                    return recalled(fenced(pages[0].data))
        return None

    def address(self, number: UUID) -> str:
        """Where a person sees the flow run."""
        base = self.url.rstrip("/").removesuffix("/api")
        return url_for("flow-run", number, default_base_url=base) or f"{base}/runs/flow-run/{number}"

    @contextmanager
    def _client(self) -> Iterator[SyncPrefectClient]:
        try:
            settings = SettingsContext(profile=self._profile, settings=self._settings)
            with settings, get_client(sync_client=True) as client:
                yield client
        except httpx.TransportError as error:
            raise Unreachable(f"no Prefect server answers at {self.url} ({type(error).__name__})") from error
        except (PrefectHTTPStatusError, httpx.HTTPStatusError) as error:
            code = error.response.status_code
            if code in AGAIN:
                raise Unreachable(f"the Prefect server at {self.url} answers {code}") from error
            if code in (401, 403):
                raise QpilotError(
                    f"the Prefect server at {self.url} wants a password: set PREFECT_API_AUTH_STRING to user:password"
                ) from error
            said = " ".join(error.response.text.split())[:300]
            raise QpilotError(f"the Prefect server at {self.url} answered {code}: {said}") from error


def insist(
    ask: Callable[[], Answer],
    until: float,
    tell: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Answer:
    """What `ask` answers, asked again while the server is away. Raises Unreachable at `until`, by `clock`."""
    told = False
    while True:
        try:
            return ask()
        except Unreachable as error:
            if clock() >= until:
                raise
            if not told:
                tell(f"{error}; trying again")
            told = True
            pause(1)


def new_key() -> str:
    """A key of this call alone: a request whose answer was lost can be made again."""
    return f"qpilot-trigger-{uuid4()}"
