"""kill -9 of whole paid runs, `qpilot run` as a user starts it, against the ledger of a Braket service on loopback.

    OMP_NUM_THREADS=1 python -m benchmarks.kill_flows [--trials 20] [--seed 1]

A trial takes a small pilot through the whole chain with backend "braket"; its process group is killed up to twice, at a
random request to the service or a random time, and the same command is given again until the pilot is promoted. Then the
journal is held against the service's own ledger. Ends with 1 where something is wrong.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np

from qpilot.record.home import Home
from qpilot.spending.attempts import ITEM_TAG, RUN_TAG
from qpilot.spending.ledger import lines, totals
from tests.flows.conftest import environment, flags, shrunk
from tests.loopback.server import FOREIGN
from tests.paid.reaper import MOMENTS, Reaper

PAID = ('hardware.backend="braket"', 'approval.when="never"')
REQUESTS, SECONDS, STARTS = 30, 25.0, 6
"""About what a run takes that nobody kills; and how often it is started at most."""


class GroupReaper(Reaper):
    """Kills the process group that the victim leads: the command, Prefect's server, every worker."""

    def _kill(self) -> None:
        with self._due:
            if self._victim is not None:
                os.killpg(self._victim[0], signal.SIGKILL)
                self._victim = None


def start(service: GroupReaper, home: Path, chance: np.random.Generator | None) -> tuple[int, str]:
    """One command: its exit code (negative: killed) and the last line of its stdout."""
    path, overrides = shrunk("planted")
    kept = {name: value for name, value in environment(home).items() if name not in FOREIGN}
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "qpilot"), "run", str(path), *flags((*overrides, *PAID)), "--json"],
        env={**kept, **service.environment, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    timer = None
    if chance is not None and chance.random() < 0.75:
        moment = MOMENTS[int(chance.integers(len(MOMENTS)))]
        service.kill_at(process.pid, "", int(chance.integers(1, REQUESTS + 1)), moment, float(chance.uniform(0, 0.2)))
    elif chance is not None:
        timer = threading.Timer(float(chance.uniform(1, SECONDS)), os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
    out, _ = process.communicate()
    service.spare()
    if timer is not None:
        timer.cancel()
    return process.returncode, (out.splitlines() or ["{}"])[-1]


def trial(service: GroupReaper, chance: np.random.Generator, counts: Counter[str]) -> list[str]:
    """A sentence for everything that may not be; what happened is added to `counts`."""
    service.reset()
    service.settings.poll_ms = 20
    home = Path(tempfile.mkdtemp())
    try:
        kills, code, last = int(chance.integers(1, 3)), 1, "{}"
        for number in range(STARTS):
            code, last = start(service, home, chance if number < kills else None)
            counts["processes started"] += 1
            counts["process groups killed"] += code < 0
            if code == 0:
                break
        return judge(service, home, code, json.loads(last), counts)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def judge(service: GroupReaper, home: Path, code: int, answer: dict[str, object], counts: Counter[str]) -> list[str]:
    """Holds the run's journal against the service's ledger."""
    place = Home(home)
    runs = {bill.tags[RUN_TAG] for bill in service.bills.values()}
    found = [line for run in runs for line in lines(place.journal, run)]
    paid = Counter(bill.tags[ITEM_TAG].rsplit("/", 1)[0] for bill in service.bills.values())
    duplicates = sum(times - 1 for times in paid.values())
    lost = len(set(service.bills) - {line.reference for line in found})
    counts["paid tasks"] += len(service.bills)
    counts["duplicate paid tasks"] += duplicates
    counts["tasks lost to the journal"] += lost
    counts["runs over budget"] += service.most > 500
    counts["promoted"] += code == 0 and answer.get("outcome") == "GO"
    said = {
        f"ended with {code}: {answer.get('error')}": code != 0,
        f"{duplicates} tasks paid twice": duplicates,
        f"{lost} tasks unknown to the journal": lost,
        "the journal bills otherwise": totals(found).billed != service.bills.total,
        "the run says otherwise": Decimal(str(answer.get("charged_usd", "-1"))) != service.bills.total,
        f"{len(place.journal.find('version'))} versions": len(place.journal.find("version")) != 1,
    }
    return [sentence for sentence, so in said.items() if so] + list(place.journal.verify())


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="kill_flows", description=str(__doc__).splitlines()[0])
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    began, counts, wrong = time.monotonic(), Counter[str](), 0
    with GroupReaper() as service:
        for number in range(chosen.trials):
            found = trial(service, np.random.default_rng([chosen.seed, number]), counts)
            wrong += bool(found)
            print(f"trial {number}: {'; '.join(found) or 'well'}", flush=True)
    for name in ("processes started", "process groups killed", "paid tasks", "duplicate paid tasks",
                 "tasks lost to the journal", "runs over budget", "promoted"):  # fmt: skip
        print(f"{name:<28}{counts[name]}")
    print(f"{'trials':<28}{chosen.trials}, {wrong} with something wrong, {time.monotonic() - began:.0f} s")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
