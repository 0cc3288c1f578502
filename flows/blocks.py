"""Devices for a person at a terminal: a block of short lines each, which fit wherever a table would not."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape

from gates.wording import dollars
from qpilot.devices.listing import Listing


def devices(console: Console, rows: Sequence[Listing]) -> None:
    """What each device costs, how well it works and when it runs; then what else is to be known of it."""
    for row in rows:
        console.print(f"[bold]{row.name}[/]  {escape(_standing(row))}", highlight=False, soft_wrap=True)
        for line in _lines(row):
            console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)


def _standing(row: Listing) -> str:
    parts = [row.status.lower()] if row.status else []
    if row.queue_depth is not None:
        parts.append(f"{row.queue_depth} waiting")
    if row.opens_in_hours is not None:
        parts.append("open now" if row.opens_in_hours == 0 else f"opens in {row.opens_in_hours:.1f} h")
    return ", ".join(parts)


def _lines(row: Listing) -> Iterator[str]:
    shares = {"1q": row.median_gate, "2q": row.median_coupling, "readout": row.median_readout}
    fidelities = ", ".join(f"{name} {100 * share:.2f}" for name, share in shares.items() if share is not None)
    yield f"{row.usable_qubits} of {row.qubits} qubits; {fidelities} % (medians), {row.age_days} days old"
    if row.usd_per_minute:
        price = f"{dollars(row.usd_per_minute)} a minute"
    else:
        price = f"{dollars(row.usd_per_task)} a task and {dollars(row.usd_per_shot)} a shot"
    sets = "" if row.program_sets is None else f"; up to {row.program_sets.executables} circuits a task"
    yield f"{price}; {row.shots[0]:,} to {row.shots[1]:,} shots a circuit{sets}"
    yield f"{row.origin}: {row.arn}"
    yield from row.notes
