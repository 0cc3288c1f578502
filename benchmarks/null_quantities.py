"""How often the prototype gate says GO about a quantity where there is nothing, and how often where there is something.

Answers are graded by `gates.grading` (absolute error, worst error 1) and compared by the gate's own records: GO where a
record's `z` passes its `limit`, which is what `decide` does, and is held against `decide` itself on the first runs of every
row. Beside it stands what a paired t-test at the same error rate would have said of the same grades.
Run: OMP_NUM_THREADS=1 python benchmarks/null_quantities.py [--runs 2000] [--only nested]
"""

import argparse
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates import prototype
from gates.claim import Claim
from gates.graded import Graded
from gates.grading import grades
from gates.nested import Nested
from gates.records import Measure, Outcome
from gates.selection import PrototypeEvidence, PrototypePolicy
from gates.statistics import intervals, power, resampled, student, wallet

Floats = NDArray[np.float64]

CANDIDATES, LOCKED, FOLDS, REPEATS, HELD = 50, 0.3, 10, 5, 20
FITTED = 12  # candidates of the arm that fits real models
METRIC = "absolute_error"
# So large a target needs few points, so that the power check lets every size through; the rule for GO does not read it.
ANY_SIZE = {"target": 0.4, "psi": 0.2}
NOT_READ = Measure.missing("not simulated")


def claim(**changed: Any) -> Claim:
    fields = {
        "kind": "superiority",
        "metric": METRIC,
        "worst_error": 1.0,
        "alpha": 0.05,
        "power": 0.8,
        "quantum": False,
    }
    return Claim(**{**fields, **ANY_SIZE, **changed})


def says(asked: Claim, found: Graded | Nested, held: bool) -> bool:
    """Whether the gate's test of the first try answers GO. held: `decide` is asked too, and has to say the same."""
    alpha = wallet.alpha(1, asked.alpha)
    go = found.z(METRIC, 0.0) > found.limit(METRIC, alpha)
    assert not held or go == (decided(asked, found, alpha) == Outcome.GO)
    return go


def decided(asked: Claim, found: Graded | Nested, alpha: float) -> Outcome:
    nested, rows = isinstance(found, Nested), found.points
    sure = Graded(seeds=1, differences=(0.5,) * rows)
    beaten: Graded | Nested = sure
    if isinstance(found, Nested):
        parts = [Graded(seeds=1, differences=(0.5,) * fold.points) for fold in found.folds]
        beaten = Nested.of(found.repeats, parts, list(found.trained))
    evidence = PrototypeEvidence(
        stage="benchmark",
        pilot="",
        inputs={},
        code="",
        finalist="best of the candidates",
        reference="baseline",
        locked=rows,
        development=rows,
        device_points=10**6,
        device_required=1,
        form="nested" if nested else "locked",
        required=1,
        attempt=1,
        alpha=alpha,
        contenders=(),
        advantage=found,
        twin=None,
        majority=beaten,
        resource_ratio=None,
        optimism=NOT_READ,
        importance={},
        failures={},
    )
    policy = PrototypePolicy(
        claim=asked, min_alpha=0.001, frozen=nested, outer_folds=FOLDS, outer_repeats=REPEATS, device_power=0.5
    )
    return prototype.decide(evidence, policy).outcome


def students(differences: Floats, alpha: float) -> bool:
    """What a paired t-test says of (n,) differences."""
    n, spread = len(differences), float(differences.std(ddof=1))
    return spread > 0 and float(differences.mean()) * math.sqrt(n) / spread > student.upper(alpha, n - 1)


def laplace(rng: np.random.Generator, rows: int, models: int, advantage: float) -> Floats:
    """(1 + models, rows) grades, the baseline's first: off by 0.3 in the mean, what is hard for one is hard for all."""
    size = 0.3
    shared, own = rng.laplace(0, 1, rows), rng.laplace(0, 1, (1 + models, rows))
    scales = np.array(
        [size, *[size - 1.1 * advantage] * models]
    )  # a little of it is lost where errors are cut off at 1
    return graded(scales[:, None] * (0.8 * shared + 0.6 * own))


def rare(rng: np.random.Generator, rows: int, models: int, advantage: float) -> Floats:
    """The same, of candidates that gain 0.02 on most rows and lose everything on one in fifty: no better in the mean."""
    lost = rng.random((models, rows)) < 0.02
    return graded(np.vstack([rng.uniform(0, 0.04, (1, rows)), np.where(lost, 1.0, 0.0)]))


