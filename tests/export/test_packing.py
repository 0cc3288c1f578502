"""A zip that is damaged, or made to do harm, is refused in one line, and leaves nothing behind."""

import io
import stat
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.cli import main
from qpilot.arrays import arrays
from qpilot.bundle import Bundle
from qpilot.data.table import Dataset
from qpilot.errors import QpilotError
from qpilot.packing import Limits, Unpackable, extract, packed, unpacked

FEW = Limits(files=8, bytes=1 << 22, ratio=100)


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")  # zipfile warns of a name that is there twice
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def special(name: str, mode: int, data: bytes = b"/etc/passwd") -> bytes:
    """One entry that a Unix unpacker would make as something else than a file."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (mode | 0o777) << 16
    return zipped((info, data))


def altered(content: bytes, change: Callable[[bytearray, int], None]) -> bytes:
    """The zip with its first entry's line in the directory changed. change: (bytes, where that line begins)."""
    made = bytearray(content)
    change(made, made.index(b"PK\x01\x02"))
    return bytes(made)


def stated(size: int) -> bytes:
    """An entry of 1000 bytes whose directory states another size."""
    return altered(zipped(("a", bytes(1000))), lambda made, at: struct.pack_into("<I", made, at + 24, size))


def encrypted() -> bytes:
    def flag(made: bytearray, at: int) -> None:
        made[at + 8] |= 1
        made[6] |= 1

    return altered(zipped(("a", b"secret")), flag)


def overlapping() -> bytes:
    """Two entries that are both the first one's bytes, so that a small file unpacks to much."""
    content = zipped(("a", bytes(100_000)), ("b", b""))
    made = bytearray(content)
    second = made.index(b"PK\x01\x02", made.index(b"PK\x01\x02") + 4)
    struct.pack_into("<II", made, second + 20, 100_000, 100_000)
    struct.pack_into("<I", made, second + 42, 0)
    return bytes(made)


HOSTILE: dict[str, bytes] = {
    "absolute": zipped(("/etc/cron.d/x", b"")),
    "above": zipped(("../x", b"")),
    "above in the middle": zipped(("a/../../x", b"")),
    "here": zipped(("a/./x", b"")),
    "nothing between": zipped(("a//x", b"")),
    "backslash": zipped(("..\\x", b"")),
    "drive": zipped(("C:x", b"")),
    "control character": zipped(("a\x1b[2Jb", b"")),
    "right to left": zipped(("a\u202etxt.exe", b"")),
    "zero byte": altered(zipped(("axb", b"")), lambda made, at: made.__setitem__(at + 47, 0)),
    "too long": zipped(("a" * 300, b"")),
    "symlink": special("a", stat.S_IFLNK),
    "device": special("a", stat.S_IFCHR, b""),
    "fifo": special("a", stat.S_IFIFO, b""),
    "folder that holds bytes": special("a", stat.S_IFDIR),
    "twice": zipped(("a", b"1"), ("a", b"2")),
    "twice but for case": zipped(("Dir/a", b"1"), ("dir/A", b"2")),
    "twice but for accents": zipped(("\u00e9", b"1"), ("e\u0301", b"2")),
    "file and folder": zipped(("a", b"1"), ("a/b", b"2")),
    "many": zipped(*((str(number), b"") for number in range(9))),
    "large": zipped(("a", bytes(1 << 22)), ("b", b"more")),
    "bomb": zipped(("a", bytes(3 << 20)), method=zipfile.ZIP_DEFLATED),
    "states less than it holds": stated(10),
    "states more than it holds": stated(2000),
    "states more than memory": stated(0xFFFFFFF0),
    "encrypted": encrypted(),
    "overlapping": overlapping(),
    "bzip2": zipped(("a", bytes(1000)), method=zipfile.ZIP_BZIP2),
    "lzma": zipped(("a", bytes(1000)), method=zipfile.ZIP_LZMA),
    "truncated": zipped(("a", bytes(1000)), ("b", bytes(1000)))[:1500],
    "no directory": zipped(("a", bytes(1000)))[:-60],
    "empty": b"",
    "no zip": b"PK? no.",
    "one bit": altered(zipped(("a", b"bytes")), lambda made, at: made.__setitem__(32, made[32] ^ 1)),
    "other name inside": altered(zipped(("a", b"bytes")), lambda made, at: made.__setitem__(30, ord("b"))),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(Unpackable) as refused:
        unpacked(content, FEW)
    assert "\n" not in str(refused.value)
    (tmp_path / "crate.zip").write_bytes(content)
    (tmp_path / "inside").mkdir()
    with pytest.raises(Unpackable):
        extract(tmp_path / "crate.zip", tmp_path / "inside", FEW)
    assert {path.name for path in tmp_path.iterdir()} == {"crate.zip", "inside"}, "nothing outside"
    assert not [path for path in tmp_path.rglob("*") if path.is_symlink()]


def stating(content: bytes, count: int) -> bytes:
    """The zip with another number of files in its end record, and in zip64's where it has one."""
    made = bytearray(content)
    struct.pack_into("<HH", made, made.rindex(b"PK\x05\x06") + 8, count, count)
    if (place := made.rfind(b"PK\x06\x06")) >= 0:
        struct.pack_into("<QQ", made, place + 24, count, count)
    return bytes(made)


MANY = zipped(*((f"{number}", b"") for number in range(70_000)))  # zip64: more than two bytes can count


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (zipped(*((str(number), b"") for number in range(9))), "the zip holds 9 files; at most 8 are taken"),
        (MANY, "the zip holds 70,000 files; at most 8 are taken"),
        (stating(MANY, 1), "the zip's directory has"),
        (stating(zipped(*((str(number), b"") for number in range(700))), 1), "more than 8 files, and states 1"),
        (zipped(("a", b"1"))[:-2] + b"\x03\x00:-)", "with a comment"),
    ],
    ids=["nine", "zip64", "long and understated", "understated", "comment"],
)
def test_a_zip_of_many_is_refused_before_its_directory_is_read(
    content: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        raise AssertionError("zipfile was asked")

    monkeypatch.setattr(zipfile, "ZipFile", read)
    with pytest.raises(Unpackable, match=said):
        unpacked(content, Limits(files=8))


def test_as_many_as_are_taken_are_unpacked_also_from_a_zip64(monkeypatch: pytest.MonkeyPatch) -> None:
    eight = {str(number): bytes([number]) for number in range(8)}
    assert unpacked(packed(eight), FEW) == eight
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)  # above it a zip64 is written
    assert b"PK\x06\x06" in packed(eight)
    assert unpacked(packed(eight), FEW) == eight


