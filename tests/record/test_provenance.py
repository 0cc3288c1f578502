"""Provenance: the code's digest sees what decides answers, and nothing of where it lies."""

import shutil
import subprocess

from qpilot import provenance


def test_the_code_digest_sees_content_and_names_but_not_the_place(tmp_path):
    folder = tmp_path / "here" / "gates"
    folder.mkdir(parents=True)
    (folder / "data.py").write_text("x = 1\n")
    first = provenance.sources_digest(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "data.pyc").write_bytes(b"1")
    assert provenance.sources_digest(folder) == first
    assert provenance.sources_digest(shutil.copytree(folder, tmp_path / "there" / "gates")) == first
    (folder / "data.py").rename(folder / "dato.py")
    renamed = provenance.sources_digest(folder)
    (folder / "dato.py").write_text("x = 2\n")
    assert len({first, renamed, provenance.sources_digest(folder)}) == 3


def test_the_projects_own_code_has_a_digest_and_versions():
    assert len(provenance.code_digest()) == 64
    assert provenance.versions()["pydantic"].startswith("2.")


def test_the_revision_says_when_files_differ_from_it(tmp_path):
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        return subprocess.run(
            ["git", "-C", tmp_path, *identity, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    assert provenance.git_revision(tmp_path) is None
    git("init", "-q")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-qm", "a")
    assert provenance.git_revision(tmp_path) == git("rev-parse", "HEAD")
    (tmp_path / "a").write_text("2")
    assert provenance.git_revision(tmp_path) == git("rev-parse", "HEAD") + "+changes"
