"""No cent is reserved that nobody approved: not without a grant, not past it, not after it, not at another price."""

import threading
from datetime import timedelta
from decimal import Decimal

import pytest

from qpilot.approval import Answer, approve, granted, reject
from qpilot.approval.grants import Grant
from qpilot.errors import QpilotError, Unapproved
from qpilot.job import Stores
from qpilot.spending import accounts
from qpilot.spending.accounts import OverBudget
from qpilot.spending.batches import finish, pay
from qpilot.spending.purse import purse as purse_of
from qpilot.spending.service import Refused
from tests.approval.asking import PRICES, RUN, Asking, payload, yes
from tests.spending.purses import FINGERPRINT, patient, prepare, purse
from tests.spending.vendor import PRICE, Vendor

LONG = timedelta(hours=72)


@pytest.fixture
def vendor():
    return Vendor()


@pytest.fixture
def run(tmp_path):
    return Asking.of(tmp_path)


def kept(run, vendor) -> Stores:
    return Stores(run.home.journal, run.home.artifacts, vendor.now)


def buy(run, vendor, approved: Grant | None, batch: int = 0, **changed):
    money = purse(kept(run, vendor), unattended=False, approved=approved, deadline_hours=1000.0, **changed)
    paid = pay(f"{RUN}/{batch:04d}", FINGERPRINT, prepare, money, vendor, patient(vendor))
    return paid, money


def allowed(run, vendor, usd: str, because: str = "", **changed) -> Grant:
    """A person approves what is asked, now, up to so much."""
    request = run.ask(vendor.seconds() / 3600, because, **changed)
    approve(run.home, RUN, yes("Ada", usd, digest=request.digest), vendor.now())
    grant = granted(run.home.journal, RUN, request.payload.digest, vendor.now())
    assert grant is not None
    return grant


def purse_again(run, vendor):
    """The purse once the run was approved anew."""
    return purse(kept(run, vendor), unattended=False, approved=allowed(run, vendor, "50"), deadline_hours=1000.0)


def reserved(run) -> int:
    return len(run.home.journal.find("reserved"))


def test_without_an_approval_nothing_is_reserved(run, vendor):
    with pytest.raises(Unapproved, match=r"nobody approved .*approval\.when"):
        buy(run, vendor, None)
    run.ask()
    with pytest.raises(Unapproved):
        buy(run, vendor, None)
    assert (reserved(run), vendor.tasks()) == (0, ())


def test_a_pilot_that_is_never_approved_spends_as_before(tmp_path, vendor):
    run = Asking.of(tmp_path, 'approval.when="never"')
    money = purse_of(run.job, kept(run, vendor))
    pay(f"{RUN}/0000", FINGERPRINT, prepare, money, vendor, patient(vendor))
    assert (money.unattended, len(vendor.tasks())) == (True, 2)


@pytest.mark.parametrize("when", ["charged", "always"])
def test_any_other_pilots_purse_waits_for_a_person(tmp_path, vendor, when):
    run = Asking.of(tmp_path, f'approval.when="{when}"')
    with pytest.raises(Unapproved):
        pay(f"{RUN}/0000", FINGERPRINT, prepare, purse_of(run.job, kept(run, vendor)), vendor, patient(vendor))
    assert (reserved(run), vendor.tasks()) == (0, ())


@pytest.mark.parametrize(("usd", "tasks"), [("2.99", 1), ("3.00", 2), ("3.01", 2), ("1.49", 0)])
def test_the_maximum_holds_to_the_cent(run, vendor, usd, tasks):
    grant = allowed(run, vendor, usd)
    if tasks == 2:
        buy(run, vendor, grant)
    else:
        with pytest.raises(Unapproved, match="would pass the"):
            buy(run, vendor, grant)
    assert (reserved(run), len(vendor.tasks())) == (tasks, tasks)


def test_exhausted_in_the_middle_what_exists_is_collected_and_more_is_asked(run, vendor):
    grant = allowed(run, vendor, "4.00")
    first, money = buy(run, vendor, grant)
    with pytest.raises(Unapproved, match=r"\$1\.50 more would pass the \$4\.00 .* \$3\.00 of it") as refusal:
        buy(run, vendor, grant, batch=1)
    assert (len(finish(first, money, vendor, patient(vendor))), reserved(run)) == (2, 2)
    with pytest.raises(Unapproved):
        buy(run, vendor, grant, batch=1)  # settled is taken as well
    more = allowed(run, vendor, "6.00", because=str(refusal.value))
    buy(run, vendor, more, batch=1)
    with pytest.raises(Unapproved):
        buy(run, vendor, more, batch=2)
    assert (reserved(run), len(vendor.tasks())) == (4, 4)


