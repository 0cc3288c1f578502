"""A result counts when it is whole; whatever is not as it was asked for is named, with what was found instead."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from qpilot.braket.documents import seconds
from qpilot.braket.results import counts
from qpilot.packing import packed
from qpilot.spending.service import ResultFault
from tests.braket.documents import (
    ARN,
    bits,
    counted,
    executable,
    expected,
    inlined,
    metadata,
    plain,
    spread,
    task,
)

Layout = Callable[[list[dict[str, Any]], dict[str, Any]], dict[str, bytes]]


@pytest.mark.parametrize("columns", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_counts_of_a_plain_task_whatever_the_order_of_its_columns(columns: tuple[int, ...]) -> None:
    assert [counted(bits())] == counts(plain(task(bits(), columns)), expected()).tolist()


def test_counts_of_probabilities() -> None:
    """As IonQ answers: shares of the shots, in the order of measuredQubits."""
    found = counted(bits())
    shares = {f"{outcome:03b}": count / 50 for outcome, count in enumerate(found) if count}
    content = task(bits(), measurements=None, measurementProbabilities=shares)
    assert [found] == counts(plain(content), expected()).tolist()


@pytest.mark.parametrize("layout", [inlined, spread])
def test_counts_of_a_program_set(layout: Layout) -> None:
    rows = [bits(seed=seed) for seed in range(3)]
    files = layout([executable(row) for row in rows], metadata(3, 50))
    assert [counted(row) for row in rows] == counts(packed(files), expected(3)).tolist()


def test_a_simulator_tells_how_long_it_ran() -> None:
    content = task(bits(), additionalMetadata={"simulatorMetadata": {"executionDuration": 4321}})
    assert str(seconds(plain(content))) == "4.321"
    assert seconds(plain(task(bits()))) is None


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "another task's": ({"taskMetadata": {"id": "other"}}, rf"the task: expected {ARN}, found other"),
    "no metadata": ({"taskMetadata": None}, "the task's metadata: expected an object, found None"),
    "too few shots": ({"measurements": bits(49).tolist()}, "the shots of circuit 0: expected 50, found 49"),
    "too many shots": ({"measurements": bits(51).tolist()}, "the shots of circuit 0: expected 50, found 51"),
    "no shots": ({"measurements": []}, "the shots of circuit 0: expected 50, found 0"),
    "a qubit short": (
        {"measurements": bits()[:, :2].tolist()},
        "measurements of circuit 0: expected 3 bits a shot",
    ),
    "ragged": ({"measurements": [[0, 1], *bits()[1:].tolist()]}, "measurements of circuit 0: expected 3 bits"),
    "a two": ({"measurements": [[0, 1, 2], *bits()[1:].tolist()]}, "measurements of circuit 0: expected 3 bits"),
    "halves": ({"measurements": [[0, 1, 0.5], *bits()[1:].tolist()]}, "measurements of circuit 0: expected 3 bits"),
    "other qubits": ({"measuredQubits": [0, 1, 2]}, r"measured in circuit 0: expected \[15, 4, 9\], found \[0, 1, 2\]"),
    "unnamed qubits": ({"measuredQubits": None}, "found None"),
    "neither form": ({"measurements": None}, "measurements or measurementProbabilities, found neither"),
    "another schema": (
        {"braketSchemaHeader": {"name": "braket.task_result.annealing_task_result", "version": "1"}},
        "the schema of results.json: expected braket.task_result.gate_model_task_result",
    ),
    "no schema": ({"braketSchemaHeader": None}, "no schema: the document is damaged"),
    "short probabilities": (
        {"measurements": None, "measurementProbabilities": {"000": 0.5, "111": 0.48}},
        "the shots of circuit 0: expected 50, found 49 by its probabilities",
    ),
    "broken shots": (
        {"measurements": None, "measurementProbabilities": {"000": 0.505, "111": 0.495}},
        "the shots of circuit 0: expected 50",
    ),
    "other outcomes": (
        {"measurements": None, "measurementProbabilities": {"0000": 1.0}},
        "the outcomes of circuit 0: expected 3 bits each",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_plain_result_that_is_not_whole_never_counts(name: str) -> None:
    changed, said = FAULTS[name]
    with pytest.raises(ResultFault, match=said):
        counts(plain(task(bits(), **changed)), expected())


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_document_cut_short_never_counts(cut: int) -> None:
    whole = json.dumps(task(bits())).encode()
    with pytest.raises(ResultFault, match="damaged"):
        counts(packed({"results.json": whole[:cut]}), expected())
    with pytest.raises(ResultFault, match="the packed documents"):
        counts(plain(task(bits()))[: cut or 1], expected())


SET_FAULTS: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "a program missing": (lambda files: files.pop("programs/1/results.json"), "the document programs/1/results.json"),
    "an executable missing": (lambda files: files.pop("programs/1/executables/0.json"), "an executable's schema"),
    "metadata missing": (lambda files: files.pop("metadata.json"), "the task: expected"),
    "fewer shots": (
        lambda files: files.update({"metadata.json": json.dumps(metadata(3, 50, successfulShots=149)).encode()}),
        "the shots that succeeded: expected 150, found 149",
    ),
    "one circuit's shots": (
        lambda files: files.update({"programs/2/executables/0.json": json.dumps(executable(bits(40))).encode()}),
        "the shots of circuit 2: expected 50, found 40",
    ),
    "a failure": (
        lambda files: files.update(
            {
                "programs/0/executables/0.json": json.dumps(
                    {
                        "braketSchemaHeader": {
                            "name": "braket.task_result.program_set_executable_failure",
                            "version": "1",
                        },
                        "inputsIndex": 0,
                        "failureMetadata": {"failureReason": "calibration", "retryable": True, "category": "DEVICE"},
                    }
                ).encode()
            }
        ),
        "every executable: expected a result, found a failure: calibration",
    ),
}


@pytest.mark.parametrize("name", SET_FAULTS)
def test_a_program_set_that_is_not_whole_never_counts(name: str) -> None:
    spoil, said = SET_FAULTS[name]
    files = spread([executable(bits(seed=seed)) for seed in range(3)], metadata(3, 50))
    spoil(files)
    with pytest.raises(ResultFault, match=said):
        counts(packed(files), expected(3))


@pytest.mark.parametrize("layout", [inlined, spread])
def test_a_program_set_of_other_length_never_counts(layout: Layout) -> None:
    files = layout([executable(bits(seed=seed)) for seed in range(2)], metadata(3, 50))
    with pytest.raises(ResultFault, match="the number of executables: expected 3, found 2"):
        counts(packed(files), expected(3))


def test_a_program_set_is_no_plain_task() -> None:
    with pytest.raises(ResultFault, match=r"the schema of results\.json"):
        counts(plain(task(bits())), expected(1))


def test_counts_keep_every_shot() -> None:
    assert np.sum(counts(plain(task(bits())), expected())) == 50
