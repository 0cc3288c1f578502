"""Approvers' signatures: ed25519 over a sentence that names the run, the request's digest and the dollars.

QPILOT_HOME/approvers.toml says whose key is whose: `"Ada Lovelace" = "ssh-ed25519 AAAA..."`, or a PEM public key.
"""

import base64
import binascii
import tomllib
from decimal import Decimal
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

from qpilot.approval.grants import Request
from qpilot.errors import QpilotError, unknown
from qpilot.persons import person
from qpilot.pilot import Approval
from qpilot.record.home import Home

PLACE = "approvers.toml"


def text(request: Request, max_usd: Decimal) -> bytes:
    """What an approver signs; no other statement of qpilot reads like it."""
    return f"qpilot approve {request.run} {request.digest} {max_usd.normalize():f}".encode()


def sign(request: Request, max_usd: Decimal, key: Path) -> str:
    """The signature (base64) by the ed25519 private key in the file.

    Raises QpilotError where it holds none, and where the request takes a stated name: nobody would check it.
    """
    if request.policy.identity == "stated":
        raise QpilotError(
            f"run {request.run} takes a stated name (approval.identity), so no signature is kept; leave the key out"
        )
    return base64.b64encode(private_key(key).sign(text(request, max_usd))).decode()


def require_signed(home: Home, request: Request, name: str, max_usd: Decimal, signature: str) -> None:
    """Nothing, where the request takes a stated name, or that person signed it. Raises QpilotError otherwise."""
    if request.policy.identity == "stated":
        return
    how = (
        f"`qpilot approve {request.run} --max-usd {max_usd} --approver NAME --key FILE`, or `qpilot sign` for the form"
    )
    if not signature.strip():
        raise QpilotError(f"an approval of run {request.run} has to be signed (approval.identity): {how}")
    try:
        raw = base64.b64decode("".join(signature.split()), validate=True)
        public_key(home, name).verify(raw, text(request, max_usd))
    except (binascii.Error, InvalidSignature) as error:
        raise QpilotError(
            f"the signature is not by {name!r} over run {request.run}, request {request.short} and ${max_usd}; sign anew: {how}"
        ) from error


def public_keys(home: Home) -> dict[str, Ed25519PublicKey]:
    """person -> key, as the home's approvers.toml has them. Raises QpilotError where it is missing or has no such keys."""
    place = home.path / PLACE
    try:
        told = tomllib.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise QpilotError(
            f'{place} is missing; it takes a line for each approver: NAME = "ssh-ed25519 AAAA..."'
        ) from error
    except (OSError, ValueError) as error:
        raise QpilotError(f"{place} cannot be read: {error}") from error
    found: dict[str, Ed25519PublicKey] = {}
    for name, key in told.items():
        try:
            who = person(name)
            if who in found:
                raise ValueError("the name is there twice")
            public = _public(key)
            if public in found.values():
                raise ValueError("the key is there twice, so two names would be one person")
            found[who] = public
        except (ValueError, UnsupportedAlgorithm) as error:
            raise QpilotError(
                f"{place}: {name!r}: {error}; required: an ed25519 public key, OpenSSH's or PEM"
            ) from error
    return found


def public_key(home: Home, name: str) -> Ed25519PublicKey:
    """The person's key. Raises QpilotError where the home knows none."""
    found = public_keys(home)
    if person(name) not in found:
        raise QpilotError(
            f"{home.path / PLACE} has no key of that name: {unknown('approver', name, found or ('none yet',))}"
        )
    return found[person(name)]


def unsigned(home: Home, policy: Approval) -> str:
    """Why somebody who should sign cannot; empty where everybody can."""
    if policy.identity == "stated":
        return ""
    try:
        known = public_keys(home)
    except QpilotError as error:
        return str(error)
    missing = [name for name in policy.approvers if person(name) not in known]
    return f"{home.path / PLACE} has no key of {', '.join(missing)} (approval.approvers)" if missing else ""


def private_key(place: Path) -> Ed25519PrivateKey:
    """The key in the file. Raises QpilotError where it is unreadable, locked with a passphrase, or no ed25519 key."""
    try:
        content = place.read_bytes()
        load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in content else load_pem_private_key
        key = load(content, password=None)
    except TypeError as error:
        raise QpilotError(
            f"{place} is locked with a passphrase, which qpilot does not ask for; use a key of its own for approvals"
        ) from error
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise QpilotError(f"{place} holds no private key that can be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise QpilotError(f"{place} holds no ed25519 key; make one: ssh-keygen -t ed25519 -N '' -f FILE")
    return key


def _public(told: object) -> Ed25519PublicKey:
    if not isinstance(told, str):
        raise ValueError("it is no text")
    content = told.strip().encode()
    key = load_pem_public_key(content) if content.startswith(b"-----") else load_ssh_public_key(content)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("it is a key of another kind")
    return key
