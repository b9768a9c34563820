"""Custom fields of contacts, their options and their values."""

from __future__ import annotations

import re
from typing import Any

from .person import brief, found
from .records import Field, FieldRel, Option, Value
from .routing import Call, Reply, Route, known, unwrapped
from .store import Book
from .wire import (
    Json,
    Refusal,
    as_id,
    bad_request,
    invalid,
    is_date,
    is_flag,
    is_moment,
    is_number,
    not_found,
    with_offset,
)

TYPES = frozenset(
    "text textarea hidden date datetime radio dropdown checkbox listbox number currency NULL".split()
)
CHOICES = frozenset({"radio", "dropdown", "checkbox", "listbox"})
SEVERAL = frozenset({"checkbox", "listbox"})
BAR = "||"


# -- rows --------------------------------------------------------------------------------------


def field_row(book: Book, field: Field) -> dict[str, Json]:
    return {
        "title": field.title,
        "descript": field.description,
        "type": field.type,
        "isrequired": "0",
        "perstag": field.perstag,
        "defval": field.default,
        "show_in_list": "0",
        "rows": "0",
        "cols": "0",
        "visible": field.visible,
        "service": "",
        "ordernum": field.order,
        "cdate": with_offset(field.created),
        "udate": with_offset(field.updated),
        "options": list(field.options),
        "relations": list(field.relations),
        "links": book.links(f"fields/{field.id}", "options", "relations"),
        "id": field.id,
    }


def option_row(book: Book, option: Option) -> dict[str, Json]:
    return {
        "field": option.field,
        "orderid": option.order,
        "value": option.value,
        "label": option.label,
        "isdefault": option.default,
        "cdate": with_offset(option.created),
        "udate": with_offset(option.created),
        "links": book.links(f"fieldOptions/{option.id}", "field"),
        "id": option.id,
    }


def relation_row(book: Book, rel: FieldRel) -> dict[str, Json]:
    return {
        "field": rel.field,
        "relid": rel.relid,
        "dorder": "0",
        "cdate": with_offset(rel.created),
        "links": [],
        "id": rel.id,
    }


def value_row(book: Book, value: Value) -> dict[str, Json]:
    return {
        "contact": value.contact,
        "field": value.field,
        "value": value.value,
        "cdate": with_offset(value.created),
        "udate": with_offset(value.updated),
        "links": book.links(f"fieldValues/{value.id}", "owner", "field"),
        "owner": value.contact,
        "id": value.id,
    }


# -- what a value may be -----------------------------------------------------------------------


def _fits(book: Book, field: Field, value: str) -> bool:
    if value == "":
        return True
    if field.type == "date":
        return is_date(value)
    if field.type == "datetime":
        return is_moment(value)
    if field.type in ("number", "currency"):
        return is_number(value)
    if field.type in CHOICES:
        texts = {book.options[id].value for id in field.options}
        if field.type not in SEVERAL:
            return value in texts
        parts = value.split(BAR)
        return len(parts) > 2 and not parts[0] and not parts[-1] and set(parts[1:-1]) <= texts
    return True