def test_ended_in_the_middle_what_exists_is_collected_and_it_is_asked_again(run, vendor):
    grant = allowed(run, vendor, "50")
    first, money = buy(run, vendor, grant)
    vendor.advance(LONG.total_seconds())
    with pytest.raises(Unapproved, match="ended on 2026-03-04 12:00 UTC"):
        buy(run, vendor, grant, batch=1)
    assert len(finish(first, money, vendor, patient(vendor))) == 2
    again = allowed(run, vendor, "50")
    buy(run, vendor, again, batch=1)
    assert (reserved(run), len(vendor.tasks())) == (4, 4)


def test_a_failed_task_is_not_made_anew_once_the_approval_ended(run, vendor):
    grant = allowed(run, vendor, "50")
    vendor.will_end(f"{RUN}/0000/0000/1", "FAILED")
    first, money = buy(run, vendor, grant)
    vendor.advance(LONG.total_seconds())
    with pytest.raises(Unapproved):
        finish(first, money, vendor, patient(vendor))
    assert len(vendor.tasks()) == 2
    assert len(finish(first, purse_again(run, vendor), vendor, patient(vendor))) == 2
    assert len(vendor.tasks()) == 3


def test_what_is_refused_for_now_until_the_approval_ends_is_not_sent_after(run, vendor):
    grant = allowed(run, vendor, "50")
    vendor.advance(LONG.total_seconds() - 5)
    vendor.faults["create"] += [Refused("throttled", again=True)] * 5
    with pytest.raises(Unapproved, match="ended before"):
        buy(run, vendor, grant)
    assert (vendor.tasks(), reserved(run), len(run.home.journal.find("released"))) == ((), 1, 1)
    vendor.faults.clear()
    buy(run, vendor, allowed(run, vendor, "50"))
    assert len(vendor.tasks()) == 2


def test_a_dearer_device_is_asked_anew_and_a_cheaper_task_is_not(run, vendor):
    dearer = PRICES.model_copy(update={"usd_per_shot": Decimal("0.0099")})
    with pytest.raises(Unapproved, match=r"become dearer: 1 x 100 shots cost \$1\.50, and were approved at \$1\.49"):
        buy(run, vendor, allowed(run, vendor, "50", prices=dearer))
    assert reserved(run) == 0
    cheaper = PRICES.model_copy(update={"usd_per_shot": Decimal("0.02")})
    buy(run, vendor, allowed(run, vendor, "50", prices=cheaper))
    assert reserved(run) == 2


def test_what_was_superseded_or_rejected_buys_nothing(run, vendor):
    grant = allowed(run, vendor, "50")
    run.ask(1, shots=200)
    with pytest.raises(Unapproved, match="is for something else than is run now"):
        buy(run, vendor, grant)
    reject(run.home, RUN, Answer("Ada"), vendor.now())
    with pytest.raises(Unapproved):
        buy(run, vendor, grant)
    assert reserved(run) == 0


def test_a_grant_that_nobody_gave_buys_nothing(run, vendor):
    run.ask()
    grant = Grant(
        run=RUN, request="f" * 64, payload=payload().digest, max_usd=Decimal(99), until=vendor.now() + LONG,
        prices=PRICES, names=("Ada",),
    )  # fmt: skip
    with pytest.raises(Unapproved):
        buy(run, vendor, grant)
    assert reserved(run) == 0


def test_a_larger_grant_than_was_given_is_the_one_that_was_given(run, vendor):
    grant = allowed(run, vendor, "1.50").model_copy(update={"max_usd": Decimal(99)})
    with pytest.raises(Unapproved, match=r"would pass the \$1\.50"):
        buy(run, vendor, grant)
    assert reserved(run) == 1


def test_a_limit_of_the_budget_is_said_before_a_larger_approval_is_asked(run, vendor):
    grant = allowed(run, vendor, "1.50")
    with pytest.raises(OverBudget):
        buy(run, vendor, grant, usd="2")
    assert reserved(run) == 1


def test_other_runs_do_not_take_from_an_approval(run, vendor):
    other = purse(kept(run, vendor), run="beer-01234567-1", owner="beer")
    pay("beer-01234567-1/0000", FINGERPRINT, prepare, other, vendor, patient(vendor))
    buy(run, vendor, allowed(run, vendor, "3"))
    assert reserved(run) == 4


def test_many_at_once_never_pass_an_approval(run, vendor):
    """Six processes' worth of threads reserve one-dollar-fifty tasks under a grant of five dollars."""
    grant = allowed(run, vendor, "5.00")
    now, outcomes, ready = vendor.now(), [], threading.Barrier(6)
    money = purse(Stores(run.home.journal, run.home.artifacts, lambda: now), unattended=False, approved=grant)

    def reserve(number: int) -> None:
        ready.wait()
        check = accounts.guard(money, PRICE, 1, 100)
        content = {"owner": "wine", "account": None, "usd": str(PRICE)}
        try:
            money.stores.journal.append("reserved", f"{RUN}/0000/{number:04d}/1", content, now, check)
        except QpilotError as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=reserve, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (reserved(run), outcomes) == (3, [Unapproved] * 3)
