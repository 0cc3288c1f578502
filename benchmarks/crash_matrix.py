"""kill -9 of flow, worker, both or server at every stage of charged, deployed runs; a table of what came of it.

    python -m benchmarks.crash_matrix [--victims flow worker both server] [--moments data ... register]

A cell: a small pilot on a Prefect server and a process worker of its own pays a Braket service on loopback; the victim is
killed when the run comes to the moment; it is started again, and the run is taken up with `prefect flow-run retry` where it
does not go on by itself (number of retries in brackets). "well": promoted, every task paid once, journal and vendor agree to
the cent, one opening, request, approval, version and alias, no artifact and no event twice, `qpilot verify` finds nothing.
Ends with 1 where a cell is not well. About a minute a cell.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.flows.crashes import MOMENTS, VICTIMS, Crash, Moment, Victim
from tests.flows.deployed import Deployed
from tests.loopback import Loopback


def cell(deployed: Deployed, place: Path, number: int, moment: Moment, victim: Victim) -> str:
    """What became of one run."""
    with Loopback() as vendor:
        try:
            crash = Crash(deployed, vendor, place, number)
            crash.go_to(moment)
            crash.kill(victim)
            wrong = crash.wrong(crash.take_up(victim))
        except AssertionError as error:
            return f"broken: {str(error)[:300]}"
        return "; ".join(wrong) or f"well ({crash.retries})"


def main() -> int:
    """Prints the table, and what is wrong below it."""
    parser = argparse.ArgumentParser(prog="crash_matrix", description=str(__doc__).splitlines()[0])
    parser.add_argument("--victims", nargs="+", choices=VICTIMS, default=VICTIMS)
    parser.add_argument("--moments", nargs="+", choices=MOMENTS, default=MOMENTS)
    chosen = parser.parse_args()
    began, found, number = time.monotonic(), {}, 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Deployed(Path(folder)) as deployed:
        for moment in chosen.moments:
            for victim in chosen.victims:
                number += 1
                found[moment, victim] = cell(deployed, Path(folder) / f"home{number}", number, moment, victim)
                sys.stderr.write(f"{moment}, {victim}: {found[moment, victim]}\n")
    print(f"{'killed at':<12}" + "".join(f"{victim:<12}" for victim in chosen.victims))
    for moment in chosen.moments:
        row = [found[moment, victim] for victim in chosen.victims]
        print(f"{moment:<12}" + "".join(f"{one if one.startswith('well') else 'WRONG':<12}" for one in row))
    bad = {place: one for place, one in found.items() if not one.startswith("well")}
    for (moment, victim), one in bad.items():
        print(f"{moment}, {victim}: {one}")
    print(f"{len(found)} cells, {len(bad)} with something wrong, {time.monotonic() - began:.0f} s")
    return int(bool(bad))


if __name__ == "__main__":
    raise SystemExit(main())