def check_value(book: Book, field: Field, value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise invalid("Field value must be text", "fieldValues.value", code="field_invalid")
    if book.strict_values and value is not None and not _fits(book, field, value):
        raise invalid(
            "Field value not valid",
            "fieldValues.value",
            detail=f"The value does not fit the {field.type} field {field.id}",
            code="field_invalid",
        )
    return value


def _field(book: Book, id: object) -> Field:
    found = book.fields.get(id) if isinstance(id, str) else None
    if found is None:
        raise invalid("Field id not valid", "fieldValues.field", code="field_invalid")
    return found


def wanted_values(
    book: Book, given: object, *, ignore_unknown: bool = False
) -> list[tuple[str, str | None]]:
    """Field ids and values of a `fieldValues` array.

    Args:
        ignore_unknown: leave out fields that the account does not have, as sync does.
    """
    if not isinstance(given, list):
        raise invalid("fieldValues must be a list", "fieldValues", code="invalid_type")
    wanted = []
    for each in given:
        if not isinstance(each, dict) or "field" not in each or "value" not in each:
            raise invalid(
                "A field value needs field and value", "fieldValues", code="field_invalid"
            )
        known(each, "contact.fieldValues", ("field", "value"))
        id = as_id(each["field"])
        if ignore_unknown and id not in book.fields:
            continue
        field = _field(book, id)
        wanted.append((field.id, check_value(book, field, each["value"])))
    return wanted


def set_values(book: Book, contact: str, values: list[tuple[str, str | None]]) -> list[Value]:
    return list({field: book.set_value(contact, field, value) for field, value in values}.values())


# -- fields ------------------------------------------------------------------------------------


def make_field(
    book: Book,
    title: str,
    type: str = "text",
    perstag: str = "",
    *,
    description: str = "",
    default: str = "",
    visible: str = "1",
    order: str = "0",
) -> Field:
    now = book.now()
    field = Field(book.new_id("field"), title, type, _perstag(title, perstag), now, now)
    field.description, field.default = description, default
    field.visible, field.order = visible, order
    book.fields[field.id] = field
    return field


def _perstag(title: str, perstag: str) -> str:
    """A tag as it was given loses its blanks; one made from the title gets underscores."""
    if perstag:
        return re.sub(r"\s+", "", perstag).upper()
    return re.sub(r"\W+", "_", title).strip("_").upper()


def make_option(
    book: Book, field: Field, value: str, label: str = "", order: str = "", default: str = "0"
) -> Option:
    order = order or str(len(field.options) + 1)
    option = Option(
        book.new_id("option"), field.id, value, label or value, order, default, book.now()
    )
    book.options[option.id] = option
    field.options.append(option.id)
    return option


def make_relation(book: Book, field: Field, relid: str = "0") -> FieldRel:
    rel = FieldRel(book.new_id("relation"), field.id, relid, book.now())
    book.relations[rel.id] = rel
    field.relations.append(rel.id)
    return rel


def _sideloads(book: Book, fields: list[Field]) -> dict[str, Json]:
    return {
        "fieldOptions": [option_row(book, book.options[id]) for f in fields for id in f.options],
        "fieldRels": [relation_row(book, book.relations[id]) for f in fields for id in f.relations],
    }


def list_fields(book: Book, call: Call) -> Reply:
    query = call.query
    filters = query.filters(("perstag",))
    page = query.page()
    wanted = filters.get("perstag")
    rows = [f for f in book.fields.values() if wanted is None or f.perstag == wanted.upper()]
    part = page.cut(rows)
    return Reply(
        200,
        {
            **_sideloads(book, part),
            "fields": [field_row(book, each) for each in part],
            "meta": {"total": str(len(rows))},
        },
    )


def _found_field(book: Book, id: str) -> Field:
    if id not in book.fields:
        raise not_found("Field", id)
    return book.fields[id]


def get_field(book: Book, call: Call) -> Reply:
    field = _found_field(book, call.params[0])
    return Reply(200, {**_sideloads(book, [field]), "field": field_row(book, field)})


def list_options(book: Book, call: Call) -> Reply:
    field = _found_field(book, call.params[0])
    return Reply(
        200, {"fieldOptions": [option_row(book, book.options[id]) for id in field.options]}
    )


def create_field(book: Book, call: Call) -> Reply:
    keys = ("title", "type", "descript", "perstag", "defval", "visible", "ordernum")
    given = call.wrapped("field", keys)
    title, type = given.get("title"), given.get("type")
    if not isinstance(title, str) or not title.strip():
        raise invalid("The field title must be provided", "title", code="field_missing")
    if not isinstance(type, str) or type not in TYPES:
        raise invalid("The field type is not valid", "type", code="field_invalid")
    if not is_flag(given.get("visible", 1)):
        raise invalid("visible is 0 or 1", "visible", code="field_invalid")
    for key in ("descript", "perstag", "defval"):
        if not isinstance(given.get(key, ""), str):
            raise invalid(f"{key} must be text", key, code="field_invalid")
    if any(each.title.casefold() == title.casefold() for each in book.fields.values()):
        raise invalid("The field title is taken", "title", code="duplicate")
    field = make_field(
        book,
        title,
        type,
        given.get("perstag", ""),
        description=given.get("descript", ""),
        default=given.get("defval", ""),
        visible=str(int(given.get("visible", 1))),
        order=str(given.get("ordernum", 0)),
    )
    return Reply(201, {"field": field_row(book, field)})


def create_relation(book: Book, call: Call) -> Reply:
    given = call.wrapped("fieldRel", ("field", "relid"))
    field = _field(book, as_id(given.get("field")))
    if given.get("relid") not in (0, "0"):
        raise bad_request("fieldRel.relid: only 0, for all lists, is simulated")
    return Reply(201, {"fieldRel": relation_row(book, make_relation(book, field))})


def create_options(book: Book, call: Call) -> Reply:
    body = call.json()
    given = body.get("fieldOptions")
    if set(body) != {"fieldOptions"} or not isinstance(given, list) or not given:
        raise Refusal(422, {"errors": "fieldOptions must be a list of options"})
    wanted = []
    for each in given:
        if not isinstance(each, dict):
            raise Refusal(422, {"errors": "An option must be an object"})
        known(each, "fieldOptions", ("orderid", "value", "label", "isdefault", "field"))
        field = book.fields.get(as_id(each.get("field")) or "")
        value, label = each.get("value"), each.get("label", "")
        if field is None or field.type not in CHOICES:
            raise Refusal(422, {"errors": "The field of an option does not exist"})
        if not isinstance(value, str) or not value or not isinstance(label, str):
            raise Refusal(422, {"errors": "The value of an option must be provided"})
        if not is_flag(each.get("isdefault", 0)):
            raise Refusal(422, {"errors": "isdefault is 0 or 1"})
        order = str(each.get("orderid", ""))
        wanted.append((field, value, label, order, str(int(each.get("isdefault", 0)))))
    made = [make_option(book, *each) for each in wanted]
    return Reply(201, {"fieldOptions": [option_row(book, each) for each in made]})


# -- values ------------------------------------------------------------------------------------


def _written(book: Book, call: Call) -> tuple[str, str, str | None, dict[str, Any]]:
    body = call.json()
    if not is_flag(body.pop("useDefaults", False)):
        raise bad_request("useDefaults must be a boolean")
    given = unwrapped(body, "fieldValue", ("contact", "field", "value"))
    for key in ("contact", "field", "value"):
        if key not in given:
            raise invalid("Missing attribute", f"{key}", code="field_missing")
    contact = found(book, str(given["contact"]))
    field = _field(book, as_id(given["field"]))
    return contact.id, field.id, check_value(book, field, given["value"]), given


def _value_reply(book: Book, status: int, value: Value, given: dict[str, Any]) -> Reply:
    # The ids come back as they were sent, numbers included.
    shown = {**value_row(book, value), "contact": given["contact"], "field": given["field"]}
    person = brief(book, book.people[value.contact])
    return Reply(status, {"contacts": [person], "fieldValue": shown})


def create_value(book: Book, call: Call) -> Reply:
    contact, field, value, given = _written(book, call)
    return _value_reply(book, book.field_value_status, book.set_value(contact, field, value), given)


def _found_value(book: Book, id: str) -> Value:
    if id not in book.values:
        raise not_found("FieldValue", id)
    return book.values[id]


def update_value(book: Book, call: Call) -> Reply:
    old = _found_value(book, call.params[0])
    contact, field, value, given = _written(book, call)
    if (contact, field) != (old.contact, old.field):
        raise bad_request("The value belongs to another contact or field")
    return _value_reply(book, 200, book.set_value(contact, field, value), given)


def list_values(book: Book, call: Call) -> Reply:
    query = call.query
    filters = query.filters(("fieldid", "val"))
    page = query.page()
    rows = [
        each
        for each in book.values.values()
        if filters.get("fieldid") in (None, each.field) and filters.get("val") in (None, each.value)
    ]
    shown = [value_row(book, each) for each in page.cut(rows)]
    return Reply(200, {"fieldValues": shown, "meta": {"total": str(len(rows))}})


def delete_value(book: Book, call: Call) -> Reply:
    book.drop_value(_found_value(book, call.params[0]))
    return Reply(200, {})


ROUTES = [
    Route("GET", "fields", "fields.list", list_fields, query=True),
    Route("POST", "fields", "fields.create", create_field),
    Route("GET", "fields/{}", "fields.get", get_field),
    Route("GET", "fields/{}/options", "fields.options", list_options),
    Route("POST", "fieldRels", "fields.relate", create_relation),
    Route("POST", "fieldOption/bulk", "fields.add_options", create_options),
    Route("POST", "fieldValues", "field_values.create", create_value),
    Route("GET", "fieldValues", "field_values.list", list_values, query=True),
    Route("PUT", "fieldValues/{}", "field_values.update", update_value),
    Route("DELETE", "fieldValues/{}", "field_values.delete", delete_value),
]
