"""A home that runs went through, without Prefect: one promoted with an approval, others rejected, aborted and expired."""

import pytest

from tests.lived import Lived, lived


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Read by many tests, and changed by none."""
    return lived(tmp_path_factory.mktemp("whole") / "home")
