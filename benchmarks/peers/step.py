"""A training step and a cold run under jax, in a peer's own environment; prints one line of JSON.

    python step.py --qubits 8 --batch 32 --layers 3 --steps 200 --warm 20 --peer jax|qml-benchmarks

Angle encoding, strongly entangling layers, mean of (<Z of wire 0> - y)^2, double precision. `cold_s` is CPU time from
the definition of the circuit, compilation and all, to the end of `steps` Adam steps; `warm_ms` the median of a compiled
loss and gradient.
"""

import argparse
import json
import os
import time

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pennylane as qml

jax.config.update("jax_enable_x64", True)


def problem(qubits: int, batch: int, layers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, targets and weights, (layers, qubits, 3); benchmarks/engine.py draws the same."""
    rng = np.random.default_rng(qubits)
    X, y = rng.uniform(0, np.pi, (batch, qubits)), rng.choice([-1.0, 1.0], batch)
    return X, y, rng.uniform(-np.pi, np.pi, (layers, qubits, 3))


def loss_of(qubits: int, mapped: bool):
    @qml.qnode(qml.device("default.qubit", wires=qubits), interface="jax")
    def circuit(weights, x):
        qml.AngleEmbedding(x, wires=range(qubits), rotation="Y")
        qml.StronglyEntanglingLayers(weights, wires=range(qubits))
        return qml.expval(qml.Z(0))

    run = jax.vmap(circuit, in_axes=(None, 0)) if mapped else circuit

    def loss(params, X, y):
        return jnp.mean((run(params["weights"], X) - y) ** 2)

    return loss


def with_optax(loss, X, y, weights, steps: int) -> None:
    adam = optax.adam(0.05)
    params = {"weights": jnp.array(weights)}
    state = adam.init(params)

    @jax.jit
    def update(params, state):
        value, slope = jax.value_and_grad(loss)(params, X, y)
        moves, state = adam.update(slope, state)
        return optax.apply_updates(params, moves), state, value

    for _ in range(steps):
        params, state, value = update(params, state)
    float(value)


class Model:
    """What qml-benchmarks' `train` asks of a model."""

    learning_rate, max_vmap, jit = 0.05, None, True

    def __init__(self, weights, batch: int, steps: int) -> None:
        self.params_ = {"weights": jnp.array(weights)}
        self.batch_size, self.max_steps = batch, steps


def with_qml_benchmarks(loss, X, y, weights, steps: int) -> None:
    from qml_benchmarks.model_utils import train

    keys = iter(jax.random.split(jax.random.PRNGKey(0), steps + 1))
    loss = jax.jit(loss)  # as its models hand it over
    train(Model(weights, len(X), steps), loss, optax.adam, jnp.array(X), jnp.array(y), lambda: next(keys), None)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("qubits", 8), ("batch", 32), ("layers", 3), ("steps", 200), ("warm", 20)):
        arguments.add_argument(f"--{name}", type=int, default=default)
    arguments.add_argument("--peer", choices=["jax", "qml-benchmarks"], default="jax")
    given = arguments.parse_args()
    X, y, weights = problem(given.qubits, given.batch, given.layers)
    jax.jit(lambda x: x + 1)(1.0)  # the runtime is up: what is timed is the circuit's own
    said: dict[str, object] = {}
    if given.steps:
        start = time.process_time()
        run = with_optax if given.peer == "jax" else with_qml_benchmarks
        run(loss_of(given.qubits, mapped=given.peer != "jax"), X, y, weights, given.steps)
        said["cold_s"] = time.process_time() - start
    if given.warm:
        medians = {}
        for mapped in (False, True):
            step = jax.jit(jax.value_and_grad(loss_of(given.qubits, mapped)))
            value, slope = step({"weights": weights}, X, y)
            said["value"], said["slope"] = float(value), np.asarray(slope["weights"]).ravel().tolist()
            taken = []
            for _ in range(given.warm):
                start = time.process_time()
                jax.block_until_ready(step({"weights": weights}, X, y))
                taken.append(time.process_time() - start)
            medians["vmap" if mapped else "broadcast"] = 1e3 * float(np.median(taken))
        said["warm_ms"], said["batching"] = min(medians.values()), min(medians, key=medians.__getitem__)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
