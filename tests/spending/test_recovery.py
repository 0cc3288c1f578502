"""What the vendor has and the journal has not: taken back in, or said; never bought beside it."""

import pytest

from qpilot.errors import QpilotError, Suspended
from qpilot.record.journal import Journal
from qpilot.spending import accounts, resolution
from qpilot.spending.attempts import Name, token
from qpilot.spending.batches import finish, pay
from qpilot.spending.service import Work
from tests.spending.purses import FINGERPRINT, KEY, RUN, patient, prepare, purse, stores
from tests.spending.vendor import DENIED, DEVICE, LOST_ANSWER, PRICE, SILENT, Vendor

ITEM = f"{KEY}/0000/1"


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


def whole(folder, vendor, key=KEY):
    money = purse(stores(folder, vendor))
    paid = pay(key, FINGERPRINT, prepare, money, vendor, patient(vendor))
    return finish(paid, money, vendor, patient(vendor))


def forget(folder):
    """The whole journal is gone; the artifacts are not."""
    for path in folder.glob("journal.db*"):
        path.unlink()


def test_a_lost_journal_is_made_good_with_every_batch_of_the_run(folder, vendor):
    first, second = whole(folder, vendor), whole(folder, vendor, f"{RUN}/0001")
    forget(folder)
    vendor.advance(30 * 24 * 3600)
    assert whole(folder, vendor) == first
    journal = stores(folder, vendor).journal
    assert len(journal.find("task")) == 4, "the second batch is back as well, with its money"
    assert all(entry.payload["found"] for entry in journal.find("reserved"))
    assert {entry.payload["how"] for entry in journal.find("task")} == {"found"}
    assert whole(folder, vendor, f"{RUN}/0001") == second
    assert len(vendor.tasks()) == 4


def test_without_the_plan_nothing_is_bought_and_the_tasks_are_named(folder, vendor):
    whole(folder, vendor)
    forget(folder)
    money = purse(stores(folder / "elsewhere", vendor))
    for _ in range(2):
        with pytest.raises(
            Suspended, match=r"plan is in neither the journal nor the artifacts: arn:task/0 .*arn:task/1"
        ):
            pay(KEY, FINGERPRINT, prepare, money, vendor, patient(vendor))
    assert len(vendor.tasks()) == 2
    parked = money.stores.journal.find("parked")
    assert [entry.key for entry in parked] == [ITEM, f"{KEY}/0001/1"]
    assert sum(float(entry.payload["usd"]) for entry in money.stores.journal.find("reserved")) == float(2 * PRICE)


def test_the_plan_restored_from_a_backup_goes_on(folder, vendor):
    done = whole(folder, vendor)
    (folder / "journal.db").rename(folder / "gone.db")
    (folder / "artifacts").rename(folder / "backup")
    with pytest.raises(Suspended, match="Restore the artifacts from a backup"):
        whole(folder, vendor)
    for path in (folder / "backup").glob("??/*"):
        (folder / "artifacts" / path.parent.name).mkdir(parents=True, exist_ok=True)
        (folder / "artifacts" / path.parent.name / path.name).write_bytes(path.read_bytes())
    assert whole(folder, vendor) == done


def test_two_tasks_with_one_name_are_said_until_a_person_chooses(folder, vendor):
    money = purse(stores(folder, vendor))
    vendor.faults["create"] = ["", QpilotError("killed")]
    with pytest.raises(QpilotError, match="killed"):
        pay(KEY, FINGERPRINT, prepare, money, vendor, patient(vendor))
    twin = vendor.plant(Work(DEVICE, b"twin", 100, PRICE), vendor.task("arn:task/0").tags)
    said = rf"{ITEM} is 2 tasks at the vendor.*arn:task/0, {twin}.*qpilot resolve"
    for _ in range(2):
        with pytest.raises(Suspended, match=said):
            whole(folder, vendor)
    with pytest.raises(QpilotError, match="is task arn:task/0 in the journal, and goes on with it"):
        resolution.resolve(money.stores.journal, ITEM, twin, "Ada", "", vendor.now(), vendor)
    resolution.resolve(money.stores.journal, ITEM, "arn:task/0", "Ada", "", vendor.now(), vendor)
    assert [one.reference for one in whole(folder, vendor)] == ["arn:task/0", "arn:task/2"]


def test_two_tasks_that_a_lost_journal_knew_are_said_too(folder, vendor):
    whole(folder, vendor)
    twin = vendor.plant(Work(DEVICE, b"twin", 100, PRICE), vendor.task("arn:task/0").tags)
    forget(folder)
    with pytest.raises(Suspended, match=f"{ITEM} is 2 tasks"):
        whole(folder, vendor)
    resolution.resolve(stores(folder, vendor).journal, ITEM, "arn:task/0", "Ada", "", vendor.now(), vendor)
    assert [one.reference for one in whole(folder, vendor)] == ["arn:task/0", "arn:task/1"]
    assert twin == "arn:task/2"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"qpilot-token": "f" * 64}, "made from another program, device or pilot file"),
        ({"qpilot-item": "nonsense"}, "names no task of it"),
        ({"qpilot-item": f"{KEY}/0077/1"}, "names a task that its batch's plan does not have"),
        ({"qpilot-plan": "e" * 64}, "2 plans"),
    ],
)
def test_a_task_with_the_runs_tags_that_is_not_its_own_stops_everything(folder, vendor, change, said):
    whole(folder, vendor)
    tags = vendor.task("arn:task/1").tags | {"qpilot-item": f"{KEY}/0001/1"}
    vendor.base.execute("delete from tasks where reference = 'arn:task/1'")
    vendor.plant(Work(DEVICE, b"twin", 100, PRICE), tags | change)
    forget(folder)
    with pytest.raises(Suspended, match=said):
        whole(folder, vendor)
    assert len(vendor.tasks()) == 2


