"""What is sent: accepted by Braket's own emulator of every device, with the distribution that was rehearsed."""

import json
import re

import numpy as np
import pytest
from braket.circuits import Circuit
from braket.devices import LocalSimulator

from qpilot.backend import Batch
from qpilot.braket.actions import action, circuits, works
from qpilot.braket.programs import programs
from qpilot.devices import DEVICES, SIMULATORS, device
from qpilot.devices.price import price
from qpilot.emulator import Emulator
from qpilot.errors import QpilotError, UsageError
from qpilot.mitigation import MITIGATIONS
from qpilot.program import Circuits, Gate
from qpilot.spending.service import Work
from tests.emulator.local_emulator import exact_distribution, local_emulator
from tests.emulator.shapes import entangling, ring, scrambled


def batch(qubits: int = 3, rows: int = 2, mitigation: str = "readout", shots: int = 100, seed: int = 1) -> Batch:
    return Batch(*MITIGATIONS[mitigation].construct((entangling(qubits, 1, rows, seed),)), shots)


@pytest.mark.parametrize(
    ("name", "mitigation"), [*((name, "readout") for name in DEVICES), ("iqm-garnet", "readout+zne-linear")]
)
def test_brakets_emulator_accepts_every_circuit_and_answers_as_ours(name: str, mitigation: str) -> None:
    profile = device(name)
    asked = batch(mitigation=mitigation)
    found = programs(asked, profile)
    assert len(found.sources) == asked.executables
    reference = local_emulator(profile)
    emulator = Emulator(profile)
    rehearsed = np.concatenate(emulator.distributions(asked.settings))
    for place, source in enumerate(found.sources):
        circuit = Circuit.from_ir(source)
        reference.validate(circuit)
        measured = [int(label) for label in re.findall(r"measure \$(\d+)", source)]
        assert measured == [*found.read]
        if place < len(rehearsed):
            np.testing.assert_allclose(
                exact_distribution(reference, circuit, measured), rehearsed[place], atol=1e-9, err_msg=source
            )


@pytest.mark.parametrize("name", [*DEVICES, *SIMULATORS])
def test_equal_batches_are_equal_to_the_byte(name: str) -> None:
    first, second = (works(programs(batch(), device(name)).sources, device(name), 100) for _ in range(2))
    assert first == second
    other = works(programs(batch(seed=2), device(name)).sources, device(name), 100)
    assert [work.action for work in other] != [work.action for work in first]


@pytest.mark.parametrize("name", SIMULATORS)
def test_a_simulator_is_sent_ordinary_gates_on_virtual_qubits(name: str) -> None:
    asked = batch()
    found = programs(asked, device(name))
    ideal = np.concatenate(Emulator(device(name)).distributions(asked.settings))
    for source, wanted in zip(found.sources, ideal, strict=False):
        assert "verbatim" not in source
        assert "$" not in source
        circuit = Circuit.from_ir(source)
        shots = LocalSimulator().run(circuit, shots=20_000).result()
        assert [*found.read] == shots.measured_qubits
        measured = np.zeros(8)
        for outcome, count in shots.measurement_counts.items():
            measured[int(outcome, 2)] = count / 20_000
        assert np.abs(measured - wanted).max() < 0.02


def test_a_circuit_without_gates_still_reads_every_qubit() -> None:
    """The all-zero calibration circuit, and qubits that no gate touches."""
    for name in DEVICES:
        nothing = Circuits(2, (), np.zeros((1, 0)))
        lone = Circuits(2, (Gate("x", (1,)),), np.zeros((1, 0)))
        for circuits_ in (nothing, lone):
            found = programs(Batch((circuits_,), (), 100), device(name))
            circuit = Circuit.from_ir(found.sources[0])
            local_emulator(device(name)).validate(circuit)
            assert {int(qubit) for qubit in circuit.qubits} == {*found.read}
            exact = exact_distribution(local_emulator(device(name)), circuit, [*found.read])
            rehearsed = Emulator(device(name)).distributions((circuits_,))[0][0]
            assert np.abs(exact - rehearsed).max() < 0.003, "a gate's noise on an idle qubit, no more"


