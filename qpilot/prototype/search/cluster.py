"""A Dask cluster that takes pieces of work: one at an address, or one of this machine's own processes.

Through distributed's own client. prefect-dask runs the tasks of a flow on Dask, at a fifth of a second each, and its
task runner belongs to the flow; a sweep is thousands of small fits inside one task, and nothing in this package knows
Prefect.
"""

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import Any

from qpilot import provenance
from qpilot.errors import QpilotError

WORKERS_SECONDS = 20
"""How long a scheduler may take to have its first worker. How long it is called is Dask's own setting."""


def run(
    work: Callable[[Any, Any], Any],
    shared: Any,
    pieces: Sequence[Any],
    scheduler: str | None,
    workers: int,
    lost: Callable[[str], Any],
    meanwhile: Callable[[], None],
    seconds: float,
) -> Iterator[tuple[int, Any]]:
    """Each piece's place and answer, as they are finished; `lost(reason)` for one that killed every worker it was given.

    meanwhile: called whenever nothing was finished for so many seconds.
    Raises QpilotError where Dask is not installed, the scheduler is not reached or has no workers, or a worker runs
    other code than this process: its answers would not be this pilot's.
    """
    with _client(scheduler, workers) as client:
        distributed = import_module("distributed")
        # As a task's result and not scattered: what a dying worker held is then computed again by itself.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")
            common = client.submit(_same, shared, pure=False)
        running = {client.submit(work, common, piece, pure=False): place for place, piece in enumerate(pieces)}
        finished: SimpleQueue[Any] = SimpleQueue()
        for future in running:
            future.add_done_callback(finished.put)
        while running:
            try:
                future = finished.get(timeout=seconds)
            except Empty:
                meanwhile()
                continue
            try:
                answer = future.result()
            except distributed.KilledWorker as error:
                answer = lost(f"every worker it ran on died: {str(error).splitlines()[0]}")
            yield running.pop(future), answer
            future.release()


def _same(value: Any) -> Any:
    return value


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Dask's own log kept out of the pilot's: what concerns a fit is raised, and a worker that is told to end says so loudly.

    LocalCluster silences the handlers that Dask installs with its import; where the process logs already, as under Prefect,
    that is none, and every line of scheduler and workers would be shown.
    """
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


@contextlib.contextmanager
def _client(scheduler: str | None, workers: int) -> Iterator[Any]:
    try:
        distributed = import_module("distributed")
    except ModuleNotFoundError as error:
        raise QpilotError(
            f'search.runner = "dask" needs Dask ({error.name} is not installed): pip install "qpilot[dask]"'
        ) from error
    if scheduler is None:
        with (
            _quiet(),
            distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs="CRITICAL"
            ) as local,
            distributed.Client(local) as client,
        ):
            yield client
        return
    try:
        client = distributed.Client(scheduler)
    except (OSError, TimeoutError, ValueError) as error:
        raise QpilotError(
            f"no Dask scheduler answers at {scheduler} ({error}); start one, or leave out search.scheduler"
        ) from error
    with client:
        require_same(client, scheduler)
        yield client


def stamp() -> dict[str, str]:
    """What decides a fit's bits: the code's sha256, and the versions of what it computes with."""
    return {"code": provenance.code_digest()[:12], **provenance.versions()}


def require_same(client: Any, scheduler: str, stamp: Callable[[], dict[str, str]] = stamp) -> None:
    """Nothing, where the scheduler has workers and all of them compute as this process does; else raises QpilotError."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
        theirs = client.run(stamp)
    except TimeoutError as error:
        raise QpilotError(
            f"the Dask scheduler at {scheduler} has no workers; start some: dask worker {scheduler}"
        ) from error
    except ModuleNotFoundError as error:
        raise QpilotError(f"a worker of {scheduler} has no qpilot ({error}); install this version there") from error
    mine = stamp()
    for worker, found in sorted(theirs.items()):
        differing = [
            f"{name} {found.get(name)}, here {value}" for name, value in mine.items() if found.get(name) != value
        ]
        if differing:
            raise QpilotError(
                f"Dask worker {worker} would answer otherwise: it has {'; '.join(differing)}; bring it up to date"
            )
