"""Which PennyLane devices may be named in a pilot, found without importing PennyLane."""

from importlib.metadata import entry_points

from qpilot.errors import UsageError, unknown

IN_PROCESS = frozenset(
    {
        "braket.local.qubit",
        "default.mixed",
        "default.qubit",
        "default.tensor",
        "lightning.gpu",
        "lightning.kokkos",
        "lightning.qubit",
        "lightning.tensor",
        "reference.qubit",
    }
)
"""Simulators that run in this process and cost nothing; the price of any other device is not known."""

REFUSED = {
    "braket.aws.": (
        "is paid by the task, and through PennyLane a task lost in a crash would be paid again; set hardware.backend ="
        ' "braket" and hardware.device to its name or ARN, which pays once'
    ),
    "braket.local.ahs": "runs pulses on neutral atoms, not gates",
    "default.clifford": "runs Clifford gates alone, and models turn qubits by any angle",
    "default.gaussian": "works on light modes, not qubits",
    "default.qutrit": "works on qutrits, not qubits",
    "null.": "computes nothing: every count would be of zeros",
}
"""Beginning of a device's name -> why it cannot serve here."""


def installed() -> tuple[str, ...]:
    """The devices of every PennyLane plugin installed here that could serve, sorted."""
    names = set(entry_points(group="pennylane.plugins").names)
    return tuple(sorted(name for name in names if _refusal(name) is None))


def require_usable(name: str) -> None:
    """Raises UsageError where PennyLane has no such device here, listing those it has, or where it cannot serve."""
    why = _refusal(name)
    if why is not None:
        raise UsageError(f"PennyLane device {name!r} {why}; devices that serve: {', '.join(installed())}")
    if name not in installed():
        raise UsageError(unknown("PennyLane device", name, installed()) + "; others come with their PennyLane plugin")


def _refusal(name: str) -> str | None:
    return next((why for beginning, why in REFUSED.items() if name.startswith(beginning)), None)
