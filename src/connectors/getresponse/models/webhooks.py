"""What GetResponse tells of its own accord."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import field, frozen

from .campaigns import CampaignId, CampaignRef
from .contacts import ClickedLink, ContactId, Origin


class WebhookType(Enum):
    """What a webhook tells of. Nothing tells of deletions by hand or API, of tags or of scores."""

    CONTACT_ADDED = "contact_added"
    CONTACT_REJECTED = "contact_rejected"
    CONTACT_OPENED_MESSAGE = "contact_opened_message"
    CONTACT_CLICKED_MESSAGE_LINK = "contact_clicked_message_link"
    CONTACT_CLICKED_SMS_LINK = "contact_clicked_sms_link"
    CONTACT_COPIED = "contact_copied"
    CONTACT_MOVED = "contact_moved"
    CONTACT_REMOVED_LINK = "contact_removed_link"
    CONTACT_REMOVED_BOUNCE = "contact_removed_bounce"
    CONTACT_CUSTOM_FIELD_CHANGED = "contact_custom_field_changed"
    CONTACT_EMAIL_CHANGED = "contact_email_changed"
    CONTACTS_IMPORT_FINISHED = "contacts_import_finished"
    CUSTOM_REPORTS_FILE_STATUS_CHANGED = "custom_reports_file_status_changed"


@frozen(kw_only=True)
class WebhookContact:
    """A contact as webhooks show it."""

    contact_id: ContactId | None = None
    email: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    campaign: CampaignRef | None = None
    origin: Origin | str | None = None
    ip: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class WebhookMessage:
    """A message as webhooks show it."""

    resource_type: str | None = None
    resource_id: str | None = None
    name: str | None = None
    subject: str | None = None
    href: str | None = None


@frozen(kw_only=True)
class WebhookEvent:
    """One thing that happened.

    Attributes:
        key: the same each time GetResponse repeats the event: keep it, and drop what has it again.
        type: a text where GetResponse has a type that is not known here.
        contacts: whom it is about; often one, none for imports and reports.
        raw: all that was sent, with what is not documented.
    """

    key: str
    type: WebhookType | str
    occurred_at: datetime | None = None
    account_id: str | None = None
    contacts: tuple[WebhookContact, ...] = ()
    message: WebhookMessage | None = None
    click_track: ClickedLink | None = None
    raw: Mapping[str, object] = field(factory=dict, repr=False)


class CallbackAction(Enum):
    """What a callback tells of."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    OPEN = "open"
    CLICK = "click"
    SURVEY = "survey"
    GOAL = "goal"


@frozen(kw_only=True)
class CallbackEvent:
    """What a callback's query said. It names no moment: it is when the callback arrived.

    Attributes:
        action: a text where GetResponse has an action that is not known here.
        raw: all parameters, with what is not documented.
    """

    action: CallbackAction | str
    account_id: str | None = None
    account_login: str | None = field(default=None, repr=False)
    campaign_id: CampaignId | None = None
    campaign_name: str | None = None
    message_id: str | None = None
    message_name: str | None = None
    message_subject: str | None = None
    contact_id: ContactId | None = None
    contact_name: str | None = field(default=None, repr=False)
    contact_email: str | None = field(default=None, repr=False)
    raw: Mapping[str, str] = field(factory=dict, repr=False)
