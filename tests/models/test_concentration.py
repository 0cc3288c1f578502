"""The concentration of kernels: its interval against simulation, and its warning where it is due."""

import numpy as np
import pytest
from sklearn.metrics.pairwise import rbf_kernel

from qpilot.models.building import build
from qpilot.models.kernels.concentration import concentration, spread


def test_the_interval_holds_the_variance_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    whole = rbf_kernel(rng.normal(size=(2000, 2)), gamma=0.4)
    true = whole[~np.eye(2000, dtype=bool)].var()
    held = 0
    for _ in range(300):
        found = spread(rbf_kernel(rng.normal(size=(30, 2)), gamma=0.4))
        held += found.low <= true <= found.high
    assert 0.91 <= held / 300 <= 0.99


def test_the_variance_is_that_of_the_entries_off_the_diagonal():
    kernel = rbf_kernel(np.random.default_rng(1).normal(size=(40, 3)), gamma=0.2)
    found = spread(kernel)
    assert found.value == pytest.approx(kernel[~np.eye(40, dtype=bool)].var())
    assert found.low < found.value < found.high
    assert found.n == 40


def _model(candidate, kind, qubits, X, **given):
    y = (X[:, 0] > 0).astype(int)
    return build(candidate(kind, encoding="zz", qubits=qubits, **given), 0, 2).fit(X, y)


def test_a_wide_fidelity_kernel_is_warned_of_and_a_projected_or_a_narrow_one_is_not(candidate):
    X = np.random.default_rng(2).normal(size=(40, 12))

    def said(kind, **given):
        model = _model(candidate, kind, 12, X, **given)
        return concentration(model.kernel(X), model.shot_variance(X)).warning(1000)

    assert "lower bandwidth" in said("fidelity-kernel")
    assert said("projected-kernel") is None
    assert said("fidelity-kernel", bandwidth=0.0625) is None


def test_the_shots_a_wide_kernel_takes_grow_with_every_qubit(candidate):
    X = np.random.default_rng(2).normal(size=(40, 10))
    models = [_model(candidate, "fidelity-kernel", qubits, X[:, :qubits]) for qubits in (4, 6, 8, 10)]
    kernels = [(model, X[:, : model.circuit.qubits]) for model in models]
    shots = [concentration(model.kernel(rows), model.shot_variance(rows)).shots.value for model, rows in kernels]
    assert shots == sorted(shots)
    assert shots[-1] > 10 * shots[0]


@pytest.mark.parametrize("kind", ["fidelity-kernel", "projected-kernel"])
def test_the_noise_of_a_shot_is_what_sampling_shows(kind, candidate):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(6, 3))
    model = _model(candidate, kind, 3, X)
    shots, repeats = 2000, 4000
    exact = model.exact(X)
    if kind == "fidelity-kernel":
        kernel = np.clip(model.kernel(X), 0, 1)
        drawn = rng.binomial(shots, np.broadcast_to(kernel, (repeats, *kernel.shape))) / shots
    else:
        measured = 2 * rng.binomial(shots, np.broadcast_to((1 + exact) / 2, (repeats, *exact.shape))) / shots - 1
        drawn = np.exp(-model.gamma_ * ((measured[:, :, None] - exact[None, None]) ** 2).sum(axis=-1))
    apart = ~np.eye(6, dtype=bool)
    np.testing.assert_allclose(drawn.var(axis=0)[apart], model.shot_variance(X)[apart] / shots, rtol=0.15, atol=1e-9)


def test_too_few_rows_a_broken_kernel_and_one_without_spread_are_not_taken_for_good():
    for kernel in (np.eye(5), np.full((20, 20), np.nan)):
        found = concentration(kernel, kernel)
        assert np.isnan(found.shots.value)
        assert "not known" in found.warning(10**9)
    flat = concentration(np.eye(20), np.ones((20, 20)))
    assert (flat.variance.value, flat.variance.high, flat.shots.value) == (0.0, 0.25, np.inf)
    assert flat.shots.low == 40
    assert "no number of shots" in flat.warning(10)


def test_a_kernel_that_needs_fewer_shots_than_there_are_is_not_warned_of():
    kernel = rbf_kernel(np.random.default_rng(1).normal(size=(40, 3)), gamma=0.2)
    found = concentration(kernel, kernel * (1 - kernel))
    assert found.warning(round(found.shots.value)) is None
    assert "shots tell" in found.warning(int(found.shots.low * 0.9))
