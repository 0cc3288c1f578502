"""A pilot file is data: whatever stands in it, nothing of it is run, and nothing outside the home is written."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main

PILOTS = Path(__file__).parent.parent.parent / "pilots"
CANARY = "canary"
HOSTILE = (
    "__import__('pathlib').Path('canary').touch()",
    "{{ cycler.__init__.__globals__.os.system('touch canary') }}",
    "$(touch canary)",
    "`touch canary`",
    "; touch canary #",
    "!!python/object/apply:os.system ['touch canary']",
    "../../canary",
    "%s%n{0.__class__}",
    "<script>alert(1)</script>",
)


def texts(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where in a pilot's table a text stands."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*place, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from texts(inner, (*place, at))


PLANTED = tomllib.loads((PILOTS / "planted" / "pilot.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("place", sorted(texts(PLANTED), key=str), ids=lambda place: ".".join(map(str, place)))
def test_no_text_of_a_pilot_file_is_run(
    place: tuple[str | int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QPILOT_HOME", str(tmp_path / "home"))
    for text in HOSTILE:
        address = ".".join(map(str, place))
        with pytest.raises(SystemExit) as stopped:
            main(["lint", str(PILOTS / "planted" / "pilot.toml"), "--set", f"{address}={json.dumps(text)}", "--json"])
        said = capsys.readouterr()
        assert stopped.value.code in (0, 1, 2, 4), said.err
        assert "Traceback" not in said.err
        assert not [path for path in tmp_path.rglob("*") if CANARY in path.name]
        assert not (PILOTS / CANARY).exists()


@pytest.mark.parametrize(
    "suite",
    [
        [{"type": "os.system", "kwargs": {"command": "touch canary"}}],
        [{"type": "__class__", "kwargs": {}}],
        [
            {
                "type": "expect_column_values_to_match_regex",
                "kwargs": {"column": "angle_0", "regex": "(?{system('touch canary')})"},
            }
        ],
        [
            {
                "type": "unexpected_rows_expectation",
                "kwargs": {"unexpected_rows_query": "COPY x TO PROGRAM 'touch canary'"},
            }
        ],
    ],
    ids=["function", "attribute", "regex", "query"],
)
def test_no_expectation_of_a_suite_is_run_as_code(
    suite: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qpilot.data.preparing import prepare
    from qpilot.data.stage import validate
    from qpilot.errors import QpilotError
    from qpilot.pilotfile import read

    monkeypatch.chdir(tmp_path)
    (tmp_path / "pilot.toml").write_text((PILOTS / "planted" / "pilot.toml").read_text(encoding="utf-8"))
    (tmp_path / "rows.csv").write_bytes((PILOTS / "planted" / "rows.csv").read_bytes())
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    pilot = read(tmp_path / "pilot.toml", ['data.suite="suite.json"']).pilot
    prepare(pilot.data, tmp_path, pilot.seed)
    failed: tuple[str, ...] = ()
    try:
        _, evidence = validate(pilot, tmp_path, pilot.digest, "code")
        failed = tuple(one.name for one in evidence.expectations if not one.success)
    except QpilotError as error:
        failed = (str(error),)
    assert any("expect" in one for one in failed), "an expectation nobody can hold has not held"
    assert not list(tmp_path.rglob(CANARY))
