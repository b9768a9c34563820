"""The contacts job, second part: compare what was seen with what ties it together.

Everything is decided from the store's rows, in pages, so that an observation that came twice, late or
in another order leads to the same changes, and a second look at an agreed world to none.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection, func, select

from ...domain.lifecycles import ListStatus
from ...engine.job import Job, transact
from ...engine.plans import Draft
from .context import Account, Context
from .lists import known_lists
from .pushes import decide_pushes
from .records import decide_arrivals, decide_records
from .schema import CRM
from .ties import tidy


def decide(ctx: Context, draft: Draft, account: Account) -> Job[None]:
    """Draft all changes, list by list."""
    yield from tidy(ctx, account)
    draft.warnings += yield from transact(partial(_losses, ctx=ctx))
    for row in (yield from transact(partial(known_lists, connection=ctx.connection))):
        if row.status == ListStatus.CREATED.value:
            if not row.refusal:
                yield from decide_pushes(ctx, draft, row)
            yield from decide_arrivals(ctx, draft, row)
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
