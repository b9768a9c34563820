"""Marketing lists: members in and out, copies, and lists of campaigns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..kernel import Answer
from . import fetchxml
from .call import Call
from .errors import Refused, bad_payload, no_row
from .parameters import TYPE, entity, parameters, row_guid
from .relations import MEMBERS
from .state import State
from .tables import Row, Table
from .writes import shown

KINDS = {code: name for name, code in MEMBERS.values()}
"""`createdfromcode` -> table of the members."""


def a_list(state: State, list_id: str) -> Row:
    """The row of a list, or the refusal."""
    row = state.store.table("list").rows.get(list_id)
    if row is None:
        raise no_row("list", list_id)
    return row


def static_list(state: State, list_id: str) -> Row:
    """The row of a list whose members may be changed, or the refusal."""
    row = a_list(state, list_id)
    if row.get("type"):
        raise Refused(400, "0x8004f701", "This action is not available for a dynamic list.")
    if row.get("lockstatus"):
        raise Refused(400, "0x80040302", "The list is locked. Unlock it to change its members.")
    return row


def members_of(state: State, list_id: str) -> list[str]:
    """Ids of the rows on a list; the query of a dynamic one is run for the caller."""
    row = a_list(state, list_id)
    if row.get("type"):
        return fetchxml.ids(state, row.get("query") or "")
    held = state.store.members.get(list_id)
    return list(held[1].sorted()) if held is not None else []


def add_members(
    state: State, list_id: str, ids: Iterable[str], kind: str | None = None
) -> list[str]:
    """Add rows; those already in stay. The member ids in the order given."""
    held = static_list(state, list_id)
    name = KINDS.get(held["createdfromcode"])
    if name is None or kind not in (None, name):
        raise Refused(400, "0x80040301", "The member type is not the type of the list.")
    store = state.store
    rows, members = store.table(name).rows, store.table("listmember")
    found = []
    for row_id in ids:
        if row_id not in rows:
            if any(row_id in store.tables[k].rows for k in KINDS.values()):
                raise Refused(400, "0x80040301", "The member type is not the type of the list.")
            raise no_row(name, row_id)
        known = store.members.get(list_id, ({}, None))[0].get(row_id)
        if known is None:
            known = store.guid()
            values = {
                "listid": list_id,
                "entityid": row_id,
                "entitytype": name,
                "ownerid": held["ownerid"],
            }
            store.insert(members, known, values, store.caller)
        found.append(known)
    return found


def remove_member(state: State, list_id: str, row_id: str) -> None:
    """Take a row off a static list."""
    held = static_list(state, list_id)
    store = state.store
    known = store.members.get(list_id, ({}, None))[0].get(row_id)
    if known is None:
        kind = KINDS.get(held["createdfromcode"], "contact")
        raise Refused(
            400, "0x80048458", f"The {kind} {row_id} is not a member of the list {list_id}."
        )
    store.delete(store.table("listmember"), known)


def _may_change(call: Call, list_id: str, *members: str) -> None:
    """The privileges that a change of members needs."""
    state = call.state
    row = state.store.table("list").rows.get(list_id)
    state.require("list", "Read", row)
    state.require("list", "AppendTo", row)
    kind = KINDS.get((row or {}).get("createdfromcode", 0), "contact")
    if members:
        state.require(kind, "Append")
    for row_id in members:
        member = state.store.tables[kind].rows.get(row_id)
        if member is not None:
            state.require(kind, "Append", member)


def add_list_members(call: Call) -> Answer:
    """Action AddListMembersList."""
    body = parameters(call, "List", "Members")
    _, list_id = entity(body.get("List"), ("list",), "List")
    given = body.get("Members")
    if not isinstance(given, list):
        raise bad_payload("The parameter 'Members' must be an array.")
    found = [entity(m, tuple(KINDS.values()), "Members") for m in given]
    _may_change(call, list_id, *(row_id for _, row_id in found))
    static_list(call.state, list_id)
    kinds = {kind for kind, _ in found}
    kind = kinds.pop() if len(kinds) == 1 else None
    add_members(call.state, list_id, [row_id for _, row_id in found], kind)
    return call.answer(204)


def add_member(call: Call, list_id: str, inner: str | None) -> Answer:
    """Action AddMemberList, bound to a list."""
    row_id = row_guid(parameters(call, "EntityId"), "EntityId")
    _may_change(call, list_id, row_id)
    member = add_members(call.state, list_id, [row_id])[0]
    name = f"{call.api}$metadata#{TYPE}AddMemberListResponse"
    return call.answer(200, {"@odata.context": name, "Id": member})


def remove_member_action(call: Call, list_id: str, inner: str | None) -> Answer:
    """Action RemoveMemberList as one connector was seen to call it: a contact id inside."""
    _may_change(call, list_id)
    member = parameters(call, "ListMember").get("ListMember")
    if not isinstance(member, dict):
        raise bad_payload("The parameter 'ListMember' must be an object.")
    remove_member(call.state, list_id, row_guid(member, "listmemberid"))
    return call.answer(204)


def delete_member_row(call: Call, table: Table, member_id: str) -> Answer:
    """DELETE of a `listmembers` row."""
    row = table.rows[member_id]
    _may_change(call, row["listid"])
    static_list(call.state, row["listid"])
    call.state.store.delete(table, member_id)
    return call.answer(204)


def dissociate(call: Call, list_id: str, row_id: str) -> Answer:
    """DELETE `lists(id)/listcontact_association(contactid)/$ref`."""
    if not call.state.dissociate_members:
        raise Refused(405, "0x80040203", "Disassociate is not supported for list members.")
    _may_change(call, list_id)
    static_list(call.state, list_id)
    if row_id not in call.state.store.members.get(list_id, ({}, None))[0]:
        raise Refused(404, "0x80040217", f"listmember With Id = {row_id} Does Not Exist")
    remove_member(call.state, list_id, row_id)
    return call.answer(204)


def copy_dynamic(call: Call, list_id: str, inner: str | None) -> Answer:
    """Action CopyDynamicListToStatic: a new list with today's members, locked."""
    parameters(call)
    state, store = call.state, call.state.store
    lists = store.table("list")
    old = a_list(state, list_id)
    state.require("list", "Read", old)
    state.require("list", "Create")
    if not old.get("type"):
        raise Refused(400, "0x8004f704", "A static list cannot be copied to a static list.")
    copied = ("listname", "createdfromcode", "membertype", "purpose", "source", "description")
    values = {k: old[k] for k in copied if old.get(k) is not None}
    values |= {"type": False, "lockstatus": False, "membercount": 0, "donotsendonoptout": True}
    row = store.insert(lists, store.guid(), values, call.caller)
    add_members(state, row["listid"], members_of(state, list_id))
    row = store.update(lists, row["listid"], {"lockstatus": True}, call.caller)
    return call.answer(200, shown(call, lists, row))


