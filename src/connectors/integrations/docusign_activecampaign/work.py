"""What one message leads to: contact, then tags, then record, then triggers, recipient by recipient.

Every remote effect here can be repeated, and is kept in the store only after all of them: a crash
anywhere leads to the same effects again, never to a second contact, tag or record.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from attrs import evolve, field, frozen
from sqlalchemy import Connection

from ...domain.actions import EVENTS, Concern, concerns, moment
from ...domain.contacts import Address
from ...domain.envelopes import Action, Recipient, Snapshot
from ...domain.field_mapping import ContactMapping
from ...domain.history import Facts
from ...domain.merging import Whole
from ...engine import cursors
from ...engine.job import Job, transact
from ...errors import BadRequest, ConnectorsError, Forbidden
from . import firing, people, records
from .context import Account, Context, RecordsIn, Saved
from .tally import Outcome, concerns_all, ours


@frozen(kw_only=True)
class Setting:
    """What is the same for all messages of a run."""

    ctx: Context
    saved: Saved
    mapping: ContactMapping = field(repr=False)
    since: Mapping[str, datetime] = field(repr=False)
    """When each account was set up, by its id."""
    withhold: bool = False
    """Whether triggers are noted as fired without being fired: history that is loaded."""

    def fires_since(self, account_id: str) -> datetime | None:
        """From when on triggers fire, None for never: what was over before the setup is history,
        whichever job finds it."""
        begin = datetime.min.replace(tzinfo=UTC)
        return None if self.withhold else self.since.get(account_id.lower(), begin)


def setting(ctx: Context, *, withhold: bool = False) -> Job[Setting]:
    """What the messages of a run have in common.

    Raises:
        ConfigError: not set up, or under other settings.
    """
    saved = yield from transact(ctx.saved)
    known = yield from transact(partial(cursors.read, connection=ctx.connection))
    since = {
        account.account_id.lower(): datetime.fromisoformat(known[account.since])
        for account in saved.accounts
        if account.since in known
    }
    mapping = ctx.mapping(saved)
    return Setting(ctx=ctx, saved=saved, mapping=mapping, since=since, withhold=withhold)


_NO_ADDRESS = "email_invalid"
"""ActiveCampaign's code for an address that it takes from nobody."""


def fields_of(ctx: Context, mapping: ContactMapping, facts: Facts) -> dict[str, str]:
    """What is known of a contact, by the names that the host's mapping has for its fields."""
    found = {name: value for name, (_, value) in facts.values.items()}
    for written, resolved in zip(ctx.settings.mapping, mapping.rules, strict=True):
        if resolved.target in found:
            found[written.target] = found[resolved.target]
    return found


def work_off(setting: Setting, snapshot: Snapshot, *, idle: bool = False) -> Job[Outcome]:
    """Carry out what a complete snapshot leads to. `idle`: where all of it is known already, nothing
    is called; a message is taken as a reason to write."""
    ctx = setting.ctx
    account = setting.saved.account(snapshot.account_id)
    if account is None:
        return Outcome(said="ignored: account that is not connected")
    found = concerns(snapshot, ctx.settings.actions, ctx.settings.kinds)
    if not found:
        return Outcome(said=f"ignored: {why_nobody(ctx, snapshot)}")
    done: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    first: ConnectorsError | None = None
    keys = {
        records.key_of(snapshot.envelope_id, recipient.key) for recipient, _ in by_recipient(found)
    }
    whole, stale = yield from transact(
        partial(_learn, setting=setting, snapshot=snapshot, but=keys)
    )
    for one in _concerned(setting, account, snapshot, whole, found, skipped):
        own: Counter[str] = Counter()
        try:
            if idle and (yield from transact(partial(_known, one=one))):
                continue
            yield from _carry_out(one, own, skipped)
        except Exception as caught:
            error = ours(caught)
            if isinstance(error, BadRequest) and error.code == _NO_ADDRESS:
                skipped[f"recipient: {people.NOT_TAKEN}"] += 1
                continue
            if concerns_all(error):
                raise error from None
            # The envelope's other recipients have nothing to do with it.
            first = first or error
            continue
        done += own
    yield from _write_others(setting, stale, done, skipped)
    said = "done" if done else "done: nobody to write"
    return Outcome(said=said, done=done, skipped=skipped, error=first)


def is_news(setting: Setting, snapshot: Snapshot) -> Job[bool]:
    """Whether a snapshot leads to anything that is not known yet."""
    account = setting.saved.account(snapshot.account_id)
    found = concerns(snapshot, setting.ctx.settings.actions, setting.ctx.settings.kinds)
    if account is None or not found:
        return False
    learn = partial(records.learn, ctx=setting.ctx, snapshot=snapshot)
    whole = yield from transact(learn)
    for one in _concerned(setting, account, snapshot, whole, found, Counter()):
        if not (yield from transact(partial(_known, one=one))):
            return True
    return False


