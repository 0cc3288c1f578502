"""in-toto statements: what was decided, over which digests.

https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/statement.md
"""

import re
from collections.abc import Mapping
from typing import cast

from pydantic import JsonValue

from qpilot.decisions.envelope import Unsigned

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:qpilot:decision:v1"
ENTRY = "entry"
"""The subject that is the journal entry's own content."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


def statement(subjects: Mapping[str, str], predicate: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The statement over `subjects` (name -> sha256). A subject that is not there ("" or "absent") is named as such in the
    predicate: it was looked for, and was missing.
    """
    there = {name: sha256 for name, sha256 in sorted(subjects.items()) if _SHA256.fullmatch(sha256)}
    absent = sorted(set(subjects) - set(there))
    wrong = [name for name in absent if subjects[name] not in ("", "absent")]
    if wrong:
        raise ValueError(f"subjects {', '.join(wrong)}: no sha256 of 64 hex digits, and not 'absent'")
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in there.items()],
        "predicateType": PREDICATE,
        "predicate": {**predicate, "absent": [*absent]},
    }


def subjects(told: JsonValue) -> dict[str, str]:
    """Name -> sha256 of a statement's subjects. Raises Unsigned where it is no statement of ours."""
    try:
        said = cast(dict[str, list[dict[str, dict[str, str]]]], told)
        if (told["_type"], told["predicateType"]) != (STATEMENT, PREDICATE):  # type: ignore[index,call-overload]
            raise ValueError("another statement")
        return {str(one["name"]): one["digest"]["sha256"] for one in said["subject"]}
    except (ValueError, TypeError, KeyError) as error:
        raise Unsigned("it is no statement about a decision") from error
