"""The fast lane on a target that is a quantity: every model is looked over as one of classes is, and what is broken is found."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gates.records import Check, Outcome
from qpilot.candidates.candidate import Candidate
from qpilot.data.preparing import prepare
from qpilot.data.table import Table
from qpilot.devices import device
from qpilot.inspection import inspected
from qpilot.inspection.candidates import _balanced
from qpilot.inspection.numerics import TOLERANCE, device_circuits, difference, gradient
from qpilot.models import MODELS
from qpilot.models.building import build
from qpilot.models.dense import Linear
from qpilot.models.network import CircuitNetwork
from qpilot.models.trained import TrainedModel
from qpilot.pilot import Pilot
from qpilot.pilotfile import read
from qpilot.scaffold.pilot_file import scaffold, write

PLAIN = {"model": "variational", "qubits": 3, "encoding": "angle", "ansatz": "real-amplitudes", "layers": 1}


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pilot, Table]:
    """A regression pilot on 90 rows of three features, and its development rows."""
    folder = tmp_path_factory.mktemp("doses")
    rng = np.random.default_rng(5)
    X = rng.normal(size=(90, 3))
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(dose=800 + 90 * (X[:, 0] * X[:, 1] + rng.normal(size=90)))
    frame.to_csv(folder / "rows.csv", index=False)
    write(scaffold(folder / "rows.csv", "dose", folder / "pilot.toml"), folder / "pilot.toml")
    found = read(folder / "pilot.toml").pilot
    return found, prepare(found.data, folder, found.seed, quantity=True).dataset.development


def checks(pilot: tuple[Pilot, Table], **changes: Any) -> dict[str, Check]:
    """Of one candidate."""
    candidate = Candidate.model_validate(PLAIN).model_copy(update=changes)
    wanted = pilot[0].model_copy(update={"candidates": (candidate,)})
    (found,) = inspected(wanted, pilot[1], device("iqm-garnet"))
    return {check.name: check for check in found.checks}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_registry_is_well(name: str, pilot: tuple[Pilot, Table]) -> None:
    circuit = {} if MODELS[name].trainable else {"ansatz": None, "encoding": "zz"}
    found = checks(pilot, model=name, **circuit)
    assert {Outcome.GO} == {check.outcome for check in found.values()}, found
    assert len(found) == (5 if MODELS[name].family == "kernel" else 4)
    assert "finite numbers" in found["shots"].required
    assert "from the simulator's values in the mean, where the target's standard deviation is" in found["shots"].reason


def test_the_shipped_proposal_is_well(pilot: tuple[Pilot, Table]) -> None:
    for one in inspected(*pilot, device("iqm-garnet")):
        assert one.outcome == Outcome.GO, one


@dataclass(frozen=True)
class Turned(Linear):
    """Pulls on the offset the wrong way round."""

    def pull(self, X: Any, parameters: Any, slopes: Any) -> Any:
        found = super().pull(X, parameters, slopes)
        return found._replace(parameters=np.append(found.parameters[:-1], -found.parameters[-1]))


def test_a_gradient_that_is_wrong_is_found() -> None:
    rng, words = np.random.default_rng(0), ("ZII", "IZI", "IIZ")
    X, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 1))
    circuit = Candidate.model_validate(PLAIN).circuit(3)
    right, wrong = (
        CircuitNetwork(circuit, words, None, decoder(3, 1), "adjoint", None) for decoder in (Linear, Turned)
    )
    point = rng.normal(size=right.size)
    assert difference(right, X, y, point, "squared-error") < TOLERANCE
    assert difference(wrong, X, y, point, "squared-error") > 1e-3
    assert difference(right, X, y, point, "squared-error") != difference(right, X, 2 * y, point, "squared-error")


def test_values_are_compared_by_the_spread_of_the_rows_they_were_learned_from(pilot: tuple[Pilot, Table]) -> None:
    """The same rows in other units are well to the same degree."""
    rows = pilot[1]
    candidate = Candidate.model_validate(PLAIN | {"optimizer": "adam", "steps": 2})
    seen = []
    for unit in (1.0, 1e12):
        model = build(candidate, 0, None, quantity=True).fit(rows.X[:20], unit * rows.y[:20])
        assert isinstance(model, TrainedModel)
        seen += [gradient(model, rows.X[:4], unit * rows.y[:4], 0), device_circuits(model, rows.X[:4])]
    assert [check.outcome for check in seen] == [Outcome.GO] * 4


def test_rows_that_are_looked_at_are_of_the_whole_range(pilot: tuple[Pilot, Table]) -> None:
    y = pilot[1].y
    kept = y[_balanced(y, 10, 0)]
    fifths = np.quantile(y, [0.2, 0.4, 0.6, 0.8])
    assert np.bincount(np.searchsorted(fifths, kept)).tolist() == [2] * 5


def test_check_reads_a_regression_pilot_from_its_file(tmp_path: Path) -> None:
    from qpilot.inspection import inspect

    rng = np.random.default_rng(6)
    frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"]).assign(dose=rng.normal(size=60))
    frame.to_csv(tmp_path / "rows.csv", index=False)
    out = tmp_path / "pilot.toml"
    write(scaffold(tmp_path / "rows.csv", "dose", out), out)
    found = inspect(out, ())
    assert [one.outcome for one in found] == [Outcome.GO] * 3, found
