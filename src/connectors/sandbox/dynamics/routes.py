"""From a path and a method to the work."""

from __future__ import annotations

from ..kernel import Answer
from . import bulk, csdl, definitions, fetchxml, lists, operations, tracking, writes
from .apply import apply
from .batch import Run, run_batch
from .call import Call, split_path
from .errors import Refused, Unknown, bad_payload, bad_syntax, no_segment
from .keys import must_find, read_key, split_segment
from .parameters import TYPE, no_resource
from .query import (
    PAGE,
    check_names,
    collection,
    context,
    count_rows,
    projector,
    read_options,
)
from .relations import MEMBERS, related
from .schema import Nav
from .tables import Table

_REAL_NAMES = """
    leads teams publishers solutions systemforms campaignitems asyncoperations importjobs
    savedqueryvisualizations roleprivilegescollection webresourceset opportunities
    bulkdeleteoperations backgroundoperations transactioncurrencies duplicaterules
    businessunitnewsarticles campaignactivities campaignresponses
"""
_REAL = frozenset(_REAL_NAMES.split())
"""Tables that real servers have and this one does not simulate."""


def route(call: Call, run: Run) -> Answer:
    """Answer a call."""
    segments = split_path(call.path)
    if not segments:
        raise Unknown(f"{call.method} of the service document")
    if call.path == "$batch":
        return _batch(call, run)
    name, key = split_segment(segments[0])
    if name == "$metadata":
        call.operation = name
        return csdl.document(call, segments)
    if name in definitions.SETS:
        return definitions.answer(call, segments)
    done = operations.unbound(call, name, key, segments[1:])
    if done is not None:
        return done
    store = call.state.store
    if name not in store.by_set:
        call.operation = name
        if name in _REAL:
            raise Unknown(f"{call.method} {name}")
        raise no_segment(name)
    table = store.entity_set(name)
    if key is None:
        return _set(call, table, segments[1:])
    return _row(call, table, key, segments[1:])


def _batch(call: Call, run: Run) -> Answer:
    call.operation = "$batch"
    if call.in_batch:
        raise bad_payload("A batch cannot hold a batch.")
    no_resource(call, call.method != "POST")
    return run_batch(call, run)


def _set(call: Call, table: Table, rest: list[str]) -> Answer:
    """An entity set, its count, and what is bound to it."""
    name = table.schema.set
    if rest == ["$count"] and call.method == "GET":
        call.operation = f"{name}.count"
        call.state.require(table.schema.name, "Read")
        if call.option("$deltatoken") is not None:
            number = tracking.delta_count(call, table)
        else:
            number = min(count_rows(table, read_options(call, table.schema)), PAGE)
        return call.answer(200, f"\ufeff{number}".encode(), {"Content-Type": "text/plain"})
    if len(rest) == 1 and rest[0].startswith(TYPE):
        action = rest[0][len(TYPE) :].partition("(")[0]
        call.operation = f"{name}.{action}"
        if action in bulk.ACTIONS:
            no_resource(call, call.method != "POST")
            return bulk.bulk(call, table, action)
        if action in operations.REAL:
            raise Unknown(f"{call.method} {call.operation}")
        raise no_segment(rest[0])
    if rest:
        raise no_segment(rest[0])
    if call.method == "POST":
        call.operation = f"{name}.create"
        check_names(call)
        return writes.post(call, table)
    if call.method != "GET":
        raise Refused(405, "0x80060888", f"{call.method} is not supported on '{name}'.")
    call.state.require(table.schema.name, "Read")
    return _list(call, table)


def _list(call: Call, table: Table) -> Answer:
    name = table.schema.set
    if call.option("fetchXml") is not None:
        call.operation = f"{name}.fetchXml"
        return call.answer(200, fetchxml.fetch(call, table))
    if call.option("savedQuery") is not None or call.option("userQuery") is not None:
        call.operation = f"{name}.savedQuery"
        return call.answer(200, fetchxml.saved(call, table))
    if call.option("$apply") is not None:
        call.operation = f"{name}.apply"
        return call.answer(200, apply(call, table))
    if call.option("$deltatoken") is not None:
        call.operation = f"{name}.delta"
        body = tracking.delta(call, table)
    elif tracking.wanted(call):
        call.operation = f"{name}.list"
        body = tracking.first_read(call, table)
    else:
        call.operation = f"{name}.list"
        body = collection(call, table, read_options(call, table.schema))
    return call.answer(200, body)


_VERBS = {"GET": "get", "PATCH": "update", "DELETE": "delete"}


