"""What any test may ask for."""

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.objects import objects, s3
from tests.postgres import own_postgres, postgres

__all__ = ["objects", "own_postgres", "postgres", "s3"]

LONGEST = (Path(__file__).parent / "flows", Path(__file__).parent / "deployments")
"""Whole servers and pilots: begun last, one process would be at them alone while the others have nothing left to do."""


def pytest_configure() -> None:
    """Ctrl-C counts, also where a shell started the tests in the background and so has them ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays to the end: the garbage collector does not walk through it again and again."""
    gc.disable()
    yield
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, so that processes which share the tests end together."""
    items.sort(key=lambda item: item.path.parent not in LONGEST)
