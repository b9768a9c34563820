"""Reads what GetResponse sends of its own accord: webhooks, and the older callbacks.

Pure: nothing here listens on a port. GetResponse signs nothing, so put a secret into the query of
the URL that it is given, and let `has_secret` look at it before anything is read.

```python
from connectors.getresponse.webhooks import has_secret, parse_webhook

query = "secret=kept-apart"
headers = {"X-Webhook-ID": "9f0c", "X-Webhook-Type": "contact_added"}
body = b'{"type": "contact_added", "contact": {"contactId": "pV3r"}}'

if has_secret(query, "kept-apart"):
    for event in parse_webhook(body, headers):
        print(event.type, event.key)
```
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from ..core.wire import Reader, dumps, parse
from ..errors import ConfigError, DecodeError
from .models.campaigns import CampaignId
from .models.contacts import ClickedLink, ContactId
from .models.webhooks import (
    CallbackAction,
    CallbackEvent,
    WebhookContact,
    WebhookEvent,
    WebhookMessage,
    WebhookType,
)

ACCEPTED = b'{"status":"OK"}'
"""The body of the answer that GetResponse expects to a webhook, with status 200, in 5 seconds."""

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


@frozen(kw_only=True)
class _Account:
    account_id: str | None = None


@frozen(kw_only=True)
class _Event:
    occurred_at: datetime | None = None


_account = Reader(_Account)
_event = Reader(_Event)
_contact = Reader(WebhookContact)
_message = Reader(WebhookMessage)
_link = Reader(ClickedLink)
_link_by_id = Reader(ClickedLink, {ClickedLink: {"click_track_id": "id"}})


def has_secret(query: str, secret: str, *, parameter: str = "secret") -> bool:
    """Whether a query (or a whole URL) carries the secret, once; compared in constant time.

    Raises:
        ConfigError: the secret is empty: it would let everybody in.
    """
    if not secret:
        raise ConfigError("the secret of a webhook is empty")
    if "://" in query:
        query = urlsplit(query).query
    given = [v for k, v in _pairs(query) if k == parameter]
    return len(given) == 1 and hmac.compare_digest(_exact(given[0]), _exact(secret))


def parse_webhook(body: bytes, headers: Mapping[str, str]) -> tuple[WebhookEvent, ...]:
    """The events of one delivery: one, or up to 100 of a batch.

    Args:
        body: as it came.
        headers: of the request; the case of their names does not matter.

    Raises:
        DecodeError: not a webhook. Answer 400, and GetResponse does not repeat it.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    delivery = lower.get("x-webhook-id", "").strip()
    content = parse(body)
    if isinstance(content, list):
        return tuple(
            _webhook(each, f"$[{number}]", delivery and f"{delivery}:{number}", lower)
            for number, each in enumerate(content)
        )
    return (_webhook(content, "$", delivery, lower),)


def parse_callback(query: str) -> CallbackEvent:
    """What the query of a callback (or its whole URL) says; names are case-sensitive.

    Raises:
        DecodeError: no action, so no callback.
    """
    if "://" in query:
        query = urlsplit(query).query
    given = dict(_pairs(query))
    action = given.get("action", "")
    if not action:
        raise DecodeError("a callback without an action", service="getresponse")
    campaign_id, contact_id = given.get("CAMPAIGN_ID"), given.get("CONTACT_ID")
    return CallbackEvent(
        action=_member(CallbackAction, action),
        account_id=given.get("ACCOUNT_ID") or None,
        account_login=given.get("account_login") or None,
        campaign_id=CampaignId(campaign_id) if campaign_id else None,
        campaign_name=given.get("campaign_name") or None,
        message_id=given.get("MESSAGE_ID") or None,
        message_name=given.get("message_name") or None,
        message_subject=given.get("message_subject") or None,
        contact_id=ContactId(contact_id) if contact_id else None,
        contact_name=given.get("contact_name") or None,
        contact_email=given.get("contact_email") or None,
        raw=given,
    )


def _webhook(content: Any, path: str, key: str, headers: Mapping[str, str]) -> WebhookEvent:
    if not isinstance(content, dict):
        raise DecodeError(
            f"{path}: expected an object", service="getresponse", paths=[f"{path}: no object"]
        )
    kind = content.get("type") or headers.get("x-webhook-type")
    if not isinstance(kind, str):
        raise DecodeError(
            f"{path}: no type", service="getresponse", paths=[f"{path}.type: missing"]
        )
    account = _part(_account, content.get("account"))
    event = _part(_event, content.get("event"))
    link = content.get("clickTrack")
    reader = _link_by_id if isinstance(link, dict) and "id" in link else _link
    several = content.get("contacts")
    contacts = several if isinstance(several, list) else [content.get("contact")]
    found = [_part(_contact, each) for each in contacts]
    return WebhookEvent(
        key=key or hashlib.sha256(_bytes(content)).hexdigest(),
        type=_member(WebhookType, kind),
        occurred_at=event.occurred_at if event else None,
        account_id=account.account_id if account else None,
        contacts=tuple(each for each in found if each is not None),
        message=_part(_message, content.get("message")),
        click_track=_part(reader, link),
        raw=content,
    )


def _part(reader: Reader[T], content: object) -> T | None:
    """A part of an event. What is not as documented stays in `raw` alone: half an event is better
    than one that is refused and lost."""
    try:
        return reader.from_object(content) if isinstance(content, dict) else None
    except DecodeError:
        return None


def _bytes(content: Any) -> bytes:
    try:
        return dumps(content)
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can say and UTF-8 cannot
        return json.dumps(content).encode()


def _exact(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _member(kind: type[E], text: str) -> E | str:
    try:
        return kind(text)
    except ValueError:
        return text


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.lstrip("?"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        return []
