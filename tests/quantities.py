"""A pilot whose target is a quantity: the planted pilot's hidden observable itself, before labels are made of it."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

PLANTED = Path(__file__).parent.parent / "pilots" / "planted"
PILOT = PLANTED / "pilot.toml"
OVERRIDES = (
    'kind="regression"',
    'data.target="observable"',
    'claim={kind="superiority", metric="absolute_error", worst_error=2.0, target=0.15, psi=0.1, alpha=0.05, power=0.8,'
    " quantum=true}",
    'candidates=[{model="projected-kernel", encoding="zz", layers=2, qubits=4, scaling="none"}]',
    'baselines=[{model="ridge"}, {model="rbf-svm"}]',
    'search={folds=3, runner="threads"}',
    "gates.data={min_rows=100, max_null_fraction=0.0, max_value_share=0.1, max_duplicate_fraction=0.0,"
    " max_correlation=0.95, max_leakage=0.9, max_overlap_fraction=0.0}",
    "gates.reduction.max_accuracy_loss=0.2",
)
"""With `data.path` set to what `written` wrote."""


def written(path: Path, count: int = 300, seed: int = 7, shuffled: bool = False) -> str:
    """The override of `data.path` by a file of so many rows; shuffled: the values know nothing of the angles."""
    spec = importlib.util.spec_from_file_location("planted", PLANTED / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    recipe: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    rng = np.random.default_rng(seed)
    angles = np.round(rng.uniform(0, 2 * np.pi, (count, 4)), 4)
    hidden = recipe.paulis(recipe.states(angles)) @ rng.normal(size=12)
    values = (hidden - hidden.mean()) / hidden.std()
    values = rng.permutation(values) if shuffled else values
    lines = [",".join([*map(str, row), f"{value:.5f}"]) for row, value in zip(angles.tolist(), values, strict=True)]
    path.write_text("\n".join(["angle_0,angle_1,angle_2,angle_3,observable", *lines]) + "\n")
    return f'data.path="{path.as_posix()}"'
