"""`python -m tests.loopback [--port 8720] [--state FILE]`: the service until Ctrl-C, to rehearse a paid run for nothing.

Prints the lines to paste first, then a line for every accepted task with its price, and the total at the end.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from gates.wording import dollars
from tests.loopback import Loopback
from tests.loopback.server import FOREIGN
from tests.loopback.tasks import Task


def say(text: str) -> None:
    """A line on stdout, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def line(task: Task) -> str:
    """What was accepted, and what it costs when it completes."""
    accepted = task.accepted
    circuits = f"{accepted.executables} circuits, " if accepted.kind.endswith("_set") else ""
    price = "by the minute" if accepted.kind == "simulator" else f"{dollars(accepted.price)}"
    item = accepted.tags.get("qpilot-item", accepted.token[:12])
    return f"{accepted.device:<22} {circuits}{accepted.shots} shots  {price}  {item}  {accepted.arn.rsplit('/', 1)[-1]}"


def main(arguments: list[str]) -> int:
    """Serves until interrupted or terminated. Exit code 0, or 1 where the port is taken."""
    parser = argparse.ArgumentParser(prog="python -m tests.loopback", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8720, help="0 takes a free one (default: 8720)")
    parser.add_argument("--state", type=Path, help="a file in which tasks and bills outlive a restart")
    parser.add_argument("--poll-ms", type=int, default=250, help="how often clients are asked to poll")
    chosen = parser.parse_args(arguments)
    try:
        service = Loopback(chosen.state, chosen.port)
    except OSError as error:
        sys.stderr.write(f"port {chosen.port} cannot be opened ({error.strerror}): choose another with --port\n")
        return 1
    service.settings.poll_ms = chosen.poll_ms
    service.acceptance.on_accept = lambda task: say(line(task))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with service:
        say("# paste this into the shell that runs qpilot; nothing reaches Amazon, nothing is charged")
        say(f"unset {' '.join(FOREIGN)}")
        for name, value in service.environment.items():
            say(f"export {name}={value}")
        if service.tasks:
            say(f"# {len(service.tasks)} tasks from {chosen.state}, {dollars(service.bills.total)} billed")
        say(f"# ready on {service.url}; Ctrl-C ends it")
        stop.wait()
        for device, usd in service.bills.by_device().items():
            say(f"{device}  {dollars(usd)}")
        say(
            f"total: {dollars(service.bills.total)} for {len(service.bills)} tasks, {dollars(service.bills.due)} still open"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
