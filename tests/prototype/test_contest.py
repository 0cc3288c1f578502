"""Successive halving: planned beforehand, within its budget, the same wherever and whenever; and who was dropped when."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qpilot import pilotfile
from qpilot.candidates.candidate import Candidate
from qpilot.candidates.space import MOST, space
from qpilot.data.preparing import prepare
from qpilot.errors import QpilotError, UsageError
from qpilot.pilot import Pilot, Search
from qpilot.prototype.search import halving
from qpilot.prototype.search.contest import Contest, contest, units
from qpilot.prototype.search.cross_validation import cross_validate
from qpilot.prototype.search.effort import cpu_seconds
from qpilot.prototype.search.entrants import ClassicalEntrant, QuantumEntrant
from qpilot.prototype.search.kept import Kept
from qpilot.prototype.search.prospect import prospect
from qpilot.prototype.search.sweep import Standing, Sweep
from qpilot.reduction import REDUCERS
from tests.prototype.entrants import ACCURACY

PLANTED = Path(__file__).parents[2] / "pilots" / "planted" / "pilot.toml"
GENERATOR = np.random.default_rng(3)
X = GENERATOR.normal(size=(270, 2))
Y = ((X[:, 0] * X[:, 1] > 0) ^ (GENERATOR.random(270) < 0.1)).astype(np.int64)
FOLDS = [(np.flatnonzero(np.arange(270) % 3 != k), np.flatnonzero(np.arange(270) % 3 == k)) for k in range(3)]
KERNEL = QuantumEntrant(Candidate(model="projected-kernel", encoding="zz", layers=1, qubits=2), 0)
TRAINED = [
    QuantumEntrant(
        Candidate(
            model="variational", encoding="angle", ansatz="strongly-entangling", layers=layers, qubits=2, steps=90
        ),
        seed,
        f", seed {seed}",
    )
    for layers in (1, 2, 3)
    for seed in range(3)
]
BASELINES = [ClassicalEntrant("logistic", (("model__C", 1.0),), 0, "raw")]


def whole(entrants: list[QuantumEntrant]) -> float:
    return sum(3 * cpu_seconds(entrant.candidate, 180) for entrant in entrants)


def contested(entrants: Any = TRAINED, share: float = 0.7, **changes: Any) -> Contest:
    search = Search(method="auto", budget_cpu_seconds=share * whole(entrants), runner="threads", workers=1)
    sweep = Sweep(search.model_copy(update=changes.pop("search", {})), changes.pop("kept", None), **changes)
    reducer = partial(REDUCERS["none"].build, None, 0)
    return contest(entrants, BASELINES, X, Y, FOLDS, reducer, ACCURACY, sweep, seed=1)


@pytest.mark.parametrize("share", [1.0, 1 / 3, 1 / 9])
def test_a_share_of_the_rows_keeps_the_classes_and_is_part_of_a_larger_share(share: float) -> None:
    rare = (np.arange(270) % 30 == 0).astype(np.int64)
    thin = halving.thinned(FOLDS, rare, share, 1)
    more = halving.thinned(FOLDS, rare, min(1.0, 3 * share), 1)
    for (train, test), (larger, _), (full, same) in zip(thin, more, FOLDS, strict=True):
        assert len(train) == np.ceil(share * len(full))
        assert set(train) <= set(larger) <= set(full)
        assert np.array_equal(test, same), "a score is read on the whole test part"
        assert abs(rare[train].mean() - rare[full].mean()) <= 1 / len(train)


def test_the_plan_has_the_fewest_rounds_that_the_budget_pays_for() -> None:
    alone = [(entrant,) for entrant in TRAINED]
    seen = []
    for share in (1.001, 0.9, 0.6, 0.5, 0.3, 0.15):
        budget = share * whole(TRAINED)
        found = halving.plan(alone, Y, FOLDS, budget, 1)
        assert found == halving.plan(alone, Y, FOLDS, budget, 1)
        assert found.cpu_seconds <= budget
        assert found.rounds[-1].share == 1.0, "a finalist is chosen on all rows"
        assert len(found.starting) + len(found.untried) == len(TRAINED)
        assert found.rounds[0].units == len(found.starting)
        seen.append((len(found.starting), len(found.rounds)))
    assert [starting for starting, _ in seen] == sorted((starting for starting, _ in seen), reverse=True)
    everybody = [rounds for starting, rounds in seen if starting == len(TRAINED)]
    assert everybody == sorted(everybody)
    assert (everybody[0], everybody[-1] > 1, len(everybody) < len(seen)) == (1, True, True)


def test_who_is_left_out_is_drawn_by_the_seed_and_not_by_the_order() -> None:
    alone = [(entrant,) for entrant in TRAINED]
    budget = 0.15 * whole(TRAINED)
    one, reversed_ = (set(halving.plan(order, Y, FOLDS, budget, 1).untried) for order in (alone, alone[::-1]))
    assert one == reversed_
    assert len({halving.plan(alone, Y, FOLDS, budget, seed).untried for seed in range(8)}) > 1


def test_a_budget_that_pays_for_nobody_is_refused() -> None:
    with pytest.raises(QpilotError, match=r"budget_cpu_seconds = .* does not pay for one candidate"):
        contested(share=1e-6)


def test_only_who_was_read_on_all_rows_stands_for_selection() -> None:
    found = contested()
    assert found.ladder is not None
    first, *_, last = found.ladder.rungs
    assert set(first.scores) == {entrant.name for entrant in TRAINED}
    assert (first.share < 1, last.share) == (True, 1.0)
    for rung, following in zip(found.ladder.rungs, found.ladder.rungs[1:], strict=False):
        kept, dropped = set(rung.promoted), set(rung.scores) - set(rung.promoted)
        assert set(following.scores) == kept
        assert dropped
        assert min(rung.scores[name] for name in kept) >= max(rung.scores[name] for name in dropped)
    quantum = [result for result in found.results if isinstance(result.entrant, QuantumEntrant)]
    assert {result.entrant.name for result in quantum} == set(last.scores)
    assert found.ladder.counted_cpu_seconds <= found.ladder.budget_cpu_seconds
    assert found.ladder.cpu_seconds > 0
    alone = cross_validate(
        [*(result.entrant for result in quantum), *BASELINES], X, Y, FOLDS,
        partial(REDUCERS["none"].build, None, 0), ACCURACY, Sweep(Search(runner="threads")),
    )  # fmt: skip
    assert [result.score for result in alone] == [result.score for result in found.results]


def test_a_search_that_goes_on_keeps_its_plan_and_its_answers(tmp_path: Path) -> None:
    seen: list[Standing] = []
    first = contested(kept=Kept(tmp_path, "code"))
    files = sorted(tmp_path.rglob("*.json"))
    again = contested(kept=Kept(tmp_path, "code"), watch=seen.append, search={"workers": 2})
    assert first.ladder == again.ladder, "what was spent before counts too, and nothing was spent anew"
    assert sorted(tmp_path.rglob("*.json")) == files
    assert [result.score for result in first.results] == [result.score for result in again.results]
    assert seen[0].phase.startswith("round 1 of ")


def test_with_a_budget_for_everything_it_is_the_plain_search() -> None:
    found = contested(share=1.01)
    assert found.ladder is not None
    assert len(found.ladder.rungs) == 1
    assert len(found.results) == len(TRAINED) + len(BASELINES)


def test_a_candidate_that_fails_is_reported_and_drops_out() -> None:
    broken = QuantumEntrant(Candidate(model="projected-kernel", encoding="zz", layers=1, qubits=3), 0, " broken")
    found = contested([broken, *TRAINED])
    (failed,) = [result for result in found.results if result.failure is not None]
    assert failed.entrant is broken
    assert found.ladder is not None
    assert np.isnan(found.ladder.rungs[0].scores[broken.name])
    assert broken.name not in found.ladder.rungs[0].promoted


def test_seeds_that_are_averaged_go_on_together() -> None:
    search = Search(seeds_as="average", method="auto", budget_cpu_seconds=1)
    assert [len(unit) for unit in units([*TRAINED, KERNEL], search)] == [3, 3, 3, 1]
    found = contested([*TRAINED, KERNEL], share=0.6, search={"seeds_as": "average"})
    assert found.ladder is not None
    assert len(found.ladder.rungs) > 1
    for unit in units(TRAINED, search):
        for rung in found.ladder.rungs:
            assert len({entrant.name for entrant in unit} & set(rung.promoted)) in (0, 3)


def test_a_round_on_few_rows_trains_for_as_many_epochs() -> None:
    assert halving.shortened(TRAINED[0], 1.0) is TRAINED[0]
    assert halving.shortened(TRAINED[0], 1 / 2).candidate.steps == 45
    assert halving.shortened(TRAINED[0], 1 / 9).candidate.steps == halving.LEAST_STEPS < 90
    assert halving.shortened(KERNEL, 1 / 9) is KERNEL


def test_effort_grows_with_what_it_is_spent_on() -> None:
    small = TRAINED[0].candidate
    for larger in ({"steps": 120}, {"layers": 3}, {"qubits": 6}, {"batch": 64}):
        assert cpu_seconds(small.model_copy(update=larger), 1000) > cpu_seconds(small, 1000)
    assert cpu_seconds(KERNEL.candidate, 2000) > 2 * cpu_seconds(KERNEL.candidate, 1000) - 0.06


def pilot(*overrides: str) -> Pilot:
    return pilotfile.read(PLANTED, overrides).pilot


def without_candidates(tmp_path: Path, *overrides: str) -> Pilot:
    head, _, rest = PLANTED.read_text().partition("[[candidates]]")
    text = head + rest[rest.index("[search]") :] if "[search]" in rest else head
    path = tmp_path / "pilot.toml"
    path.write_text(text)
    return pilotfile.read(path, ('search.method="auto"', "search.budget_cpu_seconds=60", *overrides)).pilot


def test_without_candidates_a_space_of_known_models_is_searched(tmp_path: Path) -> None:
    found = without_candidates(tmp_path, 'reduce={method="pca", components=3}')
    assert found.candidates == without_candidates(tmp_path, 'reduce={method="pca", components=3}').candidates
    assert found.candidates != without_candidates(tmp_path, 'reduce={method="pca", components=3}', "seed=9").candidates
    assert 20 < len(found.candidates) == len(set(found.candidates)) <= MOST
    assert len({candidate.model for candidate in found.candidates}) > 3
    assert all(candidate.circuit().fits(3) is None for candidate in found.candidates)


@pytest.mark.parametrize("components", [2, 5, 10])
def test_every_candidate_of_the_space_can_be_built(components: int) -> None:
    for table in space(components, 0):
        Candidate.model_validate(table)


def test_a_space_needs_to_know_how_many_components(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"needs reduce\.components, 2 to 10"):
        without_candidates(tmp_path, 'reduce={method="none"}')


@pytest.mark.parametrize("override", ['search.method="auto"', "search.budget_cpu_seconds=5"])
def test_a_method_and_its_budget_belong_together(override: str) -> None:
    with pytest.raises(UsageError, match="belong together"):
        pilot(override)


def test_what_the_search_will_do_is_said_before() -> None:
    file = pilotfile.read(PLANTED)
    rows = prepare(file.pilot.data, file.folder, file.pilot.seed).dataset.development
    listed = 'candidates=[{model="variational", ansatz="local", encoding="zz", layers=[1, 2, 3, 4, 5, 6, 7, 8, 9], qubits=4}]'
    assert prospect(pilot(listed, "search.folds=4"), rows).startswith(
        "search: 9 candidates on 4 folds, 36 fits, counted"
    )
    alone, nested = (prospect(pilot(listed, "search.folds=4"), rows, nested=nested) for nested in (False, True))
    assert "36 fits, and as many in each of 50 outer folds, counted" in nested
    cost = [float(said.split("counted at ")[1].split(" CPU")[0].replace(",", "")) for said in (alone, nested)]
    assert 40 < cost[1] / cost[0] < 53
    auto = prospect(pilot(listed, 'search.method="auto"', "search.budget_cpu_seconds=4"), rows)
    assert " of the rows, then " in auto
    assert auto.endswith("of 4, baselines apart")
