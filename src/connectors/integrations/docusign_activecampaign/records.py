"""The DocuSign record of each envelope and recipient: kept here, shown in ActiveCampaign."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from attrs import evolve, field, frozen
from sqlalchemy import Connection, Row, bindparam, func, select, update

from ...activecampaign import calls as ac
from ...domain.contacts import parse_address
from ...domain.envelopes import RECORD_FIELDS, Action, Snapshot
from ...domain.field_mapping import render
from ...domain.merging import Known, Record, Whole, moment_of, record, steps
from ...engine.job import Job, send, transact
from ...engine.sql import upsert
from . import people
from .context import Context, RecordsIn, Saved, own_fault
from .schema import RECORD, WHOLE

DETAILS = tuple(RECORD_FIELDS)[5:]
"""The fields behind "Details": those of every record come first."""


@frozen(kw_only=True)
class DocuSignRecord:
    """What a contact's DocuSign object shows of one envelope.

    Attributes:
        status: of the envelope; `recipient_status` is the contact's own.
        sent_at: when it went out, UTC; `completed_at`: None until it is complete.
        details: what is particular to its status, by field id: reason for declining, …
    """

    external_id: str
    account_id: str
    envelope_id: str
    contact_id: str
    status: str
    recipient_status: str
    sender_user_name: str | None
    document_link: str
    sent_at: datetime | None
    completed_at: datetime | None
    details: Mapping[str, str] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class Kept:
    """A record's row."""

    known: Known
    whole: Whole = field(factory=Whole)
    contact_id: str = ""
    written: str = ""
    noted: str = ""
    """Which of its steps have a note, where records are notes."""

    def shown(self, link: str) -> Record:
        """What everybody sees of it: where the envelope stands is the same for all recipients."""
        return record(self.known.within(self.whole), link)

    def fingerprint(self, link: str) -> str:
        """Changes when anything changes that ActiveCampaign shows."""
        text = msgspec.json.encode([self.contact_id, sorted(self.shown(link).items())])
        return hashlib.blake2b(text, digest_size=16).hexdigest()


def key_of(envelope_id: str, recipient_key: str) -> str:
    """The external id of a record: the same for every message about this recipient."""
    return f"{envelope_id.lower()}:{recipient_key}"


def kept(db: Connection, *, ctx: Context, key: str) -> Kept:
    """What the store has of a record."""
    row = db.execute(_KEPT, {"at": ctx.connection, "of": key}).first()
    return _kept(row) if row is not None else Kept(known=Known())


def keep(
    db: Connection,
    *,
    ctx: Context,
    key: str,
    account_id: str,
    envelope_id: str,
    link: str,
    row: Kept,
) -> None:
    """Keep a record."""
    values = {
        "connection": ctx.connection,
        "key": key,
        "account_id": account_id,
        "envelope_id": envelope_id,
        "link": link,
        "contact_id": row.contact_id,
        "known": msgspec.json.encode(row.known),
        "sent_at": record(row.known, "")["sent-at"] or "",
        "written": row.written,
        "noted": row.noted,
        "seen": ctx.now().isoformat(),
    }
    upsert(db, RECORD, [values])


def learn(db: Connection, *, ctx: Context, snapshot: Snapshot) -> Whole:
    """What is known of an envelope with this snapshot; it is kept."""
    envelope_id = snapshot.envelope_id.lower()
    row = db.execute(_WHOLE, {"at": ctx.connection, "of": envelope_id}).scalar()
    known = _whole.decode(row) if row else Whole()
    joined = known.join(snapshot)
    if joined != known:
        values = {
            "connection": ctx.connection,
            "envelope_id": envelope_id,
            "known": msgspec.json.encode(joined),
        }
        upsert(db, WHOLE, [values])
    return joined


def others(
    db: Connection, *, ctx: Context, envelope_id: str, but: Collection[str]
) -> list[Unwritten]:
    """An envelope's records that are not shown as they should be, without some."""
    key = key_of(envelope_id, "")
    # The keys of an envelope's records begin alike.
    rows = db.execute(_OF_ENVELOPE, {"at": ctx.connection, "first": key, "end": f"{key[:-1]};"})
    found = [_unwritten(row) for row in rows if row.key not in but and row.contact_id]
    return [one for one in found if one.row.written != one.row.fingerprint(one.link)]


