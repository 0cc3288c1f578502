"""Evidence and policies that pass every check, to be spoilt one field at a time."""

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from gates.claim import Claim
from gates.comparison import Comparison
from gates.data import DataEvidence, DataPolicy
from gates.expectation import Expectation
from gates.forecast import ForecastEvidence, ForecastPolicy
from gates.hardware import HardwareEvidence, HardwarePolicy
from gates.money import Spend
from gates.promotion import PromotionEvidence, PromotionPolicy
from gates.queue import Queue, Track
from gates.records import Measure
from gates.reduction import ReductionEvidence, ReductionPolicy
from gates.selection import PrototypeEvidence, PrototypePolicy
from gates.statistics import intervals
from gates.target import Spread

NOT_READ = Measure.missing("no check reads it")
HEAD: dict[str, Any] = {"stage": "test", "pilot": "p" * 64, "inputs": {"data": "d" * 64}, "code": "c" * 64}


def claim(**changes: Any) -> Claim:
    superiority = {
        "kind": "superiority",
        "metric": "accuracy",
        "target": 0.1,
        "psi": 0.3,
        "alpha": 0.05,
        "power": 0.8,
        "quantum": False,
    }
    return Claim(**(superiority | changes))


def non_inferiority(**changes: Any) -> Claim:
    return claim(**({"kind": "non-inferiority", "margin": 0.1, "resource": "parameters", "max_ratio": 0.5} | changes))


