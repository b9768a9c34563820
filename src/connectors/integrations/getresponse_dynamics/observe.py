"""The contacts job, first part: read both sides into the store, page by page.

A cursor is not moved here: the plan remembers where each stream stood and where it was read to, and
`apply` moves it when the plan is taken on. By then every page is staged.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, and_, exists, select, update

from ...core.call import Page, Pages
from ...dynamics import calls as crm
from ...dynamics.models import CONTACTS, RowId
from ...dynamics.models import Table as CrmTable
from ...engine import cursors
from ...engine.job import Job, gather, send, transact
from ...engine.plans import Draft
from ...engine.sql import upsert
from ...errors import BadRequest, ConfigError, ConnectorsError, Forbidden, Gone, NotFound
from ...getresponse import calls as gr
from ...getresponse.models import CampaignId, Contact, ContactId, RemovedContact
from .context import SETTINGS, WINDOW, Account, Context, from_iso, iso
from .lists import mapped_lists
from .rows import crm_row, gr_row, record_row, removal, removed_row
from .schema import CRM, GR, LINK, LIST, MEMBER, RECORD
from .solution import RECORDS
from .ties import LEFT_BY_US

T = TypeVar("T")


class Stage(Protocol[T]):
    """Puts one page into the store."""

    def __call__(self, db: Connection, page: Page[T]) -> None: ...


_BY_API = "api"
"""GetResponse's word for a contact that was removed by its API."""

NO_LIST = "1001"
"""GetResponse's code for a list that is not there."""

CRM_STREAM = "crm.contacts"
RECORD_STREAM = "crm.records"


def observe(ctx: Context, draft: Draft, account: Account) -> Job[None]:
    """Stage what both sides show now."""
    pass_id = secrets.token_hex(6)
    known = yield from transact(lambda db: cursors.read(db, ctx.connection))
    # A mapped row depends on the settings: other settings, other rows.
    afresh = known.get(SETTINGS) != ctx.settings.digest
    if afresh:
        draft.cursors[SETTINGS] = (known.get(SETTINGS), ctx.settings.digest)
    lists = yield from transact(lambda db: mapped_lists(db, ctx.connection))
    if not lists:
        draft.warnings.append(
            "no list is created in GetResponse yet: contacts can be planned once the lists job has run"
        )
    yield from _observe_crm(ctx, draft, known.get(CRM_STREAM), pass_id, afresh=afresh)
    yield from transact(partial(_follow_merges, ctx=ctx))
    for row in lists:
        if row.refusal:
            draft.warnings.append(f"{row.name}: nobody is pushed, {row.refusal}")
        else:
            yield from _observe_members(ctx, draft, row, pass_id)
    yield from _observe_records(ctx, draft, known.get(RECORD_STREAM), pass_id)
    yield from transact(partial(_let_go, ctx=ctx))
    if lists:
        yield from _observe_getresponse(ctx, draft, account, lists, known.get(WINDOW), pass_id)


# --- Dynamics --------------------------------------------------------------------------------


def _tracked(
    ctx: Context,
    draft: Draft,
    stream: str,
    table: CrmTable[T],
    stage: Stage[T],
    *,
    base: str | None,
    afresh: bool = False,
) -> Job[bool]:
    """Read what changed in a table since `base`; the answer is whether it was read whole.

    A server that tracks no changes is read whole every time.
    """
    tracks = ctx.capabilities.track_changes
    pages = crm.track_rows(table) if tracks else crm.list_rows(table)
    at = None if afresh or not tracks else base
    whole = at is None
    while True:
        try:
            page: Page[T] = yield from send(pages.at(at))
        except (Gone, ConfigError) as error:
            # A link that is too old, or that was made for fewer columns than are read now.
            if at is None or (isinstance(error, ConfigError) and at != base):
                raise
            old = "has expired" if isinstance(error, Gone) else "was made for other columns"
            draft.warnings.append(f"{stream}: the delta link {old}; the table is read whole")
            at, whole = None, True
            continue
        yield from transact(partial(stage, page=page))
        if page.cursor is None:
            draft.cursors[stream] = (base, page.delta)
            return whole
        at = page.cursor


def _observe_crm(
    ctx: Context, draft: Draft, base: str | None, pass_id: str, *, afresh: bool
) -> Job[None]:
    def stage(db: Connection, page: Page[Any]) -> None:
        upsert(db, CRM, [crm_row(ctx, c, pass_id) for c in page.items])
        _absent(db, ctx, page.removed)

    whole = yield from _tracked(ctx, draft, CRM_STREAM, CONTACTS, stage, base=base, afresh=afresh)
    if whole:
        yield from transact(partial(_unseen_people, ctx=ctx, pass_id=pass_id))


