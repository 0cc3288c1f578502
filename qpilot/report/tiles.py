"""The few figures on top of the page."""

from collections.abc import Iterator
from typing import NamedTuple

from gates.claim import Claim
from gates.nested import Paired
from qpilot.report import worth
from qpilot.report.formats import count, interval, number, percent, points, usd
from qpilot.report.record import RunRecord
from qpilot.report.wording import finalist, opened


class Tile(NamedTuple):
    """A figure on top of the page, with what it is and how it was taken."""

    label: str
    value: str
    note: str


def tiles(run: RunRecord) -> list[Tile]:
    """The figures that carry the decision; only what was measured."""
    return [*_rows(run), *_simulated(run), *_measured(run), *_money(run)]


def _rows(run: RunRecord) -> Iterator[Tile]:
    found = run.data
    if found is None:
        return
    target = found.target
    kind = f"{len(found.classes)} classes"
    if target is not None:
        kind = f"{run.pilot.data.target!r} from {number(target.least)} to {number(target.most)}"
    note = f"{count(found.features)} features, {kind}; {count(found.locked)} rows locked away"
    yield Tile("Rows", count(found.rows), note)


def _simulated(run: RunRecord) -> Iterator[Tile]:
    found = run.prototype
    if found is None:
        return
    nested = found.form == "nested"
    if found.advantage is None:
        note = f"to show the claim; there are {count(found.rows)}"
        yield Tile(f"{'Development' if nested else 'Locked'} rows needed", count(found.required), note)
        return
    first = "the whole procedure" if nested else finalist(run)
    second = "the classical one" if nested else found.reference
    note = f"{count(found.advantage.points)} {'rows in outer folds' if nested else 'locked rows'}, {first} against {second}"
    yield _gain("Advantage, simulated", found.advantage, note, run.pilot.claim)


def _gain(label: str, found: Paired, note: str, claim: Claim) -> Tile:
    gain = found.advantage(claim.metric)
    return Tile(label, points(gain), f"{note}{worth.lower(claim, gain)}")


def _measured(run: RunRecord) -> Iterator[Tile]:
    claim = run.pilot.claim
    if run.hardware is not None:
        found = run.hardware.device_accuracy
        bounds, error = interval(found), worth.error(claim, found)
        rows = f"{count(found.n)} {'points' if opened(run) else 'rows it was fitted on'}"
        note = f"{bounds} % on {rows}" if bounds else run.hardware.device
        if claim.metric == "balanced_accuracy":
            note += "; plain, the claim is in balanced accuracy"
        off = f"; {worth.error_name(claim)} {number(error.value)}" if error.value == error.value else ""
        yield Tile(f"{worth.noun(claim).capitalize()} on the device", percent(found.value), note + off)
    if run.promotion is not None:
        kind = "points" if opened(run) else "rows both were fitted on"
        note = f"device against classical on {count(run.promotion.advantage.points)} {kind}"
        yield _gain("Advantage, on the device", run.promotion.advantage, note, claim)


def _money(run: RunRecord) -> Iterator[Tile]:
    if run.hardware is not None:
        note = f"the device itself would have cost {usd(run.hardware.device_usd)}"
        yield Tile("Charged", usd(run.hardware.charged_usd), note)
    elif run.forecast is not None:
        note = f"forecast, nine times in ten; on the device itself {usd(run.forecast.device_cost.p90)}"
        yield Tile("Would be charged", usd(run.forecast.charged.p90), note)
