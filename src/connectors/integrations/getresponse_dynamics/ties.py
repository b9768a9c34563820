"""What ties a CRM contact to a GetResponse contact, kept in step with what both sides show."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, and_, case, exists, func, or_, select, update

from ...domain.plan import Verb
from ...engine import plans
from ...engine.job import Job, transact
from .context import Account, Context, iso
from .schema import CRM, GR, LINK, LIST

SILENCE = timedelta(days=1)
"""After this a contact that was accepted and never appeared counts as refused."""

WAITING = ("sending", "pending")
"""States of a tie whose contact was sent and not seen yet."""

LEFT_BY_US = "left the marketing list"
"""Why a contact is gone that a run removed: who joins again may come back."""


def tidy(ctx: Context, account: Account) -> Job[None]:
    """Bring the ties up to what was seen, before anything is decided."""
    yield from transact(partial(settle, ctx=ctx))
    yield from transact(partial(_give_up, ctx=ctx, account=account))
    yield from transact(partial(_agree, ctx=ctx))


def settle(db: Connection, *, ctx: Context) -> int:
    """Tie contacts we sent to those that have appeared since; the answer is how many still have not.

    One that appeared and left again counts as well: it was there. One that was given up counts when
    it appears after all.
    """
    mine = LINK.c.connection == ctx.connection
    waiting = and_(mine, LINK.c.state.in_(WAITING))
    active = func.min(case((GR.c.gone.is_(None), GR.c.id)))
    seen = or_(
        GR.c.gone.is_(None),
        and_(LINK.c.state.in_(WAITING), GR.c.created_on >= LINK.c.since),
    )
    each = (
        select(LINK.c.id, func.coalesce(active, func.min(GR.c.id)).label("gr_id"))
        .join(LIST, and_(LIST.c.connection == LINK.c.connection, LIST.c.id == LINK.c.list_id))
        .join(
            GR,
            and_(
                GR.c.connection == LINK.c.connection,
                GR.c.campaign_id == LIST.c.campaign_id,
                GR.c.addr_key == LINK.c.addr_key,
                seen,
            ),
        )
        .where(
            mine,
            or_(
                LINK.c.state.in_(WAITING),
                and_(LINK.c.state == "refused", ~_sent_by_another(ctx)),
            ),
            ~_tied_elsewhere(ctx),
        )
        .group_by(LINK.c.id)
        .subquery()
    )
    # One contact has one tie, whoever else gave the same address.
    found = select(func.min(each.c.id).label("id"), each.c.gr_id).group_by(each.c.gr_id).subquery()
    # One statement inside the database: after a first sync there are as many as there are contacts.
    tied = (
        update(LINK)
        .where(LINK.c.id == found.c.id)
        .where(GR.c.connection == ctx.connection, GR.c.id == found.c.gr_id)
        .values(gr_id=GR.c.id, state="linked", since=None, reason=None, base_gr=GR.c.name)
    )
    db.execute(tied)
    return int(db.execute(select(func.count()).select_from(LINK).where(waiting)).scalar() or 0)


def _sent_by_another(ctx: Context) -> Any:
    other = LINK.alias()
    return exists().where(
        other.c.connection == ctx.connection,
        other.c.list_id == LINK.c.list_id,
        other.c.addr_key == LINK.c.addr_key,
        other.c.state.in_(WAITING),
    )


def _tied_elsewhere(ctx: Context) -> Any:
    other = LINK.alias()
    return exists().where(other.c.connection == ctx.connection, other.c.gr_id == GR.c.id)


def _give_up(db: Connection, *, ctx: Context, account: Account) -> None:
    """What GetResponse accepted and has not shown for a day, it has refused in silence; what was sent
    then, and nobody knows whether it was accepted, was not."""
    old = and_(LINK.c.connection == ctx.connection, LINK.c.since < iso(account.at - SILENCE))
    never = {"state": "refused", "reason": "GetResponse accepted the address and never showed it"}
    db.execute(update(LINK).where(old, LINK.c.state == "pending").values(never))
    db.execute(LINK.delete().where(old, LINK.c.state == "sending"))


def _agree(db: Connection, *, ctx: Context) -> None:
    """Where both sides show one name, that is what they agree on, whoever wrote it."""
    agreed = (
        update(LINK)
        .where(
            LINK.c.connection == ctx.connection,
            GR.c.connection == ctx.connection,
            GR.c.id == LINK.c.gr_id,
            CRM.c.connection == ctx.connection,
            CRM.c.id == LINK.c.crm_id,
            CRM.c.name == GR.c.name,
            or_(
                LINK.c.base_name.is_distinct_from(GR.c.name),
                LINK.c.base_gr.is_distinct_from(GR.c.name),
            ),
        )
        .values(base_name=GR.c.name, base_gr=GR.c.name)
    )
    db.execute(agreed)


def keep_agreements(db: Connection, *, ctx: Context, plan_id: str) -> None:
    """A conflict that was told, and in which GetResponse stays, is over: both names are known now."""
    for change in plans.told(db, plan_id, Verb.CONFLICT):
        if "link_id" in change.payload:
            where = (LINK.c.connection == ctx.connection) & (LINK.c.id == change.payload["link_id"])
            names = {"base_name": change.payload["crm"], "base_gr": change.payload["gr"]}
            db.execute(update(LINK).where(where).values(names))
