"""Files that are either whole or absent, whatever crashes."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from qpilot.errors import QpilotError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Failures of the file system inside leave as one sentence about `path`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise QpilotError(
                f"cannot write {path}: {os.strerror(error.errno)}; free some space and run again,"
                " nothing half-written was left"
            ) from error
        raise QpilotError(
            f"cannot write {path}: {error.strerror or error}; make the folder writable, or set QPILOT_HOME to another"
        ) from error


def write(path: Path, data: bytes) -> None:
    """`path` holds `data`, and does so after a power cut; until then it holds what it held before.

    Raises QpilotError where the disk is full or the folder cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync(path.parent)


def sync(folder: Path) -> None:
    """The names in `folder` survive a power cut (a rename lives in the folder, not in the file)."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
