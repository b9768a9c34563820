"""Records that somebody else changed, or that could not be written: written again as they should be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from attrs import evolve
from sqlalchemy import Connection

from ...activecampaign import calls as ac
from ...activecampaign.models import Record
from ...domain.merging import record
from ...engine import cursors
from ...engine.job import Job, send, transact
from . import records
from .context import RecordsIn
from .tally import Tally
from .work import Setting

EVERY = timedelta(days=1)
"""How often all records are compared; it takes a call for each hundred."""

LAG = timedelta(minutes=5)
"""For so long a record that was written may be missing from the list."""

STREAM = "repair"
BLOCK = 500


def repair(common: Setting, tally: Tally) -> Job[None]:
    """Once a day: compare every record with what ActiveCampaign shows, and write what differs."""
    ctx, saved = common.ctx, common.saved
    if saved.records_in is not RecordsIn.OBJECT:
        return
    now = ctx.now()
    last = (yield from transact(partial(cursors.read, connection=ctx.connection))).get(STREAM)
    if last is not None and now - datetime.fromisoformat(last) < EVERY:
        return
    pages, cursor = ac.list_records(saved.schema_id), None
    while True:
        page = yield from send(pages.at(cursor))
        shown = {one.external_id: one for one in page.items if one.external_id}
        yield from transact(partial(_compare, common=common, shown=shown))
        cursor = page.cursor
        if cursor is None:
            break
    yield from transact(partial(records.mark_missing, ctx=ctx, since=now - LAG))
    yield from _write_again(common, tally)
    moved = {STREAM: now.isoformat()}
    yield from transact(partial(cursors.write, connection=ctx.connection, moved=moved))


def _compare(db: Connection, *, common: Setting, shown: Mapping[str, Record]) -> None:
    """Note which of the records on a page are not as they should be."""
    records.mark_seen(db, ctx=common.ctx, keys=shown.keys())
    for key, one in shown.items():
        row = records.kept(db, ctx=common.ctx, key=key)
        if not row.contact_id:
            continue  # none of ours, or of another store
        wanted = record(row.known, records.link(db, ctx=common.ctx, saved=common.saved, key=key))
        values = {name: value for name, value in wanted.items() if value}
        has = {name: value for name, value in one.fields.items() if value}
        if values != has or (one.contact_ids and row.contact_id not in one.contact_ids):
            records.mark_unwritten(db, ctx=common.ctx, key=key)


def _write_again(common: Setting, tally: Tally) -> Job[None]:
    ctx, saved = common.ctx, common.saved
    after = ""
    while True:
        block = yield from transact(
            partial(records.unwritten, ctx=ctx, saved=saved, after=after, limit=BLOCK)
        )
        for one in block:
            row = yield from records.write_record(ctx, saved, one.key, one.link, one.row)
            yield from transact(partial(_keep, common=common, one=one, row=row))
            tally.done["write record again"] += 1
            after = one.key
        if len(block) < BLOCK:
            return


def _keep(db: Connection, *, common: Setting, one: records.Unwritten, row: records.Kept) -> None:
    newest = records.kept(db, ctx=common.ctx, key=one.key)
    records.keep(
        db,
        ctx=common.ctx,
        key=one.key,
        account_id=one.account_id,
        envelope_id=one.envelope_id,
        row=evolve(newest, written=row.written),
    )