def write_record(ctx: Context, saved: Saved, key: str, link: str, row: Kept) -> Job[Kept]:
    """Show a record where setup decided.

    Raises:
        Forbidden: the plan has custom objects no more.
    """
    values = row.shown(link)
    match saved.records_in:
        case RecordsIn.OBJECT:
            fields = {name: value for name, value in values.items() if value}
            with own_fault():
                call = ac.put_record(saved.schema_id, key, fields, contact_id=row.contact_id)
            yield from send(call)
        case RecordsIn.FIELDS:
            yield from _write_fields(ctx, saved, key, values, row.contact_id)
        case RecordsIn.NOTE:
            row = yield from _write_notes(ctx, key, link, row)
        case RecordsIn.STORE | RecordsIn.NOWHERE:
            pass
    return evolve(row, written=row.fingerprint(link))


def listed_by_address(db: Connection, *, ctx: Context, email: str) -> list[DocuSignRecord]:
    """A contact's records, newest first."""
    contact_id = people.person(db, ctx=ctx, addr_key=parse_address(email).key).contact_id
    return listed(db, ctx=ctx, contact_id=contact_id) if contact_id else []


def newest_of(
    db: Connection, *, ctx: Context, contact_id: str, action: Action | None
) -> Record | None:
    """The newest record of a contact that went through an action."""
    where = (RECORD.c.connection == ctx.connection, RECORD.c.contact_id == contact_id)
    query = _ROWS.where(*where).order_by(RECORD.c.sent_at.desc(), RECORD.c.key.desc())
    for row in db.execute(query):
        kept = _kept(row)
        if any(s.action is action for s in steps(kept.known, row.link, ctx.settings.actions)):
            return kept.shown(row.link)
    return None


def listed(db: Connection, *, ctx: Context, contact_id: str) -> list[DocuSignRecord]:
    """A contact's records, newest first."""
    query = _ROWS.where(
        RECORD.c.connection == ctx.connection, RECORD.c.contact_id == contact_id
    ).order_by(RECORD.c.sent_at.desc(), RECORD.c.key)
    return [_shown(row) for row in db.execute(query)]


@frozen(kw_only=True)
class Unwritten:
    """A record that ActiveCampaign does not show as it should."""

    key: str
    account_id: str
    envelope_id: str
    link: str
    row: Kept


def unwritten(db: Connection, *, ctx: Context, after: str, limit: int) -> list[Unwritten]:
    """The next records by key that have to be written."""
    query = (
        _ROWS.where(
            RECORD.c.connection == ctx.connection, RECORD.c.key > after, RECORD.c.written == ""
        )
        .order_by(RECORD.c.key)
        .limit(limit)
    )
    return [_unwritten(row) for row in db.execute(query)]


def _unwritten(row: Row[Any]) -> Unwritten:
    return Unwritten(
        key=row.key,
        account_id=row.account_id,
        envelope_id=row.envelope_id,
        link=row.link,
        row=_kept(row),
    )


def keep_written(db: Connection, *, ctx: Context, one: Unwritten, row: Kept) -> None:
    """Keep that a record is shown as it should be."""
    newest = kept(db, ctx=ctx, key=one.key)
    keep(
        db,
        ctx=ctx,
        key=one.key,
        account_id=one.account_id,
        envelope_id=one.envelope_id,
        link=one.link,
        row=evolve(newest, written=row.written, noted=row.noted),
    )


def link(db: Connection, *, ctx: Context, key: str) -> str:
    """The link that a record shows."""
    where = (RECORD.c.connection == ctx.connection, RECORD.c.key == key)
    return str(db.execute(select(RECORD.c.link).where(*where)).scalar() or "")


def move(db: Connection, *, ctx: Context, gone: str, to: str) -> None:
    """Let the records of a contact that is there no more be another's; they have to be written."""
    where = (RECORD.c.connection == ctx.connection, RECORD.c.contact_id == gone)
    db.execute(update(RECORD).where(*where).values(contact_id=to, written=""))


def mark_unwritten(db: Connection, *, ctx: Context, key: str) -> None:
    """Note that a record is shown otherwise than it should be."""
    where = (RECORD.c.connection == ctx.connection, RECORD.c.key == key)
    db.execute(update(RECORD).where(*where).values(written=""))


def fresh(
    db: Connection, *, ctx: Context, keys: Collection[str], since: datetime
) -> frozenset[str]:
    """Those of some records that were written or found since then."""
    where = (RECORD.c.connection == ctx.connection, RECORD.c.key.in_(keys))
    query = select(RECORD.c.key).where(*where, RECORD.c.seen >= since.isoformat())
    return frozenset(db.execute(query).scalars())


