"""The page of a run about a quantity speaks of scores and errors in the target's units, and never of classes."""

import re
from dataclasses import replace

import pytest

from gates import forecast
from gates.claim import Claim
from gates.nested import Nested
from gates.records import Measure
from qpilot.report import charts, tables, worth
from qpilot.report.charts.marks import brief, briefs, rounded
from qpilot.report.charts.models import kernel
from qpilot.report.facts import FACTS
from qpilot.report.formats import number
from qpilot.report.limits import limits
from qpilot.report.page import render
from qpilot.report.record import Answers, Kernel, RunRecord
from qpilot.report.remedies import remedies
from qpilot.report.tiles import tiles
from qpilot.report.wording import claim_sentence
from tests.report.quantity import CLAIM, WORST, against, quantity_run
from tests.report.test_page import Page, words

STRANGE = (
    r"accurac|class(es)?\b|was right|wrong on|majority answer|calibration error|confidence|correctness|percentage point"
)


@pytest.fixture(scope="module")
def run() -> RunRecord:
    return quantity_run()


@pytest.fixture(scope="module")
def page(run: RunRecord) -> str:
    return render(run)


def test_every_gate_answers_go_so_that_every_section_is_seen(run: RunRecord) -> None:
    assert {verdict.gate: verdict.outcome.value for verdict in run.verdicts} == dict.fromkeys(
        ("data", "reduction", "trainability", "prototype", "forecast", "hardware", "promotion"), "GO"
    )


def test_nothing_on_the_page_speaks_of_classes(page: str) -> None:
    said = words(page) + " ".join(str(one["aria-label"]) for one in Page(page).drawings)
    assert [found.group(0) for found in re.finditer(rf".{{30}}({STRANGE}).{{20}}", said)] == []


def test_outer_folds_of_a_quantity_speak_of_the_procedure(run: RunRecord) -> None:
    assert run.prototype is not None
    folds = [against(run.pilot, 31, 44, 63) for _ in range(10)]
    found = Nested.of(1, folds, [567] * 10)
    chosen = {"finalist": {"a kernel": 9, "a circuit": 1}, "reference": {"ridge (raw)": 10}}
    changed = {
        "form": "nested",
        "development": 630,
        "advantage": found,
        "twin": found,
        "majority": found,
        "chosen": chosen,
    }
    text = words(render(replace(run, prototype=run.prototype.model_copy(update=changed))))
    assert "what the procedure chooses is" in text
    assert "a mean error lower by" in text
    assert re.search(STRANGE, text) is None


def test_the_document_is_as_whole_as_any(page: str) -> None:
    found = Page(page)
    assert len(found.ids) == len(set(found.ids))
    assert (found.open, found.crossed) == ([], [])
    assert "http" not in page


@pytest.mark.parametrize(
    ("metric", "score", "off"),
    [("absolute_error", 0.8, 30.0), ("squared_error", 0.84, 60.0), ("absolute_error", 1.0, 0.0), ("squared_error", 0.0, 150.0)],
)  # fmt: skip
def test_a_score_stands_for_an_error_in_the_target_s_units(metric: str, score: float, off: float) -> None:
    claim = Claim.model_validate(CLAIM | {"metric": metric})
    found = worth.error(
        claim, Measure(value=score, low=max(score - 0.1, 0), high=min(score + 0.1, 1), n=9, unit="score")
    )
    assert found.value == pytest.approx(off)
    assert found.low <= found.value <= found.high


def test_no_error_is_made_up() -> None:
    claim = Claim.model_validate(CLAIM)
    assert worth.told(claim, Measure.missing("not read", "score")) == "not measured"
    accuracy = claim.model_copy(update={"metric": "accuracy", "worst_error": None})
    assert worth.told(accuracy, Measure(value=0.8, n=10, unit="accuracy")) == "80.0\N{NO-BREAK SPACE}%"
    assert (worth.lower(accuracy, 0.1), worth.bracketed(accuracy), worth.scale(accuracy, "y")) == ("", "", "")
    assert worth.lower(claim, 0.1) == ", a mean error lower by 15"
    assert worth.lower(claim, -0.1) == ", a mean error higher by 15"
    assert worth.lower(claim.model_copy(update={"metric": "squared_error"}), 0.1) == "", "a root is not in proportion"


