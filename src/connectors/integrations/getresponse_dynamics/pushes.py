"""From the CRM to GetResponse: who is created, renamed, removed, and who is left alone and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, insert, or_, select

from ...domain.consent import Refusal
from ...domain.mapping import Direction
from ...domain.plan import Change, Side, Verb
from ...engine.job import Job, transact
from ...engine.plans import Draft
from ...engine.schema import DEAD_LETTER
from .context import Context
from .pages import PAGE, by_page, subject, value
from .schema import CRM, GR, LINK, MEMBER
from .ties import LEFT_BY_US, WAITING

CONTACT = "contact"
NAME = "name"
"""Kind of dead letter: a name that GetResponse refused."""


def decide_pushes(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """Draft what becomes of the members of one marketing list."""
    yield from _decide_members(ctx, draft, row)
    if ctx.settings.field_map.direction("name") not in (None, Direction.ONCE):
        yield from _decide_names(ctx, draft, row)
    if row.remove_leavers:
        yield from _decide_leavers(ctx, draft, row)


def members(ctx: Context, row: Any) -> Select[Any]:
    """The members of the marketing list of a list record."""
    return (
        select(CRM)
        .join(
            MEMBER,
            and_(
                MEMBER.c.connection == CRM.c.connection,
                MEMBER.c.crm_id == value(CRM.c.id),
                MEMBER.c.list_id == row.id,
            ),
        )
        .where(CRM.c.connection == ctx.connection)
    )


# --- create, or say why not ------------------------------------------------------------------


def _decide_members(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """Members without a tie are created. No tie is also one whose end nobody knows, one that was
    refused for an address that was mended since, and one that a run removed when they left."""
    tie = and_(
        LINK.c.connection == CRM.c.connection,
        LINK.c.list_id == row.id,
        LINK.c.crm_id == value(CRM.c.id),
    )
    tied = and_(GR.c.connection == CRM.c.connection, GR.c.id == LINK.c.gr_id)
    query = (
        members(ctx, row)
        .add_columns(LINK.c.state, LINK.c.reason, LINK.c.addr_key.label("sent_key"), GR.c.gone)
        .outerjoin(LINK, tie)
        .outerjoin(GR, tied)
        .where(
            or_(
                LINK.c.id.is_(None),
                and_(LINK.c.state == "sending", LINK.c.addr_key == CRM.c.addr_key),
                LINK.c.state == "refused",
                GR.c.gone.is_not(None),
            ),
            ~_living(ctx, row),
        )
        .order_by(CRM.c.id)
    )

    def page(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(query.where(CRM.c.id > after).limit(PAGE)))
        seen = _seen(db, ctx, row, [r.addr_key for r in rows if r.addr_key])
        draft.add(db, [c for r in rows if (c := _decide_member(ctx, row, r, seen))])
        if ctx.settings.consent.departures:
            _remember_departures(db, ctx, row, rows, seen)
        return rows

    yield from by_page(page)


def _living(ctx: Context, row: Any) -> Any:
    """Whether a member is tied to a contact that is there, whatever became of earlier ones."""
    tie, contact = LINK.alias(), GR.alias()
    return (
        select(tie.c.id)
        .join(contact, and_(contact.c.connection == tie.c.connection, contact.c.id == tie.c.gr_id))
        .where(
            tie.c.connection == ctx.connection,
            tie.c.list_id == row.id,
            tie.c.crm_id == value(CRM.c.id),
            contact.c.gone.is_(None),
        )
        .exists()
    )


def _remember_departures(
    db: Connection, ctx: Context, row: Any, rows: Sequence[Any], seen: _Seen
) -> None:
    """Who had left before they were ever tied is tied to that: another address in the CRM does not
    bring them back."""
    left = [
        {
            "connection": ctx.connection,
            "list_id": row.id,
            "crm_id": r.id,
            "gr_id": seen.untied[r.addr_key],
            "addr_key": r.addr_key,
            "state": "linked",
            "pushed": False,
            "kept_apart": False,
        }
        for r in rows
        if r.state is None
        and r.addr_key in seen.untied
        and r.addr_key not in seen.active
        and seen.first.get(r.addr_key) == r.id
    ]
    if left:
        db.execute(insert(LINK), left)


class _Seen:
    """What the list already holds of some addresses."""

    def __init__(self) -> None:
        self.active: set[str] = set()
        self.left: set[str] = set()
        self.untied: dict[str, str] = {}
        """Address → a contact that has left and was never tied."""
        self.tied: dict[str, tuple[str | None, bool]] = {}
        """Address → the CRM contact it is tied to, and whether somebody untied it on purpose."""
        self.first: dict[str, str] = {}
        """Address → the one of its members who is pushed, if several have it."""


def _seen(db: Connection, ctx: Context, row: Any, keys: Sequence[str]) -> _Seen:
    seen = _Seen()
    contacts = (
        select(GR.c.addr_key, GR.c.id, GR.c.gone, LINK.c.id, LINK.c.crm_id, LINK.c.kept_apart)
        .outerjoin(LINK, and_(LINK.c.connection == GR.c.connection, LINK.c.gr_id == GR.c.id))
        .where(
            GR.c.connection == ctx.connection,
            GR.c.campaign_id == row.campaign_id,
            GR.c.addr_key.in_(keys),
        )
    )
    for key, contact_id, gone, link_id, crm_id, apart in db.execute(contacts):
        if gone is None:
            seen.active.add(key)
            if link_id is not None:
                seen.tied[key] = (crm_id, apart)
        elif gone != LEFT_BY_US:
            seen.left.add(key)
            if link_id is None:
                seen.untied[key] = contact_id
    waiting = select(LINK.c.addr_key, LINK.c.crm_id, LINK.c.kept_apart).where(
        LINK.c.connection == ctx.connection,
        LINK.c.list_id == row.id,
        LINK.c.addr_key.in_(keys),
        LINK.c.state.in_(WAITING),
    )
    for key, crm_id, apart in db.execute(waiting):
        seen.tied.setdefault(key, (crm_id, apart))
    consent = CRM.c.do_not_email.is_(False) if ctx.settings.consent.crm_flags else CRM.c.active
    first = (
        members(ctx, row)
        .with_only_columns(CRM.c.addr_key, func.min(CRM.c.id))
        .where(CRM.c.addr_key.in_(keys), CRM.c.active, CRM.c.merged_into.is_(None), consent)
        .group_by(CRM.c.addr_key)
    )
    seen.first = {key: crm_id for key, crm_id in db.execute(first)}
    return seen


def _decide_member(ctx: Context, row: Any, contact: Any, seen: _Seen) -> Change | None:
    key = contact.addr_key
    if contact.state == "refused" and contact.sent_key == key:
        return _skip(row, contact, Refusal.REFUSED)
    if key is None:
        missing = not (contact.email or "").strip()
        return _skip(row, contact, Refusal.NO_ADDRESS if missing else Refusal.BAD_ADDRESS)
    owner, apart = seen.tied.get(key, (contact.id, False))
    if key in seen.active and contact.active and (key not in seen.tied or owner is None):
        # Its contact is there already: `records` ties it, unless somebody has untied it.
        return _skip(row, contact, Refusal.UNTIED) if apart else None
    refusal = ctx.settings.consent.refusal(
        active=contact.active,
        merged=contact.merged_into is not None,
        do_not_email=contact.do_not_email,
        left=contact.gone not in (None, LEFT_BY_US)
        or (key in seen.left and key not in seen.active),
    )
    if refusal is None and (owner != contact.id or seen.first.get(key) != contact.id):
        refusal = Refusal.SAME_ADDRESS
    if refusal is not None:
        return _skip(row, contact, refusal)
    return Change(
        verb=Verb.CREATE,
        side=Side.GETRESPONSE,
        kind=CONTACT,
        ref=contact.id,
        scope=row.id,
        subject=subject(contact.name, contact.email, row.name),
        reason="is a member of the marketing list; its record in Dynamics follows",
        after={
            "name": contact.name,
            "email": contact.email,
            **({"lost": contact.lost} if contact.lost else {}),
        },
        payload={
            "list_id": row.id,
            "campaign_id": row.campaign_id,
            "crm_id": contact.id,
            "email": contact.email,
            "name": contact.name,
            "addr_key": key,
            "fp": contact.fp,
        },
    )


def _skip(row: Any, contact: Any, refusal: Refusal) -> Change:
    told = contact.reason if refusal is Refusal.REFUSED else contact.problem
    return Change(
        verb=Verb.SKIP,
        side=Side.GETRESPONSE,
        kind=CONTACT,
        ref=contact.id,
        scope=row.id,
        subject=subject(contact.name, contact.email, row.name),
        reason=refusal.value,
        payload={"dead_letter": refusal.dead_letter, "problem": told or refusal.value},
    )


# --- rename ----------------------------------------------------------------------------------


def _decide_names(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """A name that changed in the CRM since both sides agreed goes to GetResponse."""
    refused = exists().where(
        DEAD_LETTER.c.connection == ctx.connection,
        DEAD_LETTER.c.kind == NAME,
        DEAD_LETTER.c.ref == GR.c.id,
        DEAD_LETTER.c.fp == CRM.c.fp,
    )
    query = (
        members(ctx, row)
        .join(
            LINK,
            and_(
                LINK.c.connection == CRM.c.connection,
                LINK.c.list_id == row.id,
                LINK.c.crm_id == value(CRM.c.id),
                LINK.c.state == "linked",
            ),
        )
        .join(GR, and_(GR.c.connection == LINK.c.connection, GR.c.id == value(LINK.c.gr_id)))
        .add_columns(
            LINK.c.id.label("link_id"),
            LINK.c.base_name,
            LINK.c.base_gr,
            GR.c.id.label("gr_id"),
            GR.c.name.label("gr_name"),
            GR.c.email.label("gr_email"),
        )
        .where(
            CRM.c.active,
            GR.c.gone.is_(None),
            CRM.c.name.is_not(None),
            CRM.c.name.is_distinct_from(LINK.c.base_name),
            CRM.c.name.is_distinct_from(GR.c.name),
            ~refused,
        )
        .order_by(CRM.c.id)
    )

    def page(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(query.where(CRM.c.id > after).limit(PAGE)))
        draft.add(db, [change for r in rows for change in _decide_name(ctx, row, r)])
        return rows

    yield from by_page(page)


def _decide_name(ctx: Context, row: Any, tie: Any) -> Iterator[Change]:
    who = subject(tie.name, tie.gr_email, row.name)
    crm_wins = ctx.settings.field_map.direction("name") is Direction.PUSH
    if tie.gr_name != tie.base_gr:
        winner = "the CRM" if crm_wins else "GetResponse"
        over = {"link_id": tie.link_id, "crm": tie.name, "gr": tie.gr_name}
        yield Change(
            verb=Verb.CONFLICT,
            side=Side.GETRESPONSE,
            kind=CONTACT,
            ref=tie.gr_id,
            scope=row.id,
            subject=who,
            reason=f"the name was changed on both sides; {winner} wins",
            before={"crm": tie.name, "getresponse": tie.gr_name, "agreed": tie.base_name},
            payload={} if crm_wins else over,
        )
        if not crm_wins:
            return
    yield Change(
        verb=Verb.UPDATE,
        side=Side.GETRESPONSE,
        kind=CONTACT,
        ref=tie.gr_id,
        scope=row.id,
        subject=who,
        reason="the name was changed in the CRM; its record follows",
        before={"name": tie.gr_name},
        after={"name": tie.name},
        payload={
            "link_id": tie.link_id,
            "crm_id": tie.id,
            "name": tie.name,
            "gr_name": tie.gr_name,
            "fp": tie.fp,
        },
    )


# --- remove ----------------------------------------------------------------------------------


def _decide_leavers(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """Who left the marketing list and is still an active contact; not half a list at once."""
    query = (
        select(
            CRM, LINK.c.id.label("link_id"), GR.c.id.label("gr_id"), GR.c.email.label("gr_email")
        )
        .join(LINK, and_(LINK.c.connection == CRM.c.connection, LINK.c.crm_id == value(CRM.c.id)))
        .join(GR, and_(GR.c.connection == LINK.c.connection, GR.c.id == value(LINK.c.gr_id)))
        .where(
            CRM.c.connection == ctx.connection,
            LINK.c.list_id == row.id,
            LINK.c.pushed,
            CRM.c.active,
            CRM.c.merged_into.is_(None),
            GR.c.gone.is_(None),
            # Who was moved to another list is no longer this one's to remove.
            GR.c.campaign_id == row.campaign_id,
            ~is_member(ctx, row.id, value(CRM.c.id)),
        )
        .order_by(CRM.c.id)
    )
    leaving = yield from transact(partial(_count, query=query))
    total = yield from transact(partial(count_tied, ctx=ctx, list_id=row.id))
    floor, share = ctx.settings.max_removals
    if leaving > max(floor, share * total):
        draft.warnings.append(
            f"{row.name}: {leaving} of {total} contacts have left the marketing list at once; none "
            "is removed from GetResponse until Settings(max_removals=…) allows it"
        )
        return

    def page(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(query.where(CRM.c.id > after).limit(PAGE)))
        draft.add(db, [_leaver(row, r) for r in rows])
        return rows

    yield from by_page(page)


def is_member(ctx: Context, list_id: object, crm_id: Any) -> Any:
    """Whether a CRM contact is on the marketing list of a list record."""
    return exists().where(
        MEMBER.c.connection == ctx.connection,
        MEMBER.c.list_id == list_id,
        MEMBER.c.crm_id == crm_id,
    )


def _leaver(row: Any, tie: Any) -> Change:
    return Change(
        verb=Verb.DELETE,
        side=Side.GETRESPONSE,
        kind=CONTACT,
        ref=tie.gr_id,
        scope=row.id,
        subject=subject(tie.name, tie.gr_email, row.name),
        reason="left the marketing list, and this list removes who leaves",
        payload={"link_id": tie.link_id, "crm_id": tie.id, "list_id": row.id},
    )


def _count(db: Connection, *, query: Select[Any]) -> int:
    counted = select(func.count()).select_from(query.order_by(None).subquery())
    return int(db.execute(counted).scalar() or 0)


def count_tied(db: Connection, *, ctx: Context, list_id: str) -> int:
    """How many GetResponse contacts a list record has ties to."""
    query = select(func.count()).where(
        LINK.c.connection == ctx.connection, LINK.c.list_id == list_id, LINK.c.gr_id.is_not(None)
    )
    return int(db.execute(query).scalar() or 0)
