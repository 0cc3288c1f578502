"""What earlier forecasts promised and what came, read off the journal: waits of tasks, dollars of runs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from gates.money import Spend
from gates.queue import Track
from qpilot.forecast import calibration
from qpilot.record.artifacts import Artifacts
from qpilot.record.journal import Journal
from qpilot.report.record import PastSpend, PastWait, PlotData

PLAN, RESERVED, SETTLED = "plan", "reserved", "settled"
COMPLETED = "COMPLETED"
SHOWN = 40
LATEST = 500
"""Every batch that is planned reads them, so that they are not read back to the first."""


@dataclass(frozen=True)
class Past:
    """A finished task and the wait that was forecast for it, in hours until done; NaN where none was.

    device: its ARN. depth: jobs in front when it was planned. quantiles: at `calibration.LEVELS`.
    """

    item: str
    device: str
    created: datetime
    ended: datetime
    low: float = math.nan
    median: float = math.nan
    high: float = math.nan
    depth: int | None = None
    calibrated: bool = False
    quantiles: tuple[float, ...] = ()

    @property
    def hours(self) -> float:
        """What came."""
        return (self.ended - self.created).total_seconds() / 3600

    @property
    def forecast(self) -> bool:
        """Whether there was a forecast to score."""
        return not math.isnan(self.median)

    @property
    def missed(self) -> bool:
        """Whether what came lies outside the interval."""
        return not self.low <= self.hours <= self.high


def waits(journal: Journal, artifacts: Artifacts, device: str | None = None, latest: int = LATEST) -> tuple[Past, ...]:
    """The latest completed tasks (of the device with that ARN), in the order they ended.

    Failed and cancelled tasks tell nothing of a queue and are left out; so is one whose times are not known.
    """
    reserved = {entry.key: cast(dict[str, Any], entry.payload) for entry in journal.find(RESERVED)}
    planned: dict[str, dict[str, Any]] = {}
    found: list[Past] = []
    for entry in reversed(journal.find(SETTLED)):
        if len(found) == latest:
            break
        settled, where = cast(dict[str, Any], entry.payload), reserved.get(entry.key)
        if where is None or settled["state"] != COMPLETED or device not in (None, where["device"]):
            continue
        created, ended = settled.get("created"), settled.get("ended")
        if created is None or ended is None:
            continue
        batch = entry.key.rsplit("/", 2)[0]
        if batch not in planned:
            planned[batch] = _wait(journal, artifacts, batch)
        found.append(
            Past(
                item=entry.key,
                device=where["device"],
                created=datetime.fromisoformat(created),
                ended=datetime.fromisoformat(ended),
                **planned[batch],
            )
        )
    return tuple(sorted(found, key=lambda one: (one.ended, one.item)))


def spends(journal: Journal) -> tuple[PastSpend, ...]:
    """Every run that has ended after its hardware stage, oldest first: the forecast its gate read against what came."""
    read: dict[str, dict[str, Any]] = {}
    for entry in journal.find("verdict"):
        run, gate, _ = entry.key.rsplit("/", 2)
        if gate == "forecast":
            read[run] = cast(dict[str, Any], entry.payload)["evidence"]
    found = []
    for entry in journal.find("ended"):
        summary, evidence = cast(dict[str, Any], entry.payload), read.get(entry.key)
        if evidence is None or all(verdict["gate"] != "hardware" for verdict in summary["verdicts"]):
            continue
        emulated = Decimal(evidence["charged"]["worst"]) == 0
        spend = Spend.model_validate(evidence["device_cost" if emulated else "charged"])
        came = Decimal(summary["device_usd" if emulated else "charged_usd"])
        found.append(
            PastSpend(run=entry.key, p50=spend.p50, p90=spend.p90, worst=spend.worst, came=came, emulated=emulated)
        )
    return tuple(found)


def earlier(past: Sequence[Past], spent: Sequence[PastSpend]) -> PlotData:
    """What the report draws of earlier forecasts: the latest of each."""
    scored = [one for one in past if one.forecast][-SHOWN:]
    return PlotData(
        waits=tuple(
            PastWait(low=one.low, median=one.median, high=one.high, came=one.hours, calibrated=one.calibrated)
            for one in scored
        ),
        spends=tuple(spent[-SHOWN:]),
    )


def track(past: Sequence[Past], spent: Sequence[PastSpend]) -> Track:
    """How earlier forecasts turned out: scores of waits (hours), shares of runs within P50 and P90 of their dollars."""
    scored = [one for one in past if one.forecast]
    whole = [one for one in scored if len(one.quantiles) == len(calibration.LEVELS)]
    return Track(
        waits=len(scored),
        calibrated=sum(one.calibrated for one in scored),
        covered=_mean(not one.missed for one in scored),
        pinball_p10=_mean(calibration.pinball(one.hours, one.low, 0.1) for one in scored),
        pinball_p50=_mean(calibration.pinball(one.hours, one.median, 0.5) for one in scored),
        pinball_p90=_mean(calibration.pinball(one.hours, one.high, 0.9) for one in scored),
        crps=_mean(calibration.crps(one.hours, one.quantiles) for one in whole),
        runs=len(spent),
        within_p50=_mean(one.came <= one.p50 for one in spent),
        within_p90=_mean(one.came <= one.p90 for one in spent),
    )


def _wait(journal: Journal, artifacts: Artifacts, batch: str) -> dict[str, Any]:
    """The fields of the wait that was forecast with a batch's plan; empty where none was, or the plan is gone."""
    entry = journal.get(PLAN, batch)
    plan = None if entry is None else cast(dict[str, str], entry.payload)["plan"]
    if plan is None or plan not in artifacts:
        return {}
    wait = cast(dict[str, Any], artifacts.get_json(plan))["wait"]
    if wait is None:
        return {}
    names = ("low", "median", "high", "depth", "calibrated")
    return {name: wait[name] for name in names if name in wait} | {"quantiles": tuple(wait.get("quantiles", ()))}


def _mean(values: Iterable[float]) -> float:
    kept = list(values)
    return sum(kept) / len(kept) if kept else math.nan
