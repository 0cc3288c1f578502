"""Lines and values of a TOML file that people read."""

import json


def line(setting: str, comment: str) -> str:
    """One line of the file."""
    return f"{setting:<21} # {comment}"


def text(value: str | list[str]) -> str:
    """`value` as TOML; JSON's strings and lists of strings are TOML too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
