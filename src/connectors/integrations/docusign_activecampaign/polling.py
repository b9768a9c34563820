"""Reading envelopes instead of waiting to be told: what webhooks missed, and one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from attrs import evolve
from sqlalchemy import Connection

from ...docusign import calls as ds
from ...docusign.errors import AskedTooOften
from ...domain.envelopes import Snapshot
from ...engine import cursors, inbox
from ...engine.job import Job, reply, send, transact
from ...engine.report import Report
from ...errors import ConfigError, ConnectorsError, Forbidden
from . import context, firing, reading, snapshots, templates
from .context import Account, Context, at
from .repairing import repair
from .tally import Tally, concerns_all, ours
from .work import Setting, is_news, setting, work_off

RECONCILE_JOB = "reconcile"
NOW_JOB = "envelope"

OVERLAP = timedelta(hours=1)
"""How far behind its watermark a window begins: what was in flight then is seen for certain."""

FIRST = timedelta(days=1)
"""How far the first reconciliation looks back; `backfill` loads what is older."""


def reconcile(ctx: Context) -> Job[Report]:
    """Heal what webhooks missed: by what changed since the last time, and by what Connect says that
    it failed to deliver."""
    started = ctx.now()
    common = yield from setting(ctx)
    tally = Tally()
    labels: dict[str, str] | None = None
    for account in common.saved.accounts:
        stream = account.reconciled
        known = yield from transact(partial(_cursor, ctx=ctx, stream=stream))
        if known is not None and started - known < reading.POLLING:
            tally.skipped["account reconciled less than 15 minutes ago"] += 1
            continue
        if labels is None:
            labels = yield from context.labels(ctx)
        label = reading.label_of(labels, account.account_id)
        seen = yield from _changed(common, label, account, (known or started - FIRST), tally)
        yield from _failures(common, label, account, known, seen, tally)
        moved = {stream: started.isoformat()}
        yield from transact(partial(cursors.write, connection=ctx.connection, moved=moved))
    yield from repair(common, tally)
    yield from firing.run(ctx, tally)
    return tally.report(ctx, RECONCILE_JOB, started)


def sync_now(ctx: Context, envelope_id: str, account_id: str | None) -> Job[Report]:
    """Read one envelope and carry out what it leads to.

    What could not be carried out is kept, and tried again as a message is.

    Raises:
        AskedTooOften: it was read less than 15 minutes ago.
        NotFound: there is none.
    """
    started = ctx.now()
    common = yield from setting(ctx)
    account = _account(common, account_id)
    free = yield from transact(partial(reading.may_read_at, ctx=ctx, envelope_id=envelope_id))
    if free is not None:
        raise _too_often(envelope_id, free, started)
    label = reading.label_of((yield from context.labels(ctx)), account.account_id)
    snapshot = yield from reading.read_envelope(ctx, label, account.account_id, envelope_id)
    tally = Tally()
    try:
        form = reading.form_of(common.mapping, snapshot)
        if form and (yield from _free(ctx, form)):
            snapshot = yield from reading.with_form(ctx, label, snapshot, form)
        [snapshot] = yield from templates.made_of(ctx, label, [snapshot])
        outcome = yield from work_off(common, snapshot, idle=True)
        if outcome.error is not None:
            raise outcome.error
    except ConnectorsError:
        yield from _again(common, snapshot)
        raise
    tally.add(outcome)
    yield from firing.run(ctx, tally)
    return tally.report(ctx, NOW_JOB, started)


def _too_often(envelope_id: str, free: datetime, now: datetime) -> AskedTooOften:
    error = AskedTooOften(
        f"not sent: envelope {envelope_id} was read less than 15 minutes ago; it may be read at "
        f"{free:%H:%M:%S} UTC",
        service="docusign",
        operation="envelopes.get",
        retry_after=(free - now).total_seconds(),
    )
    error.attempts = 0
    return error


def _account(common: Setting, account_id: str | None) -> Account:
    accounts = common.saved.accounts
    if account_id is None and len(accounts) == 1:
        return accounts[0]
    found = common.saved.account(account_id or "")
    if found is None:
        known = ", ".join(one.account_id for one in accounts)
        raise ConfigError(f"name one of the connected accounts: {known}")
    return found


def _changed(
    common: Setting, label: str, account: Account, since: datetime, tally: Tally
) -> Job[set[str]]:
    """Work off what changed; which envelopes those were."""
    pages = ds.list_envelopes(from_date=since - OVERLAP, include=reading.LISTED)
    seen: set[str] = set()
    cursor = None
    while True:
        answer = yield from reply(at(label, pages.at(cursor)))
        read_at = answer.date or common.ctx.now()
        for envelope in answer.value.items:
            seen.add(envelope.envelope_id)
            snapshot = snapshots.of_envelope(envelope, account.account_id, read_at)
            yield from _one(common, label, snapshot, tally)
        cursor = answer.value.cursor
        if cursor is None:
            return seen


def _failures(
    common: Setting,
    label: str,
    account: Account,
    known: datetime | None,
    seen: set[str],
    tally: Tally,
) -> Job[None]:
    """Work off envelopes of which Connect failed to tell, however old the change is."""
    try:
        failures = yield from send(at(label, ds.list_connect_failures()))
    except Forbidden:
        tally.skipped["Connect failures: only an administrator may read them"] += 1
        return
    since = known - OVERLAP if known else None
    missed = {
        one.envelope_id
        for one in failures
        if one.envelope_id
        and one.envelope_id not in seen
        and one.connect_id in (None, "", account.connect_id)
        and (since is None or one.last_try is None or one.last_try >= since)
    }
    for part in _parts(sorted(missed)):
        pages = ds.list_envelopes(envelope_ids=part, include=reading.LISTED)
        answer = yield from reply(at(label, pages.at(None)))
        read_at = answer.date or common.ctx.now()
        for envelope in answer.value.items:
            snapshot = snapshots.of_envelope(envelope, account.account_id, read_at)
            yield from _one(common, label, snapshot, tally)


def _parts(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + 50] for start in range(0, len(ids), 50)]


def _one(common: Setting, label: str, snapshot: Snapshot, tally: Tally) -> Job[None]:
    kept = snapshot
    try:
        [snapshot] = yield from templates.made_of(common.ctx, label, [snapshot])
        if reading.beyond_lists(common.mapping) and (yield from is_news(common, snapshot)):
            # What lists do not bring is read with the next events where it cannot be read now.
            kept = evolve(snapshot, complete=False)
            whole = yield from _read_more(common, label, snapshot)
            if whole is None:
                tally.skipped["tab and form values: read with the next events"] += 1
                yield from _again(common, kept)
                return
            kept = snapshot = whole
        outcome = yield from work_off(common, snapshot, idle=True)
        tally.add(outcome)
        error = outcome.error
    except Exception as caught:
        error = ours(caught)
    if error is None:
        return
    if concerns_all(error):
        raise error
    tally.fail("envelope", f"envelope {snapshot.envelope_id}: {error}")
    # The watermark moves on: from now on it is tried again as a message is, and as often.
    yield from _again(common, kept)


def _again(common: Setting, snapshot: Snapshot) -> Job[None]:
    now = common.ctx.now()
    again = snapshots.message(snapshot, f"{snapshot.envelope_id} {now:%Y%m%dT%H%M%S.%f}")
    put = partial(inbox.put, connection=common.ctx.connection, message=again, now=now)
    yield from transact(put)


def _read_more(common: Setting, label: str, listed: Snapshot) -> Job[Snapshot | None]:
    """An envelope of a list with its tabs and form data, which lists do not bring; None where DocuSign
    does not let it be read yet."""
    ctx, form = common.ctx, reading.form_of(common.mapping, listed)
    for name in filter(None, (listed.envelope_id, form)):
        if not (yield from _free(ctx, name)):
            return None
    found = yield from reading.read_envelope(ctx, label, listed.account_id, listed.envelope_id)
    if form:
        found = yield from reading.with_form(ctx, label, found, form)
    return evolve(found, template_ids=listed.template_ids)


def _free(ctx: Context, name: str) -> Job[bool]:
    return (yield from transact(partial(reading.may_read_at, ctx=ctx, envelope_id=name))) is None


def _cursor(db: Connection, *, ctx: Context, stream: str) -> datetime | None:
    known = cursors.read(db, ctx.connection).get(stream)
    return datetime.fromisoformat(known) if known else None
