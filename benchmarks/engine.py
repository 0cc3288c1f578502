"""The engine beside the field, in one run on one core: CPU time, medians, and the ratio that each row aims at.

    make bench-peers    # optional: the peers' own environments, .bench/<name>; without one its rows say "absent"
    OMP_NUM_THREADS=1 python benchmarks/engine.py [--rows step-4 step-8 ...] [--precision double single]

Training rows: angle encoding, strongly entangling layers x 3, mean of (<Z of wire 0> - y)^2; values and gradients are
compared with the peer's before a time is printed. "cold" counts compilation and 200 Adam steps, imports not.
Kernel, noise and scan rows time a share of what the peer would do and scale it, as each row says.
"""

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pennylane as qml

from benchmarks.peers.noise import default_mixed
from qpilot.circuits import Circuit
from qpilot.devices import device
from qpilot.emulator import Emulator
from qpilot.simulator import Simulator, kernel
from qpilot.simulator.scan import Scan
from qpilot.simulator.simulator import Precision

PEERS = Path(__file__).parent / "peers"
ENVIRONMENTS = Path(__file__).parent.parent / ".bench"
LAYERS, STEPS = 3, 200


class Row(NamedTuple):
    """ours and theirs in seconds of CPU time; theirs is a sentence where there is nothing to compare with."""

    name: str
    ours: float
    theirs: float | str
    peer: str
    target: str
    met: Callable[[float], bool]
    """Of ours / theirs."""


def seconds(call: Callable[[], object], repeats: int) -> float:
    """The median CPU time of a call, after one that warms up."""
    call()
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def once(call: Callable[[], object]) -> float:
    """CPU time of one call, cold."""
    start = time.process_time()
    call()
    return time.process_time() - start


def problem(qubits: int, batch: int) -> tuple[Circuit, np.ndarray, np.ndarray, np.ndarray]:
    """As benchmarks/peers/step.py draws it."""
    rng = np.random.default_rng(qubits)
    X, y = rng.uniform(0, np.pi, (batch, qubits)), rng.choice([-1.0, 1.0], batch)
    circuit = Circuit("angle", "strongly-entangling", LAYERS, qubits)
    return circuit, X, y, rng.uniform(-np.pi, np.pi, (LAYERS, qubits, 3)).ravel()


