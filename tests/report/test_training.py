"""What the report shows of how models were trained."""

import numpy as np
import pytest

from qpilot.prototype.portrait import trained as portrayed
from qpilot.report.charts.training import _ticks, plots
from qpilot.report.record import Training
from qpilot.training.origin import Origin
from qpilot.training.telemetry import COLUMNS, Telemetry

STEPS = tuple(float(10 * k) for k in range(1, 13))


def trained(name: str = "variational", **given: object) -> Training:
    falling = tuple(1 / step for step in STEPS)
    columns = {
        "name": name,
        "step": STEPS,
        "loss": falling,
        "gradient_norm": falling,
        "gradient_parts": {"circuit": falling, "head": falling},
        "parameter_norm": STEPS,
        "effective_rows": (60.0,) * 12,
        "fidelity": tuple(1 - one for one in falling),
        "circuits": tuple(300 * step for step in STEPS),
        "wall_seconds": tuple(step / 100 for step in STEPS),
        "cpu_seconds": tuple(step / 200 for step in STEPS),
    }
    return Training.model_validate(columns | given)


def test_nothing_was_trained_and_nothing_is_drawn() -> None:
    assert list(plots([])) == []


def test_a_curve_alone_is_one_plot() -> None:
    (plot,) = plots([Training(name="old", loss=(0.7, 0.5), gradient_norm=(0.2, 0.1))])
    assert "old: loss 0.7 to 0.5" in plot.alt


def test_telemetry_has_a_panel_for_everything_that_says_something() -> None:
    panels = {
        "gradient by part": {},
        "parameter norm": {},
        "infidelity with the epoch before": {},
        "effective rows": {"effective_rows": tuple(range(30, 42))},
        "standard error of the loss from shots": {"shot_error": (0.01,) * 12},
        "circuits, thousands": {},
        "seconds, wall (thin: CPU)": {},
    }
    _, least = plots([trained()])
    for panel, needed in panels.items():
        _, shown = plots([trained(**needed)])
        assert f">{panel}<" in shown.svg
        assert (f">{panel}<" in least.svg) == (not needed), "a panel that would say nothing is left out"
    _, alone = plots([trained(gradient_parts={"circuit": STEPS})])
    assert ">gradient by part<" not in alone.svg


def test_what_it_cost_and_what_it_ran_on_stand_below() -> None:
    _, plot = plots([trained(backend="emulator of iqm-garnet", calibration="c-17", noise={"shots": 200.0})])
    assert (
        "variational: 36,000 circuits in 1.2\N{NO-BREAK SPACE}s (600\N{NO-BREAK SPACE}ms of CPU time)" in plot.caption
    )
    assert "on emulator of iqm-garnet, calibration c-17, shots 200." in plot.caption


def test_the_device_a_model_was_trained_under_is_named_with_its_calibration_and_figures() -> None:
    noise = {"one-qubit gate infidelity": 0.00123, "readout infidelity": 0.0251}
    _, plot = plots([trained(backend="emulator:iqm-garnet", calibration="a1b2c3d4e5f6" + "0" * 52, noise=noise)])
    said = (
        "on emulator:iqm-garnet, calibration a1b2c3d4e5f6, one-qubit gate infidelity 0.12 %, readout infidelity 2.5 %."
    )
    assert said in plot.caption.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"validation_loss": STEPS, "validation_error": (0.1,) * 12}, "the rows that training was stopped by"),
        ({"shot_error": (0.1,) * 12}, "standard error of the loss from shots"),
        ({"effective_rows": tuple(range(30, 42))}, "Harder rows joined"),
    ],
)
def test_what_a_curve_would_not_say_itself_is_said(given: dict[str, object], said: str) -> None:
    curves, _ = plots([trained(**given)])
    assert said in curves.caption
    assert said not in next(plots([trained()])).caption


def test_states_that_do_not_move_at_all_can_be_drawn() -> None:
    _, plot = plots([trained(fidelity=(1.0,) * 12)])
    assert ">1e\N{MINUS SIGN}12<" in plot.svg


def test_more_models_than_strokes_are_said() -> None:
    curves, _ = plots([trained(f"no. {k}") for k in range(6)])
    assert "2 more were trained and are not shown." in curves.caption


def test_a_portrait_holds_every_column_of_the_telemetry() -> None:
    names = ("step", "loss", "gradient_norm", "gradient_norm.circuit", "gradient_norm.head", "fidelity", "circuits")
    epochs = tuple(tuple(10.0 * row + column for column in range(7)) for row in range(3))
    telemetry = Telemetry(names, epochs, Origin("emulator", "c-1", {"shots": 10.0}))
    found = portrayed("model", telemetry, np.array([[1.0, 0.5], [2.0, 1.0], [3.0, 1.5]]))
    assert (found.step, found.circuits, found.validation_loss) == ((0, 10, 20), (6, 16, 26), ())
    assert found.gradient_parts == {"circuit": (3, 13, 23), "head": (4, 14, 24)}
    assert (found.wall_seconds, found.cpu_seconds) == ((1, 2, 3), (0.5, 1, 1.5))
    assert (found.backend, found.calibration, found.noise) == ("emulator", "c-1", {"shots": 10})
    assert set(COLUMNS) <= set(Training.model_fields)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.27, 0.95, [0.3, 0.4, 0.6, 0.8]),
        (0.05, 0.6, [0.1, 0.3]),
        (0.008, 1.2, [0.01, 0.1, 1.0]),
        (1e-12, 1.0, [1e-12, 1e-9, 1e-6, 1e-3, 1.0]),
        (0.505, 0.525, [0.51, 0.52]),
        (0.5001, 0.5002, [0.5001, 0.5002]),
    ],
)
def test_a_logarithmic_axis_has_a_few_round_ticks(low: float, high: float, ticks: list[float]) -> None:
    assert _ticks(low, high) == pytest.approx(ticks)
