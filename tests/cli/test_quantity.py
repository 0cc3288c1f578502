"""A file whose target is a quantity: `init` writes a regression pilot, `lint` looks at it, what is none is said in one line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qpilot import pilotfile
from tests.cli.conftest import Call


@pytest.fixture
def dosed(tmp_path: Path, rows: pd.DataFrame) -> Path:
    """The data file: the rows with a quantity that a and b tell in part."""
    noise = np.random.default_rng(1).normal(size=len(rows))
    frame = rows.drop(columns="label").assign(dose=(40 + 5 * (rows["a"] + rows["b"] + noise)).round(2))
    frame.to_csv(tmp_path / "doses.csv", index=False)
    return tmp_path / "doses.csv"


@pytest.fixture
def pilot(dosed: Path, call: Call) -> Path:
    """Its pilot file, as `init` writes it."""
    out = dosed.parent / "dose.toml"
    done = call("init", dosed, "--target", "dose", "--out", out)
    assert done.code == 0, done.err
    return out


def test_lint_says_the_range_and_the_power(pilot: Path, call: Call) -> None:
    done = call("lint", pilot)
    assert done.code == 0, done.out + done.err
    first, *others = done.out.splitlines()
    values = pd.read_csv(pilot.parent / "doses.csv")["dose"]
    assert first == (
        f"120 rows, 4 features, target {values.min():.4g} to {values.max():.4g}; 85 to develop on, 35 locked"
    )
    assert any("power: GO" in line and "35 locked rows" in line for line in others)
    assert all("35" in line for line in others if line.startswith("cost:"))


@pytest.mark.parametrize(("worst", "side"), [("1e-300", "below"), ("1e6", "above")])
def test_lint_says_where_the_worst_error_is_not_of_the_targets_size(
    worst: str, side: str, pilot: Path, call: Call
) -> None:
    done = call("lint", pilot, "--set", f"claim.worst_error={worst}")
    assert f"claim.worst_error is far {side} the target's own" in done.out
    assert "claim.worst_error" not in call("lint", pilot).out


def test_a_claim_the_rows_cannot_show_is_refused_with_the_rows_it_would_take(pilot: Path, call: Call) -> None:
    done = call("lint", pilot, "--set", "claim.target=0.03")
    assert done.code == 4
    needed = next(line for line in done.out.splitlines() if line.startswith("rows: "))
    assert needed.endswith("there are 120")


@pytest.mark.parametrize("target", [0.09, 0.14, 0.16])
def test_the_rows_it_would_take_are_enough(target: float, pilot: Path, home: Path, call: Call) -> None:
    claim = ("--set", f"claim.target={target}", "--set", "claim.psi=0.08")
    taken = json.loads(call("lint", pilot, *claim, "--json").out.splitlines()[-1])["rows_needed"]
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(taken, 5)), columns=["a", "b", "c", "d", "dose"])
    frame.to_csv(pilot.parent / "doses.csv", index=False)
    assert call("lint", pilot, *claim).code == 0
    frame.head(int(0.8 * taken)).to_csv(pilot.parent / "doses.csv", index=False)
    assert call("lint", pilot, *claim).code == 4


Spoil = Callable[[pd.DataFrame], pd.DataFrame]
CASES: dict[str, tuple[Spoil, str]] = {
    "text": (lambda f: f.assign(dose=f["dose"].astype(object).where(f.index != 3, "high")), "first 'high' in row 4"),
    "missing": (lambda f: f.assign(dose=f["dose"].where(f.index != 3)), "target 'dose' is missing in 1 of 120 rows"),
    "infinite": (lambda f: f.assign(dose=f["dose"].where(f.index != 3, np.inf)), "is infinite in 1 of 120 rows"),
    "constant": (lambda f: f.assign(dose=4), "is constant, 4 in every row"),
    "classes": (lambda f: f.assign(dose=f.index % 3), "3 distinct values: these look like classes, say kind"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_no_quantity_is_said_in_one_line(name: str, pilot: Path, dosed: Path, home: Path, call: Call) -> None:
    spoil, said = CASES[name]
    spoil(pd.read_csv(dosed)).to_csv(dosed, index=False)
    for command in ("lint", "run", "check", "estimate"):
        done = call(command, pilot)
        assert done.code == 1, (command, done.err)
        assert said in done.line
    assert not (home / "runs").exists(), "a run was left behind"


def test_a_classification_of_a_quantity_says_which_kind_it_is(pilot: Path, dosed: Path, call: Call) -> None:
    text = pilot.read_text(encoding="utf-8").replace('kind = "regression"', 'kind = "classification"')
    text = text.replace('metric = "absolute_error"', 'metric = "accuracy"').replace("worst_error", "# worst_error")
    pilot.write_text(text.replace("max_value_share", "min_class_share"), encoding="utf-8")
    done = call("lint", pilot, "--set", "claim.psi=0.4")
    assert done.code == 1
    assert 'a quantity; say kind = "regression"' in done.line


def test_thresholds_belong_to_a_kind(pilot: Path, call: Call) -> None:
    for override, said in (
        ("gates.data.min_class_share=0.1", "min_class_share belongs to kind = 'classification'; set max_value_share"),
        ("claim.metric=accuracy", "worst_error belongs to absolute_error and squared_error"),
        ("kind=classification", "claim.metric = 'absolute_error' does not go with kind = 'classification'"),
        ("claim.worst_error=0", "claim.worst_error: input should be greater than 0"),
        ("gates.data.max_value_share=0", "gates.data.max_value_share: input should be greater than 0"),
    ):
        done = call("lint", pilot, "--set", override)
        assert done.code == 2, done.err
        assert said in done.line
    text = pilot.read_text(encoding="utf-8")
    pilot.write_text(text.replace("max_value_share", "# max_value_share"), encoding="utf-8")
    assert (
        "gates.data.max_value_share is missing (`qpilot init` writes every threshold out)" in call("lint", pilot).line
    )


def test_the_kind_can_be_said(dosed: Path, call: Call) -> None:
    frame = pd.read_csv(dosed)
    frame.assign(dose=frame.index % 10).to_csv(dosed, index=False)
    out = dosed.parent / "pilot.toml"
    for words, kind in (((), "classification"), (("--kind", "regression"), "regression")):
        assert call("init", dosed, "--target", "dose", "--out", out, "--force", *words).code == 0
        assert pilotfile.read(out).pilot.kind == kind
    assert call("init", dosed, "--target", "dose", "--out", out, "--kind", "clustering").code == 2
