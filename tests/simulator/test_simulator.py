"""How a simulator behaves on batches of every size, from several threads, and on input it cannot take."""

import itertools
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qpilot.circuits import Circuit
from qpilot.errors import UsageError
from qpilot.simulator import Simulator
from qpilot.simulator import engine as engine_module

CIRCUIT = Circuit("angle", "strongly-entangling", 2, 3)
WORDS = ("ZII", "IZI", "XYI")


def drawn(rows, circuit=CIRCUIT, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, np.pi, (rows, circuit.inputs)), rng.uniform(-np.pi, np.pi, circuit.weights)


@pytest.fixture(scope="module")
def simulator():
    return Simulator(CIRCUIT)


def test_rows_do_not_depend_on_their_company(simulator):
    """A large batch runs in chunks; every row is what it is alone."""
    circuit = Circuit("zz", "basic-entangling", 1, 10)
    rows = 2 * (engine_module._CHUNK >> 10) + 3
    X, weights = drawn(rows, circuit)
    words = ("Z" * 10, "X" * 10)
    tall = Simulator(circuit)
    values, gradient = tall.value_and_vjp(X, weights, words, np.ones((rows, 2)))
    chosen = [0, rows // 2, rows - 1]
    alone = np.vstack([tall.expectations(X[[row]], weights, words) for row in chosen])
    np.testing.assert_allclose(values[chosen], alone, rtol=0, atol=1e-12)
    np.testing.assert_allclose(tall.expectations(X, weights, words), values, rtol=0, atol=1e-12)
    np.testing.assert_allclose(tall.states(X, weights)[chosen], tall.states(X[chosen], weights), rtol=0, atol=1e-12)
    thirds = [tall.value_and_vjp(part, weights, words, np.ones((len(part), 2)))[1] for part in np.array_split(X, 3)]
    np.testing.assert_allclose(gradient, np.sum(thirds, axis=0), rtol=0, atol=1e-9)


@pytest.mark.parametrize("rows", [5, (engine_module._WHOLE >> 3) + 1])
def test_upstream_may_wait_for_the_expectations(simulator, rows):
    """L = (mean <Z> of all rows)^2, whose upstream needs every row's value; also where the batch is walked twice."""
    X, weights = drawn(rows)

    def upstream(values):
        assert values.shape == (rows, 1)
        return np.full((rows, 1), 2 * values.mean() / rows)

    values, gradient = simulator.value_and_vjp(X, weights, ("ZII",), upstream)
    steps = [1e-5 * unit for unit in np.eye(len(weights))[:3]]
    loss = [
        [simulator.expectations(X, weights + sign * step, ("ZII",)).mean() ** 2 for sign in (1, -1)] for step in steps
    ]
    differences = [(up - down) / 2e-5 for up, down in loss]
    np.testing.assert_allclose(gradient[:3], differences, rtol=0, atol=1e-8)
    np.testing.assert_allclose(values, simulator.expectations(X, weights, ("ZII",)), rtol=0, atol=1e-12)


def test_upstream_may_ask_the_same_simulator(simulator):
    X, weights = drawn(4)
    upstream = np.ones((4, 3))

    def asks(values):
        simulator.expectations(X + 1, weights - 1, WORDS)
        simulator.value_and_vjp(X + 1, weights - 1, WORDS, upstream)
        return upstream

    np.testing.assert_array_equal(
        simulator.value_and_vjp(X, weights, WORDS, asks)[1], simulator.value_and_vjp(X, weights, WORDS, upstream)[1]
    )


def test_threads_share_a_simulator(simulator):
    def gradient(seed):
        X, weights = drawn(40, seed=seed)
        return simulator.value_and_vjp(X, weights, WORDS, np.ones((40, 3)))[1]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(gradient, range(100)))
    for seed, found in enumerate(together):
        np.testing.assert_array_equal(found, gradient(seed))


def test_answers_are_not_overwritten_by_the_next_call(simulator):
    X, weights = drawn(3)
    states, values = simulator.states(X, weights), simulator.expectations(X, weights, WORDS)
    kept = states.copy(), values.copy()
    simulator.value_and_vjp(X + 1, weights, WORDS, np.ones((3, 3)))
    np.testing.assert_array_equal(states, kept[0])
    np.testing.assert_array_equal(values, kept[1])


def test_input_is_left_alone_and_may_be_laid_out_in_any_way(simulator):
    X, weights = drawn(6)
    expected = simulator.expectations(X, weights, WORDS)
    X.setflags(write=False)
    weights.setflags(write=False)
    np.testing.assert_array_equal(simulator.expectations(np.asfortranarray(X), weights, WORDS), expected)
    np.testing.assert_allclose(simulator.expectations(X[::2], weights, WORDS), expected[::2], rtol=0, atol=1e-12)


def test_no_rows_give_no_answers(simulator):
    X, weights = drawn(0)
    assert simulator.states(X, weights).shape == (0, 8)
    assert simulator.expectations(X, weights, WORDS).shape == (0, 3)
    assert simulator.value_and_vjp(X, weights, WORDS, np.zeros((0, 3)))[1].tolist() == [0.0] * CIRCUIT.weights


def test_a_simulator_travels_to_another_process(simulator):
    X, weights = drawn(2)
    again = pickle.loads(pickle.dumps(simulator))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again.states(X, weights), simulator.states(X, weights))


@pytest.mark.parametrize(
    ("X", "weights", "words", "sentence"),
    [
        (np.zeros((2, 4)), np.zeros(18), ("ZII",), r"rows of 3 inputs, got shape \(2, 4\)"),
        (np.zeros(3), np.zeros(18), ("ZII",), r"rows of 3 inputs, got shape \(3,\)"),
        (np.zeros((2, 3)), np.zeros(17), ("ZII",), r"takes 18 weights, got shape \(17,\)"),
        (np.zeros((2, 3)), None, ("ZII",), r"takes 18 weights, got shape \(0,\)"),
        (np.full((2, 3), np.nan), np.zeros(18), ("ZII",), "must be finite"),
        (np.zeros((2, 3)), np.full(18, np.inf), ("ZII",), "must be finite"),
        (np.zeros((2, 3)), np.zeros(18), ("ZI",), "'ZI' is not 3 letters"),
        (np.zeros((2, 3)), np.zeros(18), ("ZIW",), "'ZIW' is not 3 letters"),
        (np.zeros((2, 3)), np.zeros(18), (), "at least one Pauli word"),
    ],
)
def test_what_a_simulator_cannot_take_is_said(simulator, X, weights, words, sentence):
    with pytest.raises(UsageError, match=sentence):
        simulator.expectations(X, weights, words)


@pytest.mark.parametrize("letters", list(itertools.product("IXYZ", repeat=2)), ids="".join)
def test_words_on_a_known_state(letters):
    """(|00> + i|11>) / sqrt 2 is an eigenstate of ZZ (+1), XY (+1) and YX (+1)."""
    from qpilot.simulator.pauli import parse

    psi = np.array([[1], [0], [0], [1j]]) / np.sqrt(2)
    expected = {"II": 1, "ZZ": 1, "XY": 1, "YX": 1}.get("".join(letters), 0)
    assert parse(("".join(letters),), 2).expectations(psi, np.empty_like(psi)) == pytest.approx(expected)
