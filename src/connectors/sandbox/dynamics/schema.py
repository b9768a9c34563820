"""What a table looks like: columns, navigation properties, keys; and the check of one value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from .errors import Refused, bad_payload

GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
MIN_DATE = "1753-01-01"
EDM = {
    "guid": "Edm.Guid",
    "string": "Edm.String",
    "memo": "Edm.String",
    "integer": "Edm.Int32",
    "bigint": "Edm.Int64",
    "decimal": "Edm.Decimal",
    "double": "Edm.Double",
    "boolean": "Edm.Boolean",
    "datetime": "Edm.DateTimeOffset",
    "date": "Edm.Date",
    "choice": "Edm.Int32",
    "lookup": "Edm.Guid",
}


@dataclass(slots=True)
class Column:
    """One column. `schema` is the SchemaName; for a lookup also the navigation property."""

    name: str
    kind: str
    schema: str = ""
    length: int | None = None
    low: float | None = None
    high: float | None = None
    precision: int | None = None
    target: str = ""
    """Table a lookup points at."""
    nav: str = ""
    """Navigation property of a lookup; empty when the lookup has none."""
    options: dict[int, str] = field(default_factory=dict)
    labels: tuple[str, str] = ("No", "Yes")
    default: Any = None
    read_only: bool = False
    create_only: bool = False
    merge: bool = False
    """A merge of the target's rows re-points this lookup."""
    required: bool = False
    others: dict[str, str] = field(default_factory=dict)
    """Further tables a lookup may point at, with the navigation property to each."""
    backs: dict[str, str] = field(default_factory=dict)
    """Target table -> collection on it that leads back."""
    display: str = ""
    choice: str = ""
    """Name of the global choice whose options these are."""

    @property
    def targets(self) -> tuple[str, ...]:
        """All tables a lookup may point at."""
        return (self.target, *self.others)

    def nav_to(self, table: str) -> str:
        """The navigation property of a lookup that points at that table."""
        return self.others.get(table, self.nav)

    @property
    def wire(self) -> str:
        """The name in JSON and in queries."""
        return f"_{self.name}_value" if self.kind == "lookup" else self.name

    @property
    def edm(self) -> str:
        return EDM[self.kind]

    def check(self, value: Any) -> Any:
        """`value` from a JSON body as it is stored, or a refusal. None is always allowed."""
        if value is None:
            return None
        return _CHECKS[self.kind](self, value)


def _mismatch(column: Column, value: Any) -> Refused:
    return bad_payload(
        f"Cannot convert the literal '{value}' to the expected type '{column.edm}' "
        f"(property '{column.wire}')."
    )


def _text(column: Column, value: Any) -> Any:
    if not isinstance(value, str):
        raise _mismatch(column, value)
    if column.length is not None and len(value) > column.length:
        raise Refused(
            400,
            "0x80044331",
            f"A validation error occurred.  The length of the '{column.name}' attribute of the "
            f"entity exceeded the maximum allowed length of '{column.length}'.",
        )
    # The platform stores an empty string as null.
    return value or None


