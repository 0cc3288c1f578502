"""What the page says of candidates that cannot be trained, and of what the best of each family endure."""

from dataclasses import replace

from gates import trainability
from gates.records import Measure
from qpilot.report import charts, findings, remedies
from qpilot.report.page import render
from qpilot.report.record import RunRecord
from qpilot.report.sections import sections
from tests.report.conftest import (
    FINALIST,
    base,
    data_evidence,
    pilot,
    probe,
    record,
    reduction_evidence,
    trainability_evidence,
)


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


def test_the_findings_name_whose_signal_takes_the_fewest_shots(runs: dict[str, RunRecord]) -> None:
    (line,) = [one for one in findings.shown(runs["promoted"]) if "shots to tell" in one]
    kernel = trainability_evidence(pilot()).probes[0]
    assert f"one entry of the kernel of {kernel.name} from nothing, the fewest of 2 candidates." in line


def test_one_candidate_is_not_called_the_best_of_one() -> None:
    run = pilot()
    found = trainability_evidence(run)
    alone = record(run, "NoGo", "NO_GO", {"trainability": found.model_copy(update={"probes": found.probes[:1]})})
    (line,) = [one for one in findings.shown(alone) if "shots to tell" in one]
    assert line.endswith("from nothing.")


def test_costs_are_held_against_the_classical_model(runs: dict[str, RunRecord]) -> None:
    run = runs["promoted"]
    (plot,) = [one for one in charts.of("prototype", run) if one.title == "What each model costs"]
    assert f"{FINALIST}: parameters 0.29 times" in plot.alt  # 118 of 402
    assert run.prototype is not None
    quantum = tuple(one for one in run.prototype.contenders if one.family != "classical")
    alone = replace(run, prototype=run.prototype.model_copy(update={"contenders": quantum}))
    assert "What each model costs" not in [one.title for one in charts.of("prototype", alone)]


def test_shots_beyond_every_device_are_not_counted_out(runs: dict[str, RunRecord]) -> None:
    run = runs["promoted"]
    assert run.trainability is not None
    far = Measure(value=3.1e12, low=2e9, high=1e16, n=100, method="extrapolated")
    probes = tuple(probe.model_copy(update={"shots": far}) for probe in run.trainability.probes)
    found = run.trainability.model_copy(update={"probes": probes})
    flat = replace(run, trainability=found, verdicts=(trainability.decide(found, run.pilot.gates.trainability),))
    (section,) = [one for one in sections(flat) if one.stage == "trainability"]
    assert section.verdict is not None
    assert "takes more than a million shots;" in section.verdict.reason, "no interval of what is no figure"
    assert "more than a million shots" in section.plots[0].alt
    assert "lies above the picture" in section.plots[0].caption
    assert any("would take more than a million shots" in line for line in findings.shown(flat))
    said = " ".join([section.verdict.reason, section.plots[0].alt, *findings.shown(flat)])
    assert "10\N{SUPERSCRIPT ONE}\N{SUPERSCRIPT TWO}" not in said
    assert "e+" not in said
