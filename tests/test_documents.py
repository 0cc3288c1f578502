"""What the documents say exists, and what exists is in the documents."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from flows.commands import app
from qpilot.backends import BACKENDS
from qpilot.baselines.classifiers import CLASSIFIERS
from qpilot.baselines.regressors import REGRESSORS
from qpilot.circuits import ANSAETZE, CONNECTIVITIES, ENCODINGS
from qpilot.devices import DEVICES
from qpilot.mitigation import MITIGATIONS
from qpilot.models import MODELS
from qpilot.pilot import Pilot
from qpilot.reduction import REDUCERS
from qpilot.training.optimizers import OPTIMIZERS
from qpilot.training.starts import STARTS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PILOT_FILE = (ROOT / "docs" / "pilot-file.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)


def commands() -> list[str]:
    return [name for name in app if not name.startswith("-")]


def fields(model: type[BaseModel]) -> Iterator[str]:
    """Every field name of a model and of the models in it."""
    for name, field in model.model_fields.items():
        yield name
        text = repr(field.annotation)
        for inner in model_classes(text):
            yield from fields(inner)


def model_classes(annotation: str) -> list[type[BaseModel]]:

    found = []
    for module, name in re.findall(r"((?:gates|qpilot)(?:\.\w+)*)\.(\w+)", annotation):
        kind = getattr(sys.modules[module], name, None)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found.append(kind)
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented(name: str) -> None:
    assert f"qpilot {name}" in TEXT or f"`{name}" in TEXT or f" {name} " in (ROOT / "CHANGELOG.md").read_text()


def test_every_documented_command_exists() -> None:
    blocks = "\n".join(re.findall(r"```\n(.*?)```", TEXT, flags=re.DOTALL))
    used = set(re.findall(r"^qpilot (\w+)", blocks, flags=re.MULTILINE)) | set(re.findall(r"`qpilot (\w+)", TEXT))
    assert set() == used - set(commands())


@pytest.mark.parametrize("name", sorted(set(fields(Pilot)) - {"claim", "data", "reduce", "search", "gates"}))
def test_every_field_of_the_pilot_file_is_documented(name: str) -> None:
    assert name in PILOT_FILE


@pytest.mark.parametrize(
    "names",
    [
        MODELS,
        ENCODINGS,
        ANSAETZE,
        CONNECTIVITIES,
        OPTIMIZERS,
        STARTS,
        CLASSIFIERS,
        REGRESSORS,
        REDUCERS,
        MITIGATIONS,
        BACKENDS,
        DEVICES,
    ],
)
def test_every_name_a_pilot_file_may_use_is_documented(names: object) -> None:
    assert [name for name in names if f'"{name}"' not in PILOT_FILE] == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_help_answers_in_half_a_second_of_work() -> None:
    """Bounded by what is imported, not by a clock."""
    code = "import sys\nfrom flows.commands import app\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set() == {"pandas", "sqlalchemy", "numpy", "prefect", "sklearn", "pennylane"} & set(done.stdout.split())


def test_no_index_host_and_no_machine_path_is_committed() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"--(extra-)?index-url|--find-links|https?://", lock)
    assert "--hash=sha256:" in lock
