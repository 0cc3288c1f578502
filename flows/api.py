"""A client of the Prefect server that PREFECT_API_URL names; what keeps it from answering is a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.settings import get_current_settings

from qpilot.errors import QpilotError

START_ONE = "`make server` starts one on this machine"


@contextmanager
def api() -> Iterator[SyncPrefectClient]:
    """A client that has had an answer.

    Raises QpilotError where no server is named, none answers, or it refuses: at first, or at any call inside.
    """
    url = get_current_settings().api.url
    if not url:
        raise QpilotError(f"no Prefect server is named: set PREFECT_API_URL; {START_ONE} and prints its URL")
    with _said(url), get_client(sync_client=True) as client:
        client.request("GET", "/admin/version")  # unlike /health it wants the password
        yield client


@contextmanager
def _said(url: str) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPStatusError as error:
        raise QpilotError(_refused(url, error.response)) from error
    except (httpx.TransportError, httpx.InvalidURL, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "API" not in str(error):
            raise
        said = f"no Prefect server answers at {url} ({type(error).__name__}); {START_ONE}, else set PREFECT_API_URL"
        raise QpilotError(said) from error


def _refused(url: str, response: httpx.Response) -> str:
    if response.status_code in (401, 403):
        return f"the Prefect server at {url} wants a password: set PREFECT_API_AUTH_STRING to user:password"
    if response.status_code == 404 and response.request.url.path.endswith("/admin/version"):
        return f"{url} is no Prefect API: PREFECT_API_URL ends in /api"
    said = " ".join(response.text.split())[:300]
    return f"the Prefect server at {url} answered {response.status_code}: {said}"