def squared(simulator: Simulator, X: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean of (<Z0> - y)^2 and its gradient."""
    word = "Z" + "I" * (simulator.circuit.qubits - 1)
    values, gradient = simulator.value_and_vjp(X, weights, (word,), lambda found: 2 * (found - y[:, None]) / len(y))
    return float(np.mean((values[:, 0] - y) ** 2)), gradient


def peer(name: str, **numbers: int) -> dict[str, Any] | str:
    """What benchmarks/peers/step.py says in the peer's environment, or why it says nothing."""
    python = ENVIRONMENTS / name / "bin" / "python"
    if not python.exists():
        return "absent (make bench-peers)"
    words = [part for key, value in numbers.items() for part in (f"--{key}", str(value))]
    ran = subprocess.run([python, PEERS / "step.py", "--peer", name, *words], capture_output=True, text=True)
    if ran.returncode:
        return f"failed: {ran.stderr.strip().splitlines()[-1][:60]}"
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def step(qubits: int, batch: int, target: float, precision: Precision) -> Row:
    circuit, X, y, weights = problem(qubits, batch)
    simulator = Simulator(circuit, precision)
    ours = seconds(lambda: squared(simulator, X, y, weights), 2000 if qubits < 12 else 15)
    said = peer("jax", qubits=qubits, batch=batch, layers=LAYERS, steps=0, warm=1000 if qubits < 12 else 5)
    theirs: float | str = said if isinstance(said, str) else said["warm_ms"] / 1e3
    if not isinstance(said, str):
        value, gradient = squared(simulator, X, y, weights)
        atol = 1e-8 if precision == "double" else 1e-5
        np.testing.assert_allclose(value, said["value"], rtol=0, atol=atol)
        np.testing.assert_allclose(gradient, said["slope"], rtol=0, atol=atol)
    name = f"step n={qubits} batch {batch}"
    return Row(name, ours, theirs, "default.qubit, jax.jit, warm", f"<= {target:g}x", lambda ratio: ratio <= target)


def cold(qubits: int, name: str, target: float, precision: Precision) -> Row:
    circuit, X, y, weights = problem(qubits, 32)

    def run() -> None:
        simulator, point = Simulator(circuit, precision), weights.copy()
        mean, square = np.zeros_like(point), np.zeros_like(point)
        for at in range(1, STEPS + 1):
            _, slope = squared(simulator, X, y, point)
            mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
            point -= 0.05 * (mean / (1 - 0.9**at)) / (np.sqrt(square / (1 - 0.999**at)) + 1e-8)

    ours = float(np.median([once(run) for _ in range(5)]))
    said = peer(name, qubits=qubits, batch=32, layers=LAYERS, steps=STEPS, warm=0)
    theirs = said if isinstance(said, str) else said["cold_s"]
    shown = {"jax": "default.qubit, jax.jit, cold", "qml-benchmarks": "qml-benchmarks train(), cold"}[name]
    return Row(f"{STEPS} cold steps n={qubits}", ours, theirs, shown, f"<= {target:g}x", lambda ratio: ratio <= target)


def kernels(precision: Precision) -> Row:
    """500 rows, ZZ feature map; the peer runs one circuit a pair, 20 pairs timed, N (N - 1) / 2 needed."""
    circuit = Circuit("zz", None, 2, 8)
    X, simulator = np.random.default_rng(0).uniform(0, np.pi, (500, 8)), Simulator(circuit, precision)

    @qml.qnode(qml.device("default.qubit", wires=8))
    def overlap(a: np.ndarray, b: np.ndarray) -> object:
        circuit.function(a)
        qml.adjoint(circuit.function)(b)
        return qml.probs(wires=range(8))

    found = kernel(simulator, X)
    pairs = [(k, k + 1) for k in range(20)]
    for i, j in pairs[:3]:
        np.testing.assert_allclose(found[i, j], overlap(X[i], X[j])[0], rtol=0, atol=1e-5)
    each = np.median([once(lambda i=i, j=j: overlap(X[i], X[j])) for i, j in pairs])
    return Row(
        "kernel N=500 n=8",
        seconds(lambda: kernel(simulator, X), 20),
        float(each) * 500 * 499 / 2,
        "default.qubit, pairwise (20 pairs timed)",
        ">= 50,000 times",
        lambda ratio: ratio <= 1 / 50_000,
    )


def noise(precision: Precision) -> Row:
    """100 points of a strongly entangling circuit as compiled to iqm-garnet, every gate noisy; 10 points timed on the peer."""
    emulator = Emulator(device("iqm-garnet"))
    circuit, X, _, weights = problem(8, 100)
    simulator = Simulator(circuit)
    compiled = emulator.compile(simulator.circuits(X, weights, "Z" * 8))
    few = emulator.compile(simulator.circuits(X[:10], weights, "Z" * 8))
    theirs = default_mixed(few, emulator.device)
    found = emulator.probabilities(simulator.circuits(X[:10], weights, "Z" * 8), readout=False)
    np.testing.assert_allclose(found, theirs(), rtol=0, atol=1e-10)
    from qpilot.emulator.transfer import probabilities

    return Row(
        "noise, 100 points n=8",
        seconds(lambda: probabilities(compiled, emulator.device), 3),
        once(theirs) * 10,
        "default.mixed, broadcast (10 points timed)",
        ">= 60 times",
        lambda ratio: ratio <= 1 / 60,
    )


def scan(precision: Precision) -> Row:
    """Gradients of <Z0> at 200 starting points, 5 layers; the peer loops, 10 points timed."""
    circuit = Circuit("angle", "strongly-entangling", 5, 8)
    rng = np.random.default_rng(0)
    x, points = rng.uniform(0, np.pi, 8), rng.uniform(-np.pi, np.pi, (200, circuit.weights))
    simulator = Simulator(circuit, precision)

    @qml.qnode(qml.device("lightning.qubit", wires=8), diff_method="adjoint")
    def loss(weights: np.ndarray) -> object:
        circuit.function(x, weights)
        return qml.expval(qml.Z(0))

    gradient = qml.grad(loss)

    def ours() -> np.ndarray:
        return Scan(simulator, x).gradients(points, ("ZIIIIIII",))[1]

    few = [qml.numpy.array(point, requires_grad=True) for point in points[:10]]
    theirs = [gradient(point) for point in few]
    np.testing.assert_allclose(ours()[:10], theirs, rtol=0, atol=1e-8 if precision == "double" else 1e-5)
    each = np.median([once(lambda point=point: gradient(point)) for point in few])
    return Row(
        "plateau scan, 200 points n=8",
        seconds(ours, 10),
        float(each) * 200,
        "lightning.qubit, adjoint, a loop (10 points timed)",
        ">= 80 times",
        lambda ratio: ratio <= 1 / 80,
    )


ROWS: dict[str, Callable[[Precision], Row]] = {
    "step-4": lambda precision: step(4, 32, 3, precision),
    "step-8": lambda precision: step(8, 32, 0.6, precision),
    "step-12": lambda precision: step(12, 256, 0.5, precision),
    "cold-4": lambda precision: cold(4, "jax", 0.1, precision),
    "cold-8": lambda precision: cold(8, "jax", 0.05, precision),
    "cold-8-trainer": lambda precision: cold(8, "qml-benchmarks", 0.05, precision),
    "kernel": kernels,
    "noise": noise,
    "scan": scan,
}


def line(row: Row) -> str:
    ours = f"{1e3 * row.ours:.3g} ms"
    if isinstance(row.theirs, str):
        return f"| {row.name} | {ours} | {row.theirs} | {row.peer} | | {row.target} | |"
    ratio = row.ours / row.theirs
    shown = f"{ratio:.3f}x" if ratio > 0.005 else f"1/{1 / ratio:,.0f}"
    theirs = f"{1e3 * row.theirs:.3g} ms" if row.theirs < 1 else f"{row.theirs:,.3g} s"
    return f"| {row.name} | {ours} | {theirs} | {row.peer} | {shown} | {row.target} | {'yes' if row.met(ratio) else 'NO'} |"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    arguments.add_argument("--precision", nargs="+", choices=["double", "single"], default=["double"])
    given = arguments.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # what the peers' processes inherit, too
    for precision in given.precision:
        print(f"{precision} precision (peers in double), CPU time on one core")
        print("| what | engine | peer | | ratio | target | met |")
        print("|---|---|---|---|---|---|---|")
        for name in given.rows:
            print(line(ROWS[name](precision)), flush=True)


if __name__ == "__main__":
    main()
