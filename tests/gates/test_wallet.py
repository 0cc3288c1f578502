"""The wallet gives away no more than there is."""

import numpy as np
import pytest

from gates.statistics import wallet


def test_all_tries_together_spend_alpha() -> None:
    assert sum(wallet.alpha(attempt, 0.05) for attempt in range(1, 60)) == pytest.approx(0.05)
    assert [wallet.alpha(attempt, 0.05) for attempt in (1, 2, 3)] == pytest.approx([0.04, 0.008, 0.0016])


def test_twenty_tries_on_nothing_rarely_find_something_where_fresh_tries_often_do() -> None:
    p_values = np.random.default_rng(5).uniform(size=(20_000, 20))
    shares = np.array([wallet.alpha(attempt, 0.05) for attempt in range(1, 21)])
    assert (p_values < shares).any(axis=1).mean() <= 0.053
    assert (p_values[:, :5] < 0.05).any(axis=1).mean() == pytest.approx(0.226, abs=0.01)


def test_tries_are_counted_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        wallet.alpha(0, 0.05)
