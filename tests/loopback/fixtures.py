"""The fixture `braket_service`: the service, and an environment in which every AWS client reaches it alone.

Import it in a conftest and list it in `__all__`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.loopback import Loopback
from tests.loopback.server import FOREIGN


@contextmanager
def reached(service: Loopback) -> Iterator[Loopback]:
    """os.environ points at the service, and at nothing else of Amazon's, inside the `with`."""
    with pytest.MonkeyPatch.context() as patch:
        for name in FOREIGN:
            patch.delenv(name, raising=False)
        for name, value in service.environment.items():
            patch.setenv(name, value)
        yield service


@pytest.fixture
def braket_service() -> Iterator[Loopback]:
    """A fresh service that os.environ points at for the length of the test."""
    with Loopback() as service, reached(service):
        yield service
