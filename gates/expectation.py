"""What the data gate asks of the expectations: no critical one failed or was left open."""

import math
from collections.abc import Iterator, Sequence
from typing import Literal

from gates.records import Check, Outcome, Record
from gates.wording import plural, sentence


class Expectation(Record):
    """One expectation's result. `evaluated` is False where it could not be evaluated (`success` is False then)."""

    name: str
    column: str | None
    severity: Literal["critical", "warning", "info"]
    success: bool
    evaluated: bool
    observed: float | int | str | None
    required: str
    reason: str


def held(expectations: Sequence[Expectation]) -> Iterator[Check]:
    """One check an expectation and severity, over all its columns; INCONCLUSIVE if none was made.

    | severity | all held | one failed           | one could not be evaluated, none failed |
    |----------|----------|----------------------|-----------------------------------------|
    | critical | GO       | NO_GO                | INCONCLUSIVE                            |
    | other    | GO       | GO, with the warning | GO, with the warning                    |
    """
    groups: dict[tuple[str, str], list[Expectation]] = {}
    for expectation in expectations:
        groups.setdefault((expectation.name, expectation.severity), []).append(expectation)
    if not any(severity == "critical" for _, severity in groups):
        yield Check(
            name="expectations",
            outcome=Outcome.INCONCLUSIVE,
            observed=len(expectations),
            required="at least one critical expectation",
            reason="No critical expectation was held against the data, so nothing is known about them.",
        )
    for (name, severity), group in groups.items():
        yield _expectation(name, severity == "critical", group)


def _expectation(name: str, critical: bool, group: list[Expectation]) -> Check:
    failed = [one for one in group if one.evaluated and not one.success]
    unevaluated = [one for one in group if not one.evaluated]
    worst = [*failed, *unevaluated]
    outcome = Outcome.GO
    if worst and critical:
        outcome = Outcome.NO_GO if failed else Outcome.INCONCLUSIVE
    shown = worst[0] if worst else group[0]
    observed = shown.observed if len(group) == 1 else f"{len(group) - len(worst)} of {len(group)} hold"
    reason = f"It holds for {plural(len(group), 'column')}." if len(group) > 1 else shown.reason
    if worst:
        others = f" ({len(worst) - 1:,} more like it)" if len(worst) > 1 else ""
        reason = f"{'' if critical else 'Warning: '}{shown.reason}{others}"
    reason = sentence(reason) if reason.endswith(".") else f"{sentence(reason)}."
    # NaN and infinity have no place in JSON numbers: a check shows them as text.
    observed = str(observed) if isinstance(observed, float) and not math.isfinite(observed) else observed
    return Check(name=name, outcome=outcome, observed=observed, required=shown.required, reason=reason)
