"""The objects Amazon Braket leaves in S3 for a task: one document, or for a program set a tree of them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from qpilot.packing import packed, unpacked

ROOT = "results.json"
TASK = "braket.task_result.gate_model_task_result"
SET = "braket.task_result.program_set_task_result"
PROGRAM = "braket.task_result.program_result"
EXECUTABLE = "braket.task_result.program_set_executable_result"
FAILURE = "braket.task_result.program_set_executable_failure"
_AT_ONCE = 8


def fetched(s3: Any, bucket: str, folder: str) -> bytes:
    """All objects of a result, packed under their names below `folder`; a program's own source, which is ours, is left out.

    A document that is no JSON is kept as it is. Raises what botocore raises.
    """

    def read(name: str) -> bytes:
        content: bytes = s3.get_object(Bucket=bucket, Key=f"{folder}/{name}")["Body"].read()
        return content

    files = {ROOT: read(ROOT)}
    waiting = [*_named(ROOT, files[ROOT])]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while waiting:
            read_now = dict(zip(waiting, pool.map(read, waiting), strict=True))
            files |= read_now
            waiting = sorted(
                {name for parent, content in read_now.items() for name in _named(parent, content)} - {*files}
            )
    return packed(files)


def seconds(result: bytes) -> Decimal | None:
    """How long a simulator says that it ran, None where the result does not tell."""
    content = document(unpacked(result)[ROOT])
    metadata = (content.get("additionalMetadata") or {}).get("simulatorMetadata") or {}
    duration = metadata.get("executionDuration")
    return Decimal(str(duration)) / 1000 if isinstance(duration, int | float) and duration >= 0 else None


def document(content: bytes) -> dict[str, Any]:
    """The JSON object in `content`; an empty one where there is none."""
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def schema(content: Any) -> str:
    """The name a document's schema header gives it; empty where it has none."""
    header = content.get("braketSchemaHeader") if isinstance(content, dict) else None
    return str(header.get("name", "")) if isinstance(header, dict) else ""


def _named(parent: str, content: bytes) -> Iterator[str]:
    """The objects a document names in place of holding them; a program's own lie below the program's folder."""
    found = document(content)
    if schema(found) not in (SET, PROGRAM):
        return
    folder = below(parent)
    lists = (found.get(name) for name in ("programResults", "executableResults"))
    several = (entry for listed in lists if isinstance(listed, list) for entry in listed)
    yield from (f"{folder}{name}" for name in (found.get("taskMetadata"), *several) if isinstance(name, str))


def below(parent: str) -> str:
    """What stands before the names a document gives: nothing, or the program's folder."""
    return "" if parent == ROOT else parent.removesuffix(ROOT)
