"""What a pilot would take and whether it could show what it claims, before anything runs and within two seconds."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gates.design import design
from gates.records import Outcome, Record, Verdict
from gates.selection import PrototypeEvidence
from gates.target import Spread, scale
from qpilot import policies, topup
from qpilot.backends import SERVICES
from qpilot.data.preparing import prepare
from qpilot.data.spread import spread
from qpilot.data.stage import unlearned
from qpilot.data.strata import BINS
from qpilot.data.table import Dataset
from qpilot.design import require_sound
from qpilot.forecast.estimate import Estimate, estimates
from qpilot.models import backbones
from qpilot.pilot import Pilot
from qpilot.pilotfile import read
from qpilot.prototype.design import attempt, closed
from qpilot.prototype.search.prospect import prospect
from qpilot.record.home import Home


class Lint(Record):
    """The pilot's sizes, what its gate asks before anything runs, and what each candidate would cost.

    `target`: how a quantity lies; None of classes. `rows_needed`: rows in all that would give the test the rows its claim
    takes, and the device its points.
    """

    rows: int
    features: int
    classes: tuple[str, ...]
    target: Spread | None
    development: int
    locked: int
    attempt: int
    alpha: float
    rows_needed: int
    notes: tuple[str, ...]
    verdict: Verdict
    estimates: tuple[Estimate, ...]


def lint(path: Path, overrides: Sequence[str], home: Home) -> Lint:
    """Raises UsageError for an invalid file or an impossible design, QpilotError for rows that cannot be used."""
    file = read(path, overrides)
    pilot, topped = file.pilot, topup.before(home.journal, home.artifacts, file.pilot)
    prepared = prepare(pilot.data, file.folder, pilot.seed, topped, pilot.claim.quantity)
    rows = prepared.dataset.development
    require_sound(pilot, rows, home.devices)
    backbones.require(pilot, file.folder, home, prepared.dataset)
    number = attempt(pilot, home.journal, prepared.dataset)
    found, policy = closed(pilot, prepared.dataset, number, code=""), policies.prototype(pilot)
    return Lint(
        rows=len(prepared.frame),
        features=len(rows.features),
        classes=rows.classes,
        target=spread(prepared.target.to_numpy(dtype=np.float64)) if rows.quantity else None,
        development=len(rows),
        locked=found.locked,
        attempt=number,
        alpha=found.alpha,
        rows_needed=_rows_needed(found, pilot.data.locked, BINS // 2 if rows.quantity else 0),
        notes=(
            *prepared.notes,
            prospect(pilot, rows, found.form == "nested"),
            *_scale(pilot, prepared.dataset),
            *_approval(pilot, home),
        ),
        verdict=Verdict.of("lint", design(found, policy), found, policy),
        estimates=estimates(pilot, len(prepared.frame), home.devices, len(prepared.dataset.locked)),
    )


def _scale(pilot: Pilot, dataset: Dataset) -> list[str]:
    """What the data stage will ask of a quantity's worst error, where it is not of the target's own size."""
    if not dataset.development.quantity:
        return []
    check = scale(unlearned(dataset, pilot.claim))
    return [] if check.outcome is Outcome.GO else [check.reason]


def _approval(pilot: Pilot, home: Home) -> tuple[str, ...]:
    """What would keep a person from approving, or let the run be charged without one."""
    said = []
    if pilot.approval.when == "never" and pilot.hardware.backend in SERVICES:
        said.append(f'approval.when is "never": nobody is asked before {pilot.hardware.device} is charged')
    if pilot.approval.when != "never" and pilot.approval.identity == "signed":
        from qpilot.approval.signing import unsigned

        said.append(unsigned(home, pilot.approval))
    return tuple(filter(None, said))


def _rows_needed(found: PrototypeEvidence, locked: float, short: int) -> int:
    """Rows in all that would give the test its rows, and the device its points.

    locked: the share that is locked. short: how many fewer may be, where every bin of a quantity is rounded by itself.
    """
    share = 1 - locked if found.form == "nested" else locked
    return math.ceil(max((found.required + short) / share, (found.planned_points + short) / locked))
