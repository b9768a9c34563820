"""Records that somebody else changed, or that could not be written: written again as they should be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from ...activecampaign import calls as ac
from ...activecampaign.models import Record
from ...engine import cursors
from ...engine.job import Job, send, transact
from ...errors import ConnectorsError, Forbidden
from . import records
from .context import RecordsIn
from .tally import Tally, concerns_all
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
    try:
        yield from _compare_all(common, now)
        yield from _write_again(common, tally)
    except Forbidden as error:
        # Contacts and tags go on, and so do triggers.
        tally.skipped[f"record: {error.hint or error.message}"] += 1
        return
    moved = {STREAM: now.isoformat()}
    yield from transact(partial(cursors.write, connection=ctx.connection, moved=moved))


def _compare_all(common: Setting, now: datetime) -> Job[None]:
    pages, cursor = ac.list_records(common.saved.schema_id), None
    while True:
        page = yield from send(pages.at(cursor))
        shown = {one.external_id: one for one in page.items if one.external_id}
        yield from transact(partial(_compare, common=common, shown=shown))
        cursor = page.cursor
        if cursor is None:
            break
    yield from transact(partial(records.mark_missing, ctx=common.ctx, since=now - LAG))


def _compare(db: Connection, *, common: Setting, shown: Mapping[str, Record]) -> None:
    """Note which of the records on a page are not as they should be."""
    ctx = common.ctx
    # What was just written may be shown as it was before.
    fresh = records.fresh(db, ctx=ctx, keys=shown.keys(), since=ctx.now() - LAG)
    records.mark_seen(db, ctx=ctx, keys=shown.keys())
    for key, one in shown.items():
        row = records.kept(db, ctx=ctx, key=key)
        if key in fresh or not row.contact_id:
            continue  # the others are none of ours, or of another store
        wanted = row.shown(records.link(db, ctx=ctx, key=key))
        values = {name: _comparable(name, value) for name, value in wanted.items() if value}
        has = {name: _comparable(name, value) for name, value in one.fields.items() if value}
        if values != has or (one.contact_ids and row.contact_id not in one.contact_ids):
            records.mark_unwritten(db, ctx=ctx, key=key)


def _comparable(name: str, value: object) -> object:
    """A value however the service writes it: a time is a moment, whatever its zone and digits."""
    if not name.endswith("-at") or not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return value


def _write_again(common: Setting, tally: Tally) -> Job[None]:
    ctx, saved = common.ctx, common.saved
    after = ""
    while True:
        block = yield from transact(partial(records.unwritten, ctx=ctx, after=after, limit=BLOCK))
        for one in block:
            after = one.key
            try:
                row = yield from records.write_record(ctx, saved, one.key, one.link, one.row)
            except ConnectorsError as error:
                if concerns_all(error):
                    raise
                tally.fail("record", f"record {one.key}: {error}")
                continue
            yield from transact(partial(records.keep_written, ctx=ctx, one=one, row=row))
            tally.done["write record again"] += 1
        if len(block) < BLOCK:
            return
