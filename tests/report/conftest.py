"""Four runs as they end in practice, each decided by the real gates: promoted, refused, underpowered, broken."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from gates import data, forecast, hardware, promotion, prototype, reduction, trainability
from gates.comparison import Comparison
from gates.contender import Contender, Learned, Stress
from gates.records import Measure, Outcome
from gates.selection import PrototypeEvidence
from gates.statistics import betting, intervals, power, wallet
from gates.statistics.decay import Decay
from qpilot import policies
from qpilot.pilot import Pilot
from qpilot.report.page import render
from qpilot.report.record import Distribution, Kernel, PastSpend, PastWait, PlotData, RunRecord, Training
from qpilot.trainability.stage import shots

FINALIST, REFERENCE = "projected-kernel zzx2 q4", "rbf-svm (reduced)"
PROVENANCE = {
    "Code": "a1" * 32,
    "Git revision": "c57a1dc",
    "Python": "3.11.9",
    "PennyLane": "0.45.0",
    "Journal": "e9" * 32,
}

PILOT: dict[str, Any] = {
    "seed": 7,
    "charter": {
        "question": "Does a four-qubit kernel model see a pattern that tuned classical models do not?",
        "owner": "Applied research",
        "exit_criteria": ("promoted: serve it behind the fallback", "refused: keep the baseline"),
        "usd_by_stage": {"hardware": Decimal(400)},
    },
    "data": {"path": "data.csv", "target": "label", "locked": 0.3},
    "reduce": {"method": "none"},
    "candidates": (
        {"model": "projected-kernel", "encoding": "zz", "layers": 2, "qubits": 4, "scaling": "none"},
        {"model": "variational", "encoding": "angle", "ansatz": "strongly-entangling", "layers": 3, "qubits": 4},
    ),
    "hardware": {"backend": "emulator", "device": "iqm-garnet", "margin": 0.05},
    "budget": {"usd": Decimal(500), "queue_hours": 72.0},
    "gates": {
        "data": {
            "min_rows": 200,
            "max_null_fraction": 0.0,
            "min_class_share": 0.2,
            "max_duplicate_fraction": 0.01,
            "max_correlation": 0.98,
            "max_leakage": 0.98,
            "max_overlap_fraction": 0.0,
        },
        "reduction": {"max_accuracy_loss": 0.05},
        "trainability": {"max_shots": 20_000},
        "prototype": {"min_alpha": 0.001},
        "forecast": {"max_emulated_loss": 0.05},
        "promotion": {"require_fallback": True},
    },
}


def pilot(name: str = "planted", target: float = 0.1, psi: float = 0.4) -> Pilot:
    claim = {
        "kind": "superiority",
        "metric": "accuracy",
        "target": target,
        "psi": psi,
        "alpha": 0.05,
        "power": 0.8,
        "quantum": True,
    }
    return Pilot.model_validate(PILOT | {"name": name, "claim": claim})


def base(stage: str, run: Pilot) -> dict[str, Any]:
    return {"stage": stage, "pilot": run.digest, "inputs": {"data": "7c" * 32}, "code": "a1" * 32}


def share(right: int, n: int) -> Measure:
    return intervals.proportion(right, n, unit="accuracy")


def expectation(
    name: str, column: str | None, severity: str, success: bool, seen: float, required: str, reason: str
) -> Any:
    return data.Expectation.model_validate(
        {
            "name": name,
            "column": column,
            "severity": severity,
            "success": success,
            "evaluated": True,
            "observed": seen,
            "required": required,
            "reason": reason,
        }
    )


def data_evidence(run: Pilot, development: int = 630, locked: int = 270) -> data.DataEvidence:
    near = "x2 and x4 say nearly the same: their correlation is 0.991."
    return data.DataEvidence(
        **base("data", run),
        rows=development + locked,
        features=4,
        classes={"0": 270, "1": development + locked - 270},
        majority=share(development + locked - 270, development + locked),
        development=development,
        locked=locked,
        dropped=0,
        notes=("no rows were dropped",),
        expectations=(
            expectation("missing values", "x1", "critical", True, 0, "at most 0 %", "No value is missing in x1."),
            expectation("duplicate rows", None, "critical", True, 0, "at most 1 %", "No row occurs twice."),
            expectation(
                "leakage", "x3", "critical", True, 0.531, "AUC at most 0.98", "x3 alone tells next to nothing."
            ),
            expectation("collinear columns", "x2", "warning", False, 0.991, "correlation at most 0.98", near),
        ),
    )


def reduction_evidence(run: Pilot, spectrum: tuple[float, ...] = ()) -> reduction.ReductionEvidence:
    kept = Measure(
        value=sum(spectrum), low=sum(spectrum) - 0.02, high=sum(spectrum) + 0.01, n=5, method="range over folds"
    )
    return reduction.ReductionEvidence(
        **base("reduction", run),
        method="pca" if spectrum else "none",
        components=len(spectrum) or 4,
        raw_features=63 if spectrum else 4,
        information=kept if spectrum else Measure.missing("nothing was reduced"),
        accuracy_raw=share(610, 630) if spectrum else share(352, 630),
        accuracy_reduced=share(599, 630) if spectrum else share(352, 630),
        accuracy_change=intervals.paired(8, 19 if spectrum else 8, 630),
        spectrum=spectrum,
    )


def probe(place: int, candidate: Any, variances: tuple[float, ...], signal: str) -> trainability.Probe:
    """A candidate whose variance was that at 2, 3 and 4 qubits."""
    widths = tuple(
        trainability.Width(qubits=n, variance=one, noise=1.0, error=0.08, draws=100)
        for n, one in zip((2, 3, 4), variances, strict=True)
    )
    decay = Decay.fit([2, 3, 4], np.log(variances), [0.08] * 3)
    assert decay is not None
    at = Measure(value=variances[-1], low=0.8 * variances[-1], high=1.2 * variances[-1], n=100, method="made up")
    mitigation = trainability.Mitigation(
        name="local readout",
        used=True,
        without=at,
        with_it=at,
        ratio=at.model_copy(update={"value": 2.1, "low": 1.6, "high": 2.8}),
    )
    return trainability.Probe(
        place=place,
        name=candidate.name,
        signal=signal,  # type: ignore[arg-type]
        qubits=4,
        widths=widths,
        slope=decay.steepness(3),
        variance=at,
        shots=shots(decay, 4, 300),
        loss_variance=at if signal == "gradient" else Measure.missing("a kernel has no cost"),
        expressibility=at.model_copy(update={"method": "KL against Haar, 75 bins; Haar itself would show 0.001"}),
        entangling=at,
        mitigations=(mitigation,) if signal == "gradient" else (),
    )


def trainability_evidence(run: Pilot) -> trainability.TrainabilityEvidence:
    kernel, circuit = run.candidates
    probes = (probe(1, kernel, (0.05, 0.04, 0.03), "kernel entry"), probe(2, circuit, (0.09, 0.04, 0.02), "gradient"))
    return trainability.TrainabilityEvidence(**base("trainability", run), probes=probes)


def endured(kernel: bool) -> dict[str, Any]:
    """What is measured on held-out rows of the best of each family."""
    kinds = (("feature noise", (0.05, 0.1, 0.2, 0.5)), ("bits", (8, 6, 4)), ("device noise", (1, 2)))
    stresses = tuple(
        Stress(kind=kind, level=level, accuracy=share(200 - 9 * place, 210), change=intervals.paired(2, 9 * place, 210))  # type: ignore[arg-type]
        for kind, levels in kinds[: 3 if kernel else 1]
        for place, level in enumerate(levels)
    )
    return {
        "calibration": Measure(value=0.04, low=0.02, high=0.07, n=630, method="10 bins of equal size"),
        "learning": tuple(Learned(rows=n, accuracy=share(500 + n // 6, 630)) for n in (52, 105, 210, 420)),
        "rows_needed": Measure(value=210, low=105, high=420, n=630, unit="rows", method="of the sizes measured"),
        "stresses": stresses,
        "depth": 32 if kernel else None,
        "two_qubit_gates": 16 if kernel else None,
        "inference_usd": Measure(value=0.3, low=0.3, high=87.3, n=1, unit="dollars", method="list price"),
    }


CONTENDERS = """
finalist  | kernel    | projected-kernel zzx2 q4                         | 622 566 | 267 241 | 118  | 0.84  | 0.0031
reference | classical | rbf-svm (reduced)                                | 352 611 | 151 262 | 402  | 0.052 | 0.00004
twin      | kernel    | projected-kernel zzx2 q4, no entanglement        | 361 559 | 154 240 | 118  | 0.8   | 0.003
majority  | classical | majority                                         | 316 316 | 135 135 | 0    | 0     | 0.000001
candidate | qnn       | variational angle+strongly-entanglingx3 q4 adam  | 340 548 |         | 38   | 12.7  | 0.0012
candidate | hybrid    | hybrid angle+strongly-entanglingx3 q4 adam       | 351 560 |         | 91   | 14.2  | 0.0013
baseline  | classical | gradient-boosting (raw)                          | 384 604 |         | 3100 | 0.9   | 0.00008
baseline  | classical | logistic (raw)                                   | 318 607 |         | 5    | 0.01  | 0.00001
"""


def contenders(won: bool) -> tuple[Contender, ...]:
    """The comparison table; two figures in a cell are for a finalist that wins and for one that does not."""
    found = []
    for line in CONTENDERS.strip().splitlines():
        role, family, name, cv, locked, parameters, training, inference = (cell.strip() for cell in line.split("|"))
        read = share(int(locked.split()[not won]), 270) if locked else Measure.missing("not read on the locked set")
        changed = (
            share(11, 200) if locked else Measure.missing("measured for the finalist, its twin and the reference alone")
        )
        found.append(
            Contender.model_validate(
                {
                    "name": name,
                    "role": role,
                    "family": family,
                    "features": "raw" if "raw" in name else "reduced",
                    "cv_accuracy": share(int(cv.split()[not won]), 630),
                    "locked_accuracy": read,
                    "parameters": int(parameters),
                    "training_seconds": float(training),
                    "inference_seconds": float(inference),
                    "noise_sensitivity": changed,
                    **(endured(family == "kernel") if locked and role != "majority" else {}),
                }
            )
        )
    return tuple(found)


def comparison(better: int, worse: int, n: int = 270) -> Comparison:
    first = np.arange(n) < better
    return Comparison.of(first, (np.arange(n) >= better) & (np.arange(n) < better + worse), np.arange(n) % 2)


def prototype_evidence(run: Pilot, ending: str) -> PrototypeEvidence:
    """ending: "won", "lost", or "closed" (power refused to open the locked set)."""
    won, alpha = ending == "won", wallet.alpha(1, run.claim.alpha)
    common = base("prototype", run) | {"attempt": 1, "alpha": alpha, "resource_ratio": None}
    if ending == "closed":
        return PrototypeEvidence(
            **common,
            finalist="",
            reference="",
            locked=171,
            device_points=171,
            required=power.required_for(run.claim, alpha),
            contenders=(),
            advantage=None,
            twin=None,
            majority=None,
            optimism=Measure.missing("the locked set was not read"),
            importance={},
            failures={},
        )
    importance = {
        f"x{k}": Measure(value=v, low=v - 0.04, high=v + 0.05, n=200, method="permutation, range over 5")
        for k, v in enumerate((0.31, 0.22, 0.18, 0.04), start=1)
    }
    return PrototypeEvidence(
        **common,
        finalist=FINALIST,
        reference=REFERENCE,
        locked=270,
        device_points=270,
        required=power.required_for(run.claim, alpha),
        contenders=contenders(won),
        advantage=comparison(118, 2) if won else comparison(8, 29),
        twin=comparison(115, 2) if won else comparison(6, 5),
        majority=comparison(133, 1) if won else comparison(112, 6),
        optimism=Measure(
            value=0.012, low=-0.01, high=0.034, n=270, method="CV advantage - locked advantage; Tango 95 %"
        ),
        importance=importance,
        failures={"hybrid angle+strongly-entanglingx3 q4 cobyla": "did not converge in 200 steps"},
    )


def spend(p90: str) -> forecast.Spend:
    top = Decimal(p90)
    return forecast.Spend(expected=top * 7 / 10, p50=top * 65 / 100, p90=top, worst=top * 16 / 10)


def trials() -> tuple[forecast.Trial, ...]:
    return (
        forecast.Trial(
            mitigation="readout",
            outcome=Outcome.GO,
            shots=493,
            device_usd=Decimal("55.05"),
            none_usd=Decimal("55.20"),
            points=2000,
            gained=61,
            lost=19,
            log10_evidence=4.2,
            error=0.021,
            none_error=0.034,
            reason="readout with 493 shots a circuit for $55.05 a batch ($55.20 without), 2,000 points: 61 answers set"
            " right, 19 wrong; it pays",
        ),
        forecast.Trial(
            mitigation="readout+zne-linear",
            outcome=Outcome.NO_GO,
            shots=164,
            device_usd=Decimal("55.14"),
            none_usd=Decimal("55.20"),
            points=2000,
            gained=70,
            lost=64,
            log10_evidence=0.3,
            error=0.03,
            none_error=0.034,
            reason="readout+zne-linear with 164 shots a circuit for $55.14 a batch ($55.20 without), 2,000 points: 70"
            " answers set right, 64 wrong; it gains less than 5.0 percentage points",
        ),
    )


def track() -> forecast.Track:
    return forecast.Track(
        waits=48,
        calibrated=13,
        covered=0.79,
        pinball_p10=0.31,
        pinball_p50=1.2,
        pinball_p90=0.52,
        crps=1.4,
        runs=6,
        within_p50=0.5,
        within_p90=5 / 6,
    )


def forecast_evidence(run: Pilot, queues: bool = False) -> forecast.ForecastEvidence:
    wait = Measure(value=31.5, n=0, unit="hours", method="execution windows only; uncalibrated")
    return forecast.ForecastEvidence(
        **base("forecast", run),
        backend="emulator",
        device="iqm-garnet",
        points=270,
        circuits_per_point=3,
        shots=500,
        mitigation="readout",
        trials=trials(),
        curve=tuple(
            forecast.Shots(shots=shots, loss=loss, usd=Decimal(shots) * Decimal("1.1745"), meets=loss <= 0.01)
            for shots, loss in ((50, 0.041), (100, 0.028), (200, 0.0166), (500, 0.0081), (1000, 0.004), (5000, 0.001))
        ),
        shots_loss_limit=0.01,
        charged=spend("0"),
        device_cost=spend("587.25"),
        price_known=True,
        committed_usd=Decimal("120.5"),
        account=None,
        classical_usd=Decimal("0.04"),
        classical_hours=Measure(value=0.11, n=12, unit="hours", method="12 fits at the finalist's 3.1 s"),
        queues=queues,
        queue=forecast.Queue(
            depth=12, lower_bound=False, jobs_per_open_hour=30, rate="assumed", scored=0, calibrated=False, level=0.2
        ),
        track=track(),
        wait_p10_hours=wait.model_copy(update={"value": 1.5}),
        wait_p50_hours=wait.model_copy(update={"value": 6.25}),
        wait_p90_hours=wait,
        simulated_accuracy=share(622, 630),
        emulated_accuracy=share(611, 630),
        emulated_loss=intervals.paired(15, 4, 630),
        notes=("iqm-garnet: figures of 2026-11-02",),
    )


def hardware_evidence(run: Pilot) -> tuple[hardware.HardwareEvidence, hardware.HardwarePolicy]:
    policy = hardware.HardwarePolicy(margin=0.05, alpha=wallet.alpha(1, run.claim.alpha))
    drawn = np.random.default_rng(5).choice([-1, 0, 1], size=225, p=[0.015, 0.97, 0.015])
    go, no_go = (path / math.log(10) for path in betting.paths(drawn, 270, policy.margin))
    wins, losses = int((drawn > 0).sum()), int((drawn < 0).sum())
    evidence = hardware.HardwareEvidence(
        **base("hardware", run),
        backend="emulator",
        device="iqm-garnet",
        shots=500,
        mitigation="readout",
        population=270,
        planned=225,
        differences=tuple(map(int, drawn)),
        batches=9,
        calibrations=("4f" * 32,),
        path=tuple((n, float(go[n - 1]), float(no_go[n - 1])) for n in range(25, 226, 25)),
        stopped="certain that the device stays within the margin, with the points promotion needs",
        device_accuracy=share(222 + wins - losses, 225),
        simulator_accuracy=share(222, 225),
        gap=intervals.paired(losses, wins, 225),
        charged_usd=Decimal(0),
        device_usd=Decimal("498.60"),
    )
    return evidence, policy


def promotion_evidence(run: Pilot) -> promotion.PromotionEvidence:
    return promotion.PromotionEvidence(
        **base("promotion", run),
        planned=225,
        advantage=comparison(96, 4, 225),
        majority=comparison(108, 5, 225),
        device_accuracy=share(218, 225),
        classical_accuracy=share(126, 225),
        resource_ratio=None,
        fallback=REFERENCE,
        fallback_answers=True,
    )


def plots() -> PlotData:
    rng, steps = np.random.default_rng(3), np.arange(60)
    angles = np.concatenate([rng.normal(0, 0.5, 20), rng.normal(1.6, 0.5, 20)])
    exact = rng.dirichlet(np.full(16, 0.6))
    raw = rng.multinomial(500, 0.85 * exact + 0.15 / 16) / 500
    trained = (
        ("variational angle+strongly-entanglingx3 q4 adam", 40),
        ("hybrid angle+strongly-entanglingx3 q4 adam", 25),
    )
    return PlotData(
        training=tuple(
            Training(
                name=name, loss=tuple(0.5 * np.exp(-steps / slow) + 0.2), gradient_norm=tuple(np.exp(-steps / slow))
            )
            for name, slow in trained
        ),
        kernel=Kernel(
            name=FINALIST,
            labels=("0",) * 20 + ("1",) * 20,
            values=tuple(map(tuple, np.cos(np.subtract.outer(angles, angles) / 2) ** 2)),
        ),
        distributions=(
            Distribution(
                point="row 17, measured in X",
                outcomes=tuple(f"{k:04b}" for k in range(16)),
                simulator=tuple(exact),
                device=tuple(raw),
                corrected=tuple(0.5 * raw + 0.5 * exact),
                shots=500,
            ),
        ),
        waits=past_waits(),
        spends=tuple(
            PastSpend(
                run=f"planted-0123abcd-{place}",
                p50=Decimal(150),
                p90=Decimal(200),
                worst=Decimal(380),
                came=Decimal(came),
                emulated=place < 4,
            )
            for place, came in enumerate((120, 150, 195, 90, 230, 160), start=1)
        ),
    )


def past_waits() -> tuple[PastWait, ...]:
    """Tasks whose queue grew on the way; the intervals follow."""
    came = np.where(np.arange(40) < 20, 4.0, 9.0) * np.random.default_rng(4).lognormal(0, 0.6, 40)
    middle = np.where(np.arange(40) < 24, 4.0, 8.0)
    return tuple(
        PastWait(low=one / 2.7, median=one, high=one * 2.7, came=float(hours), calibrated=place >= 12)
        for place, (one, hours) in enumerate(zip(middle, came, strict=True))
    )


def record(
    run: Pilot, state: str, outcome: str, stages: dict[str, Any], stage: str = "", reason: str = "", **also: Any
) -> RunRecord:
    """A run with the verdicts that the gates really give on `stages`; its reason is the last gate's."""
    claim, alpha = run.claim, wallet.alpha(1, run.claim.alpha)
    decided: dict[str, Callable[[Any], Any]] = {
        "data": lambda found: data.decide(found, run.gates.data),
        "reduction": lambda found: reduction.decide(found, run.gates.reduction),
        "trainability": lambda found: trainability.decide(found, run.gates.trainability),
        "prototype": lambda found: prototype.decide(found, policies.prototype(run)),
        "forecast": lambda found: forecast.decide(
            found, forecast.ForecastPolicy(usd=run.budget.usd, queue_hours=72, max_emulated_loss=0.05)
        ),
        "hardware": lambda found: hardware.decide(
            found, hardware.HardwarePolicy(metric=claim.metric, margin=0.05, alpha=alpha)
        ),
        "promotion": lambda found: promotion.decide(
            found, promotion.PromotionPolicy(claim=claim, alpha=alpha, require_fallback=True)
        ),
    }
    verdicts = tuple(decided[name](found) for name, found in stages.items())
    return RunRecord(
        run=f"{run.name}-{run.digest[:8]}-1",
        pilot=run,
        state=state,
        outcome=outcome,
        reason=reason or verdicts[-1].reason,  # type: ignore[arg-type]
        stage=stage or next(reversed(stages)),
        started=datetime(2026, 11, 23, 9, 12, 4, tzinfo=UTC),  # type: ignore[arg-type]
        finished=datetime(2026, 11, 23, 9, 12, 51, tzinfo=UTC),
        verdicts=verdicts,
        provenance=PROVENANCE,
        paths={"Evidence": "evidence/", "Raw counts": "counts/"},
        **stages,
        **also,
    )


