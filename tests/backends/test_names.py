"""Backends by the names a pilot file gives them."""

import subprocess
import sys

import pytest

from qpilot.backends import backend, require_known
from qpilot.errors import UsageError
from tests.backends.families import FAMILIES


@pytest.mark.parametrize("name", FAMILIES)
def test_backends_are_found_by_name(name: str) -> None:
    require_known(name)
    assert backend(name, "iqm-garnet").name == name


@pytest.mark.parametrize("name", ["emulater", "", "emulator:fast", "pennylane", "pennylane:", "default.qubit"])
def test_an_unknown_backend_lists_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match=r"unknown backend '.*'; known: braket, emulator, pennylane:<device>"):
        backend(name, "iqm-garnet")


def test_an_unknown_pennylane_device_lists_those_installed() -> None:
    with pytest.raises(UsageError, match=r"unknown PennyLane device 'default.qbit'; known: .*default\.qubit.*plugin"):
        backend("pennylane:default.qbit", "iqm-garnet")


@pytest.mark.parametrize(
    ("device", "why"),
    [
        ("braket.aws.qubit", 'paid again; set hardware.backend = "braket"'),
        ("braket.aws.ahs", 'set hardware.backend = "braket"'),
        ("braket.local.ahs", "neutral atoms"),
        ("default.clifford", "any angle"),
        ("default.gaussian", "not qubits"),
        ("default.qutrit.mixed", "not qubits"),
        ("null.qubit", "computes nothing"),
    ],
)
def test_a_pennylane_device_that_cannot_serve_says_why_and_which_can(device: str, why: str) -> None:
    with pytest.raises(UsageError, match=rf"{why}.*devices that serve: .*lightning\.qubit"):
        require_known(f"pennylane:{device}")


@pytest.mark.parametrize("name", ["pennylane:default.qubit", "pennylane:braket.local.qubit"])
def test_names_are_checked_without_importing_a_vendor(name: str) -> None:
    code = (
        f"import sys; from qpilot.backends import backend; backend({name!r}, 'iqm-garnet');"
        "print([m for m in ('braket', 'pennylane', 'sklearn', 'scipy', 'prefect') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
