"""Profiles from GetDevice's answers, and what becomes of the values no device can have."""

import math
from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest

from qpilot.devices import Device, ProgramSets
from qpilot.devices.from_braket import from_braket
from qpilot.errors import QpilotError
from tests.devices.answers import ARN, one, pair, properties

Spoil = Callable[[dict[str, Any]], None]


def made(answer: dict[str, Any]) -> Device:
    return from_braket(answer, "garnet", ARN, "a test")


def spoiled(change: Spoil) -> Device:
    answer = properties()
    change(answer)
    return made(answer)


def put(path: str, value: Any) -> Spoil:
    """Sets the value at a path: "service.deviceCost.price"."""

    def change(answer: dict[str, Any]) -> None:
        *way, last = path.split(".")
        for step in way:
            answer = answer[int(step)] if isinstance(answer, list) else answer[step]
        answer[int(last) if isinstance(answer, list) else last] = value

    return change


def test_a_clean_answer_becomes_a_profile_without_notes() -> None:
    profile = made(properties())
    assert (profile.vendor, profile.native, profile.updated) == ("iqm", "prx-cz", date(2025, 7, 6))
    assert profile.edges == {(1, 2): 0.99, (2, 4): 0.98}
    assert profile.qubits[4].t1_us == pytest.approx(40)
    assert (str(profile.usd_per_shot), str(profile.usd_per_task), profile.qubit_count) == ("0.00145", "0.30", 3)
    assert (profile.program_sets, profile.notes) == (None, ())


def test_medians_leave_out_what_is_not_known() -> None:
    profile = spoiled(put("standardized.oneQubitProperties.2", one(gate=0.99, readout=0.9, t2=0.0)))
    assert (profile.median_gate, profile.median_readout) == (0.999, 0.98)
    assert profile.median_coupling == pytest.approx(0.985)
    assert (profile.median_t1_us, profile.median_t2_us) == (pytest.approx(40), pytest.approx(8))
    alone = profile.model_copy(update={"couplings": {}})
    assert alone.median_coupling is None


ONE, PAIR = "standardized.oneQubitProperties.4", "standardized.twoQubitProperties.2-4"
GATE, READOUT = f"{ONE}.oneQubitFidelity.0.fidelity", f"{ONE}.oneQubitFidelity.1.fidelity"


@pytest.mark.parametrize("fidelity", [0.0, 0.5, 1.0, 1.2, -0.1, math.nan, math.inf, None, "", "good", True])
def test_impossible_fidelities_are_left_out_and_noted(fidelity: object) -> None:
    """Exactly 1 is no measurement either, and would be the first place circuits are put."""
    for where, kind in ((GATE, "gate"), (READOUT, "readout")):
        profile = spoiled(put(where, fidelity))
        assert (sorted(profile.qubits), sorted(profile.edges)) == ([1, 2], [(1, 2)])
        worded = "missing" if fidelity in (None, "") else fidelity
        assert profile.notes == (
            f"1 of 3 qubits left out: 4 ({kind} fidelity {worded})",
            "1 of 2 couplings left out: 2-4 (qubit 4 is left out)",
        )
        assert profile.qubit_count == 3
    profile = spoiled(put(f"{PAIR}.twoQubitGateFidelity.0.fidelity", fidelity))
    assert (sorted(profile.qubits), sorted(profile.edges)) == ([1, 2, 4], [(1, 2)])
    assert f"1 of 2 couplings left out: 2-4 (cz fidelity {worded})" in profile.notes
    assert "1 qubit joined to no other: 4" in profile.notes


def test_a_missing_readout_or_gate_leaves_the_qubit_out() -> None:
    for kept, lost in ((0, "readout"), (1, "gate")):
        profile = spoiled(put(f"{ONE}.oneQubitFidelity", [one()["oneQubitFidelity"][kept]]))
        assert profile.notes[0] == f"1 of 3 qubits left out: 4 ({lost} fidelity missing)"


def test_numbers_written_as_text_are_numbers() -> None:
    profile = spoiled(put(GATE, "0.9991"))
    assert (profile.qubits[4].gate, profile.notes) == (0.9991, ())
    assert spoiled(put("service.shotsRange", ["1", "20000"])).shots == (1, 20000)
    assert str(spoiled(put("service.deviceCost.price", "0.0016")).usd_per_shot) == "0.0016"


@pytest.mark.parametrize(("alone", "gate"), [(0.997, 0.997), (0.0, 0.999)])
def test_benchmarking_alone_comes_before_simultaneous_where_it_was_measured(alone: float, gate: float) -> None:
    entry = {"fidelityType": {"name": "RANDOMIZED_BENCHMARKING"}, "fidelity": alone}
    profile = spoiled(put(f"{ONE}.oneQubitFidelity", [entry, *one()["oneQubitFidelity"]]))
    assert profile.qubits[4].gate == gate


