"""A run's tasks as Braket's own cost tracker prices them: a second opinion on our books."""

from collections.abc import Sequence
from decimal import Decimal

from braket.tracking import Tracker
from braket.tracking.tracking_events import _TaskCreationEvent, _TaskStatusEvent

from gates.wording import dollars, plural
from qpilot.braket.prices import price_list
from qpilot.errors import QpilotError
from qpilot.spending.ledger import Line


def tracked(lines: Sequence[Line]) -> tuple[Decimal | None, str]:
    """(dollars of the settled tasks on devices by Braket's Tracker, a sentence where ours are others, empty where not).

    None where the price list, which the tracker reads anew for a process, cannot be read. A simulator's tasks are left
    out of both: the tracker prices the time it saw them run.
    """
    settled = [
        line for line in lines if line.billed_usd is not None and line.reference and "simulator/" not in line.device
    ]
    try:
        if settled:
            price_list()  # the tracker's own reading has no timeout
        priced = {line.attempt: _priced(line) for line in settled}
    except (QpilotError, ValueError) as error:
        return None, f"not held against Braket's cost tracker: {error}"
    total = sum(priced.values(), Decimal(0))
    ours = sum((line.billed_usd or Decimal(0) for line in settled), Decimal(0))
    other = [line for line in settled if line.billed_usd != priced[line.attempt]]
    if not other:
        return total, ""
    named = "; ".join(
        f"{line.attempt} {line.state}: {dollars(line.billed_usd or Decimal(0))} here, {dollars(priced[line.attempt])} there"
        for line in other[:5]
    )
    return total, (
        f"Braket's cost tracker counts {dollars(total)} by the price list of today, our books {dollars(ours)}; they differ on"
        f" {plural(len(other), 'task')}: {named}"
    )


def _priced(line: Line) -> Decimal:
    """Raises ValueError where the price list has no such product."""
    tracker = Tracker()
    tracker.receive_event(
        _TaskCreationEvent(arn=line.reference, shots=line.shots, is_job_task=False, device=line.device)
    )
    tracker.receive_event(_TaskStatusEvent(arn=line.reference, status=line.state))
    usd: Decimal = tracker.qpu_tasks_cost()
    return usd
