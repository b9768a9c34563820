"""Marketing lists: members in and out, and the merge of two contacts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..kernel import Answer
from .call import Call
from .errors import Refused, bad_payload, no_row
from .rules import prepare
from .schema import read_guid
from .state import State
from .tables import Row, Table
from .writes import read_body

_TYPE = "Microsoft.Dynamics.CRM."


def static_list(state: State, list_id: str) -> Row:
    """The row of a list whose members may be changed, or the refusal."""
    row = state.store.table("list").rows.get(list_id)
    if row is None:
        raise no_row("list", list_id)
    if row.get("type"):
        raise Refused(400, "0x8004f701", "This action is not available for a dynamic list.")
    if row.get("lockstatus"):
        raise Refused(400, "0x80040302", "The list is locked. Unlock it to change its members.")
    return row


def add_members(state: State, list_id: str, contacts: Iterable[str]) -> list[str]:
    """Add contacts; those already in stay. The member ids in the order given."""
    held = static_list(state, list_id)
    if held["createdfromcode"] != 2:
        raise Refused(400, "0x80040301", "The member type is not the type of the list.")
    store = state.store
    rows, members = store.table("contact").rows, store.table("listmember")
    found = []
    for contact in contacts:
        if contact not in rows:
            raise no_row("contact", contact)
        known = store.members.get(list_id, ({}, None))[0].get(contact)
        if known is None:
            known = store.guid()
            values = {
                "listid": list_id,
                "entityid": contact,
                "entitytype": "contact",
                "ownerid": held["ownerid"],
            }
            store.insert(members, known, values, store.caller)
        found.append(known)
    return found


def remove_member(state: State, list_id: str, contact: str) -> None:
    """Take a contact off a static list."""
    static_list(state, list_id)
    store = state.store
    known = store.members.get(list_id, ({}, None))[0].get(contact)
    if known is None:
        raise Refused(
            400, "0x80048458", f"The contact {contact} is not a member of the list {list_id}."
        )
    store.delete(store.table("listmember"), known)


def _may_change(call: Call, *, member: bool) -> None:
    call.state.require("list", "Read")
    call.state.require("list", "AppendTo")
    if member:
        call.state.require("contact", "Append")


def entity(value: Any, names: tuple[str, ...], what: str) -> tuple[str, str]:
    """(table, id) of an entity parameter `{"contactid": …, "@odata.type": …}`."""
    if not isinstance(value, dict):
        raise bad_payload(f"The parameter '{what}' must be an object.")
    kind = value.get("@odata.type")
    if not isinstance(kind, str) or not kind.lstrip("#").startswith(_TYPE):
        raise bad_payload(f"The parameter '{what}' needs its @odata.type.")
    name = kind.lstrip("#")[len(_TYPE) :]
    if name not in names:
        raise Refused(400, "0x80040301", f"'{name}' is the wrong type for '{what}'.")
    found = value.get(f"{name}id")
    row_id = read_guid(found) if isinstance(found, str) else None
    if row_id is None:
        raise bad_payload(f"The parameter '{what}' needs '{name}id'.")
    return name, row_id


def _parameters(call: Call, *names: str) -> dict[str, Any]:
    body = call.json()
    for name in body:
        if name not in names:
            raise bad_payload(
                f"The parameter '{name}' in the request payload is not a valid "
                "parameter for the operation."
            )
    return body


def add_list_members(call: Call) -> Answer:
    """Action AddListMembersList."""
    body = _parameters(call, "List", "Members")
    _, list_id = entity(body.get("List"), ("list",), "List")
    given = body.get("Members")
    if not isinstance(given, list):
        raise bad_payload("The parameter 'Members' must be an array.")
    _may_change(call, member=True)
    static_list(call.state, list_id)
    add_members(call.state, list_id, [entity(m, ("contact",), "Members")[1] for m in given])
    return call.answer(204)


def _guid(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    found = read_guid(value) if isinstance(value, str) else None
    if found is None:
        raise bad_payload(f"Cannot convert the literal '{value}' to the expected type 'Edm.Guid'.")
    return found


def add_member(call: Call, list_id: str) -> Answer:
    """Action AddMemberList, bound to a list."""
    _may_change(call, member=True)
    contact = _guid(_parameters(call, "EntityId"), "EntityId")
    member = add_members(call.state, list_id, [contact])[0]
    name = f"{call.api}$metadata#Microsoft.Dynamics.CRM.AddMemberListResponse"
    return call.answer(200, {"@odata.context": name, "Id": member})


def remove_member_action(call: Call, list_id: str) -> Answer:
    """Action RemoveMemberList as one connector was seen to call it: a contact id inside."""
    _may_change(call, member=False)
    member = _parameters(call, "ListMember").get("ListMember")
    if not isinstance(member, dict):
        raise bad_payload("The parameter 'ListMember' must be an object.")
    remove_member(call.state, list_id, _guid(member, "listmemberid"))
    return call.answer(204)


def delete_member_row(call: Call, table: Table, member_id: str) -> Answer:
    """DELETE of a `listmembers` row."""
    _may_change(call, member=False)
    row = table.rows[member_id]
    static_list(call.state, row["listid"])
    call.state.store.delete(table, member_id)
    return call.answer(204)


def dissociate(call: Call, list_id: str, contact: str) -> Answer:
    """DELETE `lists(id)/listcontact_association(contactid)/$ref`."""
    if not call.state.dissociate_members:
        raise Refused(405, "0x80040203", "Disassociate is not supported for list members.")
    _may_change(call, member=False)
    static_list(call.state, list_id)
    if contact not in call.state.store.members.get(list_id, ({}, None))[0]:
        raise Refused(404, "0x80040217", f"listmember With Id = {contact} Does Not Exist")
    remove_member(call.state, list_id, contact)
    return call.answer(204)


def merge_rows(state: State, winner: str, loser: str, content: Row | None = None) -> None:
    """What Merge does to two contacts and to the rows that point at the loser."""
    store = state.store
    contacts = store.table("contact")
    for row_id in (winner, loser):
        if row_id not in contacts.rows:
            raise no_row("contact", row_id)
    if winner == loser:
        raise Refused(400, "0x80045305", "A record cannot be merged with itself.")
    for row_id in (winner, loser):
        if contacts.rows[row_id]["statecode"] != 0:
            raise Refused(400, "0x80045304", "Merge cannot be performed on inactive records.")
    if content:
        old = contacts.rows[winner]
        store.update(contacts, winner, prepare(contacts, content, old), store.caller)
    for table in store.tables.values():
        for column in table.schema.columns.values():
            if column.kind == "lookup" and column.target == "contact" and column.merge:
                for row_id in sorted(table.having(column.name, loser)):
                    store.update(table, row_id, {column.name: winner}, store.caller)
    store.update(
        contacts,
        loser,
        {"statecode": 1, "statuscode": 2, "merged": True, "masterid": winner},
        store.caller,
    )


def merge(call: Call) -> Answer:
    """Action Merge, for contacts."""
    body = _parameters(call, "Target", "Subordinate", "UpdateContent", "PerformParentingChecks")
    if not isinstance(body.get("PerformParentingChecks"), bool):
        raise bad_payload("The parameter 'PerformParentingChecks' is missing.")
    _, winner = entity(body.get("Target"), ("contact",), "Target")
    _, loser = entity(body.get("Subordinate"), ("contact",), "Subordinate")
    content = body.get("UpdateContent")
    if content is None and call.version == "8.2":
        raise bad_payload("The parameter 'UpdateContent' is missing.")
    call.state.require("contact", "Write")
    values: Row = {}
    if content is not None:
        if not isinstance(content, dict) or "@odata.type" not in content:
            raise bad_payload("The parameter 'UpdateContent' needs its @odata.type.")
        contacts = call.state.store.table("contact")
        values = read_body(call, contacts, content, contacts.rows.get(winner, {})).values
        values.pop("contactid", None)
    merge_rows(call.state, winner, loser, values)
    return call.answer(204)
