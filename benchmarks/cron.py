"""A cron schedule, seen to start a pilot: `make server`, `qpilot deploy --cron "* * * * *"`, and nobody touches it.

    OMP_NUM_THREADS=1 python -m benchmarks.cron

Prints when the run was due, when it started and how it ended. Ends with 1 where nothing fired within three minutes.
"""

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.deployments.conftest import REFUSED, changed, local, qpilot, reaching

PATIENCE_SECONDS = 180


def main() -> int:
    """0 once a run that the schedule made has come to a decision."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder, local(Path(folder) / "home") as server:
        code, out, err = qpilot(server, "deploy", *changed(REFUSED, "every-minute"), "--cron", "* * * * *")
        print(out or err)
        if code:
            return 1
        deployed, deadline = datetime.now(UTC), time.monotonic() + PATIENCE_SECONDS
        with reaching(f"{server.url}/api") as client:
            while time.monotonic() < deadline:
                for run in client.read_flow_runs():
                    if run.auto_scheduled and run.state is not None and run.state.is_final():
                        print(f"deployed {deployed:%H:%M:%S}; nobody started anything by hand")
                        print(f"due      {run.expected_start_time:%H:%M:%S}, by the schedule")
                        print(f"started  {run.start_time:%H:%M:%S}, ended {run.end_time:%H:%M:%S}: {run.state_name}")
                        return 0
                time.sleep(1)
    print("nothing fired")
    return 1


if __name__ == "__main__":
    sys.exit(main())
