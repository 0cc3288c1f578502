"""Whether training under a device's noise pays on that device, and what it costs.

    OMP_NUM_THREADS=1 python benchmarks/noisy_training.py [--device rigetti-cepheus] [--layers 8] [--seeds 5]

Variational classifiers of 4 qubits (re-uploading, strongly entangling, 300 steps of Adam) of a smooth rule of four features,
200 rows to learn from, 200 to answer. A line for each `training.noise`: accuracy and (cross-entropy) of the exact circuit,
under the emulated device's gate noise (readout mitigated) and under all of its noise, means over the seeds; the mean paired
difference from "none" in accuracy on the device with its standard error; seconds a fit.
"""

import argparse
import time

import numpy as np

from qpilot.candidates.candidate import Candidate
from qpilot.devices import DEVICES, device
from qpilot.emulator import Emulator
from qpilot.emulator.noise import Noise
from qpilot.models.building import build
from qpilot.models.readout import parities
from qpilot.models.trained import TrainedClassifier

ROWS = 400
KINDS = ("none", "gates", "device")


def rows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """X: (400, 4), radians; y: (400,), classes with some noise in them."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(0, np.pi, (ROWS, 4))
    rule = np.sin(2 * X[:, 0]) * np.cos(X[:, 1]) + 0.5 * np.sin(X[:, 2] * X[:, 3])
    return X, (rule + rng.normal(0, 0.2, ROWS) > 0).astype(np.int64)


def read(kind: str, noise: Noise, layers: int, seed: int) -> list[float]:
    """Accuracy and cross-entropy: exact, gate noise, all noise; then seconds of the fit."""
    candidate = Candidate.model_validate(
        {
            "model": "variational",
            "encoding": "reuploading",
            "ansatz": "strongly-entangling",
            "layers": layers,
            "qubits": 4,
            "scaling": "none",
            "steps": 300,
            "training": {"noise": kind},
        }
    )
    X, y = rows(seed)
    half, begun = ROWS // 2, time.perf_counter()
    model = build(candidate, seed, 2, noise=noise).fit(X[:half], y[:half])
    seconds = time.perf_counter() - begun
    assert isinstance(model, TrainedClassifier)
    (circuits,), emulator, truth = model.circuits(X[half:]), Emulator(noise.device), y[half:]
    measured = [
        model.exact(X[half:]),
        parities(emulator.probabilities(circuits, readout=False), model.words),
        parities(emulator.probabilities(circuits), model.words),
    ]
    found: list[float] = []
    for features in measured:
        likely = model.decide(features)
        found += [
            float((likely.argmax(axis=1) == truth).mean()),
            float(-np.log(likely[np.arange(half), truth]).mean()),
        ]
    return [*found, seconds]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=DEVICES, default="rigetti-cepheus")
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    noise = Noise.of(device(asked.device))
    found = {kind: np.array([read(kind, noise, asked.layers, seed) for seed in range(asked.seeds)]) for kind in KINDS}
    print(f"{asked.device}, {asked.layers} layers, {asked.seeds} seeds")
    print("noise    exact          gate noise     device         points on the device   seconds")
    for kind, read_ in found.items():
        mean, gained = read_.mean(axis=0), 100 * (read_[:, 4] - found["none"][:, 4])
        error = gained.std(ddof=1) / np.sqrt(len(gained))
        told = "  ".join(f"{mean[at]:.3f} ({mean[at + 1]:.3f})" for at in (0, 2, 4))
        print(f"{kind:<7}  {told}  {gained.mean():+.1f} +- {error:.1f}{mean[6]:>20.1f}")


if __name__ == "__main__":
    main()
