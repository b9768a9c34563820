"""What an environment says of its own tables."""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from ..literals import RowId


@frozen(kw_only=True)
class TableInfo:
    """A table. `entity_set` is its name in URLs; `type_code` differs per environment."""

    metadata_id: RowId
    logical_name: str
    schema_name: str
    entity_set: str | None = None
    primary_id: str | None = None
    primary_name: str | None = None
    type_code: int | None = None
    ownership: str | None = None
    is_custom: bool | None = None
    is_intersect: bool | None = None
    tracks_changes: bool | None = None
    optimistic_concurrency: bool | None = None


@frozen(kw_only=True)
class RequiredLevel:
    """`None`, `Recommended`, `ApplicationRequired` or `SystemRequired`."""

    value: str | None = None


@frozen(kw_only=True)
class ColumnInfo:
    """A column. `type` is `String`, `Lookup`, `Picklist` and so on; `Virtual` for what is neither
    read nor written by itself, such as a choice of several."""

    metadata_id: RowId
    logical_name: str
    schema_name: str
    type: str | None = None
    required: RequiredLevel | None = None
    is_custom: bool | None = None
    is_primary_id: bool | None = None
    is_primary_name: bool | None = None
    creatable: bool | None = None
    readable: bool | None = None
    updatable: bool | None = None
    part_of: str | None = None
    """The column that this one only shows another side of, such as its name."""


class KeyStatus(Enum):
    """How far the index of an alternate key is; only an active one can address rows."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    ACTIVE = "Active"
    FAILED = "Failed"


@frozen(kw_only=True)
class KeyInfo:
    """An alternate key."""

    metadata_id: RowId
    logical_name: str
    schema_name: str
    columns: tuple[str, ...] = ()
    status: KeyStatus | str | None = None


@frozen(kw_only=True)
class OneToMany:
    """A lookup seen from both ends.

    `lookup` is the column of the `many` table; `navigation` is what `@odata.bind` and `$expand`
    call it, case kept; `collection` leads the other way.
    """

    schema_name: str
    one: str
    one_key: str
    many: str
    lookup: str
    navigation: str | None = None
    collection: str | None = None


@frozen(kw_only=True)
class ManyToMany:
    """A relationship through an intersect table; each navigation leads away from its table."""

    schema_name: str
    table1: str
    table2: str
    intersect: str
    navigation1: str | None = None
    navigation2: str | None = None


@frozen(kw_only=True)
class Relationships:
    """All relationships of a table, by where its own end is."""

    one_to_many: tuple[OneToMany, ...]
    many_to_one: tuple[OneToMany, ...]
    many_to_many: tuple[ManyToMany, ...]


@frozen(kw_only=True)
class Option:
    """One option of a choice: `labels` by language code; `label` in the language of the user."""

    value: int
    label: str | None
    labels: tuple[tuple[int, str], ...] = ()


@frozen(kw_only=True)
class Choice:
    """A choice and its options; `name` is its own where it is global."""

    name: str
    is_global: bool
    options: tuple[Option, ...]


@frozen(kw_only=True)
class TablePrivilege:
    """A privilege on a table and the depths it may have."""

    name: str
    privilege_id: RowId
    type: str | None = None
    can_be_basic: bool = False
    can_be_local: bool = False
    can_be_deep: bool = False
    can_be_global: bool = False
