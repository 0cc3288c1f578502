"""A gate's scorecard for the terminal and as Markdown: what it asked, what it saw, what follows."""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gates.records import Check, Outcome, Verdict
from qpilot.report.formats import magnitude, number, percent, points, usd_text
from qpilot.report.formats import observed as plain

if TYPE_CHECKING:
    from rich.console import RenderableType

SIGNS = {Outcome.GO: "✓", Outcome.INCONCLUSIVE: "?", Outcome.NO_GO: "✕"}
COLOURS = {Outcome.GO: "green", Outcome.INCONCLUSIVE: "yellow", Outcome.NO_GO: "red"}


_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What ends a line somewhere, and other controls."""


def _lost(value: float) -> str:
    return f"{magnitude(value)} {'gained' if value < 0 else 'lost'}"


# Checks that see a share, a difference of shares or hours; every other number stands for itself.
FIGURES: dict[str, Callable[[float], str]] = {
    "classes": percent,
    "worst error": percent,
    "accuracy kept": _lost,
    "score kept": _lost,
    "wallet": percent,
    "advantage": points,
    "entanglement": points,
    "majority": points,
    "wait": lambda hours: f"{number(hours)} h",
    "emulated accuracy": _lost,
    "emulated score": _lost,
    "accuracy on the device": points,
    "score on the device": points,
    "advantage on the device": points,
    "majority on the device": points,
}


def seen(check: Check) -> str:
    """What `check` observed, in the unit a reader expects."""
    if check.name == "budget" and isinstance(check.observed, str):
        return usd_text(check.observed)
    form = FIGURES.get(check.name)
    if form is not None and isinstance(check.observed, int | float) and not isinstance(check.observed, bool):
        return form(float(check.observed))
    return plain(check.observed)


def heading(verdict: Verdict) -> str:
    """The gate and its answer: "prototype gate: NO GO"."""
    return f"{verdict.gate} gate: {_word(verdict.outcome)}"


def _word(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ")


def markdown(verdict: Verdict) -> str:
    """The scorecard as Markdown; a user's text cannot break its table. Answers come first: a narrow page clips the rest."""
    lines = [f"## {SIGNS[verdict.outcome]} {cell(heading(verdict))}", "", cell(verdict.reason), ""]
    lines += ["| | Check | Observed | Required |", "|---|---|---|---|"]
    lines += [
        row(f"{SIGNS[one.outcome]} {_word(one.outcome)}", one.name, seen(one), one.required) for one in verdict.checks
    ]
    why = [f"- {cell(one.name)}: {cell(one.reason)}" for one in verdict.checks]
    return "\n".join([*lines, "", *why, "", f"evidence {verdict.evidence}, policy {verdict.policy}", ""])


def row(*texts: str) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(map(cell, texts))} |"


def cell(text: str) -> str:
    """`text` on one line of Markdown, with nothing in it that could end a table's cell or begin markup."""
    for given, shown in (("\\", "\\\\"), ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "\\|"), ("`", "\\`")):
        text = text.replace(given, shown)
    return _BREAKS.sub(" ", text)


def terminal(verdict: Verdict) -> "RenderableType":
    """The scorecard for a rich console. Checks that did not answer GO give their reason beneath the table."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    colour = COLOURS[verdict.outcome]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("", "check", "observed", "required"):
        table.add_column(column, overflow="fold")
    for check in verdict.checks:
        sign = Text(SIGNS[check.outcome], style=COLOURS[check.outcome])
        table.add_row(sign, Text(check.name), Text(seen(check)), Text(check.required))
    head = Text(f"{SIGNS[verdict.outcome]} {heading(verdict)}", style=f"bold {colour}")
    reasons = [
        Text(f"  {one.reason}", style=COLOURS[one.outcome]) for one in verdict.checks if one.outcome != Outcome.GO
    ]
    return Group(head, table, *reasons)


def _held(checks: int) -> str:
    return f"{checks} check{'' if checks == 1 else 's'} held"


def summary(verdicts: Iterable[Verdict]) -> "RenderableType":
    """All gates of a run, one line each: the gate, its answer, and the sentence that decided where it was not GO."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    for verdict in verdicts:
        answer = Text(f"{SIGNS[verdict.outcome]} {_word(verdict.outcome)}", style=COLOURS[verdict.outcome])
        reason = verdict.reason if verdict.outcome != Outcome.GO else _held(len(verdict.checks))
        table.add_row(Text(verdict.gate, style="bold"), answer, Text(reason))
    return table
