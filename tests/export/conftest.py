"""The home of the replays, and an export of its promoted run."""

from pathlib import Path

import pytest

from qpilot.export import export
from tests.lived import Lived
from tests.replay.conftest import whole

__all__ = ["exported", "whole"]


@pytest.fixture(scope="session")
def exported(whole: Lived, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read by many tests, and changed by none."""
    return export(whole.home, whole.run, tmp_path_factory.mktemp("exported") / "run.zip").path
