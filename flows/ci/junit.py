"""JUnit XML: a test suite a gate (or a candidate), a test case a check; for whatever shows test results in CI.

Valid against the schemas of Jenkins' xUnit plugin (junit-10.xsd) and of Apache Ant (windyroad's JUnit.xsd) alike, which is
why every suite says a host and ends with two empty elements.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from xml.etree import ElementTree

from gates.records import Check, Outcome
from qpilot.runs.summary import Summary

GATES = ("data", "reduction", "trainability", "prototype", "forecast", "hardware", "promotion")
"""In the order a run reaches them."""

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, however it is escaped."""


@dataclass(frozen=True)
class Case:
    """A check. `kind` None: it passed; `type` is what a failure is called, `text` what it says below its message."""

    name: str
    kind: Literal["failure", "error", "skipped"] | None = None
    type: str = ""
    message: str = ""
    text: str = ""


@dataclass(frozen=True)
class Suite:
    """A gate or a candidate, and its checks."""

    name: str
    cases: tuple[Case, ...]


def case(check: Check) -> Case:
    """A check as a test: NO_GO and INCONCLUSIVE fail, each with its own type."""
    if check.outcome is Outcome.GO:
        return Case(check.name)
    text = f"observed: {check.observed}\nrequired: {check.required}"
    return Case(check.name, "failure", check.outcome.value, check.reason, text)


def suites(summary: Summary) -> tuple[Suite, ...]:
    """A run's gates, those it did not reach as skipped; then the run itself where no check says why it ended so.

    | the run ended                  | its own suite             |
    |--------------------------------|---------------------------|
    | GO, NO_GO, INCONCLUSIVE        | none: its checks say it   |
    | without any gate               | as the outcome, by reason |
    | AWAITING_APPROVAL              | skipped                   |
    | REJECTED                       | failure                   |
    | ERROR                          | error                     |
    """
    reached = [Suite(verdict.gate, tuple(map(case, verdict.checks))) for verdict in summary.verdicts]
    names = {suite.name for suite in reached}
    missing = Case("reached", "skipped", message=f"the run ended {summary.outcome} before this gate")
    left = [Suite(name, (missing,)) for name in GATES if name not in names]
    own: list[Suite] = []
    if summary.outcome == "ERROR":
        own = [Suite("run", (Case("finished", "error", "ERROR", summary.reason),))]
    elif summary.outcome == "AWAITING_APPROVAL":
        own = [Suite("run", (Case("approved", "skipped", message=summary.reason),))]
    elif summary.outcome == "REJECTED":
        own = [Suite("run", (Case("approved", "failure", "REJECTED", summary.reason),))]
    elif not summary.verdicts and summary.outcome != "GO":
        own = [Suite("run", (Case("decided", "failure", summary.outcome, summary.reason),))]
    return (*reached, *left, *own)


def document(package: str, found: Iterable[Suite], at: datetime) -> str:
    """The file's text. package: what the suites belong to, a pilot's name."""
    root = ElementTree.Element("testsuites")
    for number, suite in enumerate(found):
        root.append(_suite(package, number, suite, at))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(package: str, number: int, suite: Suite, at: datetime) -> ElementTree.Element:
    figures = {
        "name": suite.name,
        "package": package,
        "id": str(number),
        "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "hostname": "localhost",
        "tests": str(len(suite.cases)),
        "failures": _count(suite.cases, "failure"),
        "errors": _count(suite.cases, "error"),
        "skipped": _count(suite.cases, "skipped"),
        "time": "0",
    }
    element = ElementTree.Element("testsuite", {name: _safe(value) for name, value in figures.items()})
    ElementTree.SubElement(element, "properties")
    for one in suite.cases:
        names = {"name": _safe(one.name), "classname": _safe(f"{package}.{suite.name}"), "time": "0"}
        test = ElementTree.SubElement(element, "testcase", names)
        if one.kind is not None:
            said = {"type": one.type, "message": _safe(one.message)} if one.type else {"message": _safe(one.message)}
            ElementTree.SubElement(test, one.kind, said).text = _safe(one.text) or None
    ElementTree.SubElement(element, "system-out")
    ElementTree.SubElement(element, "system-err")
    return element


def _count(cases: Sequence[Case], kind: str) -> str:
    return str(sum(one.kind == kind for one in cases))


def _safe(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
