"""Amazon's bulk price list for Braket: what is billed, whatever a device says of its own price."""

import csv
import io
import os
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from gates.wording import dollars
from qpilot.devices import Device
from qpilot.devices.listing import Live
from qpilot.errors import QpilotError

URL = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonBraket/current/index.csv"
_TIMEOUT_SECONDS = 10
_OFFER_LINES = 5  # before the columns' names: what the file is, and from when

Product = Mapping[str, str]
PriceList = tuple[Product, ...]


@dataclass(frozen=True)
class Listed:
    """A device's prices in US dollars; None where the list has none or several."""

    task: Decimal | None
    shot: Decimal | None
    minute: Decimal | None


def price_list() -> PriceList:
    """The products of the list at BRAKET_PRICE_OFFERS_URL, else Amazon's. Raises QpilotError where it cannot be read."""
    url = os.environ.get("BRAKET_PRICE_OFFERS_URL", URL)
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:
            lines = io.StringIO(answer.read().decode("utf-8"), newline="")
    except (OSError, ValueError) as error:
        raise QpilotError(
            f"the price list at {url} cannot be read ({error}); check the network and the proxy"
        ) from error
    for _ in range(_OFFER_LINES):
        lines.readline()
    products = tuple(csv.DictReader(lines))
    if not products or "PricePerUnit" not in products[0]:
        raise QpilotError(f"what lies at {url} is no price list: no column PricePerUnit after {_OFFER_LINES} lines")
    return products


def listed(products: PriceList, device: Device, region: str | None) -> Listed:
    """The on-demand prices of `device`, as Braket's own Tracker looks them up."""
    last = device.arn.rsplit("/", 1)[-1]
    if device.simulator:
        wanted = {"Version": last.upper(), "Product Family": "Simulator Task", "operation": "CompleteTask"}
        return Listed(None, None, _only(products, wanted | ({"Region Code": region} if region else {})))
    wanted = {"DeviceName": last[0].upper() + last[1:], "Region Code": device.arn.split(":")[3]}
    task, shot = (_only(products, wanted | {"Product Family": kind}) for kind in ("Quantum Task", "Quantum Task-Shot"))
    return Listed(task, shot, None)


def dearer(live: Live) -> Device:
    """The device at the higher of its own price and the listed one, with a note wherever they differ or one is missing."""
    device = live.device
    fields = ("usd_per_minute",) if device.simulator else ("usd_per_task", "usd_per_shot")
    prices: dict[str, Decimal] = {}
    notes: list[str] = []
    for field in fields:
        own, listed_usd = getattr(device, field), getattr(live, field)
        if listed_usd is None:
            notes.append(
                f"the {_said(field)}, {dollars(own)}, is not confirmed: no price list that names it could be read"
            )
        elif listed_usd != own:
            prices[field] = max(listed_usd, own)
            notes.append(
                f"the {_said(field)}: the price list, which is billed by, says {dollars(listed_usd)}, the device"
                f" {dollars(own)}; the higher is quoted"
            )
    return device.model_copy(update={**prices, "notes": (*device.notes, *notes)})


def _said(field: str) -> str:
    return {
        "usd_per_task": "price of a task",
        "usd_per_shot": "price of a shot",
        "usd_per_minute": "price of a minute",
    }[field]


def _only(products: Iterable[Product], wanted: Mapping[str, str]) -> Decimal | None:
    """The one dollar price of the products that fit; a product listed for several periods at one price is one."""
    found = {
        product["PricePerUnit"]
        for product in products
        if product.get("Currency") == "USD" and all(product.get(name) == value for name, value in wanted.items())
    }
    try:
        (price,) = {Decimal(price) for price in found}
    except (ValueError, InvalidOperation):
        return None
    return price
