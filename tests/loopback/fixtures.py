"""The fixture `braket_service`: the service, and an environment in which every AWS client reaches it alone.

Use it by `from tests.loopback.fixtures import braket_service` with a `# noqa: F401`, or in a conftest.
"""

from collections.abc import Iterator

import pytest

from tests.loopback import Loopback
from tests.loopback.server import FOREIGN


@pytest.fixture
def braket_service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A fresh service; os.environ points at it for the length of the test."""
    with Loopback() as service:
        for name in FOREIGN:
            monkeypatch.delenv(name, raising=False)
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service
