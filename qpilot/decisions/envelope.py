"""DSSE envelopes: bytes of a stated type, signed so that neither can be changed.

https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
"""

import base64
import json

from pydantic import JsonValue

from qpilot.decisions.keys import Signer, Trusted, verifies
from qpilot.errors import QpilotError


class Unsigned(QpilotError):  # noqa: N818 - what a finding of `verify` says
    """An envelope that is not one, or whose signature is not by a key that is trusted."""


def pae(kind: str, data: bytes) -> bytes:
    """The pre-authentication encoding of `data` of type `kind`: what is signed."""
    return b"DSSEv1 %d %b %d %b" % (len(kind.encode()), kind.encode(), len(data), data)


def seal(kind: str, data: bytes, signer: Signer | None) -> dict[str, JsonValue]:
    """The envelope of `data`, signed by the home's key; without a signer it has no signature, which `verify` finds."""
    signatures: list[JsonValue] = []
    if signer is not None:
        identity, signature = signer.sign(pae(kind, data))
        signatures.append({"keyid": identity, "sig": signature})
    return {"payload": base64.b64encode(data).decode(), "payloadType": kind, "signatures": signatures}


def opened(envelope: object, kind: str, trusted: Trusted) -> bytes:
    """The bytes in an envelope as `seal` makes it. Raises Unsigned where it is none, of another type, or not signed by a
    trusted key; a second signature, or any other addition, is refused too.
    """
    data, identity, signature = parts(envelope, kind)
    if identity not in trusted:
        raise Unsigned(f"it is signed by key {identity[:16]}, which is not trusted here")
    if not verifies(trusted, identity, signature, pae(kind, data)):
        raise Unsigned(f"its signature is not what key {identity[:16]} signed")
    return data


def parts(envelope: object, kind: str) -> tuple[bytes, str, str]:
    """(bytes, keyid, signature) of an envelope, nothing verified. Raises Unsigned where it is none."""
    try:
        if not isinstance(envelope, dict) or set(envelope) != {"payload", "payloadType", "signatures"}:
            raise ValueError("no envelope")
        (one,) = envelope["signatures"]
        data = base64.b64decode(envelope["payload"], validate=True)
        identity, signature = one["keyid"], one["sig"]
        exact = {
            "payload": base64.b64encode(data).decode(),
            "payloadType": kind,
            "signatures": [{"keyid": identity, "sig": signature}],
        }
        if envelope != exact or not isinstance(identity, str) or not isinstance(signature, str):
            raise ValueError("no envelope of this kind")
    except (ValueError, TypeError, KeyError) as error:
        raise Unsigned("it carries no signature that can be read") from error
    return data, identity, signature


def read(data: bytes) -> JsonValue:
    """The JSON value in `data`. Raises Unsigned where it is none."""
    try:
        value: JsonValue = json.loads(data)
    except ValueError as error:
        raise Unsigned("it is no JSON") from error
    return value
