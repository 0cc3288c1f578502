"""One section a stage: what was measured, its plots, and its gate's scorecard."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from gates.forecast import Spend, Track
from gates.hardware import HardwareEvidence
from gates.prototype import PrototypeEvidence
from gates.records import Measure, Outcome, Verdict
from gates.search import Ladder
from gates.statistics import wallet
from gates.trainability import barred, standing
from gates.wording import plural, sentence
from qpilot.report import charts, gap
from qpilot.report.drawing import Plot
from qpilot.report.formats import UNMEASURED, count, interval, number, percent, points, short, usd
from qpilot.report.record import RunRecord, Stage


class Fact(NamedTuple):
    """A measured figure: what it is, its value, and how it was taken."""

    label: str
    value: str
    note: str = ""


class Section(NamedTuple):
    """A stage on the page. `outcome` is its gate's, "ERROR" or "not run"; facts, plots and notes are empty if it did"
    " not finish."""

    stage: Stage
    outcome: str
    verdict: Verdict | None
    facts: list[Fact]
    plots: list[Plot]
    notes: tuple[str, ...]


def sections(run: RunRecord) -> list[Section]:
    """Every stage in order, those that did not run included."""
    found = []
    for stage, outcome in run.chain:
        facts = FACTS[stage](run)
        found.append(Section(stage, outcome, run.verdict(stage), facts, charts.of(stage, run), _notes(stage, run)))
    return found


def _notes(stage: Stage, run: RunRecord) -> tuple[str, ...]:
    if stage == "hardware" and run.hardware is not None:
        return _hardware_notes(run.hardware)
    evidence = {"data": run.data, "forecast": run.forecast}.get(stage)
    return () if evidence is None else evidence.notes


def _hardware_notes(found: HardwareEvidence) -> tuple[str, ...]:
    split = found.split
    if split is None:
        return (*(change.sentence for change in found.recalibrations), *found.notes)
    again = [gap.sentinels(split, one) for one in found.sentinels if split.simulated_signal.value > 0]
    order = f"the gap is taken apart in this order: {split.order}"
    notes = (*(change.sentence for change in found.recalibrations), *again, *found.notes, order, *gap.methods(split))
    return tuple(map(sentence, notes))


def _share(label: str, measure: Measure) -> Fact:
    """A fraction as a percentage with its interval."""
    return Fact(label, percent(measure.value), _how(measure, interval(measure)))


def _change(label: str, measure: Measure) -> Fact:
    """A difference of fractions in points with its interval."""
    return Fact(label, points(measure.value), _how(measure, interval(measure, signed=True)))


def _how(measure: Measure, bounds: str) -> str:
    if measure.value != measure.value:
        return measure.method
    parts = [bounds, f"n = {count(measure.n)}" if measure.n else "", measure.method]
    return "; ".join(part for part in parts if part)


def _data(run: RunRecord) -> list[Fact]:
    found = run.data
    if found is None:
        return []
    classes = ", ".join(f"{name}: {count(rows)}" for name, rows in found.classes.items())
    return [
        Fact("Rows", count(found.rows), f"{count(found.dropped)} dropped"),
        Fact("Features", count(found.features)),
        Fact("Classes", count(len(found.classes)), classes),
        Fact("Development rows", count(found.development), "for tuning, fitting and choosing"),
        Fact("Locked rows", count(found.locked), "split off and hashed before anything was fitted"),
        _share("Always the largest class", found.majority),
    ]


def _reduction(run: RunRecord) -> list[Fact]:
    found = run.reduction
    if found is None:
        return []
    facts = [Fact("Method", found.method, f"{count(found.raw_features)} features to {count(found.components)}")]
    if found.information.value == found.information.value:
        facts.append(_share("Information kept", found.information))
    return [
        *facts,
        _share("Classical accuracy, all features", found.accuracy_raw),
        _share("Classical accuracy, reduced", found.accuracy_reduced),
        _change("Change by reducing", found.accuracy_change),
    ]


def _trainability(run: RunRecord) -> list[Fact]:
    found = run.trainability
    if found is None:
        return []
    policy = run.pilot.gates.trainability
    kept = barred(found, policy)
    within = [probe for probe in found.probes if standing(probe, policy) is Outcome.GO]
    facts = [Fact("Candidates probed", count(len(found.probes)), f"{count(len(within))} within the budget of shots")]
    return facts + [Fact(f"No. {place} is out", OUT, _why(why)) for place, why in kept.items()]


