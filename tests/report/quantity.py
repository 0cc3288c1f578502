"""A run about a quantity as it ends in practice, decided by the real gates on graded answers."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates import data, forecast, hardware, promotion, reduction
from gates.claim import Claim
from gates.contender import Contender, Learned, Stress
from gates.graded import Graded
from gates.grading import grades
from gates.records import Measure
from gates.selection import PrototypeEvidence
from gates.statistics import betting, intervals, power, wallet
from qpilot.pilot import Pilot
from qpilot.report.record import Answers, Kernel, PlotData, RunRecord
from tests.report.conftest import (
    PILOT,
    base,
    data_evidence,
    forecast_evidence,
    hardware_evidence,
    record,
    reduction_evidence,
    trainability_evidence,
)

FINALIST, REFERENCE = "projected-kernel (zz, 2 layers), seed 11", "ridge (raw)"
LOCKED, WORST = 270, 150.0
CLAIM: dict[str, Any] = {
    "kind": "superiority",
    "metric": "absolute_error",
    "worst_error": WORST,
    "target": 0.05,
    "psi": 0.02,
    "alpha": 0.05,
    "power": 0.8,
    "quantum": True,
}


def pilot(metric: str = "absolute_error") -> Pilot:
    gates = PILOT["gates"]
    rows = {name: value for name, value in gates["data"].items() if name != "min_class_share"} | {
        "max_value_share": 0.2
    }
    changed = {
        "name": "diabetes",
        "kind": "regression",
        "claim": CLAIM | {"metric": metric},
        "data": PILOT["data"] | {"target": "progression"},
        "search": {"seeds": 3, "seeds_as": "average"},
        "gates": {**gates, "data": rows},
    }
    return Pilot.model_validate(PILOT | changed)


def truth(n: int = LOCKED) -> NDArray[np.float64]:
    """(n,) values between 25 and 346."""
    return np.asarray(25 + 321 * np.random.default_rng(1).beta(1.4, 2.2, n), dtype=np.float64)


def answers(spread: float, seed: int, n: int = LOCKED) -> NDArray[np.float64]:
    """(n,) answers that are off by about `spread` on average; rows that are hard for one seed are hard for all."""
    hard, own = np.random.default_rng(2).laplace(0, 1, n), np.random.default_rng([seed, 3]).laplace(0, 1, n)
    return np.asarray(truth(n) + spread * (0.85 * hard + 0.4 * own), dtype=np.float64)


def graded(claim: Claim, spread: float, seed: int, n: int = LOCKED) -> NDArray[np.float64]:
    return np.asarray(grades(claim, answers(spread, seed, n), truth(n)), dtype=np.float64)


def score(claim: Claim, spread: float, seed: int, n: int = LOCKED) -> Measure:
    return intervals.accuracy(graded(claim, spread, seed, n))


def rows(run: Pilot) -> data.DataEvidence:
    known = truth(900)
    low, lower, middle, upper, high = map(float, np.quantile(known, [0, 0.25, 0.5, 0.75, 1]))
    spread = data.Spread(
        values=900,
        least=low,
        lower=lower,
        median=middle,
        upper=upper,
        most=high,
        commonest=72.0,
        commonest_share=0.011,
        heavy=0.06,
    )
    always = grades(run.claim, np.full(900, middle), known)
    found = data_evidence(run)
    return found.model_copy(update={"classes": {}, "target": spread, "majority": intervals.accuracy(always)})


TABLE: tuple[tuple[str, str, str, float, bool], ...] = (
    ("finalist", "kernel", FINALIST, 31, True),
    ("reference", "classical", REFERENCE, 44, True),
    ("twin", "kernel", f"{FINALIST} (no entanglement)", 43, True),
    ("majority", "classical", "always the median", 66, True),
    ("candidate", "qnn", "variational (angle, 3 layers)", 47, False),
    ("baseline", "classical", "gradient-boosting (raw)", 45, False),
)


def contenders(run: Pilot) -> tuple[Contender, ...]:
    found = []
    for place, (role, family, name, spread, read) in enumerate(TABLE):
        fitted = read and role != "majority"
        found.append(
            Contender.model_validate(
                {
                    "name": name,
                    "role": role,
                    "family": family,
                    "features": "raw" if "raw" in name else "reduced",
                    "cv_accuracy": score(run.claim, spread, place, 630),
                    "locked_accuracy": score(run.claim, spread, place)
                    if read
                    else Measure.missing(
                        "the locked set is read by the finalist, its twin and the reference alone", "score"
                    ),
                    "parameters": 118 if family == "kernel" else 11,
                    "training_seconds": 0.8,
                    "inference_seconds": 0.002 if fitted else math.nan,
                    "noise_sensitivity": Measure(value=0.03, low=0.02, high=0.04, n=200, unit="share of worst_error"),
                    "calibration": Measure.missing("a quantity is answered without a probability", "calibration error"),
                    **(endured(run, spread) if fitted else {}),
                }
            )
        )
    return tuple(found)


def endured(run: Pilot, spread: float) -> dict[str, Any]:
    clean = graded(run.claim, spread, 9, 210)
    stresses = []
    for place, level in enumerate((0.05, 0.1, 0.2, 0.5), start=1):
        worse = graded(run.claim, spread * (1 + 0.08 * place), 9, 210)
        stresses.append(
            Stress(
                kind="feature noise",
                level=level,
                accuracy=intervals.accuracy(worse),
                change=intervals.difference(worse, clean),
            )
        )
    sizes = (52, 105, 210, 420)
    return {
        "learning": tuple(Learned(rows=n, accuracy=score(run.claim, spread * (1 + 20 / n), 8, 630)) for n in sizes),
        "rows_needed": Measure(value=210, low=105, high=420, n=630, unit="rows", method="of the sizes measured"),
        "stresses": tuple(stresses),
    }


def against(run: Pilot, first: float, second: float, points: int = LOCKED, seeds: int = 3) -> Graded:
    one = np.stack([graded(run.claim, first, seed, points) for seed in range(seeds)])
    return Graded.of(one, graded(run.claim, second, 99, points)[None])


def prototyped(run: Pilot) -> PrototypeEvidence:
    alpha = wallet.alpha(1, run.claim.alpha)
    return PrototypeEvidence(
        **base("prototype", run),
        attempt=1,
        alpha=alpha,
        resource_ratio=None,
        finalist=FINALIST,
        reference=REFERENCE,
        locked=LOCKED,
        device_points=LOCKED,
        required=power.required_for(run.claim, alpha),
        contenders=contenders(run),
        advantage=against(run, 31, 44),
        twin=against(run, 31, 43),
        majority=against(run, 31, 66),
        optimism=Measure(value=0.012, low=-0.01, high=0.034, n=270, unit="score difference", method="CV - locked"),
        importance={
            f"x{k}": Measure(
                value=v, low=v - 0.02, high=v + 0.02, n=200, unit="score", method="permutation, range over 5"
            )
            for k, v in enumerate((0.12, 0.07, 0.01), start=1)
        },
        failures={},
    )


def measured(run: Pilot) -> hardware.HardwareEvidence:
    found, _ = hardware_evidence(run)
    device, simulator = graded(run.claim, 31.5, 0), graded(run.claim, 31, 0)
    drawn = device - simulator
    go, no_go = (path / math.log(10) for path in betting.paths(drawn, LOCKED, run.hardware.margin))
    return hardware.HardwareEvidence.model_validate(
        {
            **found.model_dump(),
            "differences": tuple(map(float, drawn)),
            "planned": 200,
            "path": tuple((n, float(go[n - 1]), float(no_go[n - 1])) for n in range(30, LOCKED, 30)),
            "device_accuracy": intervals.accuracy(device),
            "simulator_accuracy": intervals.accuracy(simulator),
            "gap": intervals.difference(simulator, device).model_copy(update={"unit": "score lost on the device"}),
        }
    )


def promoted(run: Pilot) -> promotion.PromotionEvidence:
    return promotion.PromotionEvidence(
        **base("promotion", run),
        planned=200,
        advantage=against(run, 32, 44, 200, 1),
        majority=against(run, 32, 66, 200, 1),
        device_accuracy=score(run.claim, 32, 0, 200),
        classical_accuracy=score(run.claim, 44, 99, 200),
        resource_ratio=None,
        fallback=REFERENCE,
        fallback_answers=True,
    )


def plots() -> PlotData:
    known = np.sort(truth(60))
    alike = np.exp(-np.abs(np.subtract.outer(known, known)) / 120)
    return PlotData(
        kernel=Kernel(name=FINALIST, values=tuple(map(tuple, alike)), targets=tuple(map(float, known))),
        answers=Answers(
            name=FINALIST, truth=tuple(map(float, truth(300))), answers=tuple(map(float, answers(31, 0, 300)))
        ),
    )


def quantity_run(metric: str = "absolute_error") -> RunRecord:
    """Promoted; the seeds of the finalist are averaged."""
    run = pilot(metric)
    claim = run.claim
    reduced: reduction.ReductionEvidence = reduction_evidence(run).model_copy(
        update={
            "accuracy_raw": score(claim, 44, 1, 630),
            "accuracy_reduced": score(claim, 44.5, 1, 630),
            "accuracy_change": intervals.difference(graded(claim, 44.5, 1, 630), graded(claim, 44, 1, 630)),
        }
    )
    foreseen: forecast.ForecastEvidence = forecast_evidence(run).model_copy(
        update={
            "trials": (),
            "simulated_accuracy": score(claim, 31, 0, 630),
            "emulated_accuracy": score(claim, 31.4, 0, 630),
            "emulated_loss": intervals.difference(graded(claim, 31, 0, 630), graded(claim, 31.4, 0, 630)),
        }
    )
    stages = {
        "data": rows(run),
        "reduction": reduced,
        "trainability": trainability_evidence(run),
        "prototype": prototyped(run),
        "forecast": foreseen,
        "hardware": measured(run),
        "promotion": promoted(run),
    }
    policy = hardware.HardwarePolicy(metric=claim.metric, margin=0.05, alpha=wallet.alpha(1, claim.alpha))
    return record(
        run,
        "Promoted",
        "GO",
        stages,
        reason="every gate answered GO",
        hardware_policy=policy,
        plots=plots(),
        model="diabetes@1",
    )
