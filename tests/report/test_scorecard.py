"""Scorecards for the terminal and as Markdown say what the verdict says, whatever its texts hold."""

import io
import re

import pytest
from rich.console import Console

from gates.records import Check, Outcome
from qpilot.report import scorecard
from qpilot.report.record import RunRecord


def printed(renderable: object) -> str:
    sheet = io.StringIO()
    Console(file=sheet, width=200, color_system=None).print(renderable)
    return sheet.getvalue()


def test_markdown_has_one_row_a_check_with_observed_required_and_outcome(name: str, runs: dict[str, RunRecord]) -> None:
    for verdict in runs[name].verdicts:
        rows = [line for line in scorecard.markdown(verdict).splitlines() if line.startswith("|")][2:]
        assert len(rows) == len(verdict.checks)
        for row, check in zip(rows, verdict.checks, strict=True):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]
            assert cells[0].endswith(check.outcome.value.replace("_", " "))
            assert cells[1] == scorecard.cell(check.name)
            assert len(cells) == 4
            assert f"- {scorecard.cell(check.name)}: {scorecard.cell(check.reason)}" in scorecard.markdown(verdict)


def test_markdown_cannot_be_broken_by_a_name_in_the_data(runs: dict[str, RunRecord]) -> None:
    hostile = Check(name="a|b\n<b>", outcome=Outcome.GO, observed="`|", required="|", reason="<script>")
    verdict = runs["promoted"].verdicts[0].model_copy(update={"checks": (hostile,)})
    text = scorecard.markdown(verdict)
    (found,) = [line for line in text.splitlines() if line.startswith("| ✓")]
    assert len(re.split(r"(?<!\\)\|", found)[1:-1]) == 4
    assert "<" not in text


def test_the_terminal_shows_reasons_of_what_was_not_go(runs: dict[str, RunRecord]) -> None:
    verdict = runs["refused"].verdicts[-1]
    text = printed(scorecard.terminal(verdict))
    assert text.startswith("✕ prototype gate: NO GO")
    shown = [check.name for check in verdict.checks if check.reason.replace(" ", "") in "".join(text.split())]
    assert shown == [check.name for check in verdict.checks if check.outcome != Outcome.GO]


def test_the_summary_has_a_line_a_gate(runs: dict[str, RunRecord]) -> None:
    text = printed(scorecard.summary(runs["refused"].verdicts))
    assert [line.split()[0] for line in text.splitlines() if line[:1] not in (" ", "")] == [
        "data",
        "reduction",
        "trainability",
        "prototype",
    ]
    assert "NO GO" in text


def test_brackets_in_a_reason_are_text_not_style() -> None:
    check = Check(name="[red]x[/red]", outcome=Outcome.GO, observed="[bold]", required="[/]", reason="")
    assert scorecard.seen(check) == "[bold]"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [("advantage", -0.0778, "-7.8 points"), ("accuracy kept", 0.021, "2.1 points lost"), ("wallet", 0.04, "4.0 %"),
     ("budget", "587.25", "$587.25"), ("power", 171, "171"), ("advantage", None, "not measured"),
     ("leakage", 0.98765, "0.9877"),     ("emulated accuracy", -0.01, "1.0 points gained"), ("budget", "NaN", "NaN")],
)  # fmt: skip
def test_observed_figures_have_the_unit_of_their_check(name: str, value: float | int | str | None, shown: str) -> None:
    check = Check(name=name, outcome=Outcome.GO, observed=value, required="", reason="")
    assert scorecard.seen(check).replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-") == shown
