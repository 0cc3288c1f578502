"""Gaussian process classification against scikit-learn's own, which inverts the kernel where ours works in its features."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct
from sklearn.metrics import log_loss

from qpilot.models.kernels.gaussian_process import expected_logistic, fit, laplace, train
from qpilot.models.kernels.gram import Gram, among, landmarks

KERNEL = RBF(1.3)


def _noisy(classes: int, rows: int = 150) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(rows, 4))
    return X, np.argmax(X[:, :classes] + 0.5 * rng.normal(size=(rows, classes)), axis=1)


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_are_scikit_learns_with_the_amplitudes_the_evidence_chose(classes):
    X, y = _noisy(classes)
    old, new = X[:100], X[100:]
    process = fit(Gram(KERNEL(old)), y[:100], classes)
    theirs = GaussianProcessClassifier(ConstantKernel(10, (1e-2, 1e4)) * RBF(1.3, "fixed")).fit(old, y[:100])
    machines = [theirs.base_estimator_] if classes == 2 else theirs.base_estimator_.estimators_
    chosen = [np.exp(machine.kernel_.theta[0]) for machine in machines]
    np.testing.assert_allclose(process.amplitudes, chosen, rtol=0.02)
    np.testing.assert_allclose(process.decide(KERNEL(new, old)), theirs.predict_proba(new), atol=1e-3)


@pytest.mark.parametrize("amplitude", [0.1, 3.0, 500.0])
def test_the_evidence_is_scikit_learns(amplitude):
    X, y = _noisy(2)
    theirs = GaussianProcessClassifier(ConstantKernel(amplitude, "fixed") * RBF(1.3, "fixed"), optimizer=None).fit(X, y)
    ours = laplace(Gram(KERNEL(X)).factored().values, y == 1, amplitude).evidence
    assert ours == pytest.approx(theirs.log_marginal_likelihood_value_, abs=1e-5)


def test_with_landmarks_it_is_the_process_of_their_features_and_owns_to_what_they_do_not_span():
    X, y = _noisy(2)
    old, new = X[:100], X[100:]
    chosen = landmarks(100, 12, seed=0)
    gram = among(KERNEL(old, old[chosen]), chosen)
    process = fit(gram, y[:100], 2)
    (amplitude,) = process.amplitudes
    features = KERNEL(new, old[chosen]) @ gram.root
    linear = ConstantKernel(amplitude, "fixed") * DotProduct(0.0, "fixed")
    theirs = GaussianProcessClassifier(linear, optimizer=None).fit(gram.values, y[:100])
    mean, variance = theirs.latent_mean_and_variance(features)
    ours = process.latent(KERNEL(new, old[chosen]))
    np.testing.assert_allclose(ours[0][:, 0], mean, atol=1e-5)
    unspanned = amplitude * (1 - (features**2).sum(axis=1))
    np.testing.assert_allclose(ours[1][:, 0], variance + unspanned, atol=1e-5)


@pytest.mark.parametrize(("mean", "variance"), [(0.0, 1.0), (1.5, 0.0), (-2.0, 9.0), (3.0, 400.0)])
def test_the_expected_logistic_is_the_integral(mean, variance):
    deviation = np.sqrt(variance)
    exact = expit(mean)
    if variance:
        ends = {"points": [mean - 8 * deviation, 0, mean + 8 * deviation], "limit": 200}
        exact, _ = quad(lambda f: expit(f) * norm.pdf(f, mean, deviation), -200, 200, **ends)
    assert expected_logistic(np.array([[mean]]), np.array([[variance]]))[0, 0] == pytest.approx(exact, abs=5e-4)


def test_the_evidence_prefers_the_kernel_the_labels_follow():
    X, y = _noisy(2)
    grams = [lambda width=width: Gram(RBF(width)(X)) for width in (0.01, 1.3, 100.0)]
    assert train(grams, y, 2, seed=0)[0] == 1


def test_probabilities_of_unseen_rows_are_calibrated_without_any_held_out_rows():
    X, y = _noisy(2, rows=600)
    process = fit(Gram(KERNEL(X[:300])), y[:300], 2)
    likely = process.decide(KERNEL(X[300:], X[:300]))
    loss = log_loss(y[300:], likely)
    logits = np.log(likely[:, 1] / likely[:, 0])
    for factor in (0.4, 2.5):
        assert loss < log_loss(y[300:], expit(factor * logits)), "neither too sure nor too timid"


def test_far_from_every_row_it_knows_nothing():
    X, y = _noisy(2)
    np.testing.assert_allclose(fit(Gram(KERNEL(X)), y, 2).decide(np.zeros((1, len(X)))), 0.5, atol=1e-3)


def test_separable_and_repeated_rows_leave_numbers_finite():
    X = np.repeat(np.eye(2), 20, axis=0)
    y = np.repeat([0, 1], 20)
    answers = fit(Gram(RBF(0.1)(X)), y, 2).decide(RBF(0.1)(X))
    assert np.isfinite(answers).all()
    assert (answers.argmax(axis=1) == y).all()
