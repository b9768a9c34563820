"""Custom objects: schemas and their records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from attrs import frozen

from ...core.call import Call, Pages, Response, WriteClass
from ...core.given import named, path
from ...core.wire import Reader
from ...errors import ConfigError, NotFound
from .. import wire
from ..models.custom_objects import (
    PRIMARY_CONTACT,
    NewSchema,
    Record,
    RecordFields,
    RecordValue,
    Relationship,
    Schema,
    SchemaField,
    SchemaFieldType,
)
from ._parts import PAGE_SIZE, call, deletion, number, number_or_none, pages, word

_TYPES = {each.value: each for each in SchemaFieldType}
_CHOICES = (SchemaFieldType.DROPDOWN, SchemaFieldType.MULTISELECT)
_TEXTS = (SchemaFieldType.TEXT, SchemaFieldType.TEXTAREA, SchemaFieldType.DROPDOWN)
_NUMBERS = (SchemaFieldType.NUMBER, SchemaFieldType.DECIMAL, SchemaFieldType.CURRENCY)


@frozen(kw_only=True)
class _Labels:
    singular: str | None = None
    plural: str | None = None


@frozen(kw_only=True)
class _Option:
    value: str
    id: str | None = None


@frozen(kw_only=True)
class _FieldRow:
    """A field of a schema on the wire."""

    id: str
    labels: _Labels | None = None
    type: str
    required: bool | None = None
    is_required: bool | None = None
    options: tuple[_Option, ...] | None = None
    scale: int | None = None
    default_currency: str | None = None
    inherited: bool | None = None
    status: str | None = None

    def read(self) -> SchemaField:
        labels = self.labels or _Labels()
        required = self.is_required if self.required is None else self.required
        return SchemaField(
            id=self.id,
            label=labels.singular or "",
            plural_label=labels.plural or "",
            type=_TYPES.get(self.type, self.type),
            required=bool(required),
            options=tuple(option.value for option in self.options or ()),
            option_ids={each.value: each.id for each in self.options or () if each.id},
            scale=self.scale,
            currency=self.default_currency,
            inherited=bool(self.inherited),
            deleted=self.status == "marked_for_deletion",
        )


@frozen(kw_only=True)
class _RelationshipRow:
    id: str
    namespace: str
    labels: _Labels | None = None
    description: str | None = None
    has_many: bool | None = None

    def read(self) -> Relationship:
        labels = self.labels or _Labels()
        return Relationship(
            id=self.id,
            namespace=self.namespace,
            label=labels.singular or "",
            plural_label=labels.plural or "",
            description=self.description or "",
            has_many=bool(self.has_many),
        )


@frozen(kw_only=True)
class _SchemaRow:
    """A schema on the wire; its times have more digits than a time here."""

    id: str
    slug: str
    labels: _Labels | None = None
    description: str | None = None
    fields: tuple[_FieldRow, ...] | None = None
    relationships: tuple[_RelationshipRow, ...] | None = None
    visibility: str | None = None
    parent_id: str | None = None
    created_timestamp: str | None = None
    updated_timestamp: str | None = None

    def read(self) -> Schema:
        labels = self.labels or _Labels()
        return Schema(
            id=self.id,
            slug=self.slug,
            singular=labels.singular or "",
            plural=labels.plural or "",
            description=self.description,
            fields=tuple(row.read() for row in self.fields or ()),
            relationships=tuple(row.read() for row in self.relationships or ()),
            visibility=self.visibility,
            parent_id=self.parent_id,
            created_at=_time(self.created_timestamp),
            updated_at=_time(self.updated_timestamp),
        )


@frozen(kw_only=True)
class _RecordRow:
    """A record on the wire: fields as a list, relationships as lists of ids."""

    id: str | None = None
    external_id: str | None = None
    schema_id: str | None = None
    fields: tuple[Mapping[str, Any], ...] | None = None
    relationships: Mapping[str, Any] | None = None
    created_timestamp: str | None = None
    updated_timestamp: str | None = None

    def read(self) -> Record:
        contacts = (self.relationships or {}).get(PRIMARY_CONTACT) or []
        ids = contacts if isinstance(contacts, list) else [contacts]
        return Record(
            id=self.id or None,
            external_id=self.external_id,
            schema_id=self.schema_id,
            fields={
                str(row["id"]): _read(row.get("value")) for row in self.fields or () if "id" in row
            },
            contact_ids=tuple(str(each) for each in ids if each is not None),
            created_at=_time(self.created_timestamp),
            updated_at=_time(self.updated_timestamp),
        )


_schema = Reader(_SchemaRow)
_record = Reader(_RecordRow)


# --- schemas ---------------------------------------------------------------------------------


def list_schemas(*, with_deleted_fields: bool = False, page_size: int = PAGE_SIZE) -> Pages[Schema]:
    """All custom objects of the account, those of apps too."""
    query = [("showFields", "all" if with_deleted_fields else None)]
    return pages(
        "schemas.list",
        "customObjects/schemas",
        lambda a: tuple(row.read() for row in a.many("schemas", _schema)),
        lambda schema: schema.id,
        query,
        page_size,
    )


def get_schema(schema_id: str) -> Call[Schema]:
    """One custom object."""
    return call("schemas.get", "GET", path("customObjects/schemas", schema_id), _one_schema)


def create_schema(schema: NewSchema) -> Call[Schema]:
    """Create a private custom object whose records belong to contacts; a taken slug is a `Conflict`.

    Raises:
        ConfigError: no slug, no label, no field, or two fields or relationships with one id.
    """
    return call(
        "schemas.create",
        "POST",
        "customObjects/schemas",
        _one_schema,
        body={"schema": _schema_body(schema)},
        write_class=WriteClass.NATURAL_KEY,
    )


def update_schema(schema_id: str, schema: NewSchema, *, check_only: bool = False) -> Call[Schema]:
    """Write a custom object anew, all of it: what is not in `schema` may be lost.

    Args:
        schema: best made by `Schema.as_new`, which has all that is there.
        check_only: say whether that would do, and change nothing.
    """
    return call(
        "schemas.update",
        "PUT",
        path("customObjects/schemas", schema_id),
        _one_schema,
        body={"schema": _schema_body(schema)},
        headers=(("validateOnly", "true"),) if check_only else (),
    )


def delete_schema(schema_id: str) -> Call[None]:
    """Delete a custom object with all its records; one that is gone already is fine."""
    return deletion("schemas.delete", path("customObjects/schemas", schema_id))


def delete_schema_field(schema_id: str, field_id: str) -> Call[None]:
    """Delete a field with its values in all records, for ever; administrators only."""
    where = path("customObjects/schemas", schema_id)
    return deletion("schemas.delete_field", f"{where}/{path('fields', field_id)}")


# --- records ---------------------------------------------------------------------------------


def list_records(
    schema_id: str, *, contact_id: str | None = None, page_size: int = PAGE_SIZE
) -> Pages[Record]:
    """The records of a custom object, or those of one contact, in no order.

    One that was just written may be missing for 10 seconds and more: never decide by this list
    whether a record is there.
    """
    query = [
        (f"filters[relationships.{PRIMARY_CONTACT}][eq]", number_or_none("contact_id", contact_id))
    ]
    return pages(
        "records.list",
        path("customObjects/records", schema_id),
        lambda a: tuple(row.read() for row in a.many("records", _record)),
        lambda record: record.id or record.external_id or "",
        query,
        page_size,
    )


def get_record(schema_id: str, record_id: str) -> Call[Record]:
    """One record by its id."""
    where = f"{path('customObjects/records', schema_id)}/{_part(record_id)}"
    return call("records.get", "GET", where, _one_record)


def find_record(schema_id: str, external_id: str) -> Call[Record | None]:
    """The record with this external id, or None."""

    def decode(response: Response) -> Record | None:
        error = wire.classify(made, response)
        if error is None:
            return _one_record(response)
        if isinstance(error, NotFound):
            return None
        raise error

    made: Call[Record | None] = call(
        "records.find",
        "GET",
        _external(schema_id, external_id),
        decode,
        safe_statuses=frozenset({400, 404}),
    )
    return made


def put_record(
    schema_id: str,
    external_id: str,
    fields: RecordFields,
    *,
    contact_id: str,
    schema: Schema | None = None,
) -> Call[Record]:
    """Write the record with this external id, all of it: a field that is not given loses its value.

    Args:
        fields: by field id; None leaves one empty.
        contact_id: whom it belongs to.
        schema: what the record must fit; with it, a field that is not named is refused instead of
            cleared, and so is one that the custom object does not have.

    Raises:
        ConfigError: a value that its field cannot hold, and the like.
    """
    if schema is not None:
        _check_whole(schema, fields)
    known = {each.id: each for each in schema.fields} if schema is not None else {}
    rows = [
        {"id": named("an id of fields", name), "value": _written(name, value, known.get(name))}
        for name, value in fields.items()
        if value is not None
    ]
    record = {
        "externalId": named("an external id", external_id),
        "fields": rows,
        "relationships": {PRIMARY_CONTACT: [number("an id of contacts", contact_id)]},
    }
    where = path("customObjects/records", schema_id)
    return call("records.put", "POST", where, _one_record, body={"record": record})


def delete_record(schema_id: str, record_id: str) -> Call[None]:
    """Delete a record by its id; one that is gone already is fine."""
    where = path("customObjects/records", schema_id)
    return deletion("records.delete", f"{where}/{_part(record_id)}")


def delete_record_by_external_id(schema_id: str, external_id: str) -> Call[None]:
    """Delete a record by its external id; one that is gone already is fine."""
    return deletion("records.delete", _external(schema_id, external_id))


# --- parts -----------------------------------------------------------------------------------


def _one_schema(response: Response) -> Schema:
    return wire.Answer(response).one("schema", _schema).read()


def _one_record(response: Response) -> Record:
    return wire.Answer(response).one("record", _record).read()


def _part(record_id: str) -> str:
    return path("records", record_id).removeprefix("records/")


def _external(schema_id: str, external_id: str) -> str:
    where = path("customObjects/records", schema_id)
    return f"{where}/{path('external', external_id)}"


def _schema_body(schema: NewSchema) -> dict[str, object]:
    ids = [named("an id of fields", each.id) for each in schema.fields]
    if not ids or len(set(ids)) != len(ids):
        raise ConfigError("a schema has a field at least, and each has an id of its own")
    if len({each.id for each in schema.relationships}) != len(schema.relationships):
        raise ConfigError("each relationship of a schema has an id of its own")
    return {
        "slug": named("the slug of a schema", schema.slug),
        "labels": {
            "singular": named("the label of a schema", schema.singular),
            "plural": named("the label of a schema", schema.plural),
        },
        "description": schema.description,
        "fields": [_field_body(each) for each in schema.fields],
        "relationships": [_relationship_body(each) for each in schema.relationships],
    }


def _relationship_body(each: Relationship) -> dict[str, object]:
    label = named(f"the label of relationship {each.id}", each.label)
    return {
        "id": named("an id of relationships", each.id),
        "labels": {"singular": label, "plural": each.plural_label or label},
        "description": each.description,
        "namespace": named(f"the namespace of relationship {each.id}", each.namespace),
        "hasMany": each.has_many,
    }


def _field_body(each: SchemaField) -> dict[str, object]:
    label = named(f"the label of field {each.id}", each.label)
    body: dict[str, object] = {
        "id": each.id,
        "labels": {"singular": label, "plural": each.plural_label or label},
        "type": word(each.type),
        "required": each.required,
    }
    if _kind(each) in _CHOICES and not each.options:
        raise ConfigError(f"field {each.id} needs options to choose from")
    if each.options:
        body["options"] = [_option_body(each, value) for value in each.options]
    if each.scale is not None:
        body["scale"] = each.scale
    if each.currency is not None:
        body["defaultCurrency"] = each.currency
    return body


def _option_body(each: SchemaField, value: str) -> dict[str, str]:
    body = {"value": named("an option", value)}
    return {"id": each.option_ids[value], **body} if value in each.option_ids else body


def _check_whole(schema: Schema, fields: RecordFields) -> None:
    known = {each.id: each for each in schema.fields if not each.deleted}
    strange = sorted(set(fields) - set(known))
    if strange:
        raise ConfigError(f"schema {schema.slug} has no field {', '.join(strange)}")
    left_out = [name for name in known if name not in fields]
    if left_out:
        raise ConfigError(
            f"{', '.join(left_out)} would be cleared, as a record is written whole; "
            "give each its value, or None to clear it"
        )
    empty = [name for name, each in known.items() if each.required and fields[name] is None]
    if empty:
        raise ConfigError(f"{', '.join(empty)} must not be empty")


def _written(name: str, value: RecordValue, each: SchemaField | None) -> object:
    """A value as it is sent, checked against its field where that is known."""
    if value in ("", (), []):
        raise ConfigError(f"{name} is empty; say None to leave it empty")
    several = isinstance(value, Sequence) and not isinstance(value, str)
    if several and not all(isinstance(one, str) and one for one in value):  # type: ignore[union-attr]
        raise ConfigError(f"{name} takes texts that are not empty")
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        _plain(name, value)  # JSON has none for infinity, and would say null
    if each is not None:
        _check_value(each, value, several)
    if isinstance(value, date):
        return wire.moment(value)
    if each is not None and isinstance(value, str) and _kind(each) is SchemaFieldType.DATE:
        return date.fromisoformat(value).isoformat()  # which reads `20260519` too
    if each is not None and isinstance(value, str) and _kind(each) is SchemaFieldType.DATETIME:
        return value.replace(" ", "T", 1)
    if isinstance(value, float | Decimal) or (each is not None and _kind(each) in _NUMBERS):
        return value if isinstance(value, int) else _plain(name, value)
    return list(value) if several else value  # type: ignore[arg-type]


def _plain(name: str, value: object) -> str:
    """A number as text in plain digits."""
    text = wire.numeral(value)
    if text is None:
        raise ConfigError(f"{name} takes a number in plain digits, like 1234.5")
    return text


def _kind(each: SchemaField) -> SchemaFieldType | str:
    return _TYPES.get(word(each.type), each.type)


def _check_value(each: SchemaField, value: RecordValue, several: bool) -> None:
    kind = _kind(each)
    if several != (kind is SchemaFieldType.MULTISELECT):
        raise ConfigError(f"{each.id} takes {'one text' if several else 'a list of texts'}")
    if kind in _NUMBERS:
        _plain(each.id, value)
    chosen = [str(one) for one in value] if several else [str(value)]  # type: ignore[union-attr]
    if each.options and not set(chosen) <= set(each.options):
        raise ConfigError(f"{each.id} is one of {', '.join(each.options)}")
    if kind in _TEXTS and not isinstance(value, str | date):
        raise ConfigError(f"{each.id} takes a text")
    if kind is SchemaFieldType.DATE:
        _check_day(each.id, value)
    if kind is SchemaFieldType.DATETIME and not isinstance(value, datetime):
        _check_moment(each.id, value)


def _check_day(name: str, value: RecordValue) -> None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        day = None
    if not isinstance(day, date) or isinstance(day, datetime):
        raise ConfigError(f"{name} takes a date, like 2026-05-19")


def _check_moment(name: str, value: RecordValue) -> None:
    try:
        # Sent with all its digits: what was read is written back.
        text = value if isinstance(value, str) else ""
        fits = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        fits = False
    if not fits:
        raise ConfigError(f"{name} takes a date-time with its zone, like 2026-05-19T07:45:00Z")


def _read(value: object) -> str | tuple[str, ...] | None:
    """A value as text, whatever the wire has."""
    if value is None or value == "":
        return None
    if isinstance(value, list):
        return tuple(str(each) for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    # Python writes a large number with an exponent, which could not be written back.
    return (wire.numeral(value) if isinstance(value, float) else None) or str(value)


def _time(text: str | None) -> datetime | None:
    """A time with up to nine digits behind the second, cut to six."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
