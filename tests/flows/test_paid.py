"""Paid runs through the real flow, the real SDK and the loopback service: billed as quoted, suspended, continued, aborted."""

import json
import os
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

import pandas as pd
import pytest
from prefect.client.orchestration import get_client
from prefect.events.filters import EventFilter, EventIDFilter, EventNameFilter, EventResourceFilter
from prefect.events.schemas.events import Event

from flows.cli import main
from flows.embedded import run
from qpilot.devices import device
from qpilot.devices.price import price
from qpilot.record.home import Home
from qpilot.record.registry import Registry
from qpilot.replay import Kept, replay
from qpilot.runs.status import standings
from qpilot.runs.summary import Summary
from qpilot.serving.prediction import predict
from qpilot.spending.ledger import lines, totals
from qpilot.verification import verify
from tests.flows.conftest import flags, shrunk
from tests.loopback import Loopback
from tests.loopback.fixtures import reached

pytestmark = pytest.mark.usefixtures("server")

LATE = 100 * 3600
"""Seconds: a task the service made so long ago is past its deadline (budget.queue_hours) when it is first looked at."""
PAID = ('hardware.backend="braket"', 'approval.when="never"')


@pytest.fixture
def vendor() -> Iterator[Loopback]:
    """A fresh loopback service; every AWS client of this process reaches it alone."""
    with Loopback() as service, reached(service):
        yield service


def conduct(home: Path, *more: str) -> Summary:
    path, overrides = shrunk("planted")
    return run(path, (*overrides, *PAID, *more), False, Home(home), None)


def command(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, object], str]:
    """A command in this process: exit code, the JSON object it ends with, stderr."""
    with pytest.raises(SystemExit) as stopped:
        main([*map(str, words), "--json"])
    captured = capsys.readouterr()
    return int(str(stopped.value.code)), json.loads(captured.out.splitlines()[-1]), captured.err


