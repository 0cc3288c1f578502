"""Lists in a candidate's table: the product in the order written, and what is refused."""

from pathlib import Path

import pytest

from qpilot import pilotfile
from qpilot.candidates.grids import MOST_CANDIDATES, expanded
from qpilot.errors import UsageError
from qpilot.pilot import Pilot
from qpilot.prototype.search.entrants import quantum_entrants

PLANTED = Path(__file__).parents[2] / "pilots" / "planted" / "pilot.toml"


def pilot(*overrides: str) -> Pilot:
    return pilotfile.read(PLANTED, overrides).pilot


def test_lists_multiply_in_the_order_written_the_last_fastest() -> None:
    table = 'candidates=[{model="projected-kernel", encoding=["angle", "zz"], layers=[1, 2, 4], qubits=4}]'
    found = [(candidate.encoding, candidate.layers) for candidate in pilot(table).candidates]
    assert found == [("angle", 1), ("angle", 2), ("angle", 4), ("zz", 1), ("zz", 2), ("zz", 4)]


def test_a_list_is_the_same_pilot_as_its_candidates_written_out() -> None:
    short = pilot('candidates=[{model="projected-kernel", encoding="zz", layers=[1, 2], qubits=4}]')
    long = pilot(
        'candidates=[{model="projected-kernel", encoding="zz", layers=1, qubits=4},'
        ' {model="projected-kernel", encoding="zz", layers=2, qubits=4}]'
    )
    assert short.digest == long.digest


def test_one_field_may_be_overridden_with_a_list() -> None:
    assert [candidate.layers for candidate in pilot("candidates.0.layers=[1, 3]").candidates][:2] == [1, 3]


def test_every_candidate_of_a_product_has_a_name_that_says_how_it_differs() -> None:
    table = (
        'candidates=[{model="variational", encoding="angle", ansatz="strongly-entangling", qubits=4,'
        ' optimizer=["adam", "spsa"], learning_rate=[0.1, 0.2], training={start=["small", "uniform"]}}]'
        if "training" in type(pilot().candidates[0]).model_fields
        else 'candidates=[{model="variational", encoding="angle", ansatz="strongly-entangling", qubits=4,'
        ' optimizer=["adam", "spsa"], learning_rate=[0.1, 0.2]}]'
    )
    names = [entrant.name for entrant in quantum_entrants(pilot(table))]
    assert len(names) == len(set(names))
    assert names[0].startswith("variational, angle + strongly-entangling x2, adam, learning_rate 0.1")


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ('[{model="projected-kernel", encoding=[], qubits=4}]', "0.encoding is an empty list"),
        ('[{model="projected-kernel", encoding=["zz", "yy"], qubits=4}]', "unknown encoding 'yy'"),
        ('[{model="projected-kernel", encoding="zz", qubit=[4, 5]}]', "unknown key candidates.0.qubit"),
        (f'[{{model="projected-kernel", encoding="zz", qubits=4, steps={list(range(1, 300))}}}]', str(MOST_CANDIDATES)),
    ],
)  # fmt: skip
def test_a_bad_list_is_refused_with_one_line(tables: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refusal:
        pilot(f"candidates={tables}")
    assert "\n" not in str(refusal.value)


def test_a_huge_product_is_refused_before_it_is_made() -> None:
    with pytest.raises(ValueError, match="multiply to more than"):
        expanded([{name: list(range(1000)) for name in ("layers", "qubits", "steps", "batch", "hidden")}])


def test_what_is_no_table_is_left_to_the_record_to_refuse() -> None:
    assert expanded(["angle", 3]) == ["angle", 3]
