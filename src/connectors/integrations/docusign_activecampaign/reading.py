"""Reading envelopes from DocuSign, within its rule: each by itself once in 15 minutes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from attrs import evolve
from sqlalchemy import Connection, select

from ...docusign import calls as ds
from ...domain.envelopes import Snapshot
from ...engine.job import Job, reply, send, transact
from ...engine.sql import upsert
from ...errors import ConfigError, Forbidden
from . import snapshots
from .context import Context, at
from .schema import ENVELOPE

POLLING = timedelta(minutes=15)
"""How long DocuSign asks to wait before an envelope is read again."""

INCLUDE: tuple[ds.EnvelopeInclude, ...] = ("recipients", "custom_fields", "tabs")
"""What a read of one envelope brings."""

LISTED: tuple[ds.ListInclude, ...] = ("recipients", "custom_fields")
"""What a list of envelopes can bring: no tabs."""


def read_envelope(ctx: Context, label: str, account_id: str, envelope_id: str) -> Job[Snapshot]:
    """One envelope with its recipients, their tabs and its custom fields.

    Raises:
        NotFound: there is none, or none this user may see.
    """
    yield from transact(partial(note_read, ctx=ctx, envelope_id=envelope_id))
    answer = yield from reply(at(label, ds.get_envelope(envelope_id, include=INCLUDE)))
    return snapshots.of_envelope(answer.value, account_id, answer.date or ctx.now())


def with_form(ctx: Context, label: str, snapshot: Snapshot, form: str) -> Job[Snapshot]:
    """The snapshot with what the signers filled in, where the sender may read that. `form`: the name
    under which it is kept when that was."""
    yield from transact(partial(note_read, ctx=ctx, envelope_id=form))
    try:
        data = yield from send(at(label, ds.get_form_data(snapshot.envelope_id)))
    except Forbidden:
        return snapshot
    return evolve(snapshot, form={f.name: f.value for f in data.items if f.name and f.value})


def may_read_at(db: Connection, *, ctx: Context, envelope_id: str) -> datetime | None:
    """When an envelope may be read by itself again; None for now."""
    where = (ENVELOPE.c.connection == ctx.connection, ENVELOPE.c.envelope_id == envelope_id)
    read_at = db.execute(select(ENVELOPE.c.read_at).where(*where)).scalar()
    if read_at is None:
        return None
    free = datetime.fromisoformat(read_at) + POLLING
    return free if free > ctx.now() else None


def label_of(by_account: Mapping[str, str], account_id: str) -> str:
    """The client of an account.

    Raises:
        ConfigError: none of the clients is for this account.
    """
    label = by_account.get(account_id.lower())
    if label is None:
        raise ConfigError(
            f"DocuSign account {account_id} is set up, but none of the clients given is for it: "
            f"they are for {', '.join(sorted(by_account)) or 'none'}"
        )
    return label


def note_read(db: Connection, *, ctx: Context, envelope_id: str) -> None:
    """Note that an envelope, or a part of it, is read now."""
    row = {
        "connection": ctx.connection,
        "envelope_id": envelope_id,
        "read_at": ctx.now().isoformat(),
    }
    upsert(db, ENVELOPE, [row])
