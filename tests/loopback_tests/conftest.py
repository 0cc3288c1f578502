"""One service for all these tests, as new for each; clients that try a call once, so that no fault is hidden."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.loopback import Loopback
from tests.loopback.fixtures import reached
from tests.loopback_tests.asking import BUCKET, ONCE, REGION, boto


@pytest.fixture(scope="session")
def served() -> Iterator[Loopback]:
    """The service: clients take long to make, and can be kept while its address stays."""
    with Loopback() as service:
        yield service


@pytest.fixture
def braket_service(served: Loopback) -> Iterator[Loopback]:
    """The service as at its start; os.environ points at it."""
    served.reset()
    with reached(served):
        yield served


@cache
def made(name: str) -> Any:
    return boto().client(name, config=ONCE)


@pytest.fixture
def client(braket_service: Loopback) -> Callable[[str], Any]:
    """A boto3 client of a service in Garnet's region; the bucket for results exists."""
    made("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    braket_service.calls.clear()
    return made
