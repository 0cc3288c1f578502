"""Tables for a person at a terminal."""

from collections.abc import Sequence

from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.table import Table

from qpilot.devices.listing import Listing

COLUMNS: dict[str, JustifyMethod] = {
    "device": "left",
    "qubits": "right",
    "$": "left",
    "shots": "right",
    "set": "right",
    "1q %": "right",
    "2q %": "right",
    "read %": "right",
    "age": "right",
    "status": "left",
    "queue": "right",
    "opens": "left",
}
"""Of `devices`. set: circuits a program set takes; fidelities are medians; ! marks figures older than a month."""


def devices(console: Console, rows: Sequence[Listing]) -> None:
    """A line a device: what it costs, how well it works, when it runs; below it what else is to be known."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in COLUMNS.items():
        table.add_column(name, justify=justify)
    for row in rows:
        table.add_row(*_cells(row))
    console.print(table)
    for row in rows:
        for note in row.notes:
            console.print(f"{row.name}: {escape(note)}", highlight=False, soft_wrap=True)


def _cells(row: Listing) -> tuple[str, ...]:
    price = (
        f"{row.usd_per_minute} a minute" if row.usd_per_minute else f"{row.usd_per_task} + {row.usd_per_shot} a shot"
    )
    opens = (
        "not known"
        if row.opens_in_hours is None
        else "now"
        if row.opens_in_hours == 0
        else f"in {row.opens_in_hours:.1f} h"
    )
    return (
        row.name,
        f"{row.usable_qubits}/{row.qubits}",
        price,
        f"{row.shots[0]:,}-{row.shots[1]:,}",
        "-" if row.program_sets is None else f"{row.program_sets.executables}",
        *(
            ("-" if share is None else f"{100 * share:.2f}")
            for share in (row.median_gate, row.median_coupling, row.median_readout)
        ),
        f"{row.age_days} d" + (" !" if row.stale else ""),
        row.status or "-",
        row.queue_depth or "-",
        opens,
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"
