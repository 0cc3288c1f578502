"""How often the whole prototype stage says GO to data in which there is nothing, and to data in which there is something.

Nothing is simulated but the rows: a CSV is read and split, real candidates and baselines go through cross-validation, the
locked set is opened in a ledger of its own, read once, and the gate decides; or, in the nested arms, the set is too small, the
list frozen, and the whole selection redone in every outer fold. Null labels are drawn without looking at the features;
planted ones come from pilots/planted/generate.py; "ten" flips some of them, until an advantage of about ten points is left.
The same of quantities: null values are normal, skewed or normal with far outliers; planted ones are the hidden observable.
Run: OMP_NUM_THREADS=1 python benchmarks/null_stage.py [--sets 100] [--arms null,null-nested,planted,ten,ten-nested,
null-quantity,null-quantity-nested,planted-quantity,planted-quantity-nested] [--jobs 2]
"""

import argparse
import importlib.util
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from null_pilots import rate
from numpy.typing import NDArray

from gates.prototype import decide
from gates.records import Outcome, Verdict
from gates.selection import PrototypeEvidence
from qpilot import pilotfile, policies
from qpilot.data.preparing import prepare
from qpilot.job import Job, Stores
from qpilot.prototype.search.sweep import unwatched
from qpilot.prototype.stage import prototype
from qpilot.record import openings
from qpilot.record.home import Home

Rows = tuple[NDArray[np.float64], NDArray[Any]]
Decided = tuple[Verdict, PrototypeEvidence, float]

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


def features(rng: np.random.Generator, sizes: Sequence[int] = SIZES) -> NDArray[np.float64]:
    """Rows of random size, width and shape."""
    count, width = int(rng.choice(sizes)), int(rng.choice(FEATURES))
    X = rng.normal(size=(count, width)) @ rng.normal(size=(width, width))  # correlated, so that PCA has work
    return np.sinh(X) if rng.random() < 0.5 else X


def null(rng: np.random.Generator) -> Rows:
    """Labels of random balance; they know nothing of the rows."""
    X, share = features(rng), float(rng.choice(SHARES))
    return X, rng.permutation((np.arange(len(X)) >= share * len(X)).astype(np.int64))


def null_quantity(rng: np.random.Generator, sizes: Sequence[int] = SIZES) -> Rows:
    """Values of random shape, centred and scaled; they know nothing of the rows."""
    X, shape = features(rng, sizes), rng.choice(["normal", "skewed", "outliers"])
    y = rng.lognormal(sigma=1.0, size=len(X)) if shape == "skewed" else rng.normal(size=len(X))
    y = np.where(rng.random(len(X)) < 0.02, 10 * y, y) if shape == "outliers" else y
    return X, (y - y.mean()) / y.std()


