"""A signed approval is by the person it names, over this request and these dollars, and by nobody and nothing else."""

import base64
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as elliptic
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from qpilot.approval import Answer, approve, granted, reject
from qpilot.approval.signing import sign, text
from qpilot.errors import QpilotError
from tests.approval.asking import RUN, Asking, at, payload, yes

SIGNED = ('approval.identity="signed"', 'approval.approvers=["Ada", "Bob"]')
KEYS = {name: Ed25519PrivateKey.from_private_bytes(bytes([place] * 32)) for place, name in enumerate(("Ada", "Bob"), 1)}


def public(key, form: str = "ssh") -> str:
    if form == "ssh":
        return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private(key, form: str = "ssh", lock: str = "") -> bytes:
    locked = BestAvailableEncryption(lock.encode()) if lock else NoEncryption()
    shape = PrivateFormat.OpenSSH if form == "ssh" else PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, shape, locked)


@pytest.fixture
def run(tmp_path):
    (tmp_path / "approvers.toml").write_text(
        f'ada = "{public(KEYS["Ada"])} ada@example.org"\nBob = """\n{public(KEYS["Bob"], "pem")}"""\n'
    )
    made = Asking.of(tmp_path, *SIGNED)
    made.ask()
    return made


def signature(run, name: str, usd: str = "50", form: str = "ssh") -> str:
    place = run.home.path / f"{name}.key"
    place.write_bytes(private(KEYS[name], form))
    return sign(run.ask(), Decimal(usd), place)


@pytest.mark.parametrize(("name", "form"), [("Ada", "ssh"), ("Ada", "pem"), ("Bob", "ssh"), ("Bob", "pem")])
def test_either_form_of_key_signs_for_its_owner(run, name, form):
    said = signature(run, name, "50.00", form)
    found = approve(run.home, RUN, yes(name, "50", signature=f" {said[:40]}\n{said[40:]} "), at(1))
    assert (found.state, granted(run.home.journal, RUN, payload().digest, at(1)).names) == ("approved", (name,))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda run: yes("Ada"), "has to be signed"),
        (lambda run: yes("Ada", signature="  "), "has to be signed"),
        (lambda run: yes("Ada", signature="nonsense"), "the signature is not by 'Ada'"),
        (lambda run: yes("Ada", signature=base64.b64encode(bytes(64)).decode()), "is not by 'Ada'"),
        (lambda run: yes("Ada", signature=signature(run, "Bob")), "is not by 'Ada'"),
        (lambda run: yes("Ada", "51", signature=signature(run, "Ada")), r"and \$51; sign anew"),
        (lambda run: yes("Mallory", signature=signature(run, "Ada")), "may not answer"),
    ],
)
def test_everything_else_is_refused(run, answer, said):
    given = answer(run)
    before = run.home.journal.head()
    with pytest.raises(QpilotError, match=said):
        approve(run.home, RUN, given, at(1))
    assert run.home.journal.head() == before


def test_a_signature_holds_for_one_request(run):
    said = signature(run, "Ada")
    run.ask(1, shots=200)
    with pytest.raises(QpilotError, match="is not by 'Ada'"):
        approve(run.home, RUN, yes("Ada", signature=said), at(2))
    run.ask(3)  # as it was, but another request
    with pytest.raises(QpilotError, match="is not by 'Ada'"):
        approve(run.home, RUN, yes("Ada", signature=said), at(4))


def test_equal_dollars_are_signed_equally_and_others_are_not(run):
    request = run.ask()
    assert text(request, Decimal("100")) == text(request, Decimal("1E+2")) == text(request, Decimal("100.00"))
    assert text(request, Decimal("100")) == f"qpilot approve {RUN} {request.digest} 100".encode()
    assert text(request, Decimal("0.1")) != text(request, Decimal("0.01"))


def test_a_rejection_needs_no_key(run):
    assert reject(run.home, RUN, Answer("Ada"), at(1)).state == "rejected"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "approvers.toml is missing"),
        ("", "unknown approver 'Ada'; known: none yet"),
        ("Ada = ", "cannot be read"),
        ("Ada = 3", "it is no text"),
        ('Ada = "ssh-ed25519 nonsense"', "required: an ed25519 public key"),
        ('Ada = "-----BEGIN PUBLIC KEY-----"', "required: an ed25519 public key"),
        (f'Ada = """{public(elliptic(SECP256R1()), "pem")}"""', "a key of another kind"),
        (f'Ada = "{public(KEYS["Ada"])}"\nADA = "{public(KEYS["Bob"])}"', "the name is there twice"),
        (f'Ada = "{public(KEYS["Ada"])}"\nBob = """{public(KEYS["Ada"], "pem")}"""', "two names would be one person"),
    ],
)
def test_a_bad_list_of_approvers_says_so(run, content, said):
    given = yes("Ada", signature=signature(run, "Ada"))
    place = run.home.path / "approvers.toml"
    place.unlink() if content is None else place.write_text(content)
    with pytest.raises(QpilotError, match=said):
        approve(run.home, RUN, given, at(1))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no private key"),
        (private(KEYS["Ada"], "pem", lock="secret"), "locked with a passphrase"),
        (private(elliptic(SECP256R1()), "pem"), "no ed25519 key"),
        (public(KEYS["Ada"]).encode(), "holds no private key"),
        (None, "holds no private key"),
    ],
)
def test_a_key_file_without_a_usable_key_says_so(run, tmp_path, content, said):
    place = tmp_path / "key"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(QpilotError, match=said) as error:
        sign(run.ask(), Decimal(1), place)
    assert "\n" not in str(error.value)


def test_where_names_are_stated_no_signature_is_made(tmp_path):
    run = Asking.of(tmp_path)
    with pytest.raises(QpilotError, match="takes a stated name"):
        sign(run.ask(), Decimal(1), tmp_path / "key")
