"""`qpilot doctor` knows every version bound that was set for a reason, and a version past it is no good installation."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from gates.records import Outcome
from qpilot.doctor import PINS, examine
from qpilot.record.home import Home

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
_MINOR = re.compile(r"([a-z-]+)>=(\d+)\.(\d+)[\d.]*,<(\d+)\.(\d+)")


def bounds() -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    """The dependencies that pyproject.toml holds below a minor version: those that a new one is known to break."""
    named = tomllib.loads(PROJECT.read_text())["project"]["dependencies"]
    found = filter(None, map(_MINOR.match, named))
    return {one[1]: ((int(one[2]), int(one[3])), (int(one[4]), int(one[5]))) for one in found}


def test_every_dependency_that_is_held_below_a_minor_version_is_looked_at_with_the_same_bounds() -> None:
    pins = {name: (least, below) for name, (least, below, _) in PINS.items()}
    assert bounds().items() <= pins.items()


@pytest.mark.parametrize("package", PINS)
def test_a_version_past_its_bound_is_a_finding_that_says_why(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, below, why = PINS[package]
    past = ".".join(map(str, (*below, 0)))
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: past if name == package else version(name))
    (found,) = [finding for finding in examine(Home(tmp_path / "none")) if finding.name == package]
    assert found.outcome is Outcome.NO_GO
    assert f"{past}, " in found.said
    assert why in found.said
