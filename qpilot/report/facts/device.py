"""What the hardware stage measured, and what promotion was decided on."""

from collections.abc import Iterator

from gates.claim import Claim
from gates.hardware import HardwareEvidence
from qpilot.report import gap, worth
from qpilot.report.facts.figure import Fact, change, ratio, reached
from qpilot.report.formats import count, interval, percent, short, usd
from qpilot.report.record import RunRecord
from qpilot.report.wording import measurer


def hardware(run: RunRecord) -> Iterator[Fact]:
    """What was measured on the device, what it lost, to what, and what it cost."""
    found, claim = run.hardware, run.pilot.claim
    if found is None:
        return
    taken = f"{count(found.shots)} shots a circuit, mitigation {found.mitigation}"
    stood_in = measurer(found) == found.backend
    where = f"forecast as {found.device}" if stood_in else f"backend {found.backend}"
    yield Fact("Device", found.backend if stood_in else found.device, f"{where}, {taken}")
    drawn = f"of {count(found.population)}, in {count(found.batches)} batches. Stopped: {found.stopped}"
    yield Fact("Points measured", count(len(found.differences)), drawn)
    yield reached("device", found.device_accuracy, claim)
    yield reached("simulator", found.simulator_accuracy, claim)
    yield change(f"{worth.noun(claim).capitalize()} lost on the device", found.gap)
    yield from _gap(found, claim)
    yield Fact("Charged", usd(found.charged_usd), f"the device itself would have cost {usd(found.device_usd)}")
    digests = ", ".join(short(digest) for digest in dict.fromkeys(found.calibrations))
    yield Fact("Calibrations kept", count(len(set(found.calibrations))), digests)


def _gap(found: HardwareEvidence, claim: Claim) -> Iterator[Fact]:
    """How much of the simulator's signal the device lost, and to what."""
    split = found.split
    if split is None or not split.simulated_signal.value > 0:
        return
    whole, mitigated = gap.share(split, split.signal), found.mitigation != "none"
    before = f"; before mitigation {percent(gap.share(split, split.raw_signal).value)}" if mitigated else ""
    bounds = f"{interval(whole)}; n = {count(split.points)}{before}"
    yield Fact("Signal lost on the device", percent(whole.value), bounds)
    for part in gap.shown(split):
        taken = percent(gap.share(split, part.signal).value)
        yield Fact(f"Lost to {gap.NAMES[part.cause]}", taken, gap.detail(split, part, mitigated, worth.noun(claim)))


def promotion(run: RunRecord) -> Iterator[Fact]:
    """Device against classical, and who answers where the device cannot."""
    found, claim = run.promotion, run.pilot.claim
    if found is None:
        return
    yield Fact("Points", count(found.advantage.points), f"{count(found.planned)} fixed beforehand")
    yield reached("device", found.device_accuracy, claim)
    yield reached("classical", found.classical_accuracy, claim)
    yield Fact("Fallback", found.fallback or "none", "answers" if found.fallback_answers else "does not answer")
    if found.resource_ratio is not None:
        yield ratio(found.resource_ratio)
    if run.model is not None:
        yield Fact("Registered as", run.model, "alias champion")
