"""The command line called as a shell would: arguments in, exit code, stdout and stderr out."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from flows.cli import main

PILOTS = Path(__file__).parent.parent.parent / "pilots"


class Done(NamedTuple):
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line an error says; fails where it said more or less."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.out + self.err
        return lines[0]


Call = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty QPILOT_HOME."""
    monkeypatch.setenv("QPILOT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def call(home: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs one command in this process."""

    def run(*words: object) -> Done:
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        captured = capsys.readouterr()
        code = stopped.value.code
        assert isinstance(code, int)
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def rows() -> pd.DataFrame:
    """120 rows, four features, two classes that a line nearly separates."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(120, 4))
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    noise = generator.normal(scale=0.8, size=120)
    return frame.assign(label=np.where(X[:, 0] + noise > 0, "yes", "no"))


@pytest.fixture
def pilot(tmp_path: Path, rows: pd.DataFrame) -> Path:
    """A sound pilot file beside its rows; its path."""
    rows.to_csv(tmp_path / "rows.csv", index=False)
    text = (PILOTS / "planted" / "pilot.toml").read_text(encoding="utf-8")
    path = tmp_path / "pilot.toml"
    path.write_text(text.replace('name = "planted"', 'name = "mine"'), encoding="utf-8")
    return path
