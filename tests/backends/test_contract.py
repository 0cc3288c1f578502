"""What every backend keeps to, whoever's machine it is."""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from qpilot.backend import Backend, Batch, Outcomes
from qpilot.backends import BACKENDS
from qpilot.devices.price import price
from qpilot.errors import QpilotError, UsageError
from qpilot.program import GATES, Circuits, Counts, Gate, Probabilities
from tests.backends.families import FAMILIES, Family, Opens
from tests.emulator.shapes import entangling, scrambled

NOTHING = np.zeros((1, 0))
CALIBRATION = (Circuits(3, (), NOTHING), Circuits(3, tuple(Gate("x", (wire,)) for wire in range(3)), NOTHING))


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return FAMILIES[request.param]


@pytest.fixture(scope="module")
def opens(family: Family) -> Iterator[Opens]:
    with family.prepared() as opens:
        yield opens


@pytest.fixture(scope="module")
def backend(opens: Opens) -> Backend:
    return opens()


def run(backend: Backend, batch: Batch, purpose: str) -> Outcomes:
    """The outcomes of the batch of a run that each purpose has to itself."""
    key = f"run/{zlib.crc32(purpose.encode()) % 10_000:04d}"
    return backend.collect(backend.submit(batch, key))


def batch(shots: int = 200) -> Batch:
    return Batch((entangling(3, 1, 2, seed=1), entangling(3, 1, 2, seed=1)), CALIBRATION, shots)


def test_every_family_of_backends_keeps_the_contract() -> None:
    assert set(BACKENDS) == {name.partition(":")[0] for name in FAMILIES}


def test_counts_have_their_shape_type_and_shots(backend: Backend) -> None:
    outcomes = run(backend, batch(shots=321), "shape")
    assert [counts.shape for counts in outcomes.settings] == [(2, 8), (2, 8)]
    assert [counts.shape for counts in outcomes.calibration] == [(1, 8), (1, 8)]
    for counts in (*outcomes.settings, *outcomes.calibration):
        assert counts.dtype == np.int64
        assert counts.min() >= 0
        assert np.all(counts.sum(axis=1) == 321)


def test_calibration_circuits_answer_all_zeros_and_all_ones(backend: Backend) -> None:
    zeros, ones = run(backend, batch(shots=400), "calibration").calibration
    assert (zeros[0].argmax(), ones[0].argmax()) == (0, 7)
    assert min(zeros[0, 0], ones[0, 7]) > 300


@pytest.mark.parametrize("wire", range(3))
def test_wire_0_is_the_most_significant_bit(backend: Backend, wire: int) -> None:
    flipped = Circuits(3, (Gate("x", (wire,)),), NOTHING)
    (counts,) = run(backend, Batch((flipped,), (), 200), f"wire {wire}").settings
    assert counts[0].argmax() == 0b100 >> wire


def test_control_and_target_are_not_exchanged(backend: Backend) -> None:
    gates = (Gate("x", (0,)), Gate("cnot", (0, 2)), Gate("cnot", (1, 0)))
    (counts,) = run(backend, Batch((Circuits(3, gates, NOTHING),), (), 200), "cnot").settings
    assert counts[0].argmax() == 0b101


def test_rows_answer_in_the_order_they_were_given(backend: Backend) -> None:
    turned = tuple(Gate("rx", (wire,), (wire,)) for wire in range(3))
    wanted = [5, 0, 3, 6, 1, 7, 2, 4]
    angles = np.pi * np.array([[number >> 2 & 1, number >> 1 & 1, number & 1] for number in wanted])
    first, second = Circuits(3, turned, angles[:5]), Circuits(3, turned, angles[5:])
    outcomes = run(backend, Batch((first, second), (), 200), "rows")
    assert [int(row.argmax()) for counts in outcomes.settings for row in counts] == wanted


def test_every_gate_turns_as_the_convention_says(family: Family, backend: Backend) -> None:
    circuits = scrambled(3, 60, 3, seed=5)
    assert {gate.name for gate in circuits.gates} == set(GATES), "a gate that is not run is not tested"
    (counts,) = run(backend, Batch((circuits,), (), 20_000), "gates").settings
    assert_drawn_from(family.distribution(circuits), counts)


