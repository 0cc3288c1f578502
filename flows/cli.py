"""`qpilot COMMAND`: runs one command, and turns whatever ends it into one line and an exit code."""

import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from cyclopts import CycloptsError

from flows.commands import ERROR, USAGE, answer, app
from flows.interruption import Interrupted, interruptible, leave
from qpilot.errors import QpilotError


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs one command and exits with its code; an error is one line on stderr, a traceback only under --debug."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        with interruptible():
            code = app(words, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except Interrupted as interrupted:
        leave(_failed(words, str(interrupted), interrupted.code))
    except CycloptsError as error:
        code = _failed(words, f"{error}".strip(), USAGE)
    except QpilotError as error:
        code = _failed(words, str(error), error.exit_code, debug)
    except BrokenPipeError:
        code = ERROR
    except OSError as error:
        code = _failed(words, f"{error}; nothing was left half-written", ERROR, debug)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        code = _failed(words, f"{said} (a fault of qpilot; --debug shows where)", ERROR, debug)
    raise SystemExit(code if isinstance(code, int) else 0)


def _failed(words: Sequence[str], message: str, code: int, debug: bool = False) -> int:
    if debug:
        traceback.print_exc()
    line = " ".join(message.split())
    print(f"qpilot: {line}", file=sys.stderr)  # noqa: T201
    if "--json" in words:
        answer({"run": None, "outcome": "ERROR", "verdicts": [], "charged_usd": "0", "device_usd": "0",
                 "report": None, "model": None, "error": line})  # fmt: skip
    return code


if __name__ == "__main__":
    main()
