"""Checks HMAC signatures of what a service delivers; pure, and in constant time."""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Iterable, Sequence

from ..errors import ConfigError, SignatureError

_SIZE = 32


def check_signature(body: bytes, signatures: Iterable[str], keys: str | Sequence[str]) -> None:
    """Whether one of the signatures is that of one of the keys.

    How long it takes does not tell which key fits, nor how far a forged signature is right.

    Args:
        body: exactly as it came: not decoded, not trimmed, not written anew.
        signatures: base64 texts, as many as came along.
        keys: the secrets that are good now: two while one takes the other's place.

    Raises:
        SignatureError: unsigned, garbled, or signed with no key of these.
        ConfigError: no key, a key that is empty or no text, or a body that is not bytes.
    """
    body = exact(body)
    secrets = _secrets(keys)
    given = list(map(_digest, signatures))
    if not given:
        raise SignatureError("the delivery is unsigned")
    if not any(given):
        raise SignatureError("the signature is malformed: no base64 of 32 bytes")
    fits = False
    for secret in secrets:
        expected = hmac.digest(secret, body, "sha256")
        for digest in given:
            fits |= hmac.compare_digest(digest or b"", expected)
    if not fits:
        raise SignatureError("none of the keys fits the signature")


def exact(body: bytes) -> bytes:
    """A delivery's body, refused where somebody has decoded it already.

    Raises:
        ConfigError: no bytes.
    """
    if type(body) is bytes:
        return body
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise ConfigError("the body must be the bytes as they came, before anything decoded them")
    return bytes(body)


def _secrets(keys: str | Sequence[str]) -> list[bytes]:
    if isinstance(keys, str):
        return [_secret(keys)]
    if isinstance(keys, (bytes, bytearray, memoryview)) or not isinstance(keys, (list, Sequence)):
        raise ConfigError("the keys must be a text or a list of texts")
    if not keys:
        raise ConfigError("no key is given; without one nothing can be trusted")
    return [_secret(key) for key in keys]


def _secret(key: str) -> bytes:
    if not isinstance(key, str):
        raise ConfigError(f"a key must be a text, not {type(key).__name__}")
    if not key:
        raise ConfigError("a key is empty: whoever knows that could sign")
    try:
        return key.encode()
    except UnicodeEncodeError:
        raise ConfigError("a key holds what UTF-8 cannot say") from None


def _digest(text: str) -> bytes | None:
    try:
        digest = binascii.a2b_base64(text.strip(), strict_mode=True)
    except (ValueError, AttributeError):
        return None
    return digest if len(digest) == _SIZE else None
