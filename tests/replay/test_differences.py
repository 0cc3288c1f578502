"""Where two JSON values are the same, and where not."""

import pytest
from pydantic import JsonValue

from qpilot.replay.differences import differences


@pytest.mark.parametrize(
    ("kept", "again", "same"),
    [
        (0.1, 0.1 + 1e-12, True),
        (1, 1.0, True),
        (0.1, 0.100001, False),
        (2**40, 2**40 + 1, False),  # a seed: within a billionth in proportion
        (10**12, 10**12 - 1, False),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (None, 0, False),
        (float("nan"), float("nan"), False),
    ],
)
def test_a_fraction_may_differ_in_its_last_bits_and_a_count_in_nothing(
    kept: JsonValue, again: JsonValue, same: bool
) -> None:
    assert (not list(differences("x", {"a": [kept]}, {"a": [again]}))) == same
