"""What competes, and what a try on a locked set is fixed to beforehand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qpilot import pilotfile
from qpilot.data.preparing import prepare
from qpilot.data.table import Dataset
from qpilot.pilot import Pilot
from qpilot.prototype import design
from qpilot.prototype.search.entrants import classical_entrants, quantum_entrants

PLANTED = Path(__file__).parents[2] / "pilots" / "planted" / "pilot.toml"
TRAINED = '{model="variational", encoding="angle", ansatz="strongly-entangling", layers=1, qubits=4}'
KERNEL = '{model="projected-kernel", encoding="zz", layers=1, qubits=4}'


def pilot(*overrides: str) -> Pilot:
    return pilotfile.read(PLANTED, overrides).pilot


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    file = pilotfile.read(PLANTED)
    return prepare(file.pilot.data, file.folder, file.pilot.seed).dataset


def test_a_model_that_starts_at_random_competes_with_every_seed_and_a_kernel_once() -> None:
    entrants = quantum_entrants(pilot(f"candidates=[{TRAINED}, {KERNEL}]", "search.seeds=3", "seed=5"))
    assert [(entrant.candidate.model, entrant.seed) for entrant in entrants] == [
        ("variational", 5),
        ("variational", 6),
        ("variational", 7),
        ("projected-kernel", 5),
    ]
    assert all(entrant.entangled for entrant in entrants)


@pytest.mark.parametrize(
    ("reduce", "seen"), [('{method="pca", components=2}', {"raw", "reduced"}), ('{method="none"}', {"raw"})]
)
def test_every_baseline_sees_the_raw_features_too(reduce: str, seen: set[str]) -> None:
    entrants = classical_entrants(pilot(f"reduce={reduce}"))
    for model in ("logistic", "rbf-svm", "mlp", "gradient-boosting"):
        assert seen == {entrant.features for entrant in entrants if entrant.model == model}


def test_the_tests_of_an_opening_read_the_whole_set_but_the_devices_are_held_to_its_points(dataset: Dataset) -> None:
    limited = pilot("hardware.max_points=60")
    needed = design.required(limited, dataset, 0.04)
    assert 60 < needed < 270
    assert dict(design.tests(limited, dataset, 0.04, "locked")) == {
        **dict.fromkeys(("advantage", "majority", "twin"), 270),
        "hardware": 60,
        "promotion": 60,
    }
    assert design.closed(limited, dataset, 1, "c").device_points == 60
    wide = pilot("hardware.max_points=1000", "claim.quantum=false")
    assert dict(design.tests(wide, dataset, 0.04, "locked")) == {
        **dict.fromkeys(("advantage", "majority", "twin"), 270),
        "hardware": 270,
        "promotion": needed,
    }
    assert pilot().hardware.points(270) == 270


def test_rare_classes_take_more_points_where_classes_count_alike(dataset: Dataset) -> None:
    rows = dataset.development
    skewed = replace(dataset, development=rows.take(np.flatnonzero((rows.y == 0) | (np.arange(len(rows)) % 5 == 0))))
    plain, balanced = (pilot(f'claim.metric="{metric}"') for metric in ("accuracy", "balanced_accuracy"))
    assert design.required(plain, skewed, 0.04) == design.required(plain, dataset, 0.04)
    assert design.required(balanced, skewed, 0.04) > design.required(plain, skewed, 0.04)


def test_candidates_that_differ_in_a_small_setting_have_names_of_their_own() -> None:
    candidates = (
        'candidates=[{model="projected-kernel", encoding="zz", qubits=4, scaling="none"},'
        ' {model="projected-kernel", encoding="zz", qubits=4}]'
    )
    pilot = pilotfile.read(PLANTED, (candidates,)).pilot
    assert [entrant.name for entrant in quantum_entrants(pilot)] == [
        "projected-kernel, zz x2, scaling none",
        "projected-kernel, zz x2, scaling angle",
    ]