def test_another_runs_tasks_are_nobodys_business(folder, vendor):
    tags = {"qpilot-run": RUN + "2", "qpilot-item": f"{RUN}2/0000/0000/1", "qpilot-plan": "e" * 64}
    vendor.plant(Work(DEVICE, b"other", 100, PRICE), tags)
    vendor.plant(Work(DEVICE, b"untagged", 100, PRICE), {"qpilot-item": ITEM})
    assert len(whole(folder, vendor)) == 2
    assert len(vendor.tasks()) == 4


def test_what_a_person_called_never_run_and_ran_is_taken_back_before_it_is_bought_again(folder, vendor):
    money = purse(stores(folder, vendor))
    vendor.lag_seconds = 10_000
    vendor.hook = lambda event: vendor.advance(700) if event == "create:after" else None
    vendor.faults["create"] = ["lost answer"]
    with pytest.raises(Suspended, match="parked"):
        pay(KEY, FINGERPRINT, prepare, money, vendor, patient(vendor))
    vendor.hook = lambda event: None
    resolution.resolve(money.stores.journal, ITEM, None, "Ada", "not in the console", vendor.now(), vendor)
    vendor.lag_seconds = 0
    assert len(whole(folder, vendor)) == 2
    assert len(vendor.tasks()) == 2


def test_what_a_person_called_never_run_and_ran_is_said_once_it_was_bought_again(folder, vendor):
    money = purse(stores(folder, vendor))
    vendor.lag_seconds = 10_000
    vendor.hook = lambda event: vendor.advance(700) if event == "create:after" else None
    vendor.faults["create"] = ["lost answer"]
    with pytest.raises(Suspended, match="parked"):
        pay(KEY, FINGERPRINT, prepare, money, vendor, patient(vendor))
    vendor.hook = lambda event: None
    resolution.resolve(money.stores.journal, ITEM, None, "Ada", "not in the console", vendor.now(), vendor)
    whole(folder, vendor)
    vendor.lag_seconds = 0
    with pytest.raises(Suspended, match=rf"{ITEM}\.2 is 2 tasks"):
        whole(folder, vendor, f"{RUN}/0001")
    assert len(vendor.tasks()) == 3, "the next batch buys nothing before a person has looked"


def test_a_failed_task_whose_replacement_the_journal_lost_is_not_replaced_again(folder, vendor):
    vendor.will_end(ITEM, "FAILED")
    whole(folder, vendor)
    journal = (folder / "journal.db").rename(folder / "whole.db")
    first_five = ("plan", "reserved", "task", "reserved", "task")
    entries = [entry for kind in ("plan", "reserved", "task", "settled") for entry in Journal(journal).find(kind)]
    for kind, entry in zip(first_five, sorted(entries, key=lambda entry: entry.seq), strict=False):
        assert entry.kind == kind
        Journal(folder / "journal.db").append(entry.kind, entry.key, entry.payload, vendor.now())
    vendor.advance(3600)
    assert [one.reference for one in whole(folder, vendor)] == ["arn:task/2", "arn:task/1"]
    assert len(vendor.tasks()) == 3


def test_a_refusal_after_a_restart_frees_nothing(folder, vendor):
    vendor.lag_seconds = 300
    vendor.faults["create"] = [LOST_ANSWER, QpilotError("killed")]
    with pytest.raises(QpilotError, match="killed"):
        whole(folder, vendor)
    vendor.faults["create"] = [DENIED]
    with pytest.raises(Suspended, match="may have been taken"):
        whole(folder, vendor)
    standing = accounts.pilot_standing(stores(folder, vendor).journal, "wine", PRICE)
    assert (standing.reserved, standing.left) == (PRICE, 0)
    assert len(whole(folder, vendor)) == len(vendor.tasks()) == 2


def test_a_task_the_list_shows_is_taken_while_nothing_is_answered(folder, vendor):
    vendor.lag_seconds = 30
    vendor.faults["create"] = [LOST_ANSWER, *[SILENT] * 1000]
    money = purse(stores(folder, vendor))
    with pytest.raises(Suspended, match=f"{KEY}/0001/1 is parked"):
        pay(KEY, FINGERPRINT, prepare, money, vendor, patient(vendor))
    assert money.stores.journal.get("task", ITEM).payload == {"reference": "arn:task/0", "how": "found"}


def test_a_second_attempt_beside_one_that_did_not_fail_is_said(folder, vendor):
    whole(folder, vendor)
    work = stores(folder, vendor).journal.get("reserved", ITEM).payload
    second = token("p" * 64, Name.of(f"{KEY}/0000/2"), DEVICE, 100, work["action"])
    tags = vendor.task("arn:task/0").tags | {"qpilot-item": f"{KEY}/0000/2", "qpilot-token": second}
    vendor.plant(Work(DEVICE, b"twin", 100, PRICE), tags)
    forget(folder)
    with pytest.raises(Suspended, match=r"0000/2 is 2 tasks at the vendor.*arn:task/0, arn:task/2"):
        whole(folder, vendor)
    assert len(vendor.tasks()) == 3
