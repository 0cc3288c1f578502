"""`make pilot`: the flagship on real data to its own true answer, then the positive control to promotion."""

import os
import sys
import time
from pathlib import Path

from rich.console import Console

from flows.embedded import run
from flows.interruption import Interrupted, interruptible, leave
from flows.terminal import Terminal, scorecard
from qpilot.errors import QpilotError
from qpilot.record.home import Home
from qpilot.runs.summary import Summary

PILOTS = Path(__file__).parent.parent / "pilots"
STOPS = (
    (
        "h4-correlation",
        True,
        "Which H4 geometries need a multi-reference treatment? Real chemistry, explored to the end.",
    ),
    ("planted", False, "Positive control: labels only a quantum model can learn. The chain must be able to say GO."),
)
"""Pilot, whether it is explored, and what it is for."""


def main() -> int:
    """0 once both chains have reached a decision, whatever it is; 1 where one could not."""
    out, home, start = Console(), Home.of(os.environ), time.monotonic()
    ended: list[Summary] = []
    for name, explore, purpose in STOPS:
        out.rule(f"[bold]{name}[/]", align="left")
        out.print(purpose, highlight=False)
        try:
            with Terminal(Console(stderr=True)) as watcher:
                ended.append(run(PILOTS / name / "pilot.toml", (), explore, home, watcher))
        except QpilotError as error:
            print(f"qpilot: {error}", file=sys.stderr)  # noqa: T201
            return error.exit_code
        scorecard(out, ended[-1])
    out.rule(f"[bold]both decided in {time.monotonic() - start:.0f} s[/]", align="left")
    for summary in ended:
        out.print(f"{summary.outcome:<13} {summary.run}  {summary.report}", highlight=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    try:
        with interruptible():
            code = main()
    except Interrupted as interrupted:
        print(f"qpilot: {interrupted}", file=sys.stderr)  # noqa: T201
        leave(interrupted.code)
    sys.exit(code)
