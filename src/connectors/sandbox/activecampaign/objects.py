"""The records of custom objects: an upsert that clears what it does not name, and lists that lag."""

from __future__ import annotations

from .records import Content, Record, Schema
from .routing import Call, Reply, Route, known
from .schemas import found, meta
from .store import Book
from .wire import (
    Json,
    NotSimulated,
    Refusal,
    as_id,
    bad_request,
    fraction,
    is_date,
    is_moment,
    is_number,
    object_error,
    thousandths,
)

_KEYS = ("id", "externalId", "fields", "relationships")


def row(record: Record, content: Content | None = None) -> dict[str, Json]:
    shown = content or record.content
    return {
        "id": record.id,
        "externalId": record.external,
        "schemaId": record.schema,
        "fields": [{"id": id, "value": value} for id, value in shown.fields.items()],
        "relationships": {name: list(ids) for name, ids in shown.relationships.items()},
        "createdTimestamp": fraction(record.created, record.nanoseconds),
        "updatedTimestamp": thousandths(shown.updated),
    }


# -- what a value may be -----------------------------------------------------------------------


def _fits(field: dict[str, Json], value: Json) -> bool:
    kind = field["type"]
    if kind in ("number", "decimal", "currency"):
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        fits = plain or (isinstance(value, str) and is_number(value))
        return fits and (kind != "number" or isinstance(value, int) or float(value).is_integer())
    options = [each["value"] for each in field.get("options", ())]
    if kind == "multiselect":
        return isinstance(value, list) and all(each in options for each in value)
    if not isinstance(value, str):
        return False
    if kind == "date":
        return is_date(value)
    if kind == "datetime":
        return is_moment(value)
    return kind != "dropdown" or value in options


def _fields(book: Book, schema: Schema, given: Json) -> dict[str, Json]:
    if not isinstance(given, list):
        raise object_error("fields must be a list", "fields")
    kinds = {each["id"]: each for each in schema.fields if each["id"] not in schema.doomed}
    wanted: dict[str, Json] = {}
    for each in given:
        if not isinstance(each, dict) or not {"id", "value"} <= set(each):
            raise object_error("A field needs id and value", "fields")
        known(each, "record.fields", ("id", "value"))
        id, value = each["id"], each["value"]
        if not isinstance(id, str):
            raise object_error("A field's id is text", "fields")
        if id in wanted:
            raise object_error("A field may stand once", f"fields/{id}")
        if id not in kinds:
            if book.unknown_record_field == "dropped":
                continue
            raise object_error("The field is not defined in the schema", f"fields/{id}", plain=True)
        if value is None:
            continue
        if not _fits(kinds[id], value):
            told = f"The value is not defined in the schema for a {kinds[id]['type']} field"
            raise object_error(told, f"fields/{id}", plain=True)
        wanted[id] = value
    for id, kind in kinds.items():
        if kind["required"] and wanted.get(id) in (None, "", []):
            raise object_error("A required field is missing", f"fields/{id}")
    return wanted


def _relationships(book: Book, schema: Schema, given: Json) -> dict[str, list[str]]:
    if not isinstance(given, dict):
        raise object_error("relationships must be an object", "relationships")
    names = {each["id"] for each in schema.relationships}
    wanted: dict[str, list[str]] = {}
    for name, ids in given.items():
        at = f"relationships/{name}"
        if name not in names:
            raise object_error("The relationship is not defined in the schema", at)
        if not isinstance(ids, list) or len(ids) > 1:
            raise object_error("The relationship is a list of one id at most", at)
        read = [as_id(each) for each in ids]
        wanted[name] = [each for each in read if each is not None]
        if len(wanted[name]) < len(ids):
            raise object_error("The relationship has an id that is none", at)
        if name == "primary-contact" and not all(each in book.people for each in wanted[name]):
            raise object_error("The related contact does not exist", at)
    return wanted


# -- writes ------------------------------------------------------------------------------------


def put(book: Book, schema: Schema, given: dict[str, Json]) -> Record:
    """Make or replace a record; what `fields` does not name is cleared."""
    external = given.get("externalId")
    if external is not None and not (isinstance(external, str) and external):
        raise object_error("externalId must be text", "externalId")
    fields = _fields(book, schema, given.get("fields", []))
    related = _relationships(book, schema, given.get("relationships", {}))
    rows = book.rows[schema.id]
    if given.get("id") is not None:
        record = rows.get(str(given["id"]))
        if record is None:
            raise bad_request("The record does not exist")
        if external is not None and external != record.external:
            raise bad_request("The externalId belongs to another record")
    else:
        record = rows.get(book.by_external.get((schema.id, external or ""), ""))
    content = Content(fields, related, book.now())
    if record is None:
        nanoseconds = book.random.randrange(1000)
        record = Record(book.new_uuid(), schema.id, external, book.now(), nanoseconds, [])
        rows[record.id] = record
        if external is not None:
            book.by_external[schema.id, external] = record.id
    elif "relationships" not in given:
        content = Content(fields, record.content.relationships, book.now())
    record.versions.append((book.clock.monotonic(), content))
    return record


