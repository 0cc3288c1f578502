"""The user's own expectations, from a file beside the pilot's."""

import json
from pathlib import Path
from typing import cast

from qpilot.data.columns import listed
from qpilot.data.suite import SEVERITIES, Expected, Severity
from qpilot.errors import UsageError, unknown


def read_suite(path: Path) -> tuple[Expected, ...]:
    """The user's own suite: a JSON list of {type, kwargs, severity}, or Great Expectations' own suite file.

    Severity is critical where none is given. Raises UsageError where the file is missing, no such list, or empty.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the suite file {path}: {error.strerror}; check data.suite") from error
    except ValueError as error:
        raise UsageError(f"the suite file {path.name} is no JSON: {error}") from error
    entries = content.get("expectations") if isinstance(content, dict) else content
    if not isinstance(entries, list) or not entries:
        raise UsageError(
            f"the suite file {path.name} holds no expectation (an empty suite would pass anything); give a JSON list of"
            ' {"type": ..., "kwargs": {...}, "severity": "critical"}'
        )
    return tuple(_read_one(entry, f"expectation {at} of {path.name}") for at, entry in enumerate(entries, start=1))


def _read_one(entry: object, where: str) -> Expected:
    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise UsageError(f'{where} needs a "type", such as "expect_column_values_to_be_between"')
    odd = [key for key in entry if key not in ("type", "kwargs", "severity", "meta", "id", "notes", "description")]
    if odd:
        raise UsageError(f"{where}: {unknown('field', odd[0], ('type', 'kwargs', 'severity', 'description'))}")
    kwargs = entry.get("kwargs", {})
    if not isinstance(kwargs, dict):
        raise UsageError(f'{where}: "kwargs" must be an object, not {type(kwargs).__name__}')
    severity = entry.get("severity", "critical")
    if severity not in SEVERITIES:
        raise UsageError(f"{where}: {unknown('severity', str(severity), SEVERITIES)}")
    required = listed(f"{key} {value}" for key, value in kwargs.items() if key != "column") or "holds"
    advice = str(entry.get("description") or "")
    return Expected(entry["type"], entry["type"], kwargs, cast(Severity, severity), required, advice)
