"""Run folders over HTTP, to be read and not to be listed: reports that the Prefect UI links to.

There is no login: it listens on loopback, and answers nobody who reached it by another name.
"""

import os
import sys
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from qpilot.record.home import Home

LOCAL = ("127.0.0.1", "localhost", "[::1]")
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; frame-ancestors 'none'"
)
"""What a report may load: nothing from anywhere else, and no script."""


class Reports(SimpleHTTPRequestHandler):
    """Answers GET and HEAD for a file of a run folder; anything else is not there."""

    server_version, sys_version = "qpilot", ""

    def send_head(self):  # type: ignore[no-untyped-def]
        """The file, where it is one of ours and whoever asks is on this machine."""
        names = self.headers.get("Host", "").rpartition(":")
        if (names[0] if names[2].isdigit() else "".join(names)) not in self.hosts:
            return self.send_error(HTTPStatus.FORBIDDEN, "asked for by another name")
        if not self._ours():
            return self.send_error(HTTPStatus.NOT_FOUND, "no such report")
        return super().send_head()

    def _ours(self) -> bool:
        try:
            place = Path(self.translate_path(self.path)).resolve()
        except ValueError:  # a name no file can have
            return False
        return place.is_file() and place.is_relative_to(Path(self.directory).resolve())

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nobody reads it."""

    hosts: Sequence[str] = LOCAL


def reports(home: Home, host: str, port: int) -> ThreadingHTTPServer:
    """A server of the home's run folders, listening already. Raises OSError where the port is taken."""
    return ThreadingHTTPServer((host, port), partial(Reports, directory=str(home.path / "runs")))


def main(host: str, port: int) -> None:
    """`python -m flows.reports HOST PORT`: serves until it is ended."""
    reports(Home.of(os.environ), host, port).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
