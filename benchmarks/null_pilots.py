"""How often the gates say GO to pilots in which there is nothing, and how often to pilots in which there is something.

Every decision is made by the gates' own `decide`; only the models' right and wrong answers are simulated, point by point:
the classical baseline is right on 80 % of the points, a candidate disagrees with it on `PSI` of them.
Nested cross-validation is the exception: there real linear discriminants are fitted, since its folds share rows.
Classes alone: `null_quantities.py` does the same for a quantity.
Run: OMP_NUM_THREADS=1 python benchmarks/null_pilots.py [--runs 2000] [--only nested]
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache, partial
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates import hardware, promotion, prototype
from gates.claim import Claim
from gates.comparison import Comparison
from gates.nested import Nested
from gates.records import Measure, Outcome
from gates.selection import PrototypeEvidence, PrototypePolicy
from gates.statistics import betting, intervals, power, wallet

Flags = NDArray[np.bool_]

PSI, RIGHT, CANDIDATES, LOCKED = 0.2, 0.8, 50, 0.3
SUPERIORITY: dict[str, Any] = {
    "kind": "superiority", "metric": "accuracy", "target": 0.1, "psi": PSI, "alpha": 0.05, "power": 0.8, "quantum": False
}  # fmt: skip
NON_INFERIORITY = SUPERIORITY | {"kind": "non-inferiority", "margin": 0.05, "resource": "parameters", "max_ratio": 1}
# So little disagreement (or so large a target) needs few points, so the power check lets every size through; the rule for
# GO reads neither.
ANY_SIZE = {"superiority": {"target": 0.4, "psi": 0.4}, "non-inferiority": {"psi": 0.05}}
HEAD: dict[str, Any] = {"stage": "benchmark", "pilot": "", "inputs": {}, "code": ""}
NOT_READ = Measure.missing("not simulated")


def answers(rng: np.random.Generator, baseline: Flags, candidates: int, advantage: float, psi: float = PSI) -> Flags:
    """(..., candidates, points) correctness of models that beat `baseline` (..., points) by `advantage` on average."""
    base = baseline[..., None, :]
    gains, losses = (psi + advantage) / 2 / (1 - RIGHT), (psi - advantage) / 2 / RIGHT
    drawn = rng.random((*baseline.shape[:-1], candidates, baseline.shape[-1]))
    return np.where(base, drawn >= losses, drawn < gains)


def counted(points: int, better: int, worse: int) -> Comparison:
    return Comparison(points=points, better=better, worse=worse, by_class={"all": (points, better, worse)})


def tally(first: Flags, second: Flags) -> tuple[int, int, int]:
    return first.size, int((first & ~second).sum()), int((second & ~first).sum())


@cache
def prototype_says(claim: Claim, counts: tuple[int, int, int], required: int = 1) -> Outcome:
    """The prototype gate on these counts against the baseline; the majority class counts as beaten."""
    evidence = PrototypeEvidence(
        **HEAD,
        finalist="best of the candidates",
        reference="baseline",
        locked=counts[0],
        device_points=counts[0],
        required=required,
        attempt=1,
        alpha=wallet.alpha(1, claim.alpha),
        contenders=(),
        advantage=counted(*counts),
        twin=None,
        majority=counted(counts[0], counts[0], 0),
        resource_ratio=intervals.exact(0.5, "ratio"),
        optimism=NOT_READ,
        importance={},
        failures={},
        largest_class=0.5,
    )
    return prototype.decide(evidence, PrototypePolicy(claim=claim, min_alpha=0.001)).outcome


def hardware_says(differences: Iterable[int], population: int, margin: float, alpha: float) -> Outcome:
    evidence = hardware.HardwareEvidence(
        **HEAD,
        backend="simulated",
        device="simulated",
        shots=1,
        mitigation="none",
        population=population,
        planned=0,
        differences=tuple(map(int, differences)),
        path=(),
        stopped="",
        device_accuracy=NOT_READ,
        simulator_accuracy=NOT_READ,
        gap=NOT_READ,
        charged_usd=Decimal(0),
        device_usd=Decimal(0),
        calibrations=(),
        batches=1,
    )
    return hardware.decide(evidence, hardware.HardwarePolicy(margin=margin, alpha=alpha)).outcome


@cache
def promotion_says(claim: Claim, counts: tuple[int, int, int], alpha: float) -> Outcome:
    evidence = promotion.PromotionEvidence(
        **HEAD,
        planned=counts[0],
        advantage=counted(*counts),
        majority=counted(counts[0], counts[0], 0),
        device_accuracy=NOT_READ,
        classical_accuracy=NOT_READ,
        resource_ratio=None,
        fallback="baseline",
        fallback_answers=True,
    )
    policy = promotion.PromotionPolicy(claim=claim, alpha=alpha, require_fallback=True)
    return promotion.decide(evidence, policy).outcome


def rate(hits: Sequence[bool] | Flags) -> str:
    measure = intervals.proportion(int(np.sum(hits)), len(hits))
    return f"{100 * measure.value:5.1f} % ({100 * measure.low:.1f}-{100 * measure.high:.1f})"


def locked_set(runs: int, rng: np.random.Generator) -> None:
    print(f"\n## Locked set: best of {CANDIDATES} candidates by development accuracy, psi {PSI}, {runs:,} runs each")
    print(
        "| claim | true advantage | rows | locked | best looks better | optimism | GO, alpha 5 % | GO, first try of 5 % |"
    )
    print("|---|---|---|---|---|---|---|---|")
    cases = [(SUPERIORITY, 0.0, 100), (SUPERIORITY, 0.0, 200), (SUPERIORITY, 0.0, 1000), (NON_INFERIORITY, -0.05, 1000)]
    cases += [(SUPERIORITY, 0.1, 100), (SUPERIORITY, 0.1, 200), (SUPERIORITY, 0.1, 500), (NON_INFERIORITY, 0.0, 2000)]
    for fields, advantage, rows in cases:
        locked = round(LOCKED * rows)
        first, whole = (
            # The wallet gives the first try 0.8 of alpha, so 6.25 % in all is 5 % for it.
            Claim(**(fields | ANY_SIZE[fields["kind"]] | {"alpha": alpha}))
            for alpha in (0.05, 0.0625)
        )
        promised, found = [], []
        for _ in range(runs):
            baseline = rng.random(rows) < RIGHT
            models = answers(rng, baseline, CANDIDATES, advantage)
            lead = models[:, locked:].mean(axis=1) - baseline[locked:].mean()
            promised.append(lead.max() - advantage)
            counts = tally(models[lead.argmax(), :locked], baseline[:locked])
            found.append([prototype_says(claim, counts) == Outcome.GO for claim in (whole, first)])
        go = np.asarray(found)
        looks = np.asarray(promised) + advantage > 0
        print(
            f"| {first.kind} | {100 * advantage:+.0f} | {rows} | {locked} | {100 * looks.mean():.0f} % |"
            f" {100 * np.mean(promised):+.1f} | {rate(go[:, 0])} | {rate(go[:, 1])} |"
        )


FOLDS, REPEATS = 10, 5


def nested(runs: int, rng: np.random.Generator) -> None:
    """Real fits: rows of two Gaussian classes, candidates that each look at some columns of their own, LDA in closed form."""
    print(
        f"\n## Nested CV: {REPEATS} x {FOLDS} outer folds, first try of 5 %, {runs:,} runs each. In each fold the best of"
    )
    print(
        f"{CANDIDATES} linear discriminants by 5-fold CV is fitted; the baseline is right on about {100 * RIGHT:.0f} %"
    )
    print("| true advantage | rows in the folds | disagreement (psi) | optimism of CV | GO | NO_GO |")
    print("|---|---|---|---|---|---|")
    for advantage, rows in ((0.0, 100), (0.0, 200), (0.05, 200), (0.1, 100), (0.1, 200)):
        draw = World(advantage, rows)
        found = [draw.pilot(rng) for _ in range(runs)]
        says = np.array([one[0] for one in found])
        psi, optimism = np.mean([one[1] for one in found]), np.mean([one[2] for one in found])
        print(
            f"| {100 * advantage:+.0f} | {rows} | {psi:.2f} | {100 * optimism:+.1f} | {rate(says == 'GO')} |"
            f" {rate(says == 'NO_GO')} |",
            flush=True,
        )


class World:
    """Rows whose class shows in 3 columns of the baseline's and, through other noise, in 3 of every candidate's own.

    The candidates' separation is set so that their Bayes accuracy is the baseline's plus `advantage`; what is fitted
    loses a little of it to estimation, alike on both sides.
    """

    def __init__(self, advantage: float, rows: int) -> None:
        self.advantage, self.rows = advantage, rows
        self.claim = Claim(**SUPERIORITY)
        self.policy = PrototypePolicy(
            claim=self.claim, min_alpha=0.001, frozen=True, outer_folds=FOLDS, outer_repeats=REPEATS, device_power=0.5
        )

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(1 + CANDIDATES, rows, 3) views, the baseline's first, and (rows,) classes."""
        y = np.arange(self.rows) % 2
        signs = 2.0 * y - 1
        shares = np.array([RIGHT, *[RIGHT + self.advantage] * CANDIDATES])
        means = np.array([NormalDist().inv_cdf(share) for share in shares])
        shared = rng.normal(size=self.rows)  # what is hard for one is hard for the others
        own = rng.normal(size=(len(shares), self.rows))
        first = means[:, None] * signs + np.sqrt(SHARED) * shared + np.sqrt(1 - SHARED) * own
        rest = rng.normal(size=(len(shares), self.rows, 2))
        return np.concatenate([first[..., None], rest], axis=2), y

    def pilot(self, rng: np.random.Generator) -> tuple[str, float, float]:
        """What the gate says, how often the two differ, and how much better the choice looked than it is."""
        views, y = self.draw(rng)
        whole = best_by_cv(views, y, rng)
        folds, disagree = [], 0.0
        for _ in range(REPEATS):
            parts = dealt(y, FOLDS, rng)
            for k in range(FOLDS):
                train, test = np.flatnonzero(parts != k), np.flatnonzero(parts == k)
                chosen, _ = best_by_cv(views[:, train], y[train], rng)
                right = fitted(views[[0, chosen]], y, train, test) == y[test]
                b, c = int((right[1] & ~right[0]).sum()), int((right[0] & ~right[1]).sum())
                disagree += (b + c) / (REPEATS * self.rows)
                folds.append(counted(len(test), b, c))
        trained = tuple(self.rows - fold.points for fold in folds)
        record = Nested(repeats=REPEATS, folds=tuple(folds), trained=trained)
        evidence = PrototypeEvidence(
            **HEAD,
            finalist="best of the candidates",
            reference="baseline",
            locked=self.rows,
            device_points=self.rows,
            required=1,
            attempt=1,
            alpha=wallet.alpha(1, self.claim.alpha),
            contenders=(),
            advantage=record,
            twin=None,
            majority=None,
            resource_ratio=None,
            optimism=NOT_READ,
            importance={},
            failures={},
            form="nested",
            development=self.rows,
            device_required=1,
        )
        says = prototype.decide(evidence, self.policy).checks[0].outcome
        return str(says), disagree, whole[1] - self.advantage


