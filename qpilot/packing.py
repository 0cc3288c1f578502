"""Several files as one artifact: a zip whose bytes depend on names and contents alone."""

import io
import zipfile
from collections.abc import Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)


def packed(files: Mapping[str, bytes]) -> bytes:
    """One zip of `files`, stored in order of names and without times, so that equal files have equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, date_time=_EPOCH), files[name])
    return buffer.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files `packed` put together."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
