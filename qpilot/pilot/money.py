"""The pilot file's sections [budget] and [approval]: what may be spent, and on whose word."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from gates.records import Record
from qpilot.persons import person


class Budget(Record):
    """What a pilot may be billed over all its tries, and how long a task may wait.

    `account`: pilots that name one account share its limit too. `spending_limit`: a limit of this budget is set at the
    vendor as well, where that is allowed; it binds everybody who uses the device from that account.
    `classical_usd_per_hour`: what an hour of this machine is taken to cost.
    """

    usd: Decimal = Field(ge=0)
    account: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,47}$")
    queue_hours: float = Field(gt=0)
    spending_limit: bool = False
    classical_usd_per_hour: Decimal = Field(default=Decimal(0), ge=0)


class Approval(Record):
    """When a person is asked before money is spent, and whose word counts.

    identity: "stated" takes the name that was typed, "signed" a signature by that person's key in QPILOT_HOME's
    approvers.toml. approvers: who may approve; empty for anybody. four_eyes: two of them have to, neither of whom started
    the run. expires_hours: until when a request may be answered, and an approval be used.
    """

    when: Literal["charged", "always", "never"] = "charged"
    identity: Literal["stated", "signed"] = "stated"
    approvers: tuple[str, ...] = ()
    four_eyes: bool = False
    expires_hours: float = Field(default=72, gt=0, le=24 * 366)

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        known = {person(name) for name in self.approvers}
        if len(known) < len(self.approvers):
            raise ValueError("approvers names somebody twice (names differ in more than case and spaces)")
        if self.identity == "signed" and not known:
            raise ValueError('identity = "signed" needs approvers: the names whose keys are in approvers.toml')
        if self.four_eyes and len(known) < 2:
            raise ValueError("four_eyes needs approvers: two names or more, none of them who starts the run")
        return self

    @property
    def needed(self) -> int:
        """How many have to approve."""
        return 2 if self.four_eyes else 1
