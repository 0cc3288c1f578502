"""What the approver reads, as Markdown: what is asked, what it costs, which gates answered what, and how to answer."""

from collections.abc import Iterable

from gates.forecast import ForecastEvidence
from gates.records import Verdict
from gates.wording import dollars, plural
from qpilot.approval.grants import Request
from qpilot.approval.payload import Payload
from qpilot.report.scorecard import SIGNS, cell


def markdown(request: Request, verdicts: Iterable[Verdict], evidence: ForecastEvidence, report_link: str) -> str:
    """The page of a request. report_link: where the run's report lies. No text of a pilot file can break its tables."""
    payload = request.payload
    lines = [
        f"# {cell(request.run)} asks for approval",
        "",
        f"Request **{request.number}**, digest `{request.short}`, open until **{request.expires:%d %B %Y, %H:%M} UTC**.",
        f"[Report so far]({report_link})",
        "",
    ]
    if request.because:
        lines += [f"It asks again: {cell(request.because)}.", ""]
    lines += [
        f"It asks to **{cell(wish(payload))}**.",
        "",
        *_table(("What", "How much"), [*_work(request), *_money(request, evidence)]),
        "",
        "## What the gates answered",
        "",
        *map(_verdict, verdicts),
        "",
        "## How to answer",
        "",
        *_ways(request),
        "",
        f"Payload `{payload.digest}`, circuits `{payload.circuits}`, pilot file `{payload.pilot}`, device `{payload.arn}`.",
        "",
    ]
    return "\n".join(lines)


def wish(payload: Payload) -> str:
    """What the run wants to do, after "asks to"."""
    if payload.usd_worst == 0:
        return f"go on with {payload.device}, which is charged nothing"
    return f"spend about {dollars(payload.usd_p50)}, and at most {dollars(payload.usd_worst)}, on {payload.device}"


def _work(request: Request) -> list[tuple[str, str]]:
    payload = request.payload
    circuits = plural(payload.circuits_per_point, "circuit")
    return [
        ("Device", f"{payload.device}, by {payload.backend}"),
        ("Points", f"at most {payload.points:,}, {circuits} each"),
        ("Shots a circuit", f"{payload.shots:,}, mitigation {payload.mitigation}"),
    ]


def _money(request: Request, evidence: ForecastEvidence) -> list[tuple[str, str]]:
    payload, prices = request.payload, request.payload.prices
    asked = [(prices.usd_per_task, "task"), (prices.usd_per_shot, "shot"), (prices.usd_per_minute, "minute")]
    rows = [
        ("Half of such runs cost at most", dollars(payload.usd_p50)),
        ("9 in 10 cost at most", dollars(payload.usd_p90)),
        ("The worst case", dollars(payload.usd_worst)),
        ("Prices", ", ".join(f"{dollars(usd)} a {unit}" for usd, unit in asked if usd) or "none"),
    ]
    if evidence.committed_usd:
        rows.append(("Taken by earlier tries", dollars(evidence.committed_usd)))
    return rows


def _verdict(verdict: Verdict) -> str:
    # A list: the Prefect UI cuts a table's long cells off, and the reason is what is to be read.
    outcome = f"{SIGNS[verdict.outcome]} {verdict.outcome.value.replace('_', ' ')}"
    return f"- **{cell(verdict.gate)}** {outcome}: {cell(verdict.reason)}"


def _ways(request: Request) -> list[str]:
    policy = request.policy
    who = f"one of {', '.join(policy.approvers)}" if policy.approvers else "anybody"
    if policy.four_eyes:
        who = f"two of {', '.join(policy.approvers)}, neither of them {request.starter}, who started the run"
    said = [f"It takes {cell(who)}. Resume this run and fill in the form, or on the command line:", "", "```"]
    if policy.identity == "signed":
        said += [f"qpilot approve {request.run} --max-usd N --approver NAME --digest {request.short} --key FILE"]
        said += [f"qpilot sign {request.run} --max-usd N --key FILE    # prints the signature that the form takes"]
    else:
        said += [f"qpilot approve {request.run} --max-usd N --approver NAME --digest {request.short}"]
    return [*said, f"qpilot reject {request.run} --approver NAME --note WHY", "```"]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return [*lines, *(f"| {' | '.join(map(cell, row))} |" for row in rows)]
