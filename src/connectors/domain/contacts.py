"""A person's address and name, as both sides can agree on them."""

from __future__ import annotations

import re
import unicodedata

import idna
from attrs import field, frozen

from ..errors import DomainError

NAME_LENGTH = 128
ADDRESS_LENGTH = 254
LOCAL_LENGTH = 64


class InvalidAddress(DomainError):
    """Text that is no e-mail address; the message says why and holds no part of it."""


@frozen
class Address:
    """An e-mail address: as it is written, and as it is compared.

    `key` is NFC, trimmed and lower case, its domain in ASCII (IDNA). Two addresses with one key are
    one address.
    """

    text: str = field(repr=False)
    key: str = field(repr=False)

    @property
    def masked(self) -> str:
        """Enough to recognise it in a report, too little to write to: `an…@example.org`."""
        return mask(self.text)


_ATOM = r"[^\s\"(),:;<>@\[\\\].\x00-\x1f]+"
_LOCAL = re.compile(rf'{_ATOM}(\.{_ATOM})*|"([^"\\\x00-\x1f]|\\.)+"')
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PLAIN_LABEL = rf"(?!..--){_LABEL.pattern}"
_PLAIN_DOMAIN = re.compile(rf"{_PLAIN_LABEL}(\.{_PLAIN_LABEL})+")
"""A domain that is its own ASCII form. IDNA would say the same, at many times the cost."""
_UNPRINTABLE = ("Cc", "Cs")
"""Control characters, and the halves of a surrogate pair, which no UTF-8 text can hold."""


def parse_address(text: str | None) -> Address:
    """Read an address.

    Raises:
        InvalidAddress: no address, or one that no mail server could take.
    """
    trimmed = unicodedata.normalize("NFC", text or "").strip().removesuffix(".")
    if not trimmed:
        raise InvalidAddress("no e-mail address")
    local, at, domain = trimmed.rpartition("@")
    if not at or not local:
        raise InvalidAddress("malformed e-mail address: no name before an @")
    if not _LOCAL.fullmatch(local):
        raise InvalidAddress(
            "malformed e-mail address: a character or dot out of place before the @"
        )
    if _unprintable(local):
        raise InvalidAddress("malformed e-mail address: an unprintable character before the @")
    _check_length(trimmed)
    # Lower case may join letter and accent in one character that upper case does not have.
    key = unicodedata.normalize("NFC", local.lower()) + "@" + _ascii_domain(domain)
    _check_length(key)
    return Address(trimmed, key)


def _check_length(text: str) -> None:
    if len(text) > ADDRESS_LENGTH or len(text.rpartition("@")[0]) > LOCAL_LENGTH:
        raise InvalidAddress("malformed e-mail address: too long")


def _unprintable(text: str) -> bool:
    # What `isprintable` lets pass is in neither category, and it costs next to nothing.
    return not text.isprintable() and any(unicodedata.category(c) in _UNPRINTABLE for c in text)


def _ascii_domain(domain: str) -> str:
    if domain.isascii() and _PLAIN_DOMAIN.fullmatch(plain := domain.lower()):
        return plain
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise InvalidAddress("malformed e-mail address: not a domain after the @") from None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidAddress("malformed e-mail address: not a domain after the @")
    return ascii_domain


def mask(text: str) -> str:
    """Hide the most of an address: two characters of the name stay, never all of it."""
    local, at, domain = text.strip().rpartition("@")
    shown, rest = (local, f"@{domain}") if at else (domain, "")
    return f"{shown[: min(2, len(shown) // 2)]}…{rest}"


def clean_name(text: str | None, *, length: int = NAME_LENGTH) -> tuple[str | None, str | None]:
    """A name both sides can hold, and what was lost on the way (None if nothing).

    Control characters and lone surrogates go, runs of blanks become one, NFC; cut at `length`.
    An empty name is None.
    """
    if text is None:
        return None, None
    kept = text
    if _unprintable(text):
        kept = "".join(
            c for c in text if c.isspace() or unicodedata.category(c) not in _UNPRINTABLE
        )
    name = " ".join(unicodedata.normalize("NFC", kept).split())
    lost = ["unprintable characters removed"] if len(kept) < len(text) else []
    if len(name) > length:
        lost.append(f"cut from {len(name)} to {length} characters")
        name = name[:length].rstrip()
    return name or None, ", ".join(lost) or None