def promoted_run() -> RunRecord:
    run = pilot()
    measured, policy = hardware_evidence(run)
    stages = {
        "data": data_evidence(run),
        "reduction": reduction_evidence(run),
        "trainability": trainability_evidence(run),
        "prototype": prototype_evidence(run, "won"),
        "forecast": forecast_evidence(run),
        "hardware": measured,
        "promotion": promotion_evidence(run),
    }
    reason = "every gate answered GO"
    return record(
        run, "Promoted", "GO", stages, reason=reason, hardware_policy=policy, plots=plots(), model="planted@1"
    )


def refused_run() -> RunRecord:
    """NO_GO at the prototype gate, explored."""
    run = pilot("h4-correlation")
    spectrum = (0.31, 0.2, 0.12, 0.09, 0.06, 0.05, 0.04, 0.03)
    stages = {
        "data": data_evidence(run),
        "reduction": reduction_evidence(run, spectrum),
        "trainability": trainability_evidence(run),
        "prototype": prototype_evidence(run, "lost"),
    }
    reason = "An advantage of 10 percentage points over the best classical model is ruled out."
    return record(
        run,
        "NoGo",
        "NO_GO",
        stages,
        reason=reason,
        plots=plots().model_copy(update={"distributions": ()}),
        explore=True,
    )


