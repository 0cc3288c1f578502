"""Which mitigation pays: on real emulated devices, at equal dollars, by the betting engine."""

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest

from gates.claim import Claim
from gates.records import Outcome
from gates.trial import Trial
from qpilot.backend import Quote
from qpilot.devices import DEVICES, ProgramSets, device
from qpilot.devices.price import price
from qpilot.emulator import Emulator
from qpilot.mitigation import MITIGATIONS
from qpilot.mitigation.rehearsed import rehearsed
from qpilot.mitigation.trial import chosen, equal_dollars, judged, trial
from tests.mitigation.shipped import shipped
from tests.mitigation.threshold import height, model, rows

CLAIM = Claim(kind="superiority", metric="accuracy", target=0.1, psi=0.3, alpha=0.05, power=0.8, quantum=False)
SCORE = CLAIM.model_copy(update={"metric": "absolute_error", "worst_error": 1.0})


def quote(name: str) -> Callable[[int, int], Quote]:
    return lambda executables, shots: price(device(name), executables, shots)


def trials(name: str, layers: int, quantile: float, shots: int, *mitigations: str) -> dict[str, Trial]:
    fitted, y = model(layers, quantile)
    found = trial(
        fitted,
        rows(),
        y,
        CLAIM,
        Emulator(device(name)),
        quote(name),
        shots,
        25,
        0.05,
        0.05,
        0,
        mitigations or tuple(MITIGATIONS),
    )
    return {one.mitigation: one for one in found}


def offer(name: str = "readout", **changes: object) -> Trial:
    plain = {"mitigation": name, "outcome": Outcome.INCONCLUSIVE, "shots": 90, "device_usd": "1", "none_usd": "1"}
    return Trial.model_validate(plain | changes)


def test_readout_correction_pays_where_a_contraction_moves_answers_over_the_boundary() -> None:
    """One row in ten exceeds the threshold, by less than the device's readout takes away."""
    found = trials("iqm-garnet", 2, 0.9, 2000, "readout")
    assert found["readout"].outcome == Outcome.GO
    assert found["readout"].gain > 0.03
    assert found["readout"].error < found["readout"].none_error / 2
    assert chosen(tuple(found.values())) == "readout"


def test_extrapolation_pays_where_gates_are_many_and_noisy() -> None:
    found = trials("rigetti-cepheus", 12, 0.9, 5000)
    assert found["readout"].outcome != Outcome.GO, "readout is the least of it"
    assert chosen(tuple(found.values())) == "readout+zne-richardson"


def test_nothing_is_kept_where_the_boundary_is_in_the_middle() -> None:
    """A contraction leaves signs alone, and what remains of the shots errs more."""
    found = trials("iqm-garnet", 2, 0.5, 1000)
    assert chosen(tuple(found.values())) == "none"
    assert {one.outcome for one in found.values()} == {Outcome.NO_GO}
    assert found["zne-richardson"].lost > found["zne-richardson"].gained


@pytest.mark.parametrize("name", DEVICES)
def test_shots_are_the_most_that_the_same_dollars_buy(name: str) -> None:
    none_usd = quote(name)(25, 1000).device_usd
    for one in trials(name, 1, 0.5, 1000, "readout", "readout+zne-linear").values():
        work = MITIGATIONS[one.mitigation]
        executables = 25 * work.runs + work.calibrations
        assert one.none_usd == none_usd
        least = device(name).shots[0]
        if one.shots:
            assert one.device_usd == quote(name)(executables, one.shots).device_usd <= none_usd
            assert quote(name)(executables, one.shots + 1).device_usd > none_usd
        else:
            assert quote(name)(executables, least).device_usd > none_usd


def test_what_the_dollars_do_not_buy_is_refused_in_a_sentence() -> None:
    found = trials("rigetti-cepheus", 1, 0.5, 300, "zne-linear")["zne-linear"]
    assert (found.outcome, found.shots, found.points) == (Outcome.NO_GO, 0, 0)
    assert found.reason == (
        "zne-linear costs $22.81875 a batch with the fewest shots a circuit that the device takes, and all shots without"
        " it $10.6875"
    )


