"""A table bound to a host's own model, and the ways to name one of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Generic, TypeVar
from urllib.parse import quote
from uuid import UUID

import attrs
from attrs import field, frozen

from ...core.wire import Reader
from ...errors import ConfigError
from ..filters import Filter
from ..literals import RowId, encodable, guid, literal

T_co = TypeVar("T_co", covariant=True)

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_TABLE = "Microsoft.Dynamics.CRM.lookuplogicalname"

KeyValue = str | int | Decimal | date | UUID
"""What a column of an alternate key holds; a GUID is a `UUID`."""

_UNADDRESSABLE = frozenset("/<>*%&:\\?+")
_MOST_KEY_COLUMNS = 16


def formatted(column: str) -> str:
    """The column that shows another as people read it: a choice's label, a lookup's name, money.

    It is in language, zone and format of the credential's user: to show, never to parse.
    """
    return f"{column}@{FORMATTED}"


def lookup_table(column: str) -> str:
    """The column that names the table a lookup leads to, for `_ownerid_value` and its like."""
    return f"{column}@{LOOKUP_TABLE}"


@frozen
class AlternateKey:
    """A row by the columns of an alternate key, as `AlternateKey({"gr_id": "aB3"})`.

    The key must be defined and its index active. Dynamics compares texts without case. A lookup
    column is named as it is read (`_gr_listid_value`) and given as a `UUID`.

    Raises:
        ConfigError: no column or more than 16, or a value that no URL can address: those with
            one of `/ < > * % & : \\ ? +`, so an e-mail address with a plus, and date-times.
    """

    values: Mapping[str, KeyValue] = field(repr=lambda values: f"<{', '.join(values)}>")

    def __attrs_post_init__(self) -> None:
        if not 1 <= len(self.values) <= _MOST_KEY_COLUMNS:
            raise ConfigError(f"an alternate key has 1 to {_MOST_KEY_COLUMNS} columns")
        for column, value in self.values.items():
            if not re.fullmatch(r"[a-z_][a-z0-9_]*", column):
                raise ConfigError(f"a column of a key is called like gr_id, not {column!r}")
            if value is None:
                raise ConfigError(f"the key column {column} is None, which identifies no row")
            bad = sorted(_UNADDRESSABLE & set(literal(value)))
            if bad or any(ord(character) < 32 for character in literal(value)):
                raise ConfigError(
                    f"the value of key column {column} cannot be part of a URL: it holds "
                    f"{' '.join(bad) or 'a control character'}; find the row by a filter instead"
                )

    def __str__(self) -> str:
        return ",".join(
            f"{column}={quote(encodable(literal(value)), safe=_QUOTE)}"
            for column, value in self.values.items()
        )

    def __hash__(self) -> int:
        return hash(str(self))


_QUOTE = "'"


@frozen
class ContentId:
    """A row that an earlier call of the same change set creates; see `batch.ChangeSet`."""

    number: int

    def __str__(self) -> str:
        return f"${self.number}"


RowKey = str | AlternateKey | ContentId
"""Names a row: its GUID, an alternate key, or `ContentId` within a change set."""


@frozen
class Expand:
    """Rows behind a navigation property that come along, as another table's model.

    Args:
        table: how they are read.
        filter, order_by, top: of a collection; a single row takes none of them.
    """

    table: Table[object]
    filter: Filter | str | None = None
    order_by: str | None = None
    top: int | None = None

    def text(self, navigation: str) -> str:
        """As it stands in `$expand`."""
        nested = ",".join(part for part in self.table.expanded(None))
        options = [
            ("$select", ",".join(self.table.selected)),
            ("$filter", None if self.filter is None else str(self.filter)),
            ("$orderby", self.order_by),
            ("$top", self.top),
            ("$expand", nested or None),
        ]
        shown = ";".join(f"{name}={value}" for name, value in options if value is not None)
        return f"{navigation}({shown})"


@frozen
class Shape(Generic[T_co]):
    """How rows that are no rows of one table become a host's own model: totals, joins.

    Args:
        model: a frozen attrs class; what a row may lack needs a default, since FetchXML leaves
            out nulls.
        columns: attribute → name in the answer, such as `total`, `contact_fullname` or, for a
            column of a linked table in FetchXML, `alias.column`.
    """

    model: type[T_co]
    columns: Mapping[str, str]

    def __attrs_post_init__(self) -> None:
        _check_attributes(self.model, self.columns, "shape")

    @cached_property
    def reader(self) -> Reader[T_co]:
        """Reads such rows."""
        return Reader(self.model, {self.model: self.columns})


@frozen
class Table(Generic[T_co]):
    """A table, and how its columns become the attributes of a host's own model.

    Args:
        model: a frozen attrs class; what a row may lack needs a default, since Dynamics leaves
            out nulls in some answers.
        logical: logical name, such as `contact`.
        set: entity set name, such as `contacts`; it cannot be derived, see the table's metadata.
        key: the column of the primary key.
        columns: attribute → column as it is read, for each attribute of the model: lookups as
            `_ownerid_value`, `@odata.etag` for the row's version, `formatted("statuscode")` for
            a label.
        expand: attribute → the table of the row or rows behind it, where `columns` names a
            navigation property; the attribute is `Other | None` or `tuple[Other, …]`.

    Raises:
        ConfigError: model and columns do not fit together.

    ```python
    from attrs import frozen
    from connectors.dynamics.models import Table

    @frozen(kw_only=True)
    class Account:
        account_id: str
        name: str | None = None

    ACCOUNTS = Table(
        Account, "account", "accounts", "accountid", {"account_id": "accountid", "name": "name"}
    )
    ```
    """

    model: type[T_co]
    logical: str
    set: str
    key: str
    columns: Mapping[str, str]
    expand: Mapping[str, Table[object] | Expand] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        attributes = _check_attributes(self.model, self.columns, f"table {self.logical}")
        key = [attributes[a] for a, column in self.columns.items() if column == self.key]
        # A row that a tracked read reports as deleted is told from others by its missing key.
        if not key or key[0].default is not attrs.NOTHING:
            raise ConfigError(
                f"table {self.logical}: an attribute without default must stand for {self.key}"
            )
        if odd := self.expand.keys() - self.columns.keys():
            raise ConfigError(
                f"table {self.logical}: `expand` names {', '.join(sorted(odd))}, which `columns` "
                "does not"
            )
        for model, columns in self._models():
            if self.names[model] != columns:
                raise ConfigError(
                    f"table {self.logical}: {model.__name__} is read from two sets of columns; "
                    "give one of them a model of its own"
                )

    @cached_property
    def names(self) -> dict[type, Mapping[str, str]]:
        """The columns of this model and of those expanded within it."""
        return dict(self._models())

    def _models(self) -> Iterator[tuple[type, Mapping[str, str]]]:
        yield self.model, self.columns
        for other in self.expand.values():
            yield from expansion(other).table._models()

    @cached_property
    def reader(self) -> Reader[T_co]:
        """Reads rows of this table."""
        return Reader(self.model, self.names)

    @property
    def selected(self) -> tuple[str, ...]:
        """The columns to ask for."""
        plain = (c.partition("@")[0] for a, c in self.columns.items() if a not in self.expand)
        return tuple(dict.fromkeys(column for column in plain if column))

    @property
    def annotations(self) -> tuple[str, ...]:
        """What must be asked for besides columns, such as formatted values."""
        own = (c.partition("@")[2] for c in self.columns.values())
        nested = (a for e in self.expand.values() for a in expansion(e).table.annotations)
        found = {a for a in (*own, *nested) if a and not a.startswith("odata.")}
        return tuple(sorted(found))

    def expanded(self, attributes: tuple[str, ...] | None) -> Iterator[str]:
        """The parts of `$expand` for these attributes; None is all of them.

        Raises:
            ConfigError: an attribute that the table does not expand.
        """
        chosen = tuple(self.expand) if attributes is None else attributes
        for attribute in chosen:
            if attribute not in self.expand:
                known = ", ".join(self.expand) or "nothing"
                raise ConfigError(
                    f"table {self.logical} expands {known}; {attribute!r} is not among that"
                )
            yield expansion(self.expand[attribute]).text(self.columns[attribute])

    @property
    def collections(self) -> tuple[str, ...]:
        """The navigation properties that bring more than one row along, at any depth."""
        fields = attrs.fields_dict(self.model)  # type: ignore[arg-type]
        own = (self.columns[a] for a in self.expand if "tuple[" in str(fields[a].type))
        nested = (c for e in self.expand.values() for c in expansion(e).table.collections)
        return tuple(dict.fromkeys((*own, *nested)))

    @property
    def depth(self) -> int:
        """How many levels of `$expand` there are."""
        return max((1 + expansion(e).table.depth for e in self.expand.values()), default=0)

    def path(self, row: RowKey) -> str:
        """The row's address below the API's root: `contacts(3f2504e0-…)`, `gr_lists(gr_id='x')`.

        Raises:
            ConfigError: a text that is no GUID.
        """
        match row:
            case ContentId():
                return str(row)
            case AlternateKey():
                return f"{self.set}({row})"
        return f"{self.set}({guid(row, f'the id in {self.set}')})"

    def ref(self, row: RowKey) -> str:
        """A reference to the row, as a lookup is set: `{"gr_ListId@odata.bind": LISTS.ref(id)}`.

        Raises:
            ConfigError: a text that is no GUID.
        """
        return str(row) if isinstance(row, ContentId) else f"/{self.path(row)}"


def expansion(other: Table[object] | Expand) -> Expand:
    """What `Table.expand` holds, with its options."""
    return other if isinstance(other, Expand) else Expand(other)


def _check_attributes(
    model: type, columns: Mapping[str, str], what: str
) -> dict[str, attrs.Attribute[object]]:
    if not attrs.has(model):
        raise ConfigError(f"{what}: the model must be an attrs class, such as one with @frozen")
    attributes = {a.name: a for a in attrs.fields(model)}
    bare, strange = attributes.keys() - columns.keys(), columns.keys() - attributes.keys()
    if bare or strange:
        told = [f"no column for {', '.join(sorted(bare))}"] if bare else []
        told += (
            [f"{model.__name__} has no attribute {', '.join(sorted(strange))}"] if strange else []
        )
        raise ConfigError(f"{what}: each attribute needs its column: {'; '.join(told)}")
    taken = [column for column in columns.values() if isinstance(column, str)]
    if twice := sorted({column for column in taken if taken.count(column) > 1}):
        raise ConfigError(f"{what}: two attributes stand for {', '.join(twice)}")
    return attributes


__all__ = [
    "AlternateKey",
    "ContentId",
    "Expand",
    "RowId",
    "RowKey",
    "Shape",
    "Table",
    "formatted",
    "lookup_table",
]
