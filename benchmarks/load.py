"""200 pilots, each with a schedule of its own, on one loopback server on PostgreSQL with one process worker: is any lost?

    OMP_NUM_THREADS=1 python -m benchmarks.load [--pilots 200] [--whole 10] [--limit 2] [--minutes 60]

`make server` on free ports and a home of its own; every pilot is deployed as `qpilot deploy --cron` does it, all due at the
same minute. Most are refused at their first gate (too few rows): a decision that costs a flow-run process, a journal, a
report, and no training. `--whole` of them are the positive control, small, which trains and is measured; on rows that so many
share it may end promoted, refused or inconclusive, and each of these is a decision.

Ends with 1 unless every pilot has exactly one flow run that was due and that run ended in the state it should, the journal
holds its ending once, and `qpilot verify` finds the record whole. Bounded in number and time; loopback alone.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterExpectedStartTime
from prefect.client.schemas.objects import FlowRun

from flows.deployment.deploying import Wish, deploy
from flows.interruption import descendants
from qpilot.pilotfile import read
from qpilot.record.home import Home
from tests.deployments.conftest import PLANTED, REFUSED, SMALL, Local, local, qpilot, reaching
from tests.postgres import cluster

PAGE = 200
DECIDED = {"Promoted", "NoGo", "Inconclusive"}
SETTLED = ("COMPLETED", "FAILED", "CANCELLED")


def main() -> int:
    """0 where nothing was lost."""
    asked = arguments()
    with tempfile.TemporaryDirectory() as folder, cluster() as postgres:
        database = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": postgres.database().url("postgresql+asyncpg")}
        words = ("--port", "0", "--reports-port", "0", "--limit", str(asked.limit))
        with local(Path(folder) / "home", words, **database) as server, reaching(f"{server.url}/api") as client:
            expected = {f"load-{number:03d}": number < asked.whole for number in range(asked.pilots)}
            start = time.monotonic()
            due = schedule(client, server, expected)
            print(
                f"deployed  {len(expected)} pilots in {time.monotonic() - start:.0f} s, all due at {due:%H:%M} UTC",
                flush=True,
            )
            memory = Memory(server.process.pid)
            found = waited(client, due, len(expected), asked.minutes * 60)
            return report(server, expected, found, due, memory.peak())


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pilots", type=int, default=200)
    parser.add_argument("--whole", type=int, default=10, help="how many of them have enough rows")
    parser.add_argument("--limit", type=int, default=os.cpu_count() or 1, help="flow runs at once")
    parser.add_argument("--minutes", type=float, default=60, help="it stops after that long")
    return parser.parse_args()


def schedule(client: SyncPrefectClient, server: Local, expected: dict[str, bool]) -> datetime:
    """Every pilot is deployed with a cron that is due once a year, at the same minute; answers when.

    The first two are deployed without one before, to learn how long it takes here.
    """
    wishes = [wish(number, name, promoted) for number, (name, promoted) in enumerate(expected.items())]
    for one in wishes[:2]:
        start = time.monotonic()
        deploy(client, one, Home(server.home))
    each = time.monotonic() - start
    due = datetime.now(UTC) + timedelta(seconds=1.5 * each * len(wishes) + 150)  # the scheduler looks once a minute
    due = due.replace(second=0, microsecond=0)
    for one in wishes:
        deploy(client, replace(one, cron=f"{due.minute} {due.hour} {due.day} {due.month} *"), Home(server.home))
    assert datetime.now(UTC) < due, "deploying took longer than was left for it"
    return due


def wish(number: int, name: str, promoted: bool) -> Wish:
    """The pilot as it is to be deployed."""
    overrides = (*(SMALL if promoted else REFUSED), f'name="{name}"', f"seed={number}")
    pilot = read(PLANTED / "pilot.toml", overrides).pilot
    return Wish(pilot=pilot, path=PLANTED / "pilot.toml", overrides=overrides)


def waited(client: SyncPrefectClient, due: datetime, number: int, seconds: float) -> list[FlowRun]:
    """The flow runs that were due, once all have ended or the time is up."""
    deadline, last = time.monotonic() + seconds, -1
    while True:
        found = [run for run in runs(client, due) if run.deployment_id is not None]
        ended = sum(run.state_type is not None and run.state_type.value in SETTLED for run in found)
        if 10 * ended // number != 10 * last // number:
            print(f"          {ended:>4} of {number} ended, {datetime.now(UTC):%H:%M:%S}", flush=True)
            last = ended
        if ended >= number or time.monotonic() > deadline:
            return found
        time.sleep(2)


def runs(client: SyncPrefectClient, due: datetime) -> list[FlowRun]:
    """All that were due by then."""
    until = FlowRunFilter(expected_start_time=FlowRunFilterExpectedStartTime(before_=due + timedelta(seconds=1)))
    found: list[FlowRun] = []
    while page := client.read_flow_runs(flow_run_filter=until, limit=PAGE, offset=len(found)):
        found += page
    return found


class Memory:
    """The most the server, the worker and all runs held at once, by proportional set size, looked at every 5 s."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._ended = pid, 0, threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def peak(self) -> int:
        """Bytes; watching ends."""
        self._ended.set()
        return self._peak

    def _watch(self) -> None:
        while not self._ended.wait(5):
            self._peak = max(self._peak, sum(map(_held, descendants(self._pid))))


def _held(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it ended meanwhile
        return 0
    return 1024 * next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def report(server: Local, expected: dict[str, bool], found: Sequence[FlowRun], due: datetime, peak: int) -> int:
    """Prints the table; 0 where nothing was lost."""
    whole = {name for name, one in expected.items() if one}
    first = Counter(run.state_name for run in found if run.tags and not whole & set(run.tags))
    states = Counter(run.state_name for run in found)
    entries = [entry.key for entry in Home(server.home).journal.find("ended")]
    kept = Counter(key.rsplit("-", 2)[0] for key in entries)
    code, out, err = qpilot(server, "verify")
    ends = [run.end_time for run in found if run.end_time is not None]
    wall = (max(ends) - due).total_seconds() if ends else 0.0
    waits = sorted((run.start_time - due).total_seconds() for run in found if run.start_time is not None)
    print(f"due       {len(found)} flow runs of {len(expected)} pilots")
    print(f"states    {dict(states)}; of those refused at the first gate {dict(first)}")
    print(f"journal   {len(entries)} endings of {len(kept)} pilots, each once: {set(kept.values()) == {1}}")
    print(f"verify    {(out or err).strip().splitlines()[-1]}")
    print(f"wall      {wall:.0f} s from due to the last end; {60 * len(ends) / max(wall, 1):.1f} pilots a minute")
    print(f"waited    median {waits[len(waits) // 2] if waits else 0:.0f} s, longest {max(waits, default=0):.0f} s")
    print(f"memory    {peak / 1e9:.2f} GB at most: server, worker and runs")
    print(f"restarts  {sum(run.run_count - 1 for run in found)} flow runs were started again")
    lost = sorted(set(expected) - set(kept))
    decided = set(states) <= DECIDED and first == {"NoGo": len(expected) - len(whole)} and len(found) == len(expected)
    sound = decided and code == 0 and not lost and set(kept.values()) == {1}
    print("nothing lost" if sound else f"LOST or wrong: {lost or dict(states)}")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
