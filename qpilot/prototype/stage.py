"""Selects one finalist on development rows, then reads the locked set once, at the error rate fixed before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from gates.comparison import Comparison, Metric
from gates.prototype import PrototypeEvidence, design
from gates.records import Measure, Outcome
from qpilot import policies
from qpilot.data.split import folds
from qpilot.data.table import Dataset, Table
from qpilot.devices import device
from qpilot.errors import QpilotError
from qpilot.job import Job, Stores
from qpilot.prototype.comparison import contenders, failures, family_leaders, leaders
from qpilot.prototype.design import closed, required, tests
from qpilot.prototype.entrants import QuantumEntrant, classical_entrants, quantum_entrants
from qpilot.prototype.fitted import Fitted, fit
from qpilot.prototype.kept import kept
from qpilot.prototype.reading import Reading, Role
from qpilot.prototype.resource import resource_ratio
from qpilot.prototype.selection import Result, best, cross_validate
from qpilot.prototype.sensitivity import importance
from qpilot.prototype.sweep import Sweep, Watch
from qpilot.record import openings
from qpilot.record.home import Home
from qpilot.reduction import REDUCERS


@dataclass(frozen=True)
class Selected:
    """The finalist, its entanglement-free twin and the classical reference, fitted on every development row.

    `others`: the best of each other family, fitted to be compared in cost and steadiness; they never read the locked set.
    """

    finalist: Fitted
    twin: Fitted
    reference: Fitted
    others: tuple[Fitted, ...]
    majority: int
    results: tuple[Result, ...]

    @property
    def models(self) -> dict[Role, Fitted]:
        """The fitted models by what they stand for."""
        return {"finalist": self.finalist, "reference": self.reference, "twin": self.twin}


def prototype(
    job: Job, dataset: Dataset, explore: bool, stores: Stores, watch: Watch
) -> tuple[PrototypeEvidence, Selected | None]:
    """Evidence of the stage, and the fitted models; None where the design was refused before any compute.

    The refusal: the locked set, or the points the device may measure, are too few for the claim at this try's alpha, or
    the wallet is empty. `explore` selects all the same, but does not open the locked set.
    """
    pilot, number = job.pilot, openings.next_attempt(stores.journal, job.data, job.pilot.digest)
    found = closed(pilot, dataset, number, job.code)
    refused = any(check.outcome is not Outcome.GO for check in design(found, policies.prototype(pilot)))
    if refused and not explore:
        return found, None
    selected = select(job, dataset, watch)
    found = _described(found, selected, dataset.development, job)
    if refused:
        return found, selected
    opening = openings.open(
        stores.journal,
        job.data,
        pilot.digest,
        run=job.run,
        total=pilot.claim.alpha,
        points=len(dataset.locked),
        tests=partial(tests, pilot, dataset),
        at=stores.clock(),
    )
    for test in opening.tests.keys() - {"hardware", "promotion"}:
        openings.read(stores.journal, opening, test, range(len(dataset.locked)), stores.clock())
    reading = Reading.of(selected.models, selected.majority, dataset.locked)
    # Another pilot may have opened the same rows meanwhile: what counts is the alpha this opening got.
    needed = required(pilot, dataset, opening.alpha)
    found = found.model_copy(update={"attempt": opening.attempt, "alpha": opening.alpha, "required": needed})
    return _read(found, selected, reading, pilot.claim.metric), selected


def select(job: Job, dataset: Dataset, watch: Watch) -> Selected:
    """The best candidate and the best baseline by repeated CV, refitted; raises QpilotError where either side all failed."""
    pilot, rows = job.pilot, dataset.development
    candidates, baselines = quantum_entrants(pilot), classical_entrants(pilot)
    splits = folds(rows.y, rows.groups, rows.times, pilot.search.folds, pilot.search.repeats, pilot.seed)
    results = cross_validate(
        [*candidates, *baselines],
        rows.X,
        rows.y,
        splits,
        partial(_reducer, job),
        pilot.claim.metric,
        Sweep(pilot.search, kept(job), watch),
    )
    finalist = _winner(results[: len(candidates)], "candidate")
    reference = _winner(results[len(candidates) :], "baseline")
    assert isinstance(finalist.entrant, QuantumEntrant)
    twin = replace(finalist.entrant, entangled=False)
    thrifty = _share(rows, pilot.claim.max_ratio if pilot.claim.resource == "rows" else None, pilot.seed)
    rest = [leader for leader in family_leaders(results) if leader not in (finalist, reference)]
    return Selected(
        finalist=fit(finalist.entrant, _reducer(job), thrifty.X, thrifty.y),
        twin=fit(twin, _reducer(job), thrifty.X, thrifty.y),
        reference=fit(reference.entrant, _reducer(job), rows.X, rows.y),
        others=tuple(fit(leader.entrant, _reducer(job), thrifty.X, thrifty.y) for leader in rest),
        majority=int(np.bincount(rows.y).argmax()),
        results=tuple(results),
    )


def _reducer(job: Job) -> Any:
    return REDUCERS[job.pilot.reduce.method].build(job.pilot.reduce.components, job.pilot.seed)


def _winner(results: Sequence[Result], role: str) -> Result:
    winner = best(results)
    if winner is None:
        reasons = "; ".join(sorted({f"{result.entrant.name}: {result.failure}" for result in results}))
        raise QpilotError(f"every {role} failed, so nothing can be compared: {reasons}")
    return winner


def _share(rows: Table, share: float | None, seed: int) -> Table:
    """At most the share of the rows a claim about rows trains its candidate on; all where it claims nothing of the kind."""
    if share is None or share >= 1:
        return rows
    chosen = np.random.default_rng([seed, 4]).permutation(len(rows))[: max(2, int(share * len(rows)))]
    return rows.take(np.sort(chosen))


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
            "importance": importance(selected.finalist, rows.X, rows.y, rows.features, pilot.seed),
            "failures": failures(selected.results),
        }
    )


def _read(found: PrototypeEvidence, selected: Selected, reading: Reading, metric: Metric) -> PrototypeEvidence:
    """The evidence with what the locked set said."""
    return found.model_copy(
        update={
            "contenders": tuple(map(reading.completed, found.contenders)),
            "advantage": reading.against("reference"),
            "twin": reading.against("twin"),
            "majority": reading.against("majority"),
            "optimism": _optimism(selected, reading.against("reference"), metric),
        }
    )


def _optimism(selected: Selected, shown: Comparison, metric: Metric) -> Measure:
    """How much better the finalist looked in the selection that chose it than on the locked set, against the reference.

    In the claim's metric on both sides.
    """
    scores = {result.entrant.name: result.score for result in leaders(selected.results)}
    promised = scores[selected.finalist.name] - scores[selected.reference.name]
    low, high = shown.interval(metric, 0.95)
    return Measure(
        value=promised - shown.advantage(metric),
        low=promised - high,
        high=promised - low,
        n=shown.points,
        unit=f"{metric.replace('_', ' ')} difference",
        method="CV advantage - locked advantage; Tango 95 % of the latter, the former's own error left out",
    )
