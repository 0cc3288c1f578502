"""HTTP on the loopback interface, one thread a connection."""

import re
import socket
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.loopback.service import PRICES, Service
from tests.loopback.wire import Reply, Request, answer

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request")


class Server(ThreadingHTTPServer):
    """Serves one Service; connections are waited for by hundreds of clients at once."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, service: Service, port: int) -> None:
        self.service = service
        super().__init__(("127.0.0.1", port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no error of the service."""


class Handler(BaseHTTPRequestHandler):
    """Turns HTTP into a Request and a Reply into HTTP."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().setup()

    def _serve(self) -> None:
        # Over plain HTTP the SDK sends every body with its length.
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = urlsplit(self.path)
        scope = _SCOPE.search(self.headers.get("Authorization", ""))
        service = scope[2] if scope else ""
        query = {name: tuple(values) for name, values in parse_qs(target.query, keep_blank_values=True).items()}
        path = unquote(target.path) if service == "s3" else target.path
        request = Request(self.command, path, query, body, service, scope[1] if scope else "")
        try:
            reply = self.server.service.answer(request)
        except Exception as error:  # what the service did not foresee is its fault, and is said
            reply = answer({"message": f"loopback: {type(error).__name__}: {error}"}, 500)
        self._send(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815

    def _send(self, reply: Reply) -> None:
        if reply.body is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        headers = {"x-amzn-RequestId": "loopback", "Content-Length": str(len(reply.body))} | dict(reply.headers)
        lines = [f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('',))[0]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        body = b"" if self.command == "HEAD" else reply.body
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: the ledger says what happened."""


FOREIGN = (
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL_BRAKET",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AMZN_BRAKET_JOB_TOKEN",
    "AMZN_BRAKET_OUT_S3_BUCKET",
    "BRAKET_ENDPOINT",
)
"""Variables that would lead a client past the service, or into an account."""


class Running:
    """A served Service: `url`, and the variables with which a client reaches nothing else."""

    def __init__(self, service: Service, port: int = 0) -> None:
        self._server = Server(service, port)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def start(self) -> None:
        """Answers from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answers no more; the port is free."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def environment(self) -> Mapping[str, str]:
        """What a client process needs in its environment."""
        host = "127.0.0.1,localhost"
        return MappingProxyType(
            {
                "AWS_ENDPOINT_URL": self.url,
                "AWS_ACCESS_KEY_ID": "loopback",
                "AWS_SECRET_ACCESS_KEY": "loopback",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                "BRAKET_PRICE_OFFERS_URL": self.url + PRICES,
                "NO_PROXY": host,
                "no_proxy": host,
            }
        )
