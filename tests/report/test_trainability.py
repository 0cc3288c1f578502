"""What the page says of candidates that cannot be trained, and of what the best of each family endure."""

from gates import trainability
from gates.records import Measure
from qpilot.report import charts, findings, remedies
from qpilot.report.page import render
from qpilot.report.record import RunRecord
from qpilot.report.sections import sections
from tests.report.conftest import base, data_evidence, pilot, probe, record, reduction_evidence, trainability_evidence


def refused(variance: float) -> RunRecord:
    """A run whose second candidate, or both where `variance` is tiny, need more shots than are allowed."""
    run = pilot()
    kernel, circuit = run.candidates
    probes = (probe(1, kernel, (variance,) * 3, "kernel entry"), probe(2, circuit, (1e-7, 1e-8, 1e-9), "gradient"))
    found = trainability.TrainabilityEvidence(**base("trainability", run), probes=probes)
    stages = {"data": data_evidence(run), "reduction": reduction_evidence(run), "trainability": found}
    return record(run, "NoGo", "NO_GO", stages)


def test_nobody_left_ends_the_run_with_the_figures_and_what_would_help() -> None:
    run = refused(1e-9)
    verdict = run.verdict("trainability")
    assert verdict is not None
    assert verdict.outcome.value == "NO_GO"
    html = render(run)
    assert "the trainability gate says no" in html
    assert "No candidate can be trained within 20,000 shots" in html
    assert any("gates.trainability.max_shots" in line for line in remedies.remedies(run))


def test_one_that_is_out_is_named_among_the_facts() -> None:
    run = refused(0.1)
    (section,) = [one for one in sections(run) if one.stage == "trainability"]
    assert section.outcome == "GO"
    (fact,) = [one for one in section.facts if one.label == "No. 2 is out"]
    assert "20,000 are allowed" in fact.note


def test_what_was_not_measured_leaves_its_plot_out_and_breaks_nothing() -> None:
    run = pilot()
    found = trainability_evidence(run)
    missing = Measure.missing("the circuit does not exist at two widths")
    blank = found.probes[0].model_copy(update={"shots": missing, "slope": missing, "widths": ()})
    stages = {"trainability": found.model_copy(update={"probes": (blank,)})}
    without = record(run, "Inconclusive", "INCONCLUSIVE", stages)
    assert charts.of("trainability", without) == []
    assert "was not measured" in render(without)


def test_the_plots_say_in_words_what_they_show(runs: dict[str, RunRecord]) -> None:
    alts = {plot.title: plot.alt for plot in charts.of("prototype", runs["promoted"])}
    assert {"Rows each model needs", "How far confidence can be believed", "Noise of the device"} <= set(alts)
    assert "210 rows are enough" in alts["Rows each model needs"]
    shots = next(plot for plot in charts.of("trainability", runs["promoted"]) if plot.title.startswith("Shots"))
    assert "variational" in shots.alt
    assert any("shots to see" in line for line in findings.shown(runs["promoted"]))


def test_the_table_has_the_cost_and_the_endurance_of_the_best(runs: dict[str, RunRecord]) -> None:
    html = render(runs["promoted"])
    table = html[html.index("What the best of each family need, cost and endure") :]
    assert "$0.30 to $87.30" in table
    assert table.count("<tr") >= 4
