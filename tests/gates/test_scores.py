"""What reduction, forecast and promotion say where answers are graded, and not right or wrong."""

from types import SimpleNamespace

import numpy as np
import pytest

from gates import forecast, hardware, promotion, prototype, reduction
from gates.graded import Graded
from gates.hardware import HardwarePolicy
from gates.records import Outcome, Verdict

SCORES = {"metric": "absolute_error", "worst_error": 10.0, "target": 0.1, "psi": 0.1}


def graded(mean: float, number: int = 200) -> Graded:
    shifted = mean + np.random.default_rng(0).uniform(-0.2, 0.2, number)
    return Graded.of(np.clip(shifted, 0, 1)[None], np.clip(-shifted, 0, 1)[None])


@pytest.mark.parametrize(
    ("mean", "outcome"),
    [(0.2, Outcome.GO), (0.05, Outcome.INCONCLUSIVE), (-0.1, Outcome.NO_GO)],
)
@pytest.mark.parametrize("field", ["advantage", "majority"])
def test_promotion_of_a_quantity(given: SimpleNamespace, field: str, mean: float, outcome: Outcome) -> None:
    fields = {"advantage": graded(0.3), "majority": graded(0.3)} | {field: graded(mean)}
    policy = given.promotion_policy(claim=given.claim(**SCORES), alpha=1e-6 if mean == 0.05 else 0.04)
    verdict = promotion.decide(given.promotion(**fields), policy)
    assert verdict.outcome == outcome
    assert type(given.promotion(**fields)).model_validate_json(given.promotion(**fields).model_dump_json()).digest


@pytest.mark.parametrize(("metric", "named"), [("absolute_error", "the median answer"), ("squared_error", "the mean")])
def test_the_featureless_answer_has_its_name(given: SimpleNamespace, metric: str, named: str) -> None:
    policy = given.promotion_policy(claim=given.claim(**SCORES | {"metric": metric}))
    verdict = promotion.decide(given.promotion(advantage=graded(0.3), majority=graded(0.3)), policy)
    assert named in verdict.checks[1].required


def test_counts_of_classes_are_no_grades_and_grades_no_counts(given: SimpleNamespace) -> None:
    scored = given.promotion_policy(claim=given.claim(**SCORES))
    grades = given.promotion(advantage=graded(0.3), majority=graded(0.3))
    assert promotion.decide(grades, scored).outcome == Outcome.GO
    assert promotion.decide(grades, given.promotion_policy()).outcome == Outcome.INCONCLUSIVE
    assert promotion.decide(given.promotion(), scored).outcome == Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("points", "outcome"), [(199, Outcome.INCONCLUSIVE), (200, Outcome.GO)])
def test_only_the_planned_number_is_tested(given: SimpleNamespace, points: int, outcome: Outcome) -> None:
    policy = given.promotion_policy(claim=given.claim(**SCORES))
    evidence = given.promotion(advantage=graded(0.3, points), majority=graded(0.3, points))
    assert promotion.decide(evidence, policy).outcome == outcome


@pytest.mark.parametrize("unit", ["score", "accuracy"])
def test_reduction_and_forecast_name_what_is_lost(given: SimpleNamespace, unit: str) -> None:
    kept = given.measure(0.9).model_copy(update={"unit": unit})
    reduced = given.reduction(given.measure(-0.01)).model_copy(update={"accuracy_reduced": kept})
    (check,) = reduction.decide(reduced, given.reduction_policy).checks
    assert (check.name, check.reason.startswith(f"The {unit} a classical model loses")) == (f"{unit} kept", True)
    lost = forecast.decide(given.forecast(simulated_accuracy=kept), given.forecast_policy())
    (check,) = (one for one in lost.checks if one.name.startswith("emulated"))
    assert (check.name, check.reason.startswith(f"The {unit} lost on")) == (f"emulated {unit}", True)


MARGIN = {"kind": "non-inferiority", "margin": 0.1, "resource": "parameters", "max_ratio": 2.0}


@pytest.mark.parametrize("mean", [0.2, 0.05, 0.001, -0.3])
@pytest.mark.parametrize("kind", [{}, MARGIN], ids=["superiority", "non-inferiority"])
def test_no_gate_speaks_of_percentage_points_of_a_score(
    given: SimpleNamespace, kind: dict[str, object], mean: float
) -> None:
    found, claim = graded(mean, 300), given.claim(**SCORES | kind)
    kept = given.measure(0.9).model_copy(update={"unit": "score"})
    lost = given.hardware(differences=tuple(np.full(150, mean).tolist()))
    verdicts: list[Verdict] = [
        promotion.decide(
            given.promotion(advantage=found, majority=found, planned=300), given.promotion_policy(claim=claim)
        ),
        prototype.decide(
            given.prototype(advantage=found, twin=found, majority=found), given.prototype_policy(claim=claim)
        ),
        prototype.decide(
            given.prototype(advantage=None, twin=None, majority=None, locked=20),
            given.prototype_policy(claim=claim),
        ),
        hardware.decide(lost, HardwarePolicy(metric="absolute_error", margin=0.1, alpha=0.05)),
        reduction.decide(
            given.reduction(given.measure(mean)).model_copy(update={"accuracy_reduced": kept}), given.reduction_policy
        ),
        forecast.decide(
            given.forecast(simulated_accuracy=kept, emulated_loss=given.measure(-mean)), given.forecast_policy()
        ),
    ]
    said = [text for verdict in verdicts for check in verdict.checks for text in (check.reason, check.required)]
    assert not [text for text in said if "percentage" in text]
    for verdict in verdicts:
        assert any("points" in check.reason for check in verdict.checks), verdict.gate
