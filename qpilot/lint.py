"""What a pilot would take and whether it could show what it claims, before anything runs and within two seconds."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gates.records import Check, Outcome, Record, Verdict, digest
from gates.statistics import power, wallet
from qpilot import openings
from qpilot.data.preparing import Prepared, prepare
from qpilot.design import require_sound
from qpilot.forecast.estimate import Estimate, estimates
from qpilot.home import Home
from qpilot.pilot import Pilot
from qpilot.pilotfile import read


class Lint(Record):
    """The pilot's sizes, its checks and what each candidate would cost; sound pilots only."""

    rows: int
    features: int
    classes: tuple[str, ...]
    development: int
    locked: int
    attempt: int
    alpha: float
    notes: tuple[str, ...]
    verdict: Verdict
    estimates: tuple[Estimate, ...]


def lint(path: Path, overrides: Sequence[str], home: Home) -> Lint:
    """Raises UsageError for an invalid file or an impossible design, QpilotError for rows that cannot be used."""
    file = read(path, overrides)
    prepared = prepare(file.pilot.data, file.folder, file.pilot.seed)
    rows = prepared.dataset.development
    require_sound(file.pilot, len(rows.features), len(rows.classes))
    attempt = _attempt(home, prepared, file.pilot)
    alpha = wallet.alpha(attempt, file.pilot.claim.alpha)
    checks = (_power(file.pilot, prepared, alpha), _wallet(file.pilot, attempt, alpha))
    return Lint(
        rows=len(prepared.frame),
        features=len(rows.features),
        classes=rows.classes,
        development=len(rows),
        locked=len(prepared.dataset.locked),
        attempt=attempt,
        alpha=alpha,
        notes=prepared.notes,
        verdict=Verdict(
            gate="lint",
            outcome=Outcome.worst(check.outcome for check in checks),
            checks=checks,
            evidence=prepared.dataset.fingerprint,
            policy=digest([file.pilot.claim.plain(), file.pilot.gates.plain()]),
        ),
        estimates=estimates(file.pilot, len(prepared.frame)),
    )


def _attempt(home: Home, prepared: Prepared, pilot: Pilot) -> int:
    if not home.path.is_dir():  # looking must not make a home
        return 1
    return openings.next_attempt(home.journal, prepared.dataset.fingerprint, pilot.digest)


def _power(pilot: Pilot, prepared: Prepared, alpha: float) -> Check:
    """Has the locked set the points to show the claim?"""
    claim, locked, y = pilot.claim, len(prepared.dataset.locked), prepared.dataset.development.y
    population = min(locked, pilot.hardware.max_points or locked)
    shares = np.bincount(y) / len(y)
    required = power.required_for(claim, alpha, shares)
    smallest = power.detectable_for(claim, population, alpha, shares)
    rows = math.ceil(required / pilot.data.locked)
    wanted = claim.alternative - claim.null
    within = (
        "no advantage at all"
        if math.isinf(smallest)
        else f"an advantage from {100 * (smallest - claim.null):.1f} points"
    )
    if population >= required:
        reason = (
            f"{population} locked points show {within} with {claim.power:.0%} probability; {100 * wanted:.1f} are claimed"
            f" and take {required}."
        )
    else:
        cap = "" if population == locked else " (hardware.max_points)"
        reason = (
            f"This pilot cannot detect the advantage it claims: {100 * wanted:.1f} points take {required} locked points, and"
            f" there are {population}{cap}, which show {within}. It would take {rows:,} rows, or a larger target."
        )
    return Check(
        name="power",
        outcome=Outcome.GO if population >= required else Outcome.INCONCLUSIVE,
        observed=population,
        required=f"at least {required} points",
        reason=reason,
    )


def _wallet(pilot: Pilot, attempt: int, alpha: float) -> Check:
    """Is there error rate left for another look at these rows?"""
    least = pilot.gates.prototype.min_alpha
    return Check(
        name="wallet",
        outcome=Outcome.GO if alpha >= least else Outcome.INCONCLUSIVE,
        observed=alpha,
        required=f"at least {least:g}",
        reason=f"Try {attempt} on these rows is tested at alpha {alpha:.2g} of the {pilot.claim.alpha:g} they have in all.",
    )
