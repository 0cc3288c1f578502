"""Heads of a quantity against scikit-learn's own regressors, on kernels, through landmarks, and as shots would show them."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.svm import SVR, LinearSVR

from qpilot.models.kernels import process_regression, vector_regression
from qpilot.models.kernels.gram import Gram, among, landmarks
from qpilot.models.kernels.heads import HEADS, QUANTITY_HEADS
from qpilot.models.kernels.process_regression import Spectrum, likeliest
from qpilot.models.kernels.tuning import FOLDS, folds, some

KERNEL = RBF(1.3)
EVERY = pytest.mark.parametrize("head", QUANTITY_HEADS)


def _noisy(rows: int = 120, noise: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(rows, 2))
    y = np.sin(2 * X[:, 0]) + 0.5 * X[:, 1] + noise * rng.normal(size=rows)
    return X, (y - y.mean()) / y.std()


def test_the_process_is_scikit_learns_with_the_amplitude_and_noise_the_evidence_chose():
    X, y = _noisy()
    old, new = X[:80], X[80:]
    kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(1.3, "fixed") + WhiteKernel(0.1, (1e-6, 1e3))
    theirs = GaussianProcessRegressor(kernel, alpha=0, n_restarts_optimizer=3, random_state=0).fit(old, y[:80])
    amplitude, noise = np.exp(theirs.kernel_.theta)
    spectrum = Spectrum.of(Gram(KERNEL(old)).factored().values, y[:80])
    ratio = likeliest(spectrum)
    assert spectrum.amplitude(ratio) == pytest.approx(amplitude, rel=0.01)
    assert ratio == pytest.approx(noise / amplitude, rel=0.01)
    assert spectrum.evidence(ratio) == pytest.approx(theirs.log_marginal_likelihood_value_, abs=1e-3)
    process = process_regression.fit(Gram(KERNEL(old)), y[:80])
    np.testing.assert_allclose(process.decide(KERNEL(new, old))[:, 0], theirs.predict(new), atol=2e-3)


@pytest.mark.parametrize(("amplitude", "ratio"), [(0.1, 0.5), (3.0, 0.01), (40.0, 20.0)])
def test_the_evidence_is_scikit_learns_at_any_amplitude_and_noise_and_no_amplitude_beats_the_likeliest(
    amplitude, ratio
):
    X, y = _noisy()
    kernel = ConstantKernel(amplitude, "fixed") * RBF(1.3, "fixed") + WhiteKernel(ratio * amplitude, "fixed")
    theirs = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(X, y)
    spectrum = Spectrum.of(Gram(KERNEL(X)).factored().values, y)
    assert spectrum.evidence(ratio, amplitude) == pytest.approx(theirs.log_marginal_likelihood_value_, abs=1e-4)
    best = spectrum.amplitude(ratio)
    assert spectrum.evidence(ratio) == pytest.approx(spectrum.evidence(ratio, best))
    assert spectrum.evidence(ratio) > max(spectrum.evidence(ratio, best * factor) for factor in (0.9, 1.1))


def test_with_landmarks_it_is_the_process_of_their_features():
    X, y = _noisy()
    old, new = X[:80], X[80:]
    chosen = landmarks(80, 12, seed=0)
    gram = among(KERNEL(old, old[chosen]), chosen)
    ratio = 0.05
    process = process_regression.fit(gram, y[:80], ratio)
    linear = DotProduct(0.0, "fixed") + WhiteKernel(ratio, "fixed")
    theirs = GaussianProcessRegressor(linear, alpha=0, optimizer=None).fit(gram.values, y[:80])
    features = KERNEL(new, old[chosen]) @ gram.root
    np.testing.assert_allclose(process.decide(KERNEL(new, old[chosen]))[:, 0], theirs.predict(features), atol=1e-6)
    assert process.support.tolist() == list(range(12))


@pytest.mark.parametrize(("cost", "epsilon"), [(0.1, 0.4), (1.0, 0.1), (10.0, 0.2)])
def test_the_machine_is_scikit_learns_on_new_rows_and_keeps_no_row_within_epsilon(cost, epsilon):
    X, y = _noisy()
    old, new = X[:80], X[80:]
    _, machine = vector_regression.train([lambda: Gram(KERNEL(old))], y[:80], 0, (cost,), (epsilon,))
    theirs = SVR(C=cost, epsilon=epsilon, kernel="precomputed").fit(KERNEL(old), y[:80])
    ours = machine.decide(KERNEL(new, old[machine.support]))
    assert ours.shape == (40, 1)
    np.testing.assert_allclose(ours[:, 0], theirs.predict(KERNEL(new, old)), atol=1e-9)
    assert machine.support.tolist() == sorted(theirs.support_)
    assert machine.parameters == len(machine.support) + 1 < 81
    others = np.setdiff1d(np.arange(80), machine.support)
    apart = np.abs(machine.decide(KERNEL(old[others], old[machine.support]))[:, 0] - y[others])
    assert len(others)
    assert apart.max() < epsilon + 0.01


def test_with_landmarks_the_machine_is_scikit_learns_linear_one_on_their_features():
    X, y = _noisy()
    old, new = X[:80], X[80:]
    chosen = landmarks(80, 12, seed=0)
    gram = among(KERNEL(old, old[chosen]), chosen)
    _, machine = vector_regression.train([lambda: gram], y[:80], 0, (1.0,), (0.1,))
    theirs = LinearSVR(C=1.0, epsilon=0.1, loss="squared_epsilon_insensitive", dual=False).fit(gram.values, y[:80])
    expected = theirs.predict(KERNEL(new, old[chosen]) @ gram.root)
    np.testing.assert_allclose(machine.decide(KERNEL(new, old[chosen]))[:, 0], expected, atol=1e-9)


@pytest.mark.parametrize(("rows", "noise", "chosen"), [(120, 0.3, 0.1), (160, 0.6, 0.4)])
def test_cost_epsilon_and_kernel_are_those_of_the_smallest_cross_validated_error(rows, noise, chosen):
    X, y = _noisy(rows, noise)
    y = y + 1.5  # so that an offset is needed
    kernels = [RBF(width)(X) for width in (0.05, 1.3, 30.0)]
    place, machine = vector_regression.train([lambda one=one: Gram(one) for one in kernels], y, seed=3)
    parts = KFold(FOLDS, shuffle=True, random_state=3)
    errors = {
        (at, cost, epsilon): np.mean(
            (cross_val_predict(SVR(C=cost, epsilon=epsilon, kernel="precomputed"), kernels[at], y, cv=parts) - y) ** 2
        )
        for at in range(3)
        for cost in vector_regression.COSTS
        for epsilon in vector_regression.EPSILONS
    }
    at = min((setting for setting in errors if setting[2] == vector_regression.EPSILONS[0]), key=errors.get)[0]
    _, cost, epsilon = min((setting for setting in errors if setting[0] == at), key=errors.get)
    assert (place, epsilon) == (at, chosen) == (1, chosen)
    theirs = SVR(C=cost, epsilon=epsilon, kernel="precomputed").fit(kernels[at], y)
    np.testing.assert_allclose(machine.coefficients, theirs.dual_coef_[0][np.argsort(theirs.support_)], atol=1e-9)


@EVERY
def test_the_kernel_that_the_quantity_follows_is_chosen(head):
    X, y = _noisy()
    grams = [lambda width=width: Gram(RBF(width)(X)) for width in (0.01, 1.3, 100.0)]
    assert QUANTITY_HEADS[head].learn(grams, y, 0)[0] == 1
    assert QUANTITY_HEADS[head].learn(grams[::-1], y, 0)[0] == 1


@EVERY
@pytest.mark.parametrize("wanted", [None, 20])
def test_settings_are_chosen_for_rows_that_shots_show(head, wanted):
    X, y = _noisy(200, noise=0.02)
    chosen = None if wanted is None else landmarks(120, wanted, 0)
    others = X[:120] if chosen is None else X[:120][chosen]
    exact, rng = KERNEL(X, others), np.random.default_rng(1)
    shots = 100
    shown = rng.binomial(shots, np.clip(exact, 0, 1)) / shots

    def error(measured):
        gram = among(exact[:120], chosen, measured)
        _, found = QUANTITY_HEADS[head].learn([lambda: gram], y[:120], 0)
        return np.mean((found.decide(shown[120:][:, found.support])[:, 0] - y[120:]) ** 2)

    blind, aware = error(None), error(shown[:120])
    assert aware < 0.8 * blind
    assert aware < 0.6


@EVERY
def test_what_was_kept_is_taken_up_bit_for_bit(head):
    X, y = _noisy()
    _, found = QUANTITY_HEADS[head].learn([lambda: Gram(KERNEL(X))], y, 0)
    again = QUANTITY_HEADS[head].recall(found.plain())
    kernel = KERNEL(X, X[found.support])
    assert (again.decide(kernel) == found.decide(kernel)).all()
    assert again.parameters == found.parameters == len(found.support) + 1


@EVERY
def test_values_without_noise_repeated_rows_and_few_rows_leave_numbers_finite(head):
    X, y = _noisy(noise=0.0)
    X[30:60] = X[:30]
    for rows in (2, 3, 5, 120):
        _, found = QUANTITY_HEADS[head].learn([lambda rows=rows: Gram(KERNEL(X[:rows]))], y[:rows], 0)
        assert np.isfinite(found.decide(KERNEL(X, X[found.support]))).all()
    _, found = QUANTITY_HEADS[head].learn([lambda: Gram(np.eye(20))], np.zeros(20), 0)
    assert not found.decide(np.zeros((1, len(found.support)))).any()


@EVERY
def test_of_many_rows_some_choose_and_all_are_fitted(head):
    most = {"svm": vector_regression.MOST_TUNED, "gp": process_regression.MOST_TUNED}[head]
    X, y = _noisy(most + 200)
    chosen = landmarks(len(X), 15, 0)
    right, wrong = (among(RBF(width)(X, X[chosen]), chosen) for width in (1.3, 0.01))
    place, found = QUANTITY_HEADS[head].learn([lambda: wrong, lambda: right], y, 0)
    assert place == 1
    left_out = np.setdiff1d(np.arange(len(y)), some(y, most, 0))
    y[left_out] = 30.0
    apart = np.zeros((len(y), 1))
    apart[left_out] = 1.0
    telling = Gram(apart, np.ones((1, 1)))  # of the rows that have no say it would know everything
    assert QUANTITY_HEADS[head].learn([lambda: telling, lambda: right], y, 0)[0] == 1
    kernel = KERNEL(X[:50], X[chosen])
    _, other = QUANTITY_HEADS[head].learn([lambda: wrong, lambda: right], y, 0)
    assert np.abs(other.decide(kernel) - found.decide(kernel)).max() > 0.1


def test_rows_of_values_are_drawn_without_regard_to_them_and_every_fold_sees_two():
    y = np.random.default_rng(0).normal(size=50)
    drawn = some(y, 20, seed=1)
    assert len(np.unique(drawn)) == 20
    assert (np.diff(drawn) > 0).all()
    assert some(y, 50, seed=1).tolist() == list(range(50))
    parts = folds(y, seed=2)
    assert sorted(np.concatenate([unseen for _, unseen in parts])) == list(range(50))
    assert [len(folds(y[:rows], 0)) for rows in (1, 2, 3, 4)] == [0, 0, FOLDS, FOLDS]


def test_a_pilot_file_names_the_same_heads_whatever_the_answer():
    assert QUANTITY_HEADS.keys() == HEADS.keys()
