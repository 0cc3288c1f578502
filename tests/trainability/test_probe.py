"""Gradients, kernels and state ensembles against PennyLane, closed forms, and what is known of plateaus."""

import math

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

from gates.trainability import TrainabilityPolicy, decide, standing
from qpilot.candidates.candidate import Candidate
from qpilot.trainability.ensemble import entangling, expressibility
from qpilot.trainability.entries import entries
from qpilot.trainability.gradients import Moment, draw_gradients
from qpilot.trainability.stage import probe
from qpilot.trainability.widths import columns, model, widths
from qpilot.training.settings import Training

RNG = np.random.default_rng(2)
X, Y = RNG.normal(size=(120, 6)), np.arange(120) % 2


def variational(qubits: int = 4, layers: int = 2, **changes: object) -> Candidate:
    named = {"model": "variational", "encoding": "angle", "ansatz": "strongly-entangling"}
    return Candidate.model_validate(named | {"qubits": qubits, "layers": layers} | changes)


def kernel(qubits: int, name: str = "fidelity-kernel", **changes: object) -> Candidate:
    return Candidate.model_validate(
        {"model": name, "encoding": "angle", "layers": 1, "qubits": qubits, "scaling": "none"} | changes
    )


@pytest.mark.parametrize(
    ("qubits", "measured"), [(1, [2, 3, 4]), (4, [2, 3, 4]), (8, [2, 4, 5, 6, 8]), (16, [2, 4, 6, 8, 10])]
)
def test_widths_lead_up_to_the_candidates_own(qubits: int, measured: list[int]) -> None:
    assert measured == widths(qubits)


def test_columns_beyond_the_last_are_the_first_in_another_order() -> None:
    found = columns(X, 8, 0)
    assert np.array_equal(found[:, :6], X)
    assert np.array_equal(np.sort(found[:, 6]), np.sort(X[:, 0]))
    assert not np.array_equal(found[:, 6], X[:, 0])


def test_the_mean_square_is_that_of_pennylanes_gradients() -> None:
    """One layer, uniform start, one word: many default.qubit gradients against the scan, within both errors."""
    candidate = variational(3, 1, training={"start": "uniform"})
    found = model(candidate, 3, X[:, :3], Y, 0)
    moment = Moment.of(draw_gradients(found, X[:, :3], 0, readout="global").squares)

    @qml.qnode(qml.device("default.qubit", wires=3), interface="autograd")
    def cost(weights: object, x: object) -> object:
        qml.AngleEmbedding(x, range(3), rotation="Y")
        qml.StronglyEntanglingLayers(weights, range(3))
        return qml.expval(qml.PauliZ(0) @ qml.PauliZ(1) @ qml.PauliZ(2))

    rng, squares = np.random.default_rng(5), []
    inputs = found.scaled(X[:, :3])
    for _ in range(60):
        weights = pnp.array(rng.uniform(-np.pi, np.pi, (1, 3, 3)), requires_grad=True)
        squares.append(np.asarray(qml.grad(cost)(weights, inputs[rng.integers(120)])).ravel() ** 2)
    live = np.max(squares, axis=0) > 1e-20
    other = Moment.of(np.array(squares)[:, live].mean(axis=1))
    apart = abs(math.log(moment.value / other.value))
    assert apart < 3 * math.hypot(moment.error, other.error), (moment, other)


def test_a_global_cost_of_random_angles_dies_with_width_and_a_shallow_local_one_lives() -> None:
    """McClean et al. 2018; Cerezo et al. 2021: exponential against at most polynomial."""
    shallow = variational(8, 2, ansatz="hardware-efficient", training={"start": "uniform"})
    variances = {
        (readout, width): Moment.of(draw_gradients(model(shallow, width, X, Y, 0), X, 0, readout=readout).squares).value
        for readout in ("local", "global")
        for width in (3, 7)
    }
    dying, living = (variances[readout, 7] / variances[readout, 3] for readout in ("global", "local"))
    assert dying < 0.15
    assert living > 3 * dying


def test_a_moments_error_is_that_of_repeated_draws() -> None:
    rng = np.random.default_rng(0)
    logs = [math.log(Moment.of(rng.normal(size=200) ** 2).value) for _ in range(300)]
    assert Moment.of(rng.normal(size=200) ** 2).error == pytest.approx(np.std(logs), rel=0.3)
    assert math.isnan(Moment.of(np.zeros(5)).error)


def test_product_states_are_not_entangled_and_ghz_states_are_fully() -> None:
    product = np.array([np.kron([1, 1j], np.kron([3, 4], [1, 0])) for _ in range(3)], dtype=complex)
    product /= np.linalg.norm(product, axis=1, keepdims=True)
    ghz = np.zeros((3, 16), dtype=complex)
    ghz[:, [0, 15]] = math.sqrt(0.5)
    assert entangling(product).value == pytest.approx(0, abs=1e-12)
    assert entangling(ghz).value == pytest.approx(1)


