"""Values as OData writes them in addresses and filters. Knows nothing else of Dynamics."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import NewType
from uuid import UUID

from ..core.wire import masked
from ..errors import ConfigError

RowId = NewType("RowId", str)
"""A GUID in lower case without braces."""

Scalar = None | bool | int | float | str | Decimal | date | datetime | UUID | Enum
"""What stands in a filter or an address. A GUID is a `UUID`: as a `str` it would be quoted."""

_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def guid(text: str, what: str = "id") -> RowId:
    """The GUID in lower case without braces.

    Raises:
        ConfigError: it is none.
    """
    bare = str(text).strip().removeprefix("{").removesuffix("}").lower()
    if not _GUID.fullmatch(bare):
        raise ConfigError(
            f"{what} must be a GUID such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301, "
            f"got {masked(repr(text))}"
        )
    return RowId(bare)


def moment(value: datetime) -> str:
    """`2018-06-28T09:10:50Z`; a naive time would be read in an unknown zone."""
    if value.tzinfo is None:
        raise ConfigError("a date-time needs a time zone, such as datetime(2026, 1, 1, tzinfo=UTC)")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def quote_literal(text: str) -> str:
    """A text as it stands in `$filter`: `O'Brien` → `'O''Brien'`."""
    return "'" + encodable(text).replace("'", "''") + "'"


def literal(value: Scalar) -> str:
    """A value as it stands in `$filter` and in the parameters of functions.

    Raises:
        ConfigError: a naive date-time, a number that is none, or something else.
    """
    match value:
        case None:
            return "null"
        case Enum():
            return literal(value.value)
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() | Decimal():
            return number(value)
        case str():
            return quote_literal(value)
        case datetime():
            return moment(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
    raise ConfigError(f"{type(value).__name__} is no value that Dynamics compares")


def number(value: float | Decimal) -> str:
    """A number without exponent.

    Raises:
        ConfigError: infinite, or not a number.
    """
    # The built-in float: those of numpy print their own name.
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not math.isfinite(exact):
        raise ConfigError(f"{value} is no number that Dynamics takes")
    return format(exact, "f")


def encodable(text: str) -> str:
    """The text itself.

    Raises:
        ConfigError: it holds half a character, which no request can carry.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigError("a text holds half a surrogate pair, which is no character") from None
    return text