def upsert(book: Book, call: Call) -> Reply:
    schema = found(book, call.params[0])
    record = put(book, schema, call.wrapped("record", _KEYS))
    shown = row(record)
    if not book.record_id_on_write:
        del shown["id"]
    return Reply(201, {"record": shown})


def not_allowed(book: Book, call: Call) -> Reply:
    return Reply(405, {"message": "Method Not Allowed"}, {"Allow": "GET, POST, DELETE"})


# -- reads -------------------------------------------------------------------------------------


def listed(book: Book, record: Record) -> Content | None:
    """A record as lists have it: as it was `record_lag` seconds ago."""
    latest = book.clock.monotonic() - book.record_lag
    seen = [content for at, content in record.versions if at <= latest]
    return seen[-1] if seen else None


def list_records(book: Book, call: Call) -> Reply:
    schema = found(book, call.params[0])
    query = call.query
    contact: str | None = None
    exact: str | None = None
    nothing = False
    for path, text in query.take_under("filters"):
        if path == ["relationships.primary-contact", "eq"]:
            contact = text
        elif path == ["createdTimestamp"]:
            exact = text
        elif path[0] == "createdTimestamp":
            nothing = True  # operators are taken here, and find nothing
        else:
            raise NotSimulated(f"the query parameter filters[{']['.join(path)}]")
    orders = query.orders(("createdTimestamp",))
    page = query.page()
    rows = []
    # By id, which is random: the service promises no order.
    for record in sorted(book.rows[schema.id].values(), key=lambda each: each.id):
        content = listed(book, record)
        if content is None or nothing:
            continue
        if contact is not None and contact not in content.relationships.get("primary-contact", ()):
            continue
        shown = row(record, content)
        if exact is None or exact == shown["createdTimestamp"]:
            rows.append(shown)
    for _, descending in orders:
        rows.sort(key=lambda each: str(each["createdTimestamp"]), reverse=descending)
    part = page.cut(rows)
    return Reply(200, {"records": part, "meta": meta(page, len(rows), len(part))})


def _missing(book: Book) -> Refusal:
    if book.missing_record == 404:
        return Refusal(404, {"message": "Not Found"})
    return Refusal(400, {})


def _by_id(book: Book, call: Call) -> Record:
    schema = found(book, call.params[0])
    record = book.rows[schema.id].get(call.params[1])
    if record is None:
        raise _missing(book)
    return record


def _by_external(book: Book, call: Call) -> Record:
    schema = found(book, call.params[0])
    id = book.by_external.get((schema.id, call.params[1]))
    if id is None:
        raise _missing(book)
    return book.rows[schema.id][id]


def get(book: Book, call: Call) -> Reply:
    return Reply(200, {"record": row(_by_id(book, call))})


def get_external(book: Book, call: Call) -> Reply:
    return Reply(200, {"record": row(_by_external(book, call))})


def remove(book: Book, record: Record) -> None:
    del book.rows[record.schema][record.id]
    if record.external is not None:
        del book.by_external[record.schema, record.external]


def delete(book: Book, call: Call) -> Reply:
    remove(book, _by_id(book, call))
    return Reply(202)


def delete_external(book: Book, call: Call) -> Reply:
    remove(book, _by_external(book, call))
    return Reply(202)


_ONE = "customObjects/records/{}/{}"
_EXTERNAL = "customObjects/records/{}/external/{}"
ROUTES = [
    Route("GET", "customObjects/records/{}", "records.list", list_records, query=True),
    Route("POST", "customObjects/records/{}", "records.upsert", upsert),
    Route("GET", _ONE, "records.get", get),
    Route("GET", _EXTERNAL, "records.get_external", get_external),
    Route("DELETE", _ONE, "records.delete", delete),
    Route("DELETE", _EXTERNAL, "records.delete_external", delete_external),
    Route("PUT", "customObjects/records/{}", "records.put", not_allowed),
    Route("PATCH", "customObjects/records/{}", "records.put", not_allowed),
    Route("PUT", _ONE, "records.put", not_allowed),
    Route("PATCH", _ONE, "records.put", not_allowed),
    Route("PUT", _EXTERNAL, "records.put", not_allowed),
    Route("PATCH", _EXTERNAL, "records.put", not_allowed),
]
