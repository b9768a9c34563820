"""Who may see and change an envelope."""

from __future__ import annotations

import json

from .records import Envelope, Lock
from .routing import Call
from .wire import NotSimulated, Refusal


def seen(call: Call, envelope_id: str | None = None) -> Envelope:
    """The envelope of the path, where the caller may see it."""
    envelope = call.box.find(call.account, envelope_id or call.ids[0])
    mine = call.user is envelope.by
    named = any(each.user_id == call.user.id for each in envelope.recipients)
    if not (call.admin or mine or named):
        raise Refusal(
            "USER_NOT_ENVELOPE_SENDER_OR_RECIPIENT",
            "This User is not the Sender of nor a Recipient of the Envelope.",
        )
    return envelope


def owned(call: Call) -> Envelope:
    """The envelope of the path, to be changed: its sender or an administrator may."""
    envelope = seen(call)
    if not call.admin and call.user is not envelope.by:
        raise Refusal("USER_LACKS_PERMISSIONS", "This user lacks sufficient permissions.")
    may_write(call, envelope)
    return envelope


def held(call: Call, envelope: Envelope) -> Lock | None:
    """The lock that is on the envelope now."""
    lock = envelope.lock
    return lock if lock is not None and lock.until > call.box.clock.now() else None


def may_write(call: Call, envelope: Envelope) -> None:
    """Refuse a write to an envelope that somebody else has locked."""
    lock = held(call, envelope)
    if lock is None:
        return
    if _token(call) != lock.token:
        raise Refusal(
            "EDIT_LOCK_NOT_LOCK_OWNER",
            "The user is not the owner of the lock. The template or envelope is locked by another "
            "user or in another application.",
        )
    lock.edited = True


def _token(call: Call) -> str:
    header = call.request.headers.get("x-docusign-edit", "")
    if header.startswith("<"):
        raise NotSimulated("X-DocuSign-Edit in XML")
    try:
        found = json.loads(header or "{}")
    except ValueError:
        return ""
    return str(found.get("LockToken", "")) if isinstance(found, dict) else ""
