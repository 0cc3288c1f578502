"""What the page says a run does not show, by the way the claim was tested and the finalist was found."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gates import prototype
from gates.averaged import Averaged
from gates.nested import Nested
from gates.search import Ladder, Rung
from qpilot import policies
from qpilot.report import findings
from qpilot.report.facts.figure import Fact
from qpilot.report.limits import limits
from qpilot.report.record import RunRecord
from qpilot.report.remedies import remedies
from qpilot.report.sections import sections
from qpilot.report.tiles import tiles
from tests.report.conftest import comparison


def changed(run: RunRecord, **given: Any) -> RunRecord:
    assert run.prototype is not None
    return replace(run, prototype=run.prototype.model_copy(update=given))


def nested(run: RunRecord) -> RunRecord:
    folds = [comparison(20, 1, 63) for _ in range(10)]
    found = Nested.of(1, folds, [567] * 10)
    chosen = {"finalist": {"a kernel": 9, "a circuit": 1}, "reference": {"rbf-svm (reduced)": 10}}
    return changed(run, form="nested", development=630, advantage=found, twin=found, majority=found, chosen=chosen)


def said(lines: list[str], words: str) -> bool:
    return any(words in line for line in lines)


def test_nested_speaks_of_the_procedure_in_everything_that_is_said(runs: dict[str, RunRecord]) -> None:
    run = nested(runs["promoted"])
    assert said(limits(run), "tests the procedure that chooses and fits one, in 10 outer folds")
    assert said(limits(run), "before the device measured it")
    assert said(findings.shown(run), "what the procedure chooses is")
    assert not said(findings.shown(run), "the finalist is")
    assert "the whole procedure" in next(one.note for one in tiles(run) if one.label == "Advantage, simulated")


def test_nested_without_a_device_does_not_speak_of_one(runs: dict[str, RunRecord]) -> None:
    run = nested(runs["promoted"])
    lines = limits(replace(run, hardware=None))
    assert said(lines, "was not read on rows it had not seen.")


@pytest.mark.parametrize(
    ("most", "words"), [(None, "that is about"), (630, "data.max_train_rows = 630 keeps them there")]
)
def test_too_few_rows_in_the_folds_say_what_keeps_them_few(
    runs: dict[str, RunRecord], most: int | None, words: str
) -> None:
    run = nested(runs["promoted"])
    assert run.prototype is not None
    data = run.pilot.data.model_copy(update={"max_train_rows": most})
    few = changed(run, advantage=None, twin=None, majority=None, required=900)
    assert few.prototype is not None
    verdict = prototype.decide(few.prototype, policies.prototype(run.pilot))
    pilot = run.pilot.model_copy(update={"data": data})
    short = replace(few, pilot=pilot, outcome="INCONCLUSIVE", stage="prototype", verdicts=(verdict,))
    assert said(remedies(short), words)


def test_a_mean_over_seeds_is_not_the_one_that_is_deployed(runs: dict[str, RunRecord]) -> None:
    first = np.array([[True] * 60 + [False] * 40, [True] * 50 + [False] * 50])
    mean = Averaged.of(first, np.zeros((1, 100), dtype=bool), ["0", "1"] * 50)
    run = changed(runs["promoted"], advantage=mean, twin=mean, majority=mean, finalist="a circuit, seed 7")
    search = run.pilot.search.model_copy(update={"seeds": 2, "seeds_as": "average"})
    run = replace(run, pilot=run.pilot.model_copy(update={"search": search}))
    assert said(limits(run), "the mean over 2 seeds, and the first of them is what is deployed")
    assert said(findings.shown(run), "a circuit is 55.0")
    assert not said(findings.shown(run), "seed 7")
    (prototype,) = [section for section in sections(run) if section.stage == "prototype"]
    assert prototype.facts[0] == Fact("Finalist", "a circuit", "the best quantum candidate by cross-validation")
    assert prototype.plots[0].title == "a circuit on the locked set"


@pytest.mark.parametrize(
    ("rungs", "untried", "words"),
    [
        ((("a", "b", "c"), ("a",)), ("d", "e"), "2 candidates dropped on a part of the rows and 2 that the budget did"),
        ((("a", "b"), ("a",)), (), "1 candidate dropped on a part of the rows may be better"),
        ((("a", "b", "c"),), (), "the search tried 3 candidates"),
        ((("a",),), ("d",), "1 that the budget did not reach may be better"),
    ],
)
def test_a_search_under_a_budget_says_whom_it_did_not_read_on_all_rows(
    runs: dict[str, RunRecord], rungs: tuple[tuple[str, ...], ...], untried: tuple[str, ...], words: str
) -> None:
    steps = tuple(Rung(share=0.5, scores=dict.fromkeys(names, 0.7), promoted=names[:1]) for names in rungs)
    ladder = Ladder(budget_cpu_seconds=20, counted_cpu_seconds=16, cpu_seconds=18, rungs=steps, untried=untried)
    assert said(limits(changed(runs["promoted"], ladder=ladder)), words)


def test_rows_a_model_was_fitted_on_are_called_so(runs: dict[str, RunRecord]) -> None:
    run = changed(runs["promoted"], advantage=None, twin=None, majority=None)
    assert said(findings.shown(run), "development rows, which the model was fitted on")
    assert said(findings.shown(run), "on rows that both were fitted on")
    assert said(limits(run), "How the model does on new rows")
    notes = {tile.label: tile.note for tile in tiles(run)}
    assert "rows it was fitted on" in notes["Accuracy on the device"]
    assert "rows both were fitted on" in notes["Advantage, on the device"]
    assert not said(findings.shown(runs["promoted"]), "fitted on")


@pytest.mark.parametrize(
    ("better", "worse", "words"),
    [(118, 2, "better than"), (40, 40, "are level in"), (30, 28, "in accuracy, within chance"), (2, 118, "worse than")],
)
def test_a_difference_is_called_what_it_is(runs: dict[str, RunRecord], better: int, worse: int, words: str) -> None:
    lines = findings.shown(changed(runs["promoted"], advantage=comparison(better, worse)))
    (line,) = [one for one in lines if one.startswith("On locked rows")]
    assert words in line
    assert ("within chance" in line) == (words == "in accuracy, within chance")


def test_what_could_not_be_compared_is_neither_better_nor_worse(runs: dict[str, RunRecord]) -> None:
    lines = findings.shown(changed(runs["promoted"], advantage=comparison(0, 0, 0)))
    (line,) = [one for one in lines if one.startswith("On locked rows")]
    assert "cannot be compared in accuracy" in line


@pytest.mark.parametrize(("finalist", "warned"), [("a circuit, seed 8", True), ("a kernel", False)])
def test_one_seed_of_several_is_called_so_and_a_kernel_has_none(
    runs: dict[str, RunRecord], finalist: str, warned: bool
) -> None:
    run = changed(runs["promoted"], finalist=finalist)
    assert said(limits(run), "How another seed would do") == warned


def test_a_gate_that_cannot_tell_is_no_missing_advantage(runs: dict[str, RunRecord]) -> None:
    run = replace(runs["promoted"], outcome="INCONCLUSIVE")  # with a prototype gate that answered GO
    assert not said(limits(run), "That the claim is false")
    assert said(limits(run), "A refusal: a gate saw too little")
    assert said(limits(runs["underpowered"]), "That the claim is false")


def test_a_candidate_that_may_not_compete_has_not_failed(runs: dict[str, RunRecord]) -> None:
    failures = {"a kernel (no. 2)": "does not compete: to resolve it takes 46 shots", "a circuit": "did not converge"}
    (section,) = [one for one in sections(changed(runs["promoted"], failures=failures)) if one.stage == "prototype"]
    assert Fact("a kernel (no. 2)", "does not compete", "to resolve it takes 46 shots") in section.facts
    assert Fact("Failed: a circuit", "not scored", "did not converge") in section.facts


@pytest.mark.parametrize(
    ("backend", "device", "named", "limit"),
    [
        (
            "emulator",
            "iqm-garnet",
            "An emulated iqm-garnet was right",
            "emulated from its published calibration figures",
        ),
        (
            "pennylane:default.qubit",
            "iqm-garnet",
            "pennylane:default.qubit was right",
            "was only what it was forecast as",
        ),
        ("braket", "simulator-sv1", "simulator-sv1 was right", "simulator-sv1 is a simulator"),
        ("braket", "iqm-garnet", "iqm-garnet was right", ""),
    ],
)
def test_what_answered_is_named_and_a_simulator_is_no_quantum_computer(
    runs: dict[str, RunRecord], backend: str, device: str, named: str, limit: str
) -> None:
    run = runs["promoted"]
    assert run.hardware is not None
    run = replace(run, hardware=run.hardware.model_copy(update={"backend": backend, "device": device}))
    assert any(line.startswith(named) for line in findings.shown(run))
    lines = [line for line in limits(run) if "What a quantum computer does today" in line]
    assert [limit in line for line in lines] == ([True] if limit else [])
    facts = next(section.facts for section in sections(run) if section.stage == "hardware")
    assert facts[0].value == (backend if backend.startswith("pennylane") else device)
