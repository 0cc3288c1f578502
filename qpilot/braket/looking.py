"""What `qpilot devices` asks of Amazon Braket: which devices there are, and how one of them stands."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.exceptions import BotoCoreError

from qpilot.braket.faults import told
from qpilot.braket.live import live
from qpilot.braket.prices import PriceList, price_list
from qpilot.braket.service import BraketService
from qpilot.braket.session import Session
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
    regions = boto3.Session().get_available_regions("braket")
    with ThreadPoolExecutor(len(regions) or 1) as pool:
        return tuple(sorted({arn for found in pool.map(_of_region, regions) for arn in found}))


def _of_region(region: str) -> tuple[str, ...]:
    try:
        return tuple(_searched(region))
    except QpilotError:
        return ()


def _searched(region: str) -> Iterator[str]:
    with told("SearchDevices", region, region):
        pages = Session(region).braket_client.get_paginator("search_devices").paginate(filters=[])
        for page in pages:
            for found in page["devices"]:
                arn = str(found["deviceArn"])
                if found["deviceStatus"] != "RETIRED" and arn.split("/")[-2] not in _ANALOG:
                    yield arn