def _whole(column: Column, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _mismatch(column, value)
    if column.options and value not in column.options:
        raise Refused(
            400,
            "0x8004431a",
            f"A validation error occurred. The value {value} of '{column.name}' on record of type "
            "is outside the valid range. Accepted Values: " + ",".join(map(str, column.options)),
        )
    return _range(column, value)


def _range(column: Column, value: Any) -> Any:
    if (column.low is not None and value < column.low) or (
        column.high is not None and value > column.high
    ):
        raise Refused(
            400,
            "0x80044330",
            f"A validation error occurred. The value of '{column.name}' on record of type is "
            f"outside the valid range.",
        )
    return value


def _number(column: Column, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _mismatch(column, value)
    value = float(value) if column.precision is None else round(float(value), column.precision)
    return _range(column, value)


def _flag(column: Column, value: Any) -> Any:
    if not isinstance(value, bool):
        raise _mismatch(column, value)
    return value


def _guid(column: Column, value: Any) -> Any:
    found = read_guid(value) if isinstance(value, str) else None
    if found is None:
        raise _mismatch(column, value)
    return found


def _moment(column: Column, value: Any) -> Any:
    found = read_moment(value) if isinstance(value, str) else None
    if found is None:
        raise _mismatch(column, value)
    return _not_too_early(found)


def _day(column: Column, value: Any) -> Any:
    try:
        found = date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise _mismatch(column, value) from None
    return _not_too_early(found)


def _not_too_early(text: str) -> str:
    if text < MIN_DATE:
        raise Refused(
            400,
            "0x80040239",
            "DateTime is less than minimum value supported by CrmDateTime. Actual value: "
            f"{text}, Minimum value supported: 01/01/1753 00:00:00",
        )
    return text


_CHECKS = {
    "guid": _guid,
    "string": _text,
    "memo": _text,
    "integer": _whole,
    "bigint": _whole,
    "decimal": _number,
    "double": _number,
    "boolean": _flag,
    "datetime": _moment,
    "date": _day,
    "choice": _whole,
    "lookup": _guid,
}


def read_guid(text: str) -> str | None:
    """Lower-case GUID, or None."""
    return text.lower() if GUID.fullmatch(text) else None


def read_moment(text: str) -> str | None:
    """A date or date-time literal as UTC text with whole seconds, or None."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Nav:
    """A navigation property.

    `column` is the lookup on this table (single-valued) or on the target table (collection);
    a collection without column is a many-to-many link called `link`.
    """

    name: str
    target: str
    column: str = ""
    collection: bool = False
    link: str = ""


@dataclass(slots=True)
class Schema:
    """One table definition."""

    name: str
    set: str
    schema: str
    primary_name: str
    columns: dict[str, Column]
    navs: dict[str, Nav] = field(default_factory=dict)
    keys: list[tuple[str, ...]] = field(default_factory=list)
    key_status: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Keys whose index is not Active."""
    tracked: bool = False
    versioned: bool = True
    """Whether `If-Match` and `If-None-Match` take etags (IsOptimisticConcurrencyEnabled)."""
    custom: bool = False
    display: str = ""
    plural: str = ""
    type_code: int = 0
    properties: dict[str, Column] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.defaults = {c.name: c.default for c in self.columns.values() if c.default is not None}
        for column in self.columns.values():
            column.schema = column.schema or column.name
            self.properties[column.wire] = column
            if column.kind == "lookup" and column.nav:
                for target in column.targets:
                    name = column.nav_to(target)
                    self.navs[name] = Nav(name, target, column.name)

    @property
    def key(self) -> str:
        """The primary key column."""
        return f"{self.name}id"

    @property
    def owned(self) -> bool:
        """Whether rows have owners; else all belong to the organisation."""
        owner = self.columns.get("ownerid")
        return owner is not None and owner.kind == "lookup" and not owner.read_only


_CODES = {
    "s": "string",
    "m": "memo",
    "i": "integer",
    "n": "bigint",
    "d": "decimal",
    "f": "double",
    "b": "boolean",
    "t": "datetime",
    "D": "date",
    "c": "choice",
    "g": "guid",
}
_SHORT = re.compile(r"([a-zA-Z])(\d*)([!+]?)")


def columns(text: str) -> dict[str, Column]:
    """Columns from `name:code` words: kind, length, `!` read-only, `+` create-only."""
    found: dict[str, Column] = {}
    for word in text.split():
        name, _, code = word.partition(":")
        match = _SHORT.fullmatch(code)
        assert match, word
        letter, length, mark = match.groups()
        found[name] = Column(
            name,
            _CODES[letter],
            length=int(length) if length else None,
            read_only=mark == "!",
            create_only=mark == "+",
        )
    return found


def lookup(name: str, target: str, *, nav: str | None = None, read_only: bool = False) -> Column:
    """A system lookup: its navigation property is the logical name unless said otherwise."""
    return Column(
        name, "lookup", target=target, nav=name if nav is None else nav, read_only=read_only
    )


def audit() -> dict[str, Column]:
    """The columns every table has."""
    found = columns(
        "createdon:t! modifiedon:t! versionnumber:n! overriddencreatedon:t+ "
        "importsequencenumber:i+ timezoneruleversionnumber:i utcconversiontimezonecode:i"
    )
    for name in ("createdby", "modifiedby", "createdonbehalfby", "modifiedonbehalfby"):
        found[name] = lookup(name, "systemuser", read_only=True)
    return found


def owned() -> dict[str, Column]:
    """The columns of a table whose rows have owners."""
    found = audit()
    found["ownerid"] = lookup("ownerid", "systemuser")
    found["owninguser"] = lookup("owninguser", "systemuser", read_only=True)
    found["owningbusinessunit"] = lookup("owningbusinessunit", "businessunit", read_only=True)
    return found


def states(active: int = 1, inactive: int = 2) -> dict[str, Column]:
    """statecode and statuscode; `active` and `inactive` are the values of statuscode."""
    labels = ("Active", "Inactive")
    return {
        "statecode": Column("statecode", "choice", options=dict(zip((0, 1), labels, strict=True))),
        "statuscode": Column(
            "statuscode", "choice", options=dict(zip((active, inactive), labels, strict=True))
        ),
    }


def custom_schema(name: str, table: Mapping[str, Any], choices: Mapping[str, Any]) -> Schema:
    """A table from the solution data."""
    found = {f"{name}id": Column(f"{name}id", "guid", f"{table['schema']}Id")}
    found |= owned() | states()
    for item in table.get("columns", ()):
        column = Column(
            item["name"],
            item["type"],
            item.get("schema", item["name"]),
            length=item.get("length"),
            low=item.get("min"),
            high=item.get("max"),
            precision=item.get("precision"),
            target=item.get("target", ""),
            default=item.get("default"),
            merge=item.get("merge") == "cascade",
            required=bool(item.get("required")),
            display=item.get("display", ""),
        )
        if column.kind == "lookup":
            column.nav = column.schema
            column.backs = {column.target: f"{name}_{column.name}"}
        if column.kind == "choice":
            column.choice = item["choice"]
            column.options = {o["value"]: o["label"] for o in choices[item["choice"]]["options"]}
        found[column.name] = column
    keys = table.get("keys", ())
    listed = keys.values() if isinstance(keys, Mapping) else keys
    return Schema(
        name,
        table["set"],
        table.get("schema", name),
        table.get("primary_name", f"{name}id"),
        found,
        keys=[tuple(k["columns"] if isinstance(k, Mapping) else k) for k in listed],
        tracked=bool(table.get("change_tracking")),
        custom=True,
        display=table.get("display", name),
        plural=table.get("plural", table["set"]),
    )
