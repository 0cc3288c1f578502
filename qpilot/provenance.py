"""What an answer was computed with: the code's sha256, the versions of what it stands on, the git revision."""

import hashlib
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

import gates
import qpilot

LOCK = "requirements.lock"
_SOURCES = {".py", ".json", ".j2", ".css"}
_PACKAGES = (
    "amazon-braket-sdk",
    "great-expectations",
    "numpy",
    "pandas",
    "pennylane",
    "prefect",
    "pydantic",
    "qpilot",
    "scikit-learn",
    "scipy",
    "sqlalchemy",
)


@cache
def code_digest() -> str:
    """sha256 over every source of gates/ and qpilot/, as they are on disk: names and content, in order of names."""
    return sources_digest(*(Path(package.__path__[0]) for package in (gates, qpilot)))


def sources_digest(*folders: Path) -> str:
    """sha256 over the sources below `folders`; the folders' own names count, where they lie does not."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.suffix in _SOURCES and path.is_file()):
            name = (Path(folder.name) / path.relative_to(folder)).as_posix()
            total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


@cache
def lock() -> bytes | None:
    """The requirements.lock beside the sources; None where the installation has none that may be read."""
    try:
        return (Path(qpilot.__path__[0]).parent / LOCK).read_bytes()
    except OSError:
        return None


def lock_digest() -> str:
    """sha256 of the requirements.lock beside the sources; "absent" where the installation has none."""
    found = lock()
    return "absent" if found is None else hashlib.sha256(found).hexdigest()


def versions() -> dict[str, str]:
    """Package -> version of what decides answers, with Python's own and the platform's; imports none of them."""
    found = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def git_revision(folder: Path) -> str | None:
    """The commit checked out at `folder`, with "+changes" where tracked files differ; None where git knows none."""
    revision = _git(folder, "rev-parse", "HEAD")
    if revision is None:
        return None
    return revision + ("+changes" if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
