"""The report says what takes most of the gap, draws it, and says what to do."""

import re
from dataclasses import replace
from functools import cache

import pytest

from gates.hardware import HardwareEvidence, HardwarePolicy, Part, Split, decide
from gates.records import Measure
from qpilot.report import gap
from qpilot.report.charts.hardware import plots
from qpilot.report.findings import shown
from qpilot.report.page import render
from qpilot.report.record import RunRecord
from qpilot.report.remedies import remedies
from qpilot.report.sections import sections
from tests.gap.injections import INJECTIONS, run
from tests.report.conftest import promoted_run


@cache
def split(name: str = "layout") -> Split:
    return run(INJECTIONS[name], seed=1)


@cache
def promoted() -> RunRecord:
    return promoted_run()


def record(found: Split | None, **also: object) -> RunRecord:
    whole = promoted()
    assert whole.hardware is not None
    changed = {**whole.hardware.model_dump(), "split": found, **also}
    return replace(whole, hardware=HardwareEvidence.model_validate(changed))


def measure(value: float, half: float = 0.01) -> Measure:
    return Measure(value=value, low=value - half, high=value + half, n=100)


def made(**signals: float) -> Split:
    """A split whose causes take these shares; the simulator has 0.8 of signal."""
    nothing = measure(0.0)
    parts = tuple(
        Part(
            cause=part.cause,
            signal=measure(signals.get(part.cause.replace(" ", "_"), 0.0)),
            accuracy=nothing,
            raw_signal=nothing,
            raw_accuracy=nothing,
        )
        for part in split().parts
    )
    whole = measure(sum(signals.values()))
    return split().model_copy(update={"simulated_signal": measure(0.8), "signal": whole, "parts": parts})


@pytest.mark.parametrize(
    ("cause", "advice"),
    [
        ("finite_shots", "More than 500 shots"),
        ("gate_noise", "shallower circuit"),
        ("layout", "joins neighbours only"),
        ("readout", "corrected already"),
        ("drift", "soon after a calibration"),
        ("residual", "crosstalk, coherent errors or idle decay"),
    ],
)
def test_the_largest_cause_is_named_with_what_would_win_it_back(cause: str, advice: str) -> None:
    found = record(made(**{cause: 0.2, "finite_shots": 0.2 if cause == "finite_shots" else 0.05})).hardware
    assert found is not None
    said = gap.sentence(found, promoted().pilot.claim)
    assert gap.NAMES[cause.replace("_", " ")] in said  # type: ignore[index]
    assert "25.0\N{NO-BREAK SPACE}% (23.8 to 26.2)" in said
    assert advice in said


def test_readout_that_is_not_corrected_is_to_be_corrected() -> None:
    found = record(made(readout=0.2), mitigation="none").hardware
    assert found is not None
    assert 'hardware.mitigation = "readout"' in gap.sentence(found, promoted().pilot.claim)


def test_a_gap_within_chance_is_called_that() -> None:
    found = record(made(drift=0.005)).hardware
    assert found is not None
    assert "within chance" in gap.sentence(found, promoted().pilot.claim)
    assert "no single cause stands clear of zero" in gap.sentence(found, promoted().pilot.claim)


def test_the_page_shows_the_parts_their_sum_and_their_methods() -> None:
    whole = record(split())
    (section,) = (one for one in sections(whole) if one.stage == "hardware")
    facts = {fact.label: fact for fact in section.facts}
    assert {f"Lost to {name}" for name in gap.NAMES.values()} <= set(facts)
    assert "n = 180" in facts["Signal lost on the device"].note
    assert any("bootstrap over points" in note for note in section.notes)
    (drawn,) = (plot for plot in section.plots if plot.title == "Where the gap comes from")
    assert "layout (swaps): " in drawn.alt
    assert "altogether: " in drawn.alt
    assert any("layout (swaps)" in said for said in shown(whole))


def test_without_a_split_the_page_stays_whole() -> None:
    page = render(record(None, notes=("the gap is not split by cause: too wide",)))
    assert "Where the gap comes from" not in page
    assert "too wide" in page


def test_a_drift_is_drawn_only_where_the_calibration_changed() -> None:
    assert "Batch by batch" not in [plot.title for plot in plots(record(split("published drift")))]
    change = {
        "batch": 3,
        "calibration": ("a" * 64, "b" * 64),
        "qubits": ((0, 1), (0, 1)),
        "gate": (0.999, 0.99),
        "pair": None,
        "readout": (0.97, 0.95),
        "sentence": "bench was calibrated anew before batch 4",
    }
    again = {"batch": 3, "lost": measure(0.08)}
    whole = record(split("published drift"), recalibrations=(change,), sentinels=(again,))
    stages = sections(whole)
    (drawn,) = (plot for one in stages for plot in one.plots if plot.title == "Batch by batch")
    assert drawn.alt.count("batch ") == 9
    page = render(whole, stages)
    assert "Bench was calibrated anew before batch 4" in page
    assert "Measured again in batch 4, the first 100 points had lost" in page


def test_a_stage_without_a_single_row_has_a_page() -> None:
    nothing = Measure.missing("no points")
    empty = {
        "differences": (),
        "path": (),
        "batches": 0,
        "stopped": "the budget is used up: $3 are missing",
        "device_accuracy": nothing,
        "simulator_accuracy": nothing,
        "gap": nothing,
        "calibrations": (),
    }
    whole = replace(record(None, **empty), promotion=None, outcome="INCONCLUSIVE")
    assert "measured no row: the budget is used up: $3 are missing" in " ".join(shown(whole))
    assert not re.search(r"\bnan\b", render(whole), re.IGNORECASE)


def test_a_used_up_budget_is_what_has_to_be_raised() -> None:
    whole = record(None, stopped="the budget is used up: $3 are missing", differences=(0,) * 20)
    assert whole.hardware is not None
    verdict = decide(whole.hardware, HardwarePolicy(margin=0.05, alpha=0.04))
    others = tuple(one for one in whole.verdicts if one.gate not in ("hardware", "promotion"))
    said = remedies(replace(whole, outcome="INCONCLUSIVE", verdicts=(*others, verdict)))
    assert any("A larger budget than $500.00" in one for one in said)
