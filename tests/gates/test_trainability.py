"""The trainability gate: each row of its truth tables, and the line through the logarithms of variances."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from gates import trainability
from gates.records import Measure, Outcome
from gates.statistics.decay import Decay
from gates.trainability import Probe, TrainabilityEvidence, TrainabilityPolicy

GO, OPEN, NO_GO = Outcome.GO, Outcome.INCONCLUSIVE, Outcome.NO_GO
NOT_READ = Measure.missing("no check reads it")
POLICY = TrainabilityPolicy(max_shots=1000)


def shots(value: float, low: float, high: float) -> Measure:
    return Measure(value=value, low=low, high=high, n=500, unit="shots", method="made up")


WITHIN, ABOVE, ACROSS, UNKNOWN = (
    shots(500, 300, 900),
    shots(5000, 3000, 9000),
    shots(900, 500, 1500),
    Measure.missing("the circuit does not exist at two widths"),
)


def probe(place: int, needed: Measure, **changes: Any) -> Probe:
    found = {
        "place": place,
        "name": f"candidate {place}",
        "signal": "gradient",
        "qubits": 4,
        "widths": (),
        "slope": NOT_READ,
        "variance": NOT_READ,
        "shots": needed,
        "loss_variance": NOT_READ,
        "expressibility": NOT_READ,
        "entangling": NOT_READ,
        "mitigations": (),
    }
    return Probe(**(found | changes))


def evidence(*needed: Measure) -> TrainabilityEvidence:
    probes = tuple(probe(place, one) for place, one in enumerate(needed, start=1))
    return TrainabilityEvidence(stage="trainability", pilot="p", inputs={}, code="c", probes=probes)


@pytest.mark.parametrize(
    ("needed", "outcome"),
    [
        (shots(500, 300, 999), GO),
        (shots(500, 300, 1000), GO),
        (shots(500, 300, 1001), OPEN),
        (shots(2000, 1000, 3000), OPEN),
        (shots(2000, 1001, 3000), NO_GO),
        (shots(500, 300, math.inf), OPEN),
        (shots(math.nan, 300, 900), OPEN),
        (shots(200, 300, 900), OPEN),
        (UNKNOWN, OPEN),
    ],
)
def test_a_candidate_stands_by_the_pessimistic_end(needed: Measure, outcome: Outcome) -> None:
    assert outcome is trainability.standing(probe(1, needed), POLICY)
    assert outcome is trainability.decide(evidence(needed), POLICY).outcome


@pytest.mark.parametrize(
    ("needed", "outcome", "barred"),
    [
        ((WITHIN, WITHIN), GO, set()),
        ((WITHIN, ABOVE), GO, {2}),
        ((ABOVE, WITHIN, ACROSS, UNKNOWN), GO, {1, 3, 4}),
        ((ABOVE, ACROSS), OPEN, set()),
        ((ABOVE, UNKNOWN), OPEN, set()),
        ((ABOVE, ABOVE), NO_GO, set()),
        ((), OPEN, set()),
    ],
)
def test_one_candidate_is_enough_and_the_others_are_named(
    needed: tuple[Measure, ...], outcome: Outcome, barred: set[int]
) -> None:
    found = evidence(*needed)
    verdict = trainability.decide(found, POLICY)
    assert outcome is verdict.outcome
    assert barred == set(trainability.barred(found, POLICY))
    assert all(f"candidate {place} does not compete" in verdict.reason for place in barred)


@settings(max_examples=60, deadline=None)
@drawn(
    st.lists(st.lists(st.floats(1, 1e7), min_size=3, max_size=3), max_size=3),
    st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)),
)
def test_fewer_shots_never_help(needs: list[list[float]], budgets: tuple[int, int]) -> None:
    rank = {NO_GO: 0, OPEN: 1, GO: 2}
    found = evidence(*(shots(value, low, high) for low, value, high in map(sorted, needs)))
    tight, wide = (trainability.decide(found, TrainabilityPolicy(max_shots=most)).outcome for most in sorted(budgets))
    assert rank[tight] <= rank[wide]


def test_a_line_is_found_as_scipy_finds_it() -> None:
    from scipy.optimize import curve_fit

    x, y, error = np.array([2.0, 4, 5, 8]), np.array([-1.0, -2.1, -2.4, -4.2]), np.array([0.2, 0.1, 0.3, 0.2])
    decay = Decay.fit(x, y, error)
    assert decay is not None
    (slope, level), covariance = curve_fit(lambda n, a, b: a * n + b, x, y, sigma=error, absolute_sigma=True)
    for qubits in (2, 8, 12):
        low, value, high = (math.log(bound) for bound in decay.at(qubits))
        spread = math.sqrt(covariance[0, 0] * qubits**2 + 2 * qubits * covariance[0, 1] + covariance[1, 1])
        assert value == pytest.approx(slope * qubits + level)
        assert high - low == pytest.approx(2 * 1.959964 * spread, rel=1e-5)


def test_points_off_the_line_widen_it_and_too_few_are_none() -> None:
    x, error = [2, 3, 4, 5], [0.05] * 4
    straight, scattered = Decay.fit(x, [-1, -2, -3, -4], error), Decay.fit(x, [-1, -3, -2, -4], error)
    assert straight is not None
    assert scattered is not None
    assert scattered.slope_error > 5 * straight.slope_error
    assert Decay.fit([4, 4], [-1, -1.1], [0.1, 0.1]) is None
    assert Decay.fit([2, 4, 6], [-1, math.nan, -3], [0.1, 0.1, 0.0]) is None


def test_the_bound_holds_the_truth_as_often_as_it_says() -> None:
    """Variances of normal draws at five widths, decaying by half a qubit: 95 % bounds at the widest."""
    rng, held, draws = np.random.default_rng(3), 0, 100
    x = np.array([2, 3, 4, 6, 8])
    for _ in range(400):
        squares = rng.normal(size=(len(x), draws)) ** 2 * np.exp(-0.5 * x)[:, None]
        means = squares.mean(axis=1)
        errors = squares.std(axis=1, ddof=1) / means / math.sqrt(draws)
        decay = Decay.fit(x, np.log(means), errors)
        assert decay is not None
        low, _, high = decay.at(8)
        held += low <= math.exp(-4.0) <= high
    assert 0.92 <= held / 400 <= 0.99, held
