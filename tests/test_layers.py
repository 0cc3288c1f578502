"""Who may import whom, read off the sources: flows -> tasks -> qpilot -> gates, one way."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("gates", "qpilot", "tasks", "flows")
SOURCES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))
PURE = {"gates", "pydantic", "numpy", "scipy"}
AWS = {"braket", "boto3", "botocore"}
IO = {"pathlib", "os", "io", "time", "datetime", "random", "subprocess", "socket"}


def imported(path: Path) -> Iterator[str]:
    """Full names of the modules a file imports, at any depth of it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield str(node.module)


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    assert set() == packages(path) & above
    if layer not in ("tasks", "flows"):
        assert "prefect" not in packages(path), "only flows/ and tasks/ import Prefect"


def test_gates_are_pure() -> None:
    for path in (ROOT / "gates").rglob("*.py"):
        outside = packages(path) - PURE - set(sys.stdlib_module_names)
        assert set() == outside, path
        assert set() == packages(path) & IO, path


def test_one_module_imports_great_expectations() -> None:
    users = [path.relative_to(ROOT).as_posix() for path in SOURCES if "great_expectations" in packages(path)]
    assert users == ["qpilot/data/expectations.py"]


def test_one_folder_imports_braket() -> None:
    users = {path.parent.relative_to(ROOT).as_posix() for path in SOURCES if packages(path) & AWS}
    assert users == {"qpilot/braket"}


@pytest.mark.parametrize(
    "statement",
    [
        "import qpilot.lint",
        "from flows.commands import app",
        "import qpilot.pilotfile",
        "import qpilot.serving.prediction",
    ],
)
def test_light_modules_import_nothing_heavy(statement: str) -> None:
    heavy = {"pennylane", "braket", "prefect", "sklearn", "great_expectations", "matplotlib"}
    code = f"{statement}\nimport sys\nprint(*sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
