"""What a batch costs on a device, exactly."""

from decimal import ROUND_UP, Decimal

from gates.wording import dollars
from qpilot.backend import Quote
from qpilot.devices.record import Device
from qpilot.errors import UsageError

SIMULATOR_LEAST_SECONDS = 3
"""The shortest time Amazon Braket bills for a task on its simulators (aws.amazon.com/braket/pricing)."""
SIMULATOR_SECONDS = 12
"""What a simulator's task is taken to run at most: four times what is billed at least. Ten qubits take far less."""


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
    Prices are the device record's (list prices of its date; taxes, discounts and storage are left out). A simulator bills
    the time a task runs, which is known afterwards: its quote takes `SIMULATOR_SECONDS` a task, as an upper bound.
    """
    if executables < 1:
        raise UsageError(f"{executables} circuits asked for; a batch has at least 1")
    check_shots(device, shots)
    sets = device.program_sets
    per_task = circuits_per_task(device, shots)
    tasks = -(-executables // per_task)
    if device.simulator:
        return _by_time(device, executables, shots, tasks)
    if sets is not None and executables // tasks * shots < sets.least_shots:
        raise UsageError(
            f"{executables} circuits of {shots} shots are too few: {device.name} takes program sets of {sets.least_shots}"
            " shots in all or more; raise hardware.shots or hardware.batch"
        )
    usd = tasks * device.usd_per_task + executables * shots * device.usd_per_shot
    grouping = "one task a circuit" if sets is None else f"program sets of up to {per_task} circuits"
    note = (
        f"{tasks} x {dollars(device.usd_per_task)} task fee ({grouping}) + {executables} circuits x {shots} shots x "
        f"{dollars(device.usd_per_shot)}, {device.name} prices of {device.updated.isoformat()}"
    )
    return Quote(
        device_usd=usd,
        charged_usd=usd,
        tasks=tasks,
        executables=executables,
        shots=executables * shots,
        notes=(note,),
    )


def circuits_per_task(device: Device, shots: int) -> int:
    """How many circuits of `shots` shots go into one task: what a program set holds, 1 on a device without them."""
    sets = device.program_sets
    return 1 if sets is None else min(sets.executables, sets.total_shots // shots)


def _by_time(device: Device, executables: int, shots: int, tasks: int) -> Quote:
    usd = tasks * usd_for_seconds(device, SIMULATOR_SECONDS)
    note = (
        f"at most, while a task runs no longer than {SIMULATOR_SECONDS} seconds: {tasks} tasks x {SIMULATOR_SECONDS} s x"
        f" {dollars(device.usd_per_minute)} a minute, {device.name} prices of {device.updated.isoformat()}; billed is the"
        f" time that it ran, {SIMULATOR_LEAST_SECONDS} s a task at least"
    )
    return Quote(
        device_usd=usd, charged_usd=usd, tasks=tasks, executables=executables, shots=executables * shots, notes=(note,)
    )


def usd_for_seconds(device: Device, seconds: Decimal | int) -> Decimal:
    """What a simulator bills for a task that ran `seconds`, to a ten-thousandth of a cent, upwards."""
    billed = max(Decimal(seconds), Decimal(SIMULATOR_LEAST_SECONDS))
    return (device.usd_per_minute * billed / 60).quantize(Decimal("0.000001"), rounding=ROUND_UP)


def free(quote: Quote) -> Quote:
    """The same quote with nothing charged, as on an emulator."""
    return quote.model_copy(update={"charged_usd": Decimal(0)})
