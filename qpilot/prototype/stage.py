"""Selects one finalist on development rows, then tests the claim in the one form fixed before, at the error rate fixed before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType

from gates.claim import Metric
from gates.design import design
from gates.grading import NAMES
from gates.nested import Paired
from gates.records import Measure, Outcome
from gates.search import Ladder
from gates.selection import PrototypeEvidence
from qpilot import policies
from qpilot.data.table import Dataset, Table
from qpilot.devices import device
from qpilot.emulator.noise import Noise
from qpilot.job import Job, Stores
from qpilot.models import backbones
from qpilot.pilot import Pilot
from qpilot.prototype.choice import choose, reducer, share, train
from qpilot.prototype.comparison.contenders import contenders, failures, family_leaders
from qpilot.prototype.comparison.resource import resource_ratio
from qpilot.prototype.comparison.sensitivity import importance
from qpilot.prototype.design import attempt, closed, device_required, required, tests
from qpilot.prototype.fitted import Fitted, fit
from qpilot.prototype.outer import Outer, nested
from qpilot.prototype.reading import Reading, Role, answers
from qpilot.prototype.search.kept import kept
from qpilot.prototype.search.result import Result
from qpilot.prototype.search.sweep import Sweep, Watch
from qpilot.record import openings
from qpilot.record.home import Home

NOBODY: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True)
class Selected:
    """The finalist, its entanglement-free twin and the classical reference, fitted on every development row.

    `others`: the best of each other family, fitted to be compared in cost and steadiness; they never read the locked set.
    `barred`: who did not compete, and why.
    `seeds`, `twins`: the finalist and its twin with the other seeds, where correctness is averaged over them. `promised`: the
    advantage in cross-validation. `outer`: what the outer folds answered, where the claim was tested on them. `ladder`: who
    was dropped before, where the search had a budget.
    """

    finalist: Fitted
    twin: Fitted
    reference: Fitted
    others: tuple[Fitted, ...]
    majority: float
    results: tuple[Result, ...]
    seeds: tuple[Fitted, ...] = ()
    twins: tuple[Fitted, ...] = ()
    promised: float = 0.0
    outer: Outer | None = None
    barred: Mapping[str, str] = field(default_factory=dict)
    ladder: Ladder | None = None

    @property
    def models(self) -> dict[Role, Fitted]:
        """The fitted models by what they stand for."""
        return {"finalist": self.finalist, "reference": self.reference, "twin": self.twin}

    @property
    def roles(self) -> dict[Role, tuple[Fitted, ...]]:
        """Every seed's model by what it stands for."""
        return {
            "finalist": (self.finalist, *self.seeds),
            "reference": (self.reference,),
            "twin": (self.twin, *self.twins),
        }


def prototype(
    job: Job, dataset: Dataset, explore: bool, stores: Stores, watch: Watch, barred: Mapping[int, str] = NOBODY
) -> tuple[PrototypeEvidence, Selected | None]:
    """Evidence of the stage, and the fitted models; None where the design was refused before any compute.

    The refusal: the rows of the test, or the points the device may measure, are too few for the claim at this try's alpha,
    or the wallet is empty. `explore` selects all the same, but opens nothing. barred: candidates that do not compete, by their
    number in the pilot file, and why; they were found out without reading a locked row.
    """
    pilot = job.pilot
    found = closed(pilot, dataset, attempt(pilot, stores.journal, dataset), job.code)
    refused = any(check.outcome is not Outcome.GO for check in design(found, policies.prototype(pilot)))
    if refused and not explore:
        return found, None
    if refused or found.form == "locked":
        # Whoever ends the run before it opens anything has seen the scores all the same.
        openings.looked(stores.journal, job.data, pilot.digest, job.run, stores.clock())
        selected = select(job, dataset, watch, barred)
        found = _described(found, selected, dataset.development, job)
        return (found, selected) if refused else (_locked(found, selected, dataset, job, stores), selected)
    # What the outer folds say is the look: it is entered, and paid for, before the first of them is answered.
    found = _opened(found, dataset, job, stores)
    selected = select(job, dataset, watch, barred, outer=True)
    return _nested(_described(found, selected, dataset.development, job), selected, dataset, job), selected


def select(
    job: Job, dataset: Dataset, watch: Watch, barred: Mapping[int, str] = NOBODY, outer: bool = False
) -> Selected:
    """Finalist and reference by repeated CV, refitted; raises QpilotError where either side all failed.

    outer: the whole selection is done in every outer fold besides.
    """
    pilot, rows = _without(job.pilot, barred), dataset.development
    moved = backbones.sources(pilot, job.folder, Home(job.home), dataset)
    sweep = Sweep(pilot.search, kept(job), watch, moved, _noise(pilot, Home(job.home).devices))
    choice = choose(pilot, rows, sweep)
    models, few = train(pilot, rows, choice), share(pilot, rows)
    taken = {choice.finalists[0].name, choice.reference.name}
    rest = [leader for leader in family_leaders(choice.results) if leader.entrant.name not in taken]
    return Selected(
        finalist=models.finalists[0],
        twin=models.twins[0],
        reference=models.reference,
        others=tuple(fit(leader.entrant, reducer(pilot), few.X, few.y, few.groups) for leader in rest),
        majority=models.majority,
        results=choice.results,
        seeds=models.finalists[1:],
        twins=models.twins[1:],
        promised=choice.promised,
        ladder=choice.ladder,
        outer=nested(pilot, rows, sweep) if outer else None,
        barred={f"{job.pilot.candidates[place - 1].name} (no. {place})": why for place, why in barred.items()},
    )


