"""Features become angles in [0, pi], by what the fitted rows say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qpilot.models.scaling import Scaling


def test_the_mean_is_a_quarter_turn_and_three_deviations_are_the_ends():
    scaling = Scaling.fit("angle", np.array([[-1.0], [1.0]]))
    angles = scaling.angles(np.array([[0.0], [3.0], [-3.0], [99.0], [1.0]]))[:, 0]
    np.testing.assert_allclose(angles, [np.pi / 2, np.pi, 0, np.pi, np.pi * 2 / 3])


def test_a_constant_feature_is_a_quarter_turn():
    np.testing.assert_allclose(Scaling.fit("angle", np.full((3, 1), 7.0)).angles(np.array([[7.0]])), np.pi / 2)


def test_none_leaves_features_as_they_are():
    X = np.array([[5.0, -20.0], [0.0, 3.0]])
    assert (Scaling.fit("none", X).angles(X) == X).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=8), st.floats(-1e9, 1e9))
def test_angles_never_leave_the_half_turn(fitted, given):
    angle = Scaling.fit("angle", np.array(fitted)[:, None]).angles(np.array([[given]]))
    assert 0 <= angle[0, 0] <= np.pi


@pytest.mark.parametrize("kind", ["angle", "none"])
def test_the_bandwidth_is_a_factor_on_the_angles(kind):
    X = np.array([[5.0, -20.0], [0.0, 3.0]])
    wide, narrow = Scaling.fit(kind, X), Scaling.fit(kind, X, 0.25)
    np.testing.assert_allclose(narrow.angles(X), wide.angles(X) / 4)
    assert (wide.narrowed(0.25).angles(X) == narrow.angles(X)).all()
    assert (Scaling.fit(kind, X, "auto").angles(X) == wide.angles(X)).all(), "1 until one is chosen"
