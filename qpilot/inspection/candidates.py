"""Looks a pilot's candidates over, one by one: circuit, numerics, and a short run on the emulated device."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from gates.records import Check, Outcome, Record
from qpilot.candidates.candidate import Candidate
from qpilot.data.preparing import prepare
from qpilot.data.strata import strata
from qpilot.data.table import Table
from qpilot.design import require_sound
from qpilot.devices import Device, device
from qpilot.emulator import Emulator
from qpilot.inspection.kernels import told_apart
from qpilot.inspection.numerics import device_circuits, gradient, kernel_values
from qpilot.inspection.shape import shape
from qpilot.inspection.shots import shots
from qpilot.models import MODELS, backbones
from qpilot.models.building import build
from qpilot.models.model import QuantumModel
from qpilot.models.trained import TrainedModel
from qpilot.pilot import Pilot
from qpilot.pilotfile import read
from qpilot.record.home import Home
from qpilot.reduction import REDUCERS

FITTED = 24
"""Rows a candidate is fitted on; more would only take longer."""
LOOKED_AT = 4
"""Rows whose circuits are compared and run."""
STEPS = 3
MOST_REDUCED = 300


class Inspection(Record):
    """What was found of one candidate."""

    candidate: str
    checks: tuple[Check, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of its checks."""
        return Outcome.worst(check.outcome for check in self.checks)


def inspect(path: Path, overrides: Sequence[str], home: Home | None = None) -> tuple[Inspection, ...]:
    """Every candidate of the pilot file. Raises UsageError for an invalid file, QpilotError for rows that cannot be used.

    home: where profiles of devices were pulled to, and registered models are.
    """
    file, pulled = read(path, overrides), None if home is None else home.devices
    pilot = file.pilot
    dataset = prepare(pilot.data, file.folder, pilot.seed, quantity=pilot.claim.quantity).dataset
    rows = dataset.development
    require_sound(pilot, rows, pulled)
    backbones.require(pilot, file.folder, home, dataset)
    return inspected(pilot, rows, device(pilot.hardware.device, pulled))


def inspected(pilot: Pilot, rows: Table, machine: Device) -> tuple[Inspection, ...]:
    """Every candidate, on development rows."""
    some = _balanced(rows.y, FITTED, pilot.seed)
    wide = np.union1d(some, _balanced(rows.y, MOST_REDUCED, pilot.seed))
    reducer = REDUCERS[pilot.reduce.method].build(pilot.reduce.components, pilot.seed).fit(rows.X[wide], rows.y[wide])
    seen = replace(rows.take(some), X=np.asarray(reducer.transform(rows.X[some]), dtype=np.float64))
    return tuple(
        Inspection(candidate=candidate.name, checks=tuple(_checks(pilot, candidate, seen, machine)))
        for candidate in pilot.candidates
    )


def _checks(pilot: Pilot, candidate: Candidate, rows: Table, machine: Device) -> Iterator[Check]:
    """On reduced rows."""
    X, y, emulator = rows.X, rows.y, Emulator(machine)
    quick = candidate = candidate.afresh()  # a backbone says where training begins, nothing of the circuit
    if MODELS[candidate.model].trainable:
        plain = candidate.training.model_copy(update={"shots": None, "patience": None, "layerwise": False})
        few = {"optimizer": "adam", "steps": STEPS, "batch": min(candidate.batch, 8), "training": plain}
        quick = candidate.model_copy(update=few)

    def fitted() -> QuantumModel:
        return build(quick, pilot.seed, len(rows.classes), quantity=rows.quantity).fit(X, y)

    try:
        model = fitted()
    except Exception as error:
        yield failed("fit", error)
        return
    seen = X[:LOOKED_AT]
    numerics = partial(gradient, model, X[:LOOKED_AT], y[:LOOKED_AT], pilot.seed)
    steps: dict[str, Callable[[], Check]] = {
        "circuit": partial(shape, model, seen, emulator),
        **(
            {"gradient": numerics}
            if isinstance(model, TrainedModel)
            else {
                "kernel values": partial(kernel_values, model, seen),
                "kernel spread": partial(told_apart, model, X, machine, pilot.hardware),
            }
        ),
        "device circuits": partial(device_circuits, model, seen),
        "shots": partial(shots, model, seen, emulator, pilot.hardware),
    }
    for name, step in steps.items():
        try:
            yield step()
        except Exception as error:
            yield failed(name, error)


def failed(name: str, error: Exception) -> Check:
    """A check that could not be made is not passed."""
    said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return Check(name=name, outcome=Outcome.NO_GO, observed=None, required="no error", reason=f"It failed: {said}")


def _balanced(y: np.ndarray, most: int, seed: int) -> np.ndarray:
    """At most `most` rows, every class, or every bin of a quantity, by turns, in random order within it."""
    kinds, order = strata(y), np.random.default_rng([seed, 8]).permutation(len(y))
    turn = np.empty(len(y), dtype=int)
    for label in np.unique(kinds):
        own = order[kinds[order] == label]
        turn[own] = np.arange(len(own))
    return np.asarray(order[np.argsort(turn[order], kind="stable")][:most])
