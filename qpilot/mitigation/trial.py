"""Which mitigation pays: each against none at equal dollars, on development rows answered by an emulated device."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.grading import Grades, grades
from gates.records import Outcome
from gates.statistics import betting
from gates.trial import Trial
from gates.wording import dollars, plural
from gates.wording import points as points_of
from qpilot.backend import Backend, Quote
from qpilot.errors import UsageError
from qpilot.mitigation import MITIGATIONS
from qpilot.mitigation.rehearsed import rehearsed
from qpilot.mitigation.technique import Settings
from qpilot.prototype.fitted import Fitted

NONE = "none"
MOST_POINTS, LEAST_POINTS = 2000, 100
LEAST_ROWS = 25
DRAWN = 60_000
"""Circuits of the model whose counts are drawn for one mitigation: about two seconds on one core."""
SIMULATED = 40_000_000
"""Circuits times scales times 4**qubits: about ten seconds of noise simulation on one core."""

Floats = NDArray[np.float64]
Answers = NDArray[Any]
Price = Callable[[int, int], Quote]
"""(executables, shots a circuit) -> the device's quote of one batch."""


def trial(
    fitted: Fitted,
    X: Floats,
    y: Answers,
    claim: Claim,
    emulator: Backend,
    quote: Price,
    shots: int,
    batch: int,
    margin: float,
    alpha: float,
    seed: int,
    names: Sequence[str],
) -> tuple[Trial, ...]:
    """One trial for each of `names`, on points drawn from X: (n_rows, n_features), raw, and y, graded by `claim`.

    `fitted` must not have seen the rows; `emulator` lends its device's figures. `quote` prices a batch of `batch` points;
    with none every circuit gets `shots`, with a mitigation as many as the same dollars buy. `judged` says who pays, at
    alpha / len(names) each. A circuit left with fewer shots than the device takes is NO_GO; a mitigation whose circuits
    cannot be emulated in seconds is INCONCLUSIVE, without points.

    What is certain is so of these rows on this emulated device. That other rows would show something else is left out,
    as are drift, crosstalk and correlated readout, and the gain of the best of several is flattered. Only development
    rows may be given: then no claim of the pilot spends alpha on the choice.
    """
    wanted = [name for name in names if name != NONE]
    estimator, view = fitted.estimator, fitted.view(X)
    settings: Settings = tuple(estimator.circuits(view[:1]))
    least = emulator.figures().shots[0]
    offers = [equal_dollars(name, quote, batch * len(settings), shots, least) for name in wanted]
    work = {name: _work(name, settings) for name in wanted}
    tried = [
        name for name, offer in zip(wanted, offers, strict=True) if offer.shots and LEAST_ROWS * work[name] <= SIMULATED
    ]
    if not tried:
        return tuple(map(_untried, offers))
    number = SIMULATED // max(work[name] for name in tried)
    rows = np.random.default_rng([seed, 13]).permutation(len(X))[:number]
    seen = rehearsed((NONE, *tried), tuple(estimator.circuits(view[rows])), emulator.figures())
    points = max(LEAST_POINTS, min(MOST_POINTS, DRAWN // len(settings)))
    drawn = np.random.default_rng([seed, 14]).integers(len(rows), size=points)
    truth = y[rows][drawn]
    exact = (estimator.predict(view[rows])[:, None] if claim.quantity else estimator.predict_proba(view[rows]))[drawn]

    def answered(name: str, shots: int) -> tuple[Grades, float]:
        """What each point's answer is worth, and the mean error of their class probabilities or values."""
        stream = np.random.default_rng([seed, 15, list(MITIGATIONS).index(name)])
        scores = seen[name].scores(estimator, drawn, shots, stream)
        named = scores[:, 0] if claim.quantity else scores.argmax(axis=1)
        return grades(claim, named, truth), float(np.abs(scores - exact).mean())

    raw, none_error = answered(NONE, shots)
    found = []
    for offer in offers:
        if offer.mitigation not in tried:
            found.append(_untried(offer))
            continue
        graded, error = answered(offer.mitigation, offer.shots)
        held = offer.model_copy(update={"error": error, "none_error": none_error})
        differences = graded - raw if claim.quantity else graded.astype(np.int64) - raw
        found.append(judged(held, differences, margin, alpha / len(wanted)))
    return tuple(found)


def judged(offer: Trial, differences: NDArray[Any], margin: float, alpha: float) -> Trial:
    """`offer` with its outcome: by `differences`, [mitigated's grade] - [raw's grade] a point.

    They are -1, 0 or 1, int64, where answers are right or wrong, and fractions, float64, of a quantity.

    | there is a gain       | gain below `margin` | outcome                                       |
    |-----------------------|---------------------|-----------------------------------------------|
    | certain               | either              | GO: it pays                                   |
    | not certain           | certain             | NO_GO: it costs, or gains too little to see   |
    | not certain           | not certain         | INCONCLUSIVE                                  |
    """
    paying, idle = betting.log_evidence(differences, 0.0, None), betting.log_evidence(-differences, -margin, None)
    certain = -np.log(alpha)
    gained, lost = int(np.sum(differences > 0)), int(np.sum(differences < 0))
    graded = bool(np.issubdtype(differences.dtype, np.floating))
    told = f"{gained} answers nearer, {lost} farther off" if graded else f"{gained} answers set right, {lost} wrong"
    compared = f"{plural(len(differences), 'point')}: {told}"
    if paying.max() >= certain:
        outcome, meaning = Outcome.GO, "it pays"
    elif idle.max() >= certain:
        outcome, meaning = Outcome.NO_GO, f"it gains less than {points_of(margin, graded)}"
    else:
        outcome, meaning = Outcome.INCONCLUSIVE, "neither that it pays nor that it does not is certain"
    bought = f"{offer.mitigation} with {plural(offer.shots, 'shot')} a circuit for {dollars(offer.device_usd)} a batch"
    return offer.model_copy(
        update={
            "outcome": outcome,
            "points": len(differences),
            "gained": gained,
            "lost": lost,
            "graded": float(differences.mean()) if graded else None,
            "log10_evidence": max(0.0, float(paying.max() / np.log(10))),
            "reason": f"{bought} ({dollars(offer.none_usd)} without), {compared}; {meaning}",
        }
    )


def chosen(trials: Sequence[Trial]) -> str:
    """The mitigation that gains most of those that pay, of equals the one closer to exact; "none" where none pays."""
    paying = [one for one in trials if one.outcome == Outcome.GO]
    return max(paying, key=lambda one: (one.gain, -one.error)).mitigation if paying else NONE


def equal_dollars(name: str, quote: Price, circuits: int, shots: int, least: int) -> Trial:
    """What the dollars of `circuits` circuits with `shots` shots buy of a mitigation, before anything was tried.

    At least `least` shots a circuit, and as many as the price list takes; 0 where not even these can be paid.
    """
    mitigation = MITIGATIONS[name]
    executables = circuits * mitigation.runs + mitigation.calibrations
    usd = quote(circuits, shots).device_usd

    def cost(few: int) -> Decimal | None:
        """The device's price, None where it takes no batch of so few shots."""
        try:
            return quote(executables, few).device_usd
        except UsageError:
            return None

    bought, above = least - 1, shots + 1
    while above - bought > 1:
        middle = (bought + above) // 2
        price = cost(middle)
        bought, above = (middle, above) if price is None or price <= usd else (bought, middle)
    price = cost(bought) if bought >= least else None
    if price is None:
        dear = cost(bought + 1)
        return Trial(
            mitigation=name, outcome=Outcome.NO_GO, shots=0, device_usd=usd if dear is None else dear, none_usd=usd
        )
    return Trial(mitigation=name, outcome=Outcome.INCONCLUSIVE, shots=bought, device_usd=price, none_usd=usd)


def _untried(offer: Trial) -> Trial:
    why = (
        f"{offer.mitigation} was not tried: its circuits take too long to emulate"
        if offer.shots
        else f"{offer.mitigation} costs {dollars(offer.device_usd)} a batch with the fewest shots a circuit that the device"
        f" takes, and all shots without it {dollars(offer.none_usd)}"
    )
    return offer.model_copy(update={"reason": why})


def _work(name: str, settings: Settings) -> int:
    """Effort of emulating one row: circuits of a row times their scales times 4**qubits."""
    folded, _ = MITIGATIONS[name].construct(settings)
    return sum(circuits.scale for circuits in folded) << 2 * settings[0].qubits
