"""The shipped data is what its generator makes, and the generators compute what they say."""

import csv
import importlib.util
from itertools import combinations, product
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

PILOTS = Path(__file__).parents[2] / "pilots"


def generator(pilot: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"generate_{pilot}", PILOTS / pilot / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shipped(pilot: str) -> list[list[str]]:
    with (PILOTS / pilot / "rows.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("pilot", ["planted", "h4-correlation", "breast-cancer", "diabetes"])
def test_a_shipped_file_is_small_enough_to_be_committed(pilot: str) -> None:
    assert (PILOTS / pilot / "rows.csv").stat().st_size < 1_000_000


def test_the_planted_rows_regenerate_exactly() -> None:
    planted = generator("planted")
    x, label = planted.rows()
    written = [[*(f"{value:.4f}" for value in angles), str(y)] for angles, y in zip(x, label, strict=True)]
    assert shipped("planted")[1:] == written


def test_the_planted_state_is_the_circuit_the_candidates_run() -> None:
    import pennylane as qml

    from qpilot.circuits import Circuit

    planted = generator("planted")
    x, _ = planted.rows()
    circuit = Circuit("zz", None, planted.REPETITIONS, planted.QUBITS)

    @qml.qnode(qml.device("default.qubit", wires=planted.QUBITS))
    def state(row: np.ndarray) -> object:
        circuit.function(row)
        return qml.state()

    expected = np.stack([np.asarray(state(row)) for row in x[:10]])
    overlap = abs(np.sum(expected.conj() * planted.states(x[:10]), axis=1))
    np.testing.assert_allclose(overlap, 1, atol=1e-12)


def test_the_planted_paulis_are_expectations_in_the_state() -> None:
    planted = generator("planted")
    x, _ = planted.rows()
    state = planted.states(x[:3])
    pauli = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])]
    expected = []
    for qubit in range(planted.QUBITS):
        for matrix in pauli:
            whole = np.kron(np.kron(np.eye(2**qubit), matrix), np.eye(2 ** (planted.QUBITS - qubit - 1)))
            expected.append(np.einsum("ni,ij,nj->n", state.conj(), whole, state).real)
    np.testing.assert_allclose(planted.paulis(state), np.stack(expected, axis=1), atol=1e-12)


@pytest.mark.parametrize("pilot", ["breast-cancer", "diabetes"])
def test_rows_from_scikit_learn_regenerate_exactly(pilot: str) -> None:
    assert shipped(pilot) == generator(pilot).table()


def test_the_diabetes_pilot_says_of_its_rows_what_they_are() -> None:
    """What its comments state: the worst error, what ridge regression comes to, and the figures beside the thresholds."""
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from qpilot.data.quality import best_single_rank, largest_correlation
    from qpilot.pilotfile import read

    pilot = read(PILOTS / "diabetes" / "pilot.toml").pilot
    header, *written = shipped("diabetes")
    frame = pd.DataFrame(np.array(written, dtype=float), columns=header)
    features, y = header[:-1], frame["progression"].to_numpy()
    assert pilot.claim.worst_error is not None
    assert (np.abs(y - np.median(y)) <= pilot.claim.worst_error).mean() == pytest.approx(0.9, abs=0.01)
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 3, 11)))
    off = np.abs(cross_val_predict(ridge, frame[features], y, cv=10) - y)
    assert off.mean() == pytest.approx(44, abs=1)
    assert 1 - (off / pilot.claim.worst_error).clip(max=1).mean() == pytest.approx(0.66, abs=0.01)
    everywhere = np.ones(len(frame), dtype=bool)
    assert best_single_rank(frame, features, "progression", everywhere) == (pytest.approx(0.59, abs=0.005), "s5")
    assert largest_correlation(frame, features, "progression", everywhere) == (
        pytest.approx(0.9, abs=0.005),
        "s1 and s2",
    )


def test_h4_rows_regenerate() -> None:
    pytest.importorskip("pyscf", reason='the generator needs the extra "chem"')
    h4 = generator("h4-correlation")
    kept, _ = h4.rows(count=12)
    header, *written = shipped("h4-correlation")
    assert header == [*h4.COLUMNS, "reference"]
    assert [row[-1] for row in kept] == [row[-1] for row in written[:12]]
    again, committed = (np.array([row[:-1] for row in rows], dtype=float) for rows in (kept, written[:12]))
    np.testing.assert_allclose(again, committed, atol=2e-5, err_msg="five decimals are written")


def test_h4_labels_agree_with_a_full_ci_written_down_independently() -> None:
    pytest.importorskip("pyscf", reason='the generator needs the extra "chem"')
    h4 = generator("h4-correlation")
    geometries = h4.geometries()
    for _ in range(2):
        found = h4.integrals(next(geometries))
        assert found is not None
        _, one, two = found
        assert h4.weight(one, two) == pytest.approx(singlet_weight(one, two), abs=1e-6)


Operator = tuple[int, bool]  # spin orbital 2 * p + spin; True creates, False destroys


def singlet_weight(one: np.ndarray, two: np.ndarray) -> float:
    """Weight of the lowest determinant in the singlet ground state, from operator strings on occupied spin orbitals."""
    orbitals, spins = range(len(one)), range(2)
    pairs = list(combinations(orbitals, 2))
    states = [tuple(sorted([2 * p for p in up] + [2 * p + 1 for p in down])) for up in pairs for down in pairs]
    index = {state: place for place, state in enumerate(states)}

    def matrix(*terms: tuple[float, tuple[Operator, ...]]) -> np.ndarray:
        found = np.zeros((len(states), len(states)))
        for value, operators in terms:
            for state in states:
                sign, image = applied(operators, state)
                if sign:
                    found[index[image], index[state]] += sign * value
        return found

    up, down = 0, 1
    hamiltonian = matrix(
        *((one[p, q], ((2 * p + s, True), (2 * q + s, False))) for p, q in product(orbitals, repeat=2) for s in spins),
        *(
            (two[p, q, r, t] / 2, ((2 * p + s, True), (2 * r + u, True), (2 * t + u, False), (2 * q + s, False)))
            for p, q, r, t in product(orbitals, repeat=4)
            for s, u in product(spins, repeat=2)
        ),
    )
    lowered_raised = [
        (1.0, ((2 * p + down, True), (2 * p + up, False), (2 * q + up, True), (2 * q + down, False)))
        for p, q in product(orbitals, repeat=2)
    ]
    spin_squared = matrix(*lowered_raised)  # S^2 = S- S+ + Sz (Sz + 1), and Sz is 0
    ground = np.linalg.eigh(hamiltonian + 10 * spin_squared)[1][:, 0]
    return float(ground[index[0, 1, 2, 3]] ** 2)


def applied(operators: tuple[Operator, ...], state: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Sign and image of `state` under `operators`, the rightmost first; sign 0 where it vanishes."""
    sign, occupied = 1, list(state)
    for orbital, creates in reversed(operators):
        if (orbital in occupied) == creates:
            return 0, ()
        sign *= (-1) ** sum(other < orbital for other in occupied)
        occupied = sorted([*occupied, orbital]) if creates else [other for other in occupied if other != orbital]
    return sign, tuple(occupied)
