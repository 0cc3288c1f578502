"""The service's clock: the real one, moved on by a test."""

import threading
import time
from datetime import UTC, datetime


class Clock:
    """Seconds since 1970; runs backwards at a reset only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = 0.0

    def advance(self, seconds: float) -> None:
        """Moves the clock on."""
        if seconds < 0:
            raise ValueError(f"the clock was to go back by {-seconds} seconds; it only goes on")
        with self._lock:
            self._ahead += seconds

    def set_back(self, seconds: float) -> None:
        """The clock runs late by so much, so that tasks made from now on look that old to a client."""
        with self._lock:
            self._ahead -= seconds

    def reset(self) -> None:
        """The real time again."""
        with self._lock:
            self._ahead = 0.0

    def seconds(self) -> float:
        """Now, in seconds since 1970."""
        return time.time() + self._ahead


def stamp(seconds: float) -> str:
    """ISO 8601, UTC, milliseconds: 24 characters, what Braket's result schemas allow."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
