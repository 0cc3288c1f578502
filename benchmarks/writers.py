"""Writers on one journal: guarded reservations against a limit, on SQLite and on PostgreSQL.

    python -m benchmarks.writers [--processes 8] [--each 500] [--limit 2000] [--only sqlite|postgres]

Every process reserves a dollar again and again; the guard sums what stands, in the transaction that writes. Printed: entries a
second, latency of a reservation (median, 99 %, most), and whether the limit held, nothing was lost and the chain is whole.
PostgreSQL is a cluster of its own on loopback that syncs each commit to disk, as SQLite does.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from qpilot.errors import QpilotError
from qpilot.record.journal import Find, Journal
from tests.postgres import PASSWORD, cluster


def write(where: str, worker: int, each: int, limit: int) -> None:
    """Reserves `each` times; prints what was taken, and the seconds each reservation or refusal took."""
    journal = Journal(where if "://" in where else Path(where))

    def check(find: Find) -> None:
        if sum(int(entry.payload["usd"]) for entry in find("reserved")) + 1 > limit:  # type: ignore[arg-type,call-overload,index]
            raise QpilotError("over the limit")

    for number in range(each):
        key, began = f"{worker}/{number}", time.perf_counter()
        try:
            journal.append("reserved", key, {"usd": 1}, datetime.now(UTC), check)
            said = key
        except QpilotError as error:
            if "over the limit" not in str(error):
                raise
            said = "-"
        print(said, time.perf_counter() - began, flush=True)


def measure(name: str, where: str, processes: int, each: int, limit: int) -> None:
    journal = Journal(where if "://" in where else Path(where))
    journal.head()
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.writers", "--write", where]
    words = ["--each", str(each), "--limit", str(limit)]
    workers = [
        subprocess.Popen([*command, str(one), *words], stdout=subprocess.PIPE, text=True) for one in range(processes)
    ]
    lines = [line.split() for worker in workers for line in worker.communicate()[0].splitlines()]
    seconds = time.perf_counter() - began
    taken = {key for key, _ in lines if key != "-"}
    stands = {entry.key for entry in journal.find("reserved")}
    milliseconds = 1000 * np.array([float(took) for _, took in lines])
    middle, late = np.percentile(milliseconds, (50, 99))
    print(
        f"{name:>10}: {len(lines)} reservations by {processes} processes in {seconds:.1f} s ({len(lines) / seconds:.0f}/s);"
        f" median {middle:.0f} ms, 99 % {late:.0f} ms, most {milliseconds.max():.0f} ms; {len(stands)} stand,"
        f" limit {limit} {'held' if len(stands) <= limit else 'PASSED'},"
        f" {len(taken ^ stands)} lost or not acknowledged, chain {'whole' if journal.verify() == () else 'BROKEN'},"
        f" ended well {sum(worker.returncode == 0 for worker in workers)}/{processes}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--each", type=int, default=500)
    parser.add_argument("--limit", type=int, default=2000)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    parser.add_argument("--write", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        write(given.write[0], int(given.write[1]), given.each, given.limit)
        return
    if given.only != "postgres":
        with tempfile.TemporaryDirectory() as folder:
            measure("SQLite", f"{folder}/journal.db", given.processes, given.each, given.limit)
    if given.only != "sqlite":
        os.environ["QPILOT_JOURNAL_PASSWORD"] = PASSWORD
        with cluster(durable=True) as made:
            measure("PostgreSQL", made.database().journal, given.processes, given.each, given.limit)


if __name__ == "__main__":
    main()
