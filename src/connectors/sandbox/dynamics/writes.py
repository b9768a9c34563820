"""Writing rows: bodies to columns, create, update, upsert, delete, references."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..kernel import Answer
from .call import Call
from .errors import Refused, bad_payload, no_segment, undeclared
from .keys import Key, address, find, must_find, read_key
from .query import context, projector, read_options
from .relations import FIRST
from .rules import prepare
from .schema import Column, Nav
from .tables import Row, Table

_ETAG = re.compile(r'W/"(\d+)"')
FIXED = {("list", "type"), ("list", "createdfromcode")}
"""Columns whose change is refused and not merely ignored."""


@dataclass(slots=True)
class Changes:
    """A body, read: columns to set, rows to create along with it."""

    values: Row = field(default_factory=dict)
    single: list[tuple[Nav, dict[str, Any]]] = field(default_factory=list)
    many: list[tuple[Nav, dict[str, Any]]] = field(default_factory=list)


def read_body(call: Call, table: Table, payload: dict[str, Any], old: Row | None) -> Changes:
    """Check a body against the table; nothing is changed yet."""
    schema = table.schema
    found = Changes()
    for name, value in payload.items():
        base, mark, note = name.partition("@")
        if mark:
            if note == "odata.bind" and base:
                _bind(call, table, base, value, found)
            elif base and base not in payload:
                raise undeclared(base)
            continue
        column = schema.properties.get(name)
        if column is not None and column.kind == "lookup":
            raise Refused(
                400,
                "0x80060888",
                "CRM do not support direct update of Entity Reference properties, Use Navigation "
                "properties instead.",
            )
        if column is not None:
            _assign(call, table, column, value, old, found)
        elif name in schema.navs:
            if f"{name}@odata.bind" in payload:
                raise bad_payload(f"'{name}' is bound and nested in one body.")
            _nested(call, schema.navs[name], value, found)
        else:
            raise Refused(
                400,
                "0x0",
                f"Invalid property '{name}' was found in entity "
                f"'Microsoft.Dynamics.CRM.{schema.name}'.",
            )
    if old is None:
        found.values = {k: v for k, v in found.values.items() if v is not None}
    if any(schema.columns[c].kind == "lookup" for c in found.values):
        call.state.require(schema.name, "Append")
    return found


def _assign(
    call: Call, table: Table, column: Column, value: Any, old: Row | None, found: Changes
) -> None:
    checked = column.check(value)
    fixed = column.read_only or (column.create_only and old is not None)
    if not fixed:
        found.values[column.name] = checked
        return
    same = old is not None and old.get(column.name) == checked
    pinned = (table.schema.name, column.name) in FIXED
    if not same and (pinned or call.state.read_only_columns == "refuse"):
        raise Refused(
            400,
            "0x80040203",
            f"The attribute '{column.name}' of '{table.schema.name}' cannot be "
            f"{'set' if old is None else 'updated'}.",
        )


def _single(table: Table, name: str) -> Nav:
    nav = table.schema.navs.get(name)
    if nav is None:
        raise undeclared(name)
    return nav


def _bind(call: Call, table: Table, name: str, value: Any, found: Changes) -> None:
    nav = _single(table, name)
    if nav.collection:
        raise bad_payload(f"The collection '{name}' cannot be bound in this body.")
    column = table.schema.columns[nav.column]
    if column.read_only:
        raise undeclared(name)
    if value is None:
        _clear(call, nav, found)
        return
    found.values[nav.column] = referenced(call, nav, value)


def _clear(call: Call, nav: Nav, found: Changes) -> None:
    if call.version == "8.2":
        raise bad_payload(f"The navigation property '{nav.name}' cannot be set to null.")
    found.values[nav.column] = None


def referenced(call: Call, nav: Nav, value: Any) -> str:
    """The id a reference means; the row must exist and be of the right table."""
    target, key = address(call, value)
    if target.schema.name != nav.target:
        raise bad_payload(
            f"The reference '{value}' is no 'Microsoft.Dynamics.CRM.{nav.target}' as "
            f"'{nav.name}' needs."
        )
    row_id = must_find(call, target, key)
    call.state.require(nav.target, "AppendTo", target.rows[row_id])
    return row_id


def reference_body(call: Call, nav: Nav) -> str:
    """The id in a body `{"@odata.id": …}`; older versions take absolute addresses alone."""
    value = call.json().get("@odata.id")
    relative = isinstance(value, str) and not value.lstrip("/").startswith(("https://", "$"))
    if relative and call.version == "8.2" and not call.state.relative_references_v82:
        raise bad_payload(f"Invalid URI '{value}': @odata.id must be an absolute address.")
    return referenced(call, nav, value)


def _nested(call: Call, nav: Nav, value: Any, found: Changes) -> None:
    if value is None and not nav.collection:
        _clear(call, nav, found)
    elif isinstance(value, dict) and not nav.collection:
        found.single.append((nav, value))
    elif isinstance(value, list) and nav.collection and nav.column:
        for item in value:
            if not isinstance(item, dict):
                raise bad_payload(f"'{nav.name}' holds something that is no object.")
            found.many.append((nav, item))
    else:
        raise bad_payload(f"The value of navigation property '{nav.name}' cannot be read.")


def create(call: Call, table: Table, payload: dict[str, Any], defaults: Row | None = None) -> Row:
    """A new row, with the rows nested in its body. `defaults` fill columns the body lacks."""
    schema = table.schema
    call.state.require(schema.name, "Create")
    if schema.name == "listmember":
        raise not_supported("Create", schema.name)
    found = read_body(call, table, payload, None)
    values = {**(defaults or {}), **found.values}
    store = call.state.store
    for nav, item in found.single:
        child = create(call, store.table(nav.target), item)
        values[nav.column] = child[store.table(nav.target).schema.key]
    if call.state.enforce_required:
        for column in schema.columns.values():
            if column.required and values.get(column.name) is None:
                raise Refused(
                    400, "0x80040203", f"The required attribute '{column.name}' is missing."
                )
    row_id = values.pop(schema.key, None) or store.guid()
    prepared = {k: v for k, v in prepare(table, values, None).items() if v is not None}
    _refuse_duplicates(call, table, row_id, None, prepared)
    row = store.insert(table, row_id, prepared, call.caller)
    for nav, item in found.many:
        create(call, store.table(nav.target), item, {nav.column: row_id})
    return row


def update(call: Call, table: Table, row_id: str, payload: dict[str, Any]) -> Row:
    """Change a row; key values in the body are discarded."""
    schema = table.schema
    if schema.name == "listmember":
        raise not_supported("Update", schema.name)
    old = table.rows[row_id]
    call.state.require(schema.name, "Write", old)
    found = read_body(call, table, payload, old)
    if found.single or found.many:
        raise bad_payload("A nested row cannot be written with an update.")
    found.values.pop(schema.key, None)
    if found.values.get("ownerid", old.get("ownerid")) != old.get("ownerid"):
        call.state.require(schema.name, "Assign", old)
    values = prepare(table, found.values, old)
    _refuse_duplicates(call, table, row_id, old, values)
    return call.state.store.update(table, row_id, values, call.caller)


def _refuse_duplicates(call: Call, table: Table, row_id: str, old: Row | None, values: Row) -> None:
    """Duplicate detection, which API calls must ask for since v9.0."""
    columns = call.state.duplicate_rules.get(table.schema.name)
    if not columns:
        return
    asked = call.headers.get("mscrm.suppressduplicatedetection", "").lower() == "false"
    if not (call.state.detects_duplicates_v82 if call.version == "8.2" else asked):
        return
    row = {**(old or {}), **values}
    found = call.state.store.by_key(table, columns, [row.get(c) for c in columns])
    if found not in (None, row_id):
        raise Refused(
            412,
            "0x80040333",
            "A record was not created or updated because a duplicate of the current record "
            "already exists.",
        )


def not_supported(method: str, name: str) -> Refused:
    return Refused(
        405, "0x80040800", f"The '{method}' method does not support entities of type '{name}'."
    )


def check_match(call: Call, row: Row | None, *, versioned: bool = True) -> None:
    """If-Match with an etag."""
    asked = call.headers.get("if-match")
    if asked in (None, "*") or row is None:
        return
    if not versioned:
        raise Refused(
            400, "0x8006088d", "Optimistic concurrency isn't enabled for this entity type."
        )
    match = _ETAG.fullmatch(asked or "")
    if match is None or int(match.group(1)) != row["versionnumber"]:
        raise Refused(
            412,
            "0x80060882",
            "The version of the existing record doesn't match the RowVersion property provided.",
        )


def shown(call: Call, table: Table, row: Row, *, expand: bool = True) -> dict[str, Any]:
    """One row as a body with context."""
    options = read_options(call, table.schema)
    if not expand:
        options.expand = []
    body = {"@odata.context": context(call, table.schema, options, "/$entity")}
    return body | projector(call, table, options)(row)


def post(call: Call, table: Table) -> Answer:
    """POST to an entity set."""
    row = create(call, table, call.json())
    address_ = call.entity_id(table.schema.set, row[table.schema.key])
    if call.representation:
        return call.answer(201, shown(call, table, row), {"OData-EntityId": address_})
    return call.answer(204, None, {"Location": address_, "OData-EntityId": address_})


def patch(call: Call, table: Table, key: Key) -> Answer:
    """PATCH: update, insert or both, as the headers say."""
    payload = call.json()
    row_id = find(call, table, key)
    exists = row_id is not None
    if call.headers.get("if-none-match") == "*" and exists:
        raise Refused(412, "0x80040237", "A record with matching key values already exists.")
    if "if-match" in call.headers and not exists:
        row_id = must_find(call, table, key)
    if row_id is not None:
        check_match(call, table.rows[row_id], versioned=table.schema.versioned)
        for column in key.values or ():
            payload.pop(column, None)
            payload.pop(table.schema.columns[column].schema + "@odata.bind", None)
        row = update(call, table, row_id, payload)
    else:
        known = dict(key.values) if key.values is not None else {table.schema.key: key.guid}
        row = create(call, table, payload, known)
    # The address repeats the key of the request: no GUID after an upsert by alternate key.
    address_ = call.entity_id(table.schema.set, key.guid or key.text)
    if call.representation:
        body = shown(call, table, row, expand=False)
        return call.answer(200 if exists else 201, body, {"OData-EntityId": address_})
    return call.answer(204, None, {"OData-EntityId": address_})


def delete(call: Call, table: Table, key: Key) -> Answer:
    """DELETE of a row."""
    row_id = must_find(call, table, key)
    check_match(call, table.rows[row_id], versioned=table.schema.versioned)
    call.state.require(table.schema.name, "Delete", table.rows[row_id])
    call.state.store.delete(table, row_id)
    return call.answer(204)


def put_property(call: Call, table: Table, row_id: str, name: str) -> Answer:
    """PUT or DELETE of one column."""
    if name not in table.schema.properties:
        raise no_segment(name)
    check_match(call, table.rows[row_id], versioned=table.schema.versioned)
    value = None
    if call.method == "PUT":
        body = call.json()
        if set(body) != {"value"}:
            raise bad_payload('The body of a single property is {"value": …}.')
        value = body["value"]
    update(call, table, row_id, {name: value})
    return call.answer(204)


def reference(call: Call, table: Table, row_id: str, nav: Nav, related_key: str | None) -> Answer:
    """POST, PUT, DELETE of `…/{nav}/$ref`."""
    if not nav.collection:
        return _single_reference(call, table, row_id, nav)
    target = call.state.store.table(nav.target)
    if call.method == "DELETE":
        if related_key is not None:
            other = read_key(target, related_key)
        else:
            found, other = address(call, call.option("$id"))
            if found is not target:
                raise bad_payload("The reference is of another table.")
        gone = must_find(call, target, other)
    elif call.method == "POST":
        gone = reference_body(call, nav)
    else:
        raise Refused(405, "0x80060888", f"{call.method} is not supported on a collection.")
    call.state.require(table.schema.name, "Append", table.rows[row_id])
    if nav.column:
        return _one_to_many(call, target, nav, row_id, gone)
    store = call.state.store
    pair = (row_id, gone) if FIRST[nav.link] == table.schema.name else (gone, row_id)
    if call.method == "POST":
        if not store.link(nav.link, *pair):
            raise Refused(412, "0x80040237", "Cannot insert duplicate key.")
    elif not store.unlink(nav.link, *pair):
        raise Refused(404, "0x80040217", f"The association on '{nav.name}' does not exist.")
    return call.answer(204)


def _single_reference(call: Call, table: Table, row_id: str, nav: Nav) -> Answer:
    if call.method not in ("PUT", "DELETE"):
        raise Refused(405, "0x80060888", f"{call.method} is not supported on '{nav.name}'.")
    if table.schema.columns[nav.column].read_only:
        raise Refused(400, "0x80040203", f"'{nav.name}' cannot be set.")
    row = table.rows[row_id]
    call.state.require(table.schema.name, "Write", row)
    call.state.require(table.schema.name, "Append", row)
    value = None
    if call.method == "PUT":
        value = reference_body(call, nav)
    call.state.store.update(table, row_id, {nav.column: value}, call.caller)
    return call.answer(204)


def _one_to_many(call: Call, target: Table, nav: Nav, row_id: str, other: str) -> Answer:
    if call.method == "DELETE" and target.rows[other].get(nav.column) != row_id:
        raise Refused(404, "0x80040217", f"The association on '{nav.name}' does not exist.")
    value = row_id if call.method == "POST" else None
    call.state.require(nav.target, "Write", target.rows[other])
    call.state.store.update(target, other, {nav.column: value}, call.caller)
    return call.answer(204)
