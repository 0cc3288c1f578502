"""home.toml: what it may say, and one line where it says something else."""

from pathlib import Path

import pytest

from qpilot.errors import UsageError
from qpilot.record import settings
from qpilot.record.home import Home
from qpilot.record.settings import Settings, Storage


def test_without_a_file_everything_lies_in_the_home(tmp_path):
    home = Home(tmp_path / "none")
    assert home.settings == Settings()
    assert home.journal.where == str(tmp_path / "none" / "journal.db")
    assert home.artifacts.where == tmp_path / "none" / "artifacts"


def test_the_file_names_the_stores(tmp_path):
    (tmp_path / "home.toml").write_text(
        'journal = "postgresql+pg8000://ada@db.example:5433/qpilot"\nartifacts = "s3://bucket/team"\n'
        '[storage]\nendpoint_url = "https://s3.example"\nregion = "eu-north-1"\n'
    )
    home = Home(tmp_path)
    assert home.journal.where == "postgresql+pg8000://ada@db.example:5433/qpilot"
    assert home.artifacts.where == "s3://bucket/team"
    assert home.artifacts.options == {"endpoint_url": "https://s3.example", "region": "eu-north-1"}
    assert home.settings.storage == Storage(endpoint_url="https://s3.example", region="eu-north-1")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("journal = ", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        ('journals = "x"', "unknown key 'journals'; known: artifacts, journal, storage"),
        ("journal = 3", "journal: Input should be a valid string"),
        ("storage = 3", "storage: Input should be a valid dictionary"),
        (
            '[storage]\nsecret = "hush"',
            r"unknown key 'secret'; known: endpoint_url, profile, region; credentials belong",
        ),
        ('journal = "postgresql://u:hush@h/d"', "holds a password"),
        ('journal = "sqlite:///x.db"', "known: postgresql, postgresql.pg8000"),
        ('artifacts = "s3://key:hush@bucket"', "holds credentials"),
        ('artifacts = "s3://bucket?key=hush"', "holds credentials or parameters"),
        ('artifacts = "memory://a"', r"PROTOCOL one of abfs, file, gs, s3"),
        ('artifacts = "/plain/path"', "is no store"),
        ('artifacts = "filecache::s3://b"', "is no store"),
        ('artifacts = "s3::http://evil"', "is no store"),
        ('artifacts = "reference://b"', "is no store"),
        ('artifacts = "python://b"', "is no store"),
        ('artifacts = "http://b"', "is no store"),
        ('artifacts = "ssh://u:hush@h/x"', "is no store"),
    ],
)
def test_anything_else_is_one_line_that_names_the_file_and_no_secret(tmp_path, text, sentence):
    path = tmp_path / "home.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=sentence) as caught:
        settings.read(tmp_path)
    said = str(caught.value)
    assert said.startswith(f"{path}")
    assert "\n" not in said
    assert "hush" not in said
    assert caught.value.exit_code == 2


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path):
    (tmp_path / "home.toml").mkdir()
    with pytest.raises(UsageError, match=r"home\.toml cannot be read"):
        settings.read(tmp_path)
