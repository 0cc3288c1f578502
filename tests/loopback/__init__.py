"""Amazon Braket on the loopback interface: the wire the real boto3 and amazon-braket-sdk speak, and the money behind it.

    with Loopback() as service:
        os.environ.update(service.environment)       # or the fixture `braket_service` (tests/loopback/fixtures.py)
        ...                                          # AwsSession, AwsDevice, AwsQuantumTask, boto3, as ever
        service.bills[arn].usd, service.bills.total  # what was charged, by the service's own ledger
        service.faults.add("CreateQuantumTask", "accept-then-drop", nth=2)   # tests/loopback/faults.py has the table
        service.settings.life = Life(queued=3)       # polls (or seconds of the clock) a task takes; at once by default
        service.clock.advance(601)                   # client tokens live 600 s of this clock
        service.tasks, service.calls, service.catalogue.change("iqm-garnet", {...}), service.catalogue.status

From other processes: /_control (tests/loopback/control.py). To rehearse a paid run: `python -m tests.loopback`.
"""

from pathlib import Path

from tests.loopback.server import Running
from tests.loopback.service import Service
from tests.loopback.tasks import Life

__all__ = ["Life", "Loopback"]


class Loopback(Service):
    """The service on a thread of this process, inside a `with`. state: a file in which it outlives a restart.

    port 0 takes a free one.
    """

    def __init__(self, state: Path | None = None, port: int = 0) -> None:
        super().__init__(state)
        self._running = Running(self, port)
        self.url = self._running.url
        self.environment = self._running.environment

    def __enter__(self) -> "Loopback":
        self._running.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._running.stop()
        self.register.close()