def test_a_batch_too_small_for_the_device_is_not_bought() -> None:
    sets = ProgramSets(executables=100, total_shots=200_000, least_shots=7000)
    choosy = device("iqm-garnet").model_copy(update={"program_sets": sets})
    bought = {
        shots: equal_dollars("zne-linear", lambda executables, few: price(choosy, executables, few), 25, shots, 1).shots
        for shots in (300, 500)
    }
    assert bought == {300: 100, 500: 166}, "75 circuits of 93 shots are the fewest; 300 and 500 / 3 are what is paid"
    refused = equal_dollars("zne-linear", lambda executables, few: price(choosy, executables, few), 25, 281, 95)
    assert (refused.shots, refused.outcome) == (0, Outcome.NO_GO)


def test_where_nothing_is_billed_all_get_the_same_shots() -> None:
    free = Quote(device_usd=Decimal(0), charged_usd=Decimal(0), tasks=1, executables=1, shots=1)
    fitted, y = model(1, 0.5)
    emulator = Emulator(device("iqm-garnet"))
    (found,) = trial(fitted, rows(), y, CLAIM, emulator, lambda *_: free, 200, 25, 0.05, 0.05, 0, ["zne-linear"])
    assert found.shots == 200


def test_many_that_are_tried_share_alpha() -> None:
    alone = trials("rigetti-cepheus", 2, 0.9, 2000, "zne-richardson")["zne-richardson"]
    among = trials("rigetti-cepheus", 2, 0.9, 2000)["zne-richardson"]
    assert alone.log10_evidence == among.log10_evidence
    assert np.log10(1 / 0.05) < alone.log10_evidence < np.log10(5 / 0.05)
    assert (alone.outcome == Outcome.GO, among.outcome == Outcome.GO) == (True, False)


def test_a_trial_is_reproducible_and_none_is_not_tried_against_itself() -> None:
    first, again = (trials("iqm-garnet", 1, 0.9, 200, "none", "readout") for _ in range(2))
    assert first == again
    assert list(first) == ["readout"]


@pytest.mark.parametrize(
    ("gained", "lost", "points", "outcome"),
    [
        (60, 10, 1000, Outcome.GO),
        (10, 60, 1000, Outcome.NO_GO),
        (30, 28, 1000, Outcome.NO_GO),
        (3, 1, 40, Outcome.INCONCLUSIVE),
        (0, 0, 40, Outcome.INCONCLUSIVE),
        (0, 0, 1000, Outcome.NO_GO),
    ],
)
def test_a_gain_must_be_certain_to_pay_and_its_absence_to_be_refused(
    gained: int, lost: int, points: int, outcome: Outcome
) -> None:
    differences = np.random.default_rng(0).permutation(np.repeat([1, -1, 0], [gained, lost, points - gained - lost]))
    found = judged(offer(), differences, margin=0.05, alpha=0.01)
    assert (found.outcome, found.points, found.gained, found.lost) == (outcome, points, gained, lost)
    assert f"{gained} answers set right, {lost} wrong" in found.reason


def test_what_changes_nothing_is_seldom_said_to_pay() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.choice([-1, 0, 1], p=[0.05, 0.9, 0.05], size=(400, 1000))
    paying = [judged(offer(), one, 0.05, 0.05).outcome == Outcome.GO for one in drawn]
    assert np.mean(paying) <= 0.05


def test_the_one_that_gains_most_of_those_that_pay_is_chosen() -> None:
    paying = [
        offer("zne-linear", outcome=Outcome.GO, points=100, gained=9, lost=1, error=0.03),
        offer("readout", outcome=Outcome.GO, points=100, gained=8, lost=0, error=0.01),
        offer("readout+zne-linear", outcome=Outcome.INCONCLUSIVE, points=100, gained=30, lost=0, error=0.001),
    ]
    assert chosen(paying) == "readout", "equal gains: the one closer to the exact scores"
    assert chosen(paying[2:]) == chosen([]) == "none"


