"""What the search is going to do, said before it does it."""

from gates.wording import plural
from qpilot.data.split import folds
from qpilot.data.table import Table
from qpilot.pilot import Pilot
from qpilot.prototype.search.contest import units
from qpilot.prototype.search.effort import cpu_seconds
from qpilot.prototype.search.entrants import quantum_entrants
from qpilot.prototype.search.halving import Rounds, plan


def prospect(pilot: Pilot, rows: Table, nested: bool = False) -> str:
    """How many candidates are fitted how often on these development rows, and what that is counted at.

    nested: the search is redone on the training rows of every outer fold. Raises UsageError where a budget does not pay
    for one candidate.
    """
    search, entrants = pilot.search, quantum_entrants(pilot)
    parts = folds(rows.y, rows.groups, rows.times, search.folds, search.repeats, pilot.seed)
    named = plural(len(pilot.candidates), "candidate") + ("" if search.seeds == 1 else f" and {search.seeds} seeds")
    if search.budget_cpu_seconds is not None:
        planned = plan(units(entrants, search), rows.y, parts, search.budget_cpu_seconds, pilot.seed)
        return f"search: {named}; {_told(planned)} of {search.budget_cpu_seconds:g}, baselines apart"
    trained = round(sum(len(train) for train, _ in parts) / len(parts))
    counted = len(parts) * sum(cpu_seconds(entrant.candidate, trained) for entrant in entrants)
    where = f"{plural(len(parts), 'fold')}, {plural(len(entrants) * len(parts), 'fit')}"
    if nested:
        outer = search.outer_folds * search.outer_repeats
        inside = round(trained * (1 - 1 / search.outer_folds))
        counted += outer * len(parts) * sum(cpu_seconds(entrant.candidate, inside) for entrant in entrants)
        where += f", and as many in each of {outer} outer folds"
    return f"search: {named} on {where}, counted at {counted:,.1f} CPU seconds, baselines apart"


def _told(planned: Rounds) -> str:
    rounds = ", then ".join(
        f"{one.units} on {'all' if one.share >= 1 else f'{one.share:.0%} of the'} rows" for one in planned.rounds
    )
    left = f" ({len(planned.untried)} left out: the budget does not reach them)" if planned.untried else ""
    return f"{rounds}{left}, counted at {planned.cpu_seconds:,.1f} CPU seconds at most"
