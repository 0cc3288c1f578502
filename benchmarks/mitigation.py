"""What each mitigation does to <ZZ> of a 4-qubit QNN, on every shipped device, and whether it pays for itself.

    OMP_NUM_THREADS=1 python benchmarks/mitigation.py [--shots 4000] [--circuits 60] [--draws 20] [--layers 1] [--deep 4]

Angle encoding and strongly entangling layers, random features, weights up to 0.5 rad either way, the emulated devices'
published figures; the first device with `--deep` layers too.
error: mean |<Z0 Z1> - exact| and its standard error over the circuits; at equal shots a circuit, and at the shots that the
dollars of "none" buy in a batch of 25 points. bias and spread: what the projection onto probabilities adds to <ZZ> (mean
over draws, root mean square over circuits), and the standard deviation it leaves of the unprojected estimate's.
coverage: how often the 95 % interval of qpilot/mitigation/spread.py holds the limit of endless shots.

Then the trials (qpilot/mitigation/trial.py) of every mitigation against 1000 raw shots at equal dollars, for trained models
on two tasks: outcome, answers set right and wrong of 2,000, and the mean error of class probabilities.
"""

import argparse
from collections.abc import Callable
from functools import partial

import numpy as np

from gates.claim import Claim
from qpilot.backend import Quote
from qpilot.candidates.candidate import Candidate
from qpilot.circuits import Circuit
from qpilot.data.table import Table
from qpilot.devices import DEVICES, device
from qpilot.devices.price import price
from qpilot.emulator import Emulator
from qpilot.mitigation.rehearsed import ENDLESS, Rehearsed, rehearsed
from qpilot.mitigation.spread import expectation, spread
from qpilot.mitigation.trial import chosen, equal_dollars, trial
from qpilot.models.building import build
from qpilot.models.compiled import simulator
from qpilot.program import Circuits
from qpilot.prototype.fitted import Fitted

QUBITS, BATCH = 4, 25
WEIGHTS = 0.5  # radians: expectations stay large, so that noise shows; uniform angles average much of it away
ZZ = np.array([(-1) ** ((outcome >> 3 & 1) + (outcome >> 2 & 1)) for outcome in range(2**QUBITS)], dtype=float)
CLAIM = Claim(kind="superiority", metric="accuracy", target=0.1, psi=0.3, alpha=0.05, power=0.8, quantum=False)
TOLD = ("none", "readout", "zne-linear", "zne-richardson", "readout+zne-linear", "readout+zne-richardson")


def qnn(layers: int, number: int) -> tuple[Circuits, np.ndarray]:
    """Random circuits of one shape, and <Z0 Z1> of each on the exact simulator."""
    circuit, rng = Circuit("angle", "strongly-entangling", layers, QUBITS), np.random.default_rng(0)
    drawn = [
        (rng.uniform(0, np.pi, (1, QUBITS)), rng.uniform(-WEIGHTS, WEIGHTS, circuit.weights)) for _ in range(number)
    ]
    shapes = [simulator(circuit).circuits(X, weights, "Z" * QUBITS) for X, weights in drawn]
    exact = [simulator(circuit).expectations(X, weights, ("ZZII",))[0, 0] for X, weights in drawn]
    return Circuits(QUBITS, shapes[0].gates, np.concatenate([one.angles for one in shapes])), np.array(exact)


