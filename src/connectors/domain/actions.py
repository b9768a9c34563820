"""Whom a message concerns: which of an envelope's recipients went through which action."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from attrs import frozen

from .envelopes import CARBON_COPY, SIGNER, Action, Recipient, Snapshot

EVENTS: Mapping[str, tuple[Action, ...]] = {
    "envelope-sent": (Action.SENT, Action.COPIED),
    "recipient-sent": (Action.SENT, Action.COPIED),
    "envelope-delivered": (Action.DELIVERED,),
    "recipient-delivered": (Action.DELIVERED,),
    "envelope-completed": (Action.COMPLETED, Action.COPIED),
    "recipient-completed": (Action.COMPLETED, Action.COPIED),
    "envelope-declined": (Action.DECLINED,),
    "recipient-declined": (Action.DECLINED,),
    "envelope-voided": (Action.VOIDED, Action.EXPIRED),
    "envelope-resent": (Action.RESENT,),
    "recipient-resent": (Action.RESENT,),
    "envelope-corrected": (Action.CORRECTED,),
    "recipient-reassign": (Action.REASSIGNED,),
    "recipient-delegate": (Action.REASSIGNED,),
}
"""Connect event → the actions it may mean; every other event means none."""

_OWN_STATUS: Mapping[Action, tuple[str, ...]] = {
    Action.SENT: ("sent",),
    Action.DELIVERED: ("delivered",),
    Action.COMPLETED: ("completed",),
    Action.DECLINED: ("declined",),
}
_NOTIFIED = ("sent", "delivered", "autoresponded", "signed", "faxpending", "completed", "declined")
_UNDER_WAY = ("sent", "delivered", "autoresponded")

EXPIRED_REASON = "envelope has expired"
"""How the reason of a voided envelope begins when nobody voided it."""


@frozen
class Concern:
    """A recipient who went through an action."""

    recipient: Recipient
    action: Action


def concerns(
    snapshot: Snapshot, chosen: Collection[Action], kinds: Collection[str] = (SIGNER,)
) -> tuple[Concern, ...]:
    """Whom a snapshot concerns, by their own status, among the chosen actions.

    A message that names its event concerns those whose own status *is* that action: somebody else's
    refusal is nobody's. Where no event is named (a poll, a legacy message), or the data is newer than
    the event, what a recipient's own times prove counts, since several events may stand behind it.
    """
    one_event = snapshot.event is not None and not snapshot.read
    wanted = EVENTS.get(snapshot.event or "", ()) if one_event else tuple(Action)
    found = []
    for recipient in snapshot.recipients:
        for action in wanted:
            if action not in chosen or recipient.kind not in _kinds(action, kinds):
                continue
            if _concerned(snapshot, recipient, action):
                found.append(Concern(recipient, action))
    return tuple(found)


def moment(action: Action, snapshot: Snapshot, recipient: Recipient) -> datetime | None:
    """When the recipient went through the action, by DocuSign's own times."""
    return {
        Action.SENT: recipient.sent_at,
        Action.COPIED: recipient.sent_at,
        Action.DELIVERED: recipient.delivered_at,
        Action.COMPLETED: recipient.signed_at,
        Action.DECLINED: recipient.declined_at,
        Action.VOIDED: snapshot.voided_at,
        Action.EXPIRED: snapshot.voided_at,
    }.get(action)


def is_expired(reason: str | None) -> bool:
    """Whether the reason of a voided envelope says that it expired."""
    return (reason or "").strip().lower().startswith(EXPIRED_REASON)


def _kinds(action: Action, kinds: Collection[str]) -> Collection[str]:
    return (CARBON_COPY,) if action is Action.COPIED else kinds


def _concerned(snapshot: Snapshot, recipient: Recipient, action: Action) -> bool:
    status = recipient.status
    named = snapshot.recipient(snapshot.recipient_id)
    if action in (Action.VOIDED, Action.EXPIRED):
        expired = is_expired(snapshot.voided_reason)
        right = snapshot.status == "voided" and expired is (action is Action.EXPIRED)
        return right and status in _NOTIFIED
    if action is Action.COPIED:
        return status in ("sent", "completed")
    if action in _OWN_STATUS:
        if status in _OWN_STATUS[action]:
            return True
        if snapshot.event is None or snapshot.read:
            return moment(action, snapshot, recipient) is not None and status in _NOTIFIED
        # Who has just finished is `signed` for a moment, in the message that says so.
        return action is Action.COMPLETED and status == "signed" and named is recipient
    if snapshot.event is None or action not in EVENTS.get(snapshot.event, ()):
        return False
    if snapshot.event.startswith("recipient-"):
        return named is recipient
    return status in _UNDER_WAY
