"""Accounts, the ledger, and what persons do: the sums are true, differences are said, nothing is freed by mistake."""

import csv
import io
from decimal import Decimal

import pytest

from qpilot.errors import QpilotError, Suspended, UsageError
from qpilot.spending import accounts, cancellation, ledger, resolution
from qpilot.spending.accounts import OverBudget
from qpilot.spending.attempts import Name
from qpilot.spending.batches import finish, pay
from qpilot.spending.service import Work
from tests.spending.purses import FINGERPRINT, KEY, RUN, patient, prepare, purse, stores
from tests.spending.vendor import DEVICE, LOST_ANSWER, PRICE, SILENT, START, Vendor

ITEM = f"{KEY}/0000/1"


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def kept(folder, vendor):
    return stores(folder, vendor)


def bought(kept, vendor, **changed):
    money = purse(kept, **changed)
    return pay(f"{money.run}/0000", FINGERPRINT, prepare, money, vendor, patient(vendor)), money


def test_an_account_holds_its_last_limit(kept):
    with pytest.raises(QpilotError, match=r"'team' .*has no limit.*`qpilot account team --usd N --by NAME`"):
        accounts.standing(kept.journal, "team")
    accounts.set_limit(kept.journal, "team", Decimal(5), "Ada", START)
    accounts.set_limit(kept.journal, "team", Decimal("7.50"), "Bob", START)
    assert accounts.names(kept.journal) == ("team",)
    standing = accounts.standing(kept.journal, "team")
    assert (standing.limit, standing.left) == (Decimal("7.50"), Decimal("7.50"))
    assert standing.sentence.startswith("team: $7.50 of $7.50 is left")
    for usd in ("NaN", "-1", "Infinity"):
        with pytest.raises(UsageError, match="0 or more"):
            accounts.set_limit(kept.journal, "team", Decimal(usd), "Ada", START)
    with pytest.raises(UsageError, match="names no account"):
        accounts.set_limit(kept.journal, "a/b", Decimal(1), "Ada", START)


def test_an_account_without_a_limit_buys_nothing(kept, vendor):
    with pytest.raises(QpilotError, match="has no limit"):
        bought(kept, vendor, account="team")
    assert (vendor.tasks(), kept.journal.find("plan")) == ((), ())


@pytest.mark.parametrize(("limit", "fits"), [("2.99", False), ("3.00", True), ("3.01", True)])
def test_pilots_share_an_account_to_the_cent(kept, vendor, limit, fits):
    accounts.set_limit(kept.journal, "team", Decimal(limit) + 2 * PRICE, "Ada", START)
    bought(kept, vendor, account="team")
    if fits:
        bought(kept, vendor, account="team", run="beer-01234567-1", owner="beer")
    else:
        with pytest.raises(OverBudget, match=r"account 'team': \$1.49 of \$5.99 is left.*qpilot account team --usd"):
            bought(kept, vendor, account="team", run="beer-01234567-1", owner="beer")
    assert len(vendor.tasks()) == (4 if fits else 3)


def test_a_pilots_budget_covers_all_its_tries_and_nobody_elses(kept, vendor):
    bought(kept, vendor, usd="4.50")
    bought(kept, vendor, run="beer-01234567-1", owner="beer", usd="3")
    with pytest.raises(OverBudget, match=r"pilot 'wine' .*\$0.00 of \$4.50 is left"):
        bought(kept, vendor, run="wine-89abcdef-2", usd="4.50")
    assert len(vendor.tasks()) == 5


def test_money_is_free_again_only_where_it_was_not_spent(kept, vendor):
    vendor.will_end(ITEM, "FAILED")
    paid, money = bought(kept, vendor, usd="3")
    standing = accounts.pilot_standing(kept.journal, "wine", Decimal(3))
    assert (standing.reserved, standing.billed, standing.left) == (Decimal("3.00"), 0, 0)
    finish(paid, money, vendor, patient(vendor))
    standing = accounts.pilot_standing(kept.journal, "wine", Decimal(3))
    assert (standing.reserved, standing.billed, standing.left) == (0, Decimal("3.00"), 0)


def test_the_ledger_has_a_line_for_every_attempt(kept, vendor):
    vendor.will_end(ITEM, "FAILED", "calibration")
    paid, money = bought(kept, vendor)
    open_ = ledger.totals(ledger.lines(kept.journal, RUN))
    assert (open_.attempts, open_.tasks, open_.reserved, open_.billed) == (2, 2, Decimal("3.00"), 0)
    finish(paid, money, vendor, patient(vendor))
    lines = ledger.lines(kept.journal, RUN)
    assert [(line.attempt, line.state, line.billed_usd) for line in lines] == [
        (ITEM, "FAILED", 0),
        (f"{KEY}/0000/2", "COMPLETED", PRICE),
        (f"{KEY}/0001/1", "COMPLETED", PRICE),
    ]
    totals = ledger.totals(lines)
    assert (totals.attempts, totals.tasks, totals.failed, totals.reserved, totals.billed) == (3, 3, 1, 0, 2 * PRICE)
    rows = list(csv.DictReader(io.StringIO(ledger.csv(lines))))
    assert [row["billed_usd"] for row in rows] == ["0", "1.50", "1.50"]
    assert rows[0]["note"] == "calibration"
    assert ledger.differences(lines, vendor.tasks(), vendor.bills()) == ()
    assert ledger.lines(kept.journal, RUN[:-2]) == ()