def test_two_qubit_gates_name_the_pair_as_the_device_lists_it() -> None:
    garnet = device("iqm-garnet")
    turned = garnet.model_copy(update={"turned": tuple(garnet.couplings)})

    def pairs(figures: object) -> list[tuple[int, int]]:
        text = "\n".join(programs(batch(), figures).sources)  # type: ignore[arg-type]
        return [(int(a), int(b)) for a, b in re.findall(r"cz \$(\d+), \$(\d+)", text)]

    assert all(a < b for a, b in pairs(garnet))
    assert [(b, a) for a, b in pairs(garnet)] == pairs(turned)


def test_quarter_turns_are_quarter_turns_to_the_last_bit() -> None:
    text = "\n".join(programs(batch(qubits=4, rows=5), device("rigetti-cepheus")).sources)
    assert {float(angle) for angle in re.findall(r"rx\((\S+)\)", text)} <= {np.pi / 2, np.pi, -np.pi / 2}


@pytest.mark.parametrize(
    ("name", "rows", "shots", "each"),
    [
        ("iqm-garnet", 98, 1000, [100]),
        ("iqm-garnet", 99, 1000, [51, 50]),
        ("iqm-garnet", 100, 4000, [34, 34, 34]),
        ("ionq-forte-enterprise", 3, 100, [1] * 5),
    ],
)
def test_circuits_go_into_as_few_tasks_as_the_device_takes(name: str, rows: int, shots: int, each: list[int]) -> None:
    profile = device(name)
    asked = batch(qubits=2, rows=rows, shots=shots)
    tasks = works(programs(asked, profile).sources, profile, shots)
    assert each == [circuits(work.action) for work in tasks]
    assert [shots * number for number in each] == [work.shots for work in tasks]
    assert sum(work.usd for work in tasks) == price(profile, asked.executables, shots).charged_usd
    assert {profile.arn} == {work.device for work in tasks}


def test_settings_of_several_shapes_keep_their_order() -> None:
    profile = device("iqm-garnet")
    first, second = ring(2, 1, 2, 1), ring(2, 2, 1, 2)
    alone = [programs(Batch((first, one), (), 10), profile).sources[2:] for one in (second, first)]
    mixed = programs(Batch((first, second, first), (), 10), profile).sources
    assert mixed == (*mixed[:2], *alone[0], *mixed[:2])
    assert len(mixed) == 5


def test_a_program_is_what_the_sdk_sends() -> None:
    for name in ("iqm-garnet", "rigetti-cepheus"):
        work: Work = works(programs(batch(), device(name)).sources, device(name), 100)[0]
        assert action(work.action).json().encode() == work.action
        changed = json.dumps(json.loads(work.action), separators=(",", ":")).encode()
        with pytest.raises(QpilotError, match="byte for byte; nothing was sent"):
            action(changed)


def test_scrambled_circuits_compile_to_native_gates() -> None:
    for name in DEVICES:
        found = programs(Batch((scrambled(3, 15, 2, 4),), (), 100), device(name))
        for source in found.sources:
            local_emulator(device(name)).validate(Circuit.from_ir(source))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Batch((), (), 100), "empty batch"),
        (Batch((Circuits(2, (), np.zeros((1, 0))),), (), 0), "0 shots asked of iqm-garnet"),
        (Batch((Circuits(2, (Gate("rx", (0,), (0,)),), np.full((1, 1), np.nan)),), (), 9), "finite angles"),
        (Batch((Circuits(21, (), np.zeros((1, 0))),), (), 9), "21 qubits asked for; iqm-garnet has 20"),
    ],
)
def test_what_the_device_cannot_run_is_refused(given: Batch, said: str) -> None:
    with pytest.raises((QpilotError, UsageError), match=said):
        programs(given, device("iqm-garnet"))
