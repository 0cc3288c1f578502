"""A run as one file: the same bytes each time, whole and the same wherever it is opened, and any change of it found."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from flows.cli import main
from qpilot.decisions.keys import pem
from qpilot.errors import QpilotError
from qpilot.export import export, opened, verify
from qpilot.packing import packed, unpacked
from qpilot.record.home import Home
from qpilot.replay import Kept, replay
from tests.lived import Lived
from tests.replay import forgery
from tests.replay.test_replay import tree

Files = dict[str, bytes]


def command(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return int(str(ended.value.code)), said.out, said.err


def findings(content: Files, folder: Path, *trust: Path) -> list[str]:
    """What `verify` finds in an export of these files."""
    (folder / "changed.zip").write_bytes(packed(content))
    with opened(folder / "changed.zip") as crate:
        return [f"{one.where}: {one.what}" for one in verify(crate, trust)]


def test_an_export_has_the_same_bytes_each_time_and_the_home_is_as_it_was(
    whole: Lived, exported: Path, tmp_path: Path
) -> None:
    before = tree(whole.home.path)
    again = export(whole.home, whole.run, tmp_path / "again.zip")
    assert exported.read_bytes() == again.path.read_bytes()
    assert tree(whole.home.path) == before
    assert again.left_out == ()
    assert [path.name for path in tmp_path.iterdir()] == ["again.zip"]


def test_it_is_whole_and_comes_out_the_same_without_the_home(
    whole: Lived, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QPILOT_HOME", str(tmp_path / "none"))
    key = tmp_path / "key.pem"
    key.write_text(pem(whole.home.signer.made()))
    code, out, _ = command(capsys, "verify", exported, "--trust", key)
    assert code == 0, out
    assert out.splitlines() == [
        "whole: every file, entry and decision is as it was recorded",
        f"head {whole.home.journal.head()}",
    ]
    code, out, _ = command(capsys, "verify", exported, "--json")
    assert (code, json.loads(out)["whole"], json.loads(out)["trusted"]) == (0, True, False)
    code, out, _ = command(capsys, "verify", exported)
    assert "--trust" in out, "keys that came along say nothing of whose they are"
    code, out, _ = command(capsys, "replay", exported, "--json")
    answer = json.loads(out)
    assert (code, answer["same"], len(answer["gates"])) == (0, True, 7)
    assert "raw counts" in answer["gates"][5]["depth"]
    assert not (tmp_path / "none").exists()


def test_another_tool_reads_it_as_an_ro_crate(whole: Lived, exported: Path) -> None:
    from rocrate.rocrate import ROCrate

    crate = ROCrate(str(exported))
    assert crate.metadata.version == "1.1"
    assert crate.root_dataset["conformsTo"].id.startswith("https://w3id.org/ro/wfrun/process/")
    held = unpacked(exported.read_bytes())
    assert {entity.id for entity in crate.data_entities} - {"./"} == held.keys() - {"ro-crate-metadata.json"}
    actions = crate.get_by_type("CreateAction")
    assert [action["name"] for action in actions] == [
        f"{gate}: GO"
        for gate in ("data", "reduction", "trainability", "prototype", "forecast", "hardware", "promotion")
    ]
    for action in actions:
        assert action["instrument"].type == "SoftwareApplication"
        assert action["startTime"] <= action["endTime"]
        named = [one for field in ("object", "result") for one in _list(action[field])]
        assert all(one.id in held for one in named)
    (approval,) = crate.get_by_type("AuthorizeAction")
    assert approval["agent"]["name"] == "Ada"
    assert crate.get_by_type("Person") == [approval["agent"]]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_nothing_secret_and_nothing_of_other_runs_is_in_it(whole: Lived, exported: Path) -> None:
    held = unpacked(exported.read_bytes())
    everything = b"\n".join([*held.values(), *(name.encode() for name in held)])
    private = (whole.home.path / "keys" / "signing.pem").read_bytes()
    assert private.splitlines()[1] not in everything
    assert b"PRIVATE" not in everything
    for other in whole.others:
        assert other.encode() not in everything
    whole_lines = [json.loads(line) for line in held["journal.jsonl"].splitlines()]
    assert len(whole_lines) == whole.home.journal.head().seq
    links = [line for line in whole_lines if "kind" not in line]
    assert links
    assert all(line.keys() == {"seq", "previous", "sha256", "signature"} for line in links)
    kinds = {line["kind"] for line in whole_lines if "kind" in line}
    assert {
        "try",
        "started",
        "verdict",
        "opening",
        "reading",
        "request",
        "approval",
        "counts",
        "folder",
        "ended",
    } <= kinds
    assert {"version", "alias"} <= kinds, "what it promoted"


def test_every_changed_missing_and_added_file_is_found(exported: Path, tmp_path: Path) -> None:
    held = unpacked(exported.read_bytes())
    for name in held:
        flipped = held[name][:-2] + bytes([held[name][-2] ^ 1]) + held[name][-1:]
        gone = {one: data for one, data in held.items() if one != name}
        for change in ({**held, name: flipped}, gone):
            # A journal that cannot be read is told by its line, whatever the file is called.
            assert any(name in found or "of the journal" in found for found in findings(change, tmp_path)), name
    assert findings({**held, "runs/readme.txt": b"more"}, tmp_path) == ["export: runs/readme.txt was added"]
    assert findings(held, tmp_path) == []


def journal(held: Files, change: Callable[[list[Any]], list[Any]]) -> Files:
    lines = [json.loads(line) for line in held["journal.jsonl"].splitlines()]
    made = b"".join(json.dumps(line, sort_keys=True, separators=(",", ":")).encode() + b"\n" for line in change(lines))
    return {**held, "journal.jsonl": made}


def _edited(lines: list[Any]) -> list[Any]:
    place = next(number for number, line in enumerate(lines) if line.get("kind") == "opening")
    made = {**lines[place], "payload": lines[place]["payload"].replace('"attempt":1', '"attempt":2')}
    return [*lines[:place], made, *lines[place + 1 :]]


def _rehashed(lines: list[Any]) -> list[Any]:
    """As one who makes every hash anew, but has no key."""
    from gates.records import digest

    previous, made = "0" * 64, []
    for line in _edited(lines):
        one = {**line, "previous": previous}
        if "kind" in one:
            one["sha256"] = digest({name: value for name, value in one.items() if name not in ("sha256", "signature")})
        made.append(one)
        previous = one["sha256"]
    return made


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_edited, "was changed"),
        (_rehashed, "is not what key"),
        (lambda lines: lines[:-1], "the journal ends with entry"),
        (lambda lines: [*lines[:4], *lines[5:]], "deleted or moved"),
        (lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]], "deleted or moved"),
        (lambda lines: [*lines, lines[-1]], "deleted or moved"),
        (lambda lines: [{**lines[0], "signature": ""}, *lines[1:]], "is not signed"),
    ],
    ids=["edited", "rehashed", "cut", "deleted", "reordered", "doubled", "unsigned"],
)
def test_a_changed_journal_is_found_in_the_chain_too(
    exported: Path, tmp_path: Path, change: Callable[[list[Any]], list[Any]], said: str
) -> None:
    found = findings(journal(unpacked(exported.read_bytes()), change), tmp_path)
    assert "export: journal.jsonl was changed" in found
    assert any(one.startswith("journal: ") and said in one for one in found), found


@pytest.mark.parametrize(
    "line",
    [b"{}", b"[]", b"no JSON", b'{"seq":"1"}', b"[" * 100_000, b'{"seq":1,"previous":"","sha256":"","signature":null}'],
)
def test_a_journal_that_is_none_is_one_finding(exported: Path, tmp_path: Path, line: bytes) -> None:
    held = unpacked(exported.read_bytes())
    (found,) = findings({**held, "journal.jsonl": line + b"\n" + held["journal.jsonl"]}, tmp_path)
    assert "line 1 of the journal is no entry" in found


def test_a_foreign_key_is_found_where_it_is_said_which_to_trust(exported: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.pem"
    foreign.write_text(pem(Ed25519PrivateKey.generate().public_key()))
    found = findings(unpacked(exported.read_bytes()), tmp_path, foreign)
    assert any("export.json cannot be relied on: it is signed by key" in one for one in found)
    assert any("journal entry 1 is signed by key" in one for one in found)


def test_a_zip_of_something_else_says_so_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.zip").write_bytes(packed({"readme.txt": b"hello"}))
    for words in (("verify", tmp_path / "other.zip"), ("replay", tmp_path / "other.zip")):
        code, out, err = command(capsys, *words)
        assert code == 1
        assert "so it is no export of qpilot" in out + err
        assert len((out + err).splitlines()) == 1


def test_a_changed_export_is_not_replayed_as_the_same(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held = unpacked(exported.read_bytes())
    (tmp_path / "changed.zip").write_bytes(packed({**held, "requirements.lock": b"numpy==0.1\n"}))
    code, out, _ = command(capsys, "replay", tmp_path / "changed.zip")
    assert code == 1
    assert "export: requirements.lock was changed" in out


def test_without_data_no_row_goes_along_and_the_replay_says_what_it_went_without(
    whole: Lived, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QPILOT_HOME", str(whole.home.path))
    place = tmp_path / "small.zip"
    code, out, _ = command(capsys, "export", whole.run, "--out", place, "--without-data", "--json")
    answer = json.loads(out)
    told: Any = [entry.payload for entry in whole.home.journal.find("verdict", f"{whole.run}/")]
    rows = [one["evidence"]["inputs"].get(name) for one in told for name in ("dataset", "models", "twin")]
    assert code == 0
    assert {*filter(None, rows)} == set(answer["left_out"])
    held = unpacked(place.read_bytes())
    kept = {name.removeprefix("artifacts/") for name in held if name.startswith("artifacts/")}
    counted: Any = [entry.payload for entry in whole.home.journal.find("counts", whole.run)]
    named = {one[field] for one in counted for field in ("counts", "calibration")}
    assert kept == named, "counts and calibrations, and nothing that holds a row"
    with opened(place) as crate:
        assert verify(crate) == ()
        found = replay(crate.kept)
    assert found.same
    assert all("the rows were left out" in gate.depth for gate in found.gates if gate.gate != "forecast")


def test_what_cannot_be_exported_is_refused_with_what_to_do(whole: Lived, tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_bytes(b"mine")
    with pytest.raises(QpilotError, match="is there already; name another"):
        export(whole.home, whole.run, tmp_path / "there.zip")
    assert (tmp_path / "there.zip").read_bytes() == b"mine"
    with pytest.raises(QpilotError, match=f"unknown run 'nobody'; known: .*{whole.run}"):
        export(whole.home, "nobody", tmp_path / "x.zip")
    copy = Home(Path(shutil.copytree(whole.home.path, tmp_path / "home")))
    from tests.lived import Clock

    copy.run(whole.run).release(copy.journal, Clock()())
    with pytest.raises(QpilotError, match="is not sealed"):
        export(copy, whole.run, tmp_path / "x.zip")
    copy.prune(whole.run, Clock()())
    with pytest.raises(QpilotError, match="is not sealed"):
        export(copy, whole.run, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_a_damaged_artifact_is_not_exported(whole: Lived, tmp_path: Path) -> None:
    copy = Home(Path(shutil.copytree(whole.home.path, tmp_path / "home")))
    told: Any = copy.journal.find("counts", whole.run)[0].payload
    Path(copy.artifacts.place(told["counts"])).write_bytes(b"other")
    with pytest.raises(QpilotError, match="was changed after it was stored"):
        export(copy, whole.run, tmp_path / "x.zip")
    assert not (tmp_path / "x.zip").exists()


def test_its_files_carry_no_time_and_no_mode_of_this_machine(exported: Path) -> None:
    with zipfile.ZipFile(exported) as archive:
        infos = archive.infolist()
        metadata = archive.read("ro-crate-metadata.json").decode()
    assert infos[0].filename == "ro-crate-metadata.json"
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {(info.external_attr >> 16, info.create_system) for info in infos} == {(0o100644, 3)}
    assert str(Path.home()) not in metadata


def test_an_artifact_that_only_a_persons_words_name_is_not_taken_along(whole: Lived) -> None:
    other = "0" * 64
    kept = Kept.of_home(whole.home, whole.run)
    words = {"note": other, "name": other, "by": other, "reference": other, "said": {"why": [other]}}
    told = forgery.entry(kept, "approval", lambda payload: payload.update(words))
    assert told.named == kept.named
    assert set(kept.sealed["artifacts"]) <= set(told.named)
    (counts, *_) = kept.journal.find("counts", kept.run)
    assert counts.payload["counts"] in told.named  # type: ignore[index,call-overload]
