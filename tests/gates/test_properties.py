"""What holds for every gate whatever the figures: no bound tightened ever helps, nothing undefined is ever GO."""

import math
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from gates import data, forecast, hardware, promotion, prototype, reduction
from gates.comparison import Comparison
from gates.hardware import HardwarePolicy
from gates.records import Measure, Outcome, Record, Verdict, digest
from gates.reduction import ReductionPolicy
from gates.statistics import tango

RANK = {Outcome.NO_GO: 0, Outcome.INCONCLUSIVE: 1, Outcome.GO: 2}
fractions = st.floats(0.005, 0.4)
counts = st.integers(0, 150)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    """300 points in two classes, any disagreement."""
    first, second = (draw(st.tuples(counts, counts).filter(lambda pair: sum(pair) <= 150)) for _ in range(2))
    better, worse = first[0] + second[0], first[1] + second[1]
    return Comparison(points=300, better=better, worse=worse, by_class={"a": (150, *first), "b": (150, *second)})


@st.composite
def measures(draw: st.DrawFn) -> Measure:
    low, value, high = sorted(draw(st.tuples(*[st.floats(-0.5, 0.5)] * 3)))
    return Measure(value=value, low=low, high=high, n=draw(st.integers(0, 3)))


def never_better(stricter: Verdict, looser: Verdict) -> None:
    assert RANK[stricter.outcome] <= RANK[looser.outcome], (stricter.outcome, looser.outcome, looser.reason)


@settings(max_examples=20, deadline=None)
@drawn(
    comparisons(), comparisons(), st.tuples(fractions, fractions), st.sampled_from(["accuracy", "balanced_accuracy"])
)
def test_a_smaller_margin_never_helps(
    given: SimpleNamespace, advantage: Comparison, majority: Comparison, margins: tuple[float, float], metric: str
) -> None:
    evidence = given.prototype(advantage=advantage, majority=majority, required=1)
    on_device = given.promotion(planned=300, advantage=advantage, majority=majority)
    claims = [given.non_inferiority(margin=margin, metric=metric, psi=0.4) for margin in sorted(margins)]
    never_better(*(prototype.decide(evidence, given.prototype_policy(claim=claim)) for claim in claims))
    never_better(*(promotion.decide(on_device, given.promotion_policy(claim=claim)) for claim in claims))


@settings(max_examples=40, deadline=None)
@drawn(comparisons(), comparisons(), st.tuples(*[st.floats(0.001, 0.2)] * 2))
def test_a_smaller_alpha_never_turns_into_go(
    given: SimpleNamespace, advantage: Comparison, majority: Comparison, alphas: tuple[float, float]
) -> None:
    evidence = given.promotion(planned=300, advantage=advantage, majority=majority)
    strict, loose = (
        promotion.decide(evidence, given.promotion_policy(alpha=alpha)).outcome for alpha in sorted(alphas)
    )
    assert loose == Outcome.GO or strict != Outcome.GO


@settings(max_examples=40, deadline=None)
@drawn(comparisons(), st.tuples(fractions, fractions))
def test_a_larger_target_never_spares_a_refusal(
    given: SimpleNamespace, advantage: Comparison, targets: tuple[float, float]
) -> None:
    evidence = given.promotion(planned=300, advantage=advantage)
    strict, loose = (
        promotion.decide(evidence, given.promotion_policy(claim=given.claim(target=target, psi=0.5)))
        for target in sorted(targets, reverse=True)
    )
    never_better(strict, loose)


@settings(max_examples=40, deadline=None)
@drawn(comparisons())
def test_asking_for_the_twin_or_the_fallback_never_helps(given: SimpleNamespace, twin: Comparison) -> None:
    evidence = given.prototype(twin=twin)
    asked, not_asked = (
        prototype.decide(evidence, given.prototype_policy(claim=given.claim(quantum=quantum)))
        for quantum in (True, False)
    )
    never_better(asked, not_asked)
    bare = given.promotion(fallback=None, advantage=twin, planned=300)
    never_better(
        promotion.decide(bare, given.promotion_policy(require_fallback=True)),
        promotion.decide(bare, given.promotion_policy(require_fallback=False)),
    )


@settings(max_examples=100, deadline=None)
@drawn(st.lists(st.sampled_from([-1, 0, 0, 0, 1]), max_size=120), st.integers(0, 200), st.tuples(fractions, fractions))
def test_a_smaller_margin_on_the_device_never_helps(
    given: SimpleNamespace, differences: list[int], left: int, margins: tuple[float, float]
) -> None:
    evidence = given.hardware(differences=tuple(differences), population=len(differences) + left)
    never_better(*(hardware.decide(evidence, HardwarePolicy(margin=margin, alpha=0.04)) for margin in sorted(margins)))


