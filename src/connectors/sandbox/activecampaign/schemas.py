"""Custom objects: what kinds there are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .records import Schema
from .routing import Call, Reply, Route, known
from .store import Book
from .wire import (
    Json,
    NotSimulated,
    Page,
    Refusal,
    bad_request,
    forbidden,
    object_error,
    thousandths,
)

TYPES = frozenset(
    "text textarea number decimal currency date datetime dropdown multiselect".split()
)
CHOICES = frozenset({"dropdown", "multiselect"})
NAMESPACES = {"contacts": "primary-contact", "accounts": "account", "deals": "deal"}
_KEYS = ("slug", "labels", "description", "fields", "relationships")
_FIELD_KEYS = (
    "id labels type required isRequired scale defaultCurrency options description inherited"
).split()


def row(schema: Schema, *, all_fields: bool = False) -> dict[str, Json]:
    fields = [
        {**each, **({"status": "marked_for_deletion"} if each["id"] in schema.doomed else {})}
        for each in schema.fields
        if all_fields or each["id"] not in schema.doomed
    ]
    return {
        "id": schema.id,
        "slug": schema.slug,
        "visibility": schema.visibility,
        "customized": False,
        "labels": dict(schema.labels),
        "description": schema.description,
        "fields": fields,
        "relationships": list(schema.relationships),
        "icons": {},
        "createdTimestamp": thousandths(schema.created),
        "updatedTimestamp": thousandths(schema.updated),
    }


def meta(page: Page, total: int, count: int) -> dict[str, int]:
    """Counted in numbers, unlike all the rest."""
    return {"total": total, "count": count, "limit": page.limit, "offset": page.offset}


def found(book: Book, id: str) -> Schema:
    """A schema that the plan lets the account use."""
    if id not in book.schemas:
        raise Refusal(404, {"message": "Not Found"})
    schema = book.schemas[id]
    if schema.visibility == "private":
        entitled(book)
    return schema


def entitled(book: Book) -> None:
    if not book.custom_objects:
        raise forbidden()


# -- what a schema may be ----------------------------------------------------------------------


def _labels(given: Json, pointer: str, told: str) -> dict[str, str]:
    whole = isinstance(given, dict) and set(given) == {"singular", "plural"}
    if not whole or not all(isinstance(text, str) and text for text in given.values()):
        raise object_error(told, pointer)
    return dict(given)


def _field(given: Json, at: str) -> dict[str, Json]:
    if not isinstance(given, dict):
        raise object_error("Schema fields must be objects", at)
    known(given, "schema.fields", _FIELD_KEYS)
    if not isinstance(given.get("id"), str) or not given["id"]:
        raise object_error("Schema fields must provide an id", f"{at}/id")
    labels = _labels(given.get("labels"), f"{at}/labels", "Schema fields must provide labels")
    kind = given.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise object_error("Schema field type is not valid", f"{at}/type")
    required = given.get("required", given.get("isRequired", False))
    if not isinstance(required, bool):
        raise object_error("required must be a boolean", f"{at}/required")
    made: dict[str, Json] = {
        "id": given["id"],
        "labels": labels,
        "type": kind,
        "required": required,
    }
    if kind in CHOICES:
        made["options"] = [_option(each, f"{at}/options") for each in given.get("options") or []]
        if not made["options"]:
            raise object_error("Schema fields of choices must provide options", f"{at}/options")
    elif "options" in given:
        raise object_error("Only fields of choices have options", f"{at}/options")
    if kind in ("number", "decimal"):
        scale = given.get("scale", 0)
        if not isinstance(scale, int) or isinstance(scale, bool) or scale < 0:
            raise object_error("scale must be a whole number", f"{at}/scale")
        made["scale"] = 0 if kind == "number" else scale
    if kind == "currency":
        made["defaultCurrency"] = given.get("defaultCurrency", "USD")
    return made


def _option(given: Json, at: str) -> dict[str, Json]:
    if not isinstance(given, dict) or not isinstance(given.get("value"), str):
        raise object_error("Options must provide a value", at)
    known(given, "schema.fields.options", ("id", "value"))
    return {"id": given.get("id", given["value"]), "value": given["value"]}


def _fields(given: Json) -> list[dict[str, Json]]:
    if not isinstance(given, list) or not given:
        raise object_error("Schema must provide fields", "fields")
    made = [_field(each, f"fields/{at}") for at, each in enumerate(given)]
    if len({each["id"] for each in made}) < len(made):
        raise object_error("Schema field ids must be unique", "fields")
    return made


def _relationships(given: Json) -> list[dict[str, Json]]:
    if not isinstance(given, list):
        raise object_error("relationships must be a list", "relationships")
    made = []
    for at, each in enumerate(given):
        where = f"relationships/{at}"
        if not isinstance(each, dict):
            raise object_error("A relationship must be an object", where)
        known(each, "schema.relationships", "id labels description namespace hasMany".split())
        if (each.get("namespace"), each.get("id")) not in NAMESPACES.items():
            raise object_error("The relationship's id and namespace do not fit", where)
        if each.get("hasMany", False) is not False:
            raise NotSimulated("a relationship with hasMany")
        labels = _labels(each.get("labels"), where, "Schema relationships must provide labels")
        told = str(each.get("description") or "")
        made.append(
            {
                "id": each["id"],
                "labels": labels,
                "description": told,
                "namespace": each["namespace"],
                "hasMany": False,
            }
        )
    return made


def make(book: Book, given: dict[str, Any], *, visibility: str = "private") -> Schema:
    known(given, "schema", _KEYS)
    slug = _slug(book, given.get("slug"), None)
    labels = _labels(given.get("labels"), "labels", "Schema must provide labels")
    fields = _fields(given.get("fields"))
    relationships = _relationships(given.get("relationships", []))
    now = book.now()
    told = str(given.get("description") or "")
    schema = Schema(
        book.new_uuid(), slug, labels, told, fields, relationships, now, now, visibility
    )
    book.schemas[schema.id] = schema
    book.rows[schema.id] = {}
    return schema


def _slug(book: Book, given: Json, mine: Schema | None) -> str:
    if not isinstance(given, str) or not given.strip():
        raise object_error("Schema must provide a slug", "slug")
    if any(each.slug == given and each is not mine for each in book.schemas.values()):
        raise object_error("Schema slug must be unique", "slug")
    return given


# -- calls -------------------------------------------------------------------------------------


def create(book: Book, call: Call) -> Reply:
    entitled(book)
    return Reply(201, {"schema": row(make(book, call.wrapped("schema", _KEYS)))})


def list_schemas(book: Book, call: Call) -> Reply:
    query = call.query
    rows = [
        each for each in book.schemas.values() if book.custom_objects or each.visibility == "public"
    ]
    for path, text in query.take_under("filters"):
        attribute = path[0].removeprefix("relationships.")
        if path[0] not in ("relationships.id", "relationships.namespace") or path[1:] != ["eq"]:
            raise NotSimulated(f"the query parameter filters[{']['.join(path)}]")
        rows = [s for s in rows if any(each[attribute] == text for each in s.relationships)]
    shown_fields = query.take("showFields")
    if shown_fields not in (None, "all"):
        raise NotSimulated(f"showFields={shown_fields}")
    for _, descending in query.orders(("createdTimestamp",)):
        rows.sort(key=lambda each: each.created, reverse=descending)
    page = query.page()
    part = [row(each, all_fields=shown_fields == "all") for each in page.cut(rows)]
    return Reply(200, {"schemas": part, "meta": meta(page, len(rows), len(part))})


def get(book: Book, call: Call) -> Reply:
    query = call.query
    shown_fields = query.take("showFields")
    query.done()
    schema = found(book, call.params[0])
    return Reply(200, {"schema": row(schema, all_fields=shown_fields == "all")})


def update(book: Book, call: Call) -> Reply:
    schema = found(book, call.params[0])
    given = call.wrapped("schema", (*_KEYS, "id"))
    if given.pop("id", schema.id) != schema.id:
        raise bad_request("The schema's id is another")
    slug = _slug(book, given.get("slug", schema.slug), schema)
    labels = _labels(given.get("labels", schema.labels), "labels", "Schema must provide labels")
    fields = _fields(given["fields"]) if "fields" in given else schema.fields
    relationships = _relationships(given.get("relationships", schema.relationships))
    left = {each["id"] for each in schema.fields} - schema.doomed - {each["id"] for each in fields}
    if left:
        raise NotSimulated(f"an update that leaves out the fields {', '.join(sorted(left))}")
    types = {each["id"]: each["type"] for each in schema.fields}
    for at, each in enumerate(fields):
        if "fields" in given and each["id"] in schema.doomed:
            raise object_error("The field id is not free yet", f"fields/{at}/id")
        if types.get(each["id"], each["type"]) != each["type"]:
            raise object_error("The type of a field does not change", f"fields/{at}/type")
    gone = [each for each in schema.fields if each["id"] in schema.doomed]
    changed = replace(
        schema,
        slug=slug,
        labels=labels,
        description=str(given.get("description", schema.description) or ""),
        fields=[*fields, *gone] if "fields" in given else schema.fields,
        relationships=relationships,
        updated=book.now(),
    )
    if call.request.headers.get("validateonly", "false").lower() != "true":
        book.schemas[schema.id] = changed
    return Reply(200, {"schema": row(changed)})


def delete(book: Book, call: Call) -> Reply:
    schema = found(book, call.params[0])
    remove(book, schema)
    return Reply(200, "")


def remove(book: Book, schema: Schema) -> None:
    """Delete a schema with its records."""
    del book.schemas[schema.id]
    del book.rows[schema.id]
    book.by_external = {k: v for k, v in book.by_external.items() if k[0] != schema.id}


def delete_field(book: Book, call: Call) -> Reply:
    schema = found(book, call.params[0])
    if schema.visibility != "private":
        raise forbidden()
    ids = {each["id"] for each in schema.fields} - schema.doomed
    if call.params[1] not in ids:
        raise Refusal(404, {"message": "Not Found"})
    schema.doomed.add(call.params[1])
    schema.updated = book.now()
    return Reply(202)


ROUTES = [
    Route("GET", "customObjects/schemas", "schemas.list", list_schemas, query=True),
    Route("POST", "customObjects/schemas", "schemas.create", create),
    Route("GET", "customObjects/schemas/{}", "schemas.get", get, query=True),
    Route("PUT", "customObjects/schemas/{}", "schemas.update", update),
    Route("DELETE", "customObjects/schemas/{}", "schemas.delete", delete),
    Route("DELETE", "customObjects/schemas/{}/fields/{}", "schemas.delete_field", delete_field),
]
