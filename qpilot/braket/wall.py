"""A spending limit at Amazon Braket as the second wall around a budget: what our own books miss, the service refuses."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

from gates.records import digest
from gates.wording import dollars
from qpilot.braket.faults import told
from qpilot.braket.service import BraketService
from qpilot.errors import QpilotError

OWNER_TAG = "qpilot-owner"


def raise_wall(service: BraketService, device: str, owner: str, usd: Decimal) -> str:
    """What is held at Amazon Braket for `device` from now on, in a sentence; called again it is the same limit.

    owner: the pilot, whose own limit is changed to `usd`; another's is left as it is. Where none can be set, the sentence
    says so: the budget is kept without.
    """
    amount = usd.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    try:
        return _raised(service, device, owner, amount)
    except QpilotError as error:
        return f"no spending limit was set at Amazon Braket ({error}); the budget is kept here alone"


def _raised(service: BraketService, device: str, owner: str, amount: Decimal) -> str:
    session = service.session(device)
    if "simulator/" in device:
        return "Amazon Braket sets no spending limits on simulators; the budget is kept here alone"
    with told("SearchSpendingLimits", device, session.region):
        filters = [{"name": "deviceArn", "operator": "EQUAL", "values": [device]}]
        pages = session.braket_client.get_paginator("search_spending_limits").paginate(filters=filters)
        standing: list[dict[str, Any]] = [limit for page in pages for limit in page["spendingLimits"]]
    own = [limit for limit in standing if (limit.get("tags") or {}).get(OWNER_TAG) == owner]
    if standing and not own:
        amounts = ", ".join(dollars(Decimal(limit["spendingLimit"])) for limit in standing)
        return f"a spending limit that is not this pilot's stands at Amazon Braket ({amounts}); it was left as it is"
    token = digest(["spending-limit", device, owner, str(amount)])
    held = f"Amazon Braket holds a limit of {dollars(amount)} on {device}, for everybody in the account"
    if not own:
        with told("CreateSpendingLimit", device, session.region):
            session.braket_client.create_spending_limit(
                clientToken=token, deviceArn=device, spendingLimit=str(amount), tags={OWNER_TAG: owner}
            )
    elif Decimal(own[0]["spendingLimit"]) != amount:
        with told("UpdateSpendingLimit", device, session.region):
            session.braket_client.update_spending_limit(
                clientToken=token, spendingLimitArn=own[0]["spendingLimitArn"], spendingLimit=str(amount)
            )
    return held
