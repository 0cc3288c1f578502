"""A whole prototype stage: what it takes, and that it grows in proportion to candidates, rows and seeds.

python -m benchmarks.search [--workers 2] [--scaling [--plot FILE.svg]]. Target: 12 candidates, 5x2 CV, 3 seeds, 6 qubits, 400
rows on 2 cores within 60 s and 2 GB. CPU seconds are those of all processes; on a machine that others use, the clock says little.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from qpilot import pilotfile
from qpilot.data.preparing import prepare
from qpilot.job import Job, Stores
from qpilot.prototype.search.sweep import Standing
from qpilot.prototype.stage import prototype
from qpilot.record.home import Home

CANDIDATES = """
[[candidates]]
model = ["variational", "hybrid"]
encoding = "angle"
ansatz = ["strongly-entangling", "real-amplitudes", "basic-entangling"]
layers = [1, 3]
qubits = 6
"""
LISTS = {
    12: CANDIDATES,
    6: CANDIDATES.replace(', "hybrid"', ""),
    3: CANDIDATES.replace(', "hybrid"', "").replace("[1, 3]", "2"),
}


def pilot_text(candidates: int, seeds: int, workers: int) -> str:
    """The planted pilot with six features, its candidates and search as asked."""
    text = (Path(__file__).parents[1] / "pilots" / "planted" / "pilot.toml").read_text()
    head, _, rest = text.partition("[[candidates]]")
    rest = rest[rest.index("[hardware]") :]
    search = f'[search]\nfolds = 5\nrepeats = 2\nseeds = {seeds}\nrunner = "processes"\nworkers = {workers}\n\n'
    return head + LISTS[candidates] + search + rest


def rows_file(folder: Path, rows: int) -> None:
    """Six features whose pairs decide, 15 % of the labels flipped."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(rows, 6))
    y = ((X[:, 0] * X[:, 1] + X[:, 2] * X[:, 3] > 0) ^ (rng.random(rows) < 0.15)).astype(int)
    lines = [",".join([*(f"f{k}" for k in range(6)), "label"])]
    lines += [",".join([*(f"{value:.6f}" for value in row), "ab"[label]]) for row, label in zip(X, y, strict=True)]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")


Size = tuple[int, int, int]
"""Candidates, rows and seeds."""
MIDDLE: Size = (6, 400, 2)
SIZES: list[Size] = [(3, 400, 2), MIDDLE, (12, 400, 2), (6, 200, 2), (6, 800, 2), (6, 400, 1), (6, 400, 4)]


@dataclass(frozen=True)
class Taken:
    """Seconds of the clock; CPU seconds of all processes, of quantum fits and of baselines; GB at the peak; fits."""

    seconds: float
    cpu: float
    quantum: float
    baselines: float
    peak: float
    fits: int

    def __str__(self) -> str:
        cpu = f"{self.cpu:>8.1f} {self.quantum:>8.1f} {self.baselines:>10.1f}"
        return f"{self.fits:>6} {self.seconds:>8.1f} {cpu} {self.peak:>8.2f}"


def stage(candidates: int, rows: int, seeds: int, workers: int) -> Taken:
    """The stage in this process and its workers. rows: development rows, the locked ones come on top."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        rows_file(folder, round(rows / 0.7))
        (folder / "pilot.toml").write_text(pilot_text(candidates, seeds, workers))
        sets = (
            'data.path="rows.csv"',
            'data.target="label"',
            'reduce={method="none"}',
            "claim.target=0.3",
            "claim.psi=0.4",
        )
        file = pilotfile.read(folder / "pilot.toml", sets)
        dataset = prepare(file.pilot.data, file.folder, file.pilot.seed).dataset
        home = Home(folder / "home")
        job = Job(
            run="bench", pilot=file.pilot, folder=file.folder, home=home.path, data=dataset.fingerprint, code="bench"
        )
        peak, began = [0.0], time.perf_counter()

        def watch(standing: Standing) -> None:
            peak[0] = max(peak[0], memory())

        _, selected = prototype(
            job, dataset, True, Stores(home.journal, home.artifacts, lambda: datetime.now(UTC)), watch
        )
        seconds = time.perf_counter() - began
        peak[0] = max(peak[0], memory())
        assert selected is not None
        by_family = {True: 0.0, False: 0.0}
        for result in selected.results:
            by_family[result.entrant.family == "classical"] += 10 * result.cpu_seconds
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True)  # its processes' CPU time counts once they have ended
        spent = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return Taken(seconds, spent, by_family[False], by_family[True], peak[0], 10 * len(selected.results))


def memory() -> float:
    """GB of this process and those it started, shared pages counted once (proportional set size)."""
    total, pids = 0, [os.getpid()]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == os.getpid():
                    pids.append(int(entry.name))
            except OSError:
                continue
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total / 1e6


def plot(taken: dict[Size, float], path: Path) -> None:
    """CPU seconds of the stage against candidates, rows and seeds, the other two as in the middle of the table.

    The lines are straight ones by least squares.
    """
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 3, figsize=(9, 3), sharey=True, layout="constrained")
    for place, (axis, name) in enumerate(zip(axes, ("candidates", "rows", "seeds"), strict=True)):
        seen = sorted(
            (size[place], seconds)
            for size, seconds in taken.items()
            if all(size[other] == MIDDLE[other] for other in range(3) if other != place)
        )
        most = seen[-1][0] * 1.1
        slope, start = np.polyfit(*zip(*seen, strict=True), 1)
        axis.plot([0, most], [start, start + slope * most], color="0.7", linewidth=1)
        axis.plot(*zip(*seen, strict=True), "o", color="tab:blue")
        axis.set(xlabel=name, xlim=(0, most), ylim=(0, None), xticks=[0, *(number for number, _ in seen)])
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("CPU seconds of the stage")
    with pyplot.rc_context({"svg.hashsalt": "search"}):
        figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Prints the target's figures; with --scaling a table in which each size is doubled, one process a line, and its plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scaling", action="store_true")
    parser.add_argument("--plot", type=Path, help="with --scaling: CPU seconds against each size, as SVG")
    parser.add_argument("--one", nargs=3, type=int, metavar=("CANDIDATES", "ROWS", "SEEDS"))
    asked = parser.parse_args()
    sizes = [(12, 400, 3)]
    if asked.scaling:
        sizes = SIZES
    if asked.one:
        print(f"{asked.one[0]:>10} {asked.one[1]:>6} {asked.one[2]:>6} {stage(*asked.one, asked.workers)}", flush=True)
        return
    names = ("candidates", "rows", "seeds", "fits", "wall s", "CPU s", "quantum", "baselines", "peak GB")
    print(
        " ".join(f"{name:>{width}}" for name, width in zip(names, (10, 6, 6, 6, 8, 8, 8, 10, 8), strict=True)),
        flush=True,
    )
    found: dict[Size, float] = {}
    for size in sizes:
        command = [sys.executable, "-m", "benchmarks.search", "--workers", str(asked.workers), "--one", *map(str, size)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        line = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout.rstrip()
        print(line, flush=True)
        found[size] = float(line.split()[5])
    if asked.plot:
        plot(found, asked.plot)


if __name__ == "__main__":
    main()
