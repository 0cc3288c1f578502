"""Clients that try each call once: a hidden second attempt would hide what a fault did."""

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from braket.aws import AwsSession

from tests.loopback import Loopback
from tests.loopback.fixtures import braket_service
from tests.loopback_tests.asking import BUCKET, REGION

__all__ = ["braket_service"]

ONCE = Config(retries={"total_max_attempts": 1})


@cache
def boto() -> boto3.Session:
    """One session for all tests: it keeps the service models, which take long to read, and no address."""
    return boto3.Session(region_name=REGION)


@pytest.fixture
def client(braket_service: Loopback) -> Callable[[str], Any]:
    """A boto3 client of a service in Garnet's region; the bucket for results exists."""
    where = {"LocationConstraint": REGION}
    boto().client("s3", config=ONCE).create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
    return lambda name: boto().client(name, config=ONCE)


@pytest.fixture
def session(braket_service: Loopback) -> AwsSession:
    """The SDK's session in Garnet's region."""
    return AwsSession(boto(), config=ONCE)
