"""The service's distributions against Braket's own LocalEmulator on the served properties; what it refuses."""

import json
import math

import numpy as np
import pytest
from braket.circuits import Circuit, Instruction
from braket.circuits.observables import Z
from braket.circuits.serialization import IRType
from braket.emulation.local_emulator import LocalEmulator
from braket.schema_common import BraketSchemaBase

from qpilot.devices import DEVICES, Device, device
from tests.emulator.local_emulator import GATES, exact_distribution
from tests.loopback import Loopback
from tests.loopback.execution import check, distributions
from tests.loopback.programs import parsed
from tests.loopback.wire import Refusal
from tests.loopback_tests.asking import (
    CEPHEUS,
    FORTE,
    GARNET,
    SV1,
    bell,
    boto,
    box,
    create,
    on,
    program,
    program_set,
    refusal,
)

PATCHES = {"iqm-garnet": (4, 5, 9), "iqm-emerald": (4, 5, 10), "ionq-forte-enterprise": (7, 0, 20)}


def scrambled(profile: Device, seed: int) -> tuple[Circuit, list[int]]:
    """30 random native gates on three or four qubits of the device; the qubits that are read, in what order."""
    rng = np.random.default_rng(seed)
    edges = [pair for pair in profile.edges if set(pair) <= set(PATCHES.get(profile.name, (0, 1, 13, 12)))]
    labels = sorted({label for pair in edges for label in pair})
    gates = Circuit()
    for _ in range(30):
        name = rng.choice(
            {"prx-cz": ["prx", "cz"], "rx-rz-cz": ["rx", "rz", "cz"]}.get(profile.native, ["gpi", "gpi2", "zz"])
        )
        angles = rng.uniform(-math.pi, math.pi, {"prx": 2, "cz": 0}.get(name, 1))
        if name in ("rx", "zz"):
            angles = rng.choice([-math.pi / 2, math.pi / 2], 1)
        # Garnet lists a coupling in one direction, and LocalEmulator takes no other.
        qubits = edges[rng.integers(len(edges))] if name in ("cz", "zz") else (int(rng.choice(labels)),)
        gates.add_instruction(Instruction(GATES[name](*map(float, angles)), list(qubits)))
    read = [int(label) for label in rng.permutation(labels)[: len(labels) - 1]]
    return Circuit().add_verbatim_box(gates).measure(read), read


@pytest.mark.parametrize("name", DEVICES)
def test_distributions_are_local_emulators(braket_service: Loopback, name: str) -> None:
    profile = device(name)
    capabilities = braket_service.catalogue.described(profile.arn)["deviceCapabilities"]
    emulator = LocalEmulator.from_device_properties(BraketSchemaBase.parse_raw_schema(capabilities))
    circuits = [scrambled(profile, seed) for seed in range(3)]
    executables = []
    for circuit, _ in circuits:
        work = parsed(circuit.to_ir(IRType.OPENQASM).json())
        check(work, profile, 1000)
        executables.append(work.programs[0][0])
    found = distributions(executables, profile)
    for (circuit, read), distribution in zip(circuits, found, strict=True):
        expected = exact_distribution(emulator, circuit, read)
        np.testing.assert_allclose(distribution, expected, rtol=0, atol=1e-9)
        assert np.ptp(distribution) > 0.02, "the comparison would pass on noise alone"


def test_circuits_of_one_shape_are_simulated_with_their_own_angles() -> None:
    gates = ("cz $1, $2", "prx(1.0, 0.0) $2")
    sources = [box(f"prx({angle}, 0.2) $1", *gates) for angle in (0.1, 0.9, 2.5)]
    turned, alone = box("prx(0.9, 0.2) $1", *gates, read=(2, 1)), box("prx(1.0, 0.0) $2")
    programs = parsed(program_set(*sources, turned, alone)).programs
    together = distributions([e for p in programs for e in p], device("iqm-garnet"))
    one_by_one = [distributions(list(p), device("iqm-garnet"))[0] for p in programs]
    np.testing.assert_allclose(together, one_by_one, atol=1e-15)
    np.testing.assert_allclose(together[3], together[1][[0, 2, 1, 3]], atol=1e-15)
    assert np.abs(together[0] - together[2]).max() > 0.1


