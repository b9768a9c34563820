"""What the service sends by itself: webhooks as forms. Nothing is sent here; a test hands it over."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from .doors import SideDoors
from .hooks import EVENTS
from .wire import with_offset

Delivery = tuple[dict[str, str], bytes]
"""Headers and body of one webhook request."""


class Push(SideDoors):
    """Builds what would be posted to a host."""

    def webhook(
        self,
        webhook_id: str,
        type: str,
        contact_id: str,
        *,
        tag: str | None = None,
        initiated_from: Literal["public", "admin", "api", "system"] = "public",
        at: datetime | None = None,
    ) -> Delivery:
        """Headers and body of one delivery; the vendor signs none.

        Args:
            tag: the name that `contact_tag_added` is expected to tell; None leaves the key out.
            initiated_from: who did it.
            at: when it happened, now by default.

        Raises:
            ValueError: the hook does not send this, or it was ended by a 410.
        """
        self.drain()
        hook = self.hooks[webhook_id]
        if type not in EVENTS or type not in hook.events:
            raise ValueError(f"the webhook {webhook_id} does not send {type!r}")
        if initiated_from not in hook.sources:
            raise ValueError(
                f"the webhook {webhook_id} does not send what comes from {initiated_from}"
            )
        if not hook.active:
            raise ValueError(f"the webhook {webhook_id} was ended by a 410")
        contact = self.people[contact_id]
        pairs = {
            "type": type,
            "date_time": with_offset(at or self.now()) or "",
            "initiated_from": initiated_from,
            "initiated_by": initiated_from,
            "list": hook.listid,
            "contact[id]": contact.id,
            "contact[email]": contact.email,
            "contact[first_name]": contact.first_name,
            "contact[last_name]": contact.last_name,
            "contact[phone]": contact.phone,
            "contact[tags]": ", ".join(self.tags_of(contact_id)),
            "contact[orgname]": "",
            "contact[ip]": "0.0.0.0",
            "contact[customer_acct_name]": "",
        }
        for value in contact.values.values():
            perstag = self.fields[value.field].perstag.lower()
            pairs[f"contact[fields][{perstag}]"] = value.value or ""
        if tag is not None:
            pairs["tag"] = tag
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return headers, urlencode(pairs).encode()

    def webhook_answered(self, webhook_id: str, status: int) -> None:
        """Tell what the host answered: a 410 ends the hook, all else is forgotten."""
        if status == 410:
            self.hooks[webhook_id].active = False

    def webhook_is_active(self, webhook_id: str) -> bool:
        return self.hooks[webhook_id].active
