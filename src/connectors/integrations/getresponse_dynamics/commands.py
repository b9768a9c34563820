"""What a host, or a person through it, does to single records. Each command is a job of few calls."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection, func, select, update

from ...domain.contacts import mask
from ...domain.lifecycles import LIST, ContactStatus, ListEvent, ListStatus
from ...domain.linking import Match, propose
from ...domain.lists import check_list_name
from ...dynamics import calls as crm
from ...dynamics.models import CONTACTS, MARKETING_LISTS, RowId
from ...engine.job import Job, send, transact
from ...engine.schema import DEAD_LETTER
from ...errors import Conflict, DomainError
from .context import Context, from_iso
from .lists import refusal
from .schema import CRM, GR, LINK, RECORD
from .solution import (
    LISTS,
    RECORDS,
    ContactRecord,
    DeadLetter,
    ListRecord,
    choice,
    contact_status_value,
    list_status_value,
)
from .write import CRM_CONTACT


def create_list(name: str, marketing_list_id: str, *, remove_leavers: bool) -> Job[ListRecord]:
    """Make a list record that is saved and not marked yet."""
    check_list_name(name)
    source = yield from send(crm.get_row(MARKETING_LISTS, RowId(marketing_list_id)))
    if reason := refusal(source):
        raise DomainError(f"list {name!r}: {reason}")
    values = {
        "gr_name": name,
        "gr_MarketingListId@odata.bind": f"/lists({source.list_id})",
        "gr_onleave": choice("gr_onleave", "remove" if remove_leavers else "keep"),
        "gr_iscreated": False,
    }
    row_id = yield from send(crm.create_row(LISTS, values))
    return (yield from send(crm.get_row(LISTS, row_id)))


def set_as_new(list_id: str) -> Job[ListRecord]:
    """Mark a list record for the next run; refused in any state but saved and Error."""
    record = yield from send(crm.get_row(LISTS, RowId(list_id)))
    LIST.step(record.status, ListEvent.SET_AS_NEW)
    values = {"gr_syncstatus": list_status_value(ListStatus.NEW), "gr_syncerror": None}
    yield from send(crm.update_row(LISTS, RowId(record.id), values, etag=record.etag))
    return (yield from send(crm.get_row(LISTS, RowId(record.id))))


def link(ctx: Context, record_id: str, crm_contact_id: str) -> Job[ContactRecord]:
    """Tie a GetResponse contact record to a CRM contact, or to another one."""
    record = yield from send(crm.get_row(RECORDS, RowId(record_id)))
    contact = yield from send(crm.get_row(CONTACTS, RowId(crm_contact_id)))
    if record.status is ContactStatus.DELETED:
        raise DomainError(
            "the contact was deleted in GetResponse; its record is not linked any more"
        )
    values = {
        "gr_CrmContactId@odata.bind": f"/contacts({contact.contact_id})",
        "gr_syncstatus": contact_status_value(ContactStatus.SYNCHRONIZED),
    }
    return (yield from _tie(ctx, record, contact.contact_id, values))


def unlink(ctx: Context, record_id: str) -> Job[ContactRecord]:
    """Untie a record from its CRM contact; it waits for another one then."""
    record = yield from send(crm.get_row(RECORDS, RowId(record_id)))
    if record.status is ContactStatus.DELETED:
        raise DomainError("the contact was deleted in GetResponse; its record stays as it is")
    values: dict[str, object] = {
        CRM_CONTACT: None,
        "gr_syncstatus": contact_status_value(ContactStatus.PROCESSING),
    }
    return (yield from _tie(ctx, record, None, values))


def _tie(
    ctx: Context, record: ContactRecord, crm_id: str | None, values: dict[str, object]
) -> Job[ContactRecord]:
    etag = record.etag
    if crm_id is None and not ctx.capabilities.null_clears_lookup:
        yield from send(crm.clear_lookup(RECORDS, record.id, CRM_CONTACT))
        values, etag = {k: v for k, v in values.items() if k != CRM_CONTACT}, None
    try:
        yield from send(crm.update_row(RECORDS, RowId(record.id), values, etag=etag))
    except Conflict as error:
        error.hint = "somebody changed the record meanwhile; try again"
        raise
    yield from transact(partial(_remember_tie, ctx=ctx, record=record, crm_id=crm_id))
    return (yield from send(crm.get_row(RECORDS, RowId(record.id))))


def _remember_tie(
    db: Connection, *, ctx: Context, record: ContactRecord, crm_id: str | None
) -> None:
    tie = (LINK.c.connection == ctx.connection) & (LINK.c.gr_id == record.contact_id)
    shown = select(GR.c.name).where(GR.c.connection == ctx.connection, GR.c.id == record.contact_id)
    values = {
        "crm_id": crm_id,
        "pushed": False,
        "kept_apart": crm_id is None,
        "base_name": _name(db, ctx, crm_id),
        "base_gr": shown.scalar_subquery(),
    }
    db.execute(update(LINK).where(tie).values(values))
    status = ContactStatus.PROCESSING if crm_id is None else ContactStatus.SYNCHRONIZED
    row = (RECORD.c.connection == ctx.connection) & (RECORD.c.id == record.id)
    db.execute(update(RECORD).where(row).values(crm_id=crm_id, status=status.value))


def _name(db: Connection, ctx: Context, crm_id: str | None) -> str | None:
    # Linking is no reason to rename anybody: the name as it stands counts as agreed.
    query = select(CRM.c.name).where(CRM.c.connection == ctx.connection, CRM.c.id == crm_id)
    return db.execute(query).scalar()


def matches(db: Connection, *, ctx: Context) -> tuple[Match, ...]:
    """Proposals for records without a CRM contact, by e-mail; from what the last run saw."""
    unlinked = (
        select(RECORD.c.id, RECORD.c.gr_id, GR.c.addr_key)
        .join(GR, (GR.c.connection == RECORD.c.connection) & (GR.c.id == RECORD.c.gr_id))
        .where(
            RECORD.c.connection == ctx.connection, RECORD.c.crm_id.is_(None), GR.c.gone.is_(None)
        )
        .order_by(RECORD.c.id)
    )
    found: list[Match] = []
    for rows in db.execute(unlinked).partitions(500):
        keys = [row.addr_key for row in rows]
        people = select(CRM.c.addr_key, CRM.c.id).where(
            CRM.c.connection == ctx.connection,
            CRM.c.addr_key.in_(keys),
            CRM.c.active,
            CRM.c.merged_into.is_(None),
        )
        by_address: dict[str, list[str]] = {}
        for key, crm_id in db.execute(people):
            by_address.setdefault(key, []).append(crm_id)
        found += propose([(row.id, row.gr_id, row.addr_key) for row in rows], by_address)
    return tuple(found)


def dead_letters(db: Connection, *, ctx: Context) -> tuple[DeadLetter, ...]:
    """What somebody must mend, as the last run saw it."""
    query = (
        select(
            DEAD_LETTER,
            func.coalesce(CRM.c.name, GR.c.name).label("who"),
            func.coalesce(CRM.c.email, GR.c.email).label("email"),
        )
        .outerjoin(
            CRM,
            (CRM.c.connection == DEAD_LETTER.c.connection) & (CRM.c.id == DEAD_LETTER.c.ref),
        )
        .outerjoin(
            GR,
            (GR.c.connection == DEAD_LETTER.c.connection) & (GR.c.id == DEAD_LETTER.c.ref),
        )
        .where(DEAD_LETTER.c.connection == ctx.connection)
        .order_by(DEAD_LETTER.c.kind, DEAD_LETTER.c.ref)
    )
    return tuple(
        DeadLetter(
            kind=row.kind,
            ref=row.ref,
            name=row.who,
            address=mask(row.email) if row.email else "",
            reason=row.reason,
            since=from_iso(row.first_at),
        )
        for row in db.execute(query)
    )
