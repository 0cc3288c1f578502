"""The plan of a batch, and every task its run has at the vendor, in the journal again whatever the journal lost."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

from qpilot.errors import QpilotError, Suspended
from qpilot.spending import plans, reconcile
from qpilot.spending.attempts import PLAN_TAG, Attempt, Name, attempts, bearer
from qpilot.spending.cashier import Cashier
from qpilot.spending.orders import order
from qpilot.spending.plans import PLAN, Plan, Prepare, Prepared
from qpilot.spending.service import Task


@dataclass(frozen=True)
class Batch:
    """A batch's key, and the fingerprint of what it measures."""

    key: str
    fingerprint: str


def recover(cashier: Cashier, batch: Batch, prepare: Prepare) -> Plan:
    """The batch's plan, which stands in the journal; and so does every task of the run that the service lists.

    The service is asked once, before anything is sent: a journal that lost its end must not buy again what it bought.
    `prepare` is called where no plan of the batch is left anywhere. Raises Suspended where a task's plan is gone.
    """
    stores = cashier.purse.stores
    plan = _planned(cashier, batch)
    if plan is not None and _complete(plan, attempts(stores.journal.find, f"{batch.key}/")):
        return plan
    source = plan or plans.orphan(stores.artifacts, batch.key, batch.fingerprint) or prepare()
    since = cashier.now() - reconcile.REMEMBERED
    tasks = [task for device in _devices(source) for task in reconcile.listed(cashier, device, since)]
    for key, group in groupby(
        sorted(tasks, key=lambda task: reconcile.named(task).item), lambda task: reconcile.named(task).key
    ):
        _take_in(cashier, key, [*group], source if key == batch.key else None)
    plan = _planned(cashier, batch)
    if plan is None:
        kept = (
            plans.store(stores.artifacts, batch.key, batch.fingerprint, source)
            if isinstance(source, Prepared)
            else source
        )
        _enter(cashier, kept)
        plan = _planned(cashier, batch)
    if plan is None:
        raise QpilotError(
            f"the journal {stores.journal.where} lost the plan of {batch.key} as it was recorded; run again"
        )
    return plan


def _planned(cashier: Cashier, batch: Batch) -> Plan | None:
    """The plan the journal names. Raises QpilotError where it is another batch's."""
    plan = _entered(cashier, batch.key)
    if plan is not None and (plan.key, plan.fingerprint) != (batch.key, batch.fingerprint):
        raise QpilotError(
            f"{batch.key} was planned for another batch; start the pilot anew instead of continuing this run"
        )
    return plan


def _entered(cashier: Cashier, key: str) -> Plan | None:
    entry = cashier.purse.stores.journal.get(PLAN, key)
    if entry is None:
        return None
    return plans.load(cashier.purse.stores.artifacts, cast(dict[str, Any], entry.payload)["plan"])


def _enter(cashier: Cashier, plan: Plan) -> None:
    cashier.record(PLAN, plan.key, {"plan": plan.sha256, "batch": plan.fingerprint})


def _complete(plan: Plan, standing: tuple[Attempt, ...]) -> bool:
    """Whether every work has a task, so that nothing would be sent."""
    have = {int(one.name.work) for one in standing if one.reference is not None}
    return have == set(range(len(plan.works)))


def _devices(source: Plan | Prepared) -> list[str]:
    return sorted({work.device for work in source.works})


def _take_in(cashier: Cashier, key: str, tasks: list[Task], source: Plan | Prepared | None) -> None:
    """The tasks of one batch stand in the journal, under the plan they were made from.

    Raises Suspended where that plan is gone and the batch is the one to be paid now (`source`); else they are parked.
    """
    plan = _entered(cashier, key) or _named_plan(cashier, key, tasks)
    for name, group in reconcile.by_name(tasks).items():
        if plan is not None:
            reconcile.adopt(cashier, order(cashier.purse.pilot, plan, name), group)
        else:
            _park(cashier, name, group, source)
    if plan is None and source is not None:
        raise Suspended(_lost_sentence(key, tasks))


def _named_plan(cashier: Cashier, key: str, tasks: list[Task]) -> Plan | None:
    """The plan the tasks name in their tags, entered in the journal again; None where its artifact is gone."""
    artifacts = cashier.purse.stores.artifacts
    names = {task.tags.get(PLAN_TAG, "") for task in tasks}
    if len(names) > 1:
        raise Suspended(
            f"the tasks of batch {key} were made from {len(names)} plans ({', '.join(sorted(names))}), which one journal"
            f" never does: {', '.join(task.reference for task in tasks)}; nothing more is submitted. If another journal runs"
            " the same pilot, go on there, or change this pilot file (its seed will do)"
        )
    (name,) = names
    if len(name) != 64 or name not in artifacts:
        return None
    plan = plans.load(artifacts, name)
    if plan.key != key:
        return None
    _enter(cashier, plan)
    return plan


def _park(cashier: Cashier, name: Name, tasks: list[Task], source: Plan | Prepared | None) -> None:
    """The journal says that the attempt is a task whose plan is gone, and reserves its price where that is known."""
    name = bearer(cashier.purse.stores.journal.find, name)
    reconcile.require_one(cashier, name, tasks)
    if source is not None and int(name.work) < len(source.works):
        purse, work = cashier.purse, source.works[int(name.work)]
        cashier.record(
            "reserved",
            name.text,
            {
                "owner": purse.owner,
                "account": purse.account,
                "usd": str(work.usd),
                "token": tasks[0].tags.get("qpilot-token", ""),
                "device": work.device,
                "action": "",
                "shots": tasks[0].shots,
                "plan": tasks[0].tags.get(PLAN_TAG, ""),
                "found": True,
            },
        )
    cashier.record(
        "parked", name.text, {"why": f"it is task {tasks[0].reference}, whose plan this journal does not have"}
    )


def _lost_sentence(key: str, tasks: list[Task]) -> str:
    listed = ", ".join(f"{task.reference} ({task.state})" for task in tasks)
    return (
        f"the vendor has tasks of batch {key} whose plan is in neither the journal nor the artifacts: {listed}. They are"
        " paid, and nothing is submitted beside them. Restore the artifacts from a backup and run again; or, if another"
        " journal runs the same pilot, go on there, or change this pilot file (its seed will do)"
    )
