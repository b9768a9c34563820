"""Reading envelopes from DocuSign, within its rule: each by itself once in 15 minutes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from attrs import evolve
from sqlalchemy import Connection, delete, select

from ...core.call import Call, Reply
from ...docusign import calls as ds
from ...docusign.errors import AskedTooOften
from ...domain.envelopes import Snapshot
from ...domain.field_mapping import ContactMapping
from ...engine.job import Job, reply, transact
from ...engine.sql import upsert
from ...errors import ConfigError, ConnectorsError, Forbidden
from . import snapshots
from .context import Context, T, at
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
    call = at(label, ds.get_envelope(envelope_id, include=INCLUDE))
    answer = yield from _ask(ctx, envelope_id, call)
    return snapshots.of_envelope(answer.value, account_id, answer.date or ctx.now())


def beyond_lists(mapping: ContactMapping) -> bool:
    """Whether the mapping asks for what no list of envelopes brings."""
    return any(rule.source.startswith(("tab.", "form.")) for rule in mapping.rules)


def form_of(mapping: ContactMapping, snapshot: Snapshot) -> str:
    """The name under which a read of an envelope's form data is kept: it is read where it is mapped
    and final, since no message brings it. Empty where there is nothing to read."""
    wanted = any(rule.source.startswith("form.") for rule in mapping.rules)
    return f"{snapshot.envelope_id}/form" if wanted and snapshot.status == "completed" else ""


def with_form(ctx: Context, label: str, snapshot: Snapshot, form: str) -> Job[Snapshot]:
    """The snapshot with what the signers filled in, where the sender may read that. `form`: the name
    under which it is kept when that was."""
    try:
        data = (yield from _ask(ctx, form, at(label, ds.get_form_data(snapshot.envelope_id)))).value
    except Forbidden:
        return snapshot
    return evolve(snapshot, form={f.name: f.value for f in data.items if f.name and f.value})


def _ask(ctx: Context, name: str, call: Call[T]) -> Job[Reply[T]]:
    """A question that DocuSign allows once in 15 minutes. It is noted before it is asked, since a
    process may die; one that got no answer was none."""
    yield from transact(partial(note_read, ctx=ctx, envelope_id=name))
    try:
        return (yield from reply(call))
    except ConnectorsError as error:
        if not isinstance(error, AskedTooOften) or not error.attempts:
            yield from transact(partial(_forget_read, ctx=ctx, envelope_id=name))
        raise


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


def _forget_read(db: Connection, *, ctx: Context, envelope_id: str) -> None:
    where = (ENVELOPE.c.connection == ctx.connection, ENVELOPE.c.envelope_id == envelope_id)
    db.execute(delete(ENVELOPE).where(*where))
