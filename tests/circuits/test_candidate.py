"""What a pilot file says of circuits: the circuit it makes, and one clear line where it makes none."""

import pytest
from pydantic import ValidationError

from qpilot.candidates.candidate import Candidate
from qpilot.circuits import CONNECTIVITIES, Circuit

TRAINED = {"model": "variational", "encoding": "angle", "ansatz": "hardware-efficient", "qubits": 4}
KERNEL = {"model": "fidelity-kernel", "encoding": "zz", "qubits": 4}


def test_a_candidate_names_its_circuit():
    candidate = Candidate(**{**TRAINED, "encoding": "dense-angle"}, connectivity="ring", layers=3)
    expected = Circuit("dense-angle", "hardware-efficient", 3, 4, features=6, connectivity="ring")
    assert candidate.circuit(6) == expected
    assert candidate.circuit().features == 8
    assert not candidate.circuit(6, entangled=False).entangled
    assert "hardware-efficient (ring) x3" in candidate.name


@pytest.mark.parametrize("connectivity", CONNECTIVITIES)
def test_every_connectivity_makes_a_circuit(connectivity):
    assert Candidate(**TRAINED, connectivity=connectivity).circuit().connectivity == connectivity


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({**TRAINED, "connectivity": "star"}, "unknown connectivity 'star'; known: brickwork, full, ionq"),
        ({**TRAINED, "connectivity": "simulator-sv1"}, "unknown connectivity 'simulator-sv1'"),
        (
            {**TRAINED, "ansatz": "local", "connectivity": "ring"},
            "what ansatz 'hardware-efficient' couples, not 'local'",
        ),
        ({**KERNEL, "connectivity": "ring"}, "connectivity is what ansatz 'hardware-efficient' couples"),
        ({**TRAINED, "ansatz": "hardware-efficient-ring"}, "unknown ansatz 'hardware-efficient-ring'; known: basic"),
        ({**TRAINED, "encoding": "basis", "scaling": "none"}, 'middle of scaling "angle": leave out scaling'),
        ({**KERNEL, "encoding": "amplitude"}, "prepares a state once: without an ansatz set layers to 1"),
        ({**KERNEL, "encoding": "reuploading"}, "take another encoding, or a model with an ansatz"),
        (
            {**TRAINED, "encoding": "reuploading", "ansatz": "tree-tensor"},
            "which narrows: take one of basic-entangling",
        ),
    ],
)
def test_what_makes_no_circuit_is_refused_in_one_line(given, sentence):
    with pytest.raises(ValidationError, match=sentence) as refused:
        Candidate(**given)
    assert len(refused.value.errors()) == 1
    assert "\n" not in refused.value.errors()[0]["msg"]


def test_what_weighs_classes_is_unfit_for_a_quantity_and_everything_else_fits():
    weighed = Candidate(**TRAINED, training={"class_weights": "balanced"})
    said = weighed.unfit_for_quantity()
    assert (
        said
        == f"candidate {weighed.name!r} weighs classes, of which a quantity has none: leave out training.class_weights"
    )
    options = {"mixup": 0.2, "jitter": 0.1, "curriculum": True, "layerwise": True, "patience": 3, "dropout": 0.1}
    fitting = [Candidate(**TRAINED, training=options), Candidate(**KERNEL, head="gp", landmarks=8, expected_shots=100)]
    assert [candidate.unfit_for_quantity() for candidate in fitting] == [None, None]
