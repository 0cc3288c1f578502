"""The ed25519 key a home signs with, and the public keys that are trusted.

The key is QPILOT_HOME/keys/signing.pem, made when first used, or the PEM file that QPILOT_SIGNING_KEY names.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from qpilot.errors import QpilotError

VARIABLE = "QPILOT_SIGNING_KEY"
_REQUIRED = "required: a PEM file with an ed25519 key, as `openssl genpkey -algorithm ed25519` writes it"

Trusted = Mapping[str, Ed25519PublicKey]
"""keyid -> public key."""


def keyid(public: Ed25519PublicKey) -> str:
    """sha256 (hex) of the raw 32 bytes of a public key: what names it in signatures."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()


def pem(public: Ed25519PublicKey) -> str:
    """The public key as PEM text."""
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass(frozen=True)
class Signer:
    """What signs for a home. Touches nothing until used: the key is made on the first signature, by one process alone."""

    home: Path

    @property
    def path(self) -> Path:
        """Where the private key lies, or will lie."""
        given = os.environ.get(VARIABLE)
        return Path(given).absolute() if given else self.home / "keys" / "signing.pem"

    @property
    def given(self) -> bool:
        """Whether the key is one QPILOT_SIGNING_KEY names, not the home's own."""
        return bool(os.environ.get(VARIABLE))

    def sign(self, data: bytes) -> tuple[str, str]:
        """(keyid, signature of `data` in base64). Raises QpilotError where the key is missing or is none."""
        private, identity = self._key()
        return identity, base64.b64encode(private.sign(data)).decode()

    def made(self) -> Ed25519PublicKey:
        """The public key, made now where there was none. Raises QpilotError like `sign`."""
        return self._key()[0].public_key()

    def public(self) -> Ed25519PublicKey | None:
        """The public key; None where the home's key was not made yet."""
        if not self.given and not self.path.is_file():
            return None
        return self._key()[0].public_key()

    def _key(self) -> tuple[Ed25519PrivateKey, str]:
        path = self.path
        if not self.given and not path.is_file():
            _make(path)
        try:
            stat = path.stat()
            return _load(path, (stat.st_ino, stat.st_mtime_ns, stat.st_size))
        except OSError as error:
            named = f", named by {VARIABLE}" if self.given else ""
            raise QpilotError(f"cannot read the signing key {path}{named}: {error.strerror}; {_REQUIRED}") from error


def verifies(trusted: Trusted, identity: str, signature: str, data: bytes) -> bool:
    """Whether `signature` (base64) over `data` is by the key `identity`, and that key is trusted."""
    public = trusted.get(identity)
    if public is None:
        return False
    try:
        raw = base64.b64decode(signature, validate=True)
        public.verify(raw, data)
    except (InvalidSignature, ValueError):
        return False
    return base64.b64encode(raw).decode() == signature  # base64 has spare bits, in which a change would not show


def trusted(files: Iterable[Path]) -> dict[str, Ed25519PublicKey]:
    """The keys in `files` (PEM, public or private). Raises QpilotError where one holds none."""
    keys = [public_key(_bytes(path), str(path)) for path in files]
    return {keyid(key): key for key in keys}


def public_key(data: bytes, where: str) -> Ed25519PublicKey:
    """The public key in PEM `data`, or that of the private key in it. Raises QpilotError naming `where` for anything else."""
    try:
        found = load_pem_private_key(data, None).public_key() if b"PRIVATE" in data else load_pem_public_key(data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise QpilotError(f"{where} holds no key that can be read; {_REQUIRED}") from error
    if not isinstance(found, Ed25519PublicKey):
        raise QpilotError(f"{where} holds a key of another kind; {_REQUIRED}")
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise QpilotError(f"cannot read the key {path}: {error.strerror}; {_REQUIRED}") from error


@lru_cache(maxsize=16)
def _load(path: Path, _state: tuple[int, int, int]) -> tuple[Ed25519PrivateKey, str]:
    """The key in the file as it is now, and its keyid."""
    try:
        found = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise QpilotError(f"{path} holds no private key that can be read without a password; {_REQUIRED}") from error
    if not isinstance(found, Ed25519PrivateKey):
        raise QpilotError(f"{path} holds a key of another kind; {_REQUIRED}")
    return found, keyid(found.public_key())


def _make(path: Path) -> None:
    """A key lies at `path`: ours, or that of the process that was faster. Whole or absent, readable by its owner alone."""
    data = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            _link(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise QpilotError(
            f"cannot make the signing key {path}: {error.strerror}; make the folder writable, or name a key with {VARIABLE}"
        ) from error


def _link(part: Path, path: Path) -> None:
    # A link, not a rename: a rename would replace the key another process has signed with already.
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