def test_every_difference_is_a_sentence(kept, vendor):
    paid, money = bought(kept, vendor)
    finish(paid, money, vendor, patient(vendor))
    lines = ledger.lines(kept.journal, RUN)
    twin = vendor.plant(Work(DEVICE, b"twin", 100, PRICE), vendor.task("arn:task/0").tags)
    first, second, third = vendor.tasks()
    assert ledger.differences(lines, (first, second, third)) == (
        f"the vendor has task {twin} (CREATED, 100 shots, qpilot-item = '{ITEM}'), which the journal does not know",
        f"{ITEM} is 2 tasks: arn:task/0, {twin}",
    )
    assert ledger.differences(lines, (first,)) == (
        f"the journal has task arn:task/1 for {KEY}/0001/1, which the vendor does not list",
    )
    odd = first.model_copy(update={"state": "FAILED", "shots": 90})
    assert ledger.differences(lines, (odd, second), {"arn:task/0": Decimal(2), "arn:task/1": PRICE}) == (
        f"{ITEM} (arn:task/0): settled as COMPLETED, and the vendor says FAILED",
        f"{ITEM} (arn:task/0): 100 shots were ordered, and the vendor says 90",
        f"{ITEM}: settled at $1.50, and the vendor bills $2.00",
    )
    short = first.model_copy(update={"shots_done": 99})
    assert ledger.differences(lines, (short, second)) == (f"{ITEM} (arn:task/0): 99 of 100 shots were done",)


def test_a_bill_unlike_its_reservation_shows(kept):
    class Dear(Vendor):
        def bill(self, work, task, result):
            return Decimal("9.99")

    dear = Dear()
    paid, money = bought(kept, dear)
    finish(paid, money, dear, patient(dear))
    said = ledger.differences(ledger.lines(kept.journal, RUN), dear.tasks())
    assert said[0] == f"{ITEM}: $9.99 were billed for the $1.50 that were reserved"


def test_an_abort_cancels_what_waits_and_says_what_was_spent(kept, vendor):
    vendor.looks = 1000
    bought(kept, vendor)
    vendor.base.execute("update tasks set state = 'COMPLETED' where reference = 'arn:task/1'")
    fates = cancellation.abort(RUN, kept, vendor, "Ada", patient(vendor))
    assert [fate.sentence for fate in fates] == [
        f"{ITEM}: task arn:task/0 is CANCELLED, $0.00 billed",
        f"{KEY}/0001/1: task arn:task/1 is COMPLETED, $1.50 billed",
    ]
    assert cancellation.billed(fates) == PRICE
    assert [fate.state for fate in cancellation.abort(RUN, kept, vendor, "Ada", patient(vendor))] == [
        "CANCELLED",
        "COMPLETED",
    ]
    with pytest.raises(Suspended, match="was cancelled"):
        bought(kept, vendor)
    assert len(vendor.tasks()) == 2


def test_an_abort_says_what_could_not_be_ended_and_goes_on(kept, vendor):
    vendor.looks = 1000
    bought(kept, vendor)
    vendor.faults["cancel"] = [QpilotError("access denied")]
    first, second = cancellation.abort(RUN, kept, vendor, "Ada", patient(vendor))
    assert (first.open, second.open) == (True, False)
    assert "could not be ended (access denied); its $1.50 stay reserved" in first.sentence
    assert cancellation.abort(RUN, kept, vendor, "Ada", patient(vendor))[0].state == "CANCELLED"


def test_an_abort_frees_no_reservation_that_may_have_been_sent(kept, vendor):
    vendor.lag_seconds = 10_000
    vendor.faults["create"] = [LOST_ANSWER, QpilotError("killed")]
    with pytest.raises(QpilotError, match="killed"):
        bought(kept, vendor)
    (fate,) = cancellation.abort(RUN, kept, vendor, "Ada", patient(vendor))
    assert "abort again in ten minutes" in fate.sentence
    vendor.advance(700)
    (fate,) = cancellation.abort(RUN, kept, vendor, "Ada", patient(vendor))
    assert (fate.state, fate.open) == ("PARKED", True)
    assert accounts.pilot_standing(kept.journal, "wine", Decimal(100)).reserved == PRICE
    vendor.lag_seconds = 0
    (fate,) = cancellation.abort(RUN, kept, vendor, "Ada", patient(vendor))
    assert (fate.state, fate.reference) == ("CANCELLED", "arn:task/0")
    assert accounts.pilot_standing(kept.journal, "wine", Decimal(100)).left == 100


