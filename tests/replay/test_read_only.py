"""What only looks works on a home that may only be read: a mount, or a backup."""

from pathlib import Path

import pytest

from qpilot.export import export
from qpilot.record.home import Home
from qpilot.replay import Kept, replay
from qpilot.runs.status import standings
from qpilot.verification import verify
from tests.lived import Lived
from tests.read_only import read_only
from tests.replay.test_replay import tree


def test_a_run_in_it_is_listed_verified_replayed_and_exported(whole: Lived, tmp_path: Path) -> None:
    expected = standings(whole.home, None)
    out = export(whole.home, whole.run, tmp_path / "writable.zip").path.read_bytes()
    with read_only(whole.home.path) as copy:
        before = tree(copy)
        home = Home(copy)
        states = [(one.run, one.state) for one in standings(home, None)]
        assert states == [(one.run, one.state) for one in expected]
        assert verify(home) == ()
        assert replay(Kept.of_home(home, whole.run)).same
        assert export(home, whole.run, copy.parent / "run.zip").path.read_bytes() == out
        with pytest.raises(PermissionError):
            (copy / "x").write_bytes(b"")
        assert tree(copy) == before
