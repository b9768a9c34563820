"""From a path and a method to the work."""

from __future__ import annotations

from collections.abc import Callable

from ..kernel import Answer
from . import bulk, fetchxml, lists, tracking, writes
from .batch import Run, run_batch
from .call import Call, split_path
from .definitions import definitions, user_privileges
from .errors import Refused, Unknown, bad_payload, bad_syntax, no_segment
from .keys import must_find, read_key, split_segment
from .query import (
    PAGE,
    check_names,
    collection,
    context,
    count_rows,
    projector,
    read_options,
)
from .relations import related
from .schema import Nav
from .state import BUILDS
from .tables import Table

_PREFIX = "Microsoft.Dynamics.CRM."
_REAL_NAMES = """
    accounts leads teams publishers solutions savedqueries userqueries systemforms privileges
    savedqueryvisualizations roleprivilegescollection asyncoperations importjobs webresourceset
    GlobalOptionSetDefinitions RelationshipDefinitions RetrieveCurrentOrganization
    RetrieveProvisionedLanguages RetrieveRolePrivilegesRole ImportSolution ExportSolution
    StageAndUpgrade StageAndUpgradeAsync DeleteAndPromote PublishXml PublishAllXml
    AddSolutionComponent InsertOptionValue UpdateOptionValue OrderOption DeleteOptionValue
    InsertStatusValue ReactivateEntityKey CreateEntities RetrieveMetadataChanges GrantAccess
    ModifyAccess RetrieveTotalRecordCount BulkDelete $metadata
"""
_REAL = frozenset(_REAL_NAMES.split())
"""What real servers have and this one does not simulate."""
_BOUND_NAMES = """
    CopyDynamicListToStatic CopyMembersList AddItemCampaign RetrievePrincipalAccess
    AddPrivilegesRole ReplacePrivilegesRole RemovePrivilegeRole
"""
_BOUND = frozenset(_BOUND_NAMES.split())


def route(call: Call, run: Run) -> Answer:
    """Answer a call."""
    segments = split_path(call.path)
    if not segments:
        raise Unknown(f"{call.method} of the service document")
    if call.path == "$batch":
        return _batch(call, run)
    name, key = split_segment(segments[0])
    if name in ("WhoAmI", "RetrieveVersion"):
        return _function(call, name, key, segments)
    actions: dict[str, Callable[[Call], Answer]] = {
        "AddListMembersList": lists.add_list_members,
        "Merge": lists.merge,
    }
    if name in actions:
        call.operation = name
        _no_resource(call, call.method != "POST" or len(segments) > 1)
        if name == "AddListMembersList" and "list" not in call.state.store.tables:
            raise no_segment(name)
        return actions[name](call)
    if name == "EntityDefinitions":
        call.operation = name
        return definitions(call, segments)
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


def _no_resource(call: Call, wrong: bool) -> None:
    if wrong:
        raise Refused(
            404,
            "0x80060888",
            f"No HTTP resource was found that matches the request URI '{call.api}{call.path}'.",
        )


def _batch(call: Call, run: Run) -> Answer:
    call.operation = "$batch"
    if call.in_batch:
        raise bad_payload("A batch cannot hold a batch.")
    _no_resource(call, call.method != "POST")
    return run_batch(call, run)


def _function(call: Call, name: str, key: str | None, segments: list[str]) -> Answer:
    call.operation = name
    _no_resource(call, call.method != "GET" or key not in (None, "") or len(segments) > 1)
    where = {"@odata.context": f"{call.api}$metadata#{_PREFIX}{name}Response"}
    state = call.state
    if name == "RetrieveVersion":
        return call.answer(200, {**where, "Version": BUILDS[state.version]})
    headers = {"x-ms-dop-hint": str(state.dop_hint)} if state.deployment == "online" else {}
    body = {
        **where,
        "BusinessUnitId": state.store.unit,
        "UserId": state.store.caller,
        "OrganizationId": state.store.org,
    }
    return call.answer(200, body, headers)


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
    if len(rest) == 1 and rest[0].startswith(_PREFIX):
        action = rest[0][len(_PREFIX) :]
        call.operation = f"{name}.{action}"
        if action in bulk.BULK:
            _no_resource(call, call.method != "POST")
            return bulk.bulk(call, table, action)
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
        raise Unknown(f"{name} by saved query")
    if call.option("$apply") is not None:
        raise Unknown(f"{name} with $apply")
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
        call.operation = f"{schema.set}.{rest[0].partition('(')[0].removeprefix(_PREFIX)}"
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
    body = writes.shown(call, table, row)
    etag = call.headers.get("if-none-match")
    if etag == body["@odata.etag"] and call.option("$expand") is None and not call.annotated:
        return call.answer(304)
    return call.answer(200, body, {"ETag": body["@odata.etag"]})