@settings(max_examples=100, deadline=None)
@drawn(measures(), st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)))
def test_a_smaller_loss_allowed_never_helps(
    given: SimpleNamespace, change: Measure, limits: tuple[float, float]
) -> None:
    low, high = sorted(limits)
    policies = [ReductionPolicy(max_accuracy_loss=limit) for limit in (low, high)]
    never_better(*(reduction.decide(given.reduction(change), policy) for policy in policies))
    evidence = given.forecast(emulated_loss=change)
    never_better(
        *(forecast.decide(evidence, given.forecast_policy(max_emulated_loss=max(limit, 1e-9))) for limit in (low, high))
    )


@settings(max_examples=40, deadline=None)
@drawn(st.floats(0, 200), st.floats(0, 50), st.tuples(*[st.integers(0, 200)] * 2), st.tuples(*[st.floats(1, 50)] * 2))
def test_less_money_or_time_never_helps(
    given: SimpleNamespace, p90: float, wait: float, usd: tuple[int, int], hours: tuple[float, float]
) -> None:
    evidence = given.forecast(charged=given.spend(round(p90, 2)), wait_p90_hours=Measure(value=wait, method="m"))
    never_better(
        *(
            forecast.decide(evidence, given.forecast_policy(usd=Decimal(dollars), queue_hours=queue))
            for dollars, queue in zip(sorted(usd), sorted(hours), strict=True)
        )
    )


@settings(max_examples=40, deadline=None)
@drawn(
    st.integers(0, 500),
    st.integers(0, 500),
    st.tuples(*[st.integers(10, 1000)] * 2),
    st.tuples(*[st.floats(0, 0.5)] * 2),
)
def test_more_rows_asked_for_never_help(
    given: SimpleNamespace, no: int, yes: int, rows: tuple[int, int], shares: tuple[float, float]
) -> None:
    evidence = given.data(classes={"no": no, "yes": yes}, rows=no + yes, development=1, locked=1)
    never_better(
        *(
            data.decide(evidence, given.data_policy(min_rows=least, min_class_share=share))
            for least, share in zip(sorted(rows, reverse=True), sorted(shares, reverse=True), strict=True)
        )
    )


def everything(given: SimpleNamespace) -> Iterator[tuple[Any, Record, Record]]:
    """Each gate's decide, with evidence and policy that are GO."""
    strict = given.non_inferiority(quantum=True, metric="balanced_accuracy")
    yield data.decide, given.data(), given.data_policy()
    yield reduction.decide, given.reduction(given.measure(0.0)), given.reduction_policy
    yield prototype.decide, given.prototype(), given.prototype_policy(claim=strict)
    yield forecast.decide, given.forecast(), given.forecast_policy()
    yield hardware.decide, given.hardware(), given.hardware_policy
    yield promotion.decide, given.promotion(), given.promotion_policy(claim=strict)


def test_the_builders_are_go(given: SimpleNamespace) -> None:
    assert [decide(evidence, policy).outcome for decide, evidence, policy in everything(given)] == [Outcome.GO] * 6


def test_verdicts_and_evidence_survive_json_and_keep_their_digest(given: SimpleNamespace) -> None:
    for decide, evidence, policy in everything(given):
        again = type(evidence).model_validate_json(evidence.model_dump_json())
        assert again.digest == evidence.digest
        verdict = decide(again, type(policy).model_validate_json(policy.model_dump_json()))
        assert verdict == decide(evidence, policy)
        assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
        assert verdict.evidence == evidence.digest == digest(evidence.plain())


def test_every_reason_is_a_sentence(given: SimpleNamespace) -> None:
    for decide, evidence, policy in everything(given):
        for check in decide(evidence, policy).checks:
            assert check.reason[0] == check.reason[0].upper() or check.reason.startswith("iqm-garnet"), check.reason
            assert check.reason.endswith("."), check.reason
            assert check.required


READ_BY_NO_CHECK = {
    *("majority", "information", "accuracy_raw", "accuracy_reduced", "optimism", "wait_p50_hours", "wait_p10_hours"),
    "classical_hours",
    *("simulated_accuracy", "emulated_accuracy", "device_accuracy", "simulator_accuracy", "gap", "classical_accuracy"),
}


def test_no_measure_that_is_read_may_be_missing(given: SimpleNamespace) -> None:
    spoilt = 0
    for decide, evidence, policy in everything(given):
        for name in type(evidence).model_fields:
            if isinstance(getattr(evidence, name), Measure) and name not in READ_BY_NO_CHECK:
                broken = evidence.model_copy(update={name: Measure.missing("lost")})
                assert decide(broken, policy).outcome == Outcome.INCONCLUSIVE, name
                spoilt += 1
    assert spoilt == 5, "reduction 1, prototype 1, forecast 2, promotion 1"


@pytest.mark.parametrize("counts", [(math.nan, 1.0, 10.0), (1.0, math.nan, 10.0), (1.0, 1.0, math.nan)])
def test_a_test_of_nothing_known_says_nothing(counts: tuple[float, float, float]) -> None:
    assert np.isnan(tango.score(*counts, 0.0))
