"""What a batch costs on a device, exactly."""

from decimal import Decimal

from qpilot.backend import Quote
from qpilot.devices.record import Device
from qpilot.errors import UsageError


def check_shots(device: Device, shots: int) -> None:
    """Raises UsageError unless `shots` a circuit is inside the device's range."""
    least, most = device.shots
    if device.program_sets is not None:
        most = min(most, device.program_sets.total_shots)
    if not least <= shots <= most:
        raise UsageError(
            f"{shots} shots asked of {device.name}; it takes {least} to {most} a circuit: change hardware.shots"
        )


def price(device: Device, executables: int, shots: int) -> Quote:
    """The quote for `executables` circuits of `shots` shots each; charged equals the device's price.

    A program set pays one task fee for up to `program_sets.executables` circuits and `program_sets.total_shots` shots
    in all; a device without program sets pays a fee a circuit. `Quote.shots` is the total that is billed.
    Prices are the device record's (list prices of its date; taxes, discounts and storage are left out).
    """
    if executables < 1:
        raise UsageError(f"{executables} circuits asked for; a batch has at least 1")
    check_shots(device, shots)
    sets = device.program_sets
    per_task = 1 if sets is None else min(sets.executables, sets.total_shots // shots)
    tasks = -(-executables // per_task)
    usd = tasks * device.usd_per_task + executables * shots * device.usd_per_shot
    grouping = "one task a circuit" if sets is None else f"program sets of up to {per_task} circuits"
    note = (
        f"{tasks} x ${device.usd_per_task} task fee ({grouping}) + {executables} circuits x {shots} shots x "
        f"${device.usd_per_shot}, {device.name} prices of {device.updated.isoformat()}"
    )
    return Quote(
        device_usd=usd,
        charged_usd=usd,
        tasks=tasks,
        executables=executables,
        shots=executables * shots,
        notes=(note,),
    )


def free(quote: Quote) -> Quote:
    """The same quote with nothing charged, as on an emulator."""
    return quote.model_copy(update={"charged_usd": Decimal(0)})