@pytest.mark.parametrize("command", ["verify", "replay"])
@pytest.mark.parametrize(
    "name", ["above", "symlink", "bomb", "twice", "truncated", "no zip", "states less than it holds"]
)
def test_a_command_says_one_line_and_leaves_nothing(
    command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("QPILOT_HOME", str(tmp_path / "none"))
    content = zipped(("a", bytes(40 << 20)), method=zipfile.ZIP_DEFLATED) if name == "bomb" else HOSTILE[name]
    (tmp_path / "crate.zip").write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        main([command, str(tmp_path / "crate.zip")])
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (1, "")
    assert len(said.err.splitlines()) == 1
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "none").exists()


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.[a-z]{3}", fullmatch=True), st.binary(max_size=2000), max_size=8
    )
)
def test_what_was_packed_is_unpacked(files: dict[str, bytes]) -> None:
    assert unpacked(packed(files)) == files


@given(st.integers(0, 10_000), st.integers(1, 255), st.integers(0, 10_000))
def test_no_change_of_a_zip_does_anything_but_refuse_or_say_other_bytes(place: int, change: int, cut: int) -> None:
    content = bytearray(packed({"a.json": b"{}" * 100, "b.npz": bytes(range(256))}))
    content[place % len(content)] ^= change
    try:
        found = unpacked(bytes(content[: max(1, len(content) - cut % 7)]), FEW)
    except Unpackable:
        return
    assert len(found) <= 2
    assert sum(map(len, found.values())) <= 456


def npz(**held: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **held)
    return buffer.getvalue()


def claiming(shape: str, kind: str = "<f8") -> bytes:
    """An array file that says it has this shape, and has no bytes."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return packed({"a.npy": b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()})


def test_arrays_come_back_as_they_were() -> None:
    held = {"a": np.arange(6).reshape(2, 3), "b": np.zeros(0), "c": np.float64(1.5), "d": np.asfortranarray(np.eye(3))}
    found = arrays(npz(**held))
    assert found.keys() == held.keys()
    assert all(np.array_equal(found[name], held[name]) and found[name].shape == held[name].shape for name in held)


@pytest.mark.parametrize(
    "content",
    [
        claiming("(1000000000000,)"),
        claiming("(-1,)"),
        claiming("(2**62, 2**62)"),
        claiming("(1,)", "|O"),
        claiming("__import__('os').system('true')"),
        npz(a=np.array([{"a": 1}], dtype=object)),
        packed({"a.npy": b"\x93NUMPY"}),
        packed({"a.npy": b""}),
        packed({"a.npy": b"\x93NUMPY\x09\x00"}),
        b"no zip",
    ],
    ids=["huge", "negative", "expression", "objects", "call", "pickled", "cut", "empty", "version", "no zip"],
)
def test_an_array_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(Unpackable):
        arrays(content)
    with pytest.raises(QpilotError):
        Dataset.from_bytes(content)


def test_a_model_file_that_is_a_hostile_zip_is_refused() -> None:
    good = {"preparation.json": b"{}", "reference.json": b'{"name": "a", "family": "classical", "seconds": 0}'}
    hostile = {
        "reference.skops": HOSTILE["twice"],
        "finalist.json": good["reference.json"],
        "finalist.skops": HOSTILE["symlink"],
    }
    with pytest.raises(QpilotError, match="link, a device"):
        Bundle.from_files({**good, **hostile})
