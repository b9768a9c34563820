"""DocuSign's answers and events as the domain's snapshots, and those as text for the inbox."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum

import msgspec

from ...docusign.models import ConnectEvent, Envelope, Tab, TabType
from ...docusign.models import Recipient as WireRecipient
from ...domain.envelopes import Recipient, Snapshot
from ...engine.inbox import Message


def of_event(event: ConnectEvent, received_at: datetime) -> Snapshot:
    """What a Connect message says. Without an envelope's data it only names it."""
    made = _utc(event.generated_at)
    at = made if made is not None and made.tzinfo else received_at
    ids = Snapshot(
        account_id=event.account_id or "",
        envelope_id=event.envelope_id or "",
        at=at,
        event=_text(event.event),
        recipient_id=event.recipient_id,
        complete=False,
    )
    if event.envelope is None or event.envelope.recipients is None:
        return ids
    return _filled(ids, event.envelope)


def of_envelope(envelope: Envelope, account_id: str, at: datetime) -> Snapshot:
    """What a read of the envelope says; no event is named.

    It is as old as the envelope's last change: an old envelope that is read late says nothing newer
    than a message that came before. `at`: when it was read, where it tells no time at all.
    """
    times = [envelope.status_changed_at, envelope.last_modified_at, envelope.sent_at]
    for one in envelope.recipients or ():
        times += [one.sent_at, one.delivered_at, one.signed_at, one.declined_at]
    changed = max((moment for moment in map(_utc, times) if moment and moment.tzinfo), default=at)
    return _filled(
        Snapshot(account_id=account_id, envelope_id=envelope.envelope_id, at=changed), envelope
    )


def message(snapshot: Snapshot, dedupe: str) -> Message:
    """A snapshot as the inbox keeps it: only what is needed, and no document."""
    return Message(
        dedupe=dedupe,
        object=snapshot.envelope_id.lower(),
        kind=snapshot.event or "envelope",
        occurred_at=snapshot.at,
        body=msgspec.json.encode(snapshot),
    )


_decoder = msgspec.json.Decoder(Snapshot)


def kept(message: Message) -> Snapshot:
    """The snapshot of a kept message."""
    return _decoder.decode(message.body)


def _filled(ids: Snapshot, envelope: Envelope) -> Snapshot:
    sender = envelope.sender
    first = _utc(envelope.initial_sent_at)
    last = _utc(envelope.sent_at)
    return Snapshot(
        account_id=ids.account_id,
        envelope_id=ids.envelope_id,
        at=ids.at,
        event=ids.event,
        recipient_id=ids.recipient_id,
        status=_text(envelope.status),
        subject=envelope.email_subject,
        sender_name=sender.user_name if sender else None,
        sender_email=sender.email if sender else None,
        created_at=_utc(envelope.created_at),
        sent_at=first or last,
        resent_at=last if first and last and last.tzinfo and last > first else None,
        delivered_at=_utc(envelope.delivered_at),
        completed_at=_utc(envelope.completed_at),
        declined_at=_utc(envelope.declined_at),
        voided_at=_utc(envelope.voided_at),
        voided_reason=envelope.voided_reason,
        custom_fields={f.name: f.value for f in envelope.custom_fields if f.name and f.value},
        recipients=tuple(map(_recipient, envelope.recipients or ())),
    )


def _recipient(one: WireRecipient) -> Recipient:
    return Recipient(
        id=one.recipient_id or "",
        guid=one.recipient_id_guid,
        kind=_text(one.kind) or "",
        role=one.role_name,
        name=one.person_name,
        email=one.person_email,
        status=_text(one.status) or "created",
        routing_order=one.routing_order,
        sent_at=_utc(one.sent_at),
        delivered_at=_utc(one.delivered_at),
        signed_at=_utc(one.signed_at),
        declined_at=_utc(one.declined_at),
        declined_reason=one.declined_reason,
        fields=dict(filter(None, map(_filled_in, one.tabs or ()))),
    )


def _filled_in(tab: Tab) -> tuple[str, str] | None:
    """A tab's label and what stands in it."""
    value = tab.value
    if tab.type is TabType.CHECKBOX and tab.selected is not None:
        value = "true" if tab.selected else "false"
    if not value:
        value = next((r.value for r in tab.radios if r.selected), None) or next(
            (i.value for i in tab.list_items if i.selected), None
        )
    return (tab.key, value) if tab.key and value else None


def _utc(moment: datetime | None) -> datetime | None:
    """UTC. A time without a zone is in the account's own, which nobody told: it stays as it is. One
    of the first centuries is how some systems write that there is none."""
    if moment is not None and moment.year < 1000:
        return None
    try:
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo else moment
    except OverflowError:  # the last day there is
        return None


def _text(value: Enum | str | None) -> str | None:
    return str(value.value) if isinstance(value, Enum) else value