def test_circuits_that_mitigations_share_are_emulated_as_they_are_alone() -> None:
    circuits = shipped("zz", "real-amplitudes", 3, 1, 2)
    together = rehearsed(("none", "readout+zne-linear"), (circuits,), device("iqm-garnet"))
    emulator = Emulator(device("iqm-garnet"))
    folded, _ = MITIGATIONS["zne-linear"].construct((circuits,))
    for name in together:
        for rows_, expected in zip(together[name].settings, emulator.distributions(folded), strict=False):
            np.testing.assert_allclose(rows_, expected, atol=1e-4)
    assert len(together["readout+zne-linear"].calibration) == 2
    assert together["none"].calibration == ()


def test_what_cannot_be_emulated_in_seconds_is_left_open() -> None:
    class Large:
        def circuits(self, X: np.ndarray) -> tuple:
            return (shipped("angle", "real-amplitudes", 8, 1, len(X)),) * 50

    fitted, y = model(1, 0.5)
    large = type(fitted)("large", "kernel", None, Large(), 0.0)
    (found,) = trial(
        large,
        rows(),
        y,
        CLAIM,
        Emulator(device("iqm-garnet")),
        quote("iqm-garnet"),
        100,
        25,
        0.05,
        0.05,
        0,
        ["readout"],
    )
    assert (found.outcome, found.points) == (Outcome.INCONCLUSIVE, 0)
    assert found.reason == "readout was not tried: its circuits take too long to emulate"


def graded(name: str, shots: int, *mitigations: str) -> dict[str, Trial]:
    fitted, y = height(2)
    found = trial(fitted, rows(), y, SCORE, Emulator(device(name)), quote(name), shots, 25, 0.05, 0.05, 0, mitigations)
    return {one.mitigation: one for one in found}


def test_readout_correction_pays_where_values_are_drawn_together() -> None:
    """Readout takes an eighth of <ZZ>; with many shots the correction brings most of it back."""
    found = graded("iqm-garnet", 4000, "readout")["readout"]
    assert (found.outcome, chosen([found])) == (Outcome.GO, "readout")
    assert found.gain == found.graded == pytest.approx(found.none_error - found.error), "the exact value is the truth"
    assert found.gained > found.lost
    assert f"{found.gained} answers nearer, {found.lost} farther off; it pays" in found.reason


def test_extrapolation_does_not_pay_where_shots_are_few() -> None:
    found = graded("iqm-garnet", 150, "zne-richardson")["zne-richardson"]
    assert (found.outcome, found.gain < 0) == (Outcome.NO_GO, True)
    assert found.error > found.none_error


@pytest.mark.parametrize(
    ("mean", "spread", "points", "outcome"),
    [
        (0.03, 0.1, 1000, Outcome.GO),
        (-0.03, 0.1, 1000, Outcome.NO_GO),
        (0.0, 0.1, 1000, Outcome.NO_GO),
        (0.0, 0.1, 20, Outcome.INCONCLUSIVE),
    ],
)
def test_a_gain_in_score_must_be_certain(mean: float, spread: float, points: int, outcome: Outcome) -> None:
    drawn = np.random.default_rng(0).normal(0, spread, points)
    differences = np.clip(drawn - drawn.mean() + mean, -1, 1)
    found = judged(offer(), differences, margin=0.05, alpha=0.01)
    assert (found.outcome, found.gain) == (outcome, pytest.approx(mean))
    assert found.gained + found.lost == points
    assert Trial.model_validate_json(found.model_dump_json()).gain == found.gain


def test_the_one_that_gains_most_score_is_chosen_whatever_it_sets_right() -> None:
    paying = [
        offer("zne-linear", outcome=Outcome.GO, points=100, gained=90, lost=10, graded=0.01),
        offer("readout", outcome=Outcome.GO, points=100, gained=60, lost=40, graded=0.03),
    ]
    assert chosen(paying) == "readout"