def test_planted_is_promoted_on_braket_and_billed_what_was_quoted(
    home: Path, vendor: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = conduct(home)
    assert (summary.outcome, summary.model) == ("GO", "planted@1")
    place = Home(home)
    batches = len(place.journal.find("counts"))
    quoted = batches * price(device("iqm-garnet"), 25 * 3 + 2, 200).charged_usd
    by_hand = batches * (Decimal("0.30") + (25 * 3 + 2) * 200 * Decimal("0.00145"))
    assert summary.charged_usd == quoted == by_hand == vendor.bills.total
    assert sum(bill.usd for bill in vendor.bills.values()) == totals(lines(place.journal, str(summary.run))).billed
    assert {bill.tags["qpilot-run"] for bill in vendor.bills.values()} == {summary.run}
    assert verify(place, None) == ()
    assert replay(Kept.of_home(place, str(summary.run))).same
    assert batches == len(vendor.tasks), "a replay asks no vendor"

    code, bill, _ = command(capsys, "ledger", summary.run)
    assert (code, bill["differences"]) == (0, [])
    assert len(bill["lines"]) == batches  # type: ignore[arg-type]
    again = conduct(home)
    assert again.charged_usd == quoted
    assert batches == len(vendor.tasks), "an ended run answers from what stands"


def test_what_is_spent_is_told_with_what_is_left(
    home: Path, vendor: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = ('approval.when="always"', "hardware.batch=15", "gates.forecast.max_emulated_loss=0.4", "budget.usd=400")
    waiting = conduct(home, *asks)
    assert waiting.outcome == "AWAITING_APPROVAL"
    code, _, said = command(capsys, "approve", waiting.run, "--max-usd", 300, "--approver", "Ada")
    assert code == 0, said
    assert conduct(home, *asks).outcome == "GO"
    bills = [bill.usd for bill in vendor.bills.values()]
    spent = list(accumulate(bills))
    assert len(bills) > 1
    told = sorted((one.payload for one in events(str(waiting.run), "qpilot.spend")), key=lambda one: one["batch"])
    assert [(one["run"], one["pilot"], one["device"]) for one in told] == [
        (waiting.run, "planted", "iqm-garnet") for _ in bills
    ]
    assert [one["batch"] for one in told] == [f"{number:04d}" for number in range(len(bills))]
    assert [Decimal(one["usd"]) for one in told] == bills
    assert [Decimal(one["left_of_budget_usd"]) for one in told] == [400 - usd for usd in spent]
    assert [Decimal(one["left_of_approval_usd"]) for one in told] == [300 - usd for usd in spent]
    assert told[0]["said"] == f"{waiting.run}: batch 0000 cost ${bills[0]:,.2f}; ${400 - bills[0]:,.2f} left"
    counts = Home(home).journal.find("counts")
    assert [one["entry"] for one in told] == [entry.sha256 for entry in counts]


def events(run: str, name: str) -> list[Event]:
    """The run's events of that name; the server writes them down a moment after it has heard them."""
    wanted = EventFilter(
        event=EventNameFilter(name=[name]), resource=EventResourceFilter(id=[f"qpilot.run.{run}"]), id=EventIDFilter()
    )
    with get_client(sync_client=True) as client:
        for _ in range(100):
            found = client.read_events(wanted, limit=50).events
            if found and len(found) == len(Home.of(os.environ).journal.find("counts")):
                break
            time.sleep(0.2)
    return [*found]


def test_a_prediction_spends_nothing_and_is_answered_by_the_fallback(home: Path, vendor: Loopback) -> None:
    conduct(home)
    before = vendor.bills.total
    rows = pd.read_csv(shrunk("planted")[0].parent / "rows.csv").head(5)
    found = predict(Registry(Home(home)).resolve("planted"), rows)
    assert (found.served_by, len(found.answers)) == ("fallback", 5)
    assert "spend" in found.reason
    assert before == vendor.bills.total


def test_a_stuck_task_suspends_the_run_which_goes_on_when_it_is_done(
    home: Path, vendor: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    vendor.faults.add("CreateQuantumTask", "life", nth=2, queued=2, unit="polls")
    vendor.clock.set_back(LATE)
    path, overrides = shrunk("planted")
    words = ("run", path, *flags((*overrides, *PAID)))
    code, answer, _ = command(capsys, *words)
    assert (code, answer["outcome"]) == (1, "ERROR")
    assert "arn:aws:braket" in str(answer["error"])
    assert Decimal(str(answer["charged_usd"])) == vendor.bills.total + 22 + Decimal("0.63"), "one billed, one reserved"
    standing = standings(Home(home), None)[0]
    assert (standing.state, "not submitted again" in standing.reason) == ("stopped", True)
    while code == 1:
        code, answer, _ = command(capsys, *words)
    assert (code, answer["outcome"]) == (0, "GO")
    assert len(vendor.tasks) == len(Home(home).journal.find("counts"))


def test_an_aborted_run_cancels_its_task_says_what_was_spent_and_is_not_taken_up_again(
    home: Path, vendor: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    vendor.faults.add("CreateQuantumTask", "stuck", nth=2)
    vendor.clock.set_back(LATE)
    path, overrides = shrunk("planted")
    words = ("run", path, *flags((*overrides, *PAID)))
    code, answer, _ = command(capsys, *words)
    assert code == 1
    name = answer["run"]
    code, aborted, _ = command(capsys, "abort", name, "--by", "Ada")
    assert (code, aborted["outcome"], aborted["open"]) == (0, "REJECTED", False)
    assert aborted["error"] == "aborted by Ada"
    assert Decimal(str(aborted["charged_usd"])) == vendor.bills.total
    assert sorted(task.state(vendor.clock.seconds()) for task in vendor.tasks.values()) == ["CANCELLED", "COMPLETED"]
    code, answer, _ = command(capsys, *words)
    assert (code, answer["outcome"]) == (3, "REJECTED")
    assert len(vendor.tasks) == 2


def test_a_used_up_shared_account_suspends_and_a_higher_limit_lets_the_run_go_on(
    home: Path, vendor: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    path, overrides = shrunk("planted")
    words = ("run", path, *flags((*overrides, *PAID, 'budget.account="lab"')))
    code, answer, said = command(capsys, *words)
    assert (code, vendor.bills.total) == (1, 0)
    assert "qpilot account lab --usd" in said
    command(capsys, "account", "lab", "--usd", "1000", "--by", "Ada")
    code, answer, said = command(capsys, *words)
    assert (code, answer["outcome"]) == (0, "GO"), said
    code, shown, _ = command(capsys, "account", "lab")
    assert Decimal(shown["accounts"][0]["billed"]) == vendor.bills.total  # type: ignore[index]
