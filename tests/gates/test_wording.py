"""Figures in the gates' sentences: one minus sign, no shots beyond every device, no seed where seeds are averaged."""

from types import SimpleNamespace

import pytest

from gates import prototype, wording
from gates.averaged import Averaged


@pytest.mark.parametrize(
    ("share", "signed", "shown"),
    [
        (-0.064, True, f"{wording.MINUS}6.4"),
        (-0.064, False, f"{wording.MINUS}6.4"),
        (0.064, True, "+6.4"),
        (-0.0001, True, "+0.0"),
        (0.5, False, "50.0"),
    ],
)
def test_figure(share: float, signed: bool, shown: str) -> None:
    assert wording.figure(share, signed) == shown
    assert wording.points(share, graded=False, signed=signed) == f"{shown} percentage points"
    assert wording.points(share, graded=True, signed=signed) == f"{shown} points of score"


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0.3, "1"), (1, "1"), (2400.4, "2,400"), (1e6, "1,000,000"), (1.1e6, "more than a million"), (3e12, "more than a million")],
)  # fmt: skip
def test_shots(number: float, shown: str) -> None:
    assert wording.shots(number) == shown


def test_a_finalist_whose_seeds_are_averaged_is_named_without_one(given: SimpleNamespace) -> None:
    found = Averaged(seeds=3, by_class={"a": (40, 0, 0, 180, 0, 0, 80)})
    evidence = given.prototype(finalist="variational (angle), seed 11", advantage=found, twin=found, majority=found)
    for averaged, named in ((True, "(variational (angle))"), (False, "(variational (angle), seed 11)")):
        verdict = prototype.decide(evidence, given.prototype_policy(averaged=averaged))
        said = next(check.reason for check in verdict.checks if check.name == "advantage")
        assert named in said
