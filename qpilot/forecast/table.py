"""A comparison of devices as text: a row each, then what speaks against it, then which is worth it."""

from decimal import Decimal

from gates.records import Measure
from qpilot.forecast.compare import Comparison
from qpilot.forecast.device_estimate import DeviceEstimate

HEADS = ("device", "planned", "P50", "P90", "worst", "wait P50", "P90", "emulated", "lost", "shots", "worth it")


def table(found: Comparison) -> str:
    """Lines of at most 120 characters, but for the reasons, which are sentences."""
    body = [HEADS, *map(_cells, found.devices)]
    widths = [max(len(row[place]) for row in body) for place in range(len(HEADS))]
    lines = [
        "  ".join(_set(cell, width, place) for place, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in body
    ]
    head = f"{found.pilot}: {found.points} points may be measured, {found.planned} are planned"
    reasons = [f"{row.device}: {reason}" for row in found.devices for reason in row.why]
    scored = any(row.emulated_accuracy is not None and row.emulated_accuracy.unit == "score" for row in found.devices)
    told = ("emulated is the score, 100 % where every answer is exact, and lost its points",) if scored else ()
    notes = [f"note: {note}" for note in (*told, *found.notes)]
    return "\n".join([head, "", *(line.rstrip() for line in lines), "", *reasons, found.sentence, *notes])


def _cells(row: DeviceEstimate) -> tuple[str, ...]:
    spend = (None,) * 4 if row.usd is None else (row.planned_usd, row.usd.p50, row.usd.p90, row.usd.worst)
    return (
        row.device,
        *map(_usd, spend),
        *map(_hours, (row.wait_p50_hours, row.wait_p90_hours)),
        _share(row.emulated_accuracy, "%"),
        _share(row.emulated_loss, " pts"),
        "-" if row.shots is None else f"{row.shots:,}",
        "yes" if row.worth else "no",
    )


def _set(cell: str, width: int, place: int) -> str:
    return cell.ljust(width) if place == 0 else cell.rjust(width)


def _usd(amount: Decimal | None) -> str:
    return "-" if amount is None else f"${amount:,.2f}"


def _hours(measure: Measure | None) -> str:
    if measure is None:
        return "-"
    return "unknown" if measure.value != measure.value else f"{measure.value:.1f} h"


def _share(measure: Measure | None, unit: str) -> str:
    return "-" if measure is None else f"{100 * measure.value:.1f}{unit}"
