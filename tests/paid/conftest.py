"""One service and one nursery for all tests of the paid stage; a trial resets the service."""

from collections.abc import Iterator

import pytest

from tests.loopback.fixtures import reached
from tests.paid.nursery import Nursery
from tests.paid.reaper import Reaper


@pytest.fixture(scope="package")
def service() -> Iterator[Reaper]:
    """The service, which os.environ points at."""
    with Reaper() as running, reached(running):
        yield running


@pytest.fixture(scope="package")
def nursery(service: Reaper) -> Iterator[Nursery]:
    """Where processes of the paid stage come from."""
    with Nursery(service.environment) as running:
        yield running
