"""The registry: versions are whole or absent, aliases move once, and what was changed is never served."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from qpilot.errors import QpilotError, UsageError
from qpilot.record.home import Home
from qpilot.record.registry import Registry
from qpilot.verification import verify

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FILES = {"weights.npz": b"\0\1\2", "parts/classical.skops": b"fallback"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "state")


@pytest.fixture
def registry(home: Home) -> Registry:
    return Registry(home)


def test_a_registered_model_comes_back_by_version_alias_and_name(registry):
    first = registry.register("planted", FILES, {"run": "planted-1"}, AT)
    second = registry.register("planted", FILES, {"run": "planted-2"}, AT)
    registry.point("planted", "champion", 1, expect=None, at=AT, run="planted-1")
    registry.point("planted", "fallback", 2, expect=None, at=AT)
    assert (str(first), str(second)) == ("planted@1", "planted@2")
    assert first.files == FILES
    assert registry.resolve("planted") == registry.resolve("planted@champion") == registry.resolve("planted@1") == first
    assert registry.resolve("planted@fallback").metadata == {"run": "planted-2"}
    assert registry.aliases("planted") == {"champion": 1, "fallback": 2}
    assert registry.names() == ("planted",)


def test_the_same_content_is_the_same_version(registry, home):
    assert registry.register("m", FILES, {"run": "r"}, AT) == registry.register("m", FILES, {"run": "r"}, AT)
    assert list((home.registry / ".staged").iterdir()) == []
    assert verify(home) == ()


def test_unknown_models_are_answered_with_the_known_ones(registry):
    with pytest.raises(QpilotError, match="unknown model 'm'; known: none yet"):
        registry.resolve("m")
    registry.register("m", FILES, {}, AT)
    for model, said in {
        "n": "unknown model 'n'; known: m",
        "m": "'champion'; known: 1",
        "m@2": "'2'; known: 1",
    }.items():
        with pytest.raises(QpilotError, match=said):
            registry.resolve(model)


def test_an_alias_moves_only_from_where_it_was_expected(registry):
    for run in ("a", "b", "c"):
        registry.register("m", FILES, {"run": run}, AT)
    registry.point("m", "champion", 1, expect=None, at=AT)
    registry.point("m", "champion", 1, expect=None, at=AT)
    registry.point("m", "champion", 2, expect=1, at=AT)
    with pytest.raises(QpilotError, match="it names version 2, not 1; look at that version"):
        registry.point("m", "champion", 3, expect=1, at=AT)
    with pytest.raises(QpilotError, match="unknown version of m '4'; known: 1, 2, 3"):
        registry.point("m", "champion", 4, expect=2, at=AT)
    assert registry.aliases("m") == {"champion": 2}


@pytest.mark.parametrize("name", ["../m", "M", "", "m/n", "m@1"])
def test_a_name_that_would_leave_the_registry_is_refused(registry, name):
    with pytest.raises(UsageError, match="is no model name"):
        registry.register(name, FILES, {}, AT)
    with pytest.raises(UsageError, match="cannot be a model's file"):
        registry.register("m", {"../weights": b""}, {}, AT)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "weights.npz").write_bytes(b"\0\1\3"), r"weights\.npz was changed"),
        (lambda folder: (folder / "weights.npz").unlink(), r"weights\.npz is missing"),
        (lambda folder: (folder / "extra.pkl").write_bytes(b""), r"extra\.pkl does not belong there"),
        (lambda folder: (folder / "manifest.json").write_bytes(b"{}"), r"manifest\.json was changed"),
        (lambda folder: folder.rename(folder.parent / "9"), r"manifest\.json is missing"),
    ],
)
def test_a_model_that_is_not_what_was_registered_is_not_served(registry, home, damage, said):
    damage(registry.register("m", FILES, {}, AT).folder)
    with pytest.raises(QpilotError, match=said):
        registry.resolve("m@1")
    assert verify(home) != ()


def test_a_foreign_folder_is_no_model(registry, home):
    folder = registry.register("m", FILES, {}, AT).folder
    folder.rename(folder.parent / "2")
    with pytest.raises(QpilotError, match="unknown alias or version of m '2'; known: 1"):
        registry.resolve("m@2")
    assert any("2 is not in the journal" in finding.what for finding in verify(home))


def test_a_version_whose_writer_died_before_moving_it_is_moved_by_its_reader(registry, home):
    version = registry.register("m", FILES, {}, AT)
    staged = registry.versions("m")[1]["staged"]
    version.folder.rename(home.registry / ".staged" / staged)
    assert registry.resolve("m@1") == version
    assert verify(home) == ()


def test_a_run_continued_after_a_later_promotion_does_not_take_the_alias_back(registry):
    for run in ("m-1", "m-2"):
        registry.register("m", FILES, {"run": run}, AT)
    registry.point("m", "champion", 1, expect=None, at=AT, run="m-1")
    registry.point("m", "champion", 2, expect=1, at=AT, run="m-2")
    registry.point("m", "champion", 1, expect=2, at=AT, run="m-1")
    assert registry.aliases("m") == {"champion": 2}
    registry.point("m", "champion", 1, expect=2, at=AT)
    assert registry.aliases("m") == {"champion": 1}, "a person may still roll back"
