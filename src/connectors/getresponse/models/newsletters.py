"""Newsletters, drafts, and who sends them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Literal, NewType

from attrs import field, frozen

from .campaigns import CampaignRef, FromFieldRef

NewsletterId = NewType("NewsletterId", str)
FromFieldId = NewType("FromFieldId", str)

NewsletterFlag = Literal["clicktrack", "google_analytics"]


class NewsletterType(Enum):
    """What a message is."""

    BROADCAST = "broadcast"
    DRAFT = "draft"
    SPLITTEST = "splittest"
    AUTOMATION = "automation"


class SendStatus(Enum):
    """How far the sending is; a draft has none."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    FINISHED = "finished"


@frozen(kw_only=True)
class SendMetrics:
    """Whether a message went out, and what came of it. "Human" leaves out machines."""

    status: SendStatus | str | None = None
    sent: int | None = None
    total: int | None = None
    delivered: int | None = None
    open_rate: float | None = None
    click_rate: float | None = None
    human_open_rate: float | None = None
    human_click_rate: float | None = None


@frozen(kw_only=True)
class SendSettings:
    """Who a message goes to, by ids; several selections are narrowed down by each other."""

    selected_campaigns: tuple[str, ...] = ()
    selected_segments: tuple[str, ...] = ()
    selected_contacts: tuple[str, ...] = ()
    excluded_campaigns: tuple[str, ...] = ()
    excluded_segments: tuple[str, ...] = ()
    selected_suppressions: tuple[str, ...] = ()
    time_travel: bool = False
    perfect_timing: bool = False


@frozen(kw_only=True)
class Content:
    """The words of a message."""

    html: str | None = field(default=None, repr=False)
    plain: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Attachment:
    """A file of a message; `content` is base64."""

    file_name: str
    content: str = field(repr=False)
    mime_type: str

    @classmethod
    def of(cls, file_name: str, data: bytes, *, mime_type: str) -> Attachment:
        """A file from its bytes."""
        text = base64.b64encode(data).decode()
        return cls(file_name=file_name, content=text, mime_type=mime_type)


@frozen(kw_only=True)
class ClickTrack:
    """A tracked link of a message, and how often it was clicked."""

    click_track_id: str
    url: str | None = None
    name: str | None = None
    amount: int | None = None


@frozen(kw_only=True)
class Newsletter:
    """A message as list rows carry it: no content, see `NewsletterDetails`.

    Whether it went out is told by `send_metrics.status`; `status` is only "enabled" or "disabled".
    """

    newsletter_id: NewsletterId
    name: str | None = None
    type: NewsletterType | str | None = None
    status: str | None = None
    editor: str | None = None
    subject: str | None = None
    campaign: CampaignRef | None = None
    send_on: datetime | None = None
    created_on: datetime | None = None
    send_metrics: SendMetrics | None = None
    flags_text: str | None = field(default=None, repr=False)

    @property
    def flags(self) -> tuple[str, ...]:
        """What is tracked; rows have it as one text."""
        return tuple(flag for flag in (self.flags_text or "").split(",") if flag)


@frozen(kw_only=True)
class NewsletterDetails:
    """One message, whole; `send_on` is when it goes out, in UTC or with its offset."""

    newsletter_id: NewsletterId
    name: str | None = None
    type: NewsletterType | str | None = None
    status: str | None = None
    editor: str | None = None
    subject: str | None = None
    campaign: CampaignRef | None = None
    from_field: FromFieldRef | None = None
    reply_to: FromFieldRef | None = None
    send_on: datetime | None = None
    created_on: datetime | None = None
    send_settings: SendSettings | None = None
    send_metrics: SendMetrics | None = None
    content: Content | None = None
    attachments: tuple[Attachment, ...] = field(default=(), repr=False)
    click_tracks: tuple[ClickTrack, ...] = field(default=(), repr=False)
    flags: tuple[str, ...] = ()

    @property
    def send_status(self) -> SendStatus | str | None:
        """How far the sending is; None for a draft."""
        return self.send_metrics.status if self.send_metrics else None


@frozen(kw_only=True)
class NewNewsletter:
    """A message to create.

    Attributes:
        subject: 2 to 128 characters.
        from_field_id: the sender; it must be active.
        campaign_id: the list it belongs to, which unsubscribe links and the like refer to.
        html, plain: the content, up to 524 288 characters each; one of them at least.
        name: 2 to 128 characters that only the account sees. One of your own making is the only
            way to find the message again when the answer to its creation was lost.
        reply_to_id: the sender that answers go to.
        attachments: 400 KB in all.
        flags: what is tracked beside opens.
        track_opens: True where GetResponse shall decide.
    """

    subject: str
    from_field_id: str
    campaign_id: str
    html: str | None = field(default=None, repr=False)
    plain: str | None = field(default=None, repr=False)
    name: str | None = None
    reply_to_id: str | None = None
    attachments: Sequence[Attachment] = field(default=(), repr=False)
    flags: Sequence[NewsletterFlag] = ()
    track_opens: bool = True


@frozen(kw_only=True)
class ExternalContent:
    """Where GetResponse fetches content of its own for each contact."""

    data_source_url: str
    data_source_token: str = field(repr=False)


@frozen(kw_only=True)
class Recipients:
    """Who a message goes to. Several selections mean who is in each of them.

    Attributes:
        campaign_ids, segment_ids, contact_ids: who is selected; segments are saved searches.
        excluded_campaign_ids, excluded_segment_ids, suppression_ids: who is left out.
        time_travel: at the hour of the schedule in each contact's own time zone.
        perfect_timing: when each contact is most likely to read.
        external_content: GetResponse's "external lexpad".
    """

    campaign_ids: Sequence[str] = ()
    segment_ids: Sequence[str] = ()
    contact_ids: Sequence[str] = ()
    excluded_campaign_ids: Sequence[str] = ()
    excluded_segment_ids: Sequence[str] = ()
    suppression_ids: Sequence[str] = ()
    time_travel: bool = False
    perfect_timing: bool = False
    external_content: ExternalContent | None = None


@frozen(kw_only=True)
class SendOn:
    """A schedule as GetResponse takes it: what the clock on the wall shows in one of its zones.

    `calls.schedule(when, zones)` makes one from any moment. `date` has no time zone of its own.
    """

    date: datetime
    time_zone_id: int


@frozen(kw_only=True)
class NewsletterStatistics:
    """What came of messages within one span. "Human" leaves out opens and clicks by machines.

    `time_interval` is the span as ISO 8601 start and duration, UTC.
    """

    time_interval: str
    sent: int = 0
    total_opened: int = 0
    total_human_opened: int = 0
    unique_opened: int = 0
    unique_human_opened: int = 0
    total_clicked: int = 0
    total_human_clicked: int = 0
    unique_clicked: int = 0
    unique_human_clicked: int = 0
    goals: int = 0
    unique_goals: int = 0
    forwarded: int = 0
    unsubscribed: int = 0
    bounced: int = 0
    complaints: int = 0


@frozen(kw_only=True)
class FromField:
    """A sender's address. A new one is inactive until its owner follows a link."""

    from_field_id: FromFieldId
    email: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    rewritten_email: str | None = field(default=None, repr=False)
    is_active: bool = False
    is_default: bool = False
    created_on: datetime | None = None
    domain: str | None = None