SHARED = 0.6
"""Of the noise, what baseline and candidates have in common: they then differ on a fifth of the rows, as psi says."""


def fitted(views: NDArray[np.float64], y: NDArray[np.int64], train: Any, test: Any) -> NDArray[np.int64]:
    """Classes (models, n_test) by linear discriminants fitted on each view of the training rows."""
    X, labels = views[:, train], y[train]
    one, zero = X[:, labels == 1].mean(axis=1), X[:, labels == 0].mean(axis=1)
    centred = X - np.where((labels == 1)[None, :, None], one[:, None], zero[:, None])
    covariance = np.swapaxes(centred, 1, 2) @ centred / (len(train) - 2)
    weights = np.linalg.solve(covariance, (one - zero)[..., None])[..., 0]
    middle = ((one + zero) / 2 * weights).sum(axis=1)
    return np.asarray(np.einsum("mnd,md->mn", views[:, test], weights) > middle[:, None], dtype=np.int64)


def best_by_cv(views: NDArray[np.float64], y: NDArray[np.int64], rng: np.random.Generator) -> tuple[int, float]:
    """The candidate that 5-fold cross-validation likes best, and by how much more than the baseline."""
    parts, right = dealt(y, 5, rng), np.zeros(len(views))
    for k in range(5):
        train, test = np.flatnonzero(parts != k), np.flatnonzero(parts == k)
        right += (fitted(views, y, train, test) == y[test]).sum(axis=1)
    best = 1 + int(right[1:].argmax())
    return best, float(right[best] - right[0]) / len(y)


