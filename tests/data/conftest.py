from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qpilot.pilot import Pilot
from qpilot.pilotfile import read
from qpilot.scaffold.pilot_file import scaffold, write


@pytest.fixture
def rows() -> pd.DataFrame:
    """160 rows, four independent features, two classes that the features tell apart imperfectly."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(160, 4))
    label = np.where(X[:, 0] + X[:, 1] + rng.normal(size=160) > 0, "yes", "no")
    return pd.DataFrame(X, columns=["a", "b", "c", "d"]).assign(label=label)


@pytest.fixture
def pilot_of(tmp_path: Path):
    """A function: a frame becomes rows.csv in tmp_path, and its scaffolded pilot, with overrides, is read."""

    def make(frame: pd.DataFrame, *overrides: str) -> Pilot:
        data, out = tmp_path / "rows.csv", tmp_path / "pilot.toml"
        frame.to_csv(data, index=False)
        write(scaffold(data, "label", out), out, force=True)
        return read(out, overrides).pilot

    return make
