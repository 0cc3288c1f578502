"""What only PennyLane devices have: plugins that may charge, fail, or answer what was not asked."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from qpilot.backend import Backend, Batch
from qpilot.backends import backend
from qpilot.devices import device
from qpilot.devices.price import price
from qpilot.errors import QpilotError
from qpilot.pennylane_device.tapes import counts, tapes
from qpilot.program import Circuits, Gate

TURNED = Batch((Circuits(1, (Gate("rx", (0,), (0,)),), np.array([[0.3]])),), (), 100)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices of a plugin: one of unknown price, one that cannot be imported, one that cannot run what it is given."""
    folder = tmp_path / "acme_quantum-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-quantum\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(
        "[pennylane.plugins]\nacme.cloud = pennylane.devices:DefaultQubit\nacme.broken = acme_quantum:Device\n"
        "lightning.gpu = pennylane.devices:DefaultQutrit\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("plugin")
def test_a_device_of_unknown_price_is_quoted_as_such_and_runs_nothing() -> None:
    cloud = backend("pennylane:acme.cloud", "iqm-garnet")
    quote = cloud.quote(10, 100)
    assert not quote.known
    assert quote.charged_usd == quote.device_usd == price(device("iqm-garnet"), 10, 100).device_usd > 0
    assert "what pennylane:acme.cloud charges is not known to qpilot" in quote.notes[0]
    with pytest.raises(QpilotError, match=r"may charge.* no budget can bound it: take one of .*default\.qubit"):
        cloud.submit(TURNED, "key")


@pytest.mark.usefixtures("plugin")
def test_a_plugin_that_cannot_be_imported_is_said_to_be() -> None:
    with pytest.raises(QpilotError, match=r"'acme.broken' is installed but cannot be imported: .*acme_quantum"):
        backend("pennylane:acme.broken", "iqm-garnet").quote(1, 100)


@pytest.mark.parametrize(("name", "seedless"), [("default.qubit", False), ("braket.local.qubit", True)])
def test_the_quote_says_what_is_not_promised(name: str, seedless: bool) -> None:
    quote = backend(f"pennylane:{name}", "iqm-garnet").quote(10, 100)
    assert (quote.known, quote.charged_usd) == (True, Decimal(0))
    assert "runs in this process: nothing is charged" in quote.notes[0]
    assert "is not told the batch's key: a batch that is lost in a crash runs again" in quote.notes[1]
    assert seedless == ("takes no seed" in quote.notes[1])
    assert "those of iqm-garnet, which stands in" in quote.notes[2]


@pytest.mark.usefixtures("plugin")
def test_a_device_that_fails_is_an_error_that_names_it() -> None:
    """The plugin's lightning.gpu runs here, so nothing is charged, but works on qutrits."""
    failing: Backend = backend("pennylane:lightning.gpu", "iqm-garnet")
    with pytest.raises(QpilotError, match=r"'lightning.gpu' could not run the batch: Gate RX not supported"):
        failing.collect(failing.submit(TURNED, "key"))


@pytest.mark.parametrize("scale", [1, 3, 5])
def test_a_folded_tape_has_scale_times_the_gates(scale: int) -> None:
    circuits = Circuits(2, (Gate("s", (0,)), Gate("cnot", (0, 1)), Gate("rx", (1,), (0,))), np.array([[0.3]]), scale)
    (tape,) = tapes(circuits, 10)
    assert len(tape.operations) == 3 * scale


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"01": 99}, "answered 99 shots where 100 were asked for"),
        ({"01": 100, "10": 1}, "answered 101 shots"),
        ({}, "answered 0 shots"),
        ({"011": 100}, "answered '011' where 2 bits were asked for"),
        ({"0": 100}, "answered '0'"),
        ({"02": 100}, "answered '02'"),
    ],
)
def test_answers_to_another_question_are_refused(answer: dict[str, int], message: str) -> None:
    with pytest.raises(QpilotError, match=message):
        counts((answer,), 2, 100, "acme.cloud")