def test_haar_states_show_their_bias_and_a_single_state_the_most() -> None:
    rng = np.random.default_rng(3)
    states = rng.normal(size=(200, 8)) + 1j * rng.normal(size=(200, 8))
    states /= np.linalg.norm(states, axis=1, keepdims=True)
    haar, idle = expressibility(states), expressibility(np.repeat(states[:1], 200, axis=0))
    said = float(haar.method.rsplit(" ", 1)[1])
    assert haar.value < 3 * said
    # All pairs in the last of 75 bins: ln(1 / Haar's share of it), (1/75)^(N-1).
    assert idle.value == pytest.approx(7 * math.log(75), rel=1e-6)


def test_entanglement_is_the_circuits_own() -> None:
    joined, apart = (
        probe(1, variational(4, 2) if entangled else kernel(4), X[:, :4], Y, 0).entangling
        for entangled in (True, False)
    )
    assert joined.value > 0.5
    assert apart.value == pytest.approx(0, abs=1e-9)


def test_the_entries_of_a_product_kernel_concentrate_as_the_product_does() -> None:
    """Angles uniform in a full turn: E k^2 = (3/8)^n, E k = (1/2)^n for RY encodings."""
    rows = np.random.default_rng(1).uniform(0, 2 * np.pi, (200, 6))
    for width in (2, 4, 6):
        found = entries(model(kernel(6), width, rows, np.arange(200) % 2, 0), rows, 0)
        exact = (3 / 8) ** width - 0.25**width
        assert abs(math.log(found.variance / exact)) < max(0.3, 3 * found.error)
        assert found.noise == pytest.approx(0.5**width - (3 / 8) ** width, rel=0.15)


def test_a_wide_kernel_is_extrapolated_to_what_the_closed_form_says() -> None:
    rows = np.random.default_rng(1).uniform(0, 2 * np.pi, (200, 16))
    wide = probe(1, kernel(16), rows, np.arange(200) % 2, 0)
    exact = 1.96**2 * (0.5**16 - (3 / 8) ** 16) / ((3 / 8) ** 16 - 0.25**16)
    assert wide.shots.low < exact < wide.shots.high
    assert wide.shots.high < 5 * exact
    assert standing(wide, TrainabilityPolicy(max_shots=int(wide.shots.low / 2))).value == "NO_GO"
    assert math.isnan(wide.variance.value)


def test_mitigations_are_measured_both_ways() -> None:
    found = probe(1, variational(5, 3), X[:, :5], Y, 0)
    by_name = {one.name: one for one in found.mitigations}
    assert set(by_name) == {"local readout", "start small", "layer by layer"}
    assert by_name["local readout"].used
    assert not by_name["layer by layer"].used
    for one in found.mitigations:
        assert one.ratio.low < one.with_it.value / one.without.value < one.ratio.high
    trained = probe(1, variational(5, 3, training=Training(layerwise=True).plain()), X[:, :5], Y, 0)
    assert {one.name: one.used for one in trained.mitigations}["layer by layer"]


@pytest.mark.parametrize(
    "changes",
    [
        {"encoding": "amplitude", "ansatz": "tree-tensor"},
        {"encoding": "reuploading", "training": {"start": "gaussian"}},
        {"model": "dressed", "qubits": 3},
        {"layers": 4, "training": {"start": "identity-block"}},
    ],
)
def test_every_kind_of_circuit_is_probed_and_the_same_seed_gives_the_same(changes: dict[str, object]) -> None:
    rows = np.random.default_rng(6).normal(size=(60, 8 if "amplitude" in changes.values() else 4))
    candidate = variational(**{"qubits": 3 if "amplitude" in changes.values() else 4, **changes})  # type: ignore[arg-type]
    first, second = (probe(1, candidate, rows, np.arange(60) % 2, 3) for _ in range(2))
    assert first == second
    assert len(first.widths) >= 3
    assert first.shots.low > 1


def test_a_verdict_follows_from_real_probes() -> None:
    from gates.trainability import TrainabilityEvidence

    probes = (probe(1, variational(4, 2), X[:, :4], Y, 0), probe(2, kernel(4), X[:, :4], Y, 0))
    evidence = TrainabilityEvidence(stage="trainability", pilot="p", inputs={}, code="c", probes=probes)
    assert decide(evidence, TrainabilityPolicy(max_shots=20_000)).outcome.value == "GO"
    assert decide(evidence, TrainabilityPolicy(max_shots=2)).outcome.value == "NO_GO"
