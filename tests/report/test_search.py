"""What a search under a budget did stands on the page: every round, who was dropped, who was never tried."""

from dataclasses import replace

from gates.search import Ladder, Rung
from qpilot.report.record import RunRecord
from qpilot.report.sections import sections

LADDER = Ladder(
    budget_cpu_seconds=60,
    counted_cpu_seconds=51.5,
    cpu_seconds=33.25,
    rungs=(
        Rung(share=1 / 3, scores={"one": 0.8, "two": 0.7, "three": float("nan")}, promoted=("one",)),
        Rung(share=1.0, scores={"one": 0.85}, promoted=("one",)),
    ),
    untried=("four",),
)


def facts(runs: dict[str, RunRecord], ladder: Ladder | None) -> dict[str, tuple[str, str]]:
    run = next(run for run in runs.values() if run.prototype is not None)
    assert run.prototype is not None
    told = replace(run, prototype=run.prototype.model_copy(update={"ladder": ladder}))
    (section,) = (section for section in sections(told) if section.stage == "prototype")
    return {fact.label: (fact.value, fact.note) for fact in section.facts}


def test_every_round_says_who_was_dropped(runs: dict[str, RunRecord]) -> None:
    told = facts(runs, LADDER)
    assert told["Budget of the search"][0] == "60 CPU seconds"
    assert "51.5 beforehand" in told["Budget of the search"][1]
    assert told["Round 1"] == ("3 on 33.3\u00a0% of the rows", "dropped: two, three")
    assert told["Round 2"] == ("1 on all rows", "nobody was dropped")
    assert told["Not tried"] == ("1", "the budget did not reach: four")


def test_without_a_budget_nothing_is_said_of_one(runs: dict[str, RunRecord]) -> None:
    assert not {"Budget of the search", "Round 1", "Not tried"} & set(facts(runs, None))


def test_a_ladder_survives_json_with_what_failed() -> None:
    again = Ladder.model_validate_json(LADDER.model_dump_json())
    assert again.plain() == LADDER.plain()
    assert again.rungs[0].scores["two"] == 0.7