def test_a_folded_circuit_answers_as_its_distribution_says(family: Family, backend: Backend) -> None:
    circuits = replace(scrambled(3, 20, 2, seed=6), scale=3)
    (counts,) = run(backend, Batch((circuits,), (), 20_000), "folded").settings
    assert_drawn_from(family.distribution(circuits), counts)


def test_the_same_key_answers_with_the_same_counts_or_the_quote_says_it_does_not(family: Family, opens: Opens) -> None:
    if not family.repeats:
        assert [note for note in opens().quote(6, 200).notes if "takes no seed" in note]
        return
    first, again = run(opens(), batch(), "key"), run(opens(), batch(), "key")
    for one, other in zip((*first.settings, *first.calibration), (*again.settings, *again.calibration), strict=True):
        assert np.array_equal(one, other)


def test_other_keys_and_equal_circuits_are_drawn_anew(backend: Backend) -> None:
    """Counts that are copies of each other would look like far more shots than were taken."""
    first, again = run(backend, batch(), "a key"), run(backend, batch(), "another key")
    assert not np.array_equal(first.settings[0], again.settings[0])
    assert not np.array_equal(first.settings[0], first.settings[1]), "the settings of this batch are the same circuits"


def test_a_quote_is_consistent(family: Family, backend: Backend) -> None:
    asked = batch()
    quote = backend.quote(asked.executables, asked.shots)
    assert (quote.executables, quote.shots) == (6, 1200)
    assert quote.device_usd == price(backend.figures(), 6, 200).device_usd
    assert quote.charged_usd == (quote.device_usd if family.charged else Decimal(0))
    assert quote.known
    assert quote.notes
    assert run(backend, asked, "quoted").quote == quote


def test_outcomes_carry_the_figures_the_device_had(backend: Backend) -> None:
    outcomes = run(backend, batch(), "figures")
    assert outcomes.device == backend.figures()
    assert outcomes.device.name == "iqm-garnet"


NAN = Circuits(1, (Gate("rx", (0,), (0,)),), np.array([[np.nan]]))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"settings": ()}, QpilotError, "an empty batch was submitted: at least one circuit is required"),
        ({"settings": (Circuits(1, (), np.zeros((0, 0))),)}, QpilotError, "at least one"),
        ({"settings": (NAN,)}, QpilotError, "finite angles, got none or NaN"),
        ({"calibration": (NAN,)}, QpilotError, "finite angles, got none or NaN"),
        ({"settings": (entangling(21, 1, 1, seed=0),)}, UsageError, "21 qubits asked for; iqm-garnet has 20"),
        ({"shots": 0}, UsageError, "0 shots asked of iqm-garnet; it takes 1 to 20000"),
        ({"shots": 20_001}, UsageError, "20001 shots asked"),
    ],
)
def test_what_cannot_run_is_refused_in_a_sentence(
    backend: Backend, change: dict[str, object], error: type[QpilotError], message: str
) -> None:
    with pytest.raises(error, match=message):
        backend.submit(replace(batch(), **change), "refused")


def test_an_unknown_gate_is_refused_in_a_sentence(backend: Backend) -> None:
    foreign = Circuits(1, (Gate("t", (0,)),), NOTHING)
    with pytest.raises(QpilotError, match=r"'t'.* cannot run"):
        run(backend, Batch((foreign,), (), 10), "foreign")


def assert_drawn_from(exact: Probabilities, counts: Counts) -> None:
    """Each row of counts lies as near to its distribution as samples of it do, but for one time in 10**9.

    Total variation distance: at most sqrt(outcomes / shots) / 2 on average (Cauchy-Schwarz), and t above that with
    probability exp(-2 shots t**2) (McDiarmid's inequality).
    """
    for wanted, row in zip(exact, counts, strict=True):
        shots = row.sum()
        bound = np.sqrt(len(row) / shots) / 2 + np.sqrt(np.log(1e9) / (2 * shots))
        assert np.abs(row / shots - wanted).sum() / 2 < bound
