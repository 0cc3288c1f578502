"""What takes seconds to make and is the same for every test is made once, by one of the processes that share the tests."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make` has filled: by whoever came first, while the others waited. Nobody may change it."""
    own = factory.getbasetemp()
    place = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made, half = place / f"shared-{name}", place / f"half-{name}"
    with FileLock(place / f"{name}.lock"):
        if not made.is_dir():
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            make(half)
            half.rename(made)
    return made
