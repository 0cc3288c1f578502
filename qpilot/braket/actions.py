"""OpenQASM programs as the actions of tasks: program sets up to what the device takes, else a task a circuit."""

from itertools import pairwise
from typing import TypeAlias

from braket.ir.openqasm import Program, ProgramSet

from qpilot.devices import Device
from qpilot.devices.price import circuits_per_task, price
from qpilot.errors import QpilotError
from qpilot.spending.service import Work

Action: TypeAlias = "Program | ProgramSet"


def works(sources: tuple[str, ...], device: Device, shots: int) -> tuple[Work, ...]:
    """The tasks of a batch, in its order, each with its exact price; `shots` is per circuit."""
    tasks = -(-len(sources) // circuits_per_task(device, shots))
    # As even as they can be: the price is the same, and no task is left with fewer shots than a program set needs.
    bounds = [-(-len(sources) * number // tasks) for number in range(tasks + 1)]
    parts = [sources[first:end] for first, end in pairwise(bounds)]
    return tuple(
        Work(
            device=device.arn,
            action=_action(part, device),
            shots=shots * len(part),
            usd=price(device, len(part), shots).charged_usd,
        )
        for part in parts
    )


def action(stored: bytes) -> Action:
    """The SDK's program of a stored action. Raises QpilotError unless the SDK would send the very same bytes."""
    kind = ProgramSet if b'"braket.ir.openqasm.program_set"' in stored[:200] else Program
    program: Action = kind.parse_raw(stored)
    if _bytes(program) != stored:
        raise QpilotError(
            "the installed Braket SDK would not send the program that was planned, byte for byte; nothing was sent: install"
            " the version the run began with (its record names it) and continue"
        )
    return program


def circuits(stored: bytes) -> int:
    """How many circuits an action holds."""
    program = action(stored)
    return len(program.programs) if isinstance(program, ProgramSet) else 1


def _action(sources: tuple[str, ...], device: Device) -> bytes:
    if device.program_sets is None:
        (source,) = sources
        return _bytes(Program(source=source))
    return _bytes(ProgramSet(programs=[Program(source=source) for source in sources]))


def _bytes(program: Action) -> bytes:
    text: str = program.json()
    return text.encode()
