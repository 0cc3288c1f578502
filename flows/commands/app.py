"""The command line's app, and what every command says its answer with."""

import json as jsons
import os
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter, Token

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


def _dollars(_: object, tokens: Sequence[Token]) -> Decimal:
    try:
        return Decimal(tokens[0].value)
    except InvalidOperation as error:
        raise ValueError(f"{tokens[0].value!r} is no number of dollars") from error


Usd = Annotated[Decimal, Parameter(converter=_dollars)]
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