def _row(call: Call, table: Table, key_text: str, rest: list[str]) -> Answer:
    schema = table.schema
    if not rest:
        call.operation = f"{schema.set}.{_VERBS.get(call.method, call.method.lower())}"
    else:
        call.operation = f"{schema.set}.{rest[0].partition('(')[0].removeprefix(TYPE)}"
    key = read_key(table, key_text)
    if rest:
        return _below(call, table, must_find(call, table, key), rest)
    if call.method == "PATCH":
        check_names(call)
        return writes.patch(call, table, key)
    if schema.name == "listmember" and call.method == "DELETE":
        return lists.delete_member_row(call, table, must_find(call, table, key))
    if call.method == "DELETE":
        return writes.delete(call, table, key)
    if call.method != "GET":
        raise Refused(405, "0x80060888", f"{call.method} is not supported on a row.")
    if schema.name == "listmember":
        must_find(call, table, key)
        raise writes.not_supported("Retrieve", schema.name)
    call.state.require(schema.name, "Read")
    row = table.rows[must_find(call, table, key)]
    call.state.require(schema.name, "Read", row)
    body = writes.shown(call, table, row)
    etag = call.headers.get("if-none-match") if schema.versioned else None
    if etag == body["@odata.etag"] and call.option("$expand") is None and not call.annotated:
        return call.answer(304)
    return call.answer(200, body, {"ETag": body["@odata.etag"]})


def _below(call: Call, table: Table, row_id: str, rest: list[str]) -> Answer:
    """What hangs on a row: bound operations, navigation, references, single columns."""
    schema = table.schema
    name, inner = split_segment(rest[0])
    if name.startswith(TYPE):
        action = name[len(TYPE) :]
        call.operation = f"{schema.set}.{action}"
        return operations.bound(call, schema.name, row_id, action, inner, rest[1:])
    nav = schema.navs.get(name)
    if nav is not None:
        return _navigate(call, table, row_id, nav, inner, rest[1:])
    if name not in schema.properties or inner is not None:
        raise no_segment(name)
    if rest[1:] not in ([], ["$value"]):
        raise no_segment(rest[1])
    if call.method in ("PUT", "DELETE") and not rest[1:]:
        return writes.put_property(call, table, row_id, name)
    if call.method != "GET":
        raise Refused(405, "0x80060888", f"{call.method} is not supported on a property.")
    call.state.require(schema.name, "Read", table.rows[row_id])
    value = table.rows[row_id].get(schema.properties[name].name)
    if value is None:
        return call.answer(204)
    if rest[1:]:
        return call.answer(200, str(value).encode(), {"Content-Type": "text/plain"})
    where = f"{call.api}$metadata#{schema.set}({row_id})/{name}"
    return call.answer(200, {"@odata.context": where, "value": value})


def _navigate(
    call: Call, table: Table, row_id: str, nav: Nav, inner: str | None, rest: list[str]
) -> Answer:
    target = call.state.store.table(nav.target)
    if rest == ["$ref"] and call.method != "GET":
        call.operation += ".$ref"
        if nav.link in MEMBERS:
            return _list_reference(call, table, row_id, nav, inner)
        return writes.reference(call, table, row_id, nav, inner)
    if call.method != "GET" or inner is not None or rest not in ([], ["$count"]):
        raise Unknown(f"{call.method} {call.path}")
    call.state.require(table.schema.name, "Read", table.rows[row_id])
    call.state.require(nav.target, "Read")
    if call.option("$deltatoken") is not None:
        raise bad_syntax("The query parameter $deltatoken is not supported")
    if nav.collection and not rest and (call.option("savedQuery") or call.option("userQuery")):
        only = frozenset(related(call.state.store, table.schema.name, row_id, nav))
        return call.answer(200, fetchxml.saved(call, target, only))
    options = read_options(call, target.schema)
    if not nav.collection:
        other = target.rows.get(table.rows[row_id].get(nav.column) or "")
        if other is None:
            return call.answer(204)
        call.state.require(nav.target, "Read", other)
        where = {"@odata.context": context(call, target.schema, options, "/$entity")}
        return call.answer(200, where | projector(call, target, options)(other))
    ids = related(call.state.store, table.schema.name, row_id, nav)
    if rest:
        number = min(count_rows(target, options, ids), PAGE)
        return call.answer(200, f"\ufeff{number}".encode(), {"Content-Type": "text/plain"})
    return call.answer(200, collection(call, target, options, ids))


def _list_reference(call: Call, table: Table, row_id: str, nav: Nav, inner: str | None) -> Answer:
    """`$ref` between lists and their members: only leaving is possible this way."""
    if call.method != "DELETE":
        raise Refused(405, "0x80040203", "Associate is not supported for members of a list.")
    target = call.state.store.table(nav.target)
    if inner is None:
        other = writes.referenced(call, nav, call.option("$id"))
    else:
        other = must_find(call, target, read_key(target, inner))
    pair = (row_id, other) if table.schema.name == "list" else (other, row_id)
    return lists.dissociate(call, *pair)
