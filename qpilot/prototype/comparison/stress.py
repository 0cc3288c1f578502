"""What a fitted model still gets right when its features, its device or its parameters are worse than they were."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.contender import Stress
from gates.records import Measure
from gates.statistics import intervals
from qpilot.devices import Device
from qpilot.emulator import Emulator
from qpilot.errors import QpilotError
from qpilot.prototype.fitted import Fitted

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

FEATURE_NOISE = (0.05, 0.1, 0.2, 0.5)
DEVICE_NOISE = (1.0, 2.0)
BITS = (8, 6, 4)
MOST_ROWS, LEAST_ROWS = 100, 20
EFFORT, MOST_CIRCUITS = 3_000_000, 4000
"""Circuits times 4**qubits, and circuits, that the noise of one level may take: less than a second on one core."""


def stresses(model: Fitted, X: Floats, y: Labels, device: Device | None, seed: int) -> Iterator[Stress]:
    """Each kind at each of its levels. X: (n_rows, n_features) raw rows the model was not fitted on; y: (n_rows,)."""
    clean = model.predict(X)
    noise = np.random.default_rng([seed, 13]).normal(size=X.shape) * X.std(axis=0)
    for level in FEATURE_NOISE:
        yield _stress("feature noise", level, model.predict(X + level * noise), clean, y)
    for bits in BITS:
        found = quantised(model, bits)
        if found is not None:
            yield _stress("bits", bits, found.predict(X), clean, y)
    if device is not None and not device.simulator and hasattr(model.estimator, "circuits"):
        yield from _on_device(model, X, y, clean, device)


def _stress(kind: Any, level: float, answers: Labels, clean: Labels, y: Labels) -> Stress:
    return Stress(
        kind=kind,
        level=level,
        accuracy=intervals.accuracy(answers == y),
        change=intervals.difference(answers == y, clean == y),
    )


def _on_device(model: Fitted, X: Floats, y: Labels, clean: Labels, device: Device) -> Iterator[Stress]:
    """With the device's gate and readout noise times each level, with as many shots as one likes and unmitigated."""
    estimator = model.estimator
    try:
        one = estimator.circuits(model.view(X[:1]))
        rows = min(MOST_ROWS, EFFORT // (len(one) << 2 * one[0].qubits), MOST_CIRCUITS // len(one), len(X))
        why = f"{len(one):,} circuits of {one[0].qubits} qubits a row are too dear to emulate here"
        for level in DEVICE_NOISE:
            if rows < LEAST_ROWS:
                missing = Measure.missing(why)
                yield Stress(kind="device noise", level=level, accuracy=missing, change=missing)
                continue
            measured = Emulator(worse(device, level)).distributions(estimator.circuits(model.view(X[:rows])))
            answers = np.asarray(estimator.decide(estimator.features(measured)).argmax(axis=1), dtype=np.int64)
            yield _stress("device noise", level, answers, clean[:rows], y[:rows])
    except QpilotError as error:
        missing = Measure.missing(f"{error}")
        yield Stress(kind="device noise", level=DEVICE_NOISE[0], accuracy=missing, change=missing)


def worse(device: Device, factor: float) -> Device:
    """The device with every infidelity times `factor`; no fidelity falls below 0.51."""

    def worn(fidelity: float) -> float:
        return max(0.51, 1 - factor * (1 - fidelity))

    qubits = {
        label: qubit.model_copy(update={"gate": worn(qubit.gate), "readout": worn(qubit.readout)})
        for label, qubit in device.qubits.items()
    }
    couplings = {pair: worn(fidelity) for pair, fidelity in device.couplings.items()}
    return device.model_copy(update={"qubits": qubits, "couplings": couplings})


def quantised(model: Fitted, bits: int) -> Fitted | None:
    """The model with each array of its parameters on 2**bits evenly spaced values from its smallest to its largest.

    None for a classical model whose parameters are no plain arrays (trees, neighbours, processes).
    """
    estimator = copy.deepcopy(model.estimator)
    if hasattr(estimator, "recall"):
        state = {
            name: _rounded(value, bits) if _parameters(name, value) else value
            for name, value in estimator.state().items()
        }
        estimator.recall(state)
    elif not _round_classical(estimator.steps[-1][1], bits):
        return None
    return Fitted(model.name, model.family, model.reducer, estimator, model.seconds)


def _parameters(name: str, value: object) -> bool:
    """Whether a field of a quantum model's state is an array that was learned; the scaling belongs to the data."""
    fitted = isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size > 1
    return fitted and not name.startswith(("scaling", "history", "telemetry"))


CLASSICAL = (
    ("coef_", "intercept_"),
    ("coefs_", "intercepts_"),
    ("support_vectors_", "_dual_coef_", "_intercept_"),
)
"""What holds the parameters of scikit-learn's linear models, perceptrons and support vector machines."""


def _round_classical(estimator: Any, bits: int) -> bool:
    names = next((names for names in reversed(CLASSICAL) if all(name in vars(estimator) for name in names)), None)
    for name in names or ():
        value = getattr(estimator, name)
        rounded = [_rounded(one, bits) for one in value] if isinstance(value, list) else _rounded(value, bits)
        setattr(estimator, name, rounded)
    return names is not None


def _rounded(values: Floats, bits: int) -> Floats:
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    if low == high:
        return values
    step = (high - low) / (2**bits - 1)
    return np.ascontiguousarray(low + np.rint((values - low) / step) * step)
