"""A home that runs went through, without Prefect: one promoted with an approval, others rejected, aborted and expired."""

import json
import shutil
from pathlib import Path

import pytest

from qpilot.record.home import Home
from tests.lived import Lived, lived
from tests.shared import once


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Read by many tests, and changed by none."""
    made = once(tmp_path_factory, "lived", live)
    home = shutil.copytree(made / "home", tmp_path_factory.mktemp("whole") / "home")
    run, *others = json.loads((made / "runs.json").read_text())
    return Lived(Home(Path(home)), run, tuple(others))


def live(place: Path) -> None:
    """The home, and the names of its runs beside it."""
    found = lived(place / "home")
    (place / "runs.json").write_text(json.dumps([found.run, *found.others]))