def _unseen_people(db: Connection, *, ctx: Context, pass_id: str) -> None:
    """Who a whole read does not show is deleted, or hidden from us: nobody is pushed for them."""
    where = and_(CRM.c.connection == ctx.connection, CRM.c.pass_id != pass_id)
    db.execute(CRM.delete().where(where))


def _absent(db: Connection, ctx: Context, ids: Sequence[str]) -> None:
    """Deleted contacts: Dynamics has emptied what pointed at them, so ours does not either."""
    for crm_id in ids:
        db.execute(CRM.delete().where(CRM.c.connection == ctx.connection, CRM.c.id == crm_id))
        tied = (LINK.c.connection == ctx.connection) & (LINK.c.crm_id == crm_id)
        db.execute(update(LINK).where(tied).values(crm_id=None))


def _let_go(db: Connection, *, ctx: Context) -> None:
    """Ties to CRM contacts that are not there, where no record says otherwise: a record could not be
    written with them."""
    there = exists().where(CRM.c.connection == LINK.c.connection, CRM.c.id == LINK.c.crm_id)
    recorded = exists().where(
        RECORD.c.connection == LINK.c.connection, RECORD.c.gr_id == LINK.c.gr_id
    )
    lost = and_(LINK.c.connection == ctx.connection, LINK.c.crm_id.is_not(None), ~there, ~recorded)
    db.execute(update(LINK).where(lost).values(crm_id=None))


def _follow_merges(db: Connection, *, ctx: Context) -> None:
    """A merged contact's ties belong to the contact it was merged into, which may be merged too."""
    query = (
        select(LINK.c.id, CRM.c.merged_into)
        .join(CRM, and_(CRM.c.connection == LINK.c.connection, CRM.c.id == LINK.c.crm_id))
        .where(LINK.c.connection == ctx.connection, CRM.c.merged_into.is_not(None))
    )
    moved: set[tuple[int, str]] = set()
    while fresh := {(link, winner) for link, winner in db.execute(query)} - moved:
        for link, winner in fresh:
            named = select(CRM.c.name).where(CRM.c.connection == ctx.connection, CRM.c.id == winner)
            # A merge is no reason to rename anybody in GetResponse.
            values = {"crm_id": winner, "base_name": named.scalar_subquery()}
            db.execute(update(LINK).where(LINK.c.id == link).values(values))
        moved |= fresh


def _observe_members(ctx: Context, draft: Draft, row: Any, pass_id: str) -> Job[None]:
    pages = (
        crm.fetch_ids(row.query) if row.dynamic else crm.list_members(RowId(row.marketing_list_id))
    )

    def stage(db: Connection, page: Page[str]) -> None:
        rows = [
            {"connection": ctx.connection, "list_id": row.id, "crm_id": i, "pass_id": pass_id}
            for i in page.items
        ]
        upsert(db, MEMBER, rows)

    cursor = None
    while True:
        try:
            page = yield from send(pages.at(cursor))
        except (NotFound, BadRequest, Forbidden) as error:
            draft.warnings.append(
                f"{row.name}: its marketing list cannot be read, its members stay as they were: "
                f"{error.message}"
            )
            return
        yield from transact(partial(stage, page=page))
        cursor = page.cursor
        if cursor is None:
            break
    # Only now, after a complete walk, is who was not seen no member any more.
    stale = and_(
        MEMBER.c.connection == ctx.connection,
        MEMBER.c.list_id == row.id,
        MEMBER.c.pass_id != pass_id,
    )
    yield from transact(lambda db: db.execute(MEMBER.delete().where(stale)) and None)


def _observe_records(ctx: Context, draft: Draft, base: str | None, pass_id: str) -> Job[None]:
    def stage(db: Connection, page: Page[Any]) -> None:
        rows = [record_row(ctx, r, pass_id) for r in page.items]
        _take_links(db, ctx, rows)
        upsert(db, RECORD, rows)
        for record_id in page.removed:
            where = (RECORD.c.connection == ctx.connection) & (RECORD.c.id == record_id)
            db.execute(RECORD.delete().where(where))

    whole = yield from _tracked(ctx, draft, RECORD_STREAM, RECORDS, stage, base=base)
    if whole:
        where = and_(RECORD.c.connection == ctx.connection, RECORD.c.pass_id != pass_id)
        yield from transact(lambda db: db.execute(RECORD.delete().where(where)) and None)


