"""Custom fields, tags and predefined fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from attrs import field, frozen

from ...core.call import Call, Pages, WriteClass
from ...core.given import named, one_of, path
from ...core.wire import Reader
from ...errors import ConfigError
from ..models.fields import (
    CustomField,
    CustomFieldId,
    FieldFormat,
    PredefinedField,
    Tag,
    ValueType,
)
from ._parts import PAGE_SIZE, call, deletion, order, pages, span

TagSort = Literal["createdAt", "name"]

RESERVED = frozenset(
    "name email twitter facebook buzz myspace linkedin digg googleplus pinterest responder "
    "campaign change".split()
)
"""Names that no custom field can have."""

_FORMATS = {each.value: each for each in FieldFormat}
_TYPES = {each.value: each for each in ValueType}
_CHOICES = ("radio", "single_select", "multi_select")


@frozen(kw_only=True)
class _Row:
    """A custom field on the wire, in its older or its newer form."""

    custom_field_id: CustomFieldId
    name: str
    type: str | None = None
    format: str | None = None
    field_type: str | None = None
    value_type: str | None = None
    hidden: bool = False
    values: tuple[str, ...] = field(default=())

    def read(self) -> CustomField:
        widget = self.format or self.field_type
        kind = self.value_type or self.type
        if kind in _FORMATS:  # the older form has the widget where the type belongs
            widget, kind = widget or kind, None
        return CustomField(
            custom_field_id=self.custom_field_id,
            name=self.name,
            format=_FORMATS.get(widget or "", widget),
            value_type=_TYPES.get(kind or "", kind),
            hidden=self.hidden,
            values=self.values,
        )


_row = Reader(_Row)
_tag = Reader(Tag)
_predefined = Reader(PredefinedField)


def list_custom_fields(
    *, name: str | None = None, page_size: int = PAGE_SIZE
) -> Pages[CustomField]:
    """All custom fields by name; `name` narrows to names that contain it."""
    query = [("query[name]", name), ("sort[name]", "ASC")]
    return pages("custom_fields.list", "custom-fields", _custom_fields, query, page_size)


def get_custom_field(custom_field_id: str) -> Call[CustomField]:
    """One custom field."""
    where = path("custom-fields", custom_field_id)
    return call("custom_fields.get", "GET", where, lambda r: _row.one(r.body).read())


def create_custom_field(
    name: str,
    *,
    type: ValueType | str = ValueType.STRING,
    format: FieldFormat | str = FieldFormat.TEXT,
    values: Sequence[str] = (),
    hidden: bool = False,
) -> Call[CustomField]:
    """Create a custom field; name, type and format stay for ever.

    Raises:
        ConfigError: a name other than lower case letters, digits and `_`, or a reserved one; a
            choice of fewer than two values.
    """
    widget = one_of("format", format, _FORMATS)
    kind = one_of("type", type, _TYPES)
    if not re.fullmatch("[a-z0-9_]{1,128}", name):
        raise ConfigError(
            f"custom field {name[:40]!r}: 1 to 128 lower case letters, digits and _ are allowed"
        )
    if name in RESERVED:
        raise ConfigError(f"custom field {name!r}: the name is reserved")
    return call(
        "custom_fields.create",
        "POST",
        "custom-fields",
        lambda r: _row.one(r.body).read(),
        body={
            "name": name,
            "type": kind,
            "format": widget,
            "hidden": "true" if hidden else "false",
            "values": _choices(values, widget),
        },
        write_class=WriteClass.NATURAL_KEY,
    )


def update_custom_field(
    custom_field_id: str, *, hidden: bool, values: Sequence[str]
) -> Call[CustomField]:
    """Change what may be chosen, and whether the field is hidden; both are set each time."""
    return call(
        "custom_fields.update",
        "POST",
        path("custom-fields", custom_field_id),
        lambda r: _row.one(r.body).read(),
        body={"hidden": "true" if hidden else "false", "values": _choices(values, "")},
    )


def delete_custom_field(custom_field_id: str) -> Call[None]:
    """Delete a custom field and its values on all contacts; one that is gone already is fine."""
    return deletion("custom_fields.delete", path("custom-fields", custom_field_id))


def list_tags(
    *,
    name: str | None = None,
    created_since: datetime | None = None,
    created_until: datetime | None = None,
    sort: TagSort = "createdAt",
    page_size: int = PAGE_SIZE,
) -> Pages[Tag]:
    """All tags, ascending by `sort`; `name` narrows to names that contain it."""
    query = [
        ("query[name]", name),
        *span("createdAt", created_since, created_until),
        order(sort, TagSort),
    ]
    return pages("tags.list", "tags", _tag.many, query, page_size)


def get_tag(tag_id: str) -> Call[Tag]:
    """One tag."""
    return call("tags.get", "GET", path("tags", tag_id), lambda r: _tag.one(r.body))


def create_tag(name: str) -> Call[Tag]:
    """Create a tag; it cannot be renamed later. A taken name is a `Conflict` (1008)."""
    return call(
        "tags.create",
        "POST",
        "tags",
        lambda r: _tag.one(r.body),
        body={"name": named("the name of a tag", name)},
        write_class=WriteClass.NATURAL_KEY,
    )


def delete_tag(tag_id: str) -> Call[None]:
    """Delete a tag, also from the contacts that have it; one that is gone already is fine."""
    return deletion("tags.delete", path("tags", tag_id))


def list_predefined_fields(*, page_size: int = PAGE_SIZE) -> Pages[PredefinedField]:
    """All predefined fields."""
    return pages("predefined_fields.list", "predefined-fields", _predefined.many, (), page_size)


def get_predefined_field(predefined_field_id: str) -> Call[PredefinedField]:
    """One predefined field."""
    where = path("predefined-fields", predefined_field_id)
    return call("predefined_fields.get", "GET", where, lambda r: _predefined.one(r.body))


def create_predefined_field(campaign_id: str, name: str, *, value: str) -> Call[PredefinedField]:
    """Create a predefined field of one list."""
    return call(
        "predefined_fields.create",
        "POST",
        "predefined-fields",
        lambda r: _predefined.one(r.body),
        body={
            "name": named("the name of a predefined field", name),
            "value": value,
            "campaign": {"campaignId": named("an id of campaigns", campaign_id)},
        },
        write_class=WriteClass.NATURAL_KEY,
    )


def update_predefined_field(predefined_field_id: str, *, value: str) -> Call[PredefinedField]:
    """Give a predefined field another value; its name stays."""
    return call(
        "predefined_fields.update",
        "POST",
        path("predefined-fields", predefined_field_id),
        lambda r: _predefined.one(r.body),
        body={"value": value},
    )


def delete_predefined_field(predefined_field_id: str) -> Call[None]:
    """Delete a predefined field; one that is gone already is fine."""
    return deletion("predefined_fields.delete", path("predefined-fields", predefined_field_id))


def _custom_fields(body: bytes) -> tuple[CustomField, ...]:
    return tuple(row.read() for row in _row.many(body))


def _choices(values: Iterable[str], widget: str) -> list[str]:
    if isinstance(values, str):
        raise ConfigError("values is a list of texts, not one text")
    found = [named("a value of a custom field", value) for value in values]
    if len(set(found)) < 2 and widget in _CHOICES:
        raise ConfigError(f"a custom field of format {widget} offers two values at least")
    return found