def comparison(points: int, better: int, worse: int) -> Comparison:
    """Two classes of equal size, the disagreements spread over both."""
    halves = ((points + 1) // 2, (better + 1) // 2, (worse + 1) // 2)
    rest = (points // 2, better // 2, worse // 2)
    return Comparison(points=points, better=better, worse=worse, by_class={"no": halves, "yes": rest})


def expectation(**changes: Any) -> Expectation:
    held = {
        "name": "missing values",
        "column": "a",
        "severity": "critical",
        "success": True,
        "evaluated": True,
        "observed": 0.0,
        "required": "at most 0 %",
        "reason": "column 'a': 0 % missing",
    }
    return Expectation(**(held | changes))


def data(**changes: Any) -> DataEvidence:
    sound = {
        "rows": 500,
        "features": 4,
        "classes": {"no": 300, "yes": 200},
        "majority": intervals.proportion(300, 500),
        "development": 350,
        "locked": 150,
        "dropped": 0,
        "notes": (),
        "expectations": (expectation(), expectation(name="class balance", column=None)),
    }
    return DataEvidence(**HEAD, **(sound | changes))


def spread(**changes: Any) -> Spread:
    even: dict[str, Any] = {
        "values": 320,
        "least": 25.0,
        "lower": 87.0,
        "median": 140.5,
        "upper": 211.5,
        "most": 346.0,
        "commonest": 72.0,
        "commonest_share": 0.02,
        "heavy": 0.06,
    }
    return Spread(**(even | changes))


def quantity(**changes: Any) -> DataEvidence:
    """Of a target that is a number."""
    featureless = Measure(value=0.53, low=0.5, high=0.56, n=500, unit="score")
    return data(**({"classes": {}, "target": spread(), "majority": featureless} | changes))


def data_policy(**changes: Any) -> DataPolicy:
    written = {
        "min_rows": 100,
        "max_null_fraction": 0,
        "min_class_share": 0.1,
        "max_duplicate_fraction": 0.1,
        "max_correlation": 0.99,
        "max_leakage": 0.99,
        "max_overlap_fraction": 0.1,
    }
    return DataPolicy(**(written | changes))


def quantity_policy(**changes: Any) -> DataPolicy:
    return data_policy(**({"min_class_share": None, "max_value_share": 0.5} | changes))


def measure(value: float, half_width: float = 0.01, n: int = 200) -> Measure:
    return Measure(value=value, low=value - half_width, high=value + half_width, n=n, unit="test", method="made up")


def reduction(change: Measure) -> ReductionEvidence:
    return ReductionEvidence(
        **HEAD,
        method="pca",
        components=4,
        raw_features=20,
        information=NOT_READ,
        accuracy_raw=NOT_READ,
        accuracy_reduced=NOT_READ,
        accuracy_change=change,
        spectrum=(),
    )


def prototype(**changes: Any) -> PrototypeEvidence:
    strong = {
        "finalist": "kernel",
        "reference": "logistic",
        "locked": 300,
        "device_points": 300,
        "required": 150,
        "attempt": 1,
        "alpha": 0.04,
        "contenders": (),
        "advantage": comparison(300, 60, 10),
        "twin": comparison(300, 60, 10),
        "majority": comparison(300, 100, 10),
        "resource_ratio": intervals.exact(0.3, "ratio"),
        "optimism": NOT_READ,
        "importance": {},
        "failures": {},
        "largest_class": 0.6,
    }
    return PrototypeEvidence(**HEAD, **(strong | changes))


def prototype_policy(**changes: Any) -> PrototypePolicy:
    return PrototypePolicy(**({"claim": claim(), "min_alpha": 0.001} | changes))


def spend(p90: float, worst: float = 1000) -> Spend:
    return Spend(expected=Decimal(0), p50=Decimal(0), p90=Decimal(str(p90)), worst=Decimal(str(worst)))


COUNTED = Queue(
    depth=12, lower_bound=False, jobs_per_open_hour=30, rate="assumed", scored=0, calibrated=False, level=0.2
)
NAN = float("nan")
NO_TRACK = Track(
    waits=0,
    calibrated=0,
    covered=NAN,
    pinball_p10=NAN,
    pinball_p50=NAN,
    pinball_p90=NAN,
    crps=NAN,
    runs=0,
    within_p50=NAN,
    within_p90=NAN,
)


def forecast(**changes: Any) -> ForecastEvidence:
    affordable = {
        "backend": "braket",
        "device": "iqm-garnet",
        "points": 300,
        "circuits_per_point": 3,
        "shots": 500,
        "mitigation": "readout",
        "trials": (),
        "curve": (),
        "shots_loss_limit": 0.01,
        "charged": spend(90),
        "device_cost": spend(90),
        "price_known": True,
        "committed_usd": Decimal(0),
        "account": None,
        "classical_usd": Decimal(0),
        "classical_hours": NOT_READ,
        "queues": True,
        "queue": COUNTED,
        "track": NO_TRACK,
        "wait_p10_hours": NOT_READ,
        "wait_p50_hours": NOT_READ,
        "wait_p90_hours": Measure(value=10, method="uncalibrated"),
        "simulated_accuracy": NOT_READ,
        "emulated_accuracy": NOT_READ,
        "emulated_loss": measure(0.02),
        "notes": (),
    }
    return ForecastEvidence(**HEAD, **(affordable | changes))


def forecast_policy(**changes: Any) -> ForecastPolicy:
    return ForecastPolicy(**({"usd": Decimal(100), "queue_hours": 24, "max_emulated_loss": 0.05} | changes))


def hardware(**changes: Any) -> HardwareEvidence:
    close = {
        "backend": "emulator",
        "device": "iqm-garnet",
        "shots": 500,
        "mitigation": "readout",
        "population": 500,
        "planned": 150,
        "differences": (0,) * 150,
        "path": (),
        "stopped": "test",
        "device_accuracy": NOT_READ,
        "simulator_accuracy": NOT_READ,
        "gap": NOT_READ,
        "charged_usd": Decimal(0),
        "device_usd": Decimal(1),
        "calibrations": (),
        "batches": 6,
    }
    return HardwareEvidence(**HEAD, **(close | changes))


def promotion(**changes: Any) -> PromotionEvidence:
    strong = {
        "planned": 200,
        "advantage": comparison(200, 50, 10),
        "majority": comparison(200, 70, 10),
        "device_accuracy": NOT_READ,
        "classical_accuracy": NOT_READ,
        "resource_ratio": intervals.exact(0.3, "ratio"),
        "fallback": "logistic",
        "fallback_answers": True,
    }
    return PromotionEvidence(**HEAD, **(strong | changes))


def promotion_policy(**changes: Any) -> PromotionPolicy:
    return PromotionPolicy(**({"claim": claim(), "alpha": 0.04, "require_fallback": True} | changes))


BUILDERS: tuple[Callable[..., Any], ...] = (
    claim,
    non_inferiority,
    comparison,
    expectation,
    data,
    spread,
    quantity,
    data_policy,
    quantity_policy,
    measure,
    reduction,
    prototype,
    prototype_policy,
    spend,
    forecast,
    forecast_policy,
    hardware,
    promotion,
    promotion_policy,
)


@pytest.fixture(scope="session")
def given() -> SimpleNamespace:
    """The builders above by name; plus the policies that need none."""
    return SimpleNamespace(
        **{build.__name__: build for build in BUILDERS},
        reduction_policy=ReductionPolicy(max_accuracy_loss=0.03),
        hardware_policy=HardwarePolicy(margin=0.05, alpha=0.04),
    )