def recipe() -> Any:
    """pilots/planted/generate.py."""
    spec = importlib.util.spec_from_file_location("planted", PLANTED / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def planted(rng: np.random.Generator) -> Rows:
    """A small draw of the positive control's own recipe, each with a hidden observable of its own."""
    drawn: Rows = recipe().rows(int(rng.integers(2**31)), 300)
    return drawn


def planted_quantity(rng: np.random.Generator) -> Rows:
    """The hidden observable itself, before labels are made of it."""
    made, angles = recipe(), rng.uniform(0, 2 * np.pi, (300, 4))
    y = made.paulis(made.states(angles)) @ rng.normal(size=12)
    return angles, (y - y.mean()) / y.std()


def ten(rng: np.random.Generator) -> Rows:
    """The planted recipe with labels flipped until about ten points are left of what the kernel has over the baselines."""
    X, y = planted(rng)
    return X, np.where(rng.random(len(y)) < FLIPPED, 1 - y, y)


FLIPPED = 0.31
"""The share of labels that are noise: what can be learned shrinks by 1 - 2 x 0.31, and learning gets harder besides."""


def decided(rows: Rows, seed: int, overrides: Sequence[str], nested: bool) -> Decided:
    """Verdict, evidence and the advantage shown, on a home of its own. Raises RuntimeError where nothing was opened."""
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
        dataset = prepare(file.pilot.data, file.folder, seed, quantity=file.pilot.claim.quantity).dataset
        job = Job(
            run="null-1", pilot=file.pilot, folder=file.folder, home=place, data=dataset.fingerprint, code="benchmark"
        )
        home = Home(place)
        stores = Stores(home.journal, home.artifacts, lambda: now)
        evidence, _ = prototype(job, dataset, False, stores, unwatched)
        form = "nested" if nested else "locked"
        if len(openings.standing(home.journal, job.data)) != 1 or evidence.advantage is None or evidence.form != form:
            raise RuntimeError(f"nothing was opened ({evidence.form}, {len(y)} rows, {evidence.required} needed)")
        shown = evidence.advantage.advantage(file.pilot.claim.metric)
        return decide(evidence, policies.prototype(file.pilot)), evidence, shown


@dataclass(frozen=True)
class Arm:
    """One row of the table."""

    draw: Callable[[np.random.Generator], Rows]
    overrides: tuple[str, ...]
    nested: bool = False


NESTED = (
    "search.frozen=true",
    "search.outer_folds=5",
    "search.outer_repeats=2",
    "data.locked=0.1",
    "hardware.power=0.5",
)
# The locked set is 10 % of the rows. These figures let 90 rows through to the folds, and are too much for 40 locked ones.
FOLDS = (*NESTED, "claim.target=0.31", "claim.psi=0.31", "claim.power=0.985", "claim.quantum=false")
KERNELS = (
    'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"},'
    ' {model="projected-kernel", encoding="angle", layers=1, qubits=4, scaling="none"}]',
)
QUANTITY = (
    'kind="regression"',
    'baselines=[{model="ridge"}, {model="rbf-svm"}]',
    "gates.data={min_rows=100, max_null_fraction=0.0, max_value_share=0.5, max_duplicate_fraction=0.0,"
    " max_correlation=0.95, max_leakage=0.9, max_overlap_fraction=0.0}",
)
GRADED = 'claim={kind="superiority", metric="absolute_error", worst_error=2.0, alpha=0.05, quantum=false, '
LOCKED_QUANTITY = (*QUANTITY, GRADED + "target=0.4, psi=0.2, power=0.8}")
NESTED_QUANTITY = (*QUANTITY, *NESTED, GRADED + "target=0.31, psi=0.31, power=0.985}")
ARMS = {
    "null": Arm(null, (*OPENS, *ON_THREE_QUBITS)),
    "null-nested": Arm(null, (*FOLDS, *ON_THREE_QUBITS), nested=True),
    "planted": Arm(planted, ()),
    "ten": Arm(ten, (*OPENS, *KERNELS)),
    "ten-nested": Arm(ten, (*FOLDS, *KERNELS), nested=True),
    "null-quantity": Arm(null_quantity, (*LOCKED_QUANTITY, *ON_THREE_QUBITS)),
    # A tenth of fewer rows is refused: the device could not show the claim on it.
    "null-quantity-nested": Arm(
        partial(null_quantity, sizes=SIZES[2:]), (*NESTED_QUANTITY, *ON_THREE_QUBITS), nested=True
    ),
    "planted-quantity": Arm(planted_quantity, (*LOCKED_QUANTITY, *KERNELS)),
    "planted-quantity-nested": Arm(planted_quantity, (*NESTED_QUANTITY, *KERNELS), nested=True),
}


def one(name: str, place: int, seed: int) -> tuple[Outcome, Outcome, float, float, float]:
    """Verdict, the advantage check alone, optimism, advantage shown and CPU seconds of set number `place` of an arm."""
    start, arm = time.process_time(), ARMS[name]
    verdict, evidence, shown = decided(arm.draw(np.random.default_rng([seed, place])), place, arm.overrides, arm.nested)
    return (
        verdict.outcome,
        verdict.checks[0].outcome,
        evidence.optimism.value,
        shown,
        time.process_time() - start,
    )


def tell(name: str, sets: int, seed: int, jobs: int) -> None:
    """The arm's row of the table."""
    from joblib import Parallel, delayed

    found = Parallel(n_jobs=jobs)(delayed(one)(name, place, seed) for place in range(sets))
    says, alone, optimism, shown, seconds = zip(*found, strict=True)
    looks = [promise + gain > 0 for promise, gain in zip(optimism, shown, strict=True)]
    print(
        f"| {name} | {sets} | {rate([one is Outcome.GO for one in says])} | {rate([one is Outcome.GO for one in alone])} |"
        f" {says.count(Outcome.NO_GO)} | {says.count(Outcome.INCONCLUSIVE)} | {sum(looks)} | {100 * np.mean(shown):+.1f} |"
        f" {100 * np.mean(optimism):+.1f} | {np.mean(seconds):.1f} |",
        flush=True,
    )


def main() -> None:
    """Prints the arms asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=10)
    parser.add_argument("--arms", default=",".join(ARMS), help=f"of {', '.join(ARMS)}")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.arms.split(",") if name not in ARMS]
    if unknown:
        parser.error(f"unknown arm {', '.join(unknown)}; known: {', '.join(ARMS)}")
    print(f"Null rows {SIZES}, features {FEATURES}, share of the larger class {SHARES}; first try of 5 % (4 %).")
    print(
        "Planted and ten: 300 rows; planted has to beat its twin too. Intervals: Wilson 95 %. Points of accuracy or score."
    )
    print(
        "| data | sets | GO | advantage over the baseline alone | NO_GO | INCONCLUSIVE | finalist ahead in CV | shown |"
        " optimism | CPU s a set |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    for name in arguments.arms.split(","):
        tell(name, arguments.sets, arguments.seed, arguments.jobs)


if __name__ == "__main__":
    main()