def dealt(y: NDArray[np.int64], folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A fold for every row, each class spread over all of them."""
    parts = np.empty(len(y), dtype=np.int64)
    for label in (0, 1):
        rows = rng.permutation(np.flatnonzero(y == label))
        parts[rows] = (np.arange(len(rows)) + label * 3) % folds
    return parts


def refusals() -> None:
    claims = [Claim(**(SUPERIORITY | {"target": target})) for target in (0.02, 0.05, 0.1)]
    refused = []
    for claim in claims:
        required = power.required_for(claim, wallet.alpha(1, claim.alpha))
        for locked in np.linspace(10, required - 1, 20, dtype=int):
            # Whatever the points show: here the candidate wins all on which the two differ.
            refused.append(prototype_says(claim, (int(locked), int(0.2 * locked), 0)) != Outcome.GO)
    print(f"\n## Underpowered designs refused: {sum(refused)} of {len(refused)}")


def device_test(runs: int, rng: np.random.Generator) -> None:
    population, margin, alpha, every, churn = 500, 0.05, 0.05, 25, 10
    print(f"\n## Device against simulator: {population} points, a look every {every}, margin 5 points, alpha 5 %,")
    print(f"2 % gained and lost besides the gap, {runs:,} runs each")
    print("| true gap | points used | saved | GO | NO_GO |\n|---|---|---|---|---|")
    for gap in (0, 2, 4, 5, 10, 20):
        lost = population * gap // 100
        one = np.repeat([1, -1, 0], [churn, churn + lost, population - 2 * churn - lost])
        drawn = rng.permuted(np.tile(one, (runs, 1)), axis=1)
        for_go, for_no_go = betting.crossings(drawn, population, margin, alpha, every)
        used = np.minimum(np.minimum(for_go, for_no_go), population)
        # At the margin the census itself is NO_GO; every GO before it is an error.
        go, no_go = for_go <= used, for_no_go <= used
        if gap == 5:
            no_go = ~go
        print(
            f"| {gap} | {used.mean():.0f} | {100 * (1 - used.mean() / population):.0f} % | {rate(go)} | {rate(no_go)} |"
        )


def chain(runs: int, rng: np.random.Generator) -> None:
    population, batch = 1000, 25
    claim = Claim(**SUPERIORITY)
    alpha = wallet.alpha(1, claim.alpha)
    planned = power.required_for(claim, alpha)
    print(
        f"\n## The whole chain: {population} locked points, promotion on {planned}, first try of 5 %, {runs:,} runs each"
    )
    print("| simulator over classical | lost on the device | device over classical | margin | prototype GO |"
          " device GO | promoted |\n|---|---|---|---|---|---|---|")  # fmt: skip
    cases = [
        (0.0, 0.0, 0.05),
        (0.03, 0.03, 0.05),
        (0.05, 0.05, 0.1),
        (0.1, 0.1, 0.15),
        (0.03, 0.04, 0.05),
        (0.1, 0.11, 0.15),
    ]
    cases += [(0.1, 0.0, 0.05), (0.1, 0.02, 0.05)]
    for advantage, loss, margin in cases:
        stages = []
        for _ in range(runs):
            classical = rng.random(population) < RIGHT
            simulator = answers(rng, classical, 1, advantage)[0]
            device = worn(rng, simulator, loss, RIGHT + advantage)
            first = prototype_says(claim, tally(simulator, classical)) == Outcome.GO
            differences = device.astype(int) - simulator.astype(int)
            for_go, for_no_go = (int(n) for n in betting.crossings(differences, population, margin, alpha, batch))
            measured = min(max(for_go, planned), for_no_go, population)
            measured = min(-(-measured // batch) * batch, population)
            second = hardware_says(differences[:measured], population, margin, alpha) == Outcome.GO
            third = measured >= planned and (
                promotion_says(claim, tally(device[:planned], classical[:planned]), alpha) == Outcome.GO
            )
            stages.append((first, first and second, first and second and third))
        reached = np.asarray(stages)
        print(
            f"| {100 * advantage:+.0f} | {100 * loss:.0f} | {100 * (advantage - loss):+.0f} | {100 * margin:.0f} |"
            f" {rate(reached[:, 0])} | {rate(reached[:, 1])} | {rate(reached[:, 2])} |"
        )


def worn(rng: np.random.Generator, simulator: Flags, loss: float, right: float, churn: float = 0.02) -> Flags:
    """The simulator's answers as a device gives them: `loss` fewer right on average, `churn` flipped each way besides."""
    drawn = rng.random(simulator.shape)
    return np.where(simulator, drawn >= (churn + loss) / right, drawn < churn / (1 - right))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("locked", "nested", "refusals", "device", "chain"), default=None)
    arguments = parser.parse_args()
    print("Intervals: Wilson 95 %. Points are hundredths of accuracy.")
    parts: dict[str, Callable[[np.random.Generator], None]] = {
        "locked": partial(locked_set, arguments.runs),
        "nested": partial(nested, arguments.runs),
        "refusals": lambda _: refusals(),
        "device": partial(device_test, arguments.runs),
        "chain": partial(chain, arguments.runs),
    }
    for place, (name, part) in enumerate(parts.items()):
        if arguments.only in (None, name):
            part(np.random.default_rng([arguments.seed, place]))


if __name__ == "__main__":
    main()