def test_a_hundred_circuits_answer_together_as_each_does_alone() -> None:
    rng = np.random.default_rng(1)
    gates = ["prx({:.6f}, {:.6f}) $1", "prx({:.6f}, {:.6f}) $2", "cz $1, $2", "prx({:.6f}, {:.6f}) $4", "cz $1, $4"]
    gates += ["prx({:.6f}, {:.6f}) $5", "cz $4, $5", "cz $2, $5", "prx({:.6f}, {:.6f}) $1", "prx({:.6f}, {:.6f}) $5"]
    body = gates * 4
    sources = []
    for _ in range(100):
        sources.append(box(*(gate.format(*rng.uniform(-3, 3, 2)) for gate in body), read=(1, 2, 4, 5)))
    together = answered(*sources)
    assert np.shape(together) == (100, 16)
    for place in (0, 41, 99):
        np.testing.assert_allclose(together[place], answered(sources[place])[0], atol=1e-12)


def answered(*sources: str) -> np.ndarray:
    """The distributions over outcomes of circuits sent in one task."""
    work = parsed(program_set(*sources))
    return np.asarray(distributions([e for p in work.programs for e in p], device("iqm-garnet")))


@pytest.mark.parametrize(
    ("arn", "action", "shots", "said"),
    [
        (GARNET, program("OPENQASM 3.0;\nqubit[2] q;\nh q[0];"), 10, "physical qubits"),
        (GARNET, program("OPENQASM 3.0;\nbit[1] b;\nb[0] = measure $1;"), 10, "verbatim box is required"),
        (GARNET, program("OPENQASM 3.0;\nprx(1,2) $1;"), 10, "outside of the verbatim box"),
        (GARNET, program("OPENQASM 3.0;\nbox{\nprx(1,2) $1;\n}"), 10, "needs '#pragma braket verbatim'"),
        (GARNET, program(box("h $1")), 10, "gate 'h' is not native"),
        (GARNET, program(box("rz(0.1) $1")), 10, "rz is not native to the device; native: cz, prx"),
        (GARNET, program(box("prx(0.1) $1")), 10, "prx takes 2 angles, 1 were given"),
        (GARNET, program(box("prx(a, 1) $1")), 10, "'a' is not understood"),
        (GARNET, program(box("cz $1, $5")), 10, "does not couple these qubits"),
        (GARNET, program(box("prx(1, 2) $21")), 10, "no such qubit"),
        (GARNET, program(box("prx(1, 2) $1", read=(0,))), 10, "measured qubit is not on the device"),
        (GARNET, program(box("prx(1, 2) $1", read=(1, 1))), 10, "measured twice"),
        (GARNET, program(box("prx(1, 2) $1")), 20_001, "outside of the device's range [1, 20000]"),
        (GARNET, program(box("prx(1, 2) $1")), 0, "outside of the device's range"),
        (GARNET, program_set(*[box("prx(1, 2) $1")] * 101), 1010, "101 executables exceed the device's maximum of 100"),
        (GARNET, program_set(*[box("prx(1, 2) $1")] * 3), 10, "do not divide evenly"),
        (GARNET, program_set(*[box("prx(1, 2) $1")] * 100), 200_100, "200100 total shots are outside"),
        (GARNET, "{}", 10, "braketSchemaHeader"),
        (GARNET, json.dumps({"braketSchemaHeader": {"name": "braket.ir.ahs.program"}}), 10, "is not supported"),
    ],
)
def test_what_a_device_would_not_run_is_refused(
    braket_service: Loopback, client, arn: str, action: str, shots: int, said: str
) -> None:
    code, message, status = refusal(create, client("braket"), "t", deviceArn=arn, action=action, shots=shots)
    assert (code, status) == ("ValidationException", 400)
    assert said in message
    assert not braket_service.tasks, "what is refused is no task and costs nothing"


