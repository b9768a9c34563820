"""What an environment says of its own tables. Answers come in one page, however long.

Definitions can only be asked for by name: a server may refuse other conditions (501), and it knows
no order. Who needs another choice makes it from what came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from attrs import evolve, field, frozen

from ...core.call import Call, Response
from ...core.wire import Reader
from ...errors import ConfigError, DecodeError, NotFound
from .. import wire
from ..literals import quote_literal
from ..models.metadata import (
    Choice,
    ColumnInfo,
    KeyInfo,
    ManyToMany,
    OneToMany,
    Option,
    RequiredLevel,
    TableInfo,
    TablePrivilege,
)
from .parts import CRM, read
from .rows import table_name

M = TypeVar("M")
U = TypeVar("U")

_TABLE = {
    "metadata_id": "MetadataId",
    "logical_name": "LogicalName",
    "schema_name": "SchemaName",
    "entity_set": "EntitySetName",
    "primary_id": "PrimaryIdAttribute",
    "primary_name": "PrimaryNameAttribute",
    "type_code": "ObjectTypeCode",
    "ownership": "OwnershipType",
    "is_custom": "IsCustomEntity",
    "is_intersect": "IsIntersect",
    "tracks_changes": "ChangeTrackingEnabled",
    "optimistic_concurrency": "IsOptimisticConcurrencyEnabled",
}
_COLUMN = {
    "metadata_id": "MetadataId",
    "logical_name": "LogicalName",
    "schema_name": "SchemaName",
    "type": "AttributeType",
    "required": "RequiredLevel",
    "is_custom": "IsCustomAttribute",
    "is_primary_id": "IsPrimaryId",
    "is_primary_name": "IsPrimaryName",
    "creatable": "IsValidForCreate",
    "readable": "IsValidForRead",
    "updatable": "IsValidForUpdate",
    "part_of": "AttributeOf",
}
_KEY = {
    "metadata_id": "MetadataId",
    "logical_name": "LogicalName",
    "schema_name": "SchemaName",
    "columns": "KeyAttributes",
    "status": "EntityKeyIndexStatus",
}
_ONE_TO_MANY = {
    "schema_name": "SchemaName",
    "one": "ReferencedEntity",
    "one_key": "ReferencedAttribute",
    "many": "ReferencingEntity",
    "lookup": "ReferencingAttribute",
    "navigation": "ReferencingEntityNavigationPropertyName",
    "collection": "ReferencedEntityNavigationPropertyName",
}
_MANY_TO_MANY = {
    "schema_name": "SchemaName",
    "table1": "Entity1LogicalName",
    "table2": "Entity2LogicalName",
    "intersect": "IntersectEntityName",
    "navigation1": "Entity1NavigationPropertyName",
    "navigation2": "Entity2NavigationPropertyName",
}
_PRIVILEGE = {
    "name": "Name",
    "privilege_id": "PrivilegeId",
    "type": "PrivilegeType",
    "can_be_basic": "CanBeBasic",
    "can_be_local": "CanBeLocal",
    "can_be_deep": "CanBeDeep",
    "can_be_global": "CanBeGlobal",
}


@frozen
class _Text:
    text: str | None = None
    language: int | None = None


@frozen
class _Label:
    shown: _Text | None = None
    texts: tuple[_Text, ...] = ()


@frozen
class _Option:
    value: int | None = None
    label: _Label | None = None


@frozen
class _OptionSet:
    name: str | None = None
    is_global: bool | None = None
    options: tuple[_Option, ...] = ()


@frozen
class _Choosing:
    local: _OptionSet | None = None
    shared: _OptionSet | None = None


@frozen
class _Guarded:
    privileges: tuple[TablePrivilege, ...] = field(factory=tuple)


_OPTIONS: Mapping[type, Mapping[str, str]] = {
    _Text: {"text": "Label", "language": "LanguageCode"},
    _Label: {"shown": "UserLocalizedLabel", "texts": "LocalizedLabels"},
    _Option: {"value": "Value", "label": "Label"},
    _OptionSet: {"name": "Name", "is_global": "IsGlobal", "options": "Options"},
    _Choosing: {"local": "OptionSet", "shared": "GlobalOptionSet"},
}

_tables = Reader(TableInfo, {TableInfo: _TABLE})
_columns = Reader(ColumnInfo, {ColumnInfo: _COLUMN, RequiredLevel: {"value": "Value"}})
_keys = Reader(KeyInfo, {KeyInfo: _KEY})
_one_to_many = Reader(OneToMany, {OneToMany: _ONE_TO_MANY})
_many_to_many = Reader(ManyToMany, {ManyToMany: _MANY_TO_MANY})
_choosing = Reader(_Choosing, _OPTIONS)
_option_sets = Reader(_OptionSet, _OPTIONS)
_guarded = Reader(_Guarded, {_Guarded: {"privileges": "Privileges"}, TablePrivilege: _PRIVILEGE})


def list_tables() -> Call[tuple[TableInfo, ...]]:
    """Every table of the environment, several hundred of them."""
    return _all(_tables, _TABLE, "EntityDefinitions", "EntityDefinitions.list")


def get_table(logical: str) -> Call[TableInfo]:
    """One table by its logical name; `NotFound` where there is none."""
    return read(
        "EntityDefinitions.get",
        _definition(logical),
        lambda r: _tables.one(r.body),
        query=_select(_TABLE),
    )


def find_table(logical: str) -> Call[TableInfo | None]:
    """One table by its logical name, or None."""
    condition = f"LogicalName eq {quote_literal(table_name(logical))}"
    return read(
        "EntityDefinitions.find",
        "EntityDefinitions",
        lambda r: next(iter(_tables.value(r.body)[0]), None),
        query=f"{_select(_TABLE)}&{wire.query([('$filter', condition)])}",
    )


def table_columns(logical: str) -> Call[tuple[ColumnInfo, ...]]:
    """The columns of a table."""
    return _all(_columns, _COLUMN, f"{_definition(logical)}/Attributes", "Attributes.list")


def table_keys(logical: str) -> Call[tuple[KeyInfo, ...]]:
    """The alternate keys of a table; with `up_to_date` as they are this very moment."""
    return _all(_keys, _KEY, f"{_definition(logical)}/Keys", "Keys.list")


def one_to_many(logical: str) -> Call[tuple[OneToMany, ...]]:
    """The lookups of other tables that lead to this one."""
    return _related(_one_to_many, _ONE_TO_MANY, logical, "OneToManyRelationships")


def many_to_one(logical: str) -> Call[tuple[OneToMany, ...]]:
    """The lookups of this table."""
    return _related(_one_to_many, _ONE_TO_MANY, logical, "ManyToOneRelationships")


def many_to_many(logical: str) -> Call[tuple[ManyToMany, ...]]:
    """The collections that this table shares with others."""
    return _related(_many_to_many, _MANY_TO_MANY, logical, "ManyToManyRelationships")


def column_choice(logical: str, column: str) -> Call[Choice]:
    """The options of a choice column, local or global."""

    def decode(response: Response) -> Choice:
        found = _choosing.one(response.body)
        held = found.local or found.shared
        if held is None:
            raise DecodeError(f"the answer names no options of {column}")
        return _choice(held)

    path = f"{_definition(logical)}/Attributes(LogicalName='{table_name(column)}')"
    return read(
        "Attributes.choice",
        f"{path}/{CRM}.PicklistAttributeMetadata",
        decode,
        query="$select=LogicalName&$expand=OptionSet,GlobalOptionSet",
    )


def global_choice(name: str, *, by_name: bool = True) -> Call[Choice]:
    """A global choice.

    Args:
        by_name: False for v8.2, which has no key for the name: all are read there.

    Raises:
        ConfigError: no choice can have this name.
    """
    if not name.isidentifier():
        raise ConfigError(f"a choice is called like gr_liststatus, not {name!r}")
    if by_name:
        return read(
            "GlobalOptionSetDefinitions.get",
            f"GlobalOptionSetDefinitions(Name='{name}')",
            lambda r: _choice(_option_sets.one(r.body)),
        )

    def decode(response: Response) -> Choice:
        for held in _option_sets.value(response.body)[0]:
            if (held.name or "").lower() == name.lower():
                return _choice(held)
        raise NotFound(f"no global choice is called {name}", status=404)

    return read("GlobalOptionSetDefinitions.list", "GlobalOptionSetDefinitions", decode)


def table_privileges(logical: str) -> Call[tuple[TablePrivilege, ...]]:
    """The privileges on a table, with their ids and the depths they may have."""
    return read(
        "EntityDefinitions.privileges",
        _definition(logical),
        lambda r: _guarded.one(r.body).privileges,
        query="$select=Privileges",
    )


def _choice(held: _OptionSet) -> Choice:
    return Choice(
        name=held.name or "",
        is_global=bool(held.is_global),
        options=tuple(_option(o.value, o.label) for o in held.options if o.value is not None),
    )


def _option(value: int, label: _Label | None) -> Option:
    texts = label.texts if label else ()
    named = tuple((t.language, t.text) for t in texts if t.language is not None and t.text)
    shown = label.shown.text if label and label.shown else None
    return Option(value=value, label=shown or (named[0][1] if named else None), labels=named)


def _definition(logical: str) -> str:
    return f"EntityDefinitions(LogicalName='{table_name(logical)}')"


def _select(names: Mapping[str, str]) -> str:
    return wire.query([("$select", ",".join(names.values()))])


def _all(
    reader: Reader[M], names: Mapping[str, str], path: str, operation: str
) -> Call[tuple[M, ...]]:
    return read(operation, path, _every(reader), query=_select(names))


def _related(
    reader: Reader[M], names: Mapping[str, str], logical: str, kind: str
) -> Call[tuple[M, ...]]:
    return _all(reader, names, f"{_definition(logical)}/{kind}", f"{kind}.list")


def _every(reader: Reader[M]) -> Callable[[Response], tuple[M, ...]]:
    return lambda response: reader.value(response.body)[0]


def up_to_date(call: Call[U]) -> Call[U]:
    """The same question, answered past the server's caches; online alone, and slower."""
    headers = (*call.request.headers, ("Consistency", "Strong"))
    return evolve(call, request=evolve(call.request, headers=headers))
