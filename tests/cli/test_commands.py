"""What the small commands say where there is nothing, or something in the way."""

import json
from pathlib import Path

import pandas as pd
import pytest

from qpilot import pilotfile
from qpilot.record.home import Home
from tests.cli.conftest import Call


def test_init_looks_at_its_place_before_the_rows(tmp_path: Path, call: Call) -> None:
    none = tmp_path / "none.csv"
    (tmp_path / "there.toml").write_text("mine")
    for out, said in (
        (tmp_path, "is a folder; name a file with --out"),
        (tmp_path / "no" / "pilot.toml", "no such folder"),
        (tmp_path / "there.toml", "--force overwrites it"),
    ):
        done = call("init", none, "--target", "label", "--out", out)
        assert done.code == 2
        assert said in done.line
    assert (tmp_path / "there.toml").read_text() == "mine"


def test_every_listing_answers_one_object_in_a_home_without_anything(call: Call, home: Path) -> None:
    for command, answer in (
        ("status", {"runs": []}),
        ("models", {}),
        ("verify", {"whole": True, "findings": [], "head": f"0:{'0' * 64}"}),
    ):
        done = call(command, "--json")
        assert (done.code, json.loads(done.out)) == (0, answer)
    assert call("status", "none").code == 1, "no run of that name, though there is no home either"
    assert not home.exists(), "looking made a home"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("prune",), 2, "name the runs to prune"),
        (("prune", "mine-12345678-1"), 1, "unknown run"),
        (("report", "mine-12345678-1"), 1, "unknown run"),
        (("status", "mine-12345678-1"), 1, "unknown run"),
        (("verify", "mine-12345678-1"), 1, "unknown run"),
        (("frobnicate",), 2, "Unknown command"),
        (("lint",), 2, "requires an argument"),
        (("lint", "a.toml", "b.toml"), 2, "Unused Tokens"),
    ],
)
def test_a_wrong_word_is_said(words: tuple[str, ...], code: int, said: str, call: Call, home: Path) -> None:
    home.mkdir()
    done = call(*words, "--json") if words[0] != "prune" else call(*words)
    assert done.code == code
    assert said in done.line


def test_names_with_brackets_quotes_and_other_scripts_pass_from_init_to_lint(
    tmp_path: Path, rows: pd.DataFrame, call: Call
) -> None:
    names = {"a": "[bold]a[/]", "b": 'b "x"', "c": "größe µm", "d": "d]]", "label": "[red]クラス"}
    odd = rows.rename(columns=names)
    odd[names["label"]] = odd[names["label"]].map({"yes": "[/]да", "no": "[bold]no"})
    odd.to_csv(tmp_path / "odd rows.csv", index=False)
    out = tmp_path / "odd.toml"
    done = call("init", tmp_path / "odd rows.csv", "--target", names["label"], "--out", out)
    assert done.code == 0, done.err
    assert names["label"] == pilotfile.read(out).pilot.data.target
    done = call("lint", out, "--json")
    assert done.code in (0, 4), done.err
    assert "features" in json.loads(done.out.splitlines()[-1])


def test_a_run_that_may_be_continued_keeps_its_folder(home: Path, call: Call) -> None:
    Home(home).run("mine-12345678-1").write("pilot.toml", "")
    done = call("prune", "mine-12345678-1")
    assert done.code == 1
    assert "has not ended and needs its folder" in done.line
    assert Home(home).runs() == ("mine-12345678-1",)


def test_debug_shows_where_and_ends_as_it_would_without(call: Call, tmp_path: Path) -> None:
    for words, code in ((("lint", tmp_path / "none.toml"), 2), (("status", "none"), 1), (("status", "--none"), 2)):
        plain, debugged = call(*words), call(*words, "--debug")
        assert (plain.code, debugged.code) == (code, code)
        assert "Traceback" not in plain.err
        assert ("Traceback" in debugged.err) == (words[1] != "--none")
        assert debugged.err.endswith(plain.err), "the sentence comes last"