def _learn(
    db: Connection, *, setting: Setting, snapshot: Snapshot, but: Collection[str]
) -> tuple[Whole, list[records.Unwritten]]:
    """What is known of an envelope by now, and whose records have to follow beside those of the
    recipients that the snapshot concerns."""
    ctx = setting.ctx
    whole = records.learn(db, ctx=ctx, snapshot=snapshot)
    if setting.saved.records_in in (RecordsIn.STORE, RecordsIn.NOWHERE):
        return whole, []
    return whole, records.others(db, ctx=ctx, envelope_id=snapshot.envelope_id, but=but)


def _concerned(
    setting: Setting,
    account: Account,
    snapshot: Snapshot,
    whole: Whole,
    found: tuple[Concern, ...],
    skipped: Counter[str],
) -> list[One]:
    """Those whom a snapshot concerns and who can be contacts."""
    ones = []
    for recipient, actions in by_recipient(found):
        mapped = setting.mapping.apply(snapshot, recipient)
        problem, losses = people.left_out(setting.mapping, mapped)
        skipped.update(losses)
        if mapped.email is None or problem:
            skipped[f"recipient: {problem}"] += 1
            continue
        one = One(
            setting=setting,
            account=account,
            snapshot=snapshot,
            whole=whole,
            recipient=recipient,
            actions=actions,
            address=mapped.email,
            values=mapped.values,
        )
        ones.append(one)
    return ones


def _write_others(
    setting: Setting,
    stale: Sequence[records.Unwritten],
    done: Counter[str],
    skipped: Counter[str],
) -> Job[None]:
    """Write the records of those whom a message does not concern, where it says where their envelope
    stands by now. Neither tags nor triggers come of that; what cannot be written waits for `reconcile`,
    and the message does not wait for it."""
    ctx, saved = setting.ctx, setting.saved
    for one in stale:
        try:
            row = yield from records.write_record(ctx, saved, one.key, one.link, one.row)
        except Forbidden as error:
            skipped[f"record: {error.hint or error.message}"] += 1
            continue
        except ConnectorsError as error:
            if concerns_all(error):
                raise
            skipped["record of somebody else in the envelope: reconcile writes it"] += 1
            yield from transact(partial(records.mark_unwritten, ctx=ctx, key=one.key))
            continue
        yield from transact(partial(records.keep_written, ctx=ctx, one=one, row=row))
        done["write record"] += 1


def why_nobody(ctx: Context, snapshot: Snapshot) -> str:
    """Why a message concerns nobody."""
    if snapshot.event is not None:
        meant = EVENTS.get(snapshot.event)
        if meant is None:
            return f"event {snapshot.event}" if len(snapshot.event) < 48 else "unknown event"
        if not set(meant) & set(ctx.settings.actions):
            return f"action not subscribed ({snapshot.event})"
    return "no recipient's own status is a subscribed action"


@frozen(kw_only=True)
class One:
    """A recipient to be carried over."""

    setting: Setting
    account: Account
    snapshot: Snapshot
    whole: Whole
    recipient: Recipient
    actions: tuple[Action, ...]
    address: Address
    values: Mapping[str, str]

    @property
    def key(self) -> str:
        return records.key_of(self.snapshot.envelope_id, self.recipient.key)

    @property
    def tags(self) -> dict[str, Action]:
        """The tags that its actions give, and the first action that gives each."""
        tags: dict[str, Action] = {}
        for action in self.actions:
            for tag in self.setting.ctx.settings.tags.tags_for(
                self.snapshot, self.recipient, action
            ):
                tags.setdefault(tag, action)
        return tags

    @property
    def link(self) -> str:
        return self.account.link(self.snapshot.envelope_id)

    def moment(self, action: Action) -> datetime:
        """When the recipient went through it; a time without a zone is no moment."""
        at = moment(action, self.snapshot, self.recipient)
        return at if at is not None and at.tzinfo else self.snapshot.at


def by_recipient(found: tuple[Concern, ...]) -> list[tuple[Recipient, tuple[Action, ...]]]:
    grouped: dict[str, tuple[Recipient, tuple[Action, ...]]] = {}
    for concern in found:
        _, actions = grouped.get(concern.recipient.key, (concern.recipient, ()))
        grouped[concern.recipient.key] = (concern.recipient, (*actions, concern.action))
    return list(grouped.values())


