"""Waiting for a paid batch: what is waited out, what is tried anew, and what suspends the run with which sentence."""

from decimal import Decimal

import pytest

from qpilot.errors import QpilotError, Suspended
from qpilot.spending import resolution
from qpilot.spending.accounts import OverBudget, pilot_standing
from qpilot.spending.batches import finish, pay
from qpilot.spending.service import Refused, ResultFault, Unanswered
from tests.spending.purses import FINGERPRINT, KEY, RUN, patient, prepare, purse, stores
from tests.spending.vendor import DENIED, LOST_ANSWER, PRICE, SILENT, THROTTLED, Vendor


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def money(folder, vendor):
    return purse(stores(folder, vendor), 2 * PRICE, deadline_hours=0.5)


def whole(money, vendor, check=None, **more):
    paid = pay(KEY, FINGERPRINT, prepare, money, vendor, patient(vendor), **more)
    return finish(paid, money, vendor, patient(vendor), check)


def test_results_come_in_the_order_of_the_works_with_their_bills(money, vendor):
    done = whole(money, vendor)
    assert [one.usd for one in done] == [PRICE, PRICE]
    assert [one.result.split(b",")[0] for one in done] == [b"result of program 0", b"result of program 1"]
    assert [one.task.tags["qpilot-item"] for one in done] == [f"{KEY}/0000/1", f"{KEY}/0001/1"]
    calls: list[str] = []
    vendor.hook = calls.append
    assert whole(money, vendor) == done
    assert calls == [], "what is settled is asked of nobody again"


def test_another_batch_under_the_same_key_is_refused(money, vendor):
    whole(money, vendor)
    with pytest.raises(QpilotError, match="planned for another batch"):
        pay(KEY, "e" * 64, prepare, money, vendor, patient(vendor))


def test_a_failed_task_is_settled_at_its_bill_and_made_anew(money, vendor):
    vendor.will_end(f"{KEY}/0001/1", "FAILED", "calibration")
    done = whole(money, vendor)
    assert [one.task.tags["qpilot-item"] for one in done] == [f"{KEY}/0000/1", f"{KEY}/0001/2"]
    assert len(vendor.tasks()) == 3
    standing = pilot_standing(money.stores.journal, "wine", money.usd)
    assert (standing.billed, standing.reserved, standing.left) == (2 * PRICE, 0, 0)


def test_a_task_that_fails_too_often_suspends_and_a_person_may_try_once_more(money, vendor):
    for number in (1, 2):
        vendor.will_end(f"{KEY}/0001/{number}", "FAILED", "calibration")
    said = r"0001/2: task arn:task/2 failed \(calibration\); \$0.00 were billed; attempts that failed: 2, retries allowed .*: 1"
    for _ in range(2):
        with pytest.raises(Suspended, match=said):
            whole(money, vendor)
    assert len(vendor.tasks()) == 3
    assert vendor.task("arn:task/0").state == "COMPLETED"
    resolution.resolve(money.stores.journal, f"{KEY}/0001/2", None, "Ada", "the vendor fixed it", vendor.now())
    assert [one.reference for one in whole(money, vendor)] == ["arn:task/0", "arn:task/3"]


def test_a_task_somebody_cancelled_is_not_replaced(money, vendor):
    paid = pay(KEY, FINGERPRINT, prepare, money, vendor, patient(vendor))
    vendor.cancel(paid.references[0])
    with pytest.raises(Suspended, match=r"was cancelled; .*nothing is submitted in its place"):
        finish(paid, money, vendor, patient(vendor))
    with pytest.raises(Suspended, match="was cancelled"):
        whole(money, vendor)
    assert len(vendor.tasks()) == 2


def test_a_task_past_its_deadline_suspends_and_goes_on_later(folder, money, vendor):
    vendor.looks = 10**9
    with pytest.raises(
        Suspended, match=r"arn:task/0 is not done after 0.5 hours .*QUEUED, position 3.*not submitted again"
    ):
        whole(money, vendor)
    assert len(vendor.tasks()) == 2
    vendor.looks = 0
    assert len(whole(money, vendor)) == 2
    assert len(vendor.tasks()) == 2


def test_silence_while_waiting_is_waited_out_until_the_deadline(money, vendor):
    vendor.faults["look"] = [SILENT] * 12
    assert len(whole(money, vendor)) == 2


def test_silence_past_the_deadline_suspends(money, vendor):
    vendor.faults["look"] = [SILENT] * 100_000
    with pytest.raises(Suspended, match=r"not done after 0.5 hours .*: unanswered"):
        whole(money, vendor)


def test_a_result_that_is_not_whole_at_first_is_read_again(money, vendor):
    vendor.faults["result"] = [ResultFault("no such key"), SILENT]
    assert len(whole(money, vendor)) == 2


