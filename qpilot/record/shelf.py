"""Where artifacts lie: bytes under their sha256, in a folder or in a store that fsspec reaches."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path

from qpilot.errors import QpilotError
from qpilot.record import durable


class Shelf(ABC):
    """Whole objects by name. Every method raises QpilotError where the place cannot be reached."""

    where: str

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """The bytes under `name`; None where there are none."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """`name` holds `data`, whole, also after a power cut; until then it holds what it held before."""

    @abstractmethod
    def has(self, name: str) -> bool:
        """Whether anything lies under `name`."""

    @abstractmethod
    def names(self) -> Iterable[str]:
        """Every name, in any order, and perhaps files that are no artifacts."""

    @abstractmethod
    def starts(self, names: tuple[str, ...], length: int) -> Iterable[bytes]:
        """The first `length` bytes under each of `names`; empty where one is gone."""

    @abstractmethod
    def reach(self) -> None:
        """Nothing, where the place can be used."""

    def place(self, name: str) -> str:
        """Where `name` lies, for a person to look."""
        return f"{self.where}/{name[:2]}/{name}"


class Folder(Shelf):
    """A folder of this host, or one it has mounted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = str(folder)

    def read(self, name: str) -> bytes | None:
        try:
            return Path(self.place(name)).read_bytes()
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        durable.write(Path(self.place(name)), data)

    def has(self, name: str) -> bool:
        return Path(self.place(name)).is_file()

    def names(self) -> Iterable[str]:
        return (path.name for path in self.folder.glob("??/*"))

    def starts(self, names: tuple[str, ...], length: int) -> Iterable[bytes]:
        for name in names:
            try:
                with Path(self.place(name)).open("rb") as file:
                    yield file.read(length)
            except FileNotFoundError:
                yield b""

    def reach(self) -> None:
        if self.folder.exists() and not os.access(self.folder, os.W_OK):
            raise QpilotError(f"{self.folder} is not writable; make it so, or name another place in home.toml")