def test_an_abort_cancels_tasks_of_the_run_the_journal_lost(kept, vendor):
    vendor.looks = 1000
    bought(kept, vendor)
    tags = vendor.task("arn:task/0").tags | {"qpilot-item": f"{RUN}/0001/0000/1"}
    lost = vendor.plant(Work(DEVICE, b"lost", 100, PRICE), tags)
    fate = cancellation.abort(RUN, kept, vendor, "Ada", patient(vendor))[-1]
    assert fate.sentence == f"{RUN}/0001/0000/1: task {lost} is not in the journal; it is CANCELLED, 100 shots"


def test_an_abort_without_an_answer_ends_all_the_same(kept, vendor):
    bought(kept, vendor)
    for event in ("look", "find", "cancel"):
        vendor.faults[event] = [SILENT] * 10_000
    fates = cancellation.abort(RUN, kept, vendor, "Ada", patient(vendor))
    assert all(fate.open for fate in fates)


@pytest.fixture
def parked(kept, vendor):
    """Nobody knows whether the first task was made; it was."""
    vendor.lag_seconds = 10_000
    vendor.faults["create"] = [LOST_ANSWER, *[SILENT] * 100]
    with pytest.raises(Suspended, match="parked"):
        bought(kept, vendor)
    vendor.faults["create"] = []
    return kept


def say(kept, vendor, reference, attempt=ITEM):
    return resolution.resolve(kept.journal, attempt, reference, "Ada", "looked", vendor.now(), vendor)


def test_a_person_names_the_task(parked, vendor):
    assert "is task arn:task/0" in say(parked, vendor, "arn:task/0")
    say(parked, vendor, "arn:task/0")
    paid, _money = bought(parked, vendor)
    assert paid.references == ("arn:task/0", "arn:task/1")
    with pytest.raises(QpilotError, match=r"was resolved before|is task arn:task/0"):
        say(parked, vendor, None)


def test_a_person_frees_what_never_ran(parked, vendor):
    vendor.base.execute("delete from tasks")
    say(parked, vendor, None)
    assert accounts.pilot_standing(parked.journal, "wine", Decimal(100)).left == 100
    _paid, _ = bought(parked, vendor)
    assert [entry.key for entry in parked.journal.find("task")] == [f"{ITEM}.2", f"{KEY}/0001/1"]
    assert len(vendor.tasks()) == 2


def test_a_person_cannot_free_what_the_service_lists(parked, vendor):
    vendor.lag_seconds = 0
    with pytest.raises(QpilotError, match="did run: the service lists arn:task/0"):
        say(parked, vendor, None)


def test_a_person_cannot_name_a_task_of_something_else(parked, vendor):
    other = vendor.plant(Work(DEVICE, b"x", 1, PRICE), {"qpilot-item": "other/0000/0000/1", "qpilot-run": "other"})
    with pytest.raises(QpilotError, match=r"has the tag qpilot-item = 'other/0000/0000/1'; required"):
        say(parked, vendor, other)
    forged = vendor.plant(Work(DEVICE, b"x", 1, PRICE), {"qpilot-item": ITEM, "qpilot-run": RUN, "qpilot-token": "x"})
    with pytest.raises(QpilotError, match="made from another program"):
        say(parked, vendor, forged)
    with pytest.raises(QpilotError, match="has to confirm"):
        resolution.resolve(parked.journal, ITEM, "arn:task/0", "Ada", "", vendor.now())


@pytest.mark.parametrize("attempt", ["nonsense", f"{ITEM}.1", f"{KEY}/0000/0", f"{KEY}/0000"])
def test_what_names_no_attempt_is_said(kept, vendor, attempt):
    with pytest.raises(QpilotError, match="names no task; required: RUN/BATCH/TASK/ATTEMPT"):
        say(kept, vendor, None, attempt)


def test_a_person_cannot_resolve_what_is_settled_open_or_unknown_to_all(kept, vendor):
    paid, money = bought(kept, vendor)
    with pytest.raises(QpilotError, match=r"is task arn:task/0; to be rid of it, `qpilot abort"):
        say(kept, vendor, None)
    finish(paid, money, vendor, patient(vendor))
    with pytest.raises(QpilotError, match="completed as task arn:task/0"):
        say(kept, vendor, None)
    with pytest.raises(QpilotError, match="the journal knows no"):
        say(kept, vendor, None, f"{KEY}/0009/1")
    with pytest.raises(QpilotError, match="say who"):
        resolution.resolve(kept.journal, ITEM, None, " ", "", vendor.now())


def test_a_name_goes_through_its_text_and_back():
    for text in (ITEM, f"{ITEM}.2", f"{KEY}/0000/11.10"):
        assert Name.of(text).text == text
    assert Name.of(f"{ITEM}.2").first == Name.of(ITEM)
    assert Name.of(ITEM).following(ran=False).text == f"{ITEM}.2"
    assert Name.of(f"{ITEM}.2").following(ran=True).text == f"{KEY}/0000/2"
