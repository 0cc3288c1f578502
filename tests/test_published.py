"""benchmarks/published.py on made-up rows, and the rule by which it says who is behind."""

from pathlib import Path

import joblib
import numpy as np
import pytest

from benchmarks.published import MODELS, SETS, Model, candidates, noise, read, report, score, verdict


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Ten features, the first of which decides."""
    rng = np.random.default_rng(0)
    for name in SETS:
        for part, rows in (("train", 40), ("test", 20)):
            X = rng.normal(size=(rows, 10))
            y = np.where(X[:, 0] > 0, 1, -1)
            np.savetxt(tmp_path / f"{name}-{part}.csv", np.column_stack([X, y]), delimiter=",")
    return tmp_path


def test_a_candidate_is_chosen_and_every_seed_reads_the_test_rows(data):
    tried = candidates(
        model="dressed", encoding="angle", ansatz="real-amplitudes", qubits=2, layers=[1, 2], steps=[1, 60]
    )
    scored = score(Model((1.0, 1.0), tried), read(data, SETS[0]), 2)
    assert len(scored.accuracies) == 2
    assert scored.mean > 0.6
    assert scored.chosen in ("layers 1, steps 60", "layers 2, steps 60")
    assert score(Model((1.0, 1.0), tried), read(data, SETS[0]), 2)[:3] == scored[:3]


def test_a_table_for_each_set_is_printed(data, capsys):
    with joblib.parallel_config(backend="sequential"):
        report(data, ["SVC"], 1)
    told = capsys.readouterr().out
    assert told.count("40 training rows, 20 test rows, 1 seeds") == 2
    assert told.count("SVC") == 2
    assert "mean difference" in told


def test_every_published_figure_has_a_counterpart():
    assert sum(len(model.published) for model in MODELS.values()) == 22
    assert all(0.5 < figure <= 1 for model in MODELS.values() for figure in model.published)


def test_noise_is_binomial_and_that_of_seeds():
    assert noise(0.85, 60, 0.0) == pytest.approx(1.645 * np.sqrt(53 / 64 * 11 / 64 / 60))
    assert noise(0.85, 60, 0.05) == pytest.approx(np.hypot(noise(0.85, 60, 0.0), 1.645 * 0.05))
    assert 0.03 < noise(1.0, 60, 0.0) < noise(0.5, 60, 0.0), "a perfect figure is not without error"


@pytest.mark.parametrize(
    ("ours", "said"), [(0.9, "above"), (0.85, "above"), (0.8495, "above"), (0.8, "within noise"), (0.79, "BELOW")]
)
def test_the_verdict(ours, said):
    assert verdict(ours, 0.85, 0.05) == said