def _prototype(run: RunRecord) -> list[Fact]:
    found = run.prototype
    if found is None:
        return []
    facts = [
        Fact("Finalist", found.finalist, "the best quantum candidate by cross-validation"),
        Fact("Model to beat", found.reference, "the best tuned classical baseline, on raw or reduced features"),
        _tested(found),
        Fact(
            "Points for the device", count(found.device_points), f"{count(found.planned_points)} planned for promotion"
        ),
        Fact("Try on this data", count(found.attempt), f"tested at alpha {number(found.alpha)}, one-sided"),
        Fact("Left for later tries", percent(wallet.left(found.attempt, run.pilot.claim.alpha)), "of the error rate"),
    ]
    if run.pilot.search.seeds > 1:
        averaged = run.pilot.search.seeds_as == "average"
        how = "correctness is averaged over them" if averaged else "each is a candidate of its own"
        facts.append(Fact("Seeds", count(run.pilot.search.seeds), how))
    facts.extend(_ladder(found.ladder) if found.ladder is not None else ())
    for role, folds in found.chosen.items():
        facts.extend(Fact(f"Chosen as {role}", name, f"in {count(times)} outer folds") for name, times in folds.items())
    if found.advantage is not None:
        facts.append(_change("Optimism of choosing", found.optimism))
    if found.resource_ratio is not None:
        facts.append(_ratio(found.resource_ratio))
    for name, why in found.failures.items():
        out = why.startswith(OUT)
        facts.append(Fact(name, OUT, _why(why)) if out else Fact(f"Failed: {name}", "not scored", why))
    return facts


OUT = "does not compete"


def _why(why: str) -> str:
    """The reason alone, where the word for it stands above."""
    return why.removeprefix(f"{OUT}: ")


def _ratio(measure: Measure) -> Fact:
    bounds = interval(measure, 1) if measure.low < measure.high else ""
    return Fact("Resource ratio", number(measure.value), _how(measure, bounds))


def _ladder(found: Ladder) -> Iterator[Fact]:
    """What a search under a budget did, round by round."""
    spent = f"counted at {number(found.counted_cpu_seconds)} beforehand, {number(found.cpu_seconds)} on this machine"
    yield Fact("Budget of the search", f"{number(found.budget_cpu_seconds)} CPU seconds", f"{spent}; baselines apart")
    for place, rung in enumerate(found.rungs, start=1):
        dropped = ", ".join(name for name in rung.scores if name not in rung.promoted)
        rows = "all rows" if rung.share >= 1 else f"{percent(rung.share)} of the rows"
        tried = f"{count(len(rung.scores))} on {rows}"
        yield Fact(f"Round {place}", tried, f"dropped: {dropped}" if dropped else "nobody was dropped")
    if found.untried:
        yield Fact("Not tried", count(len(found.untried)), f"the budget did not reach: {', '.join(found.untried)}")


def _tested(found: PrototypeEvidence) -> Fact:
    needed = f"{count(found.required)} required for the claimed power"
    if found.form == "nested":
        return Fact("Rows in outer folds", count(found.rows), f"{needed}; the locked rows are kept for the device")
    added = f"; {count(found.added)} of them added in the second look" if found.added else ""
    return Fact("Locked rows", count(found.locked), needed + added)


def _spend(spend: Spend) -> str:
    return f"expected {usd(spend.expected)}, half the time up to {usd(spend.p50)}, at worst {usd(spend.worst)}"


def _forecast(run: RunRecord) -> list[Fact]:
    found = run.forecast
    if found is None:
        return []
    facts = [
        Fact("Device", found.device, f"backend {found.backend}"),
        Fact(
            "Circuits",
            count(found.points * found.circuits_per_point),
            f"{count(found.points)} points, {count(found.circuits_per_point)} each",
        ),
        Fact("Shots a circuit", count(found.shots)),
        Fact("Mitigation", found.mitigation, "chosen, see below" if found.trials else "as the pilot asks"),
        *(Fact(f"Tried: {one.mitigation}", one.outcome.value.replace("_", " "), one.reason) for one in found.trials),
        Fact("Charged, nine times in ten up to", usd(found.charged.p90), _spend(found.charged)),
        Fact("On the device itself up to", usd(found.device_cost.p90), _spend(found.device_cost)),
    ]
    if found.committed_usd:
        facts.append(Fact("Taken by earlier tries", usd(found.committed_usd), "counts against the budget"))
    if found.account is not None:
        left = UNMEASURED if found.account.left_usd is None else usd(found.account.left_usd)
        facts.append(Fact(f"Account {found.account.name}", left, "left before this run"))
    if found.classical_usd:
        facts.append(Fact("This machine", usd(found.classical_usd), found.classical_hours.method))
    if found.queues:
        facts.append(Fact("Wait, half the time up to", _hours(found.wait_p50_hours), found.wait_p50_hours.method))
        facts.append(Fact("Wait, nine times in ten up to", _hours(found.wait_p90_hours), found.wait_p90_hours.method))
    else:
        facts.append(Fact("Wait", "none", f"{found.backend} has no queue"))
    return [
        *facts,
        *_track(found.track),
        _share("Accuracy, simulator", found.simulated_accuracy),
        _share("Accuracy, emulated device", found.emulated_accuracy),
        _change("Emulated loss", found.emulated_loss),
    ]


