"""Extrapolation against PennyLane's, and the weights against polynomials."""

import numpy as np
import pytest
from pennylane.noise import poly_extrapolate, richardson_extrapolate

from qpilot.errors import QpilotError
from qpilot.mitigation import MITIGATIONS
from qpilot.mitigation.zne import SCALES, weights


@pytest.mark.parametrize("scales", [SCALES, (1, 3), (1, 3, 5, 7)])
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_weights_are_those_of_pennylane(scales: tuple[int, ...], degree: int) -> None:
    if degree >= len(scales):
        with pytest.raises(QpilotError, match=f"a polynomial of degree {degree} needs {degree + 1} scales"):
            weights(scales, degree)
        return
    expected = [float(poly_extrapolate(np.array(scales), unit, degree)) for unit in np.eye(len(scales))]
    np.testing.assert_allclose(weights(scales, degree), expected, atol=1e-10)


@pytest.mark.parametrize(("name", "degree"), [("zne-linear", 1), ("zne-richardson", 2)])
def test_every_expectation_extrapolates_alike(name: str, degree: int) -> None:
    """What the mitigated probabilities say of an observable is what PennyLane makes of that observable alone."""
    rng = np.random.default_rng(0)
    counts = tuple(rng.multinomial(4000, rng.dirichlet(np.full(8, 5.0), size=3)) for _ in range(2 * len(SCALES)))
    observable = rng.normal(size=8)
    found = MITIGATIONS[name].estimate(counts, ())
    assert len(found) == 2
    for setting, rows in enumerate(found):
        of_scales = np.array([one / 4000 @ observable for one in counts[3 * setting : 3 * setting + 3]])
        by_hand = [poly_extrapolate(np.array(SCALES), column, degree) for column in of_scales.T]
        np.testing.assert_allclose(rows @ observable, by_hand, atol=1e-10)
        if degree == 2:
            richardson = [richardson_extrapolate(np.array(SCALES), column) for column in of_scales.T]
            np.testing.assert_allclose(rows @ observable, richardson, atol=1e-10)


def test_the_variance_grows_as_the_docstring_says() -> None:
    assert [round(float(np.sum(weights(SCALES, degree) ** 2)), 1) for degree in (1, 2)] == [1.5, 5.2]


def test_counts_of_some_scales_only_are_an_error() -> None:
    with pytest.raises(QpilotError, match=r"2 settings came back, a multiple of 3 \(one a scale\) is required"):
        MITIGATIONS["zne-linear"].combine((np.array([[5, 5]]),) * 2, ())
