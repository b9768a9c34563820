"""`$filter`, built: quoting, escaping and brackets come out right by themselves.

    col("emailaddress1").eq("O'Brien@example.org") & ~col("donotemail").eq(True)

`str(filter)` is the OData text. Texts are compared without case, as Dynamics does. Columns are
named as they are read (a lookup as `_ownerid_value`), and through a lookup with a slash
(`primarycontactid/fullname`); whether a table has them is left to the server.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import NoReturn
from uuid import UUID

from attrs import field, frozen

from ..errors import ConfigError
from . import literals
from .literals import Scalar, literal

_NAME = re.compile(r"\w+(/\w+)*")
_LOOKUP = re.compile(r"(?:\w+/)*_\w+_value")
_CRM = "Microsoft.Dynamics.CRM"


@frozen
class Filter:
    """A condition on rows; combine it with `&`, `|` and `~`.

    A condition that `col` has no word for can be given as text, `Filter("versionnumber gt 5")`.
    """

    text: str
    kind: str = field(default="or", repr=False)
    """What its outermost part is: "call", "compare", "and" or "or"; that of a free text is unknown,
    so it is taken for what needs brackets most."""

    def __str__(self) -> str:
        return self.text

    def __and__(self, other: Filter) -> Filter:
        return Filter(f"{self._and_part()} and {other._and_part()}", "and")

    def __or__(self, other: Filter) -> Filter:
        return Filter(f"{self.text} or {other.text}", "or")

    def __invert__(self) -> Filter:
        # Only a function call needs no brackets.
        text = self.text if self.kind == "call" else f"({self.text})"
        return Filter(f"not {text}", "compare")

    def _and_part(self) -> str:
        return f"({self.text})" if self.kind == "or" else self.text

    def __bool__(self) -> bool:
        raise TypeError("combine filters with & | ~ and brackets, not with and, or, not")


@frozen(eq=False)
class Column:
    """A column in a condition; see `col`."""

    name: str

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError(f'write col("{self.name}").eq(…), not ==')

    def __ne__(self, other: object) -> NoReturn:
        raise TypeError(f'write col("{self.name}").ne(…), not !=')

    __hash__ = object.__hash__

    def eq(self, value: Scalar) -> Filter:
        """Equal; texts without case, None for "is empty".

        An id that is compared with a key is written `guid(contact.contact_id)`: servers refuse one
        in quotes, and a text column may hold GUIDs too. Of a lookup (`_ownerid_value`) it is known.
        """
        return self._compared("eq", value)

    def ne(self, value: Scalar) -> Filter:
        """Not equal; None for "is not empty"."""
        return self._compared("ne", value)

    def gt(self, value: Scalar) -> Filter:
        """Greater, or later."""
        return self._compared("gt", value)

    def ge(self, value: Scalar) -> Filter:
        """Greater or equal."""
        return self._compared("ge", value)

    def lt(self, value: Scalar) -> Filter:
        """Less, or earlier."""
        return self._compared("lt", value)

    def le(self, value: Scalar) -> Filter:
        """Less or equal."""
        return self._compared("le", value)

    def is_null(self) -> Filter:
        """Empty."""
        return self.eq(None)

    def is_not_null(self) -> Filter:
        """Not empty."""
        return self.ne(None)

    def between(self, low: Scalar, high: Scalar) -> Filter:
        """From `low` to `high`, both included."""
        return self.ge(low) & self.le(high)

    def contains(self, text: str) -> Filter:
        """The text is in it. `%`, `_` and `[ ]` in `text` are wildcards to the server."""
        return self._text_function("contains", text)

    def startswith(self, text: str) -> Filter:
        """It begins with the text; wildcards as in `contains`."""
        return self._text_function("startswith", text)

    def endswith(self, text: str) -> Filter:
        """It ends with the text; wildcards as in `contains`."""
        return self._text_function("endswith", text)

    def is_in(self, values: Iterable[Scalar]) -> Filter:
        """Any of these.

        Raises:
            ConfigError: no value at all: no row could fit.
        """
        return self._listed("In", values)

    def not_in(self, values: Iterable[Scalar]) -> Filter:
        """None of these."""
        return self._listed("NotIn", values)

    def contain_values(self, values: Iterable[int]) -> Filter:
        """A choice of several (9.0 and later) that has any of these options."""
        return self._listed("ContainValues", values)

    def on(self, day: date) -> Filter:
        """On this day, in the time zone of the credential's user."""
        return self.function("On", _day(day))

    def on_or_after(self, day: date) -> Filter:
        """On this day or later, in the time zone of the credential's user."""
        return self.function("OnOrAfter", _day(day))

    def on_or_before(self, day: date) -> Filter:
        """On this day or earlier, in the time zone of the credential's user."""
        return self.function("OnOrBefore", _day(day))

    def function(self, name: str, value: Scalar = None) -> Filter:
        """Any query function of one column, as `function("LastXDays", 7)` or `("EqualUserId")`.

        Those about "me" and about dates mean the credential's user and its time zone.

        Raises:
            ConfigError: no such name can be.
        """
        if not re.fullmatch(r"[A-Z]\w*", name):
            raise ConfigError(f"a query function is called like LastXDays, not {name!r}")
        given = "" if value is None else f",PropertyValue={literal(value)}"
        return Filter(f"{_CRM}.{name}(PropertyName={self._property()}{given})", "call")

    def _compared(self, operator: str, value: Scalar) -> Filter:
        if isinstance(value, str) and _LOOKUP.fullmatch(self.name):
            value = UUID(literals.guid(value, self.name))
        return Filter(f"{self.name} {operator} {literal(value)}", "compare")

    def _text_function(self, name: str, text: str) -> Filter:
        return Filter(f"{name}({self.name},{literals.quote_literal(text)})", "call")

    def _listed(self, name: str, values: Iterable[Scalar]) -> Filter:
        texts = [_bare(value) for value in values]
        if not texts:
            raise ConfigError(f"{name} of {self.name} needs a value: without any no row is meant")
        listed = json.dumps(texts, ensure_ascii=False, separators=(",", ":"))
        text = f"{_CRM}.{name}(PropertyName={self._property()},PropertyValues={listed})"
        return Filter(text, "call")

    def _property(self) -> str:
        if "/" in self.name:
            raise ConfigError(f"query functions know no path such as {self.name}; compare with eq")
        return f"'{self.name}'"