def _known(db: Connection, *, one: One) -> bool:
    """Whether nothing of this is news."""
    ctx, saved = one.setting.ctx, one.setting.saved
    known = people.person(db, ctx=ctx, addr_key=one.address.key)
    if known.contact_id is None:
        return False
    learned = known.facts.learned(one.values, one.snapshot.at)
    if any(learned.get(name) != known.facts.get(name) for name in one.values):
        return False
    has = people.tags_of(db, ctx=ctx, contact_id=known.contact_id)
    if any(tag.casefold() not in has for tag in one.tags):
        return False
    if saved.records_in is RecordsIn.NOWHERE:
        return True
    old = records.kept(db, ctx=ctx, key=one.key)
    row = _joined(old, one, known.contact_id)
    if saved.records_in is RecordsIn.STORE:
        return row.known == old.known
    return row.fingerprint(one.link) == old.written


def _carry_out(one: One, done: Counter[str], skipped: Counter[str]) -> Job[None]:
    ctx, at = one.setting.ctx, one.snapshot.at
    known = yield from transact(partial(people.person, ctx=ctx, addr_key=one.address.key))
    facts = known.facts.learned(one.values, at)
    # What a newer message said stays: an older one that comes late writes nothing over it.
    news = {name: v for name, v in one.values.items() if facts.values[name] == (at, v)}
    contact_id = yield from people.write_contact(one.address, news)
    done["create contact" if known.contact_id != contact_id else "update contact"] += 1
    tags = one.tags
    new = yield from people.add_tags(ctx, contact_id, tuple(tags))
    added = {tag: tags[tag] for tag in new}
    done["add tag"] += len(added)
    row = yield from write_record(one, contact_id, done, skipped)
    others = yield from people.foreign_tags(ctx, contact_id)
    kept = partial(keep, one=one, contact_id=contact_id, added=added, row=row, others=others)
    fired = yield from transact(kept)
    if fired:
        done["fire trigger"] += fired
    done += Counter()  # without zeros


def write_record(
    one: One, contact_id: str, done: Counter[str], skipped: Counter[str]
) -> Job[records.Kept | None]:
    ctx, saved = one.setting.ctx, one.setting.saved
    if not ctx.settings.records:
        return None
    old = yield from transact(partial(records.kept, ctx=ctx, key=one.key))
    row = _joined(old, one, contact_id)
    if saved.records_in is RecordsIn.STORE:
        skipped[f"record: {saved.reason}"] += 1
        return row
    if row.fingerprint(one.link) == old.written:
        return row
    try:
        row = yield from records.write_record(ctx, saved, one.key, one.link, row)
    except Forbidden as error:
        # Contacts and tags go on; the record is written once the plan has custom objects again.
        skipped[f"record: {error.hint or error.message}"] += 1
        return evolve(row, written="")
    done["write record"] += 1
    return row


def _joined(old: records.Kept, one: One, contact_id: str) -> records.Kept:
    known = old.known.join(one.snapshot, one.recipient)
    # The record belongs to the address that the newest message names; others were written to before.
    own = known.own_facts.learned({"address": one.address.key}, one.snapshot.at)
    known = evolve(known, own_facts=own)
    if own.get("address") != one.address.key:
        contact_id = old.contact_id
    return evolve(old, known=known, whole=one.whole, contact_id=contact_id)


def keep(
    db: Connection,
    *,
    one: One,
    contact_id: str,
    added: Mapping[str, Action],
    row: records.Kept | None,
    others: Sequence[str] = (),
) -> int:
    """Keep the outcome, and note the triggers that fire by it; how many did."""
    ctx, at = one.setting.ctx, one.snapshot.at
    known = people.person(db, ctx=ctx, addr_key=one.address.key)
    facts: Facts = known.facts.learned(one.values, at)
    if known.contact_id not in (None, contact_id):
        # Somebody deleted the contact, and now there is another of this address.
        records.move(db, ctx=ctx, gone=known.contact_id, to=contact_id)
    people.keep_person(db, ctx=ctx, addr_key=one.address.key, contact_id=contact_id, facts=facts)
    people.keep_tags(db, ctx=ctx, contact_id=contact_id, tags=added)
    before = records.kept(db, ctx=ctx, key=one.key)
    if row is not None:
        # Somebody else may have worked off another message meanwhile: both count.
        newest = _joined(before, one, contact_id)
        row = evolve(newest, written=row.written, noted=row.noted)
        records.keep(
            db,
            ctx=ctx,
            key=one.key,
            account_id=one.account.account_id,
            envelope_id=one.snapshot.envelope_id,
            link=one.link,
            row=row,
        )
    return firing.note(
        db,
        ctx=ctx,
        news=firing.News(
            contact_id=contact_id,
            address=one.address.text,
            tags=added,
            others=others,
            moments={action: one.moment(action) for action in added.values()},
            record_key=one.key if row is not None else None,
            before=before.known,
            envelope_id=one.snapshot.envelope_id,
            account_id=one.account.account_id,
            known=row.known if row is not None else None,
            link=one.link,
            fields=fields_of(ctx, one.setting.mapping, facts),
        ),
        since=one.setting.fires_since(one.snapshot.account_id),
    )
