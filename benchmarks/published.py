"""Our counterparts of published models on the same rows, beside the published accuracies.

    python -m benchmarks.published DATA-FOLDER [--models "tree tensor" ...] [--seeds 5]

The table is that of Bowles, Ahmed and Schuld 2024 (arXiv 2403.07059): mean test accuracy of five seeds, tuned by
cross-validation. DATA-FOLDER holds their files: hidden-manifold-10d-train.csv and -test.csv, and two-curves-10d likewise,
without a header, the label in the last column.

Settings are chosen by 5-fold cross-validation on the training rows alone (scikit-learn's GridSearchCV over candidates, one
seed); then every seed is trained on all of them, and read once on the test rows.

A counterpart has the published model's idea, not its every gate: what differs is said beside it in `MODELS`.
Where two accuracies are to differ by chance alone: `noise`. One process a core; CPU seconds are those of each model's process.
"""

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.model_selection import GridSearchCV, StratifiedKFold

from qpilot.baselines.classifiers import CLASSIFIERS
from qpilot.candidates.candidate import Candidate
from qpilot.models.building import build
from qpilot.training.settings import Training

SETS = ("hidden-manifold-10d", "two-curves-10d")
QUANTILE = 1.645  # of the normal distribution, one-sided 5 %


def candidates(**settings: Any) -> list[Candidate]:
    """One for each combination of the settings that are lists, the last changing fastest."""
    lists = {name: value for name, value in settings.items() if isinstance(value, list)}
    return [Candidate(**{**settings, **dict(zip(lists, values, strict=True))}) for values in product(*lists.values())]


@dataclass(frozen=True)
class Model:
    """A published model: its accuracy on each of `SETS`; and ours, a baseline's name or candidates to choose from.

    entangled: False takes the candidates' entanglement-free twins.
    """

    published: tuple[float, float]
    ours: str | list[Candidate]
    entangled: bool = True


CIRCUIT: Mapping[str, Any] = {"ansatz": "strongly-entangling", "learning_rate": 0.05}
TRAINED: Mapping[str, Any] = {"model": "variational", **CIRCUIT}
TREE: Mapping[str, Any] = {**TRAINED, "ansatz": "tree-tensor"}
FIDELITY: Mapping[str, Any] = {"model": "fidelity-kernel", "qubits": 10, "bandwidth": "auto"}
PROJECTED: Mapping[str, Any] = {**FIDELITY, "model": "projected-kernel"}
PLAIN, DECAYED = Training(), Training(weight_decay=0.01)

MODELS: Mapping[str, Model] = {
    "SVC": Model((0.900, 1.0), "rbf-svm"),
    "MLP": Model((0.847, 1.0), "mlp"),
    # Theirs: three features a gate on 4 qubits. Ours: two a qubit, each times a trained factor.
    "data re-uploading": Model(
        (0.827, 1.0),
        candidates(**TRAINED, encoding="reuploading", qubits=5, layers=[1, 2, 4], training=[PLAIN, DECAYED]),
    ),
    "IQP kernel": Model((0.850, 1.0), candidates(**FIDELITY, encoding="iqp", layers=[1, 2], scaling=["angle", "none"])),
    # Theirs: Heisenberg evolution with random angles between neighbours. Ours: IQP and ZZ maps.
    "projected kernel": Model(
        (0.893, 1.0), candidates(**PROJECTED, encoding=["iqp", "zz"], layers=[1, 2], scaling=["angle", "none"])
    ),
    # Theirs: RX(pi/4) between repetitions of RY(x). Ours: one RY(x), or Hadamards between repetitions of RZ(x).
    "separable kernel": Model(
        (0.900, 1.0),
        candidates(**FIDELITY, encoding=["angle", "angle-z"], layers=[1, 2], scaling=["angle", "none"]),
        entangled=False,
    ),
    # Theirs: as many qubits as features.
    "dressed quantum circuit": Model(
        (0.900, 1.0),
        candidates(model="dressed", **CIRCUIT, encoding="angle", qubits=[4, 10], layers=3, training=[PLAIN, DECAYED]),
    ),
    # Theirs: amplitudes, no angles.
    "tree tensor": Model(
        (0.747, 0.733),
        [
            *candidates(**TREE, encoding="amplitude", qubits=4, layers=[1, 2], scaling=["angle", "none"], steps=400),
            *candidates(**TREE, encoding="angle", qubits=10, layers=2),
        ],
    ),
    # Theirs: amplitudes of up to three copies of a row. Ours: of one, with up to 6 padded amplitudes or 22.
    "circuit-centric": Model(
        (0.847, 0.840),
        candidates(**TRAINED, encoding="amplitude", qubits=[4, 5], layers=[4, 8], scaling=["angle", "none"], steps=400),
    ),
    # Theirs is read by one parity; ours, as every model here, by a trained sum over qubits.
    "IQP variational": Model(
        (0.690, 0.923), candidates(**TRAINED, encoding="iqp", qubits=10, layers=[2, 4], bandwidth=[0.25, 0.5, 1.0])
    ),
    "separable variational": Model(
        (0.833, 0.987),
        candidates(**TRAINED, encoding="reuploading", qubits=10, layers=[1, 2], training=[PLAIN, DECAYED]),
        entangled=False,
    ),
}


class Rows(NamedTuple):
    """X: (n_rows, n_features) and y: (n_rows,) labels, to train on; the same of the test rows."""

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    unseen: NDArray[np.float64]
    answers: NDArray[np.int64]


