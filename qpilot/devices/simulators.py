"""Amazon Braket's own simulators as devices: perfect qubits, every pair joined, billed by the minute."""

from datetime import date, time
from decimal import Decimal
from itertools import combinations

from qpilot.devices.record import Device, Qubit, Window


def simulator(
    name: str, arn: str, qubits: int, usd_per_minute: Decimal, shots: int, updated: date, source: str
) -> Device:
    """A simulator of `qubits` qubits that takes up to `shots` shots a circuit."""
    return Device(
        name=name,
        arn=arn,
        vendor="amazon",
        source=source,
        updated=updated,
        synthetic=False,
        native="rx-rz-cz",
        qubits=dict.fromkeys(range(qubits), Qubit(gate=1, readout=1)),
        couplings={f"{a}-{b}": 1.0 for a, b in combinations(range(qubits), 2)},
        usd_per_task=Decimal(0),
        usd_per_shot=Decimal(0),
        usd_per_minute=usd_per_minute,
        shots=(1, shots),
        program_sets=None,
        windows=(Window(day="Everyday", start=time(0), end=time(23, 59, 59)),),
        notes=("a simulator: its answers carry no device noise, and show nothing about a device",),
    )


def _listed(short: str, qubits: int, usd_per_minute: str, shots: int) -> Device:
    return simulator(
        name=f"simulator-{short}",
        arn=f"arn:aws:braket:::device/quantum-simulator/amazon/{short}",
        qubits=qubits,
        usd_per_minute=Decimal(usd_per_minute),
        shots=shots,
        updated=date(2025, 11, 6),
        source="aws.amazon.com/braket/pricing and the Amazon Braket developer guide's quotas",
    )


SIMULATORS: dict[str, Device] = {
    one.name: one
    for one in (
        _listed("sv1", 34, "0.075", 100_000),
        _listed("dm1", 17, "0.075", 100_000),
        _listed("tn1", 50, "0.275", 1_000),
    )
}
"""By name. A simulator is no stand-in for a device: it rehearses the way to one, over the same service."""