def graded(errors: Floats) -> Floats:
    return np.asarray(grades(claim(), errors, np.zeros(errors.shape[-1])), dtype=np.float64)


WORLDS: dict[str, Callable[[np.random.Generator, int, int, float], Floats]] = {
    "Laplace errors": laplace,
    "rare large": rare,
}


def locked_set(runs: int, rng: np.random.Generator) -> None:
    print(f"\n## Locked set: best of {CANDIDATES} by development score, alpha 5 %, {runs:,} runs each")
    print("| errors | true advantage | rows | locked | GO | a t-test would say |\n|---|---|---|---|---|---|")
    cases = [("Laplace errors", 0.0, 100), ("Laplace errors", 0.0, 200), ("Laplace errors", 0.0, 1000)]
    cases += [("rare large", 0.0, 100), ("rare large", 0.0, 333), ("rare large", 0.0, 1000)]
    cases += [("Laplace errors", 0.1, 100), ("Laplace errors", 0.1, 200), ("Laplace errors", 0.1, 500)]
    asked = claim(alpha=0.0625)  # the wallet gives the first try 0.8 of it
    for world, advantage, rows in cases:
        locked, go, t = round(LOCKED * rows), [], []
        for number in range(runs):
            found = WORLDS[world](rng, rows, CANDIDATES, advantage)
            best = 1 + int(found[1:, locked:].mean(axis=1).argmax())
            first, second = found[best, :locked], found[0, :locked]
            go.append(says(asked, Graded.of(first[None], second[None]), number < HELD))
            t.append(students(first - second, 0.05))
        print(f"| {world} | {100 * advantage:+.0f} | {rows} | {locked} | {rate(go)} | {rate(t)} |", flush=True)


def promised(runs: int, rng: np.random.Generator) -> None:
    """Power at the number of rows that the power check asks for, by the shape of the differences."""
    print(
        f"\n## Power where the power check lets a pilot through, asked for 80 %, first try of 5 %, {runs:,} runs each"
    )
    print("| target | psi | rows required | shape of the differences | GO |\n|---|---|---|---|---|")
    for target, psi in ((0.05, 0.02), (0.1, 0.06), (0.03, 0.01)):
        asked = claim(target=target, psi=psi)
        needed, spread = power.required_for(asked, wallet.alpha(1, asked.alpha)), math.sqrt(psi - target**2)
        shapes: dict[str, Callable[[], Floats]] = {
            "two values": lambda m=target, s=spread, n=needed: m + s * rng.choice([-1, 1], n),  # type: ignore[misc]
            "normal": lambda m=target, s=spread, n=needed: np.clip(rng.normal(m, s, n), -1, 1),  # type: ignore[misc]
            "Laplace": lambda m=target, s=spread, n=needed: np.clip(rng.laplace(m, s / 2**0.5, n), -1, 1),  # type: ignore[misc]
        }
        for name, draw in shapes.items():
            records = (Graded(seeds=1, differences=tuple(np.sort(draw()).tolist())) for _ in range(runs))
            go = [says(asked, one, number < HELD) for number, one in enumerate(records)]
            print(f"| {100 * target:.0f} | {psi} | {needed} | {name} | {rate(go)} |", flush=True)


def nested(runs: int, rng: np.random.Generator) -> None:
    print(f"\n## Nested CV: {REPEATS} x {FOLDS} outer folds, first try of 5 %, {runs:,} runs each")
    print(
        "| models | true advantage | rows in the folds | GO | the corrected t alone would say |\n|---|---|---|---|---|"
    )
    chosen = f"{CANDIDATES} fixed models, one chosen in each fold"
    fits = f"{FITTED} linear regressions, chosen by 5-fold CV and fitted in each fold"
    cases: list[tuple[str, Callable[[np.random.Generator], Nested], float, int]] = [
        (f"{chosen}; rare large errors", partial(picked, rare, 100, 0.0), 0.0, 100),
        (f"{chosen}; rare large errors", partial(picked, rare, 200, 0.0), 0.0, 200),
        (fits, partial(refitted, 100, 0.0), 0.0, 100),
        (fits, partial(refitted, 200, 0.0), 0.0, 200),
        (fits, partial(refitted, 200, 0.1), 0.1, 200),
    ]
    asked = claim()
    for name, draw, advantage, rows in cases:
        go, t = [], []
        for number in range(runs):
            found = draw(rng)
            go.append(says(asked, found, number < HELD))
            t.append(corrected(found) > found.limit(METRIC, wallet.alpha(1, asked.alpha)))
        print(f"| {name} | {100 * advantage:+.0f} | {rows} | {rate(go)} | {rate(t)} |", flush=True)


