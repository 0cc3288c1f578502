"""A folder that may only be read, also by root: what is in it belongs to a user who may not change it, who we are meanwhile."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """A copy of `folder` that nobody may write to, as `copy` in a folder that we may write to."""
    # Not pytest's own folder: that is closed to whom root becomes here.
    place = Path(tempfile.mkdtemp(prefix="qpilot-read-only-"))
    copy = place / "copy"
    try:
        shutil.copytree(folder, copy)
        found = [copy, *copy.rglob("*")]
        for path in found:
            path.chmod(0o500 if path.is_dir() else 0o400)
        with _nobody(place, *found):
            yield copy
    finally:
        copy.chmod(0o700)
        for path, _, _ in os.walk(copy):
            Path(path).chmod(0o700)
        shutil.rmtree(place)


@contextmanager
def _nobody(*paths: Path) -> Iterator[None]:
    """We are not root, and `paths` belong to whom we are."""
    if os.geteuid() != 0:
        yield
        return
    user = pwd.getpwnam("nobody").pw_uid
    for path in paths:
        os.chown(path, user, -1)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