def _noise(pilot: Pilot, pulled: Path) -> Noise | None:
    """That of the device the pilot names, where a candidate is trained under it. Raises UsageError for a simulator."""
    if all(candidate.training.noise == "none" for candidate in pilot.candidates):
        return None
    return Noise.of(device(pilot.hardware.device, pulled))


def _without(pilot: Pilot, barred: Mapping[int, str]) -> Pilot:
    """The pilot as selection sees it: with the candidates that compete."""
    kept = (candidate for place, candidate in enumerate(pilot.candidates, start=1) if place not in barred)
    return pilot.model_copy(update={"candidates": tuple(kept)})


def _opened(found: PrototypeEvidence, dataset: Dataset, job: Job, stores: Stores) -> PrototypeEvidence:
    """The evidence at the alpha that the opening got: another pilot may have opened the same rows meanwhile.

    The tests that read before the device does have their readings in the ledger from here on.
    """
    pilot, journal = job.pilot, stores.journal
    fixed = partial(tests, pilot, dataset, form=found.form)
    first = openings.announced(journal, pilot.digest) if dataset.added else None
    if first is not None:
        opening = openings.reopen(
            journal, first, job.data, run=job.run, points=len(dataset.locked), tests=fixed, at=stores.clock()
        )
    else:
        opening = openings.open(
            journal,
            job.data,
            pilot.digest,
            run=job.run,
            total=pilot.claim.alpha,
            points=len(dataset.locked),
            tests=fixed,
            at=stores.clock(),
            frozen=pilot.search.frozen,
            top_up=_announced(dataset, stores),
        )
    for test in opening.tests.keys() - {"hardware", "promotion"}:
        openings.read(journal, opening, test, range(opening.tests[test]), stores.clock())
    return found.model_copy(
        update={
            "attempt": opening.attempt,
            "alpha": opening.alpha,
            "required": required(pilot, dataset, opening.alpha, found.form),
            "device_required": device_required(pilot, dataset, opening.alpha),
        }
    )


def _announced(dataset: Dataset, stores: Stores) -> openings.TopUp | None:
    if dataset.before is None:
        return None
    kept_rows = stores.artifacts.put(dataset.before.to_bytes())
    return openings.TopUp(rows=dataset.before.add, inputs={"rows": kept_rows})


def _locked(
    found: PrototypeEvidence, selected: Selected, dataset: Dataset, job: Job, stores: Stores
) -> PrototypeEvidence:
    """The evidence with what the locked set said."""
    pilot = job.pilot
    found = _opened(found, dataset, job, stores)
    named = answers(selected.roles, selected.majority, dataset.locked)
    reading = Reading.of(named, dataset.locked, pilot.claim, pilot.search.seeds_as == "average")
    return found.model_copy(
        update={
            "contenders": tuple(map(reading.completed, found.contenders)),
            "advantage": reading.against("reference"),
            "twin": reading.against("twin"),
            "majority": reading.against("majority"),
            "optimism": optimism(selected.promised, reading.against("reference"), pilot.claim.metric),
        }
    )


def _nested(found: PrototypeEvidence, selected: Selected, dataset: Dataset, job: Job) -> PrototypeEvidence:
    """The evidence with what the outer folds said."""
    pilot, rows, outer = job.pilot, dataset.development, selected.outer
    assert outer is not None
    advantage = outer.against("reference", pilot, rows)
    return found.model_copy(
        update={
            "advantage": advantage,
            "twin": outer.against("twin", pilot, rows),
            "majority": outer.against("majority", pilot, rows),
            "optimism": optimism(selected.promised, advantage, pilot.claim.metric),
            "chosen": outer.chosen,
        }
    )


def _described(found: PrototypeEvidence, selected: Selected, rows: Table, job: Job) -> PrototypeEvidence:
    """The evidence with what selection found on development rows."""
    pilot, pulled = job.pilot, Home(job.home).devices
    machine = device(pilot.hardware.device, pulled)
    return found.model_copy(
        update={
            "finalist": selected.finalist.name,
            "reference": selected.reference.name,
            "contenders": contenders(selected.models, selected.others, selected.results, rows, pilot, machine),
            "resource_ratio": resource_ratio(pilot, selected.finalist, selected.reference, rows.X[:1], pulled),
            "importance": importance(selected.finalist, rows, pilot.claim, pilot.seed),
            "failures": {**failures(selected.results), **selected.barred},
            "ladder": selected.ladder,
        }
    )


def optimism(promised: float, shown: Paired, metric: Metric) -> Measure:
    """How much better the finalist looked in the selection that chose it than in the test, against the reference.

    In the claim's metric on both sides.
    """
    low, high = shown.interval(metric, 0.95)
    return Measure(
        value=promised - shown.advantage(metric),
        low=promised - high,
        high=promised - low,
        n=shown.points,
        unit=f"{NAMES[metric]} difference",
        method="CV advantage - advantage in the test; 95 % interval of the latter, the former's own error left out",
    )