@pytest.mark.parametrize(
    ("t2", "wanted"),
    [
        ({"value": 0.0, "unit": "S"}, None),
        ({"value": math.nan, "unit": "S"}, None),
        ({"value": 8.0, "unit": "parsecs"}, None),
        ({}, None),
        (None, None),
        ({"value": 8.0, "unit": "us"}, 8.0),
        ({"value": 8e-6, "unit": "s"}, 8.0),
    ],
)
def test_a_coherence_time_that_cannot_be_is_not_known(t2: object, wanted: float | None) -> None:
    profile = spoiled(put(f"{ONE}.T2", t2))
    assert profile.qubits[4].t2_us == (wanted and pytest.approx(wanted))
    note = ("1 qubit without a T1 or T2 that a device can have: 4",)
    assert profile.notes == (note if wanted is None else ())


def test_a_coupling_keeps_the_direction_it_is_listed_in() -> None:
    profile = made(properties())
    assert profile.turned == ("1-2",)
    assert spoiled(put("standardized.twoQubitProperties", {"1-2": pair(0.99)})).turned == ()


@pytest.mark.parametrize(("forth", "back"), [(0.97, 0.99), (0.99, 0.97)])
def test_a_pair_listed_in_both_directions_counts_once_with_the_lower_fidelity(forth: float, back: float) -> None:
    profile = spoiled(put("standardized.twoQubitProperties", {"1-2": pair(forth), "2-1": pair(back)}))
    assert (profile.turned, profile.edges) == ((), {(1, 2): 0.97})


@pytest.mark.parametrize(("worse", "turned"), [("1-2", ("1-2",)), ("2-1", ())])
def test_one_usable_direction_is_enough(worse: str, turned: tuple[str, ...]) -> None:
    answer = properties()
    answer["standardized"]["twoQubitProperties"] |= {"1-2": pair(0.99), worse: pair(0.5)}
    profile = made(answer)
    assert (profile.edges[1, 2], profile.turned, profile.notes) == (0.99, turned, ())


def test_connectivity_and_figures_have_to_agree() -> None:
    """A gate on a pair the device does not join is refused there; one without figures cannot be weighed."""
    answer = properties()
    answer["paradigm"]["connectivity"]["connectivityGraph"] = {"4": ["1"], "2": ["1"]}
    profile = made(answer)
    assert sorted(profile.edges) == [(1, 2)]
    assert profile.notes == (
        "2 of 3 couplings left out: 1-4 (no figures), 2-4 (the connectivity does not join it)",
        "1 qubit joined to no other: 4",
    )
    answer["paradigm"].pop("connectivity")
    assert sorted(made(answer).edges) == [(1, 2), (2, 4)], "connectivity that says nothing refuses nothing"


def test_labels_that_are_no_numbers_are_left_out() -> None:
    answer = properties()
    answer["standardized"]["oneQubitProperties"]["q7"] = one()
    answer["standardized"]["twoQubitProperties"] |= {"q7-1": pair(0.9), "2": pair(0.9), "2-2": pair(0.9)}
    profile = made(answer)
    assert (sorted(profile.qubits), sorted(profile.edges)) == ([1, 2, 4], [(1, 2), (2, 4)])
    assert profile.notes[0] == "1 of 4 qubits left out: q7 (its label is no number)"
    assert profile.notes[1].startswith("3 of 5 couplings left out: q7-1 (not a pair of labels), ")


def test_a_device_without_a_usable_qubit_is_an_error_that_says_why() -> None:
    answer = properties()
    answer["standardized"]["oneQubitProperties"] = {str(label): one(gate=0.0) for label in range(2)}
    with pytest.raises(QpilotError, match=r"'garnet' has no usable qubit: 2 of 2 qubits left out: 0 \(gate fidelity 0"):
        made(answer)
    answer["standardized"]["oneQubitProperties"] = {}
    with pytest.raises(QpilotError, match="'garnet' publishes no calibration"):
        made(answer)


def forte() -> dict[str, Any]:
    answer = properties()
    answer["paradigm"] = {"nativeGateSet": ["GPI", "GPI2", "ZZ"], "qubitCount": 4}
    answer["standardized"] = None
    answer["provider"] = {
        "fidelity": {"1Q": {"mean": 0.9999}, "2Q": {"mean": 0.9925}, "spam": {"mean": 0.9955}},
        "timing": {"T1": 188.0, "T2": 0.95},
    }
    return answer


