"""The one check every claim of an advantage goes through, with its three answers.

z and its limit are Tango's score and the normal quantile for one model against another, a paired t where correctness is
averaged over seeds, log evidence of betting and log(1/alpha) where answers are graded, the corrected resampled t over the
folds of nested cross-validation.

| z(null) > z_alpha | z(refuted) < -z_alpha | answer                                                        |
|-------------------|-----------------------|---------------------------------------------------------------|
| yes               | either                | GO: at large numbers a small true advantage would pass both   |
| no                | yes                   | NO_GO: an advantage worth having is ruled out                 |
| no                | no, or undefined      | INCONCLUSIVE, with the number of rows it would take           |
"""

import math
from dataclasses import dataclass

from gates.claim import ERRORS, Metric
from gates.comparison import Comparison
from gates.grading import NAMES
from gates.nested import Paired
from gates.records import Check, Outcome
from gates.statistics import power
from gates.wording import figure, observable, percent, plural, points, sentence


@dataclass(frozen=True)
class Question:
    """Does `first` beat `second` by more than `null`? `refuted`: the advantage whose exclusion is a NO_GO."""

    name: str
    first: str
    second: str
    metric: Metric
    null: float
    refuted: float
    alpha: float
    power: float

    @property
    def graded(self) -> bool:
        """Whether scores are compared, and not accuracies."""
        return self.metric in ERRORS

    @property
    def required(self) -> str:
        """What must be shown, in words."""
        shown = "better" if self.null == 0 else f"less than {points(-self.null, self.graded)} worse"
        return f"{shown} than {self.second}, wrongly said at most {percent(self.alpha)} of the time"


def judged(question: Question, comparison: Paired | None, planned: int) -> Check:
    """The answer to `question` on exactly `planned` rows; INCONCLUSIVE for anything missing, short or contradictory."""
    if comparison is None:
        return _undecided(question, f"{question.first} was not compared with {question.second}.")
    if not 0 < question.alpha < 0.5:
        return _undecided(question, f"An error rate of {question.alpha!r} cannot be tested at.")
    flaw = comparison.flaw(question.metric, planned)
    if flaw is not None:
        return _undecided(question, f"The comparison with {question.second} cannot be used: {flaw}.")
    limit = comparison.limit(question.metric, question.alpha)
    outcome, then = Outcome.INCONCLUSIVE, _lacking(question, comparison)
    if comparison.z(question.metric, question.null) > limit:
        outcome, then = Outcome.GO, _shown(question)
    elif comparison.z(question.metric, question.refuted) < -limit:
        outcome, then = Outcome.NO_GO, _ruled_out(question)
    return Check(
        name=question.name,
        outcome=outcome,
        observed=observable(comparison.advantage(question.metric)),
        required=question.required,
        reason=sentence(f"{_tally(question, comparison)} {then}"),
    )


def _undecided(question: Question, reason: str) -> Check:
    return Check(
        name=question.name,
        outcome=Outcome.INCONCLUSIVE,
        observed=None,
        required=question.required,
        reason=sentence(reason),
    )


def _tally(question: Question, comparison: Paired) -> str:
    low, high = comparison.interval(question.metric, 1 - 2 * question.alpha)
    advantage = comparison.advantage(question.metric)
    shown = f"{figure(advantage, True)} points" if question.graded else points(advantage, False, signed=True)
    return (
        f"{_counted(question, comparison)}: a difference in {NAMES[question.metric]} of {shown}"
        f" ({100 - 200 * question.alpha:.4g} % interval {figure(low, True)} to {figure(high, True)})."
    )


def _counted(question: Question, comparison: Paired) -> str:
    if not isinstance(comparison, Comparison):
        return f"{question.first} against {question.second} ({comparison.tally})"
    return (
        f"{question.first} was right where {question.second} was wrong"
        f" on {comparison.better:,} of {plural(comparison.points, 'row')}, and the reverse on {comparison.worse:,}"
    )


def _shown(question: Question) -> str:
    if question.null == 0:
        return (
            f"That it is no better is ruled out; such a finding is wrong at most {percent(question.alpha)} of the time."
        )
    return (
        f"That it is worse by {points(-question.null, question.graded)} or more is ruled out; such a finding is wrong at most"
        f" {percent(question.alpha)} of the time."
    )


def _ruled_out(question: Question) -> str:
    if question.refuted > 0:
        return f"The {points(question.refuted, question.graded)} that would be worth having are ruled out."
    return f"It is worse by more than the {points(-question.refuted, question.graded)} allowed."


def _lacking(question: Question, comparison: Paired) -> str:
    advantage, psi = comparison.advantage(question.metric), comparison.effective_psi(question.metric)
    if not (advantage > question.null and math.isfinite(psi) and psi > 0):
        return "This does not show the claim, and more rows with the same result would not show it either."
    number = power.required_graded if question.graded else power.required_points
    plain = number(question.null, advantage, psi, question.alpha, question.power)
    if plain >= power.MOST_POINTS:
        return (
            "This neither shows the claim nor rules it out, and a difference so small takes more rows than can be had."
        )
    needed = math.ceil(plain * comparison.cost)
    return (
        "This neither shows the claim nor rules it out. If the difference really is this large, it takes about"
        f" {max(needed, comparison.points + 1):,} rows to show it."
    )
