"""Kernels through landmarks against scikit-learn's Nystroem."""

import numpy as np
import pytest
from sklearn.kernel_approximation import Nystroem
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import LinearSVC

from qpilot.models.kernels.gram import Gram, among, inverse_root, landmarks
from qpilot.models.kernels.support_vectors import MOST_TUNED, train
from qpilot.models.kernels.tuning import some

X = np.random.default_rng(4).normal(size=(80, 3))


def test_the_approximation_is_scikit_learns_on_the_same_landmarks():
    theirs = Nystroem(gamma=0.3, n_components=20, random_state=0).fit(X)
    chosen = theirs.component_indices_
    ours = among(rbf_kernel(X, X[chosen], gamma=0.3), chosen).values
    np.testing.assert_allclose(ours @ ours.T, theirs.transform(X) @ theirs.transform(X).T, atol=1e-6)


def test_all_rows_as_landmarks_give_the_kernel_itself():
    kernel = rbf_kernel(X, gamma=0.3)
    for features in (among(kernel, np.arange(80)).values, Gram(kernel).factored().values):
        np.testing.assert_allclose(features @ features.T, kernel, atol=1e-7)


def test_a_kernel_without_full_rank_has_the_inverse_root_of_its_range():
    a = X[:, :1]
    root = inverse_root(a @ a.T)
    assert root.shape == (80, 1)
    np.testing.assert_allclose(root @ root.T, np.linalg.pinv(a @ a.T), atol=1e-10)


def test_landmarks_are_distinct_reproducible_and_never_more_than_there_are_rows():
    assert landmarks(10, 99, seed=1).tolist() == list(range(10))
    assert landmarks(1000, 5, seed=1).tolist() == landmarks(1000, 5, seed=1).tolist()
    assert len(set(landmarks(1000, 500, seed=1))) == 500
    assert landmarks(1000, 5, seed=1).tolist() != landmarks(1000, 5, seed=2).tolist()


@pytest.mark.parametrize("classes", [2, 3])
def test_a_machine_through_landmarks_is_scikit_learns_linear_machine_on_its_features(classes):
    y = np.argmax(X[:, :classes], axis=1)
    chosen = landmarks(80, 25, seed=0)
    kernel = rbf_kernel(X, X[chosen], gamma=0.3)
    gram = among(kernel, chosen)
    _, machine = train([lambda: gram], y, classes, seed=0, costs=(2.0,))
    theirs = LinearSVC(C=2.0, dual=False).fit(gram.values, y)
    assert machine.support.tolist() == list(range(25)), "places among the landmarks"
    ours = kernel @ machine.coefficients.T + machine.offsets
    np.testing.assert_allclose(ours[:, 0] if classes == 2 else ours, theirs.decision_function(gram.values), atol=1e-6)


@pytest.mark.parametrize("chosen", [None, np.arange(0, 80, 4)])
def test_what_shots_show_is_read_of_the_rows_alone(chosen):
    others = X if chosen is None else X[chosen]
    exact, shown = rbf_kernel(X, others, gamma=0.3), rbf_kernel(X + 0.1, others, gamma=0.3)
    plain, gram = among(exact, chosen), among(exact, chosen, shown)
    rows, seen = np.array([3, 5, 8]), np.arange(40, 60)
    columns = shown[:, seen] if chosen is None else shown @ gram.root
    np.testing.assert_allclose(gram.between(rows, seen), columns[rows])
    assert (gram.take(seen).values == plain.take(seen).values).all(), "what is learned from is exact"
    both = np.concatenate([rows, seen])
    np.testing.assert_allclose(gram.take(both).between(np.arange(3), np.arange(3, 23)), columns[rows])
    assert (gram.factored().measured == shown).all()


def test_some_rows_keep_enough_of_a_rare_class_for_inner_folds():
    y = np.zeros(10_000, dtype=int)
    y[[17, 400, 9_000]] = 1
    rows = some(y, MOST_TUNED, seed=0)
    assert len(rows) == len(set(rows)) == MOST_TUNED
    assert y[rows].sum() == 3
    assert some(y[:50], MOST_TUNED, seed=0).tolist() == list(range(50))
