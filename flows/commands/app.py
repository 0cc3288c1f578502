"""The command line's app, and what every command says its answer with."""

import json as jsons
import os
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from pydantic import JsonValue

    from qpilot.record.home import Home

ERROR, USAGE = 1, 2

app = App(
    name="qpilot",
    help="From a data file to a decision about a quantum model that somebody can stand behind.",
    version_flags=["--version"],
    result_action="return_value",
)

Overrides = Annotated[tuple[str, ...], Parameter(name="--set", help="section.key=value; repeatable, enters the digest")]
Json = Annotated[bool, Parameter(name="--json", negative="", help="the last line of stdout is one JSON object")]


def answer(value: "JsonValue") -> None:
    """The last line of stdout, for machines."""
    print(jsons.dumps(value, ensure_ascii=False), flush=True)  # noqa: T201


def say(text: str = "") -> None:
    """A line of stdout, for people."""
    print(text)  # noqa: T201


def home() -> "Home":
    """The home QPILOT_HOME names."""
    from qpilot.record.home import Home

    return Home.of(os.environ)