def mark_seen(db: Connection, *, ctx: Context, keys: Collection[str]) -> None:
    """Note that these records are there."""
    where = (RECORD.c.connection == ctx.connection, RECORD.c.key.in_(keys))
    db.execute(update(RECORD).where(*where).values(seen=ctx.now().isoformat()))


def mark_missing(db: Connection, *, ctx: Context, since: datetime) -> None:
    """Note which records were not found since then: they have to be written again."""
    where = (RECORD.c.connection == ctx.connection, RECORD.c.seen < since.isoformat())
    db.execute(update(RECORD).where(*where).values(written=""))


def _write_fields(
    ctx: Context, saved: Saved, key: str, values: Record, contact_id: str
) -> Job[None]:
    newest = yield from transact(partial(_newest, ctx=ctx, contact_id=contact_id, but=key))
    # Contact fields hold one record: the newest one's.
    if ((values["sent-at"] or ""), key) < newest:
        return
    known = {one.id: one for one in saved.fields}
    fields = {
        target: render(value, known.get(target))[0] if (value := values[name]) else None
        for name, target in ctx.settings.record_fields.items()
    }
    with own_fault():
        call = ac.update_contact(contact_id, field_values=fields)
    yield from send(call)


def _newest(db: Connection, *, ctx: Context, contact_id: str, but: str) -> tuple[str, str]:
    query = (
        select(RECORD.c.sent_at, RECORD.c.key)
        .where(
            RECORD.c.connection == ctx.connection,
            RECORD.c.contact_id == contact_id,
            RECORD.c.key != but,
        )
        .order_by(RECORD.c.sent_at.desc(), RECORD.c.key.desc())
        .limit(1)
    )
    row = db.execute(query).first()
    return (row.sent_at, row.key) if row is not None else ("", "")


def _write_notes(ctx: Context, key: str, link: str, row: Kept) -> Job[Kept]:
    """A note for each step the record went through: a note cannot be changed by API."""
    noted = set(filter(None, row.noted.split(",")))
    new = {
        name: _note(key, step.after)
        for step in steps(row.known, link, ctx.settings.actions)
        if (name := f"{step.action.value}/{step.by}") not in noted
    }
    if not new:
        return row
    # An earlier try may have written some, and died before it could say so.
    there = {note.text for note in (yield from send(ac.list_contact_notes(row.contact_id)))}
    for text in new.values():
        if text not in there:
            yield from send(ac.create_note(row.contact_id, text))
    return evolve(row, noted=",".join(sorted(noted | new.keys())))


def _note(key: str, values: Record) -> str:
    lines = [f"{RECORD_FIELDS[name]}: {value}" for name, value in values.items() if value]
    return "\n".join([f"DocuSign {key}", *lines])


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        known=_known.decode(row.known),
        whole=_whole.decode(row.whole) if row.whole else Whole(),
        contact_id=row.contact_id,
        written=row.written,
        noted=row.noted,
    )


def _shown(row: Row[Any]) -> DocuSignRecord:
    values = _kept(row).shown(row.link)
    return DocuSignRecord(
        external_id=row.key,
        account_id=row.account_id,
        envelope_id=row.envelope_id,
        contact_id=row.contact_id,
        status=values["status"] or "",
        recipient_status=values["recipient-status"] or "",
        sender_user_name=values["sender-user-name"],
        document_link=values["document-link"] or "",
        sent_at=moment_of(values["sent-at"]),
        completed_at=moment_of(values["completed-at"]),
        details={name: value for name in DETAILS if (value := values[name])},
    )


# Asked for twice per message: putting a statement together costs more than running it.
_ROWS = select(RECORD, WHOLE.c.known.label("whole")).join_from(
    RECORD,
    WHOLE,
    (WHOLE.c.connection == RECORD.c.connection)
    & (WHOLE.c.envelope_id == func.lower(RECORD.c.envelope_id)),
    isouter=True,
)
_KEPT = _ROWS.where(RECORD.c.connection == bindparam("at"), RECORD.c.key == bindparam("of"))
_OF_ENVELOPE = _ROWS.where(
    RECORD.c.connection == bindparam("at"),
    RECORD.c.key >= bindparam("first"),
    RECORD.c.key < bindparam("end"),
)
_WHOLE = select(WHOLE.c.known).where(
    WHOLE.c.connection == bindparam("at"), WHOLE.c.envelope_id == bindparam("of")
)
_known = msgspec.json.Decoder(Known)
_whole = msgspec.json.Decoder(Whole)