def test_the_errors_of_the_table_are_those_of_the_scores(run: RunRecord) -> None:
    grid = tables.side_by_side(run)
    assert grid is not None
    lines = {line.head.label: line for line in grid.lines}
    assert run.prototype is not None
    (finalist,) = [one for one in run.prototype.contenders if one.role == "finalist"]
    place = [head.role for head in grid.heads].index("finalist") - 1
    shown = lines["Mean absolute error, locked rows"].cells[place].text
    assert shown == number(WORST * (1 - finalist.locked_accuracy.value))
    assert "Calibration error" not in lines, "a quantity has none"
    everyone = tables.everyone(run)
    assert everyone is not None
    assert [head.label for head in everyone.heads][3:7] == [
        "Score, cross-validated",
        "Mean absolute error, cross-validated",
        "Score, locked rows",
        "Mean absolute error, locked rows",
    ]


def test_squared_errors_are_told_by_their_root() -> None:
    run = quantity_run("squared_error")
    (fact,) = [fact for fact in FACTS["hardware"](run) if fact.label == "Score, device"]
    assert "root mean square error" in fact.note
    assert "falls with the square" in claim_sentence(run.pilot.claim, "progression")
    assert "the mean answer" in render(run)


def test_the_target_is_described_where_classes_would_be(run: RunRecord) -> None:
    facts = {fact.label: fact for fact in FACTS["data"](run)}
    assert facts["Target: progression"].note.startswith("half of the rows ")
    assert "Classes" not in facts
    assert "Score, always the median" in facts
    assert "'progression' from " in tiles(run)[0].note


def test_an_averaged_finalist_has_no_seed_but_what_is_deployed_does(run: RunRecord, page: str) -> None:
    assert run.prototype is not None
    assert run.prototype.finalist.endswith(", seed 11")
    assert any("the mean over 3 seeds" in line for line in limits(run))
    headings = re.findall(r"<figcaption><strong>([^<]+) on the locked set", page)
    assert headings == ["projected-kernel (zz, 2 layers)"]
    reasons = [check.reason for verdict in run.verdicts for check in verdict.checks]
    assert not any("seed 11" in reason for reason in reasons)


def balanced_measures(run: RunRecord) -> RunRecord:
    """The run as one of a balanced claim is recorded: every measure of the comparison in the claim's metric."""

    def told(measure: Measure) -> Measure:
        return measure.model_copy(update={"unit": measure.unit.replace("accuracy", "balanced accuracy")})

    assert run.prototype is not None
    found = [
        one.model_copy(
            update={
                "cv_accuracy": told(one.cv_accuracy),
                "locked_accuracy": told(one.locked_accuracy),
                "learning": tuple(at.model_copy(update={"accuracy": told(at.accuracy)}) for at in one.learning),
                "stresses": tuple(
                    at.model_copy(update={"accuracy": told(at.accuracy), "change": told(at.change)})
                    for at in one.stresses
                ),
            }
        )
        for one in run.prototype.contenders
    ]
    claim = run.pilot.claim.model_copy(update={"metric": "balanced_accuracy"})
    return replace(
        run,
        pilot=run.pilot.model_copy(update={"claim": claim}),
        prototype=run.prototype.model_copy(update={"contenders": tuple(found)}),
    )


def test_a_balanced_claim_is_compared_in_its_own_metric(runs: dict[str, RunRecord]) -> None:
    run = balanced_measures(runs["promoted"])
    grid = tables.side_by_side(run)
    assert grid is not None
    device = next(tile for tile in tiles(run) if tile.label == "Accuracy on the device")
    assert device.note.endswith("; plain, the claim is in balanced accuracy")
    labels = [line.head.label for line in grid.lines]
    assert labels[:2] == ["Balanced accuracy, cross-validated", "Balanced accuracy, locked rows"]
    assert "Change of balanced accuracy, in points, on rows it was not fitted on" in labels
    captions = {plot.title: plot.caption for plot in charts.of("prototype", run)}
    assert captions["Rows each model needs"].startswith("Balanced accuracy on held-out")
    assert captions["Rounded parameters"].startswith("Balanced accuracy on")
    old = {plot.title: plot.caption for plot in charts.of("prototype", runs["promoted"])}
    assert old["Rows each model needs"].startswith("Accuracy on held-out")


