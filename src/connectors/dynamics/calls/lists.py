"""Marketing lists: those with members, those with a query."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.call import Call, Pages, Response, WriteClass
from ...core.wire import Reader
from ...errors import ConfigError
from .. import fetchxml as xml
from .. import wire
from ..filters import Filter, col, guid
from ..models import (
    CAMPAIGNS,
    LIST_MEMBERS,
    MARKETING_LISTS,
    ListMember,
    ListTarget,
    RowId,
    Table,
)
from .operations import entity
from .parts import (
    BULK_SIZE,
    CRM,
    PAGE_SIZE,
    Id,
    delete,
    done_despite,
    ids,
    linked,
    nothing,
    write,
)
from .rows import create_row, list_rows, update_row

_MEMBERS = {
    target: Table(Id, name, f"{name}s", f"{name}id", {"id": f"{name}id"})
    for target, name in ((t, t.name.lower()) for t in ListTarget)
}
"""What a list may hold, read for ids alone."""

_added = Reader(Id, {Id: {"id": "listid"}})
_item = Reader(Id, {Id: {"id": "campaignitemid"}})


def list_members(
    list_id: str, *, page_size: int = PAGE_SIZE, target: ListTarget = ListTarget.CONTACT
) -> Pages[str]:
    """Contact ids of a static list, 5000 a page; ids of accounts or leads by `target`."""
    table = _MEMBERS[target]
    path = f"{MARKETING_LISTS.path(list_id)}/{members_of(target)}"
    query = wire.query([("$select", table.key), ("$orderby", table.key)])
    return ids(linked("lists.members", table, path, query, page_size))


def members_of(target: ListTarget) -> str:
    """The collection of a list that holds rows of this kind."""
    return f"list{_MEMBERS[target].logical}_association"


def lists_of(entity_id: str, *, page_size: int = PAGE_SIZE) -> Pages[ListMember]:
    """The static lists that a contact, account or lead is on."""
    return _member_rows(col("_entityid_value").eq(guid(entity_id)), page_size)


def list_entries(list_id: str, *, page_size: int = PAGE_SIZE) -> Pages[ListMember]:
    """The entries of a static list: who is on it, since when."""
    return _member_rows(col("_listid_value").eq(guid(list_id)), page_size)


def list_entry(list_id: str, member_id: str) -> Pages[ListMember]:
    """The entry of one member of a static list; none where it is not on it."""
    condition = col("_listid_value").eq(guid(list_id)) & col("_entityid_value").eq(guid(member_id))
    return _member_rows(condition, PAGE_SIZE)


def _member_rows(condition: Filter, page_size: int) -> Pages[ListMember]:
    return list_rows(LIST_MEMBERS, filter=condition, page_size=page_size)


def add_list_members(
    list_id: str, contact_ids: Sequence[str], *, target: ListTarget = ListTarget.CONTACT
) -> Call[None]:
    """Add 1 to 1000 contacts (or accounts, or leads) to a static list; those in it stay.

    `BadRequest` where the list is dynamic (0x8004f701), locked (0x80040302) or holds another kind
    of row (0x80040301).
    """
    if not 1 <= len(contact_ids) <= BULK_SIZE:
        raise ConfigError(f"one call adds 1 to {BULK_SIZE} members, got {len(contact_ids)}")
    table = _MEMBERS[target]
    members = [
        {"@odata.type": f"{CRM}.{table.logical}", table.key: wire.guid(c, f"{table.logical}_id")}
        for c in contact_ids
    ]
    return write(
        "lists.add_members",
        "POST",
        "AddListMembersList",
        nothing,
        body={"List": entity(MARKETING_LISTS, list_id), "Members": members},
    )


def remove_list_member(
    list_id: str, contact_id: str, *, target: ListTarget = ListTarget.CONTACT
) -> Call[None]:
    """Take a contact off a static list; one that is not on it counts as taken off.

    Some servers do not take it this way (405): delete its `list_entry` with `delete_list_entry`.
    """
    member = wire.guid(contact_id, "contact_id")
    path = f"{MARKETING_LISTS.path(list_id)}/{members_of(target)}({member})/$ref"
    call = delete("lists.remove_member", path)
    return Call(
        service=call.service,
        operation=call.operation,
        request=call.request,
        decode=done_despite("0x80048458"),
        safe_statuses=frozenset({400, 404}),
    )


def delete_list_entry(entry_id: str) -> Call[None]:
    """Take off a static list whom this entry put on it; the way that every version knows."""
    return delete("listmembers.delete", LIST_MEMBERS.path(entry_id))


def create_marketing_list(
    name: str,
    *,
    dynamic: bool = False,
    query: str | None = None,
    purpose: str | None = None,
    target: ListTarget = ListTarget.CONTACT,
) -> Call[RowId]:
    """Create a list; `dynamic` and `target` can never be changed, `query` is FetchXML.

    Raises:
        ConfigError: a query for a static list, or one that finds other rows than `target`.
    """
    if query is not None:
        if not dynamic:
            raise ConfigError("a static list takes no query; pass dynamic=True")
        _check_query(query, target)
    values = {
        "listname": name,
        "type": dynamic,
        "createdfromcode": target.value,
        "query": query,
        "purpose": purpose,
    }
    return create_row(MARKETING_LISTS, {k: v for k, v in values.items() if v is not None})


def set_list_query(
    list_id: str, fetchxml: str, *, target: ListTarget = ListTarget.CONTACT
) -> Call[None]:
    """Give a dynamic list another query; `BadRequest` on a static one (0x8004f702)."""
    _check_query(fetchxml, target)
    return update_row(MARKETING_LISTS, list_id, {"query": fetchxml})


def lock_list(list_id: str, locked: bool) -> Call[None]:
    """Lock a static list, so that its members stay; `BadRequest` on a dynamic one (0x8004f703)."""
    return update_row(MARKETING_LISTS, list_id, {"lockstatus": locked})


def copy_to_static(list_id: str) -> Call[RowId]:
    """Make a static list of whom a dynamic one finds now; the new one is locked.

    `BadRequest` on a static list (0x8004f704).
    """

    def decode(response: Response) -> RowId:
        return RowId(_added.one(response.body).id.lower())

    return write(
        "lists.copy_to_static",
        "POST",
        f"{MARKETING_LISTS.path(list_id)}/{CRM}.CopyDynamicListToStatic",
        decode,
        body={},
        write_class=WriteClass.UNSAFE,
    )


def copy_members(list_id: str, target_id: str) -> Call[None]:
    """Put all members of a static list on another one too; those on both already stay."""
    return write(
        "lists.copy_members",
        "POST",
        f"{MARKETING_LISTS.path(list_id)}/{CRM}.CopyMembersList",
        nothing,
        body={"TargetList": entity(MARKETING_LISTS, target_id)},
    )


def add_to_campaign(list_id: str, campaign_id: str) -> Call[RowId]:
    """Use a list in a campaign; answers the id of what ties the two."""

    def decode(response: Response) -> RowId:
        return RowId(_item.one(response.body).id.lower())

    return write(
        "lists.add_to_campaign",
        "POST",
        f"{MARKETING_LISTS.path(list_id)}/{CRM}.AddItemCampaign",
        decode,
        body={"Campaign": entity(CAMPAIGNS, campaign_id)},
        write_class=WriteClass.UNSAFE,
    )


def _check_query(fetchxml: str, target: ListTarget) -> None:
    root, wanted = xml.root_table(fetchxml), target.name.lower()
    if root != wanted:
        raise ConfigError(f"a list of {wanted} rows needs a query that finds them, not {root!r}")
