"""What a caller gives, checked before anything is called: ids, words, several of them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from urllib.parse import quote

from ..errors import ConfigError
from .wire import masked


def path(kind: str, thing_id: str, *more: str) -> str:
    """`kind/id/more`; an id stays one part of it whatever it holds."""
    part = quote(named(f"an id of {kind}", thing_id), safe="")
    if part in (".", ".."):  # a way through the path, which whoever sends it would follow
        raise ConfigError(f"an id of {kind} cannot be {part!r}")
    return "/".join((kind, part, *more))


def named(what: str, text: str) -> str:
    """A text that may not be empty."""
    if not isinstance(text, str):
        raise ConfigError(f"{what} is given as text, not as {type(text).__name__}")
    if not text.strip():
        raise ConfigError(f"{what} is empty")
    return text


def sized(what: str, value: str, low: int, high: int) -> str:
    """A text of a length that the service takes."""
    if not low <= len(value) <= high:
        raise ConfigError(f"{what} takes {low} to {high} characters, got {len(value)}")
    return value


def ids(what: str, values: Iterable[str]) -> list[str]:
    """Several ids; one text alone would be read as many letters."""
    if isinstance(values, str):
        raise ConfigError(f"{what} takes a list of ids, not one text")
    return [named(f"an id in {what}", value) for value in values]


def one_of(what: str, value: object, known: Iterable[str]) -> str:
    """The text of a value that must be one of those the service has."""
    text = str(value.value if isinstance(value, Enum) else value)
    words = tuple(known)
    if text not in words:
        raise ConfigError(f"{what} is one of {', '.join(words)}; got {masked(text)[:40]!r}")
    return text


def filled(query: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """A query without empty texts: an empty filter counts as none, and would give all."""
    pairs = list(query)
    for name, value in pairs:
        if value == "":
            raise ConfigError(f"{name} is empty; leave it out where none is meant")
    return pairs