@pytest.mark.parametrize(
    ("arn", "gates", "said"),
    [
        (FORTE, ("zz(0.3) $1, $2",), "only a quarter turn"),
        (CEPHEUS, ("rx(0.3) $1",), "multiples of pi/2 only"),
        (CEPHEUS, ("rx(-3*pi/2) $1", "rz(0.3) $1", "cz $1, $2"), None),
        (FORTE, ("gpi(0.3) $1", "gpi2(0.3) $35", "zz(-pi/2) $1, $35"), None),
        (GARNET, ("cz $5, $4",), None),
    ],
)
def test_what_the_vendors_gates_take(arn: str, gates: tuple[str, ...], said: str | None) -> None:
    work = parsed(program(box(*gates)))
    if said is None:
        check(work, device(arn), 100)
    else:
        with pytest.raises(Refusal, match=said):
            check(work, device(arn), 100)


def test_no_program_set_where_the_device_has_none() -> None:
    with pytest.raises(Refusal, match="does not support program sets"):
        check(parsed(program_set(box("gpi(0.3) $1"))), device(FORTE), 100)


def test_the_programs_of_a_set_that_fail_are_named(client) -> None:
    action = program_set(box("prx(1, 2) $1"), box("h $1"), box("prx(1, 2) $1"))
    braket = client("braket")
    with pytest.raises(braket.exceptions.ValidationException) as refused:
        create(braket, "t", action=action, shots=30)
    assert refused.value.response["reason"] == "ProgramSetValidationFailed"
    (failure,) = refused.value.response["programSetValidationFailures"]
    assert failure["programIndex"] == 1
    assert "'h'" in failure["errors"][0]


def test_angles_may_be_expressions_of_inputs() -> None:
    source = "OPENQASM 3.0;\ninput float a;\n#pragma braket verbatim\nbox{\nprx(-a / 2 + pi, 2**-1) $3;\n}"
    (executable,) = parsed(program(source, a=1.0)).programs[0]
    assert executable.gates == (("prx", (3,), (math.pi - 0.5, 0.5)),)
    assert executable.measured == (3,), "without a measurement all used qubits are read"


def test_simulators_run_ordinary_gates(braket_service: Loopback) -> None:
    simulator = on(SV1)
    counts = simulator.run(Circuit().h(0).cnot(0, 1), shots=100).result().measurement_counts
    assert set(counts) == {"00", "11"}
    exact = simulator.run(Circuit().x(0).expectation(observable=Z(), target=0), shots=0).result()
    assert exact.values == [-1.0]


@pytest.mark.parametrize(
    ("action", "shots", "said"),
    [
        (program("OPENQASM 3.0;\nqubit[2] q;\nnonsense q[0];"), 10, "cannot be read"),
        (program("OPENQASM 3.0;\nqubit[30] q;\nh q;"), 10, "30 qubits"),
        (program(box("prx(1, 2) $1")), 10, "physical qubits"),
        (program_set("OPENQASM 3.0;\nqubit[1] q;\nh q;"), 10, "program sets"),
        (program("OPENQASM 3.0;\nqubit[1] q;\nh q;"), 100_001, "outside of"),
    ],
)
def test_what_a_simulator_would_not_run_is_refused(
    braket_service: Loopback, client, action: str, shots: int, said: str
) -> None:
    braket = boto("us-east-1").client("braket")
    code, message, _ = refusal(create, braket, "t", deviceArn=SV1, action=action, shots=shots)
    assert (code, said in message) == ("ValidationException", True), message


def test_the_sdks_own_circuit_is_understood() -> None:
    (executable,) = parsed(bell().to_ir(IRType.OPENQASM).json()).programs[0]
    assert [gate[0] for gate in executable.gates] == ["prx", "prx", "cz", "prx"]
    assert executable.measured == (2, 1)
