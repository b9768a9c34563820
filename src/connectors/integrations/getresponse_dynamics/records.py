"""From GetResponse to Dynamics: the records that show its contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, and_, case, exists, func, or_, select

from ...domain.lifecycles import CONTACT, ContactEvent, ContactStatus, ListStatus
from ...domain.plan import Change, Side, Verb
from ...engine.job import Job, transact
from ...engine.plans import Draft
from ...engine.schema import DEAD_LETTER
from .context import Context
from .pages import PAGE, by_page, subject, value
from .pushes import count_tied, members
from .schema import CRM, GR, LINK, LIST, MEMBER, RECORD
from .ties import WAITING

KIND = "record"


def decide_arrivals(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """Contacts of the list that nothing is tied to yet: a record each, with its CRM contact if known.

    One that came before its CRM contact was a member is tied when that joins, unless somebody has
    untied it.
    """
    owner = exists().where(
        CRM.c.connection == GR.c.connection,
        CRM.c.addr_key == GR.c.addr_key,
        MEMBER.c.connection == GR.c.connection,
        MEMBER.c.list_id == row.id,
        MEMBER.c.crm_id == CRM.c.id,
    )
    query = (
        select(GR, LINK.c.id.label("link_id"))
        .outerjoin(LINK, and_(LINK.c.connection == GR.c.connection, LINK.c.gr_id == value(GR.c.id)))
        .where(
            GR.c.connection == ctx.connection,
            GR.c.campaign_id == row.campaign_id,
            GR.c.gone.is_(None),
            or_(
                LINK.c.id.is_(None),
                and_(LINK.c.crm_id.is_(None), LINK.c.kept_apart.is_(False), owner),
            ),
        )
        .order_by(GR.c.id)
    )

    def page(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(query.where(GR.c.id > after).limit(PAGE)))
        owners = _owners(db, ctx, row, [r.addr_key for r in rows])
        records = _records(db, ctx, [r.id for r in rows])
        names = _names(db, ctx, [r.crm_id for r in records.values()])
        changes = [_arrival(row, r, records.get(r.id), owners, names) for r in rows]
        draft.add(db, [change for change in changes if change is not None])
        return rows

    yield from by_page(page)


Names = Mapping[str, str | None]


def _arrival(
    row: Any,
    contact: Any,
    record: Any,
    owners: Mapping[str, tuple[str, str | None]],
    names: Names,
) -> Change | None:
    recorded = record.crm_id if record is not None else None
    crm_id, name = owners.get(contact.addr_key, (None, None))
    if crm_id is not None and recorded in (None, crm_id):
        pushed, reason = True, "a member of the marketing list has its address"
    elif contact.link_id is not None:
        return None
    elif recorded is None:
        crm_id, name, pushed = None, None, False
        reason = "is in GetResponse, and no CRM contact is tied to it"
    else:
        crm_id, name, pushed = recorded, names.get(recorded), False
        reason = "its record is linked to a CRM contact"
    # Being tied is no reason to rename anybody: the names as they stand count as agreed.
    tie = {"link_id": contact.link_id, "base_name": name, "pushed": pushed}
    return _change(row, contact, record, crm_id=crm_id, reason=reason, tie=tie)


def _owners(
    db: Connection, ctx: Context, row: Any, keys: Sequence[str]
) -> dict[str, tuple[str, str | None]]:
    """Address → the one member who has it and no living tie in this list: the first, if several."""
    living = GR.alias()
    tie = (
        select(LINK.c.id)
        .outerjoin(
            living, and_(living.c.connection == LINK.c.connection, living.c.id == LINK.c.gr_id)
        )
        .where(
            LINK.c.connection == ctx.connection,
            LINK.c.list_id == row.id,
            LINK.c.crm_id == value(CRM.c.id),
            or_(LINK.c.state.in_(WAITING), living.c.gone.is_(None) & LINK.c.gr_id.is_not(None)),
        )
    )
    query = (
        members(ctx, row)
        .where(CRM.c.addr_key.in_(keys), CRM.c.active, CRM.c.merged_into.is_(None), ~tie.exists())
        .order_by(CRM.c.id.desc())
    )
    return {r.addr_key: (r.id, r.name) for r in db.execute(query)}


def _records(db: Connection, ctx: Context, gr_ids: Sequence[str]) -> dict[str, Any]:
    query = select(RECORD).where(RECORD.c.connection == ctx.connection, RECORD.c.gr_id.in_(gr_ids))
    return {r.gr_id: r for r in db.execute(query)}


def _names(db: Connection, ctx: Context, crm_ids: Sequence[str | None]) -> Names:
    query = select(CRM.c.id, CRM.c.name).where(
        CRM.c.connection == ctx.connection, CRM.c.id.in_([i for i in crm_ids if i])
    )
    return {crm_id: name for crm_id, name in db.execute(query)}


def decide_records(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """Tied contacts whose record differs from what GetResponse shows: write the record."""
    query = _differing(ctx, row)
    stopped = False
    if row.status != ListStatus.DELETED.value:
        vanished = yield from transact(partial(_vanished, query=query))
        total = yield from transact(partial(count_tied, ctx=ctx, list_id=row.id))
        floor, share = ctx.settings.max_removals
        stopped = vanished > max(floor, share * total)
        if stopped:
            draft.warnings.append(
                f"{row.name}: {vanished} of {total} contacts are gone from GetResponse at once; none "
                "is marked as deleted until Settings(max_removals=…) allows it"
            )

    def page(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(query.where(GR.c.id > after).limit(PAGE)))
        records = _records(db, ctx, [r.id for r in rows])
        changes = []
        for r in rows:
            if stopped and r.gone is not None:
                continue
            record = records.get(r.id)
            reason = _why(r, record)
            changes.append(_change(row, r, record, crm_id=r.tied_to, reason=reason, home=r.home))
        draft.add(db, changes)
        return rows

    yield from by_page(page)


def _differing(ctx: Context, row: Any) -> Select[Any]:
    status = func.coalesce(RECORD.c.status, "")
    home = _home(ctx, row)
    right = case(
        (LINK.c.crm_id.is_(None), ContactStatus.PROCESSING.value),
        else_=ContactStatus.SYNCHRONIZED.value,
    )
    differs = or_(
        RECORD.c.id.is_(None),
        RECORD.c.fp != GR.c.fp,
        RECORD.c.crm_id.is_distinct_from(LINK.c.crm_id),
        RECORD.c.list_id.is_distinct_from(home),
        status != right,
    )
    unmarked = and_(RECORD.c.id.is_not(None), status != ContactStatus.DELETED.value)
    refused = exists().where(
        DEAD_LETTER.c.connection == ctx.connection,
        DEAD_LETTER.c.kind == KIND,
        DEAD_LETTER.c.ref == GR.c.id,
        DEAD_LETTER.c.fp
        == GR.c.fp.concat("/").concat(func.coalesce(LINK.c.crm_id, "")).concat("/").concat(home),
    )
    return (
        select(GR, LINK.c.crm_id.label("tied_to"), home.label("home"))
        .join(LINK, and_(LINK.c.connection == GR.c.connection, LINK.c.gr_id == value(GR.c.id)))
        .outerjoin(RECORD, and_(RECORD.c.connection == GR.c.connection, RECORD.c.gr_id == GR.c.id))
        .where(
            GR.c.connection == ctx.connection,
            LINK.c.list_id == row.id,
            or_(and_(GR.c.gone.is_(None), differs), and_(GR.c.gone.is_not(None), unmarked)),
            ~refused,
        )
        .order_by(GR.c.id)
    )


def _home(ctx: Context, row: Any) -> Any:
    """The list record a contact belongs to now: people move contacts in GetResponse."""
    other = (
        select(func.min(LIST.c.id))
        .where(
            LIST.c.connection == ctx.connection,
            LIST.c.campaign_id == GR.c.campaign_id,
            LIST.c.status == ListStatus.CREATED.value,
        )
        .scalar_subquery()
    )
    return case((GR.c.campaign_id == row.campaign_id, row.id), else_=func.coalesce(other, row.id))


def _vanished(db: Connection, *, query: Select[Any]) -> int:
    gone = query.where(GR.c.gone.is_not(None)).order_by(None).subquery()
    return int(db.execute(select(func.count()).select_from(gone)).scalar() or 0)


def _why(contact: Any, record: Any) -> str:
    if contact.gone is not None:
        return f"was removed in GetResponse ({contact.gone})"
    if record is None:
        return "has no record in Dynamics yet"
    if record.fp != contact.fp:
        return "GetResponse shows other data than its record"
    if record.crm_id != contact.tied_to:
        return "is tied to another CRM contact than its record says"
    if record.list_id != contact.home:
        return "is in another list than its record says"
    return "its record has another status"


def _change(
    row: Any,
    contact: Any,
    record: Any,
    *,
    crm_id: str | None,
    reason: str,
    tie: Mapping[str, object] | None = None,
    home: str | None = None,
) -> Change:
    status = _status(contact, record, crm_id)
    verb = Verb.CREATE if record is None else Verb.UPDATE
    return Change(
        verb=Verb.MARK if status is ContactStatus.DELETED else verb,
        side=Side.DYNAMICS,
        kind=KIND,
        ref=contact.id,
        scope=row.id,
        subject=subject(contact.name, contact.email, row.name),
        reason=reason,
        after={"status": status.value, "crm contact": crm_id},
        payload={
            "record_id": record.id if record is not None else None,
            "gr_id": contact.id,
            "list_id": home or row.id,
            "crm_id": crm_id,
            # A lookup that is right already is not written: somebody may be changing it just now.
            "bind": record is None or record.crm_id != crm_id,
            "status": status.value,
            "tie": dict(tie) if tie is not None else None,
            "fp": contact.fp,
        },
    )


def _status(contact: Any, record: Any, crm_id: str | None) -> ContactStatus:
    """Where the record's life goes from where it stands."""
    known = record.status if record is not None else None
    before = ContactStatus(known) if known else CONTACT.initial
    if contact.gone is not None:
        return CONTACT.step(before, ContactEvent.VANISHED)
    if before is ContactStatus.DELETED:
        before = CONTACT.step(before, ContactEvent.RETURNED)
    if crm_id is not None:
        return CONTACT.step(before, ContactEvent.LINKED)
    return before if before is CONTACT.initial else CONTACT.step(before, ContactEvent.UNLINKED)
