"""A program that the tests need and this machine lacks: said and skipped at home, a failure under CI."""

import pytest

from tests.postgres import binary


def test_a_missing_program_is_a_failure_under_ci_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="needs PostgreSQL, and no no-such-program was found"):
        binary("no-such-program")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="apt-get install postgresql"):
        binary("no-such-program")
