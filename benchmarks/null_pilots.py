"""How often the gates say GO to pilots in which there is nothing, and how often to pilots in which there is something.

Every decision is made by the gates' own `decide`; only the models' right and wrong answers are simulated, point by point:
the classical baseline is right on 80 % of the points, a candidate disagrees with it on `PSI` of them.
Run: python benchmarks/null_pilots.py [--runs 2000]
"""

import argparse
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates import hardware, promotion, prototype
from gates.claim import Claim
from gates.comparison import Comparison
from gates.records import Measure, Outcome
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
    evidence = prototype.PrototypeEvidence(
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
    )
    return prototype.decide(evidence, prototype.PrototypePolicy(claim=claim, min_alpha=0.001)).outcome


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
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    print("Intervals: Wilson 95 %. Points are hundredths of accuracy.")
    locked_set(arguments.runs, rng)
    refusals()
    device_test(arguments.runs, rng)
    chain(arguments.runs, rng)


if __name__ == "__main__":
    main()
