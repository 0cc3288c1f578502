"""Two models' answers counted into a comparison."""

import numpy as np
import pytest

from gates.comparison import Comparison


def test_answers_are_counted_in_all_and_by_class() -> None:
    first = np.array([True, True, False, True, False])
    second = np.array([True, False, True, False, False])
    found = Comparison.of(first, second, np.array(["no", "no", "yes", "yes", "yes"]))
    assert found == Comparison(points=5, better=2, worse=1, by_class={"no": (2, 1, 0), "yes": (3, 1, 1)})
    assert found.flaw("balanced_accuracy", 5) is None
    assert found.psi == pytest.approx(0.6)
    assert found.shares == pytest.approx((0.4, 0.6))
    assert found.advantage("accuracy") == pytest.approx(0.2)
    assert found.advantage("balanced_accuracy") == pytest.approx((0.5 + 0.0) / 2)


def test_balanced_accuracy_is_not_tested_where_a_class_has_no_point() -> None:
    lacking = Comparison.of([True, True], [False, True], ["no", "no"], known=("no", "yes"))
    assert lacking.by_class == {"no": (2, 1, 0), "yes": (0, 0, 0)}
    assert "a class has no rows" in str(lacking.flaw("balanced_accuracy", 2))
    assert np.isnan(lacking.advantage("balanced_accuracy"))
    assert lacking.flaw("accuracy", 2) is None


def test_answers_to_other_points_are_refused() -> None:
    with pytest.raises(ValueError, match="2, 3 and 3 were given"):
        Comparison.of([True, False], [True] * 3, [0, 1, 1])


def test_nothing_compared_has_no_figures() -> None:
    nothing = Comparison.of([], [], [])
    assert np.isnan([nothing.psi, nothing.advantage("accuracy"), nothing.advantage("balanced_accuracy")]).all()
    assert nothing.flaw("accuracy", 0) is not None
