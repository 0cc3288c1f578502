"""What the journal says of the runs: which there are, which have begun, and how their folders were left."""

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from qpilot.record import tries
from qpilot.record.entries import Entry
from qpilot.record.home import Home
from qpilot.record.runfolder import KIND
from qpilot.runs.lifetime import STARTED
from qpilot.verification.findings import Finding


class States:
    """Of every run: the last entry about its folder, and whether it has started. Filled by `read`, as far as it gets."""

    def __init__(self) -> None:
        self.folders: set[str] = set()
        self.entered: set[str] = set()
        self.started: set[str] = set()
        self._states: dict[str, Entry] = {}

    def read(self, home: Home) -> Iterable[Finding]:
        """Nothing is found; a journal that cannot be read says so."""
        self.folders |= {path.name for path in (home.path / "runs").glob("*") if path.is_dir()}
        for entry in home.journal.find(KIND):
            self._states[entry.key.rsplit("/", 1)[0]] = entry
        self.started |= {entry.key for entry in home.journal.find(STARTED)}
        for name in {entry.key.rsplit("/", 1)[0] for entry in home.journal.find(tries.KIND)}:
            self.entered |= set(tries.runs(home.journal, name))
        return ()

    @property
    def names(self) -> set[str]:
        """Every run that has a folder, or should have one."""
        return {*self.folders, *self.started, *self._states}

    def of(self, run: str) -> Mapping[str, JsonValue]:
        """The last state of the run's folder: empty before the first seal."""
        entry = self._states.get(run)
        return entry.payload if entry is not None and isinstance(entry.payload, dict) else {}
