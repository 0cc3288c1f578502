"""One attempt at one task of a plan, and everything that is sent for it."""

from dataclasses import dataclass

from pydantic import JsonValue

from qpilot.errors import Suspended
from qpilot.spending.attempts import ITEM_TAG, PLAN_TAG, RUN_TAG, TOKEN_TAG, Name, token
from qpilot.spending.plans import Plan
from qpilot.spending.service import Work


@dataclass(frozen=True)
class Order:
    """An attempt, the plan it belongs to, its program and its token."""

    name: Name
    plan: Plan
    work: Work
    token: str

    @property
    def tags(self) -> dict[str, str]:
        """What finds the task again when nothing else is left of it."""
        return {
            ITEM_TAG: self.name.first.text,
            RUN_TAG: self.name.run,
            PLAN_TAG: self.plan.sha256,
            TOKEN_TAG: self.token,
        }

    def reservation(self, owner: str, account: str | None) -> dict[str, JsonValue]:
        """The payload of its `reserved` entry."""
        return {
            "owner": owner,
            "account": account,
            "usd": str(self.work.usd),
            "token": self.token,
            "device": self.work.device,
            "action": self.plan.actions[int(self.name.work)],
            "shots": self.work.shots,
            "plan": self.plan.sha256,
        }


def order(pilot: str, plan: Plan, name: Name) -> Order:
    """The order of an attempt. Raises Suspended where the plan has no such work."""
    place = int(name.work)
    if place >= len(plan.works):
        raise Suspended(f"{name.text} names a task that its batch's plan does not have ({len(plan.works)} tasks)")
    work = plan.works[place]
    return Order(name, plan, work, token(pilot, name, work.device, work.shots, plan.actions[place]))
