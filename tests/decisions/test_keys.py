"""The signing key: made once, whole, private; and what is no key is said to be none."""

import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from qpilot.decisions.keys import Signer, keyid, pem, public_key, trusted, verifies
from qpilot.errors import QpilotError
from tests.read_only import read_only

PEM = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(autouse=True)
def own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QPILOT_SIGNING_KEY", raising=False)


def signed(home: Path) -> tuple[str, str]:
    return Signer(home).sign(b"words")


def test_looking_makes_no_key(tmp_path):
    assert Signer(tmp_path).public() is None
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path):
    signer = Signer(tmp_path)
    identity, signature = signer.sign(b"words")
    assert (identity, signature) == Signer(tmp_path).sign(b"words")
    assert stat.S_IMODE(signer.path.stat().st_mode) == 0o600
    assert [path.name for path in signer.path.parent.iterdir()] == ["signing.pem"]
    keys = trusted([signer.path])
    assert [*keys] == [identity] == [keyid(signer.public())]
    assert verifies(keys, identity, signature, b"words")
    assert not verifies(keys, identity, signature, b"other words")
    assert not verifies({}, identity, signature, b"words")
    assert not verifies(keys, identity, "no base64", b"words")


def test_processes_that_make_it_at_once_have_one_key(tmp_path):
    with ProcessPoolExecutor(4) as pool:
        assert len(set(pool.map(signed, [tmp_path] * 12))) == 1


def test_a_key_from_elsewhere_is_used_and_none_is_made(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere.pem"
    private = Ed25519PrivateKey.generate()
    elsewhere.write_bytes(private.private_bytes(*PEM))
    monkeypatch.setenv("QPILOT_SIGNING_KEY", str(elsewhere))
    assert signed(tmp_path / "home")[0] == keyid(private.public_key())
    assert not (tmp_path / "home").exists()
    assert public_key(pem(private.public_key()).encode(), "text") == private.public_key()


def test_a_key_replaced_on_disk_is_the_one_that_signs(tmp_path):
    before = signed(tmp_path)
    Signer(tmp_path).path.unlink()
    assert signed(tmp_path) != before


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "cannot read the signing key .*missing.pem, named by QPILOT_SIGNING_KEY"),
        (b"", "holds no private key that can be read"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no private key that can be read"),
        (X25519PrivateKey.generate().private_bytes(*PEM), "holds a key of another kind"),
        (
            Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
            ),
            "without a password",
        ),
    ],
)
def test_what_is_no_key_is_said_to_be_none(tmp_path, monkeypatch, data, said):
    path = tmp_path / "missing.pem"
    if data is not None:
        path.write_bytes(data)
    monkeypatch.setenv("QPILOT_SIGNING_KEY", str(path))
    with pytest.raises(QpilotError, match=said):
        Signer(tmp_path).sign(b"words")
    with pytest.raises(QpilotError, match="required: a PEM file with an ed25519 key"):
        trusted([path])


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    with read_only(tmp_path) as copy, pytest.raises(QpilotError, match="cannot make the signing key"):
        Signer(copy / "home").sign(b"words")