def copy_members(call: Call, list_id: str, inner: str | None) -> Answer:
    """Action CopyMembersList: the members of one static list onto another."""
    _, target = entity(parameters(call, "TargetList").get("TargetList"), ("list",), "TargetList")
    state = call.state
    source, other = a_list(state, list_id), a_list(state, target)
    state.require("list", "Read", source)
    members = members_of(state, list_id)
    _may_change(call, target, *members)
    if source.get("type"):
        raise Refused(400, "0x8004f701", "This action is not available for a dynamic list.")
    static_list(state, target)
    if source["createdfromcode"] != other["createdfromcode"]:
        raise Refused(400, "0x80040306", "The member types of the two lists are not the same.")
    add_members(state, target, members)
    return call.answer(204)


def add_item(table: str) -> Callable[[Call, str, str | None], Answer]:
    """Action AddItemCampaign, bound to a list or to a campaign."""

    def run(call: Call, row_id: str, inner: str | None) -> Answer:
        given = parameters(call, "Campaign").get("Campaign")
        _, campaign = entity(given, ("campaign",), "Campaign")
        state, store = call.state, call.state.store
        campaigns = store.table("campaign").rows
        if campaign not in campaigns:
            raise no_row("campaign", campaign)
        state.require("campaign", "AppendTo", campaigns[campaign])
        state.require(table, "Append", store.table(table).rows[row_id])
        link = "campaignlist_association" if table == "list" else "campaigncampaign_association"
        if not store.link(link, campaign, row_id):
            raise Refused(412, "0x80040237", "Cannot insert duplicate key.")
        body: dict[str, Any] = {
            "@odata.context": f"{call.api}$metadata#campaignitems/$entity",
            "campaignitemid": store.guid(),
            "_campaignid_value": campaign,
            "entityid": row_id,
            "entitytype": table,
        }
        return call.answer(200, body)

    return run
