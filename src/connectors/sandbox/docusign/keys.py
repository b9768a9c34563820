"""The key pair of the integration: made once, when somebody first wants it."""

from __future__ import annotations

import base64
import binascii
import functools
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


@functools.cache
def key_pair(number: int = 0) -> rsa.RSAPrivateKey:
    """A key pair; the same number gives the same one as long as the process lives."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def pem(number: int = 0) -> str:
    """The private key as the vendor shows it, once."""
    return (
        key_pair(number)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        .decode()
    )


def read_assertion(text: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes] | None:
    """Header, claims, what was signed and the signature of a compact JWT; None where it is none."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    try:
        head, claims = (json.loads(_decode(part)) for part in parts[:2])
        signature = _decode(parts[2])
    except (binascii.Error, ValueError):
        return None
    if not isinstance(head, dict) or not isinstance(claims, dict):
        return None
    return head, claims, f"{parts[0]}.{parts[1]}".encode(), signature


def signed_by(number: int, message: bytes, signature: bytes) -> bool:
    """Whether the signature is of one of our keys (RS256)."""
    try:
        key_pair(number).public_key().verify(
            signature, message, padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return False
    return True


def _decode(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