def test_a_result_that_stays_unusable_suspends_holds_its_money_and_is_never_bought_again(money, vendor):
    def check(work, task, result):
        if task.reference == "arn:task/0":
            raise ResultFault("99 of 100 shots")

    for _ in range(2):
        vendor.looks, before = 0, vendor.seconds()
        with pytest.raises(Suspended, match=r"0000/1: task arn:task/0 completed and is paid, .*99 of 100 shots"):
            whole(money, vendor, check)
        assert vendor.seconds() - before < 60, "a few readings tell"
    assert len(vendor.tasks()) == 2
    standing = pilot_standing(money.stores.journal, "wine", money.usd)
    assert (standing.billed, standing.reserved) == (PRICE, PRICE)
    assert len(whole(money, vendor)) == 2


def test_several_troubles_are_all_said(money, vendor):
    paid = pay(KEY, FINGERPRINT, prepare, money, vendor, patient(vendor))
    for reference in paid.references:
        vendor.cancel(reference)
    with pytest.raises(Suspended, match=r"arn:task/0 was cancelled.*arn:task/1 was cancelled"):
        finish(paid, money, vendor, patient(vendor))


def test_a_refusal_frees_the_money_and_goes_up(money, vendor):
    vendor.faults["create"] = [DENIED]
    with pytest.raises(Refused, match="access denied"):
        whole(money, vendor)
    assert pilot_standing(money.stores.journal, "wine", money.usd).left == money.usd
    assert len(whole(money, vendor)) == 2


def test_throttling_that_does_not_end_frees_the_money(money, vendor):
    vendor.faults["create"] = [THROTTLED] * 1000
    with pytest.raises(Refused, match="too many requests"):
        whole(money, vendor)
    assert pilot_standing(money.stores.journal, "wine", money.usd).left == money.usd
    assert vendor.tasks() == ()


def test_a_refusal_after_a_lost_answer_frees_nothing(money, vendor):
    vendor.lag_seconds = 300
    vendor.faults["create"] = [LOST_ANSWER, DENIED]
    with pytest.raises(Suspended, match=r"refused \(access denied.*may have been taken; its \$1.50 stay reserved"):
        whole(money, vendor)
    assert pilot_standing(money.stores.journal, "wine", money.usd).reserved == PRICE
    assert len(whole(money, vendor)) == 2
    assert len(vendor.tasks()) == 2


def test_a_list_that_is_not_answered_stops_before_anything_is_sent(money, vendor):
    vendor.faults["find"] = [SILENT] * 1000
    with pytest.raises(Suspended, match=r"the list of the tasks on .* got no answer"):
        whole(money, vendor)
    assert vendor.tasks() == ()


def test_a_service_that_never_answers_a_creation_is_parked_after_nine_minutes(money, vendor):
    vendor.faults["create"] = [SILENT] * 1000
    before = vendor.seconds()
    with pytest.raises(Suspended, match="parked"):
        whole(money, vendor)
    assert 540 < vendor.seconds() - before < 640
    assert money.stores.journal.get("parked", f"{KEY}/0000/1") is not None


def test_a_clock_that_was_set_back_lets_nothing_be_sent_again(folder, money, vendor):
    vendor.faults["create"] = [Unanswered("broken"), *[QpilotError("killed")] * 5]
    with pytest.raises(QpilotError, match="killed"):
        whole(money, vendor)
    vendor.faults["create"] = []
    vendor.advance(-3600)
    with pytest.raises(Suspended, match="parked"):
        whole(money, vendor)
    assert vendor.tasks() == ()


def test_a_task_over_the_budget_is_not_reserved_and_the_one_before_stays(folder, vendor):
    money = purse(stores(folder, vendor), "2.00")
    with pytest.raises(
        OverBudget, match=r"a task of \$1.50 would pass the limit of pilot 'wine' .*\$0.50 of \$2.00 is left"
    ):
        whole(money, vendor)
    assert len(vendor.tasks()) == 1
    assert len(whole(purse(money.stores, "3.00"), vendor)) == 2


def test_the_vendor_is_asked_to_hold_the_limit_once_before_anything_is_reserved(folder, vendor):
    money = purse(stores(folder, vendor), spending_limit=True)
    with pytest.raises(QpilotError, match="this backend can set none"):
        whole(money, vendor)
    asked: list[int] = []

    def wall() -> str:
        asked.append(len(money.stores.journal.find("reserved")))
        return "$100.00 on the device"

    assert len(whole(money, vendor, wall=wall)) == 2
    assert len(whole(money, vendor, wall=wall)) == 2
    assert asked == [0]
    assert money.stores.journal.get("wall", RUN).payload == {"said": "$100.00 on the device"}


def test_a_bill_above_its_reservation_is_recorded_as_it_is(money, vendor):
    class Dear(Vendor):
        def bill(self, work, task, result):
            return Decimal("9.99")

    dear = Dear()
    whole(money, dear)
    standing = pilot_standing(money.stores.journal, "wine", money.usd)
    assert (standing.billed, standing.left) == (Decimal("19.98"), Decimal("3.00") - Decimal("19.98"))
