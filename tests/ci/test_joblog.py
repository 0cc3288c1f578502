"""The pages a CI job shows: right in every outcome, and never broken by what a reason or a name contains."""

import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.ci import junit
from flows.ci.joblog import Context, JobLog, fenced, markdown, recalled
from gates.records import Outcome
from qpilot.errors import QpilotError, UsageError
from qpilot.policies import GATES
from qpilot.runs.summary import Ending, Summary
from tests.ci.conftest import verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SUITE = {"name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors", "skipped", "time"}


def summary(outcome: Ending, *verdicts: tuple[str, Outcome], error: str | None = None) -> Summary:
    return Summary(
        run="mine-12345678-1", outcome=outcome, verdicts=tuple(verdict(*one) for one in verdicts), error=error
    )


def parsed(found: Summary, package: str = "mine") -> ElementTree.Element:
    """The JUnit document, held to what both common schemas ask: order of elements, attributes, counts, dates."""
    root = ElementTree.fromstring(junit.document(package, junit.suites(found), NOON).encode())
    assert (root.tag, root.attrib) == ("testsuites", {})
    for number, suite in enumerate(root):
        assert set(suite.attrib) == SUITE
        assert (suite.get("id"), suite.get("timestamp")) == (str(number), "2026-01-01T12:00:00")
        tags = [child.tag for child in suite]
        cases = suite.findall("testcase")
        assert tags == ["properties", *["testcase"] * len(cases), "system-out", "system-err"]
        assert suite.get("tests") == str(len(cases))
        for kind, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert suite.get(count) == str(len(suite.findall(f"testcase/{kind}")))
        assert all(set(case.attrib) == {"name", "classname", "time"} and len(case) <= 1 for case in cases)
        assert all(one.get("type") for one in suite.iter() if one.tag in ("failure", "error"))
    return root


ALL = len(junit.GATES)


def counts(root: ElementTree.Element) -> dict[str, list[str]]:
    return {kind: [case.get("classname", "") for case in root.iter("testcase") if case.find(kind) is not None]
            for kind in ("failure", "error", "skipped")}  # fmt: skip


def test_the_gates_are_those_of_the_flow_in_its_order() -> None:
    assert tuple(GATES) == junit.GATES


@pytest.mark.parametrize(
    ("found", "failures", "errors", "skipped"),
    [
        (summary("GO", *((gate, Outcome.GO) for gate in junit.GATES)), 0, 0, 0),
        (summary("NO_GO", ("data", Outcome.GO), ("reduction", Outcome.NO_GO)), 1, 0, ALL - 2),
        (summary("INCONCLUSIVE", ("data", Outcome.INCONCLUSIVE)), 1, 0, ALL - 1),
        (summary("AWAITING_APPROVAL", *((gate, Outcome.GO) for gate in junit.GATES[:4])), 0, 0, ALL - 3),
        (summary("REJECTED", *((gate, Outcome.GO) for gate in junit.GATES[:4]), error="no"), 1, 0, ALL - 4),
        (summary("ERROR", error="the disk is full"), 0, 1, ALL),
        (summary("NO_GO", error="only the state is known"), 1, 0, ALL),
        (summary("GO"), 0, 0, ALL),
    ],
)
def test_every_outcome_is_counted(found: Summary, failures: int, errors: int, skipped: int) -> None:
    root = parsed(found)
    assert [failures, errors, skipped] == [len(cases) for cases in counts(root).values()]


def test_a_failure_is_called_what_the_check_answered() -> None:
    for outcome in (Outcome.NO_GO, Outcome.INCONCLUSIVE):
        (failure,) = parsed(summary(outcome.value, ("data", outcome))).iter("failure")
        assert (failure.get("type"), failure.get("message")) == (outcome.value, "It was as it was.")
        assert "at least 0.2" in str(failure.text)


NASTY = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(
    ["]]>", "<b>&amp;", "a|b`c\nd", "a\\|b", "\x00\x0b\ud800", "```json\n{}\n```", "</testsuite>"]
)


@given(NASTY, NASTY)
def test_no_text_breaks_the_xml_or_the_table(reason: str, package: str) -> None:
    told = verdict("data", Outcome.NO_GO, reason)
    told = told.model_copy(update={"checks": (told.checks[0].model_copy(update={"required": reason}),)})
    found = Summary(run="mine-12345678-1", outcome="NO_GO", verdicts=(told,))
    parsed(found, package)
    page = markdown(found, Context(package, {"x": f"http://h/{package}"}))
    (found_row,) = [line for line in page.splitlines() if line.startswith("| ✕")]
    assert re.sub(r"\\.", "", found_row).count("|") == 6, "a backslash before a pipe is escaped itself"
    assert len([line for line in page.splitlines() if line.startswith("- **data**")]) == 1


@pytest.mark.parametrize("outcome", ["GO", "NO_GO", "INCONCLUSIVE", "AWAITING_APPROVAL", "REJECTED", "ERROR"])
def test_an_answer_is_read_back_from_its_page(outcome: Ending) -> None:
    import json

    found = summary(outcome, ("data", Outcome.GO), error="because ``` of that")
    page = f"{markdown(found, Context('mine'))}\n```json\n{json.dumps(found.machine(), indent=2)}\n```\n"
    again = recalled(fenced(page))
    assert again is not None
    assert again.machine() == found.machine()


@pytest.mark.parametrize("page", ["", "```json\n", "```json\n{]\n```", "```json\n[1]\n```", '```json\n{"outcome": "GO!"}\n```',
                                  '```json\n{"run": null, "outcome": "GO", "verdicts": 7}\n```'])  # fmt: skip
def test_a_page_that_holds_no_answer_is_none(page: str) -> None:
    assert recalled(fenced(page)) is None


def test_what_kept_a_run_from_an_answer_is_in_both_files(tmp_path: Path) -> None:
    def fail() -> Summary:
        raise QpilotError("the rows are gone")

    log = JobLog.of(None, tmp_path / "j.xml", {"GITHUB_STEP_SUMMARY": str(tmp_path / "s.md")})
    with pytest.raises(QpilotError):
        log.keep(tmp_path / "mine" / "pilot.toml", fail)
    assert "the rows are gone" in (tmp_path / "s.md").read_text()
    assert "the rows are gone" in (tmp_path / "j.xml").read_text()


def test_a_file_that_cannot_be_is_said_before_anything_runs(tmp_path: Path) -> None:
    for bad in (tmp_path, tmp_path / "none" / "j.xml"):
        with pytest.raises(UsageError, match="cannot be written"):
            JobLog.of(None, bad, {})