def _take_links(db: Connection, ctx: Context, rows: Sequence[dict[str, Any]]) -> None:
    """People link, re-link and unlink records in Dynamics, and a merge moves the lookup: follow."""
    ids = [row["id"] for row in rows]
    known = {
        r.id: r.crm_id
        for r in db.execute(
            select(RECORD.c.id, RECORD.c.crm_id).where(
                RECORD.c.connection == ctx.connection, RECORD.c.id.in_(ids)
            )
        )
    }
    moved = [row for row in rows if row["id"] in known and known[row["id"]] != row["crm_id"]]
    for row in moved:
        name = select(CRM.c.name).where(
            CRM.c.connection == ctx.connection, CRM.c.id == row["crm_id"]
        )
        # What a write of ours did, whose answer was lost, comes back as it is tied already.
        where = and_(
            LINK.c.connection == ctx.connection,
            LINK.c.gr_id == row["gr_id"],
            LINK.c.crm_id.is_distinct_from(row["crm_id"]),
        )
        values = {
            "crm_id": row["crm_id"],
            "pushed": False,
            "kept_apart": row["crm_id"] is None,
            "base_name": name.scalar_subquery(),
            "base_gr": _shown_name(ctx, row["gr_id"]),
        }
        db.execute(update(LINK).where(where).values(values))


def _shown_name(ctx: Context, gr_id: str) -> Any:
    query = select(GR.c.name).where(GR.c.connection == ctx.connection, GR.c.id == gr_id)
    return query.scalar_subquery()


# --- GetResponse -----------------------------------------------------------------------------


def _observe_getresponse(
    ctx: Context,
    draft: Draft,
    account: Account,
    lists: Sequence[Any],
    watermark: str | None,
    pass_id: str,
) -> Job[None]:
    campaigns = frozenset(row.campaign_id for row in lists)
    oldest = iso(account.at - ctx.settings.full_pass_every)
    due = [row for row in lists if row.walked_at is None or row.walked_at <= oldest]
    for row in due:
        yield from _walk(ctx, row, account, pass_id)
    # A list is known up to its last walk, or up to the watermark where that is later.
    known_to = [max(row.walked_at, watermark or "") for row in lists if row not in due]
    if known_to:
        since = from_iso(min(known_to)) - ctx.settings.overlap
        # Two windows: a contact that never changed may have no change date at all.
        for pages in (
            gr.list_contacts(changed_since=since, sort="changedOn"),
            gr.list_contacts(created_since=since, sort="createdOn"),
        ):
            yield from _window(ctx, pages, campaigns, pass_id)
    draft.cursors[WINDOW] = (watermark, iso(account.at))
    yield from _observe_removed(ctx, draft, lists, pass_id)


def _window(
    ctx: Context, pages: Pages[Contact], campaigns: frozenset[str], pass_id: str
) -> Job[None]:
    cursor = None
    while True:
        page = yield from send(pages.at(cursor))
        yield from transact(
            partial(stage_contacts, ctx=ctx, items=page.items, campaigns=campaigns, pass_id=pass_id)
        )
        cursor = page.cursor
        if cursor is None:
            return


def stage_contacts(
    db: Connection, ctx: Context, items: Sequence[Any], campaigns: frozenset[str], pass_id: str
) -> None:
    """Keep active contacts of mapped lists, and of those that were in one before."""
    rows = [gr_row(ctx, contact, pass_id) for contact in items]
    others = [row["id"] for row in rows if row["campaign_id"] not in campaigns]
    known: set[str] = set()
    if others:
        query = select(GR.c.id).where(GR.c.connection == ctx.connection, GR.c.id.in_(others))
        known = set(db.execute(query).scalars())
    upsert(db, GR, [row for row in rows if row["campaign_id"] in campaigns or row["id"] in known])


