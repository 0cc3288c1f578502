"""What is put into a run's folder after the run is found, whatever it is, and never leaves the home with an export."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from qpilot.errors import QpilotError
from qpilot.export import export
from qpilot.record.home import Home
from qpilot.verification import verify
from tests.lived import Lived
from tests.replay.conftest import whole

__all__ = ["whole"]


def moved(folder: Path) -> None:
    """A file is kept elsewhere, where it may change unseen."""
    report = folder / "report.html"
    shutil.move(report, folder.parent.parent / "elsewhere.html")
    report.symlink_to(folder.parent.parent / "elsewhere.html")


def anchored(folder: Path) -> None:
    (folder / "anchor.json").unlink()
    (folder / "anchor.json").symlink_to(folder.parent.parent / "keys" / "signing.pem")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file": lambda folder: (folder / "plots" / "note.txt").write_text("new"),
    "a link to the signing key": lambda folder: (folder / "note.svg").symlink_to("../../keys/signing.pem"),
    "a link to nothing": lambda folder: (folder / "note.svg").symlink_to("nowhere"),
    "a link to a folder": lambda folder: (folder / "etc").symlink_to("/etc"),
    "a pipe": lambda folder: os.mkfifo(folder / "pipe"),
    "an anchor that is none": lambda folder: (folder / "plots" / "anchor.json").write_text("new"),
    "a leftover that is none": lambda folder: (folder / "plots" / "page.part").write_text("new"),
    "a leftover that is a link": lambda folder: (folder / ".page.part").symlink_to("/etc/passwd"),
    "a file moved away": moved,
    "an anchor that is the key": anchored,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_is_found_and_not_exported(whole: Lived, tmp_path: Path, change: Callable[[Path], object]) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(whole.home.path, home.path)
    change(home.run(whole.run).path)
    assert verify(home, whole.run), "a finding"
    with pytest.raises(QpilotError, match="not as it was sealed"):
        export(home, whole.run, tmp_path / "run.zip")
    assert not (tmp_path / "run.zip").exists()


def test_what_a_killed_write_left_is_no_finding_and_no_part_of_an_export(whole: Lived, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(whole.home.path, home.path)
    (home.run(whole.run).path / ".tmpx.part").write_text("half")
    assert verify(home, whole.run) == ()
    export(home, whole.run, tmp_path / "run.zip")
    assert b"half" not in (tmp_path / "run.zip").read_bytes()
