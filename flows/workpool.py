"""The work pool of a Prefect server on this machine, asked over HTTP: Prefect's own client takes a second to import."""

import base64
import json
import urllib.request
from collections.abc import Mapping
from urllib.parse import quote

from qpilot.errors import QpilotError

ANSWER_SECONDS = 180
"""How long Prefect may take to answer on a busy machine: at its start it migrates an empty database first."""


class WorkPool:
    """One of processes. url: of the API; environment: what the server was started with, its password among it."""

    def __init__(self, url: str, name: str, environment: Mapping[str, str]) -> None:
        self._place, self._name = f"{url}/work_pools", name
        self._headers = {"Content-Type": "application/json"}
        login = environment.get("PREFECT_API_AUTH_STRING") or environment.get("PREFECT_SERVER_API_AUTH_STRING")
        if login:
            self._headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"

    def limit(self, runs: int) -> None:
        """It is there and runs so many at once. Not its worker: one with --limit ends when a run is taken up too early."""
        if self._ask("POST", "filter", {"work_pools": {"name": {"any_": [self._name]}}}):
            self._ask("PATCH", quote(self._name, safe=""), {"concurrency_limit": runs})
        else:
            self._ask("POST", "", {"name": self._name, "type": "process", "concurrency_limit": runs})

    def polled_by(self, worker: str) -> bool:
        """Whether the worker has come for work; who deploys before that finds nobody in the pool."""
        online = {"workers": {"status": {"any_": ["ONLINE"]}}}
        found = self._ask("POST", f"{quote(self._name, safe='')}/workers/filter", online)
        return isinstance(found, list) and worker in [one["name"] for one in found]

    def _ask(self, method: str, path: str, content: Mapping[str, object]) -> object:
        place = f"{self._place}/{path}"
        request = urllib.request.Request(place, json.dumps(content).encode(), self._headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return json.loads(answer.read() or "null")
        except OSError as error:
            raise QpilotError(f"the server did not take {method} {place}: {error}") from error
