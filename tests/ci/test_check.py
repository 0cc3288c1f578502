"""The fast lane finds what is broken in an ansatz, a gradient, a kernel, a circuit for a device, and shots."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pennylane as qml
import pytest

from flows.cli import main
from gates.records import Outcome
from qpilot.candidates.candidate import Candidate
from qpilot.circuits import ANSAETZE, Circuit, Layered
from qpilot.circuits.wiring import Edges, linear
from qpilot.data.preparing import prepare
from qpilot.data.table import Table
from qpilot.devices import device
from qpilot.inspection import inspected
from qpilot.inspection.numerics import KERNELS, TOLERANCE, difference, kernel_values
from qpilot.inspection.shape import faults_of, unseen
from qpilot.inspection.shots import stray
from qpilot.models import MODELS
from qpilot.models.building import build
from qpilot.models.dense import Angles, Linear, Perceptron
from qpilot.models.network import CircuitNetwork
from qpilot.pilotfile import read
from tests.flows.conftest import PILOTS

PLANTED = PILOTS / "planted" / "pilot.toml"


@pytest.fixture(scope="module")
def rows() -> Table:
    """Development rows alone: that is all an inspection is given."""
    pilot = read(PLANTED).pilot
    return prepare(pilot.data, PLANTED.parent, pilot.seed).dataset.development


def outcomes(rows: Table, *candidates: dict[str, Any]) -> list[dict[str, Outcome]]:
    pilot = read(PLANTED).pilot
    plain = {"model": "variational", "qubits": 4, "encoding": "angle", "layers": 1}
    wanted = tuple(Candidate(**{"ansatz": "real-amplitudes", **plain}).model_copy(update=one) for one in candidates)
    pilot = pilot.model_copy(update={"candidates": wanted})
    found = inspected(pilot, rows, device("iqm-garnet"))
    return [{check.name: check.outcome for check in one.checks} for one in found]


def test_every_model_of_the_registry_is_well(rows: Table) -> None:
    circuit = {True: {"ansatz": "strongly-entangling"}, False: {"ansatz": None, "encoding": "zz"}}
    found = outcomes(rows, *({"model": name, **circuit[kind.trainable]} for name, kind in MODELS.items()))
    assert all({Outcome.GO} == set(one.values()) for one in found), found
    assert [5 if kind.family == "kernel" else 4 for kind in MODELS.values()] == [len(one) for one in found]
    assert {name for name, kind in MODELS.items() if kind.family == "kernel"} == set(KERNELS)


def test_a_kernel_whose_entries_no_shots_tell_apart_is_said(rows: Table) -> None:
    kernel = {"model": "fidelity-kernel", "ansatz": None, "encoding": "zz"}
    narrow, wide = outcomes(rows, {**kernel, "bandwidth": 0.001}, kernel)
    assert (narrow["kernel spread"], wide["kernel spread"]) == (Outcome.INCONCLUSIVE, Outcome.GO)


def idle(weights: Any, qubits: int, edges: Edges) -> None:
    """Forgets its second weight of every wire."""
    for wire in range(qubits):
        qml.RY(weights[wire][0], wires=wire)
    for edge in edges:
        qml.CNOT(wires=edge)


def curved(weights: Any, qubits: int, edges: Edges) -> None:
    """Turns by the square of a weight, which no device program can say."""
    for wire in range(qubits):
        qml.RY(weights[wire][0] ** 2 + weights[wire][1], wires=wire)


def shameless(weights: Any, qubits: int, edges: Edges) -> None:
    """Keeps its couplings in the twin."""
    for wire in range(qubits):
        qml.RY(weights[wire][0] + weights[wire][1], wires=wire)
    qml.CNOT(wires=(0, 1))


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (idle, "weights of 8 enter no gate"),
        (curved, "cannot be written as gates"),
        (shameless, "cannot be written|its twin has 1 two-qubit gate"),
    ],
)
def test_a_broken_ansatz_is_named(function: Any, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    monkeypatch.setitem(ANSAETZE, "broken", Layered(function, 2, linear))
    assert re.search(said, "; ".join(faults_of(Circuit("angle", "broken", 1, 4))))


@pytest.mark.parametrize("name", ANSAETZE)
def test_every_shipped_ansatz_has_its_shape(name: str) -> None:
    assert faults_of(Circuit("angle", name, 2, 4)) == []


def test_couplings_that_no_readout_shows_are_named(rows: Table) -> None:
    last, seen = outcomes(rows, {"ansatz": "hardware-efficient"}, {"ansatz": "hardware-efficient", "layers": 2})
    assert (last["circuit"], seen["circuit"]) == (Outcome.NO_GO, Outcome.GO)


@pytest.mark.parametrize("name", ANSAETZE)
def test_two_layers_of_every_ansatz_show_their_couplings(name: str) -> None:
    circuit = Circuit("angle", name, 2, 3)
    assert not unseen(circuit, tuple("I" * wire + "Z" + "I" * (2 - wire) for wire in circuit.reads))


def test_a_broken_ansatz_fails_its_candidate_and_no_other(rows: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ANSAETZE, "broken", Layered(idle, 2, linear))
    broken, whole = outcomes(rows, {"ansatz": "broken"}, {"ansatz": "real-amplitudes"})
    assert broken["circuit"] is Outcome.NO_GO
    assert set(whole.values()) == {Outcome.GO}


@dataclass(frozen=True)
class Turned(Linear):
    """Pulls on the offset the wrong way round."""

    def pull(self, X: Any, parameters: Any, slopes: Any) -> Any:
        found = super().pull(X, parameters, slopes)
        return found._replace(parameters=np.append(found.parameters[:-1], -found.parameters[-1]))


@dataclass(frozen=True)
class Skewed(CircuitNetwork):
    """Its gradient of the circuit's first weight is off by a little."""

    def pull(self, X: Any, parameters: Any, upstream: Any, rng: Any = None) -> Any:
        values, slopes = super().pull(X, parameters, upstream, rng)
        return values, slopes + 5e-6 * (np.arange(self.size) == self.parts["circuit"].start)