def corrected(found: Nested) -> float:
    """The corrected resampled t of no difference, as the folds alone have it."""
    tested, differences = found.points / FOLDS, found.differences(METRIC)
    error = resampled.standard_error(differences, 0.0, tested, found.points - tested, found.points, graded=True)
    return float(differences.mean()) / error


def parts(rng: np.random.Generator, rows: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Training and test rows of every outer fold, in the order of repeats."""
    found = []
    for _ in range(REPEATS):
        fold = rng.permutation(np.arange(rows) % FOLDS)
        found += [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(FOLDS)]
    return found


def picked(
    world: Callable[[np.random.Generator, int, int, float], Floats],
    rows: int,
    advantage: float,
    rng: np.random.Generator,
) -> Nested:
    found = world(rng, rows, CANDIDATES, advantage)
    records, trained = [], []
    for train, test in parts(rng, rows):
        best = 1 + int(found[1:, train].mean(axis=1).argmax())
        records.append(Graded.of(found[best : best + 1, test], found[:1, test]))
        trained.append(len(train))
    return Nested.of(REPEATS, records, trained)


def refitted(rows: int, advantage: float, rng: np.random.Generator) -> Nested:
    """Everybody sees the target through noise of its own in the first of three columns, and fits a line to it.

    A line fitted to y + noise of variance v is off by sqrt(v / (1 + v)) standard deviations of y, 0.8 times that in the mean;
    `size` puts y on the scale of worst_error.
    """
    size, one = 0.5, 0.8
    shared = 0.5 * rng.normal(size=rows)
    y = rng.normal(size=rows)
    better = one - advantage / (0.8 * size)
    noise = [math.sqrt(off**2 / (1 - off**2)) for off in (one, *[better] * FITTED)]
    columns = rng.normal(size=(1 + FITTED, rows, 3))
    columns[..., 0] = y + np.array(noise)[:, None] * (math.sqrt(0.75) * columns[..., 0] + shared)
    views = np.concatenate([np.ones((1 + FITTED, rows, 1)), columns], axis=2)
    outer = parts(rng, rows)
    fits, reads = np.zeros((len(outer), 5, rows)), np.zeros((len(outer), 5, rows))
    for place, (train, _) in enumerate(outer):
        inner = rng.permutation(np.arange(len(train)) % 5)
        for k in range(5):
            fits[place, k, train[inner != k]] = reads[place, k, train[inner == k]] = 1
    found = graded(size * (lines(views, y, fits.reshape(-1, rows)) - y)).reshape(1 + FITTED, len(outer), 5, rows)
    scores = np.einsum("mfkn,fkn->fm", found[1:], reads)
    found = graded(size * (lines(views, y, fits.any(axis=1).astype(np.float64)) - y))
    records = [
        Graded.of(found[1 + int(scores[place].argmax()), place, test][None], found[0, place, test][None])
        for place, (_, test) in enumerate(outer)
    ]
    return Nested.of(REPEATS, records, [len(train) for train, _ in outer])


def lines(views: Floats, y: Floats, trained: Floats) -> Floats:
    """(models, folds, rows) answers of least squares. views: (models, rows, columns); trained: (folds, rows), 1 if fitted on."""
    models, rows, columns = views.shape
    squares = np.einsum("mni,mnj->nmij", views, views).reshape(rows, -1)
    sums = np.einsum("mni,n->nmi", views, y).reshape(rows, -1)
    left = (trained @ squares).reshape(-1, models, columns, columns)
    weights = np.linalg.solve(left, (trained @ sums).reshape(-1, models, columns, 1))[..., 0]
    return np.asarray(np.swapaxes(weights, 0, 1) @ np.swapaxes(views, 1, 2))


def rate(hits: Sequence[bool]) -> str:
    measure = intervals.proportion(int(np.sum(hits)), len(hits))
    return f"{100 * measure.value:5.1f} % ({100 * measure.low:.1f}-{100 * measure.high:.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("locked", "power", "nested"), default=None)
    arguments = parser.parse_args()
    print("Intervals: Wilson 95 %. Points are hundredths of the score.")
    arms: dict[str, Callable[[int, np.random.Generator], None]] = {
        "locked": locked_set,
        "power": promised,
        "nested": nested,
    }
    for place, (name, arm) in enumerate(arms.items()):
        if arguments.only in (None, name):
            arm(arguments.runs, np.random.default_rng([arguments.seed, 7, place]))


if __name__ == "__main__":
    main()
