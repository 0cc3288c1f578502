"""Several files as one zip: packed so that equal files have equal bytes, unpacked as if a stranger had packed them."""

import contextlib
import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from qpilot.errors import QpilotError

_EPOCH = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, NotImplementedError)
_END, _LOCATOR64, _END64 = struct.Struct("<4s4H2LH"), struct.Struct("<4sLQL"), struct.Struct("<4sQ2H2L4Q")
_LINE = struct.Struct("<4s24x3H12x")  # of an entry's line in the directory: three lengths of what follows it
_LINE_BYTES = 5_000  # on average: a name of a thousand letters, and more than a packer adds to it
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # bzip2 and LZMA pack a million to one


class Unpackable(QpilotError, ValueError):  # noqa: N818 - a refusal
    """A zip that is damaged, or made to do harm; nothing of it is left anywhere."""


@dataclass(frozen=True)
class Limits:
    """What is unpacked at most. `ratio`: unpacked over packed bytes, asked of files above a megabyte."""

    files: int = 10_000
    bytes: int = 4 << 30
    ratio: int = 1_100  # deflate itself packs 1,032 to one at most; an empty histogram comes near it


MEMORY = Limits(files=10_000, bytes=1 << 30)


def packed(files: Mapping[str, bytes]) -> bytes:
    """One zip of `files`, stored in order of names and without times, so that equal files have equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, date_time=_EPOCH), files[name])
    return buffer.getvalue()


def unpacked(content: bytes, limits: Limits = MEMORY) -> dict[str, bytes]:
    """The files `packed` put together. Raises Unpackable where it was made otherwise."""
    with _opened(io.BytesIO(content), len(content), limits) as (archive, infos):
        return {info.filename: b"".join(_chunks(archive, info)) for info in infos}


def extract(path: Path, folder: Path, limits: Limits) -> None:
    """`folder`, empty until now, holds the files of the zip at `path`. Raises Unpackable; the caller removes the folder."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise Unpackable(f"cannot read {path}: {error.strerror}") from error
    with file, _opened(file, path.stat().st_size, limits) as (archive, infos):
        for info in infos:
            place = folder / info.filename
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as out:
                for chunk in _chunks(archive, info):
                    out.write(chunk)


@contextlib.contextmanager
def _opened(file: IO[bytes], size: int, limits: Limits) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """The archive and its files, every entry looked at before the first is unpacked; damage leaves as Unpackable."""
    if size > limits.bytes:
        raise Unpackable(f"the zip has {size:,} bytes; at most {limits.bytes:,} are taken")
    _require_few(file, size, limits)
    try:
        archive = zipfile.ZipFile(file)
    except (*_DAMAGE, OSError, ValueError) as error:
        raise Unpackable(f"no zip, or a damaged or truncated one ({error})") from error
    with archive:
        try:
            yield archive, list(_sound(archive.infolist(), size, limits))
        except _DAMAGE as error:
            raise Unpackable(f"the zip is damaged ({error})") from error


def _require_few(file: IO[bytes], size: int, limits: Limits) -> None:
    """Nothing, where the directory has no more lines than are taken; zipfile makes an object of each before it can be asked.

    Raises Unpackable also where the end record is not the last thing in the zip: it is where zipfile looks for it first.
    """
    if size < _END.size:
        raise Unpackable(f"no zip, or a damaged or truncated one ({size} bytes)")
    file.seek(max(0, size - _END.size - _LOCATOR64.size - _END64.size))
    tail = file.read()
    end = _END.unpack(tail[-_END.size :])
    if end[0] != b"PK\x05\x06" or end[7]:
        raise Unpackable(
            "no zip, or a damaged or truncated one, or one with a comment (it has no end record at its end)"
        )
    stated, length, last = end[4], end[5], size - _END.size
    if len(tail) == _END64.size + _LOCATOR64.size + _END.size:
        end64 = _END64.unpack(tail[: _END64.size])
        if tail[_END64.size :].startswith(b"PK\x06\x07") and end64[0] == b"PK\x06\x06":
            stated, length, last = end64[7], end64[8], size - len(tail)
    if stated > limits.files:
        raise Unpackable(f"the zip holds {stated:,} files; at most {limits.files:,} are taken")
    if length > limits.files * _LINE_BYTES:
        raise Unpackable(f"the zip's directory has {length:,} bytes; at most {limits.files * _LINE_BYTES:,} are taken")
    # Whatever is stated, zipfile goes through the whole length.
    place, lines = last - length, 0
    while 0 <= place < last:
        file.seek(place)
        line = file.read(_LINE.size)
        if len(line) < _LINE.size or not line.startswith(b"PK\x01\x02"):
            return  # zipfile ends here too, and says why
        lines += 1
        if lines > limits.files:
            raise Unpackable(f"the zip holds more than {limits.files:,} files, and states {stated:,}")
        place += _LINE.size + sum(_LINE.unpack(line)[1:])


def _sound(infos: list[zipfile.ZipInfo], size: int, limits: Limits) -> Iterator[zipfile.ZipInfo]:
    """The files among the entries. Raises Unpackable for anything that is not a plain file of a plain size and name."""
    if len(infos) > limits.files:
        raise Unpackable(f"the zip holds {len(infos):,} files; at most {limits.files:,} are taken")
    if sum(info.file_size for info in infos) > limits.bytes:
        raise Unpackable(f"the zip holds more than {limits.bytes:,} bytes")
    if sum(info.compress_size for info in infos) > size:
        raise Unpackable("the zip's files overlap")
    folders: set[str] = set()
    names: set[str] = set()
    for info in infos:
        name = info.filename
        _plain(info)
        if info.file_size > _CHUNK and info.file_size > limits.ratio * info.compress_size:
            raise Unpackable(f"{name!r} unpacks to more than {limits.ratio} times its size")
        # As a file system may that knows no case and no ways to write an accent.
        known = unicodedata.normalize("NFC", name.rstrip("/")).casefold()
        above = {known[:place] for place, letter in enumerate(known) if letter == "/"}
        if name.endswith("/"):
            folders |= {known, *above}
            continue
        if known in names:
            raise Unpackable(f"the zip holds {name!r} twice, or in two spellings")
        names.add(known)
        folders |= above
        yield info
    if clash := sorted(names & folders):
        raise Unpackable(f"{clash[0]!r} is a file and a folder of the zip")


def _plain(info: zipfile.ZipInfo) -> None:
    name = info.filename
    parts = name.removesuffix("/").split("/")
    printable = name.isprintable() and "\\" not in name and ":" not in name and info.orig_filename == name
    if not printable or any(part in ("", ".", "..") or len(part.encode()) > 255 for part in parts) or len(name) > 1000:
        raise Unpackable(f"{name!r} is no name for a file inside the folder it is unpacked to")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or ((kind == stat.S_IFDIR) != name.endswith("/") and kind != 0):
        raise Unpackable(f"{name!r} is a link, a device or no file of its kind")
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise Unpackable(f"{name!r} is encrypted, or packed in a way that is not taken (stored and deflated are)")


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The file's bytes, as many as the zip says, whatever it holds. Raises Unpackable where it holds fewer."""
    done = 0
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            done += len(chunk)
            yield chunk
    if done != info.file_size:
        raise Unpackable(f"{info.filename!r} has {done:,} bytes, and the zip says {info.file_size:,}")
