"""What any test may ask for."""

import signal

from tests.objects import objects, s3
from tests.postgres import own_postgres, postgres

__all__ = ["objects", "own_postgres", "postgres", "s3"]


def pytest_configure() -> None:
    """Ctrl-C counts, also where a shell started the tests in the background and so has them ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
