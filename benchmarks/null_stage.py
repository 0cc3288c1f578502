"""How often the whole prototype stage says GO to data in which there is nothing, and to data in which there is something.

Nothing is simulated but the rows: a CSV is read and split, real candidates and baselines go through cross-validation, the
locked set is opened in a ledger of its own, read once, and the gate decides. Null labels are drawn without looking at the
features; planted ones come from pilots/planted/generate.py.
Run: OMP_NUM_THREADS=1 python benchmarks/null_stage.py [--sets 100] [--planted 20]
"""

import argparse
import importlib.util
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from null_pilots import rate
from numpy.typing import NDArray

from gates.prototype import PrototypeEvidence, decide
from gates.records import Outcome, Verdict
from qpilot import pilotfile, policies
from qpilot.data.preparing import prepare
from qpilot.job import Job, Stores
from qpilot.prototype.stage import prototype
from qpilot.record import openings
from qpilot.record.home import Home

Rows = tuple[NDArray[np.float64], NDArray[np.int64]]
Decided = tuple[Verdict, PrototypeEvidence]

PLANTED = Path(__file__).resolve().parents[1] / "pilots" / "planted"
QUICK = (
    'baselines=[{model="logistic"}, {model="rbf-svm"}]',
    'search={folds=3, repeats=1, seeds=3, runner="threads", workers=1}',
)
# GO does not read the target and psi, only the power check and NO_GO do: large ones let every size through to be opened.
# Without `quantum` nothing asks for the twin, so GO is easier here than a pilot that claims entanglement would find it.
OPENS = ("claim.target=0.4", "claim.psi=0.4", "claim.quantum=false")
ON_THREE_QUBITS = (
    'reduce={method="pca", components=3}',
    'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=3},'
    ' {model="projected-kernel", encoding="angle", layers=1, qubits=3},'
    ' {model="fidelity-kernel", encoding="zz", layers=1, qubits=3},'
    ' {model="fidelity-kernel", encoding="angle", layers=1, qubits=3},'
    ' {model="variational", encoding="angle", ansatz="strongly-entangling", layers=1, qubits=3, steps=30}]',
)
SIZES, FEATURES, SHARES = (100, 160, 240, 400), (3, 5, 12), (0.5, 0.65, 0.8)


def null(rng: np.random.Generator) -> Rows:
    """Rows of random size, width, shape and class balance; the labels know nothing of them."""
    count, width, share = (int(rng.choice(SIZES)), int(rng.choice(FEATURES)), float(rng.choice(SHARES)))
    X = rng.normal(size=(count, width)) @ rng.normal(size=(width, width))  # correlated, so that PCA has work
    X = np.sinh(X) if rng.random() < 0.5 else X
    return X, rng.permutation((np.arange(count) >= share * count).astype(np.int64))


def planted(rng: np.random.Generator) -> Rows:
    """A small draw of the positive control's own recipe, each with a hidden observable of its own."""
    spec = importlib.util.spec_from_file_location("planted", PLANTED / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    recipe: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    drawn: Rows = recipe.rows(int(rng.integers(2**31)), 300)
    return drawn


def decided(rows: Rows, seed: int, overrides: Sequence[str]) -> Decided:
    """The stage's evidence and the gate's verdict on a home of its own. Raises RuntimeError where the set stayed closed."""
    X, y = rows
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        names = ",".join([*(f"x{column}" for column in range(X.shape[1])), "label"])
        np.savetxt(
            place / "rows.csv", np.column_stack([X, y]), "%.10g", delimiter=",", header=names, comments="", newline="\n"
        )
        where = f'data.path="{(place / "rows.csv").as_posix()}"'
        file = pilotfile.read(PLANTED / "pilot.toml", (*QUICK, *overrides, f"seed={seed}", where))
        dataset = prepare(file.pilot.data, file.folder, seed).dataset
        job = Job(
            run="null-1", pilot=file.pilot, folder=file.folder, home=place, data=dataset.fingerprint, code="benchmark"
        )
        home = Home(place)
        stores = Stores(home.journal, home.artifacts, lambda: now)
        evidence, _ = prototype(job, dataset, False, stores, lambda done, total: None)
        if len(openings.standing(home.journal, job.data)) != 1 or evidence.advantage is None:
            raise RuntimeError(f"the locked set of {len(dataset.locked)} rows was not opened, so nothing was tried")
        return decide(evidence, policies.prototype(file.pilot)), evidence


def arm(name: str, draw: Callable[[np.random.Generator], Rows], sets: int, overrides: Sequence[str], seed: int) -> None:
    """One row of the table."""
    start = time.process_time()
    found = [decided(draw(np.random.default_rng([seed, place])), place, overrides) for place in range(sets)]
    seconds = time.process_time() - start
    says = [verdict.outcome for verdict, _ in found]
    alone = [verdict.checks[0].outcome is Outcome.GO for verdict, _ in found]
    optimism = float(np.mean([evidence.optimism.value for _, evidence in found]))
    looks = [evidence.optimism.value + evidence.advantage.advantage("accuracy") > 0 for _, evidence in found]  # type: ignore[union-attr]
    print(
        f"| {name} | {sets} | {rate([one is Outcome.GO for one in says])} | {rate(alone)} | {says.count(Outcome.NO_GO)} |"
        f" {says.count(Outcome.INCONCLUSIVE)} | {sum(looks)} | {100 * optimism:+.1f} | {seconds:.0f} |",
        flush=True,
    )


def main() -> None:
    """Prints both arms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=100)
    parser.add_argument("--planted", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(f"Null rows {SIZES}, features {FEATURES}, share of the larger class {SHARES}; first try of 5 % (4 %).")
    print("Planted: 300 rows, and the twin must be beaten too. Intervals: Wilson 95 %. Optimism in points of accuracy.")
    print(
        "| data | sets | GO | advantage over the baseline alone | NO_GO | INCONCLUSIVE | finalist ahead in CV | optimism |"
        " CPU s |\n|---|---|---|---|---|---|---|---|---|"
    )
    arm("null", null, arguments.sets, (*OPENS, *ON_THREE_QUBITS), arguments.seed)
    arm("planted", planted, arguments.planted, (), arguments.seed)


if __name__ == "__main__":
    main()
