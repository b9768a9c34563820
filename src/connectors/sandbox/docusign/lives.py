"""What becomes of an envelope: its recipients act in their order, its sender steps in, time runs out.

Each act is refused (`ValueError`) in a state in which the real service has no such thing.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ..kernel import Clock
from .publishing import Publishing
from .records import SIGNING, Account, Envelope, Recipient, User
from .wire import NO_GUID, stamp

EXPIRED = "Envelope has expired."
LIVE = ("sent", "delivered")


class Lives(Publishing):
    """The states of envelopes and recipients."""

    def __init__(self, clock: Clock, seed: int) -> None:
        super().__init__(clock, seed)
        self._entries = itertools.count()
        self._expiries: list[tuple[datetime, int, Envelope]] = []

    def drain(self) -> None:
        """Let expire what should have expired by now."""
        now = self.clock.now()
        while self._expiries and self._expiries[0][0] <= now:
            at, _, envelope = heapq.heappop(self._expiries)
            # Sent again since, or over: then this entry is not the one that counts.
            if envelope.expires == at and envelope.status in (*LIVE, "correct"):
                self._void(envelope, EXPIRED, self.moment(at))

    # -- bookkeeping ---------------------------------------------------------------------------

    def happen(
        self,
        envelope: Envelope,
        event: str,
        recipient: Recipient | None = None,
        *,
        at: datetime | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> datetime:
        """Something happens: it is written down and told."""
        when = at or self.moment()
        envelope.modified = when
        who = envelope.by if recipient is None else recipient
        self._note(envelope, event, when, who)
        self.tell(envelope, event, when, recipient, extra)
        return when

    def _note(self, envelope: Envelope, event: str, at: datetime, who: User | Recipient) -> None:
        action = event.partition("-")[2].replace("-", " ").title()
        envelope.audit.append(
            {
                "logTime": stamp(at),
                "Source": "api",
                "UserName": who.name,
                "UserId": who.id if isinstance(who, User) else who.user_id,
                "Action": action,
                "Message": f"{event} by {who.name}",
                "EnvelopeStatus": envelope.status,
                "ClientIPAddress": "198.51.100.4",
                "Information": "",
            }
        )

    def _set(self, envelope: Envelope, status: str, at: datetime) -> None:
        if envelope.status != status:
            envelope.status = status
            envelope.changed = at

    # -- the way out ---------------------------------------------------------------------------

    def file(self, account: Account, envelope: Envelope, *, draft: bool) -> None:
        """File a new envelope; one that goes out at once never was a draft."""
        envelope.account = account.id
        account.envelopes[envelope.id] = envelope
        envelope.changed = envelope.modified = envelope.created
        if draft:
            self.happen(envelope, "envelope-created", at=envelope.created)

    def go(self, envelope: Envelope) -> None:
        """Send a draft: those whose turn it is are notified."""
        _check(envelope, "send", "created")
        at = self.moment()
        envelope.initial_sent = envelope.sent = at
        envelope.folder = "sentitems"
        for who in envelope.recipients:
            self._register(who)
        self._set(envelope, "sent", at)
        self._schedule(envelope, at)
        self.happen(envelope, "envelope-sent", at=at)
        self._advance(envelope)

    def _register(self, who: Recipient) -> None:
        if who.guid == NO_GUID:
            who.guid = self.guid()
        if who.email:
            who.user_id = self.user_of(who.email)

    def _schedule(self, envelope: Envelope, at: datetime) -> None:
        of = envelope.notification
        if of.expire and of.expire_after > 0:
            envelope.expires = at.replace(microsecond=0) + timedelta(days=of.expire_after)
            entry = (envelope.expires, next(self._entries), envelope)
            heapq.heappush(self._expiries, entry)
        else:
            envelope.expires = None

    def reschedule(self, envelope: Envelope) -> None:
        """Reckon the end anew after a change of the notification."""
        if envelope.initial_sent is not None:
            self._schedule(envelope, envelope.initial_sent)

    def _advance(self, envelope: Envelope) -> None:
        """Notify whose turn it is, and finish the envelope when nobody is left."""
        while envelope.status in LIVE:
            waiting = [each for each in envelope.recipients if not each.done]
            if not waiting:
                self._finish(envelope)
                return
            order = min(each.order for each in waiting)
            fresh = [
                each
                for each in waiting
                if each.order == order and each.status == "created" and each.sent is None
            ]
            for who in fresh:
                self._notify(envelope, who)
            if not any(each.kind in ("carbonCopies", "seals") for each in fresh):
                return

    def _notify(self, envelope: Envelope, who: Recipient) -> None:
        self._register(who)
        at = self.moment()
        who.sent = at
        if who.client_user_id and not self.embedded_are_notified:
            return
        who.status = "sent"
        if not who.client_user_id:
            self.happen(envelope, "recipient-sent", who, at=at)
        if who.kind in ("carbonCopies", "seals"):
            who.status = "completed"
            who.signed = self.moment()
            self.happen(envelope, "recipient-completed", who, at=who.signed)

    def _finish(self, envelope: Envelope) -> None:
        at = self.moment()
        envelope.completed = at
        envelope.delivered = envelope.delivered or at
        self._set(envelope, "completed", at)
        self.happen(envelope, "envelope-completed", at=at)

    # -- recipients ----------------------------------------------------------------------------

    def open_by(self, envelope: Envelope, who: Recipient) -> None:
        """A recipient opens the envelope on the signing site; once more changes nothing."""
        _check(envelope, "view", *LIVE)
        if who.status == "delivered":
            return
        embedded = who.client_user_id and who.sent is not None and who.status == "created"
        if not (embedded or who.status in ("sent", "autoresponded")):
            raise ValueError(f"recipient {who.id} cannot open the envelope: {who.status}")
        at = who.delivered = self.moment()
        who.status = "delivered"
        self.happen(envelope, "recipient-delivered", who, at=at)
        if who.kind == "certifiedDeliveries":
            who.status = "completed"
            who.signed = self.moment()
            self.happen(envelope, "recipient-completed", who, at=who.signed)
        self._all_opened(envelope)
        if who.kind == "certifiedDeliveries":
            self._advance(envelope)

    def _all_opened(self, envelope: Envelope) -> None:
        if envelope.status == "sent" and _opened(envelope):
            at = envelope.delivered = self.moment()
            self._set(envelope, "delivered", at)
            self.happen(envelope, "envelope-delivered", at=at)

    def finish_by(self, envelope: Envelope, who: Recipient, values: Mapping[str, str]) -> None:
        """A recipient fills their fields, signs, and is done."""
        _check(envelope, "sign", *LIVE)
        if who.kind not in SIGNING:
            raise ValueError(f"a recipient of {who.kind} signs nothing")
        if who.status != "delivered":
            raise ValueError(f"recipient {who.id} cannot sign: {who.status}, not delivered")
        at = self.moment()
        self._fill(envelope, who, values, at)
        who.signed = at
        who.status = "completed"
        self.happen(envelope, "recipient-completed", who, at=at)
        self._advance(envelope)

    def _fill(
        self, envelope: Envelope, who: Recipient, values: Mapping[str, str], at: datetime
    ) -> None:
        left = dict(values)
        name, hours = self.owner(envelope).zone
        local = at.astimezone(UTC) + timedelta(hours=hours)
        zone = "".join(word[0] for word in name.split())
        for kind, group in who.tabs.items():
            for tab in group:
                label = tab.get("groupName" if kind == "radioGroupTabs" else "tabLabel", "")
                if kind == "dateSignedTabs":
                    clock = f"{local.hour % 12 or 12}:{local:%M %p} {zone}"
                    tab["value"] = f"{local.month}/{local.day}/{local.year} | {clock}"
                elif kind in ("fullNameTabs", "emailAddressTabs"):
                    tab["value"] = who.name if kind == "fullNameTabs" else who.email
                elif kind in ("signHereTabs", "initialHereTabs"):
                    tab["status"] = "signed"
                elif label in values:
                    left.pop(label, None)
                    put_value(kind, tab, values[label])
                    envelope.form_changed = True
        if left:
            raise ValueError(f"recipient {who.id} has no field {sorted(left)[0]!r}")

    def refuse_by(self, envelope: Envelope, who: Recipient, reason: str) -> None:
        """A recipient declines, which ends the envelope for everybody."""
        _check(envelope, "decline", *LIVE)
        if not who.notified or who.kind not in SIGNING:
            raise ValueError(f"recipient {who.id} cannot decline: {who.status}")
        at = who.declined = self.moment()
        who.status = "declined"
        who.declined_reason = reason
        self.happen(envelope, "recipient-declined", who, at=at)
        at = envelope.declined = self.moment()
        self._set(envelope, "declined", at)
        self.happen(envelope, "envelope-declined", at=at)

    def hand_over(
        self, envelope: Envelope, who: Recipient, name: str, email: str, *, delegate: bool
    ) -> Recipient:
        """A recipient lets somebody else act in their place; both stay in the envelope."""
        _check(envelope, "reassign", *LIVE)
        if not who.notified:
            raise ValueError(f"recipient {who.id} cannot reassign: {who.status}")
        number = max((int(r.id) for r in envelope.recipients if r.id.isdigit()), default=0) + 1
        heir = Recipient(who.kind, str(number), name, email, who.role, who.order)
        heir.tabs, who.tabs = who.tabs, {}
        heir.more = {
            "creationReason": "delegate" if delegate else "reassign",
            "delegatedBy": {"Email": who.email, "Name": who.name},
        }
        who.more["delegatedTo"] = [{"Email": email, "Name": name}]
        who.replaced = True
        self._register(heir)
        envelope.recipients.append(heir)
        event = "recipient-delegate" if delegate else "recipient-reassign"
        self.happen(envelope, event, who, extra={"reassignedRecipientId": heir.id})
        if envelope.status == "delivered":
            # Not everybody has opened it any more.
            self._set(envelope, "sent", self.moment())
        self._notify(envelope, heir)
        return heir

    def bounce_mail(self, envelope: Envelope, who: Recipient, reason: str) -> None:
        """The mail to a recipient comes back."""
        _check(envelope, "bounce", *LIVE)
        if who.status != "sent" or who.client_user_id:
            raise ValueError(f"no mail of recipient {who.id} can bounce: {who.status}")
        who.status = "autoresponded"
        who.autoresponded_reason = reason
        self.happen(envelope, "recipient-autoresponded", who)

    def lock_out(self, envelope: Envelope, who: Recipient, kind: str) -> None:
        """A recipient fails every attempt to prove who they are; no status changes."""
        _check(envelope, "fail the authentication", *LIVE)
        if not who.notified:
            raise ValueError(f"recipient {who.id} cannot authenticate: {who.status}")
        at = self.moment()
        who.more["recipientAuthenticationStatus"] = {
            kind: {"status": "Failed", "eventTimestamp": stamp(at), "failureDescription": "Failed"}
        }
        self.happen(envelope, "recipient-authenticationfailed", who, at=at)

    def put_off(self, envelope: Envelope, who: Recipient) -> None:
        """A recipient leaves the signing site to finish later."""
        _check(envelope, "finish later", *LIVE)
        if who.status != "delivered":
            raise ValueError(f"recipient {who.id} has not opened the envelope: {who.status}")
        self.happen(envelope, "recipient-finish-later", who)

    # -- the sender ----------------------------------------------------------------------------

    def send_again(self, envelope: Envelope) -> None:
        """Send the mails of those whose turn it is once more."""
        _check(envelope, "resend", *LIVE)
        at = envelope.sent = self.moment()
        self.happen(envelope, "envelope-resent", at=at)
        for who in envelope.recipients:
            if who.notified and not who.replaced and not who.client_user_id:
                self._remind(envelope, who)

    def mail_again(self, envelope: Envelope, who: Recipient) -> None:
        """Send one recipient their mail at their new address."""
        who.corrected = False
        if envelope.status == "delivered":
            # Who has a new address has not opened it.
            self._set(envelope, "sent", self.moment())
        self._remind(envelope, who)

    def rejoin(self, envelope: Envelope) -> None:
        """Go on after recipients came or went."""
        self._advance(envelope)
        if envelope.status == "delivered" and not _opened(envelope):
            self._set(envelope, "sent", self.moment())
        self._all_opened(envelope)

    def _remind(self, envelope: Envelope, who: Recipient) -> None:
        at = who.sent = self.moment()
        if who.status == "autoresponded":
            who.status = "sent"
            who.autoresponded_reason = ""
        self.happen(envelope, "recipient-resent", who, at=at)

    def cancel(self, envelope: Envelope, reason: str) -> None:
        """The sender voids the envelope."""
        _check(envelope, "void", *LIVE)
        self._void(envelope, reason[:200], self.moment())

    def _void(self, envelope: Envelope, reason: str, at: datetime) -> None:
        envelope.voided = at
        envelope.voided_reason = reason
        self._set(envelope, "voided", at)
        self.happen(envelope, "envelope-voided", at=at)

    def run_out(self, envelope: Envelope) -> None:
        """The envelope expires now."""
        _check(envelope, "expire", *LIVE, "correct")
        at = envelope.expires = self.moment()
        self._void(envelope, EXPIRED, at)

    def hold(self, envelope: Envelope) -> None:
        """The sender begins to correct the envelope: nobody can sign meanwhile."""
        _check(envelope, "correct", *LIVE)
        envelope.before = envelope.status
        self._set(envelope, "correct", self.moment())

    def release(self, envelope: Envelope) -> None:
        """The sender has done correcting."""
        _check(envelope, "release", "correct")
        at = self.moment()
        self._set(envelope, envelope.before if _opened(envelope) else "sent", at)
        self.happen(envelope, "envelope-corrected", at=at)
        for who in envelope.recipients:
            if who.corrected:
                who.corrected = False
                self._remind(envelope, who)
        self._advance(envelope)

    def change_address(self, envelope: Envelope, who: Recipient, name: str, email: str) -> None:
        """Give a recipient another name or address; who was notified starts anew."""
        if who.status in ("completed", "declined"):
            raise ValueError(f"recipient {who.id} cannot be corrected: {who.status}")
        who.name = name or who.name
        who.email = email or who.email
        who.user_id = self.user_of(who.email)
        if who.notified:
            who.status = "sent"
            who.delivered = None
            who.autoresponded_reason = ""
            who.corrected = not who.client_user_id

    def throw_away(self, envelope: Envelope) -> None:
        """The sender deletes the envelope: a draft is gone, one under way is voided first."""
        if envelope.folder == "recyclebin":
            raise ValueError("the envelope is in the recycle bin")
        if envelope.status in LIVE:
            self._void(envelope, "Envelope was deleted by its sender.", self.moment())
        elif envelope.status not in ("created", "completed", "declined", "voided"):
            raise ValueError(f"the envelope cannot be deleted: {envelope.status}")
        envelope.home = envelope.folder
        envelope.folder = "recyclebin"
        envelope.binned = self.moment()
        event = "envelope-discard" if envelope.status == "created" else "envelope-deleted"
        self.happen(envelope, event, at=envelope.binned)


def put_value(kind: str, tab: dict[str, Any], value: str) -> None:
    """Fill a field."""
    if kind == "checkboxTabs":
        tab["selected"] = value
    elif kind == "radioGroupTabs":
        for radio in tab["radios"]:
            radio["selected"] = "true" if radio["value"] == value else "false"
        tab["value"] = value
    else:
        tab["value"] = value
        for item in tab.get("listItems", ()):
            item["selected"] = "true" if item["value"] == value else "false"


def _check(envelope: Envelope, act: str, *statuses: str) -> None:
    if envelope.status not in statuses or envelope.folder == "recyclebin":
        where = " in the recycle bin" if envelope.folder == "recyclebin" else ""
        raise ValueError(f"an envelope that is {envelope.status}{where} cannot {act}")


def _opened(envelope: Envelope) -> bool:
    """Whether everybody who is to open the envelope has done so."""
    readers = (*SIGNING, "certifiedDeliveries")
    return all(
        who.delivered is not None
        for who in envelope.recipients
        if who.kind in readers and not who.replaced
    )
