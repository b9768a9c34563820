"""What the vendor sends by itself: webhooks as JSON, callbacks as query strings.

Nothing is sent here. Each call gives what a host's endpoint would get, for a test to hand over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args
from urllib.parse import urlencode

from . import imports, reports
from .definitions import campaign_ref
from .mail_doors import MailDoors
from .shelf import Contact
from .wire import Json, moment

Delivery = tuple[dict[str, str], bytes]
"""Headers and body of one webhook request."""

WebhookType = Literal[
    "contact_added",
    "contact_rejected",
    "contact_opened_message",
    "contact_clicked_message_link",
    "contact_clicked_sms_link",
    "contact_copied",
    "contact_moved",
    "contact_removed_link",
    "contact_removed_bounce",
    "contact_custom_field_changed",
    "contact_email_changed",
    "contacts_import_finished",
    "custom_reports_file_status_changed",
]
CallbackAction = Literal["subscribe", "unsubscribe", "open", "click", "survey"]
BATCH = 100


class Push(MailDoors):
    """Builds what would be pushed to a host."""

    def webhook(
        self,
        type: WebhookType | str,
        contact_id: str | None = None,
        *,
        email: str | None = None,
        newsletter_id: str | None = None,
        url: str | None = None,
        import_id: str | None = None,
        report_id: str | None = None,
        at: datetime | None = None,
        extra: Mapping[str, Json] | None = None,
        allow_unknown: bool = False,
    ) -> Delivery:
        """Headers and body of one event.

        Args:
            contact_id: active, waiting for its confirmation, or removed.
            email: of somebody who was accepted and then rejected, and so has no id.
            newsletter_id: the message that was opened or clicked, or by which the contact left.
            url: the link that was clicked.
            at: when it happened, now by default.
            extra: keys of the body to add or replace, for all that the vendor does not document.
            allow_unknown: take any `type`, as the vendor may add one.

        Raises:
            ValueError: a type that the vendor does not document.
        """
        if not allow_unknown and type not in get_args(WebhookType):
            raise ValueError(
                f"the vendor documents no webhook {type!r}, only {', '.join(get_args(WebhookType))}; "
                "allow_unknown=True makes it all the same"
            )
        self.drain()
        body: dict[str, Json] = {
            "type": type,
            "account": {"accountId": self.account_id},
            "event": {"occurredAt": (at or moment(self.now())).isoformat(timespec="seconds")},
        }
        if contact_id is not None:
            body["contact"] = self._pushed(self._anybody(contact_id))
        if email is not None:
            refused = next(each for each in self.rejections if each.email == email)
            body["contact"] = {"email": email, "campaign": campaign_ref(self, refused.campaign)}
        if newsletter_id is not None:
            newsletter = self._newsletter(newsletter_id)
            body["message"] = {
                "resourceType": "newsletters",
                "resourceId": newsletter.id,
                "name": newsletter.name,
                "subject": newsletter.subject,
                "href": f"{self.url}/newsletters/{newsletter.id}",
            }
            link = newsletter.links.get(url or "")
            if link is not None:
                body["clickTrack"] = {"id": link.id, "name": link.name, "url": link.url}
        if url is not None:
            body.setdefault("clickTrack", {"id": self.new_id(), "name": url, "url": url})
        if import_id is not None:
            body["import"] = imports.row(self, self.imports[import_id])
        if report_id is not None:
            body["customReport"] = reports.row(self, self.reports[report_id])
        body.update(extra or {})
        return self._deliver(type, body)

    def webhook_batch(self, deliveries: Sequence[Delivery]) -> Delivery:
        """Several events in one request: an array, with one id for all of it."""
        if not 1 <= len(deliveries) <= BATCH:
            raise ValueError(f"a batch holds 1 to {BATCH} events")
        events = [json.loads(body) for _, body in deliveries]
        return self._deliver(events[0]["type"], events)

    def webhook_again(self, delivery: Delivery) -> Delivery:
        """The next attempt at a delivery: the same event, another request."""
        headers, body = delivery
        return {**headers, "X-Request-ID": self.new_uuid()}, body

    def _deliver(self, type: str, body: Json) -> Delivery:
        headers = {
            "Content-Type": "application/json",
            "X-Webhook-Type": type,
            "X-Webhook-ID": self.new_uuid(),
            "X-Request-ID": self.new_uuid(),
        }
        return headers, json.dumps(body, separators=(",", ":")).encode()

    def callback(
        self,
        action: CallbackAction,
        contact_id: str,
        *,
        newsletter_id: str | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> str:
        """The query string of one callback; it carries no time."""
        contact = self._anybody(contact_id)
        pairs = {
            "action": action,
            "ACCOUNT_ID": self.account_id,
            "account_login": self.account_email,
            "CAMPAIGN_ID": contact.campaign,
            "campaign_name": campaign_ref(self, contact.campaign)["name"] or "",
            "CONTACT_ID": contact.id,
            "contact_name": contact.name or "",
            "contact_email": contact.email,
        }
        if newsletter_id is not None:
            newsletter = self._newsletter(newsletter_id)
            pairs["MESSAGE_ID"] = newsletter.id
            pairs["message_name"] = newsletter.name or ""
            pairs["message_subject"] = newsletter.subject
        return urlencode({**pairs, **(extra or {})})

    def _pushed(self, contact: Contact) -> dict[str, Any]:
        return {
            "contactId": contact.id,
            "email": contact.email,
            "name": contact.name,
            "campaign": campaign_ref(self, contact.campaign),
            "ip": contact.ip,
            "origin": contact.origin,
            "href": f"{self.url}/contacts/{contact.id}",
        }

    def _anybody(self, id: str) -> Contact:
        self.drain()
        found = self.active.get(id) or self.waiting.get(id)
        found = found or next((each for each in self._removed_ones() if each.id == id), None)
        if found is None:
            raise KeyError(f"no contact {id!r}")
        return found

    def _removed_ones(self) -> Iterator[Contact]:
        return (gone.contact for campaign in self.lists.values() for gone in campaign.gone)
