"""Where something stands in what a host wrote, so that a refusal can name the place.

Rules are values in code, and plain data in TOML or JSON; both are refused in the same words.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from attrs import frozen

from ..errors import DomainError
from .contacts import mask

_ADDRESS = re.compile(r"[^\s@'\"<>]+@[^\s@'\"<>]+")
_SHOWN = 80
_LISTED = 12


def folded(text: str) -> str:
    """Text as it is compared: NFC, without outer blanks, upper and lower case alike."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).strip().casefold())


def shown(value: object) -> str:
    """A value as a refusal may show it: cut, addresses masked."""
    text = _masked(repr(value))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def suggestion(name: str, names: Collection[str]) -> str:
    """What would be right in place of a name that does not exist."""
    if not names:
        return "there are none"
    plain = {folded(one): one for one in sorted(names)}
    near = difflib.get_close_matches(folded(name), list(plain), n=1, cutoff=0.5)
    if near:
        return f"did you mean {shown(plain[near[0]])}?"
    listed = sorted(names)
    more = f" and {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return _masked(f"known are {', '.join(listed[:_LISTED])}{more}")


def _masked(text: str) -> str:
    return _ADDRESS.sub(lambda found: mask(found[0]), text)


@frozen
class Place:
    """A path, and the error that names it.

    Example:
        >>> print(Place("rules", DomainError).item(2).key("tag").refusal("is empty"))
        rules[2].tag: is empty
    """

    path: str
    error: type[DomainError]

    def item(self, index: int) -> Place:
        """The place of one item of a list."""
        return Place(f"{self.path}[{index}]", self.error)

    def key(self, name: str) -> Place:
        """The place of one value of a table."""
        return Place(f"{self.path}.{name}" if self.path else name, self.error)

    def refusal(self, complaint: str) -> DomainError:
        """The error to raise."""
        return self.error(f"{self.path}: {complaint}" if self.path else complaint)

    def known(self, name: str, names: Collection[str]) -> None:
        """Refuse a name that does not exist, and name the nearest that does."""
        if name not in names:
            raise self.refusal(f"there is no {shown(name)}; {suggestion(name, names)}")

    def text(self, value: object, wanted: str) -> None:
        """Refuse what is no text, or an empty one; `wanted` says what would be right."""
        if not isinstance(value, str):
            raise self.refusal(f"must be text, got {shown(value)}; {wanted}")
        if not value.strip():
            raise self.refusal(f"is empty; {wanted}")

    def every(self, values: object, *types: type) -> None:
        """Refuse what is no tuple of these."""
        names = " or ".join(one.__name__ for one in types)
        if not isinstance(values, tuple):
            raise self.refusal(f"must be a tuple of {names}, got {shown(values)}")
        for index, one in enumerate(values):
            if not isinstance(one, types):
                raise self.item(index).refusal(f"must be {names}, got {shown(one)}")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """What a value built in here refuses of itself is refused as a part of this place."""
        try:
            yield
        except DomainError as error:
            raise self.error(f"{self.path}.{error}" if self.path else str(error)) from None

    def table(
        self, data: object, keys: Collection[str], *, required: Collection[str] = ()
    ) -> Table:
        """Plain data as a table that has no other keys than these."""
        if not isinstance(data, Mapping):
            raise self.refusal(f"must be a table with {_listed(required or keys)}")
        for name in data:
            self.known(str(name), keys)
        for name in required:
            if name not in data:
                raise self.refusal(f"{name!r} is missing")
        return Table(data, self)

    def items(self, data: object) -> list[tuple[object, Place]]:
        """Plain data as a list, each item with its place."""
        if isinstance(data, str | bytes) or not isinstance(data, Sequence):
            raise self.refusal(f"must be a list, got {shown(data)}")
        return [(one, self.item(index)) for index, one in enumerate(data)]


@frozen
class Table:
    """A table of plain data that was checked for its keys; each value is checked when it is read."""

    data: Mapping[str, object]
    place: Place

    def text(self, key: str, default: str = "") -> str:
        """A text, or the default where there is none."""
        value = self.data.get(key, default)
        if not isinstance(value, str):
            raise self.place.key(key).refusal(f"must be text, got {shown(value)}")
        return value

    def optional(self, key: str) -> str | None:
        """A text, or None where there is none."""
        return self.text(key) if key in self.data else None

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.place.key(key).refusal(f"must be true or false, got {shown(value)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty where there is none."""
        found = []
        for value, place in self.items(key):
            if not isinstance(value, str):
                raise place.refusal(f"must be text, got {shown(value)}")
            found.append(value)
        return tuple(found)

    def pairs(self, key: str) -> dict[str, str]:
        """A table of texts, empty where there is none."""
        place = self.place.key(key)
        value = self.data.get(key, {})
        if not isinstance(value, Mapping):
            raise place.refusal(f"must be a table of texts, got {shown(value)}")
        for name, one in value.items():
            if not isinstance(one, str):
                raise place.key(str(name)).refusal(f"must be text, got {shown(one)}")
        return dict(value)

    def items(self, key: str) -> list[tuple[object, Place]]:
        """A list, each item with its place; empty where there is none."""
        return self.place.key(key).items(self.data.get(key, ()))


def _listed(names: Collection[str]) -> str:
    *others, last = map(repr, names)
    return f"{', '.join(others)} and {last}" if others else last
