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


def test_long_sentences_are_shown_where_they_part() -> None:
    begun = (
        "The device against the classical model (35 rows: nearer on 25, farther off on 10): a difference in score of "
    )
    kept, again = (
        f"{begun}+26.9 {unit}. That it is no better is ruled out." for unit in ("percentage points", "points")
    )
    (found,) = differences("reason", kept, again)
    assert "+26.9 percentage points" in found.kept
    assert "+26.9 points" in found.again
    assert found.kept.startswith("...")
    assert len(found.kept) <= 106
    (plain,) = differences("reason", "a" * 150, "b" * 150)
    assert (plain.kept, plain.again) == ("a" * 100 + "...", "b" * 100 + "...")