def test_device_wide_means_stand_for_every_qubit() -> None:
    profile = made(forte())
    assert (profile.native, len(profile.couplings), set(profile.edges.values())) == ("gpi-zz", 6, {0.9925})
    assert (profile.qubits[3].readout, profile.qubits[3].t1_us) == (0.9955, 188e6)
    assert "one mean for every qubit and pair" in profile.notes[0]


def test_a_mean_no_device_can_have_is_an_error() -> None:
    answer = forte()
    answer["provider"]["fidelity"]["2Q"]["mean"] = 0.5
    with pytest.raises(QpilotError, match=r"no usable figure: mean fidelities 1Q 0.9999, 2Q 0.5, spam 0.9955"):
        made(answer)


LIMITS = {"maximumExecutables": 100, "maximumTotalShots": 200_000}


@pytest.mark.parametrize(
    ("action", "wanted"),
    [(LIMITS, ProgramSets(executables=100, total_shots=200_000)), ({"maximumExecutables": 100}, None), (None, None)],
)
def test_program_sets_are_read_from_action(action: object, wanted: ProgramSets | None) -> None:
    assert spoiled(put("action", {"braket.ir.openqasm.program_set": action})).program_sets == wanted


def window(day: str, start: str, end: str) -> dict[str, str]:
    return {"executionDay": day, "windowStartHour": start, "windowEndHour": end}


def test_windows_that_cannot_be_read_are_left_out_and_noted() -> None:
    listed = [window("Everyday", "22:00:00", "24:00:00"), window("Someday", "08:00", "9"), {}]
    profile = spoiled(put("service.executionWindows", listed))
    (kept,) = profile.windows
    assert (kept.day, kept.start, kept.end) == ("Everyday", time(22), time(0))
    assert profile.notes == ("2 execution windows left out that cannot be read: Someday 08:00 to 9, None None to None",)


@pytest.mark.parametrize("listed", [[], None])
def test_a_device_without_windows_says_so(listed: object) -> None:
    profile = spoiled(put("service.executionWindows", listed))
    assert profile.windows == ()
    assert profile.notes == ("no execution windows are known, so that no wait can be forecast",)


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ({"price": 0.00145, "unit": "task"}, "0.00145 by the task"),
        ({"price": 0.0, "unit": "shot"}, "0.0 by the shot"),
        ({"price": -1, "unit": "shot"}, "-1 by the shot"),
        ({"price": "NaN", "unit": "shot"}, "NaN by the shot"),
        (None, "nothing by the unit it does not name"),
    ],
)
def test_a_price_that_cannot_be_quoted_is_an_error(cost: object, said: str) -> None:
    with pytest.raises(QpilotError, match=f"'garnet' is priced at {said}; a price above 0 by the shot is required"):
        spoiled(put("service.deviceCost", cost))


def test_figures_without_a_date_are_refused() -> None:
    with pytest.raises(QpilotError, match="does not say when it was calibrated"):
        spoiled(put("service.updatedAt", None))


def test_unknown_native_gates_are_an_error() -> None:
    with pytest.raises(QpilotError, match="native gates iswap, rx; the compiler knows"):
        spoiled(put("paradigm.nativeGateSet", ["iswap", "rx"]))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"service": {}, "paradigm": {}, "action": {}},
        {**properties(), "action": None},
        {**properties(), "standardized": {"oneQubitProperties": {"1": None}}},
        {**properties(), "service": {**properties()["service"], "shotsRange": [1]}},
        {**properties(), "service": {**properties()["service"], "shotsRange": None}},
        {**properties(), "service": {**properties()["service"], "updatedAt": "yesterday"}},
        {**properties(), "service": {**properties()["service"], "deviceCost": {"price": "dear", "unit": "shot"}}},
    ],
)
def test_an_answer_of_another_form_is_one_clear_error(answer: dict[str, Any]) -> None:
    with pytest.raises(QpilotError, match="the properties of device 'garnet' are not what Amazon Braket documents"):
        made(answer)


def test_a_simulator_is_priced_by_the_minute() -> None:
    answer = properties()
    arn = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"
    answer["service"]["deviceCost"] = {"price": 0.075, "unit": "minute"}
    profile = from_braket(answer, "simulator-sv1", arn, "a test")
    assert (profile.simulator, str(profile.usd_per_minute), profile.usd_per_shot) == (True, "0.075", 0)
    with pytest.raises(QpilotError, match=r"0\.00145 by the shot; a price above 0 by the minute"):
        from_braket(properties(), "simulator-sv1", arn, "a test")
