"""A charged, deployed run of which something is killed, and what must be so when it has been taken up again.

The moments are the journal's: when an entry of that kind is there, the victim is ended with kill -9.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

from qpilot.record.home import Home
from qpilot.spending.attempts import ITEM_TAG
from qpilot.spending.ledger import lines, totals
from qpilot.verification import verify
from tests.flows.conftest import shrunk
from tests.flows.deployed import Deployed, end
from tests.loopback import Life, Loopback

Moment = Literal["data", "prototype", "forecast", "awaiting", "hardware", "promotion", "register"]
Victim = Literal["flow", "worker", "both", "server"]
MOMENTS: tuple[Moment, ...] = get_args(Moment)
VICTIMS: tuple[Victim, ...] = get_args(Victim)


class Crash:
    """One run. number: tells its pilot from those of other crashes on the same server."""

    def __init__(self, deployed: Deployed, vendor: Loopback, place: Path, number: int) -> None:
        self.deployed, self.vendor, self.home = deployed, vendor, Home(place)
        path, overrides = shrunk("planted")
        # Other shots are another run; and a rehearsal of few rows must not make another decision of it.
        own = (f"hardware.shots={200 + number}", "hardware.batch=15", "gates.forecast.max_emulated_loss=0.4")
        words = (*overrides, 'hardware.backend="braket"', *own)
        vendor.settings.life = Life(queued=2)
        self.start: Callable[[], str] = lambda: deployed.run(place, path, words, vendor.environment)
        self.flow_run = self.start()
        self.retries = 0

    @property
    def run(self) -> str:
        """The run's name, once it has one."""
        return self.home.journal.find("started")[0].key

    def reached(self, moment: Moment) -> bool:
        """Whether the run is past the moment."""
        if not (self.home.path / "journal.db").is_file():
            return False
        if moment == "awaiting":
            return self.deployed.state(self.flow_run)[1] == "Suspended"
        if moment in ("hardware", "register"):
            return bool(self.home.journal.find("reserved" if moment == "hardware" else "version"))
        return any(f"/{moment}/" in entry.key for entry in self.home.journal.find("verdict"))

    def go_to(self, moment: Moment) -> None:
        """The run has come to the moment, approved where it had to be."""
        while True:
            self.deployed.until(lambda: self.reached(moment) or self._stands(), 150)
            if self.reached(moment):
                return
            assert self.deployed.state(self.flow_run)[1] == "Suspended", self.deployed.said(self.flow_run)
            self.approve()

    def approve(self) -> None:
        """A person approves on the command line, which resumes the run."""
        code, answer, said = self.deployed.qpilot(
            self.home.path, "approve", self.run, "--max-usd", 600, "--approver", "Ada"
        )
        assert code == 0, (answer, said)

    def kill(self, victim: Victim) -> None:
        """The victim is gone; worker and server are started again."""
        if victim in ("worker", "both"):
            assert self.deployed.worker is not None
            os.kill(self.deployed.worker.pid, signal.SIGKILL)  # alone: its runs live on
            self.deployed.worker.wait()
        if victim in ("flow", "both"):
            for pid in self.deployed.processes(self.flow_run):
                os.kill(pid, signal.SIGKILL)
        if victim == "server":
            assert self.deployed.server is not None
            end(self.deployed.server, signal.SIGKILL)
            self.deployed.start_server()
        if victim in ("worker", "both"):
            self.deployed.start_worker()

    def take_up(self, victim: Victim) -> str:
        """The name of the state the run ends in, after whatever an operator has to do."""
        if victim == "both" and self.deployed.state(self.flow_run)[0] not in ("PAUSED", "COMPLETED"):
            # Nobody is left to say so: the automation `zombie` does, when no heartbeat comes any more.
            gone = {"state": {"type": "CRASHED", "message": "no heartbeat"}, "force": True}
            self.deployed.post(f"flow_runs/{self.flow_run}/set_state", gone)
        while True:
            self.deployed.until(self._stands, 200)
            kind, name = self.deployed.state(self.flow_run)
            if name == "Suspended":
                self.approve()
                self.deployed.until(lambda: self.deployed.state(self.flow_run)[1] != "Suspended", 30)
            elif kind == "CRASHED" or (kind == "FAILED" and name in ("Failed", "Busy", "Held")):
                self.retries += 1
                if self.retries > 3:
                    return name
                done = self.deployed.prefect("flow-run", "retry", self.flow_run)
                assert done.returncode == 0, done.stdout + done.stderr  # the run is scheduled by now, or crashed anew
            else:
                return name

    def _stands(self) -> bool:
        kind, name = self.deployed.state(self.flow_run)
        return name == "Suspended" or kind in ("COMPLETED", "FAILED", "CANCELLED", "CRASHED")

    def wrong(self, outcome: str) -> list[str]:
        """A sentence for everything that may not be."""
        journal, bills = self.home.journal, self.vendor.bills
        paid = Counter(bill.tags[ITEM_TAG].rsplit("/", 1)[0] for bill in bills.values())
        pages = Counter((one["key"], str(one["data"])) for one in self._pages())
        events = Counter((one["event"], one["payload"]["entry"]) for one in self.deployed.events(self.run))
        said = {
            f"ended {outcome}": outcome != "Promoted",
            "a task was paid twice": any(times > 1 for times in paid.values()),
            "nothing was paid": not paid,
            "the journal bills otherwise": totals(lines(journal, self.run)).billed != bills.total,
            **{f"artifact {key} was published {times} times": times > 1 for (key, _), times in pages.items()},
            **{f"event {name} was told {times} times": times > 1 for (name, _), times in events.items()},
            **{f"{len(journal.find(kind))} {kind} entries": len(journal.find(kind)) != 1
               for kind in ("opening", "request", "approval", "version", "alias")},
            **{finding.what: True for finding in verify(self.home)},
        }  # fmt: skip
        return [sentence for sentence, so in said.items() if so]

    def _pages(self) -> list[dict[str, Any]]:
        return [one for one in self.deployed.artifacts() if self.run in str(one["description"])]
