"""The contacts job, second part: compare what was seen with what ties it together.

Everything is decided from the store's rows, in pages, so that an observation that came twice, late or
in another order leads to the same changes, and a second look at an agreed world to none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, exists, func, or_, select, update

from ...domain.consent import Refusal
from ...domain.contacts import mask
from ...domain.lifecycles import ContactStatus, ListStatus
from ...domain.mapping import Direction
from ...domain.plan import Change, Side, Verb
from ...engine.job import Job, transact
from ...engine.plans import Draft
from .context import Account, Context, iso
from .lists import mapped_lists
from .schema import CRM, GR, LINK, LIST, MEMBER, RECORD

PAGE = 500

SILENCE = timedelta(days=1)
"""After this a contact that was accepted and never appeared counts as refused."""

CONTACT = "contact"
RECORD_KIND = "record"


def decide(ctx: Context, draft: Draft, account: Account) -> Job[None]:
    """Draft all changes, list by list."""
    yield from transact(lambda db: settle(db, ctx))
    yield from transact(lambda db: _give_up(db, ctx, account))
    draft.warnings += yield from transact(partial(_losses, ctx=ctx))
    lists = yield from transact(lambda db: mapped_lists(db, ctx.connection))
    for row in lists:
        if not row.refusal:
            yield from _decide_members(ctx, draft, row)
            yield from _decide_names(ctx, draft, row)
            if row.remove_leavers:
                yield from _decide_leavers(ctx, draft, row)
        yield from _decide_arrivals(ctx, draft, row)
        yield from decide_records(ctx, draft, row)


def _losses(db: Connection, *, ctx: Context) -> list[str]:
    """What the mapping cannot carry over, and for how many."""
    query = (
        select(CRM.c.lost, func.count())
        .where(CRM.c.connection == ctx.connection, CRM.c.lost.is_not(None), CRM.c.active)
        .group_by(CRM.c.lost)
        .order_by(func.count().desc(), CRM.c.lost)
        .limit(5)
    )
    return [
        f"the mapping loses something for {n} contacts: {lost}" for lost, n in db.execute(query)
    ]


def settle(db: Connection, ctx: Context) -> int:
    """Tie contacts we sent to those that have appeared since; the answer is how many still have not.

    One that appeared and left again counts as well: it was there.
    """
    waiting = and_(LINK.c.connection == ctx.connection, LINK.c.state.in_(("sending", "pending")))
    active = func.min(case((GR.c.gone.is_(None), GR.c.id)))
    query = (
        select(LINK.c.id, func.coalesce(active, func.min(GR.c.id)))
        .join(LIST, and_(LIST.c.connection == LINK.c.connection, LIST.c.id == LINK.c.list_id))
        .join(
            GR,
            and_(
                GR.c.connection == LINK.c.connection,
                GR.c.campaign_id == LIST.c.campaign_id,
                GR.c.addr_key == LINK.c.addr_key,
                or_(GR.c.gone.is_(None), GR.c.created_on >= LINK.c.since),
            ),
        )
        .where(waiting, ~_linked(ctx))
        .group_by(LINK.c.id)
    )
    found = [{"link": link_id, "contact": gr_id} for link_id, gr_id in db.execute(query)]
    if found:
        tied = (
            update(LINK)
            .where(LINK.c.id == bindparam("link"))
            .values(gr_id=bindparam("contact"), state="linked", since=None)
        )
        db.execute(tied, found)
    return int(db.execute(select(func.count()).select_from(LINK).where(waiting)).scalar() or 0)


def _linked(ctx: Context) -> Any:
    other = LINK.alias()
    return exists().where(other.c.connection == ctx.connection, other.c.gr_id == GR.c.id)


def _give_up(db: Connection, ctx: Context, account: Account) -> None:
    """What GetResponse accepted and has not shown for a day, it has refused in silence; what was sent
    then, and nobody knows whether it was accepted, was not."""
    old = and_(LINK.c.connection == ctx.connection, LINK.c.since < iso(account.at - SILENCE))
    db.execute(update(LINK).where(old, LINK.c.state == "pending").values(state="refused"))
    db.execute(LINK.delete().where(old, LINK.c.state == "sending"))


# --- CRM → GetResponse -----------------------------------------------------------------------


def _value(column: Any) -> Any:
    """A column to join by, and by nothing else.

    SQLite 3.40 carries a range on a page's key (`id > ?`) over to the joined table, and then searches
    that by the range instead of by equality: the square of the rows instead of the rows.
    """
    return column.concat("")


def _members(ctx: Context, row: Any) -> Select[Any]:
    return (
        select(CRM)
        .join(
            MEMBER,
            and_(
                MEMBER.c.connection == CRM.c.connection,
                MEMBER.c.crm_id == _value(CRM.c.id),
                MEMBER.c.list_id == row.id,
            ),
        )
        .where(CRM.c.connection == ctx.connection)
    )


def _decide_members(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """Members without a tie: create, or say why not. No tie is also one whose end nobody knows, and
    one that GetResponse refused for an address that was mended since."""
    tie = and_(
        LINK.c.connection == CRM.c.connection,
        LINK.c.list_id == row.id,
        LINK.c.crm_id == _value(CRM.c.id),
    )
    query = (
        _members(ctx, row)
        .outerjoin(LINK, tie)
        .where(
            or_(
                LINK.c.id.is_(None),
                and_(LINK.c.state == "sending", LINK.c.addr_key == CRM.c.addr_key),
                and_(LINK.c.state == "refused", LINK.c.addr_key.is_distinct_from(CRM.c.addr_key)),
            )
        )
        .order_by(CRM.c.id)
    )

    def page(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(query.where(CRM.c.id > after).limit(PAGE)))
        keys = [r.addr_key for r in rows if r.addr_key]
        seen = _seen(db, ctx, row, keys)
        draft.add(db, [c for r in rows if (c := _decide_member(ctx, row, r, seen))])
        return rows

    yield from _by_page(page)
    refused = (
        _members(ctx, row)
        .join(LINK, and_(tie, LINK.c.addr_key == CRM.c.addr_key))
        .where(LINK.c.state == "refused")
        .order_by(CRM.c.id)
    )

    def told(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(refused.where(CRM.c.id > after).limit(PAGE)))
        draft.add(db, [_skip(row, r, Refusal.REFUSED) for r in rows])
        return rows

    yield from _by_page(told)


class _Seen:
    """What the list already holds of some addresses."""

    def __init__(self) -> None:
        self.active: dict[str, str] = {}
        self.gone: dict[str, str] = {}
        self.tied: dict[str, str | None] = {}
        self.first: dict[str, str] = {}


def _seen(db: Connection, ctx: Context, row: Any, keys: Sequence[str]) -> _Seen:
    seen = _Seen()
    contacts = select(GR.c.addr_key, GR.c.id, GR.c.gone).where(
        GR.c.connection == ctx.connection,
        GR.c.campaign_id == row.campaign_id,
        GR.c.addr_key.in_(keys),
    )
    for key, contact_id, gone in db.execute(contacts):
        (seen.active if gone is None else seen.gone)[key] = contact_id if gone is None else gone
    ties = select(LINK.c.addr_key, LINK.c.crm_id).where(
        LINK.c.connection == ctx.connection,
        LINK.c.list_id == row.id,
        LINK.c.addr_key.in_(keys),
        LINK.c.state != "refused",
    )
    seen.tied = {key: crm_id for key, crm_id in db.execute(ties)}
    consent = CRM.c.do_not_email.is_(False) if ctx.settings.consent.crm_flags else CRM.c.active
    first = (
        _members(ctx, row)
        .with_only_columns(CRM.c.addr_key, func.min(CRM.c.id))
        .where(CRM.c.addr_key.in_(keys), CRM.c.active, CRM.c.merged_into.is_(None), consent)
        .group_by(CRM.c.addr_key)
    )
    seen.first = {key: crm_id for key, crm_id in db.execute(first)}
    return seen


def _decide_member(ctx: Context, row: Any, contact: Any, seen: _Seen) -> Change | None:
    key = contact.addr_key
    if key is None:
        missing = not (contact.email or "").strip()
        return _skip(row, contact, Refusal.NO_ADDRESS if missing else Refusal.BAD_ADDRESS)
    if key in seen.active and key not in seen.tied and contact.active:
        return None  # an arrival: `_decide_arrivals` ties it
    refusal = ctx.settings.consent.refusal(
        active=contact.active,
        merged=contact.merged_into is not None,
        do_not_email=contact.do_not_email,
        left=key in seen.gone and key not in seen.active,
    )
    taken = seen.tied.get(key, contact.id) != contact.id
    if refusal is None and (taken or seen.first.get(key) != contact.id):
        refusal = Refusal.SAME_ADDRESS
    if refusal is not None:
        return _skip(row, contact, refusal)
    return Change(
        verb=Verb.CREATE,
        side=Side.GETRESPONSE,
        kind=CONTACT,
        ref=contact.id,
        scope=row.id,
        subject=_subject(contact.name, contact.email, row.name),
        reason="is a member of the marketing list",
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
    return Change(
        verb=Verb.SKIP,
        side=Side.GETRESPONSE,
        kind=CONTACT,
        ref=contact.id,
        scope=row.id,
        subject=_subject(contact.name, contact.email, row.name),
        reason=refusal.value,
        payload={"dead_letter": refusal.dead_letter, "problem": contact.problem or refusal.value},
    )


def _decide_names(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """A name that changed in the CRM since both sides agreed goes to GetResponse."""
    if ctx.settings.field_map.direction("name") in (None, Direction.ONCE):
        return
    query = (
        _members(ctx, row)
        .join(
            LINK,
            and_(
                LINK.c.connection == CRM.c.connection,
                LINK.c.list_id == row.id,
                LINK.c.crm_id == _value(CRM.c.id),
                LINK.c.state == "linked",
            ),
        )
        .join(GR, and_(GR.c.connection == LINK.c.connection, GR.c.id == _value(LINK.c.gr_id)))
        .add_columns(
            LINK.c.id.label("link_id"),
            LINK.c.base_name,
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
        )
        .order_by(CRM.c.id)
    )

    def page(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(query.where(CRM.c.id > after).limit(PAGE)))
        draft.add(db, [change for r in rows for change in _decide_name(ctx, row, r)])
        return rows

    yield from _by_page(page)


def _decide_name(ctx: Context, row: Any, tie: Any) -> Iterator[Change]:
    subject = _subject(tie.name, tie.gr_email, row.name)
    # "Friend" is what GetResponse calls who came without a name.
    direction = ctx.settings.field_map.direction("name")
    both = tie.gr_name != tie.base_name and not (tie.base_name is None and tie.gr_name == "Friend")
    crm_wins = direction is Direction.PUSH
    winner = "the CRM" if crm_wins else "GetResponse"
    if both:
        yield Change(
            verb=Verb.CONFLICT,
            side=Side.GETRESPONSE,
            kind=CONTACT,
            ref=tie.gr_id,
            scope=row.id,
            subject=subject,
            reason=f"the name was changed on both sides; {winner} wins",
            before={"crm": tie.name, "getresponse": tie.gr_name, "agreed": tie.base_name},
        )
        if not crm_wins:
            return
    yield Change(
        verb=Verb.UPDATE,
        side=Side.GETRESPONSE,
        kind=CONTACT,
        ref=tie.gr_id,
        scope=row.id,
        subject=subject,
        reason="the name was changed in the CRM",
        before={"name": tie.gr_name},
        after={"name": tie.name},
        payload={"link_id": tie.link_id, "name": tie.name, "gr_name": tie.gr_name},
    )


def _decide_leavers(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """Only for lists set to remove: who left the marketing list and is still an active contact."""
    member = exists().where(
        MEMBER.c.connection == ctx.connection,
        MEMBER.c.list_id == row.id,
        MEMBER.c.crm_id == _value(CRM.c.id),
    )
    query = (
        select(
            CRM, LINK.c.id.label("link_id"), GR.c.id.label("gr_id"), GR.c.email.label("gr_email")
        )
        .join(LINK, and_(LINK.c.connection == CRM.c.connection, LINK.c.crm_id == _value(CRM.c.id)))
        .join(GR, and_(GR.c.connection == LINK.c.connection, GR.c.id == _value(LINK.c.gr_id)))
        .where(
            CRM.c.connection == ctx.connection,
            LINK.c.list_id == row.id,
            LINK.c.pushed,
            CRM.c.active,
            CRM.c.merged_into.is_(None),
            GR.c.gone.is_(None),
            ~member,
        )
        .order_by(CRM.c.id)
    )

    def page(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(query.where(CRM.c.id > after).limit(PAGE)))
        draft.add(
            db,
            [
                Change(
                    verb=Verb.DELETE,
                    side=Side.GETRESPONSE,
                    kind=CONTACT,
                    ref=r.gr_id,
                    scope=row.id,
                    subject=_subject(r.name, r.gr_email, row.name),
                    reason="left the marketing list, and this list removes who leaves",
                    payload={"link_id": r.link_id},
                )
                for r in rows
            ],
        )
        return rows

    yield from _by_page(page)


# --- GetResponse → Dynamics ------------------------------------------------------------------


def _decide_arrivals(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """Contacts of the list that nothing is tied to yet: a record each, with its CRM contact if known."""
    query = (
        select(GR)
        .outerjoin(
            LINK, and_(LINK.c.connection == GR.c.connection, LINK.c.gr_id == _value(GR.c.id))
        )
        .where(
            GR.c.connection == ctx.connection,
            GR.c.campaign_id == row.campaign_id,
            GR.c.gone.is_(None),
            LINK.c.id.is_(None),
        )
        .order_by(GR.c.id)
    )

    def page(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(query.where(GR.c.id > after).limit(PAGE)))
        keys = [r.addr_key for r in rows]
        owners = _owners(db, ctx, row, keys)
        records = _records(db, ctx, [r.id for r in rows])
        names = _names(db, ctx, [r.crm_id for r in records.values()])
        changes = []
        for r in rows:
            record = records.get(r.id)
            crm_id = record.crm_id if record is not None else None
            owner, name = owners.get(r.addr_key, (None, None))
            member = owner is not None and crm_id in (None, owner)
            if member:
                crm_id, reason = owner, "a member of the marketing list has its address"
            elif crm_id is None:
                name, reason = None, "is in GetResponse, and no CRM contact is tied to it"
            else:
                name, reason = names.get(crm_id), "its record is linked to a CRM contact"
            # Being tied is no reason to rename anybody: the name as it stands counts as agreed.
            tie = {"base_name": name, "pushed": member}
            changes.append(_record_change(row, r, record, crm_id, reason, tie=tie))
        draft.add(db, changes)
        return rows

    yield from _by_page(page)


def _owners(
    db: Connection, ctx: Context, row: Any, keys: Sequence[str]
) -> dict[str, tuple[str, str | None]]:
    """Address → the one member who has it and no tie in this list yet: the first, if several."""
    tie = exists().where(
        LINK.c.connection == CRM.c.connection,
        LINK.c.list_id == row.id,
        LINK.c.crm_id == _value(CRM.c.id),
    )
    query = (
        _members(ctx, row)
        .where(CRM.c.addr_key.in_(keys), CRM.c.active, CRM.c.merged_into.is_(None), ~tie)
        .order_by(CRM.c.id.desc())
    )
    return {r.addr_key: (r.id, r.name) for r in db.execute(query)}


def _records(db: Connection, ctx: Context, gr_ids: Sequence[str]) -> dict[str, Any]:
    query = select(RECORD).where(RECORD.c.connection == ctx.connection, RECORD.c.gr_id.in_(gr_ids))
    return {r.gr_id: r for r in db.execute(query)}


def _names(db: Connection, ctx: Context, crm_ids: Sequence[str | None]) -> dict[str, str | None]:
    query = select(CRM.c.id, CRM.c.name).where(
        CRM.c.connection == ctx.connection, CRM.c.id.in_([i for i in crm_ids if i])
    )
    return {crm_id: name for crm_id, name in db.execute(query)}


def decide_records(ctx: Context, draft: Draft, row: Any) -> Job[None]:
    """Tied contacts whose record differs from what GetResponse shows: write the record."""
    status = func.coalesce(RECORD.c.status, "")
    home = _home(ctx, row)
    query = (
        select(
            GR,
            LINK.c.crm_id,
            RECORD.c.id.label("record_id"),
            RECORD.c.fp.label("record_fp"),
            RECORD.c.status.label("record_status"),
            RECORD.c.crm_id.label("record_crm"),
            RECORD.c.list_id.label("record_list"),
            home.label("home"),
        )
        .join(LINK, and_(LINK.c.connection == GR.c.connection, LINK.c.gr_id == _value(GR.c.id)))
        .outerjoin(RECORD, and_(RECORD.c.connection == GR.c.connection, RECORD.c.gr_id == GR.c.id))
        .where(
            GR.c.connection == ctx.connection,
            LINK.c.list_id == row.id,
            or_(
                and_(
                    GR.c.gone.is_(None),
                    or_(
                        RECORD.c.id.is_(None),
                        RECORD.c.fp != GR.c.fp,
                        RECORD.c.crm_id.is_distinct_from(LINK.c.crm_id),
                        RECORD.c.list_id.is_distinct_from(home),
                        status
                        != case(
                            (LINK.c.crm_id.is_(None), ContactStatus.PROCESSING.value),
                            else_=ContactStatus.SYNCHRONIZED.value,
                        ),
                    ),
                ),
                and_(
                    GR.c.gone.is_not(None),
                    RECORD.c.id.is_not(None),
                    status != ContactStatus.DELETED.value,
                ),
            ),
        )
        .order_by(GR.c.id)
    )
    vanished = yield from transact(lambda db: _vanished(db, ctx, query))
    total = yield from transact(lambda db: _tied(db, ctx, row.id))
    floor, share = ctx.settings.max_removals
    stopped = vanished > max(floor, share * total)
    if stopped:
        draft.warnings.append(
            f"{row.name}: {vanished} of {total} contacts are gone from GetResponse at once; none is "
            "marked as deleted until Settings(max_removals=…) allows it"
        )

    def page(db: Connection, after: str) -> list[Any]:
        rows = list(db.execute(query.where(GR.c.id > after).limit(PAGE)))
        draft.add(
            db,
            [
                _record_change(row, r, r, r.crm_id, _why(r), home=r.home)
                for r in rows
                if not (stopped and r.gone is not None)
            ],
        )
        return rows

    yield from _by_page(page)


def _home(ctx: Context, row: Any) -> Any:
    """The list record a contact belongs to now: people move contacts in GetResponse."""
    other = (
        select(LIST.c.id)
        .where(
            LIST.c.connection == ctx.connection,
            LIST.c.campaign_id == GR.c.campaign_id,
            LIST.c.status == ListStatus.CREATED.value,
        )
        .scalar_subquery()
    )
    return case((GR.c.campaign_id == row.campaign_id, row.id), else_=func.coalesce(other, row.id))


def _vanished(db: Connection, ctx: Context, query: Select[Any]) -> int:
    gone = query.where(GR.c.gone.is_not(None)).order_by(None).subquery()
    return int(db.execute(select(func.count()).select_from(gone)).scalar() or 0)


def _tied(db: Connection, ctx: Context, list_id: str) -> int:
    query = select(func.count()).where(
        LINK.c.connection == ctx.connection, LINK.c.list_id == list_id, LINK.c.gr_id.is_not(None)
    )
    return int(db.execute(query).scalar() or 0)


def _why(row: Any) -> str:
    if row.gone is not None:
        return f"was removed in GetResponse ({row.gone})"
    if row.record_id is None:
        return "has no record in Dynamics yet"
    if row.record_fp != row.fp:
        return "GetResponse shows other data than its record"
    if row.record_crm != row.crm_id:
        return "is tied to another CRM contact than its record says"
    if row.record_list != row.home:
        return "is in another list than its record says"
    return "its record has another status"


def _record_change(
    row: Any,
    contact: Any,
    record: Any,
    crm_id: str | None,
    reason: str,
    *,
    tie: Mapping[str, object] | None = None,
    home: str | None = None,
) -> Change:
    record_id = None if record is None else getattr(record, "record_id", None) or _own_id(record)
    if contact.gone is not None:
        verb, status = Verb.MARK, ContactStatus.DELETED
    else:
        verb = Verb.CREATE if record_id is None else Verb.UPDATE
        status = ContactStatus.PROCESSING if crm_id is None else ContactStatus.SYNCHRONIZED
    return Change(
        verb=verb,
        side=Side.DYNAMICS,
        kind=RECORD_KIND,
        ref=contact.id,
        scope=row.id,
        subject=_subject(contact.name, contact.email, row.name),
        reason=reason,
        after={"status": status.value, "crm contact": crm_id},
        payload={
            "record_id": record_id,
            "gr_id": contact.id,
            "list_id": home or row.id,
            "crm_id": crm_id,
            "unlink": crm_id is None and record_id is not None,
            "status": status.value,
            "tie": dict(tie) if tie is not None else None,
            "fp": contact.fp,
        },
    )


def _own_id(record: Any) -> str | None:
    # A row of `gd_record` itself has the id; a row of the join has it under another name.
    return record.id if hasattr(record, "gr_id") else None


def _subject(name: str | None, email: str | None, list_name: str) -> str:
    who = (
        f"{name} <{mask(email)}>"
        if name and email
        else name or (mask(email) if email else "nobody")
    )
    return f"{who} on {list_name}"


def _by_page(page: Any) -> Job[None]:
    """Call `page(db, after)` in a transaction each, until it finds nothing more."""
    after = ""
    while True:
        rows = yield from transact(partial(page, after=after))
        if not rows:
            return
        after = rows[-1].id