def underpowered_run() -> RunRecord:
    run = pilot("breast-cancer", target=0.05, psi=0.2)
    stages = {
        "data": data_evidence(run, 399, 171),
        "reduction": reduction_evidence(run),
        "trainability": trainability_evidence(run),
        "prototype": prototype_evidence(run, "closed"),
    }
    return record(run, "Inconclusive", "INCONCLUSIVE", stages)


def broken_run() -> RunRecord:
    run = pilot()
    stages = {
        "data": data_evidence(run),
        "reduction": reduction_evidence(run),
        "trainability": trainability_evidence(run),
        "prototype": prototype_evidence(run, "won"),
        "forecast": forecast_evidence(run, queues=True),
    }
    reason = (
        "iqm-garnet answered batch 3 with 0 shots where 500 were asked. Run the pilot again: finished batches are kept."
    )
    return record(run, "Failed", "ERROR", stages, stage="hardware", reason=reason, plots=plots())


RUNS = {"promoted": promoted_run, "refused": refused_run, "underpowered": underpowered_run, "broken": broken_run}


@pytest.fixture(scope="session")
def runs() -> dict[str, RunRecord]:
    return {name: build() for name, build in RUNS.items()}


@pytest.fixture(scope="session")
def pages(runs: dict[str, RunRecord]) -> dict[str, str]:
    """Each run's page, drawn once for all tests that only read it."""
    return {name: render(run) for name, run in runs.items()}


@pytest.fixture(params=list(RUNS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)