class Scored(NamedTuple):
    """Test accuracies of the seeds; cross-validated accuracy and words of what was chosen; CPU seconds."""

    accuracies: tuple[float, ...]
    validated: float
    chosen: str
    cpu: float

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return float(np.mean(self.accuracies))

    @property
    def error(self) -> float:
        """The mean's standard error over seeds; what another test set would change is not in it."""
        seeds = len(self.accuracies)
        return float(np.std(self.accuracies, ddof=1) / np.sqrt(seeds)) if seeds > 1 else 0.0


def read(folder: Path, name: str) -> Rows:
    """The rows of one of `SETS`."""
    tables = [np.loadtxt(folder / f"{name}-{part}.csv", delimiter=",") for part in ("train", "test")]
    train, test = ((table[:, :-1], table[:, -1].astype(np.int64)) for table in tables)
    return Rows(*train, *test)


def score(model: Model, rows: Rows, seeds: int) -> Scored:
    """Tunes, then trains with each seed and reads the test rows."""
    begun = time.process_time()
    estimator: Any
    grid: dict[str, list[Any]]
    if isinstance(model.ours, str):
        estimator, grid = CLASSIFIERS[model.ours](0)
        seeded = next(name for name in estimator.get_params() if name.endswith("random_state"))
    else:
        estimator, grid = build(model.ours[0], 0, None, model.entangled), {"candidate": model.ours}
        seeded = "seed"
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(estimator, grid, cv=folds, refit=False, error_score="raise").fit(rows.X, rows.y)
    accuracies = []
    for seed in range(seeds):
        fitted = estimator.set_params(**search.best_params_, **{seeded: seed}).fit(rows.X, rows.y)
        accuracies.append(float(fitted.score(rows.unseen, rows.answers)))
    told = told_apart(search.best_params_, grid)
    return Scored(tuple(accuracies), float(search.best_score_), told, time.process_time() - begun)


def told_apart(best: Mapping[str, Any], grid: Mapping[str, list[Any]]) -> str:
    """What was chosen, by the settings in which the choices differ."""
    if "candidate" not in best:
        return ", ".join(f"{name.split('__')[-1]} {value}" for name, value in best.items())
    chosen, *others = (flat(candidate) for candidate in (best["candidate"], *grid["candidate"]))
    differing = [name for name in chosen if any(other[name] != chosen[name] for other in others)]
    return ", ".join(f"{name} {chosen[name]}" for name in differing)


def flat(candidate: Candidate) -> dict[str, Any]:
    """Its settings, those of training among them."""
    settings = candidate.model_dump()
    training = settings.pop("training")
    return {**settings, **training}


def noise(accuracy: float, rows: int, error: float) -> float:
    """How far below a published accuracy ours may lie by chance: one-sided 5 %.

    error: standard error of ours over seeds. The published mean and ours are of the same `rows` test rows, whose binomial
    variance counts once: as if their answers were correlated by a half, published answers of single rows not being known.
    Agresti and Coull's two successes and two failures are added, so that 1.0 is not without error.
    """
    share = (accuracy * rows + 2) / (rows + 4)
    return float(QUANTILE * np.sqrt(share * (1 - share) / rows + error**2))


def verdict(ours: float, published: float, noise: float) -> str:
    """ "above" (or equal), "within noise" of it, or "below"."""
    if ours > published - 0.0006:  # published figures have three digits
        return "above"
    return "within noise" if ours >= published - noise else "BELOW"


def main() -> None:
    """Prints a table for each set, then what they say together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with the four CSV files")
    parser.add_argument("--models", nargs="+", choices=tuple(MODELS), default=list(MODELS), metavar="MODEL")
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    if asked.seeds < 1:
        parser.error("--seeds: at least 1")
    report(asked.data, asked.models, asked.seeds)


def report(folder: Path, models: Sequence[str], seeds: int) -> None:
    """Scores `models` on both sets and prints them. The seeds of kernels and of the SVC draw inner folds at most."""
    rows = {name: read(folder, name) for name in SETS}
    asked = [(name, model) for name in SETS for model in models]
    os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that are started now
    scores = Parallel(n_jobs=-1)(delayed(score)(MODELS[model], rows[name], seeds) for name, model in asked)
    found = dict(zip(asked, scores, strict=True))
    behind = []
    for place, name in enumerate(SETS):
        tested = len(rows[name].answers)
        print(f"\n{name}: {len(rows[name].y)} training rows, {tested} test rows, {seeds} seeds")
        print(
            f"{'model':<24} {'ours':>6} {'+-':>6} {'publ.':>6} {'diff.':>7} {'noise':>6}  {'':<12} {'CV':>6} {'CPU s':>6}  chosen"
        )
        for model in models:
            scored, published = found[name, model], MODELS[model].published[place]
            room = noise(published, tested, scored.error)
            said = verdict(scored.mean, published, room)
            behind.append(scored.mean - published)
            print(
                f"{model:<24} {scored.mean:>6.3f} {scored.error:>6.3f} {published:>6.3f} {behind[-1]:>+7.3f} {room:>6.3f}"
                f"  {said:<12} {scored.validated:>6.3f} {scored.cpu:>6.1f}  {scored.chosen}"
            )
    print(f"\nmean difference {np.mean(behind):+.3f}; {sum(score.cpu for score in scores):.0f} CPU seconds")


if __name__ == "__main__":
    main()