def answers(shown: Rehearsed, shots: int, draws: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """<ZZ> with and without the last projection, (draws, circuits) each; every draw has its own calibration."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(draws):
        counts, calibration = (
            tuple(rng.multinomial(shots, rows) for rows in part) for part in (shown.settings, shown.calibration)
        )
        both = shown.mitigation.combine(counts, calibration)[0], shown.mitigation.estimate(counts, calibration)[0]
        found.append([rows @ ZZ for rows in both])
    projected, plain = np.array(found).transpose(1, 0, 2)
    return projected, plain


def error(found: np.ndarray, exact: np.ndarray) -> str:
    each = np.abs(found - exact).mean(axis=0)
    return f"{each.mean():.4f} +- {each.std(ddof=1) / len(each) ** 0.5:.4f}"


def coverage(shown: Rehearsed, shots: int, draws: int) -> float:
    """Share of intervals that hold what endless shots would show."""
    rng, of = np.random.default_rng(5), expectation(ZZ)
    settings, calibration = (
        tuple(np.rint(rows * ENDLESS).astype(np.int64) for rows in part) for part in (shown.settings, shown.calibration)
    )
    limit, held = of(shown.mitigation.combine(settings, calibration)), []
    for run in range(draws):
        counts = tuple(rng.multinomial(shots, rows) for rows in shown.settings)
        measured = tuple(rng.multinomial(shots, rows) for rows in shown.calibration)
        found = spread(shown.mitigation, counts, measured, of, run, draws=100)
        held.append((found.low <= limit) & (limit <= found.high))
    return float(np.mean(held))


def table(name: str, given: argparse.Namespace, circuits: Circuits, exact: np.ndarray) -> None:
    quote: Callable[[int, int], Quote] = partial(price, device(name))
    compiled = Emulator(device(name)).compile(circuits)
    lost = 1 - np.exp(compiled.log_fidelity(device(name), readout=False))
    print(
        f"\n{name}: gates lose {100 * lost:.1f} % of fidelity, {given.shots} shots a circuit, batches of {BATCH} points"
    )
    print("| mitigation | equal shots | shots for the same dollars | equal dollars | bias, spread | coverage |")
    print("|---|---|---|---|---|---|")
    for seed, (told, shown) in enumerate(rehearsed(TOLD, (circuits,), device(name)).items()):
        projected, plain = answers(shown, given.shots, given.draws, seed)
        bias = np.sqrt(np.mean(np.mean(projected - plain, axis=0) ** 2))
        left = projected.std(axis=0).mean() / plain.std(axis=0).mean()
        bought = equal_dollars(told, quote, BATCH, given.shots, device(name).shots[0])
        equal = error(answers(shown, bought.shots, given.draws, 10 + seed)[0], exact) if bought.shots else "-"
        covered = coverage(shown, given.shots, max(2, given.draws // 2))
        print(
            f"| {told} | {error(projected, exact)} | {bought.shots} | {equal} | {bias:.4f}, {left:.2f}"
            f" | {100 * covered:.0f} % |",
            flush=True,
        )


def task(threshold: float) -> Table:
    """Angles x, and whether cos(x0) cos(x1) exceeds `threshold`."""
    X = np.random.default_rng(1).uniform(0, np.pi, (400, QUBITS))
    above = np.cos(X[:, 0]) * np.cos(X[:, 1]) > threshold
    return Table(X, above.astype(np.int64), ("below", "above"), tuple("abcd"))


def trials(threshold: float, model: str, ansatz: str | None, shots: int = 1000) -> None:
    """Every mitigation against none on every device, for a model that learned 250 rows; the others are the points."""
    rows = task(threshold)
    candidate = Candidate(model=model, encoding="angle", ansatz=ansatz, qubits=QUBITS, scaling="none", layers=2)
    estimator = build(candidate, 0, 2).fit(rows.X[:250], rows.y[:250])
    fitted = Fitted(candidate.name, "qnn", None, estimator, 0.0)
    right = 100 * np.mean(estimator.predict(rows.X[250:]) == rows.y[250:])
    print(f"\ncos cos > {threshold}, {candidate.name}, {right:.0f} % right on the simulator, {shots} raw shots")
    print("| device | keeps | " + " | ".join(TOLD[1:]) + " |\n" + "|---" * (1 + len(TOLD)) + "|")
    for name in DEVICES:
        quote: Callable[[int, int], Quote] = partial(price, device(name))
        emulator = Emulator(device(name))
        found = trial(fitted, rows.X[250:], rows.y[250:], CLAIM, emulator, quote, shots, BATCH, 0.05, 0.05, 0, TOLD)
        cells = [
            f"{one.outcome} +{one.gained} -{one.lost}, {one.none_error:.3f} to {one.error:.3f}"
            if one.points
            else "not affordable"
            for one in found
        ]
        print(f"| {name} | {chosen(found)} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--shots", type=int, default=4000)
    arguments.add_argument("--circuits", type=int, default=60)
    arguments.add_argument("--draws", type=int, default=20)
    arguments.add_argument("--layers", type=int, default=1)
    arguments.add_argument("--deep", type=int, default=4)
    given = arguments.parse_args()
    first, *others = sorted(DEVICES, key=lambda name: name != "iqm-garnet")
    for name in (first, *others):
        table(name, given, *qnn(given.layers, given.circuits))
    print(f"\n{given.deep} layers:")
    table(first, given, *qnn(given.deep, given.circuits))
    for threshold in (0.1, 0.5):
        trials(threshold, "variational", "strongly-entangling")
        trials(threshold, "projected-kernel", None)


if __name__ == "__main__":
    main()
