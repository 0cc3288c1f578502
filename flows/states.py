"""How a run's end shows on a Prefect server: a state named for the decision, and a page with the answer for CI to read."""

import json
from collections.abc import Mapping
from os import environ
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from flows.ci.joblog import Context, markdown
from flows.links import REPORTS, report_link
from qpilot.record.home import Home
from qpilot.runs.summary import Ending, Summary
from tasks.publication import publish


def ended(summary: Summary, explore: bool) -> State[Any]:
    """The state the run ends in; its answer is on the server."""
    publish(answer_key(summary), answer_page(summary), f"{summary.run}: {summary.outcome}")
    return state(summary, explore)


def answer_key(summary: Summary) -> str:
    """The artifact that holds the run's answer."""
    return f"{summary.run}-summary"


def answer_page(summary: Summary) -> str:
    """The answer as Markdown; its last block is the JSON of `qpilot run --json`."""
    block = json.dumps(summary.machine(), ensure_ascii=False, indent=2)
    run = str(summary.run)
    links = {"report": report_link(Home.of(environ), run, environ)} if REPORTS in environ else {}
    return f"{markdown(summary, Context(run, links))}\n```json\n{block}\n```\n"


def state(summary: Summary, explore: bool) -> State[Any]:
    """A no-go is Failed, so that whoever waits for it stops; so is a run that is Held: the same run later continues it."""
    ends: Mapping[Ending, State[Any]] = {
        "GO": Completed(name="Explored" if explore else "Promoted", message=summary.reason),
        "NO_GO": Failed(name="NoGo", message=summary.reason),
        "INCONCLUSIVE": Failed(name="Inconclusive", message=summary.reason),
        "AWAITING_APPROVAL": Failed(name="AwaitingApproval", message=summary.reason),
        "REJECTED": Cancelled(name="Rejected", message=summary.reason),
        "ERROR": Failed(name="Held", message=summary.reason),
    }
    return ends[summary.outcome]
