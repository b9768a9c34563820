"""Signatures of deliveries: whose they are, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.core.signature import check_signature
from connectors.errors import ConfigError, ConnectorsError, SignatureError

BODY = b'{"event":"envelope-sent"}\r\n '


def signed(body: bytes, key: str) -> str:
    """HMAC as RFC 2104 writes it, of plain SHA-256."""
    secret = key.encode()
    block = (hashlib.sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(x ^ 0x36 for x in block) + body).digest()
    outer = hashlib.sha256(bytes(x ^ 0x5C for x in block) + inner).digest()
    return base64.b64encode(outer).decode()


@pytest.mark.parametrize(
    ("key", "message", "hexadecimal"),
    [
        (
            "Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            "\x0b" * 20,
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
    ],
    ids=["RFC 4231, 2", "RFC 4231, 1"],
)
def test_published_vectors_fit(key: str, message: bytes, hexadecimal: str) -> None:
    digest = bytes.fromhex(hexadecimal)

    check_signature(message, [base64.b64encode(digest).decode()], key)
    assert signed(message, key) == base64.b64encode(digest).decode()


@pytest.mark.parametrize("key", ["k", "clé ńø 鍵", "a" * 200, "c2VjcmV0PT0=", " spaces "])
def test_a_key_is_taken_as_the_text_it_is(key: str) -> None:
    check_signature(BODY, [signed(BODY, key)], key)
    with pytest.raises(SignatureError):
        check_signature(BODY, [signed(BODY, key)], key + " ")


@pytest.mark.parametrize("signatures", [("old", "new"), ("new", "old"), ("new",), ("old",)])
@pytest.mark.parametrize("keys", [("old", "new"), ("new", "old")])
def test_while_keys_change_either_fits_either(
    signatures: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    check_signature(BODY, [signed(BODY, name) for name in signatures], keys)


def test_a_garbled_signature_beside_a_good_one_does_no_harm() -> None:
    check_signature(BODY, ["%%%", signed(BODY, "k"), ""], ["k"])


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_kind_of_bytes_is_read(kind: Any) -> None:
    check_signature(kind(BODY), [signed(BODY, "k")], "k")


@pytest.mark.parametrize(
    "body", [BODY.strip(), BODY[:-1], BODY + b" ", BODY.replace(b"sent", b"Sent"), b""]
)
def test_a_body_that_was_altered_or_cut_is_refused(body: bytes) -> None:
    with pytest.raises(SignatureError, match="none of the keys fits"):
        check_signature(body, [signed(BODY, "k")], ["other", "k"])


def test_what_is_unsigned_is_refused() -> None:
    with pytest.raises(SignatureError, match="unsigned"):
        check_signature(BODY, [], "k")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64!",
        "ć",
        "\ud800",
        signed(BODY, "k")[:-1],
        signed(BODY, "k")[:-4],
        signed(BODY, "k") + "AAAA",
        signed(BODY, "k") + "=",
        signed(BODY, "k").replace("=", ""),
        hashlib.sha256(BODY).hexdigest(),
        base64.b64encode(b"x" * 33).decode(),
        "A" * 1_000_000,
    ],
)
def test_a_signature_that_is_none_is_called_malformed(text: str) -> None:
    with pytest.raises(SignatureError, match="malformed"):
        check_signature(BODY, [text], "k")


@given(st.integers(0, 31), st.integers(1, 255))
def test_a_signature_with_one_byte_changed_is_refused(place: int, change: int) -> None:
    digest = bytearray(base64.b64decode(signed(BODY, "k")))
    digest[place] ^= change

    with pytest.raises(SignatureError, match="none of the keys"):
        check_signature(BODY, [base64.b64encode(digest).decode()], "k")


@pytest.mark.parametrize(
    "keys", [[], "", ["k", ""], (), None, 5, b"k", [b"k"], ["\ud800"], {"k": 1}]
)
def test_keys_that_are_none_are_refused_before_anything_is_compared(keys: Any) -> None:
    with pytest.raises(ConfigError):
        check_signature(BODY, [signed(BODY, "k")], keys)


@pytest.mark.parametrize("body", [BODY.decode(), None, {"event": "x"}, list(BODY)])
def test_a_body_that_was_decoded_is_refused(body: Any) -> None:
    with pytest.raises(ConfigError, match="bytes as they came"):
        check_signature(body, [signed(BODY, "k")], "k")


def test_no_error_holds_a_key_a_signature_or_the_body() -> None:
    secret, body = "s3cr3t-of-mine", b'{"email":"c4n4ry@x.y"}'
    attempts: list[tuple[list[str], Any]] = [
        ([], secret),
        (["%"], secret),
        ([signed(body, "z")], [secret]),
        ([signed(body, secret)], [secret, ""]),
        ([signed(body, secret)], secret.encode()),
    ]
    for signatures, keys in attempts:
        with pytest.raises(ConnectorsError) as raised:
            check_signature(body, signatures, keys)
        for word in ("s3cr3t", "c4n4ry", signed(body, "z")):
            assert word not in str(raised.value) + repr(raised.value)


def test_every_key_is_tried_even_when_the_first_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    import hmac

    seen: list[bytes] = []
    real = hmac.compare_digest

    def compared(left: bytes, right: bytes) -> bool:
        seen.append(left)
        return real(left, right)

    monkeypatch.setattr(hmac, "compare_digest", compared)
    texts = [signed(BODY, "a"), signed(BODY, "b")]

    check_signature(BODY, texts, ["a", "b", "c"])

    assert seen == [base64.b64decode(text) for text in texts] * 3


def test_a_hundred_keys_are_tried_at_once() -> None:
    keys = [f"key {number}" for number in range(100)]
    texts = [signed(BODY, f"account {number}") for number in range(99)] + [signed(BODY, keys[-1])]
    began = time.perf_counter()

    check_signature(BODY, texts, keys)

    assert time.perf_counter() - began < 1


def test_a_key_that_is_no_text_is_refused_whatever_it_is() -> None:
    wrong: list[Any] = [["secret"], {}, None, b"secret"]
    for key in wrong:
        with pytest.raises(ConfigError, match="a key must be a text"):
            check_signature(b"{}", ["x"], [key])
