"""What a transfer model takes over, what it trains, what it refuses, and that it pays on few rows."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from qpilot.candidates.candidate import Candidate
from qpilot.errors import QpilotError, UsageError
from qpilot.models.building import build
from qpilot.models.foundation import of
from qpilot.models.pretraining import Rows
from qpilot.models.state import restore

PLAIN = {"encoding": "angle", "ansatz": "strongly-entangling", "layers": 2, "qubits": 3, "steps": 40}


def moved(**given) -> Candidate:
    return Candidate.model_validate(
        {"model": "transfer", "backbone": {"path": "other.csv", "target": "y"}, **PLAIN, **given}
    )


@pytest.fixture
def registered(elsewhere):
    """A model as an earlier run would have promoted it, trained with couplings."""
    model = build(Candidate.model_validate({"model": "dressed", **PLAIN}), 3, 3).fit(elsewhere.X, elsewhere.y)
    return of(model, "1" * 64)


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("source", ["elsewhere", "registered"])
def test_encoder_and_circuit_stay_where_they_are_frozen_and_move_where_not(frozen, source, clouds, request):
    X, y = clouds(2)
    given = request.getfixturevalue(source)
    model = build(moved(frozen=frozen), 1, 2, backbone=given).fit(X, y)
    parts, begun = model.network.parts, model.foundation_
    kept = np.concatenate([begun.before, begun.weights])
    assert (model.parameters_[: parts["circuit"].stop] == kept).all() == frozen
    assert model.score(X, y) > 0.75
    assert len(kept) == parts["circuit"].stop, "the encoder was taken over too"


def test_a_twin_is_pretrained_as_one_and_tuned_where_its_backbone_had_couplings(elsewhere, registered, clouds):
    X, y = clouds(2)
    own = build(moved(), 1, 2, False, elsewhere).fit(X, y)
    assert not own.foundation_.circuit.entangled
    assert (own.parameters_[own.network.parts["circuit"]] == own.foundation_.weights).all()
    other = build(moved(), 1, 2, False, registered).fit(X, y)
    assert (other.parameters_[other.network.parts["circuit"]] != registered.weights).any()


def test_the_same_seed_pretrains_to_the_same_bits_and_another_does_not(elsewhere):
    def weights(seed):
        return elsewhere.found(moved(), moved().circuit(), seed).weights

    assert (weights(1) == weights(1)).all()
    assert (weights(1) != weights(2)).any()


def test_another_circuit_is_refused_in_one_line(registered, clouds):
    with pytest.raises(UsageError, match=r"is another circuit: angle \+ strongly-entangling x2 on 3 qubits.*layers"):
        build(moved(layers=1), 1, 2, backbone=registered).fit(*clouds(2))
    with pytest.raises(UsageError, match="given none"):
        build(moved(), 1, 2).fit(*clouds(2))


def test_rows_that_the_circuit_cannot_take_are_refused_unless_an_encoder_does(elsewhere, clouds):
    wide = Rows("2" * 64, np.hstack([elsewhere.X, elsewhere.X]), elsewhere.y)
    with pytest.raises(UsageError, match="backbone's rows do not fit: qubits = 3, but 6"):
        build(moved(encoder="none"), 1, 2, backbone=wide).fit(*clouds(2))
    model = build(moved(), 1, 2, backbone=wide).fit(*clouds(2))
    assert (model.parameters_[model.network.parts["circuit"]] == model.foundation_.weights).all()
    assert model.foundation_.encoder != model.network.encoder, "the encoder began anew"
    again = restore(model.state())
    assert (again.predict_proba(clouds(2)[0]) == model.predict_proba(clouds(2)[0])).all()


@pytest.mark.parametrize("entangled", [True, False])
def test_a_restored_model_can_be_fitted_anew_without_the_other_data(entangled, registered, clouds):
    X, y = clouds(2)
    model = build(moved(), 1, 2, entangled, registered).fit(X, y)
    again = restore(model.state())
    assert again.backbone.digest == registered.digest
    assert (again.fit(X[:30], y[:30]).parameters_ == model.fit(X[:30], y[:30]).parameters_).all()


@pytest.mark.parametrize("part", ["foundation_weights", "foundation_encoder", "parameters"])
def test_parts_of_another_size_are_refused(part, registered, clouds):
    state = build(moved(), 1, 2, backbone=registered).fit(*clouds(2)).state()
    with pytest.raises(QpilotError, match="inconsistent"):
        restore({**state, part: state[part][:-1]})


def test_on_few_rows_a_backbone_of_a_related_task_is_worth_more_than_a_new_start():
    X, y = load_breast_cancer(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order], y[order]
    source = Rows("3" * 64, X[:300], y[:300])
    few, rest = slice(300, 310), slice(310, None)
    settings = {**PLAIN, "steps": 100}
    fresh = Candidate.model_validate({"model": "dressed", **settings})
    scores = [
        [
            build(fresh, seed, 2).fit(X[few], y[few]).score(X[rest], y[rest]),
            build(moved(steps=100), seed, 2, backbone=source).fit(X[few], y[few]).score(X[rest], y[rest]),
        ]
        for seed in range(3)
    ]
    alone, helped = np.mean(scores, axis=0)
    assert helped > 0.85
    assert helped > alone + 0.02


def test_a_foundation_is_told_by_its_digest(registered):
    assert registered == replace(registered, weights=registered.weights + 1)
    assert registered != replace(registered, digest="4" * 64)
