"""Runs a batch once: intent before effect, counts kept before they are used, replay instead of redo."""

import io
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import numpy as np
from pydantic import JsonValue

from gates.records import digest
from qpilot.arrays import arrays
from qpilot.backend import Backend, Batch, Outcomes, Quote
from qpilot.devices import Device
from qpilot.errors import QpilotError
from qpilot.job import Stores
from qpilot.program import Circuits, Counts


@dataclass(frozen=True)
class Kept:
    """A batch's outcomes and the artifact that holds its raw counts."""

    outcomes: Outcomes
    artifact: str


def measure(batch: Batch, key: str, backend: Backend, stores: Stores, sentinels: int = 0) -> Kept:
    """The batch's counts: from the journal where they stand, else from the backend, submitted under `key`.

    The key names run, stage and batch. sentinels: the last rows of every setting that are none of the batch's own
    points; its intent says so, and the batch is composed anew from it. Raises QpilotError where the key stands for
    another batch.
    """
    payload = fingerprint(batch)
    standing = stores.journal.get("counts", key)
    if standing is not None:
        return _replay(cast(dict[str, Any], standing.payload), payload, key, stores)
    intent = stores.journal.get("intent", key)
    if intent is None:
        quote = backend.quote(batch.executables, batch.shots)
        content = {"batch": payload, "backend": backend.name, "quote": quote.plain(), "sentinels": sentinels}
        stores.journal.append("intent", key, content, stores.clock())
    elif cast(dict[str, str], intent.payload)["batch"] != payload:
        raise QpilotError(f"{key} was meant for another batch; start the pilot anew instead of continuing this run")
    outcomes = backend.collect(backend.submit(batch, key))
    artifact = stores.artifacts.put(_packed(outcomes))
    content = {
        "batch": payload,
        "counts": artifact,
        "calibration": stores.artifacts.put_json(outcomes.device.plain()),
        "quote": outcomes.quote.plain(),
        "tasks": [*outcomes.tasks],
    }
    stores.journal.append("counts", key, content, stores.clock())
    return Kept(outcomes, artifact)


def fingerprint(batch: Batch) -> str:
    """sha256 over the circuits, their scales, their angles to the last bit, and the shots."""
    shapes: list[JsonValue] = [_shape(circuits) for circuits in (*batch.settings, *batch.calibration)]
    return digest([shapes, batch.shots])


def _shape(circuits: Circuits) -> list[JsonValue]:
    gates = ";".join(f"{gate.name}{gate.wires}{gate.angles}" for gate in circuits.gates)
    return [circuits.qubits, circuits.scale, gates, np.ascontiguousarray(circuits.angles, dtype="<f8").tobytes().hex()]


def _packed(outcomes: Outcomes) -> bytes:
    buffer = io.BytesIO()
    named = {f"setting_{place}": counts for place, counts in enumerate(outcomes.settings)}
    named |= {f"calibration_{place}": counts for place, counts in enumerate(outcomes.calibration)}
    np.savez_compressed(buffer, **named)  # type: ignore[arg-type]
    return buffer.getvalue()


def _replay(content: dict[str, Any], payload: str, key: str, stores: Stores) -> Kept:
    if content["batch"] != payload:
        raise QpilotError(f"the counts of {key} belong to another batch; start the pilot anew")
    counts: dict[str, Counts] = arrays(stores.artifacts.get(content["counts"]))
    settings = tuple(counts[f"setting_{place}"] for place in range(sum("setting" in name for name in counts)))
    calibration = tuple(counts[f"calibration_{place}"] for place in range(len(counts) - len(settings)))
    quote = Quote.model_validate(content["quote"])
    device = Device.model_validate_json(stores.artifacts.get(content["calibration"]))
    outcomes = Outcomes(settings, calibration, device, quote, tuple(content["tasks"]))
    return Kept(outcomes, content["counts"])


def total(quotes: list[Quote]) -> tuple[Decimal, Decimal]:
    """Dollars charged and dollars the device costs, over all batches."""
    zero = Decimal(0)
    return sum((quote.charged_usd for quote in quotes), zero), sum((quote.device_usd for quote in quotes), zero)
