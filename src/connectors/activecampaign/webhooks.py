"""Reads what ActiveCampaign sends of its own accord.

Pure: nothing here listens on a port. ActiveCampaign signs nothing and repeats nothing: give it a
URL that nobody can guess, and never answer 410, which ends the webhook for good.

```python
from connectors.activecampaign.webhooks import parse_webhook

body = b"type=contact_tag_added&date_time=2026-03-02T08%3A00%3A00-06%3A00&contact%5Bid%5D=7&tag=vip"

event = parse_webhook(body)
print(event.kind, event.contact.id if event.contact else None, event.tag)
```
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from urllib.parse import parse_qsl

from ..errors import DecodeError
from .models.webhooks import WebhookContact, WebhookEvent, WebhookKind, WebhookSource

_KINDS = {each.value: each for each in WebhookKind}
_SOURCES = {each.value: each for each in WebhookSource}
_FIELD = re.compile(r"contact\[fields\]\[([^\]]*)\]")
_MOST_PARAMETERS = 2000


def parse_webhook(body: bytes) -> WebhookEvent:
    """The event of one delivery, a form with PHP's names such as `contact[email]`.

    Raises:
        DecodeError: no form with a type, so no webhook. Answer 400.
    """
    try:
        given = dict(
            parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
        )
    except ValueError:
        raise DecodeError("a webhook that is no form", service="activecampaign") from None
    kind = given.get("type", "")
    if not kind:
        raise DecodeError("a webhook without a type", service="activecampaign")
    when = given.get("date_time", "")
    contact = _contact(given)
    about = contact.id if contact else ""
    tag = given.get("tag", "")
    source = given.get("initiated_from") or None
    return WebhookEvent(
        key=hashlib.sha256(repr((kind, about, when, tag)).encode()).hexdigest(),
        kind=_KINDS.get(kind, kind),
        occurred_at=_moment(when),
        source=_SOURCES.get(source, source) if source else None,
        contact=contact,
        tag=tag or None,
        raw=given,
    )


def _contact(given: dict[str, str]) -> WebhookContact | None:
    if not given.get("contact[id]"):
        return None
    texts = {
        name: given.get(f"contact[{name}]") or None
        for name in ("email", "first_name", "last_name", "phone")
    }
    tags = (tag.strip() for tag in given.get("contact[tags]", "").split(","))
    found = ((_FIELD.fullmatch(name), value) for name, value in given.items())
    return WebhookContact(
        id=given["contact[id]"],
        tags=tuple(filter(None, tags)),
        fields={match[1]: value for match, value in found if match},
        **texts,
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
