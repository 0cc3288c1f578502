"""Every model of the registry learns a small real task: irises of three kinds, told apart by four measures."""

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine

from qpilot.candidates.candidate import Candidate
from qpilot.models import MODELS
from qpilot.models.building import build
from qpilot.models.pretraining import Rows

TRAINED = {"ansatz": "strongly-entangling", "encoding": "angle", "steps": 150}


def score(given: dict) -> float:
    X, y = load_iris(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(y))
    train, test = order[:100], order[100:]
    other, kinds = load_wine(return_X_y=True)
    source = Rows("0" * 64, other[:, [0, 6, 9, 12]], kinds) if given["model"] == "transfer" else None
    candidate = Candidate.model_validate({"qubits": 4, "layers": 2, **given})
    model = build(candidate, 0, 3, backbone=source).fit(X[train], y[train])
    answers = model.predict_proba(X[test])
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    assert np.isfinite(answers).all()
    return float(model.score(X[test], y[test]))


@pytest.mark.parametrize("kind", MODELS)
def test_every_model_learns_it(kind):
    given = TRAINED if MODELS[kind].trainable else {"encoding": "angle", "layers": 1}
    moved = {"backbone": {"path": "other.csv", "target": "y"}, "frozen": False} if kind == "transfer" else {}
    assert score({"model": kind, **given, **moved}) > 0.85


@pytest.mark.parametrize("encoder", ["none", "linear", "mlp", "autoencoder"])
@pytest.mark.parametrize("decoder", ["linear", "mlp"])
def test_every_encoder_and_decoder_learns_it(encoder, decoder):
    assert score({"model": "hybrid", "encoder": encoder, "decoder": decoder, **TRAINED}) > 0.85


@pytest.mark.parametrize(
    "given",
    [
        {"observable": "global", "decoder": "mlp"},
        {"encoder": "linear", "encoding": "amplitude", "qubits": 2},
        {"encoder": "linear", "encoding": "reuploading"},
        {"encoder": "mlp", "ansatz": "tree-tensor", "layers": 1},
        {"encoder": "linear", "qubits": 2, "steps": 60, "training": {"gradient": "parameter-shift", "shots": 200}},
        {"encoder": "linear", "optimizer": "spsa", "steps": 400},
    ],
    ids=["global", "amplitude", "reuploading", "tree-tensor", "shots", "spsa"],
)
def test_so_do_hybrids_of_other_parts(given):
    least = 0.55 if given.get("observable") == "global" else 0.8
    assert score({"model": "hybrid", **TRAINED, **given}) > least
