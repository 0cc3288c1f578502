"""Reads a pilot file: TOML, overrides from the command line, validation with the known names listed."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from qpilot.candidates.backbone import sha256
from qpilot.errors import UsageError
from qpilot.pilot import Pilot

OVERRIDE = "# --set "


@dataclass(frozen=True)
class PilotFile:
    """A valid pilot, the folder its paths resolve against, and the text it was read from (overrides appended)."""

    pilot: Pilot
    folder: Path
    text: str


def read(path: Path, overrides: Sequence[str] = ()) -> PilotFile:
    """The pilot in `path` with `section.key=value` overrides applied. Raises UsageError naming every problem."""
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such pilot file; `qpilot init DATA --target COLUMN` writes one") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder; give the pilot.toml in it") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    for override in overrides:
        _apply(table, override)
    pilot, folder = _valid(table, path), path.resolve().parent
    pins = tuple(_pins(table, folder))
    for pin in pins:
        _apply(table, pin)
    changes = "".join(f"{OVERRIDE}{override}\n" for override in (*overrides, *pins))
    return PilotFile(_valid(table, path) if pins else pilot, folder, text + changes)


def _valid(table: dict[str, Any], path: Path) -> Pilot:
    try:
        return Pilot.model_validate(table)
    except ValidationError as error:
        raise UsageError(f"{path}: " + "; ".join(_sentences(error))) from error


def _pins(table: dict[str, Any], folder: Path) -> Iterator[str]:
    """Overrides that write down the sha256 of every file a backbone names: a changed file is a changed pilot."""
    for place, candidate in enumerate(table.get("candidates", ())):
        given = candidate.get("backbone")
        for number, one in enumerate(given) if isinstance(given, list) else ((None, given),):
            if not isinstance(one, dict) or "path" not in one or "sha256" in one:
                continue
            if not isinstance(one["path"], str):
                raise UsageError(f"candidates.{place}.backbone: list whole backbones, not their paths")
            where = f"candidates.{place}.backbone" + ("" if number is None else f".{number}")
            yield f'{where}.sha256="{sha256(folder / one["path"])}"'


def read_kept(text: str) -> Pilot:
    """The pilot of a run's kept file: its text, then the overrides it was run with, a line each."""
    table = tomllib.loads(text)
    for line in text.splitlines():
        if line.startswith(OVERRIDE):
            _apply(table, line.removeprefix(OVERRIDE))
    return Pilot.model_validate(table)


def _apply(table: dict[str, Any], override: str) -> None:
    """Sets one `section.key=value` in `table`; the value is TOML where it parses as TOML, else text."""
    address, equals, text = override.partition("=")
    keys = address.strip().split(".")
    if not equals or not all(keys):
        raise UsageError(f"--set {override!r}: write section.key=value")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    place: Any = table
    for key in keys[:-1]:
        place = place.setdefault(key, {}) if isinstance(place, dict) else _item(place, key, override)
    if isinstance(place, dict):
        place[keys[-1]] = value
    elif isinstance(place, list):
        _item(place, keys[-1], override)
        place[int(keys[-1])] = value
    else:
        raise UsageError(f"--set {override!r}: {'.'.join(keys[:-1])} is a value, not a section")


def _item(place: Any, key: str, override: str) -> Any:
    if not isinstance(place, list) or not key.isdigit() or int(key) >= len(place):
        raise UsageError(f"--set {override!r}: {key!r} is not an entry there (entries of a list are numbered from 0)")
    return place[int(key)]


def _sentences(error: ValidationError) -> list[str]:
    """One sentence a problem: where, what, and the known names where a name is not known."""
    sentences, problems = [], error.errors()
    for problem in problems:
        if problem["type"] == "too_short" and any(_within(one["loc"], problem["loc"]) for one in problems):
            continue  # an entry that is invalid does not count, so that a list of it alone seems empty
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        if problem["type"] == "extra_forbidden":
            known = _fields(problem["loc"][:-1])
            sentences.append(f"unknown key {where}; known there: {', '.join(known)}")
        elif problem["type"] == "missing":
            sentences.append(f"{where} is missing (`qpilot init` writes every threshold out)")
        else:
            given = f" (given: {problem['input']!r})" if not isinstance(problem["input"], dict | list) else ""
            message = problem["msg"].removeprefix("Value error, ")
            message = message.replace("valid tuple", "valid array").replace("Tuple", "Array")  # as TOML calls it
            message = re.sub(r"valid dictionary or instance of \w+", "table of keys and values", message)
            sentences.append(f"{where}: {message[:1].lower()}{message[1:]}{given}")
    return sentences


def _within(loc: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(loc) > len(outer) and loc[: len(outer)] == outer


def _fields(loc: tuple[int | str, ...]) -> list[str]:
    """Names of the fields at `loc` of the pilot's schema."""
    model: type[BaseModel] = Pilot
    for part in loc:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        inner = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
        model = next(kind for kind in inner if issubclass(kind, BaseModel))
    return sorted(model.model_fields)
