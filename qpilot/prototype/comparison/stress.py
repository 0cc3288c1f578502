"""What a fitted model still gets right when its features, its device or its parameters are worse than they were."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gates.claim import Claim
from gates.contender import Stress
from gates.grading import Grades, changed, grades, reached
from gates.records import Measure
from qpilot.devices import Device
from qpilot.emulator import Emulator
from qpilot.errors import QpilotError
from qpilot.prototype.fitted import Fitted, learned

Floats = NDArray[np.float64]
Answers = NDArray[Any]

FEATURE_NOISE = (0.05, 0.1, 0.2, 0.5)
DEVICE_NOISE = (1.0, 2.0)
BITS = (8, 6, 4)
MOST_ROWS, LEAST_ROWS = 100, 20
EFFORT, MOST_CIRCUITS = 3_000_000, 4000
"""Circuits times 4**qubits, and circuits, that the noise of one level may take: less than a second on one core."""


def stresses(model: Fitted, X: Floats, y: Answers, claim: Claim, device: Device | None, seed: int) -> Iterator[Stress]:
    """Each kind at each of its levels. X: (n_rows, n_features) raw rows the model was not fitted on; y: (n_rows,)."""
    clean = grades(claim, model.predict(X), y)
    noise = np.random.default_rng([seed, 13]).normal(size=X.shape) * X.std(axis=0)
    for level in FEATURE_NOISE:
        yield _stress("feature noise", level, grades(claim, model.predict(X + level * noise), y), clean, y, claim)
    for bits in BITS:
        found = quantised(model, bits)
        if found is not None:
            yield _stress("bits", bits, grades(claim, found.predict(X), y), clean, y, claim)
    if device is not None and not device.simulator and hasattr(model.estimator, "circuits"):
        yield from _on_device(model, X, y, claim, clean, device)


def _stress(kind: Any, level: float, worse: Grades, clean: Grades, y: Answers, claim: Claim) -> Stress:
    return Stress(
        kind=kind,
        level=level,
        accuracy=reached(worse, y, claim.metric),
        change=changed(worse, clean, y, claim.metric),
    )


def _on_device(model: Fitted, X: Floats, y: Answers, claim: Claim, clean: Grades, device: Device) -> Iterator[Stress]:
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
            answers = estimator.answer(estimator.features(measured))
            yield _stress("device noise", level, grades(claim, answers, y[:rows]), clean[:rows], y[:rows], claim)
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
    elif not _round_classical(learned(estimator), bits):
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
