"""Checks HMAC signatures of what a service delivers; pure, and in constant time."""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Iterable, Sequence
from functools import lru_cache

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
    if body.__class__ is not bytes:
        body = exact(body)
    started = [_started(keys)] if keys.__class__ is str else _all_started(keys)
    given = [_digest(text) for text in signatures]
    fits = False
    for start in started:
        mac = start.copy()
        mac.update(body)
        expected = mac.digest()
        for digest in given:
            fits |= hmac.compare_digest(digest or b"", expected)
    if fits:
        return
    if not given:
        raise SignatureError("the delivery is unsigned")
    if not any(given):
        raise SignatureError("the signature is malformed: no base64 of 32 bytes")
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


def _all_started(keys: str | Sequence[str]) -> list[hmac.HMAC]:
    if isinstance(keys, str):
        return [_started(keys)]
    if isinstance(keys, (bytes, bytearray, memoryview)) or not isinstance(keys, (list, Sequence)):
        raise ConfigError("the keys must be a text or a list of texts")
    if not keys:
        raise ConfigError("no key is given; without one nothing can be trusted")
    for key in keys:
        if not isinstance(key, str):
            raise ConfigError(f"a key must be a text, not {type(key).__name__}")
    return [_started(key) for key in keys]


# The first two of its rounds are the key's alone, and the same for every delivery.
@lru_cache(maxsize=32)
def _started(key: str) -> hmac.HMAC:
    if not key:
        raise ConfigError("a key is empty: whoever knows that could sign")
    try:
        return hmac.new(key.encode(), digestmod="sha256")
    except UnicodeEncodeError:
        raise ConfigError("a key holds what UTF-8 cannot say") from None


def _digest(text: str) -> bytes | None:
    try:
        digest = binascii.a2b_base64(text.strip(), strict_mode=True)
    except (ValueError, AttributeError):
        return None
    return digest if len(digest) == _SIZE else None