def _below(call: Call, table: Table, row_id: str, rest: list[str]) -> Answer:
    """What hangs on a row: bound operations, navigation, references, single columns."""
    schema = table.schema
    name, inner = split_segment(rest[0])
    if name.startswith(_PREFIX):
        return _bound(call, table, row_id, name[len(_PREFIX) :])
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
    call.state.require(schema.name, "Read")
    value = table.rows[row_id].get(schema.properties[name].name)
    if value is None:
        return call.answer(204)
    if rest[1:]:
        return call.answer(200, str(value).encode(), {"Content-Type": "text/plain"})
    where = f"{call.api}$metadata#{schema.set}({row_id})/{name}"
    return call.answer(200, {"@odata.context": where, "value": value})


def _bound(call: Call, table: Table, row_id: str, name: str) -> Answer:
    kind = table.schema.name
    call.operation = f"{table.schema.set}.{name}"
    post = call.method == "POST"
    if kind == "list" and name == "AddMemberList":
        _no_resource(call, not post)
        return lists.add_member(call, row_id)
    if kind == "list" and name == "RemoveMemberList":
        if call.number < (9, 0) or not call.state.remove_member_action:
            raise no_segment(f"{_PREFIX}{name}")
        _no_resource(call, not post)
        return lists.remove_member_action(call, row_id)
    if kind == "systemuser" and name == "RetrieveUserPrivileges":
        _no_resource(call, post)
        return user_privileges(call, row_id)
    if name in _BOUND:
        raise Unknown(f"{call.method} {table.schema.set}.{name}")
    raise no_segment(f"{_PREFIX}{name}")


def _navigate(
    call: Call, table: Table, row_id: str, nav: Nav, inner: str | None, rest: list[str]
) -> Answer:
    target = call.state.store.table(nav.target)
    if rest == ["$ref"] and call.method != "GET":
        call.operation += ".$ref"
        if nav.link == "listcontact_association":
            return _list_reference(call, table, row_id, target, inner)
        return writes.reference(call, table, row_id, nav, inner)
    if call.method != "GET" or inner is not None or rest not in ([], ["$count"]):
        raise Unknown(f"{call.method} {call.path}")
    call.state.require(table.schema.name, "Read")
    call.state.require(nav.target, "Read")
    if call.option("$deltatoken") is not None:
        raise bad_syntax("The query parameter $deltatoken is not supported")
    options = read_options(call, target.schema)
    if not nav.collection:
        other = target.rows.get(table.rows[row_id].get(nav.column) or "")
        if other is None:
            return call.answer(204)
        where = {"@odata.context": context(call, target.schema, options, "/$entity")}
        return call.answer(200, where | projector(call, target, options)(other))
    ids = related(call.state.store, table.schema.name, row_id, nav)
    if rest:
        number = min(count_rows(target, options, ids), PAGE)
        return call.answer(200, f"\ufeff{number}".encode(), {"Content-Type": "text/plain"})
    return call.answer(200, collection(call, target, options, ids))


def _list_reference(
    call: Call, table: Table, row_id: str, target: Table, inner: str | None
) -> Answer:
    """`$ref` between lists and contacts: only leaving is possible this way."""
    if call.method != "DELETE":
        raise Refused(405, "0x80040203", "Associate is not supported for members of a list.")
    if inner is None:
        other = writes.referenced(
            call, table.schema.navs["listcontact_association"], call.option("$id")
        )
    else:
        other = must_find(call, target, read_key(target, inner))
    pair = (row_id, other) if table.schema.name == "list" else (other, row_id)
    return lists.dissociate(call, *pair)
