"""What `qpilot devices` asks of Amazon Braket: which devices there are, and how one of them stands."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError

from qpilot.braket.faults import told
from qpilot.braket.live import live
from qpilot.braket.prices import PriceList, price_list
from qpilot.braket.service import BraketService
from qpilot.braket.session import CONFIG, opened
from qpilot.devices.listing import Live
from qpilot.errors import QpilotError

_ANALOG = ("quera", "d-wave", "xanadu")
"""Vendors whose devices run no gates; SearchDevices does not tell."""


def unable() -> str:
    """Why Amazon Braket cannot be asked, in a few words; empty where credentials are found. Asks nobody but this machine."""
    try:
        found = boto3.Session().get_credentials()
    except BotoCoreError as error:
        return f"the AWS configuration cannot be used ({error})"
    return "" if found is not None else "no AWS credentials"


def look(arn: str) -> Live:
    """The device of an ARN as it stands now. Raises QpilotError."""
    prices: PriceList | None
    try:
        prices = price_list()
    except QpilotError:
        prices = None
    return live(arn, BraketService(), prices)


def arns() -> tuple[str, ...]:
    """Gate-model devices that are not retired, and simulators, of all regions; a region that does not answer gives none."""
    session = opened()
    regions = session.get_available_regions("braket")
    clients = [session.client("braket", region_name=region, config=CONFIG) for region in regions]
    with ThreadPoolExecutor(len(regions) or 1) as pool:
        return tuple(sorted({arn for found in pool.map(_offered, clients) for arn in found}))


def _offered(client: Any) -> tuple[str, ...]:
    """The ARNs one region answers with."""
    region = client.meta.region_name
    try:
        with told("SearchDevices", region, region):
            pages = client.get_paginator("search_devices").paginate(filters=[])
            found = [device for page in pages for device in page["devices"] if device["deviceStatus"] != "RETIRED"]
    except QpilotError:
        return ()
    return tuple(arn for device in found if (arn := str(device["deviceArn"])).split("/")[-2] not in _ANALOG)
