"""Where the pieces of a sweep run: processes, threads, or a Dask cluster; the same answers, bit for bit, wherever."""

import contextlib
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

from qpilot.pilot import Search
from qpilot.prototype.search import cluster

Work = Callable[[Any, Any], Any]
"""(what all pieces share, a piece) -> its answer."""


@dataclass(frozen=True)
class Lost:
    """The worker that had the piece died of it."""

    reason: str


Answers = Iterator[tuple[int, Any]]
"""The place of a piece and its answer, or Lost, in the order they are finished."""


Meanwhile = Callable[[], None]
"""Called about once a second while nothing is finished, in the thread that takes the answers."""

MEANWHILE_SECONDS = 1.0


def nothing() -> None:
    """Nobody waits."""


def run(work: Work, shared: Any, pieces: Sequence[Any], search: Search, meanwhile: Meanwhile = nothing) -> Answers:
    """Every piece's answer, from the pilot's runner. What `work` raises is raised here, and ends the rest."""
    yield from RUNNERS[search.runner](work, shared, pieces, search, meanwhile)


def width(search: Search) -> int:
    """How many pieces run at once: as many as there are cores, where the pilot does not say."""
    from joblib import cpu_count

    return search.workers or int(cpu_count())


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """One thread a fit inside: as many fits run as there are cores, and a sum does not depend on how many that is.

    A grid's poor corners may not converge, which cross-validation shows by itself.
    """
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def threads(work: Work, shared: Any, pieces: Sequence[Any], search: Search, meanwhile: Meanwhile) -> Answers:
    """In this process. What holds Python's lock is not faster for it; what computes in NumPy and scikit-learn is."""
    from threadpoolctl import threadpool_limits

    # OpenMP counts its threads for each thread that asks; BLAS for the whole process, which `quietly` sees to.
    with quietly(), ThreadPoolExecutor(width(search), initializer=threadpool_limits, initargs=(1,)) as pool:
        running = {pool.submit(work, shared, piece): place for place, piece in enumerate(pieces)}
        finished: SimpleQueue[Future[Any]] = SimpleQueue()
        for future in running:
            future.add_done_callback(finished.put)
        try:
            while running:
                try:
                    future = finished.get(timeout=MEANWHILE_SECONDS)
                except Empty:
                    meanwhile()
                    continue
                yield running.pop(future), future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def processes(work: Work, shared: Any, pieces: Sequence[Any], search: Search, meanwhile: Meanwhile) -> Answers:
    """In processes of this machine, which stay for the next sweep. What all pieces share is mapped into memory once.

    A process that dies takes its pool with it, and nobody says which piece it had: those under way are tried again one
    at a time, and one that kills its process when alone is lost. The others go on.
    """
    import joblib

    workers, todo, suspects = width(search), deque(range(len(pieces))), deque[int]()
    with TemporaryDirectory(prefix="qpilot-search-", ignore_cleanup_errors=True) as folder:
        path = str(Path(folder) / "shared")
        joblib.dump(shared, path)
        while todo or suspects:
            alone = bool(suspects)
            running: dict[Future[Any], int] = {}
            try:
                while (queue := suspects if alone else todo) or running:
                    while queue and len(running) < (1 if alone else workers):
                        place = queue.popleft()
                        running[_pool(workers).submit(_mapped, work, path, pieces[place])] = place
                    finished = wait(running, MEANWHILE_SECONDS, FIRST_COMPLETED).done
                    for future in finished:
                        answer = future.result()
                        yield running.pop(future), answer
                    if not finished:
                        meanwhile()
            except BrokenExecutor as error:
                if alone:
                    yield running.popitem()[1], Lost(f"the process it ran in died: {str(error).splitlines()[0]}")
                else:
                    suspects.extend(sorted(running.values()))


def _pool(workers: int) -> Any:
    from joblib.externals.loky import get_reusable_executor

    # One thread a process from the start: a library that is loaded later would count the cores for itself.
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    return get_reusable_executor(max_workers=workers, timeout=120, env=one)


def _mapped(work: Work, path: str, piece: Any) -> Any:
    with quietly():
        return work(_shared(path), piece)


@lru_cache(maxsize=2)
def _shared(path: str) -> Any:
    import joblib

    return joblib.load(path, mmap_mode="r")


def dask(work: Work, shared: Any, pieces: Sequence[Any], search: Search, meanwhile: Meanwhile) -> Answers:
    """On the Dask scheduler the pilot names, or on a cluster of this machine's processes for as long as it takes."""
    asked = search.scheduler, width(search)
    yield from cluster.run(_quiet, (work, shared), pieces, *asked, Lost, meanwhile, MEANWHILE_SECONDS)


def _quiet(shared: tuple[Work, Any], piece: Any) -> Any:
    work, material = shared
    with quietly():
        return work(material, piece)


RUNNERS: Mapping[str, Callable[[Work, Any, Sequence[Any], Search, Meanwhile], Answers]] = {
    "processes": processes,
    "threads": threads,
    "dask": dask,
}
