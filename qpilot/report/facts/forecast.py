"""What the forecast stage measured: the quote, the wait, how earlier forecasts turned out, and what noise costs."""

from collections.abc import Iterator

from gates.money import Spend
from gates.queue import Track
from gates.wording import plural
from qpilot.report.facts.figure import Fact, change, hours, reached
from qpilot.report.formats import UNMEASURED, count, number, percent, usd
from qpilot.report.record import RunRecord


def forecast(run: RunRecord) -> Iterator[Fact]:
    """Work, money, time, and the emulated device's answers."""
    found, claim = run.forecast, run.pilot.claim
    if found is None:
        return
    yield Fact("Device", found.device, f"backend {found.backend}")
    work = f"{count(found.points)} points, {count(found.circuits_per_point)} each"
    yield Fact("Circuits", count(found.points * found.circuits_per_point), work)
    yield Fact("Shots a circuit", count(found.shots))
    yield Fact("Mitigation", found.mitigation, "chosen, see below" if found.trials else "as the pilot asks")
    for one in found.trials:
        yield Fact(f"Tried: {one.mitigation}", one.outcome.value.replace("_", " "), one.reason)
    yield Fact("Charged, nine times in ten up to", usd(found.charged.p90), _spend(found.charged))
    yield Fact("On the device itself up to", usd(found.device_cost.p90), _spend(found.device_cost))
    if found.committed_usd:
        yield Fact("Taken by earlier tries", usd(found.committed_usd), "counts against the budget")
    if found.account is not None:
        left = UNMEASURED if found.account.left_usd is None else usd(found.account.left_usd)
        yield Fact(f"Account {found.account.name}", left, "left before this run")
    if found.classical_usd:
        yield Fact("This machine", usd(found.classical_usd), found.classical_hours.method)
    if found.queues:
        yield Fact("Wait, half the time up to", hours(found.wait_p50_hours), found.wait_p50_hours.method)
        yield Fact("Wait, nine times in ten up to", hours(found.wait_p90_hours), found.wait_p90_hours.method)
    else:
        yield Fact("Wait", "none", f"{found.backend} has no queue")
    yield from _track(found.track)
    yield reached("simulator", found.simulated_accuracy, claim)
    yield reached("emulated device", found.emulated_accuracy, claim)
    yield change("Emulated loss", found.emulated_loss)


def _spend(spend: Spend) -> str:
    return f"expected {usd(spend.expected)}, half the time up to {usd(spend.p50)}, at worst {usd(spend.worst)}"


def _track(found: Track) -> Iterator[Fact]:
    """How earlier forecasts turned out, or that there are none."""
    if not found.waits and not found.runs:
        yield Fact("Earlier forecasts", "none", "no task of this device and no run has ended yet")
    if found.waits:
        losses = ", ".join(map(number, (found.pinball_p10, found.pinball_p50, found.pinball_p90)))
        note = (
            f"80 % intervals of {plural(found.waits, 'task')}, {count(found.calibrated)} of them calibrated; pinball loss"
            f" {losses} hours at P10, P50 and P90, CRPS {number(found.crps)} hours"
        )
        yield Fact("Earlier waits inside their interval", percent(found.covered), note)
    if found.runs:
        note = f"of {plural(found.runs, 'ended run')}; {percent(found.within_p50)} within P50"
        yield Fact("Earlier spends within P90", percent(found.within_p90), note)