def _track(found: Track) -> list[Fact]:
    """How earlier forecasts turned out, or that there are none."""
    if not found.waits and not found.runs:
        return [Fact("Earlier forecasts", "none", "no task of this device and no run has ended yet")]
    facts = []
    if found.waits:
        losses = ", ".join(map(number, (found.pinball_p10, found.pinball_p50, found.pinball_p90)))
        note = (
            f"80 % intervals of {plural(found.waits, 'task')}, {count(found.calibrated)} of them calibrated; pinball loss"
            f" {losses} hours at P10, P50 and P90, CRPS {number(found.crps)} hours"
        )
        facts.append(Fact("Earlier waits inside their interval", percent(found.covered), note))
    if found.runs:
        note = f"of {plural(found.runs, 'ended run')}; {percent(found.within_p50)} within P50"
        facts.append(Fact("Earlier spends within P90", percent(found.within_p90), note))
    return facts


def _hours(measure: Measure) -> str:
    return UNMEASURED if measure.value != measure.value else f"{number(measure.value)} h"


def _hardware(run: RunRecord) -> list[Fact]:
    found = run.hardware
    if found is None:
        return []
    return [
        Fact(
            "Device",
            found.device,
            f"backend {found.backend}, {count(found.shots)} shots a circuit, mitigation {found.mitigation}",
        ),
        Fact(
            "Points measured",
            count(len(found.differences)),
            f"of {count(found.population)}, in {count(found.batches)} batches. Stopped: {found.stopped}",
        ),
        _share("Accuracy, device", found.device_accuracy),
        _share("Accuracy, simulator", found.simulator_accuracy),
        _change("Accuracy lost on the device", found.gap),
        *_gap(found),
        Fact("Charged", usd(found.charged_usd), f"the device itself would have cost {usd(found.device_usd)}"),
        Fact(
            "Calibrations kept",
            count(len(set(found.calibrations))),
            ", ".join(short(digest) for digest in dict.fromkeys(found.calibrations)),
        ),
    ]


def _gap(found: HardwareEvidence) -> list[Fact]:
    """How much of the simulator's signal the device lost, and to what."""
    split = found.split
    if split is None or not split.simulated_signal.value > 0:
        return []
    whole, mitigated = gap.share(split, split.signal), found.mitigation != "none"
    before = f"; before mitigation {percent(gap.share(split, split.raw_signal).value)}" if mitigated else ""
    return [
        Fact(
            "Signal lost on the device", percent(whole.value), f"{interval(whole)}; n = {count(split.points)}{before}"
        ),
        *(
            Fact(
                f"Lost to {gap.NAMES[part.cause]}",
                percent(gap.share(split, part.signal).value),
                gap.detail(split, part, mitigated),
            )
            for part in gap.shown(split)
        ),
    ]


def _promotion(run: RunRecord) -> list[Fact]:
    found = run.promotion
    if found is None:
        return []
    facts = [
        Fact("Points", count(found.advantage.points), f"{count(found.planned)} fixed beforehand"),
        _share("Accuracy, device", found.device_accuracy),
        _share("Accuracy, classical", found.classical_accuracy),
        Fact("Fallback", found.fallback or "none", "answers" if found.fallback_answers else "does not answer"),
    ]
    if found.resource_ratio is not None:
        facts.append(_ratio(found.resource_ratio))
    if run.model is not None:
        facts.append(Fact("Registered as", run.model, "alias champion"))
    return facts


FACTS: dict[Stage, Callable[[RunRecord], list[Fact]]] = {
    "data": _data,
    "reduction": _reduction,
    "trainability": _trainability,
    "prototype": _prototype,
    "forecast": _forecast,
    "hardware": _hardware,
    "promotion": _promotion,
}
