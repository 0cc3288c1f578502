"""Every change to a record is found: whoever makes it, whatever hashes are made anew, unless they have the key."""

import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from qpilot.decisions.attestation import DECISIONS
from qpilot.decisions.keys import VARIABLE, pem
from qpilot.errors import QpilotError
from qpilot.record.home import Home
from qpilot.verification import Finding, head_of, verify
from tests.decisions.forger import EDITS, Forger
from tests.lived import Lived, lived

EACH = 14


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """A record whose key lies elsewhere, as it has to where others can write the home."""
    place = tmp_path_factory.mktemp("whole")
    key = place / "key.pem"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(key)
    yield lived(place / "home")
    os.environ.pop(VARIABLE)
    if before is not None:
        os.environ[VARIABLE] = before


@pytest.fixture
def copied(whole: Lived, tmp_path: Path) -> Callable[[], Home]:
    """What makes a copy of the record, as it was, in the same folder each time."""
    copy = tmp_path / "copy"

    def again() -> Home:
        was, now = contents(whole.home.path), contents(copy)
        for place in sorted(now.keys() - was.keys(), reverse=True):
            (copy / place).rmdir() if now[place] is None else (copy / place).unlink()
        for place in sorted(was.keys()):
            if was[place] is None:
                (copy / place).mkdir(exist_ok=True)
            elif was[place] != now.get(place):
                shutil.copy2(whole.home.path / place, copy / place)
        return Home(copy)

    return again


def contents(folder: Path) -> dict[str, tuple[int, ...] | None]:
    """Every place in a folder, itself included -> size and times of a file as the system kept them, None of a folder."""
    if not folder.is_dir():
        return {}
    found = {str(path.relative_to(folder)): path.lstat() for path in (folder, *folder.rglob("*"))}
    return {place: None if S_ISDIR(stat.st_mode) else (stat.st_size, stat.st_mtime_ns) for place, stat in found.items()}


def test_a_record_that_nobody_changed_has_no_finding(whole: Lived) -> None:
    assert verify(whole.home) == ()
    assert [verify(whole.home, run) for run in (whole.run, *whole.others)] == [()] * 4
    kinds = Counter(entry.kind for entry in whole.home.journal.entries())
    assert set(DECISIONS) <= set(kinds), "the record holds a decision of every kind"


@pytest.mark.timeout(900)
def test_every_change_is_found(copied: Callable[[], Home]) -> None:
    foreign, found = Ed25519PrivateKey.generate(), Counter[str]()
    missed = []
    for kind, edit in EDITS.items():
        for seed in range(EACH):
            home = copied()
            said = edit(Forger(home, random.Random(f"{kind} {seed}"), foreign))
            if verify(home):
                found[kind] += 1
            else:
                missed.append(f"{kind}, seed {seed}: {said}")
    sys.stdout.write("".join(f"\n{found[kind]:3} of {EACH} found  {kind}" for kind in EDITS))
    assert missed == []
    assert found.total() >= 500


def test_what_a_foreign_key_signed_is_found_by_whoever_names_the_true_one(
    whole: Lived, copied: Callable[[], Home]
) -> None:
    """Also where nothing of the home can be relied on, its own key included."""
    home, foreign = copied(), Ed25519PrivateKey.generate()
    true = home.path.parent / "true.pem"
    true.write_text(pem(whole.home.signer.made()))
    assert verify(home, trust=[true]) == ()
    EDITS["foreign key: edit"](Forger(home, random.Random(1), foreign))
    theirs = home.path.parent / "theirs.pem"
    theirs.write_text(pem(foreign.public_key()))
    assert verify(home, trust=[theirs]) == (), "a forger's key vouches for a forger's record"
    assert verify(home, trust=[true]) != ()


def test_an_earlier_state_put_back_is_found_against_a_head_kept_elsewhere(copied: Callable[[], Home]) -> None:
    home = copied()
    earlier = Path(shutil.copytree(home.path, home.path.parent / "earlier", dirs_exist_ok=True))
    home.journal.append("limit", "team/1", {"usd": "100"}, datetime(2026, 3, 2, tzinfo=UTC))
    kept = head_of(str(home.journal.head()))
    assert verify(home, head=kept) == ()
    assert verify(Home(earlier)) == (), "the home alone cannot tell"
    assert verify(Home(earlier), head=kept) == (
        Finding(
            "journal",
            f"journal entry {kept.seq}, anchored in the head that was given, is gone: the journal was cut short",
        ),
    )


@pytest.mark.parametrize("text", ["", "3", "3:", "x:" + "0" * 64, "3:" + "G" * 64, "-1:" + "0" * 64, "²:" + "0" * 64])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(QpilotError, match="required: SEQ:SHA256"):
        head_of(text)
