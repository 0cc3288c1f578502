"""Selects one finalist on development rows, then reads the locked set once, at the error rate fixed before."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gates.prototype import PrototypeEvidence
from gates.records import Measure
from gates.statistics import intervals, power, wallet
from qpilot import openings
from qpilot.data.split import folds
from qpilot.data.table import Dataset, Table
from qpilot.errors import QpilotError
from qpilot.job import Job, Progress, Stores
from qpilot.prototype.comparison import contenders, failures, leaders
from qpilot.prototype.entrants import QuantumEntrant, classical_entrants, quantum_entrants
from qpilot.prototype.fitted import Fitted, fit
from qpilot.prototype.reading import Reading, Role
from qpilot.prototype.resource import resource_ratio
from qpilot.prototype.selection import Result, best, cross_validate
from qpilot.prototype.sensitivity import importance
from qpilot.reduction import REDUCERS

READERS = ("advantage", "majority")
"""Tests that read the whole locked set at once."""


@dataclass(frozen=True)
class Selected:
    """The finalist, its entanglement-free twin and the classical reference, fitted on every development row."""

    finalist: Fitted
    twin: Fitted
    reference: Fitted
    majority: int
    results: tuple[Result, ...]

    @property
    def models(self) -> dict[Role, Fitted]:
        """The fitted models by what they stand for."""
        return {"finalist": self.finalist, "reference": self.reference, "twin": self.twin}


def attempt(job: Job, stores: Stores) -> tuple[int, float]:
    """Which try on these rows this pilot's is, and the error rate the wallet gives it."""
    number = openings.next_attempt(stores.journal, job.data, job.pilot.digest)
    return number, wallet.alpha(number, job.pilot.claim.alpha)


def prototype(
    job: Job, dataset: Dataset, explore: bool, stores: Stores, progress: Progress
) -> tuple[PrototypeEvidence, Selected | None]:
    """Evidence of the stage, and the fitted models; None where the design was refused before any compute.

    The refusal: the locked set is too small for the claim at this try's alpha, or the wallet is empty. `explore` selects
    all the same, but does not open the locked set.
    """
    claim, locked = job.pilot.claim, dataset.locked
    number, alpha = attempt(job, stores)
    shares = np.bincount(dataset.development.y) / len(dataset.development)
    required = power.required_for(claim, alpha, shares)
    refused = len(locked) < required or alpha < job.pilot.gates.prototype.min_alpha
    if refused and not explore:
        return _evidence(job, dataset, number, alpha, required), None
    selected = select(job, dataset, progress)
    if refused:
        return _evidence(job, dataset, number, alpha, required, selected), selected
    opening = openings.open(
        stores.journal,
        job.data,
        job.pilot.digest,
        run=job.run,
        total=claim.alpha,
        points=len(locked),
        tests=(*READERS, *(("twin",) if claim.quantum else ()), "hardware", "promotion"),
        at=stores.clock(),
    )
    for test in READERS:
        openings.read(stores.journal, opening, test, range(len(locked)), stores.clock())
    return _evidence(job, dataset, opening.attempt, opening.alpha, required, selected, locked), selected


def select(job: Job, dataset: Dataset, progress: Progress) -> Selected:
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
        pilot.search.runner,
        pilot.search.workers,
        progress,
    )
    finalist = _winner(results[: len(candidates)], "candidate")
    reference = _winner(results[len(candidates) :], "baseline")
    assert isinstance(finalist.entrant, QuantumEntrant)
    twin = QuantumEntrant(finalist.entrant.candidate, finalist.entrant.seed, entangled=False)
    thrifty = _share(rows, pilot.claim.max_ratio if pilot.claim.resource == "rows" else None, pilot.seed)
    return Selected(
        finalist=fit(finalist.entrant, _reducer(job), thrifty.X, thrifty.y),
        twin=fit(twin, _reducer(job), thrifty.X, thrifty.y),
        reference=fit(reference.entrant, _reducer(job), rows.X, rows.y),
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
    """The share of the rows a claim about rows trains its candidate on; all of them where it claims nothing of the kind."""
    if share is None or share >= 1:
        return rows
    chosen = np.random.default_rng([seed, 4]).permutation(len(rows))[: max(2, round(share * len(rows)))]
    return rows.take(np.sort(chosen))


def _evidence(
    job: Job,
    dataset: Dataset,
    number: int,
    alpha: float,
    required: int,
    selected: Selected | None = None,
    locked: Table | None = None,
) -> PrototypeEvidence:
    """What was found; comparisons are None while the locked set is closed (`locked` None)."""
    rows, seed = dataset.development, job.pilot.seed
    reading = None if selected is None or locked is None else Reading.of(selected.models, selected.majority, locked)
    return PrototypeEvidence(
        stage="prototype",
        pilot=job.pilot.digest,
        inputs={"data": job.data, "locked": dataset.locked_hash},
        code=job.code,
        finalist="" if selected is None else selected.finalist.name,
        reference="" if selected is None else selected.reference.name,
        locked=len(dataset.locked),
        required=required,
        attempt=number,
        alpha=alpha,
        contenders=() if selected is None else contenders(selected.models, selected.results, rows, reading, seed),
        advantage=None if reading is None else reading.against("reference"),
        twin=None if reading is None else reading.against("twin"),
        majority=None if reading is None else reading.against("majority"),
        resource_ratio=None if selected is None else _ratio(job, selected, rows),
        optimism=_optimism(selected, reading),
        importance={} if selected is None else importance(selected.finalist, rows.X, rows.y, rows.features, seed),
        failures={} if selected is None else failures(selected.results),
    )


def _optimism(selected: Selected | None, reading: Reading | None) -> Measure:
    """How much better the finalist looked in the selection that chose it than on the locked set, against the reference."""
    if selected is None or reading is None:
        return Measure.missing("the locked set was not read", "accuracy difference")
    scores = {result.entrant.name: result.score for result in leaders(selected.results)}
    promised = scores[selected.finalist.name] - scores[selected.reference.name]
    seen = intervals.difference(reading.correct["finalist"], reading.correct["reference"])
    return Measure(
        value=promised - seen.value,
        low=promised - seen.high,
        high=promised - seen.low,
        n=seen.n,
        unit="accuracy difference",
        method="CV advantage - locked advantage; Tango 95 % of the latter, the former's own error left out",
    )


def _ratio(job: Job, selected: Selected, rows: Table) -> Measure | None:
    return resource_ratio(job.pilot, selected.finalist, selected.reference, rows.X[:1])
