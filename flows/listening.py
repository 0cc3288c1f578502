"""Prefect's server on a socket that is open already: whoever connects waits until it answers, nobody has to ask twice."""

import socket
import sys


def main(descriptor: int) -> None:
    """Serves API and UI until it is told to end."""
    import uvicorn
    from prefect.server.api.server import create_app

    config = uvicorn.Config(create_app(final=True), timeout_keep_alive=5, log_level="warning")
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
