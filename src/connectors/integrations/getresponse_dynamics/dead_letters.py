"""Records that somebody must mend before they can be synchronised."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, delete, select

from ...domain.plan import Change, Verb
from ...engine.plans import decode
from ...engine.schema import CHANGE, DEAD_LETTER
from ...engine.sql import upsert
from ...errors import ConnectorsError, StatusError
from .context import Context, iso
from .pushes import CONTACT, NAME
from .schema import LINK, LIST

PAGE = 500


def keep_dead_letters(db: Connection, *, ctx: Context, plan_id: str) -> None:
    """Keep those a plan tells of, with the time they were first seen; who is mended goes."""
    at = iso(ctx.now())
    query = select(CHANGE.c.seq, CHANGE.c.body).where(
        CHANGE.c.plan_id == plan_id, CHANGE.c.verb == Verb.SKIP.value
    )
    after = 0
    while True:
        page = db.execute(
            query.where(CHANGE.c.seq > after).order_by(CHANGE.c.seq).limit(PAGE)
        ).all()
        if not page:
            break
        after = page[-1].seq
        rows = []
        for change in (decode(row.body) for row in page):
            if change.payload.get("dead_letter"):
                rows.append(
                    {
                        "connection": ctx.connection,
                        "kind": change.kind,
                        "ref": change.ref,
                        "fp": None,
                        "reason": str(change.payload["problem"]),
                        "first_at": at,
                        "last_at": at,
                    }
                )
        upsert(db, DEAD_LETTER, rows, keep=["first_at"])
    mended = and_(
        DEAD_LETTER.c.connection == ctx.connection,
        DEAD_LETTER.c.kind == CONTACT,
        DEAD_LETTER.c.last_at < at,
    )
    db.execute(delete(DEAD_LETTER).where(mended))


def keep_refusal(
    db: Connection, *, ctx: Context, kind: str, ref: str, fp: str, error: ConnectorsError
) -> None:
    """Keep what a service refused; it is not sent again until its content is another."""
    at = iso(ctx.now())
    code = f" (code {error.code})" if isinstance(error, StatusError) and error.code else ""
    row = {
        "connection": ctx.connection,
        "kind": kind,
        "ref": ref,
        "fp": fp,
        "reason": f"{getattr(error, 'message', error)}{code}",
        "first_at": at,
        "last_at": at,
    }
    upsert(db, DEAD_LETTER, [row], keep=["first_at"])


def forget_refusals(db: Connection, *, ctx: Context, kind: str, refs: Sequence[str]) -> None:
    """What was accepted now is no dead letter any more."""
    if refs:
        where = and_(
            DEAD_LETTER.c.connection == ctx.connection,
            DEAD_LETTER.c.kind == kind,
            DEAD_LETTER.c.ref.in_(refs),
        )
        db.execute(delete(DEAD_LETTER).where(where))


def why_refused(db: Connection, ctx: Context, change: Change) -> str:
    """Why a change failed, as the service said."""
    letters = select(DEAD_LETTER.c.reason).where(
        DEAD_LETTER.c.connection == ctx.connection,
        DEAD_LETTER.c.kind.in_((NAME, change.kind)),
        DEAD_LETTER.c.ref == change.ref,
    )
    ties = select(LINK.c.reason).where(
        LINK.c.connection == ctx.connection,
        LINK.c.list_id == change.scope,
        LINK.c.crm_id == change.ref,
        LINK.c.reason.is_not(None),
    )
    lists = select(LIST.c.error).where(LIST.c.connection == ctx.connection, LIST.c.id == change.ref)
    reasons = (db.execute(query).scalar() for query in (ties, letters, lists))
    return next((reason for reason in reasons if reason), "no answer; the next run tries again")