@frozen
class Related:
    """Rows that hang on a row; see `related`."""

    navigation: str

    def any(self, condition: Callable[[Callable[[str], Column]], Filter] | None = None) -> Filter:
        """There is one (that fits): `related("contact_customer_accounts").any(lambda c: c("…")…)`."""
        if condition is None:
            return Filter(f"{self.navigation}/any()", "call")
        return Filter(f"{self.navigation}/any(o:{condition(_inner)})", "call")

    def all(self, condition: Callable[[Callable[[str], Column]], Filter]) -> Filter:
        """All of them fit, or there is none."""
        return Filter(f"{self.navigation}/all(o:{condition(_inner)})", "call")


def col(name: str) -> Column:
    """A column of the table, or one behind a lookup: `col("primarycontactid/fullname")`.

    Raises:
        ConfigError: no column can have this name.
    """
    if not _NAME.fullmatch(name):
        raise ConfigError(f"a column is called like emailaddress1, not {name!r}")
    return Column(name)


def related(navigation: str) -> Related:
    """The rows of a collection, by its navigation property.

    Raises:
        ConfigError: no property can have this name.
    """
    if not re.fullmatch(r"\w+", navigation):
        raise ConfigError(f"a navigation property has a plain name, not {navigation!r}")
    return Related(navigation)


def guid(text: str) -> UUID:
    """A GUID as a value: `col("_ownerid_value").eq(guid("3f2504e0-…"))`.

    Raises:
        ConfigError: it is none.
    """
    return UUID(literals.guid(text))


def _inner(name: str) -> Column:
    return col(f"o/{col(name).name}")


def _bare(value: Scalar) -> str:
    """A value in the list of a query function, where all are texts between double quotes."""
    if value is None:
        raise ConfigError("a list of values holds no None; say `| col(…).is_null()`")
    text = literal(value)
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def _day(day: date) -> str:
    return (day.date() if isinstance(day, datetime) else day).isoformat()


def text_of(condition: Filter | str | None) -> str | None:
    """The OData text of what a caller gave as a filter.

    Raises:
        ConfigError: it is empty, or no filter at all.
    """
    if condition is None or isinstance(condition, Filter):
        return None if condition is None else condition.text
    if not isinstance(condition, str) or not condition.strip():
        raise ConfigError('a filter is text such as "statecode eq 0", or made by col("…"); or None')
    return condition
