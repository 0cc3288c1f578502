"""The data stage through Great Expectations itself, to the gate's answer."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gates.data import DataEvidence, decide
from gates.expectation import Expectation
from gates.records import Outcome
from qpilot.data.expectations import run
from qpilot.data.stage import validate
from qpilot.data.suite import Expected
from qpilot.errors import QpilotError, UsageError
from qpilot.record.home import Home
from qpilot.runs.identity import identify


def _failed(evidence: DataEvidence) -> dict[str, Expectation]:
    return {one.name: one for one in evidence.expectations if not one.success}


def test_clean_rows_pass_every_expectation(rows: pd.DataFrame, pilot_of, tmp_path: Path) -> None:
    pilot = pilot_of(rows)
    dataset, evidence = validate(pilot, tmp_path, pilot.digest, "code")
    assert _failed(evidence) == {}
    assert all(one.evaluated for one in evidence.expectations)
    names = {one.name for one in evidence.expectations}
    assert names == {
        "row count",
        "schema",
        "duplicate rows",
        "finite values",
        "class balance",
        "collinear columns",
        "target leakage",
        "development/locked overlap",
        "column type",
        "missing values",
        "constant column",
        "range",
    }
    assert (evidence.rows, evidence.features, evidence.development, evidence.locked) == (160, 4, 112, 48)
    assert evidence.classes == rows["label"].value_counts().to_dict()
    assert evidence.inputs == {"data": dataset.fingerprint, "locked": dataset.locked_hash}
    assert DataEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    assert decide(evidence, pilot.gates.data).outcome == Outcome.GO


def _wide(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(e=3 * frame["a"] + 1)


def _wild(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(a=frame["a"].where(frame.index != 7, 4000.0))


FAULTS = {
    # what is done to the rows, the override, the expectation that fails, the gate's answer
    "leak": (lambda f: f.assign(e=(f["label"] == "yes") * 1.0), (), "target leakage", Outcome.NO_GO),
    "too few": (lambda f: f, ("gates.data.min_rows=200",), "row count", Outcome.NO_GO),
    "imbalance": (lambda f: f, ("gates.data.min_class_share=0.5",), "class balance", Outcome.NO_GO),
    "repeats": (lambda f: pd.concat([f, f.head(30)]), (), "duplicate rows", Outcome.NO_GO),
    "gaps": (lambda f: f.assign(b=f["b"].where(f.index % 3 > 0)), (), "missing values", Outcome.NO_GO),
    "constant": (lambda f: f.assign(k=5), (), "constant column", Outcome.GO),
    "collinear": (_wide, (), "collinear columns", Outcome.GO),
    "slip": (_wild, (), "range", Outcome.GO),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_its_expectation_alone(fault: str, rows: pd.DataFrame, pilot_of, tmp_path: Path) -> None:
    change, overrides, name, outcome = FAULTS[fault]
    pilot = pilot_of(change(rows), *overrides)
    _, evidence = validate(pilot, tmp_path, pilot.digest, "code")
    failed = _failed(evidence)
    assert list(failed) == [name]
    assert failed[name].evaluated
    assert failed[name].severity == ("critical" if outcome == Outcome.NO_GO else "warning")
    assert decide(evidence, pilot.gates.data).outcome == outcome


def _valued(frame: pd.DataFrame) -> pd.DataFrame:
    noise = np.random.default_rng(8).normal(size=len(frame))
    return frame.assign(label=300 + 50 * (frame["a"] + frame["b"] + noise))


def test_a_clean_quantity_passes_every_expectation(rows: pd.DataFrame, pilot_of, tmp_path: Path) -> None:
    frame = _valued(rows)
    pilot = pilot_of(frame)
    dataset, evidence = validate(pilot, tmp_path, pilot.digest, "code")
    assert _failed(evidence) == {}
    assert all(one.evaluated for one in evidence.expectations)
    names = {one.name for one in evidence.expectations}
    assert {"target spread", "target outliers", "target range", "target leakage"} <= names
    assert "class balance" not in names
    assert evidence.classes == {}
    assert evidence.target is not None
    assert (evidence.target.values, evidence.target.median) == (160, pytest.approx(frame["label"].median()))
    blind = np.abs(frame["label"] - np.median(dataset.development.y)) / pilot.claim.worst_error
    assert evidence.majority.value == pytest.approx((1 - blind.clip(upper=1)).mean())
    assert evidence.majority.unit == "score"
    assert DataEvidence.model_validate_json(evidence.model_dump_json()) == evidence
    assert decide(evidence, pilot.gates.data).outcome == Outcome.GO


def _heaped(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(label=frame["label"].where(frame.index % 5 > 2, 300.0))


VALUE_FAULTS = {
    # what is done to the rows, the expectations that fail, the gate's answer and its other checks that are not GO
    "leak": (lambda f: f.assign(e=-2 * f["label"]), ["target leakage"], Outcome.NO_GO, []),
    "heap": (_heaped, ["target spread"], Outcome.NO_GO, ["spread"]),
    "slip": (
        lambda f: f.assign(label=f["label"].where(f.index != 7, 1e6)),
        ["target outliers", "target range"],
        Outcome.GO,
        [],
    ),
}


@pytest.mark.parametrize("fault", VALUE_FAULTS)
def test_a_fault_of_a_quantity_fails_its_expectation(fault: str, rows: pd.DataFrame, pilot_of, tmp_path: Path) -> None:
    change, names, outcome, checks = VALUE_FAULTS[fault]
    pilot = pilot_of(change(_valued(rows)))
    _, evidence = validate(pilot, tmp_path, pilot.digest, "code")
    failed = _failed(evidence)
    assert list(failed) == names
    assert {one.severity for one in failed.values()} == {"critical" if outcome == Outcome.NO_GO else "warning"}
    verdict = decide(evidence, pilot.gates.data)
    assert verdict.outcome == outcome
    stopped = [check.name for check in verdict.checks if check.outcome != Outcome.GO]
    assert stopped == ([*checks, *names] if outcome == Outcome.NO_GO else [])
    if fault == "slip":
        assert "Warning: one row in a hundred holds 99.4 %" in verdict.checks[1].reason


def test_nearly_equal_rows_on_both_sides_of_the_split_are_overlap(rows: pd.DataFrame, pilot_of, tmp_path: Path) -> None:
    near = rows.assign(**{name: rows[name] + 1e-11 for name in "abcd"})
    pilot = pilot_of(pd.concat([rows, near]))
    _, evidence = validate(pilot, tmp_path, pilot.digest, "code")
    assert list(_failed(evidence)) == ["development/locked overlap"]
    assert decide(evidence, pilot.gates.data).outcome == Outcome.NO_GO


def test_the_users_suite_stops_or_warns_by_its_severity(rows: pd.DataFrame, pilot_of, tmp_path: Path) -> None:
    suite = [
        {"type": "expect_column_max_to_be_between", "kwargs": {"column": "a", "max_value": 1}, "severity": "warning"},
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "label", "value_set": ["yes", "no"]}},
        {"type": "expect_table_column_count_to_equal", "kwargs": {"value": 5}},
    ]
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    pilot = pilot_of(rows, "data.suite=suite.json")
    _, evidence = validate(pilot, tmp_path, pilot.digest, "code")
    own = evidence.expectations[-3:]
    assert [(one.name, one.success, one.severity) for one in own] == [
        ("expect_column_max_to_be_between", False, "warning"),
        ("expect_column_values_to_be_in_set", True, "critical"),
        ("expect_table_column_count_to_equal", True, "critical"),
    ]
    assert own[0].observed == rows["a"].max()
    assert "suite" in evidence.inputs
    assert decide(evidence, pilot.gates.data).outcome == Outcome.GO
    (tmp_path / "suite.json").write_text(json.dumps({"expectations": [{**suite[0], "severity": "critical"}]}))
    _, stopped = validate(pilot, tmp_path, pilot.digest, "code")
    assert decide(stopped, pilot.gates.data).outcome == Outcome.NO_GO


UNSOUND = {
    "not there": (None, "cannot read the suite file"),
    "no JSON": ("[{", "suite.json is no JSON"),
    "empty": ("[]", "holds no expectation"),
    "no list": ('{"expectations": 3}', "holds no expectation"),
    "no type": ('[{"kwargs": {}}]', 'expectation 1 of suite.json needs a "type"'),
    "unknown field": ('[{"type": "x", "kwarg": {}}]', "unknown field 'kwarg'; known: description, kwargs"),
    "unknown severity": ('[{"type": "x", "severity": "fatal"}]', "unknown severity 'fatal'; known: critical, info"),
    "kwargs a list": ('[{"type": "x", "kwargs": []}]', '"kwargs" must be an object, not list'),
    "unknown type": ('[{"type": "expect_peace"}]', "unknown expectation 'expect_peace'; known: expect_column"),
    "unknown column": (
        '[{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "z"}}]',
        "unknown column 'z'; known: a, b",
    ),
    "twisted range": (
        '[{"type": "expect_column_values_to_be_between", "kwargs": {"column": "a", "min_value": 2, "max_value": 1}}]',
        "min_value 2 is above max_value 1",
    ),
    "unknown argument": (
        '[{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a", "most": 1}}]',
        "expect_column_values_to_not_be_null: .*most",
    ),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_an_unsound_suite_file_is_refused_before_it_is_run(
    case: str, rows: pd.DataFrame, pilot_of, tmp_path: Path
) -> None:
    text, sentence = UNSOUND[case]
    if text is not None:
        (tmp_path / "suite.json").write_text(text)
    pilot = pilot_of(rows, "data.suite=suite.json")
    with pytest.raises(UsageError, match=sentence) as refused:
        validate(pilot, tmp_path, pilot.digest, "code")
    assert "\n" not in str(refused.value)


def test_an_expectation_that_breaks_is_told_apart_from_one_that_fails(rows: pd.DataFrame) -> None:
    broken = Expected("own", "expect_column_values_to_not_be_null", {"column": "z"}, "critical", "")
    sound = Expected("rows", "expect_table_row_count_to_equal", {"value": 3}, "critical", "3 rows")
    found = run(rows, [broken, sound])
    assert [(one.success, one.evaluated) for one in found] == [(False, False), (False, True)]
    assert "could not be evaluated" in found[0].reason
    assert found[1].reason.startswith("rows: 160 was found; required: 3 rows")


def test_a_figure_that_is_nan_lies_within_no_bounds(rows: pd.DataFrame) -> None:
    """Without locked rows there is no overlap to speak of, and that is no success."""
    kwargs = {
        "statistic": "locked rows seen in development",
        "features": list("abcd"),
        "target": "label",
        "max_value": 1,
    }
    (found,) = run(rows, [Expected("overlap", "expect_table_statistic_to_be_between", kwargs, "critical", "<= 1")])
    assert not found.success


def test_an_empty_suite_is_refused_since_it_would_pass_anything(rows: pd.DataFrame) -> None:
    with pytest.raises(QpilotError, match="empty suite"):
        run(rows, [])


def test_a_hundred_thousand_rows_are_examined_whole_and_trained_on_in_part(pilot_of, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(100_000, 6)), columns=list("abcdef")).assign(
        word=rng.choice(["x", "y"], 100_000)
    )
    frame["label"] = np.where(frame["a"] + rng.normal(size=100_000) > 0, "yes", "no")
    pilot = pilot_of(frame)
    assert pilot.data.max_train_rows == 1000
    assert pilot.hardware.max_points == 1000
    dataset, evidence = validate(pilot, tmp_path, pilot.digest, "code")
    assert (evidence.rows, evidence.development, evidence.locked, evidence.dropped) == (100_000, 1000, 30_000, 69_000)
    assert any("1000 of 70000 development rows" in note for note in evidence.notes)
    assert dataset.development.features[-2:] == ("word=x", "word=y")
    assert decide(evidence, pilot.gates.data).outcome == Outcome.GO


def test_a_changed_suite_is_another_run(rows: pd.DataFrame, pilot_of, tmp_path: Path) -> None:
    pilot_of(rows)
    file, home = tmp_path / "pilot.toml", Home(tmp_path / "home")

    def identified(*overrides: str) -> str:
        return identify(file, overrides, home, datetime(2026, 3, 1, tzinfo=UTC)).job.run

    expectation = {"type": "expect_table_column_count_to_equal", "kwargs": {"value": 6}}
    (tmp_path / "suite.json").write_text(json.dumps([expectation]))
    first = identified("data.suite=suite.json")
    assert first == identified("data.suite=suite.json")
    (tmp_path / "suite.json").write_text(json.dumps([expectation | {"kwargs": {"value": 5}}]))
    assert first != identified("data.suite=suite.json")
    (tmp_path / "suite.json").write_text("[]")
    with pytest.raises(UsageError, match="holds no expectation"):
        identified("data.suite=suite.json")
