"""History, loaded at once: read, then contacts in bulk, then their records. No trigger fires.

What was read is staged in the store, so that a contact of many envelopes is imported once and memory
does not grow with the history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec
from attrs import field, frozen
from sqlalchemy import Connection, delete, select

from ...activecampaign import calls as ac
from ...activecampaign.models import ImportContact, ImportState
from ...docusign import calls as ds
from ...domain.actions import concerns
from ...domain.contacts import parse_address
from ...domain.envelopes import Action, Recipient, Snapshot
from ...domain.history import Facts
from ...engine.job import Job, reply, send, transact, wait
from ...engine.report import Report
from ...engine.sql import upsert
from ...errors import BadRequest, ConnectorsError, DomainError
from . import context, people, reading, records, snapshots, templates
from .context import Account, Context, at
from .schema import HISTORY
from .tally import Tally, concerns_all
from .work import One, Setting, by_recipient, keep, setting, write_record

BACKFILL_JOB = "backfill"

POLLS = (5.0, 10.0, 20.0, 40.0, 60.0)
"""Seconds between looks at an import; the last one again and again."""

LONGEST = 3600.0
"""Seconds after which an import that is not done is left to itself."""

BLOCK = 500
LOOKUP = 100
"""Contacts of one page."""


def backfill(ctx: Context, since: datetime, until: datetime | None) -> Job[Report]:
    """Load what changed in a window of time, without firing triggers."""
    started = ctx.now()
    end = until or started
    if not isinstance(since, datetime) or not isinstance(end, datetime):
        raise DomainError("backfill: give moments, such as datetime(2026, 1, 1, tzinfo=UTC)")
    if since.tzinfo is None or end.tzinfo is None:
        raise DomainError("backfill: give moments with a time zone, such as datetime.now(UTC)")
    if since >= end:
        raise DomainError(f"backfill: {since:%Y-%m-%d %H:%M} is not before {end:%Y-%m-%d %H:%M}")
    common = yield from setting(ctx, withhold=True)
    tally = Tally()
    yield from transact(partial(_clear, ctx=ctx))
    labels = yield from context.labels(ctx)
    for account in common.saved.accounts:
        label = reading.label_of(labels, account.account_id)
        yield from _read(common, label, account, since, until, tally)
    yield from _import_contacts(common, tally)
    yield from _carry_over(common, tally)
    return tally.report(ctx, BACKFILL_JOB, started)


@frozen(kw_only=True)
class _Staged:
    """A recipient and what happened to them, until it is carried over."""

    snapshot: Snapshot
    recipient_key: str
    actions: tuple[Action, ...]
    email: str = field(repr=False)
    values: Mapping[str, str] = field(repr=False)

    @property
    def recipient(self) -> Recipient:
        return next(one for one in self.snapshot.recipients if one.key == self.recipient_key)


# --- reading ------------------------------------------------------------------------------------


def _read(
    common: Setting,
    label: str,
    account: Account,
    since: datetime,
    until: datetime | None,
    tally: Tally,
) -> Job[None]:
    pages = ds.list_envelopes(from_date=since, to_date=until, include=reading.LISTED)
    cursor = None
    while True:
        answer = yield from reply(at(label, pages.at(cursor)))
        read_at = answer.date or common.ctx.now()
        found = [
            snapshots.of_envelope(envelope, account.account_id, read_at)
            for envelope in answer.value.items
        ]
        found = yield from templates.made_of(common.ctx, label, found)
        yield from transact(partial(_stage, common=common, found=found, tally=tally))
        cursor = answer.value.cursor
        if cursor is None:
            return


def _stage(db: Connection, *, common: Setting, found: Sequence[Snapshot], tally: Tally) -> None:
    ctx = common.ctx
    rows = []
    for snapshot in found:
        concerned = concerns(snapshot, ctx.settings.actions, ctx.settings.kinds)
        if not concerned:
            tally.skipped["no recipient's own status is a subscribed action"] += 1
        for recipient, actions in by_recipient(concerned):
            mapped = common.mapping.apply(snapshot, recipient)
            problem, losses = people.left_out(common.mapping, mapped)
            tally.skipped.update(losses)
            if mapped.email is None or problem:
                tally.skipped[f"recipient: {problem}"] += 1
                continue
            staged = _Staged(
                snapshot=snapshot,
                recipient_key=recipient.key,
                actions=actions,
                email=mapped.email.text,
                values=mapped.values,
            )
            rows.append(
                {
                    "connection": ctx.connection,
                    "key": f"{snapshot.envelope_id.lower()}:{recipient.key}",
                    "account_id": snapshot.account_id,
                    "envelope_id": snapshot.envelope_id,
                    "addr_key": mapped.email.key,
                    "body": msgspec.json.encode(staged),
                }
            )
    upsert(db, HISTORY, rows)
    if rows and reading.beyond_lists(common.mapping):
        tally.skipped["tab and form values: a list of envelopes does not bring them"] += len(rows)


# --- contacts -----------------------------------------------------------------------------------


@frozen(kw_only=True)
class _Import:
    addr_key: str
    facts: Facts = field(repr=False)
    tags: tuple[str, ...]
    contact: ImportContact
    emptied: Mapping[str, str]
    """Fields that are to be empty: an import says nothing of them."""
    news: bool
    """Whether anything of it is not known yet."""

    @property
    def masked(self) -> str:
        return parse_address(self.contact.email).masked


def _import_contacts(common: Setting, tally: Tally) -> Job[None]:
    after = ""
    held: list[_Import] = []
    while True:
        block = yield from transact(partial(_people, common=common, after=after))
        if block:
            after = block[-1].addr_key
        held += [one for one in block if one.news]
        parts = ac.split_import([one.contact for one in held])
        # The last part is filled up by the next block, if there is one.
        whole = parts if not block else parts[:-1]
        for part in whole:
            yield from _import(common, held[: len(part)], tally)
            held = held[len(part) :]
        if not block:
            return


def _people(db: Connection, *, common: Setting, after: str) -> list[_Import]:
    """The next contacts by address, with all that was read of them."""
    ctx = common.ctx
    addresses = (
        select(HISTORY.c.addr_key)
        .where(HISTORY.c.connection == ctx.connection, HISTORY.c.addr_key > after)
        .distinct()
        .order_by(HISTORY.c.addr_key)
        .limit(BLOCK)
    )
    return [_person(db, common, addr_key) for addr_key in db.execute(addresses).scalars()]


def _person(db: Connection, common: Setting, addr_key: str) -> _Import:
    ctx = common.ctx
    where = (HISTORY.c.connection == ctx.connection, HISTORY.c.addr_key == addr_key)
    bodies = db.execute(select(HISTORY.c.body).where(*where).order_by(HISTORY.c.key)).scalars()
    staged = [_staged.decode(body) for body in bodies]
    known = people.person(db, ctx=ctx, addr_key=addr_key)
    facts = known.facts
    tags: dict[str, None] = {}
    for one in staged:
        facts = facts.learned(one.values, one.snapshot.at)
        for action in one.actions:
            given = ctx.settings.tags.tags_for(one.snapshot, one.recipient, action)
            tags |= dict.fromkeys(given)
    # What is mapped no more is none of ours any more.
    mapped = {rule.target for rule in common.mapping.rules}
    values = {name: value for name, (_, value) in facts.values.items() if name in mapped}
    emptied = {name: values.pop(name) for name in [*values] if not values[name]}
    has = people.tags_of(db, ctx=ctx, contact_id=known.contact_id) if known.contact_id else ()
    news = facts != known.facts or any(tag.casefold() not in has for tag in tags)
    contact = ImportContact(
        email=staged[0].email,
        first_name=values.pop("first_name", None),
        last_name=values.pop("last_name", None),
        phone=values.pop("phone", None),
        tags=tuple(tags),
        fields=values,
    )
    return _Import(
        addr_key=addr_key,
        facts=facts,
        tags=tuple(tags),
        contact=contact,
        emptied=emptied,
        news=known.contact_id is None or news,
    )


def _import(common: Setting, part: Sequence[_Import], tally: Tally) -> Job[None]:
    """Import some contacts, wait until that is done, and keep their ids."""
    try:
        batch = yield from send(ac.import_contacts([one.contact for one in part]))
    except BadRequest as error:
        # One contact that is refused takes all with it: find it by halves.
        if len(part) == 1:
            tally.fail("import contact", f"{part[0].masked}: {error}")
            yield from transact(partial(_forget, ctx=common.ctx, part=part))
            return
        middle = len(part) // 2
        yield from _import(common, part[:middle], tally)
        yield from _import(common, part[middle:], tally)
        return
    succeeded = yield from _settled(batch.batch_id, tally)
    by_key: dict[str, str] = {}
    for start in range(0, len(succeeded), LOOKUP):
        ids = succeeded[start : start + LOOKUP]
        page = yield from send(ac.list_contacts(ids=ids).at(None))
        for contact in page.items:
            if contact.email:
                by_key[parse_address(contact.email).key] = contact.id
    taken = [one for one in part if one.addr_key in by_key]
    lost = [one for one in part if one.addr_key not in by_key]
    for one in taken:
        if one.emptied:
            yield from _empty(one, tally)
    yield from transact(partial(_keep_people, ctx=common.ctx, part=taken, by_key=by_key))
    yield from transact(partial(_forget, ctx=common.ctx, part=lost))
    tally.done["import contact"] += len(taken)
    for one in lost:
        tally.fail("import contact", f"{one.masked}: ActiveCampaign did not take it")


def _empty(one: _Import, tally: Tally) -> Job[None]:
    try:
        yield from people.write_contact(parse_address(one.contact.email), one.emptied)
    except ConnectorsError as error:
        if concerns_all(error):
            raise
        tally.fail("empty fields", f"{one.masked}: {error}")


def _settled(batch_id: str, tally: Tally) -> Job[tuple[str, ...]]:
    """The ids of the contacts of an import, once it is done."""
    waited = 0.0
    for number in range(int(LONGEST)):
        pause = POLLS[min(number, len(POLLS) - 1)]
        yield from wait(pause)
        waited += pause
        status = yield from send(ac.get_import(batch_id))
        if status.settled or waited >= LONGEST:
            break
    if status.state is not ImportState.COMPLETED:
        state = getattr(status.state, "value", status.state)
        tally.fail("import", f"import {batch_id} ended as {state!r} after {waited:.0f} s")
    return status.succeeded


def _keep_people(
    db: Connection, *, ctx: Context, part: Sequence[_Import], by_key: Mapping[str, str]
) -> None:
    for one in part:
        contact_id = by_key[one.addr_key]
        people.keep_person(
            db, ctx=ctx, addr_key=one.addr_key, contact_id=contact_id, facts=one.facts
        )
        people.keep_tags(db, ctx=ctx, contact_id=contact_id, tags=one.tags)


def _forget(db: Connection, *, ctx: Context, part: Sequence[_Import]) -> None:
    """Carry nothing over for those whose import failed: they have neither the tags nor the values."""
    keys = [one.addr_key for one in part]
    where = (HISTORY.c.connection == ctx.connection, HISTORY.c.addr_key.in_(keys))
    db.execute(delete(HISTORY).where(*where))


# --- records ------------------------------------------------------------------------------------


def _carry_over(common: Setting, tally: Tally) -> Job[None]:
    """Write the records, and note triggers as fired that would have."""
    ctx = common.ctx
    after = ""
    while True:
        block = yield from transact(partial(_next, ctx=ctx, after=after))
        if not block:
            return
        for key, body in block:
            after = key
            try:
                yield from _one(common, _staged.decode(body), tally)
            except ConnectorsError as error:
                if concerns_all(error):
                    raise
                tally.fail("record", f"record {key}: {error}")
            yield from transact(partial(_drop, ctx=ctx, key=key))


def _one(common: Setting, staged: _Staged, tally: Tally) -> Job[None]:
    ctx = common.ctx
    address = parse_address(staged.email)
    known = yield from transact(partial(people.person, ctx=ctx, addr_key=address.key))
    account = common.saved.account(staged.snapshot.account_id)
    if known.contact_id is None or account is None:
        return  # its import failed, and was counted
    learned = partial(records.learn, ctx=ctx, snapshot=staged.snapshot)
    one = One(
        setting=common,
        account=account,
        snapshot=staged.snapshot,
        whole=(yield from transact(learned)),
        recipient=staged.recipient,
        actions=staged.actions,
        address=address,
        values=staged.values,
    )
    row = yield from write_record(one, known.contact_id, tally.done, tally.skipped)
    # All its tags: those that came by the import fire nothing later on either.
    yield from transact(
        partial(keep, one=one, contact_id=known.contact_id, added=one.tags, row=row)
    )


def _next(db: Connection, *, ctx: Context, after: str) -> list[tuple[str, bytes]]:
    query = (
        select(HISTORY.c.key, HISTORY.c.body)
        .where(HISTORY.c.connection == ctx.connection, HISTORY.c.key > after)
        .order_by(HISTORY.c.key)
        .limit(BLOCK)
    )
    return [(key, body) for key, body in db.execute(query)]


def _drop(db: Connection, *, ctx: Context, key: str) -> None:
    db.execute(delete(HISTORY).where(HISTORY.c.connection == ctx.connection, HISTORY.c.key == key))


def _clear(db: Connection, *, ctx: Context) -> None:
    db.execute(delete(HISTORY).where(HISTORY.c.connection == ctx.connection))


_staged = msgspec.json.Decoder(_Staged)