@dataclass(frozen=True)
class Deaf(Angles):
    """Forgets the slope of its tanh."""

    def pull(self, X: Any, parameters: Any, slopes: Any) -> Any:
        return self.layer.pull(X, parameters, slopes * np.pi / 2)


CIRCUIT = Circuit("angle", "strongly-entangling", 1, 3)
WORDS = ("ZII", "IZI", "IIZ")


@pytest.mark.parametrize(
    ("network", "well"),
    [
        (CircuitNetwork(CIRCUIT, WORDS, None, Linear(3, 1)), True),
        (CircuitNetwork(CIRCUIT, WORDS, None, Perceptron(3, 2, 1)), True),
        (CircuitNetwork(CIRCUIT, WORDS, Angles(Linear(3, 3)), Linear(3, 1)), True),
        (Skewed(CIRCUIT, WORDS, None, Linear(3, 1)), False),
        (CircuitNetwork(CIRCUIT, WORDS, None, Turned(3, 1)), False),
        (CircuitNetwork(CIRCUIT, WORDS, Deaf(Linear(3, 3)), Linear(3, 1)), False),
    ],
)
def test_a_broken_gradient_is_found(network: CircuitNetwork, well: bool) -> None:
    rng = np.random.default_rng(2)
    X, targets, point = rng.uniform(0, np.pi, (4, 3)), np.eye(2)[[0, 1, 1, 0]], rng.normal(size=network.size)
    assert (difference(network, X, targets, point) <= TOLERANCE) == well


def test_a_kernel_that_is_off_is_found(rows: Table) -> None:
    candidate = Candidate(model="projected-kernel", encoding="zz", layers=1, qubits=4)
    model = build(candidate, 1, 2).fit(rows.X[:20], rows.y[:20])
    assert kernel_values(model, rows.X[:3]).outcome is Outcome.GO
    wrong = type("Wrong", (type(model),), {"kernel": lambda self, X: np.eye(len(X))})
    model.__class__ = wrong
    assert kernel_values(model, rows.X[:3]).outcome is Outcome.NO_GO


def test_counts_from_another_distribution_are_found_and_sound_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    rows = rng.dirichlet(np.ones(16), size=200)
    assert stray(rng.multinomial(500, rows), rows, 1e-6) <= 0
    assert stray(rng.multinomial(500, rows[:, ::-1]), rows, 1e-6) > 0
    assert stray(np.zeros((1, 16), dtype=int), rows[:1], 1e-6) == np.inf


@pytest.mark.parametrize("name", ["planted"])
def test_the_command_leaves_no_trace_and_writes_what_it_is_asked_to(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QPILOT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    words = ["check", str(PILOTS / name / "pilot.toml"), "--junit", str(tmp_path / "j.xml"), "--json"]
    with pytest.raises(SystemExit) as stopped:
        main([*words, "--summary", str(tmp_path / "s.md")])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (stopped.value.code, found["outcome"], len(found["verdicts"])) == (0, "GO", 2)
    assert not (tmp_path / "home").exists()
    assert (tmp_path / "j.xml").read_text().count("<testcase") == 10
    assert "kernel values" in (tmp_path / "s.md").read_text()


def test_an_invalid_file_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check", str(tmp_path / "none.toml")])
    assert stopped.value.code == 2
