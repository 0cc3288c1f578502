"""A training step (expectation and gradient) on the engine, on default.qubit and on lightning.qubit, in one run.

    OMP_NUM_THREADS=1 python benchmarks/engine.py [--qubits 4 8 12] [--batch 32] [--layers 3]

Angle encoding, strongly entangling layers, <Z> of the first wire, complex128, one thread. Milliseconds of CPU time, least
of the repeats that fit into `--seconds` (at least two); gradients are compared to 1e-8 before any time is printed.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import pennylane as qml

from qpilot.circuits import Circuit
from qpilot.simulator import Plan

Step = Callable[[], np.ndarray]


def engine_step(circuit: Circuit, X: np.ndarray, weights: np.ndarray) -> Step:
    plan, words = Plan(circuit), ("Z" + "I" * (circuit.qubits - 1),)
    upstream = np.full((len(X), 1), 1 / len(X))
    return lambda: plan.value_and_vjp(X, weights, words, upstream)[1]


def pennylane_step(circuit: Circuit, X: np.ndarray, weights: np.ndarray, device: str, method: str) -> Step:
    def run(free: object) -> object:
        circuit.function(X, free)
        return qml.expval(qml.Z(0))

    node = qml.QNode(run, qml.device(device, wires=circuit.qubits), interface="autograd", diff_method=method)
    gradient = qml.grad(lambda free: qml.numpy.mean(node(free)))
    free = qml.numpy.array(weights, requires_grad=True)
    return lambda: np.asarray(gradient(free))


def milliseconds(step: Step, seconds: float) -> float:
    """The least CPU time of a call, in ms, over about `seconds` of them."""
    taken: list[float] = []
    while len(taken) < 2 or (sum(taken) < seconds and len(taken) < 200):
        start = time.process_time()
        step()
        taken.append(time.process_time() - start)
    return 1e3 * min(taken)


def measured(step: Step, expected: np.ndarray, seconds: float) -> float | str:
    """Milliseconds, or what PennyLane raised instead of an answer."""
    try:
        found = step()
    except Exception as error:
        return f"raises {type(error).__name__}: {str(error).splitlines()[0][:40]}"
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)
    return milliseconds(step, seconds)


def cell(figure: float | str, ours: float) -> str:
    return figure if isinstance(figure, str) else f"{figure:.1f} ({figure / ours:.0f}x)"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--qubits", type=int, nargs="+", default=[4, 8, 12])
    arguments.add_argument("--batch", type=int, default=32)
    arguments.add_argument("--layers", type=int, default=3)
    arguments.add_argument("--seconds", type=float, default=3.0)
    given = arguments.parse_args()
    print(f"training step, batch {given.batch}, {given.layers} layers, ms of CPU time (ratio to the engine)")
    print("| qubits | compile | engine | default.qubit, backprop | lightning.qubit, adjoint |")
    print("|---|---|---|---|---|")
    for qubits in given.qubits:
        circuit = Circuit("angle", "strongly-entangling", given.layers, qubits)
        rng = np.random.default_rng(qubits)
        X, weights = rng.uniform(0, np.pi, (given.batch, qubits)), rng.uniform(-np.pi, np.pi, circuit.weights)
        start = time.process_time()
        step = engine_step(circuit, X, weights)
        compiled = 1e3 * (time.process_time() - start)
        expected = step()
        ours = milliseconds(step, given.seconds)
        others = [
            measured(pennylane_step(circuit, X, weights, device, method), expected, given.seconds)
            for device, method in (("default.qubit", "backprop"), ("lightning.qubit", "adjoint"))
        ]
        print(
            f"| {qubits} | {compiled:.0f} | {ours:.2f} | {cell(others[0], ours)} | {cell(others[1], ours)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
