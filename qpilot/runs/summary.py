"""How a run ended, and what a command ends with."""

from decimal import Decimal
from typing import Any, Literal

from gates.records import Outcome, Record, Verdict

Ending = Literal["GO", "NO_GO", "INCONCLUSIVE", "AWAITING_APPROVAL", "REJECTED", "ERROR"]
EXIT_CODES: dict[Ending, int] = {
    "GO": 0,
    "ERROR": 1,
    "NO_GO": 3,
    "REJECTED": 3,
    "INCONCLUSIVE": 4,
    "AWAITING_APPROVAL": 5,
}

ENDINGS: dict[Outcome, Ending] = {Outcome.GO: "GO", Outcome.INCONCLUSIVE: "INCONCLUSIVE", Outcome.NO_GO: "NO_GO"}
"""How a run ends whose worst verdict is this."""


class Summary(Record):
    """How a run ended. `report` is an absolute path, `model` is `name@version`.

    suspended: it ended with an ERROR that the same command may get over later (a queue, an outage, a used-up account).
    """

    run: str | None
    outcome: Ending
    verdicts: tuple[Verdict, ...] = ()
    charged_usd: Decimal = Decimal(0)
    device_usd: Decimal = Decimal(0)
    report: str | None = None
    model: str | None = None
    error: str | None = None
    suspended: bool = False

    def machine(self) -> dict[str, Any]:
        """The one object a command prints with --json: verdicts without the digests they are bound to."""
        plain: Any = self.plain()
        short = [{name: verdict[name] for name in ("gate", "outcome", "checks")} for verdict in plain["verdicts"]]
        del plain["suspended"]
        return {**plain, "verdicts": short}

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        return EXIT_CODES[self.outcome]

    @property
    def reason(self) -> str:
        """The sentence that decided."""
        if self.error is not None:
            return self.error
        reasons = [
            check.reason for verdict in self.verdicts for check in verdict.checks if check.outcome == self.outcome
        ]
        if self.outcome == "GO" and self.verdicts:
            return self.verdicts[-1].reason
        if self.outcome == "AWAITING_APPROVAL":
            return (
                "A person has to approve before the device is used (approval.when):"
                f" `qpilot approve {self.run} --max-usd N --approver NAME`, then run again."
            )
        return reasons[0] if reasons else "no gate was reached"
