"""What ActiveCampaign tells of its own accord, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen


class WebhookKind(Enum):
    """What a webhook tells of. Nothing tells of custom objects, and imports tell nothing."""

    BOUNCE = "bounce"
    CLICK = "click"
    CONTACT_TAG_ADDED = "contact_tag_added"
    CONTACT_TAG_REMOVED = "contact_tag_removed"
    CONTACT_TASK_ADD = "contact_task_add"
    FORWARD = "forward"
    OPEN = "open"
    REPLY = "reply"
    SENT = "sent"
    SHARE = "share"
    SMS_REPLY = "sms_reply"
    SMS_SENT = "sms_sent"
    SMS_UNSUB = "sms_unsub"
    SUBSCRIBE = "subscribe"
    SUBSCRIBER_NOTE = "subscriber_note"
    UNSUBSCRIBE = "unsubscribe"
    UPDATE = "update"


class WebhookSource(Enum):
    """Whose doing a webhook tells of. With `API` it tells of your own writes too."""

    PUBLIC = "public"
    ADMIN = "admin"
    API = "api"
    SYSTEM = "system"


@frozen(kw_only=True)
class Webhook:
    """A URL that is told of what happens. It may hold a secret, so it is not shown."""

    id: str
    name: str | None = None
    url: str = field(repr=False)
    events: tuple[WebhookKind | str, ...] = ()
    sources: tuple[WebhookSource | str, ...] = ()


@frozen(kw_only=True)
class WebhookContact:
    """A contact as webhooks show it.

    Attributes:
        tags: names.
        fields: by perstag in lower case.
    """

    id: str
    email: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    tags: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class WebhookEvent:
    """One thing that happened.

    Attributes:
        key: the same each time ActiveCampaign repeats the event: keep it, and drop what has it
            again.
        kind: a text where ActiveCampaign has one that is not known here.
        occurred_at: aware where the service said the zone.
        tag: of contact_tag_added and …_removed, where the delivery names it.
        raw: all that was sent, with what is not documented.
    """

    key: str
    kind: WebhookKind | str
    occurred_at: datetime | None = None
    source: WebhookSource | str | None = None
    contact: WebhookContact | None = None
    tag: str | None = None
    raw: Mapping[str, str] = field(factory=dict, repr=False)
