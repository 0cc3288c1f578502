"""kill -9 during paid runs, by the hundred, against the ledger of a Braket service on loopback.

    OMP_NUM_THREADS=1 python -m benchmarks.kill_trials [--trials 300] [--seed 1] [--mutant token]

A trial (tests/paid/trial.py) runs the paid hardware stage in a process of its own, kills it up to three times, at a random
time, instruction or request, under a random fault of the service, and starts it again until it ends. Then the journal is
held against the service's own ledger: every circuit paid once, no task unknown to the journal, never more owed than the
budget (which is the price of the stage, to the cent), and every dollar settled.
--mutant: the same trials with a precaution taken out (tests/paid/mutants.py); they have to find it.
The same for the whole chain as users start it: benchmarks/kill_flows.py.
Ends with 1 where a trial finds something wrong, or where none finds the mutant.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from tests.loopback.fixtures import reached
from tests.paid.mutants import MUTANTS
from tests.paid.nursery import Nursery
from tests.paid.reaper import Reaper
from tests.paid.trial import Result, draw, trial


def stages(trials: int, seed: int, mutant: str) -> list[Result]:
    """The results of that many trials; says each that finds something."""
    found: list[Result] = []
    with Reaper() as service, reached(service), Nursery(service.environment) as nursery:
        for number in range(trials):
            result = trial(service, nursery, draw(np.random.default_rng([seed, number])), mutant)
            found.append(result)
            if result.wrong:
                say(f"trial {number} (--seed {seed}): {'; '.join(result.wrong)[:300]}")
            if number % 25 == 24:
                say(f"  {number + 1} trials, {sum(map(bool, (one.wrong for one in found)))} with something wrong")
    return found


def table(found: Sequence[Result], mutant: str, seconds: float) -> list[str]:
    """The lines of the table."""
    kills = Counter(name for one in found for name in one.killed)
    rows = {
        "trials": len(found),
        "processes killed": f"{sum(kills.values())} ({', '.join(f'{name} {n}' for name, n in sorted(kills.items()))})",
        "processes started": sum(one.starts for one in found),
        "journals cut back": sum(one.cuts for one in found),
        "trials with a fault of the service": sum(one.draw.fault != "none" for one in found),
        "tasks at the service": f"{sum(one.tasks for one in found)} ({sum(one.failed for one in found)} failed)",
        "duplicate paid tasks": sum(one.duplicates for one in found),
        "tasks lost to the journal": sum(one.lost for one in found),
        "trials over budget at any moment": sum(one.over for one in found),
        "attempts parked for a person": sum(one.parked for one in found),
        "trials that stopped for a reason and went on": sum(bool(one.said) for one in found),
        "trials with something wrong": sum(bool(one.wrong) for one in found),
        "wall time": f"{seconds:.0f} s ({seconds / max(1, len(found)):.1f} s a trial)",
    }
    return [f"mutant: {mutant}", *(f"{name:<46}{value}" for name, value in rows.items())]


def say(text: str) -> None:
    """A line on stdout, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="kill_trials", description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutant", choices=MUTANTS, default="none")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    found = stages(chosen.trials, chosen.seed, chosen.mutant)
    for line in table(found, chosen.mutant, time.monotonic() - began):
        say(line)
    wrong = any(one.wrong for one in found)
    return int(wrong == (chosen.mutant == "none"))


if __name__ == "__main__":
    raise SystemExit(main())
