"""The trainability gate: could the candidates still be trained, and their kernels be told apart, with finite shots?"""

from typing import Literal

from pydantic import Field

from gates import wording
from gates.bound import at_most
from gates.records import Check, Evidence, Measure, Outcome, Record, Verdict
from gates.wording import plural


class TrainabilityPolicy(Record):
    """`max_shots`: shots that it may take to tell one component of a gradient, or one kernel entry, from nothing."""

    max_shots: int = Field(ge=1)


class Width(Record):
    """What was seen at one width over `draws` draws. `error`: standard error of ln(variance / noise).

    `noise`: variance that one shot leaves in what is measured.
    """

    qubits: int
    variance: float
    noise: float
    error: float
    draws: int


class Mitigation(Record):
    """The variance with a mitigation as a multiple of that without. `used`: whether the pilot's candidate has it."""

    name: str
    used: bool
    without: Measure
    with_it: Measure
    ratio: Measure


class Probe(Record):
    """What was found of one candidate; `place` is its number in the pilot file.

    `signal`: what has to be told from nothing. `slope`: change of ln(variance / noise) a qubit; `variance`: of the signal
    at the candidate's own width; `shots`: what resolving it takes, by the fit, `high` being its pessimistic end.
    `loss_variance`: of the cost itself. `expressibility`: KL divergence from Haar-random states in nats, 0 the most
    expressive; `entangling`: mean Meyer-Wallach measure, 0 to 1.
    """

    place: int
    name: str
    signal: Literal["gradient", "kernel entry"]
    qubits: int
    widths: tuple[Width, ...]
    slope: Measure
    variance: Measure
    shots: Measure
    loss_variance: Measure
    expressibility: Measure
    entangling: Measure
    mitigations: tuple[Mitigation, ...]


class TrainabilityEvidence(Evidence):
    """Every candidate probed on the features of development rows; no label decides anything, no locked row is read."""

    probes: tuple[Probe, ...]


def standing(probe: Probe, policy: TrainabilityPolicy) -> Outcome:
    """Whether the shots that the candidate needs fit the budget.

    | pessimistic end <= budget | optimistic end > budget | measured | answer       |
    |---------------------------|-------------------------|----------|--------------|
    | yes                       | -                       | yes      | GO           |
    | no                        | yes                     | yes      | NO_GO        |
    | no                        | no                      | yes      | INCONCLUSIVE |
    | -                         | -                       | no       | INCONCLUSIVE |
    """
    return at_most("shots", probe.shots, policy.max_shots, probe.name, str).outcome


def barred(evidence: TrainabilityEvidence, policy: TrainabilityPolicy) -> dict[int, str]:
    """The candidates that do not compete, by their number in the pilot file, and why; none where nobody is left."""
    kept = [probe for probe in evidence.probes if standing(probe, policy) is Outcome.GO]
    if not kept:
        return {}
    return {
        probe.place: f"does not compete: {_needs(probe)}, and {policy.max_shots:,} are allowed"
        for probe in evidence.probes
        if probe not in kept
    }


def decide(evidence: TrainabilityEvidence, policy: TrainabilityPolicy) -> Verdict:
    """GO if at least one candidate's signal can be told from nothing within the budget of shots.

    Who cannot is named and does not compete. Models are trained on the simulator, whose gradients have no shot noise:
    the gate asks what a device would be asked.

    | candidates: GO | INCONCLUSIVE | NO_GO | answer       |
    |----------------|--------------|-------|--------------|
    | one or more    | any          | any   | GO           |
    | none           | one or more  | any   | INCONCLUSIVE |
    | none           | none         | all   | NO_GO        |
    | none           | none         | none  | INCONCLUSIVE |
    """
    found = {probe: standing(probe, policy) for probe in evidence.probes}
    if Outcome.GO in found.values():
        outcome = Outcome.GO
    else:
        outcome = Outcome.worst(found.values()) if set(found.values()) == {Outcome.NO_GO} else Outcome.INCONCLUSIVE
    passed = [probe for probe, one in found.items() if one is Outcome.GO]
    check = Check(
        name="signal within the budget of shots",
        outcome=outcome,
        observed=f"{len(passed)} of {plural(len(found), 'candidate')}",
        required=f"one at least within {policy.max_shots:,} shots",
        reason=_reason(found, outcome, policy),
    )
    return Verdict.of("trainability", [check], evidence, policy)


def _reason(found: dict[Probe, Outcome], outcome: Outcome, policy: TrainabilityPolicy) -> str:
    if not found:
        return "No candidate was probed."
    if outcome is Outcome.GO:
        best = min((one for one, said in found.items() if said is Outcome.GO), key=lambda one: one.shots.high)
        out = [probe for probe, said in found.items() if said is not Outcome.GO]
        others = "".join(f" {probe.name} does not compete: {_needs(probe)}." for probe in out)
        return f"{best.name}: {_needs(best)}, within the {policy.max_shots:,} allowed.{others}"
    said = "; ".join(f"{probe.name}: {_needs(probe)}" for probe in found)
    if outcome is Outcome.NO_GO:
        return f"No candidate can be trained within {policy.max_shots:,} shots. {said}."
    return f"Whether a candidate can be trained within {policy.max_shots:,} shots is not known. {said}."


def _needs(probe: Probe) -> str:
    shots = probe.shots
    if shots.value != shots.value:
        return f"its {probe.signal} was not measured ({shots.method or 'nothing was measured'})"
    what = "one component of its gradient" if probe.signal == "gradient" else "one entry of its kernel"
    value, low, high = (wording.shots(one) for one in (shots.value, shots.low, shots.high))
    spread = f" ({low} to {high})" if low != high else ""
    return f"to resolve {what} takes {value} shots{spread}"