def _walk(ctx: Context, row: Any, account: Account, pass_id: str) -> Job[None]:
    """Read one list whole. Who was not seen is asked for by id before it counts as gone."""
    pages = gr.list_contacts(campaign_id=CampaignId(row.campaign_id))
    yield from _window(ctx, pages, frozenset({row.campaign_id}), pass_id)
    after = ""
    while True:
        unseen = yield from transact(
            partial(_unseen, ctx=ctx, campaign=row.campaign_id, pass_id=pass_id, after=after)
        )
        if not unseen:
            break
        after = unseen[-1]
        answers = yield from gather([gr.get_contact(ContactId(i)) for i in unseen])
        for answer in answers:
            if isinstance(answer, ConnectorsError) and not isinstance(answer, NotFound):
                raise answer
        gone = [i for i, a in zip(unseen, answers, strict=True) if isinstance(a, NotFound)]
        alive = [a.value for a in answers if not isinstance(a, Exception)]

        def keep(db: Connection, gone: list[str] = gone, alive: list[Any] = alive) -> None:
            for contact_id in gone:
                mark_gone(db, ctx, contact_id, "absent")
            upsert(db, GR, [gr_row(ctx, contact, pass_id) for contact in alive])

        yield from transact(keep)
    where = (LIST.c.connection == ctx.connection) & (LIST.c.id == row.id)
    walked = update(LIST).where(where).values(walked_at=iso(account.at))
    yield from transact(lambda db: db.execute(walked) and None)


def _unseen(db: Connection, ctx: Context, campaign: str, pass_id: str, after: str) -> list[str]:
    query = (
        select(GR.c.id)
        .where(
            GR.c.connection == ctx.connection,
            GR.c.campaign_id == campaign,
            GR.c.gone.is_(None),
            GR.c.pass_id != pass_id,
            GR.c.id > after,
        )
        .order_by(GR.c.id)
        .limit(100)
    )
    return list(db.execute(query).scalars())


def mark_gone(db: Connection, ctx: Context, contact_id: str, reason: str) -> None:
    """Remember that a contact is no longer active, and why."""
    where = (GR.c.connection == ctx.connection) & (GR.c.id == contact_id)
    db.execute(update(GR).where(where, GR.c.gone.is_(None)).values(gone=reason))


def _observe_removed(ctx: Context, draft: Draft, lists: Sequence[Any], pass_id: str) -> Job[None]:
    try:
        yield from _removed_of(ctx, lists, pass_id)
    except BadRequest as error:
        if error.code != NO_LIST:
            raise
        # One search for all is refused when one list is gone; the others are asked for one by one.
        for row in lists:
            try:
                yield from _removed_of(ctx, [row], pass_id)
            except BadRequest as refused:
                if refused.code != NO_LIST:
                    raise
                draft.warnings.append(
                    f"{row.name}: its list was deleted in GetResponse; run sync.lists"
                )


def _removed_of(ctx: Context, lists: Sequence[Any], pass_id: str) -> Job[None]:
    pages = gr.list_removed_contacts(sorted(CampaignId(row.campaign_id) for row in lists))
    cursor = None
    while True:
        page = yield from send(pages.at(cursor))
        yield from transact(partial(_stage_removed, ctx=ctx, items=page.items, pass_id=pass_id))
        cursor = page.cursor
        if cursor is None:
            return


def _stage_removed(
    db: Connection, *, ctx: Context, items: Sequence[RemovedContact], pass_id: str
) -> None:
    ids = [contact.contact_id for contact in items]
    query = select(GR.c.id, GR.c.gone, GR.c.campaign_id, GR.c.pass_id).where(
        GR.c.connection == ctx.connection, GR.c.id.in_(ids)
    )
    known = {r.id: r for r in db.execute(query)}
    ours = set(
        db.execute(
            select(LINK.c.gr_id).where(
                LINK.c.connection == ctx.connection,
                LINK.c.gr_id.in_(ids),
                LINK.c.reason == LEFT_BY_US,
            )
        ).scalars()
    )
    fresh = []
    for contact in items:
        seen = known.get(contact.contact_id)
        if seen is None:
            if contact.campaign is not None:
                fresh.append(removed_row(ctx, contact, contact.campaign.campaign_id, pass_id))
            continue
        reason = removal(contact)
        if reason == _BY_API and contact.contact_id in ours:
            reason = LEFT_BY_US
        stale = seen.gone is None and seen.pass_id != pass_id
        # One that we removed may have gone by itself just before: that is what counts.
        if stale or (seen.gone in ("absent", LEFT_BY_US) and seen.gone != reason):
            # It may have been moved, or have got another address, before it left.
            campaign = contact.campaign.campaign_id if contact.campaign else seen.campaign_id
            left = removed_row(ctx, contact, campaign, pass_id)
            values = {"gone": reason, "addr_key": left["addr_key"], "campaign_id": campaign}
            where = (GR.c.connection == ctx.connection) & (GR.c.id == contact.contact_id)
            db.execute(update(GR).where(where).values(values))
    upsert(db, GR, fresh)
