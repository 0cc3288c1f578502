"""What lint says a pilot takes, before anything is fitted."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from qpilot.candidates.candidate import Candidate
from qpilot.errors import UsageError
from qpilot.forecast.circuits import circuits_per_point
from qpilot.forecast.estimate import estimates
from qpilot.models import MODELS
from qpilot.models.building import build
from qpilot.pilot import Pilot
from qpilot.pilotfile import read

PILOTS = Path(__file__).parents[2] / "pilots"


def planted(*overrides: str) -> Pilot:
    return read(PILOTS / "planted" / "pilot.toml", overrides).pilot


@pytest.mark.parametrize("name", MODELS)
def test_the_circuits_named_beforehand_are_those_of_the_fitted_model(name: str) -> None:
    kind = MODELS[name]
    given = {"ansatz": "basic-entangling", "steps": 3} if kind.trainable else {}
    given |= {"backbone": "earlier@1"} if name == "transfer" else {}
    candidate = Candidate(model=name, encoding="angle", qubits=2, layers=1, **given).afresh()  # type: ignore[arg-type]
    X = np.random.default_rng(0).normal(size=(40, 2))
    fitted = build(candidate, 0, 2).fit(X, (X[:, 0] > 0).astype(int))
    named, taken = circuits_per_point(candidate, 40), len(fitted.circuits(X[:1]))
    assert taken == named.circuits if named.exact else 1 <= taken <= named.circuits


def test_a_projected_kernel_reads_three_bases() -> None:
    projected = estimates(planted("hardware.shots=500"), 900)[0]
    assert (projected.points, projected.planned, projected.circuits_per_point) == (270, 74, 3)
    assert projected.circuits == 270 * 3 + 11 * 2, "and two readout calibrations in each of eleven batches"
    assert projected.worst_usd == 11 * Decimal("0.30") + 832 * 500 * Decimal("0.00145")
    assert "assumed" not in projected.sentence


def test_a_fidelity_kernel_says_what_it_costs_before_anyone_falls_for_it() -> None:
    fidelity = estimates(planted(), 900)[1]
    assert (fidelity.circuits_per_point, fidelity.exact) == (630, False)
    assert fidelity.worst_usd > 200_000
    assert "up to 630 circuits a point (one for each support vector" in fidelity.sentence
    assert '(assumed for "auto")' in fidelity.sentence


def test_folded_circuits_and_their_scales_are_counted() -> None:
    folded = estimates(planted("hardware.mitigation=zne-linear"), 900)[0]
    assert (folded.circuits_per_point, folded.exact) == (9, True)
    assert folded.circuits == 270 * 9, "and no calibration"
    assert "9 circuits a point (one in each of the bases X, Y and Z, each at 3 noise scales)" in folded.sentence


def test_what_is_chosen_later_is_priced_at_its_dearest() -> None:
    open_, dearest = (
        estimates(planted(f"hardware.mitigation={name}"), 900)[0] for name in ("auto", "readout+zne-linear")
    )
    assert (open_.worst_usd, open_.exact) == (dearest.worst_usd, False)
    assert "up to 9 circuits a point" in open_.sentence


def test_on_a_paid_device_the_worst_case_bills_retries_and_sentinels() -> None:
    paid = estimates(planted("hardware.backend=braket", "hardware.shots=500"), 900)[0]
    emulated = estimates(planted("hardware.shots=500"), 900)[0]
    sentinels = 10 * 2 * 3 * 500 * Decimal("0.00145")
    assert paid.worst_usd == 2 * (emulated.worst_usd + sentinels), "one retry, two sentinels in ten batches of eleven"
    assert paid.planned_usd == emulated.planned_usd
    assert paid.sentence.endswith("for all 270 at worst")


def test_a_stage_spread_over_windows_carries_its_sentinels() -> None:
    spread = estimates(planted("hardware.backend=braket", "hardware.shots=500", "hardware.windows=2"), 900)[0]
    once = estimates(planted("hardware.backend=braket", "hardware.shots=500"), 900)[0]
    assert spread.planned_usd - once.planned_usd == 2 * 3 * 500 * Decimal("0.00145")


def test_max_points_and_max_train_rows_bound_the_work() -> None:
    bounded = estimates(planted("hardware.max_points=50", "data.max_train_rows=100"), 900)
    assert [(one.points, one.planned) for one in bounded] == [(50, 50), (50, 50)]
    assert bounded[1].circuits_per_point == 100


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("hardware.device=abacus", "unknown device 'abacus'; known: ionq-forte-enterprise, iqm-emerald, iqm-garnet"),
        ("hardware.shots=0", "0 shots asked of iqm-garnet; it takes 1 to 20000"),
        ("hardware.shots=30000", "30000 shots asked of iqm-garnet"),
    ],
)
def test_what_the_device_cannot_do_is_refused(override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        estimates(planted(override), 900)


def test_more_qubits_than_the_device_has_are_refused() -> None:
    pilot = planted()
    small = pilot.candidates[0].model_copy(update={"qubits": 21})
    with pytest.raises(UsageError, match="takes 21 qubits, iqm-garnet has 20: take fewer qubits or another device"):
        estimates(pilot.model_copy(update={"candidates": (small,)}), 900)


def test_the_estimate_is_light_enough_for_lint() -> None:
    heavy = "pennylane", "braket", "prefect", "sklearn", "great_expectations", "pandas", "matplotlib"
    code = f"import sys, qpilot.forecast.estimate; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
