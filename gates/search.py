"""What a search under a budget did: the plan it fixed beforehand, and who was dropped when."""

from gates.records import Record


class Rung(Record):
    """One round: every candidate that was left, on a share of the training rows and of the steps.

    scores: by name, in the claim's metric on whole test parts; NaN where it failed. promoted: who went on, or in the last
    round stood for selection, best first.
    """

    share: float
    scores: dict[str, float]
    promoted: tuple[str, ...]


class Ladder(Record):
    """Successive halving of the candidates. Only the last round, on all rows, chooses a finalist.

    counted_cpu_seconds: what the plan was counted at beforehand, in seconds of a core of November 2026, so that the same
    candidates are tried on any machine; cpu_seconds: what it took on this one, with whatever was kept from before.
    untried: who was left out because the budget does not reach that far.
    """

    budget_cpu_seconds: float
    counted_cpu_seconds: float
    cpu_seconds: float
    rungs: tuple[Rung, ...]
    untried: tuple[str, ...] = ()
