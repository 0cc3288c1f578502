"""`approve`, `reject` and `sign` as a shell sees them: a line, an exit code, one object with --json."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from flows.cli import main
from qpilot import pilotfile
from qpilot.approval import granted, standing
from qpilot.runs import lifetime
from qpilot.runs.status import standings
from qpilot.runs.summary import Summary
from tests.approval.asking import ROOT, RUN, Asking, payload


@pytest.fixture
def asking(tmp_path, monkeypatch, capsys):
    """A run that waits for a person now, and the command line in its home."""
    monkeypatch.setenv("QPILOT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)

    def made(*settings: str) -> Asking:
        run = Asking.of(tmp_path, *settings, "approval.expires_hours=8000")
        text = pilotfile.read(ROOT / "pilots" / "planted" / "pilot.toml", settings).text
        run.home.run(RUN).write("pilot.toml", text)
        run.ask()
        lifetime.end(
            run.home.journal,
            Summary(run=RUN, outcome="AWAITING_APPROVAL"),
            False,
            lifetime.started(run.home.journal, RUN),
        )
        return run

    return made


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return int(str(stopped.value.code)), said.out.strip(), said.err.strip()


def test_approved_from_the_shell(asking, capsys):
    run = asking()
    words = ("approve", RUN, "--max-usd", "120", "--approver", "Ada", "--digest", run.ask().short, "--note", "go")
    code, out, err = call(capsys, *words)
    assert (code, err) == (0, "")
    assert "may spend $120.00 until" in out
    assert "run its pilot again to go on" in out
    found = standing(run.home.journal, RUN)
    assert (found.state, found.approvals[0].max_usd, found.approvals[0].note) == ("approved", Decimal(120), "go")
    assert "approved by Ada up to $120.00" in standings(run.home, RUN)[0].reason
    code, _, err = call(capsys, *words)
    assert (code, err.count("\n")) == (1, 0)
    assert "was approved by Ada before" in err


def test_rejected_from_the_shell_the_run_has_ended(asking, capsys):
    run = asking()
    code, out, _ = call(capsys, "reject", RUN, "--approver", "Ada", "--note", "too dear", "--json")
    told = json.loads(out.splitlines()[-1])
    assert (code, told["state"], told["run"]) == (0, "rejected", RUN)
    final = lifetime.final(run.home.journal, RUN, explore=False)
    assert (final.outcome, final.exit_code, final.reason) == ("REJECTED", 3, "rejected by Ada: too dear")
    assert "too dear" in run.home.run(RUN).report.read_text()
    assert call(capsys, "approve", RUN, "--max-usd", "1", "--approver", "Bob")[0] == 1


def test_a_run_that_is_at_work_ends_itself(asking, capsys):
    run = asking()
    with run.home.lock("wine", RUN, lifetime.started(run.home.journal, RUN)):
        code, out, _ = call(capsys, "reject", RUN, "--approver", "Ada", "--note", "no")
    assert (code, lifetime.final(run.home.journal, RUN, explore=False)) == (0, None)
    assert "the process that works on it ends it" in out


def test_signed_from_the_shell(asking, capsys, tmp_path):
    key = Ed25519PrivateKey.generate()
    place = tmp_path / "key"
    place.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    text = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    (tmp_path / "approvers.toml").write_text(f'Ada = "{text}"\n')
    run = asking('approval.identity="signed"', 'approval.approvers=["Ada"]')
    assert "has to be signed" in call(capsys, "approve", RUN, "--max-usd", "9", "--approver", "Ada")[2]
    code, signature, _ = call(capsys, "sign", RUN, "--max-usd", "9", "--key", place)
    assert (code, len(signature)) == (0, 88)
    assert call(capsys, "approve", RUN, "--max-usd", "9.00", "--approver", "Ada", "--key", place)[0] == 0
    approval = standing(run.home.journal, RUN).approvals[0]
    assert (approval.signature, granted(run.home.journal, RUN, payload().digest, approval.at).max_usd) == (signature, 9)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("approve", RUN, "--max-usd", "ten", "--approver", "Ada"), 2, "max-usd"),
        (("approve", RUN, "--approver", "Ada"), 2, "max-usd"),
        (("approve", RUN, "--max-usd", "-1", "--approver", "Ada"), 1, "above 0"),
        (("approve", RUN, "--max-usd", "1"), 2, "approver"),
        (("approve", "nobody-1", "--max-usd", "1", "--approver", "Ada"), 1, "unknown run"),
        (("approve", RUN, "--max-usd", "1", "--approver", "Ada", "--key", "none"), 1, "takes a stated name"),
        (("reject", RUN, "--approver", "Ada"), 2, "note"),
        (("reject", "nobody-1", "--approver", "Ada", "--note", "no"), 1, "unknown run"),
        (("sign", RUN, "--max-usd", "1", "--key", "none"), 1, "takes a stated name"),
    ],
)
def test_bad_words_are_one_line(asking, capsys, words, code, said):
    run = asking()
    before = run.home.journal.head()
    ended, _, err = call(capsys, *words)
    assert (ended, len(err.splitlines())) == (code, 1)
    assert said in err
    assert run.home.journal.head() == before


def test_lint_names_approvers_without_a_key(asking, capsys, tmp_path):
    pilot = Path(ROOT / "pilots" / "planted" / "pilot.toml")
    signed = ("--set", 'approval.identity="signed"', "--set", 'approval.approvers=["Ada", "Bob"]')
    assert "approvers.toml is missing" in call(capsys, "lint", pilot, *signed)[1]
    key = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    (tmp_path / "approvers.toml").write_text(f'ada = "{key}"\n')
    assert "has no key of Bob (approval.approvers)" in call(capsys, "lint", pilot, *signed)[1]
    assert "approvers" not in call(capsys, "lint", pilot)[1]
    never = ("--set", 'approval.when="never"', "--set", 'hardware.backend="braket"')
    assert "nobody is asked before iqm-garnet is charged" in call(capsys, "lint", pilot, *never)[1]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (('approval.identity="signed"',), "needs approvers"),
        (("approval.four_eyes=true", 'approval.approvers=["Ada"]'), "two names or more"),
        (('approval.approvers=["Ada", " ada "]',), "somebody twice"),
        (('approval.approvers=["a/b"]',), "holds '/'"),
        (('approval.approvers=[" "]',), "blank"),
        (("approval.expires_hours=0",), "greater than 0"),
    ],
)
def test_a_policy_that_nobody_could_meet_is_refused(asking, capsys, settings, said):
    words = [word for one in settings for word in ("--set", one)]
    code, _, err = call(capsys, "lint", ROOT / "pilots" / "planted" / "pilot.toml", *words)
    assert code == 2
    assert said in err