def test_a_balanced_claim_says_what_its_table_shows(runs: dict[str, RunRecord]) -> None:
    plain = runs["promoted"]
    claim = plain.pilot.claim.model_copy(update={"metric": "balanced_accuracy"})
    balanced = replace(plain, pilot=plain.pilot.model_copy(update={"claim": claim}))
    grid = tables.side_by_side(balanced)
    assert grid is not None
    assert grid.lines[0].head == tables.Head("Accuracy, cross-validated", "plain: the claim asks for balanced accuracy")
    assert worth.heading(claim, Measure(value=0.5, n=10, unit="balanced accuracy"))[0] == "Balanced accuracy"
    assert worth.heading(plain.pilot.claim, Measure(value=0.5, n=10, unit="accuracy")) == ("Accuracy", "")


def test_a_kernel_is_sorted_by_the_target() -> None:
    values = ((1.0, 0.9, 0.1), (0.9, 1.0, 0.2), (0.1, 0.2, 1.0))
    plot = kernel(Kernel(name="k", values=values, targets=(1.0, 2.0, 9.0)))
    assert "between points near in the target" in plot.alt
    assert "within a class" in kernel(Kernel(name="k", values=values, labels=("a", "a", "b"))).alt


def test_noise_that_costs_too_much_has_a_remedy(run: RunRecord) -> None:
    assert run.forecast is not None
    lost = Measure(value=0.2, low=0.15, high=0.25, n=630, unit="score lost on the device")
    found = run.forecast.model_copy(update={"emulated_loss": lost})
    verdict = forecast.decide(
        found, forecast.ForecastPolicy(usd=run.pilot.budget.usd, queue_hours=72, max_emulated_loss=0.05)
    )
    worse = replace(run, outcome="NO_GO", stage="forecast", forecast=found, verdicts=(verdict,))
    assert any("A less noisy device" in line for line in remedies(worse))


def test_answers_beyond_the_picture_are_counted(run: RunRecord) -> None:
    far = Answers(name="m", truth=(0.0, 1.0, 2.0, 3.0), answers=(0.1, 1.1, 900.0, 3.1))
    text = words(render(replace(run, plots=run.plots.model_copy(update={"answers": far}))))
    assert "1 lie beyond the picture" in text
    assert "25.0 % are that far" in text


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.5, 3.3, [0.5, 1, 2]),
        (0.3, 80, [1, 10]),
        (0.01, 1200, [0.01, 0.1, 1, 10, 100, 1000]),
        (0.9, 1.35, [1, 1.2]),
        (1.0, 1.09, [1, 1.02, 1.04, 1.06, 1.08]),
        (1e-3, 1e9, [1e-3, 0.1, 10, 1e3, 1e5, 1e7, 1e9]),
    ],
)
def test_ticks_of_a_logarithmic_axis_are_round(low: float, high: float, ticks: list[float]) -> None:
    found = rounded(low, high)
    assert set(ticks) <= set(found)
    assert 2 <= len(found) <= 7
    assert all(low <= one <= high for one in found)


def test_a_label_that_is_cut_keeps_the_end_that_tells_seeds_apart() -> None:
    long = "variational, angle + strongly-entangling x2 with reuploading, adam, seed 4"
    cut = brief(long, 40)
    assert len(cut) == 40
    assert cut.startswith("variational, angle")
    assert cut.endswith(", adam, seed 4")
    assert brief("ridge", 40) == "ridge"


def test_labels_that_differ_in_the_middle_stay_apart_when_they_are_cut() -> None:
    circuits = [f"variational, angle + strongly-entangling x{layers}" for layers in (1, 2, 12)]
    names = [f"{one}, {by}, seed {seed}" for one in circuits for by in ("adam", "natural-gradient") for seed in (3, 4)]
    cut = briefs([*names, "ridge"], [45] * len(names) + [50])
    assert len(set(cut)) == len(names) + 1
    assert max(map(len, cut)) <= 45
    assert cut[-1] == "ridge"
    assert briefs(["same " * 20] * 2, [40, 40])[0] == brief("same " * 20, 40), "what is alike is cut as ever"
    assert briefs([], []) == []
