"""Newsletters, drafts, their statistics, and the senders."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from ...core.call import Call, Pages, WriteClass
from ...core.given import ids, named, one_of, path, sized
from ...core.wire import Reader
from ...errors import ConfigError
from ..models.accounts import Timezone
from ..models.campaigns import GroupBy
from ..models.newsletters import (
    FromField,
    NewNewsletter,
    Newsletter,
    NewsletterDetails,
    NewsletterStatistics,
    NewsletterType,
    Recipients,
    SendOn,
)
from ._parts import PAGE_SIZE, body_of, call, deletion, nothing, order, pages, span

MOST_CONTENT = 524_288
"""Characters of the largest HTML or plain content."""

MOST_ATTACHED = 400 * 1024
"""Bytes of all attachments of a message together."""

_newsletter = Reader(Newsletter, {Newsletter: {"flags_text": "flags"}})
_details = Reader(NewsletterDetails)
_statistics = Reader(NewsletterStatistics)
_from_field = Reader(FromField)

NewsletterSort = Literal["createdOn", "sendOn"]


def list_newsletters(
    *,
    name: str | None = None,
    subject: str | None = None,
    type: NewsletterType | str | None = None,
    status: Literal["enabled", "disabled"] | None = None,
    campaign_id: str | None = None,
    created_since: datetime | None = None,
    created_until: datetime | None = None,
    send_since: datetime | None = None,
    send_until: datetime | None = None,
    sort: NewsletterSort = "createdOn",
    page_size: int = PAGE_SIZE,
) -> Pages[Newsletter]:
    """Messages, ascending by `sort`; `name` and `subject` narrow to texts that contain them."""
    kinds = [each.value for each in NewsletterType]
    query = [
        ("query[name]", name),
        ("query[subject]", subject),
        ("query[type]", None if type is None else one_of("type", type, kinds)),
        ("query[status]", status and one_of("status", status, ("enabled", "disabled"))),
        ("query[campaignId]", campaign_id),
        *span("createdOn", created_since, created_until),
        *span("sendOn", send_since, send_until),
        order(sort, NewsletterSort),
    ]
    return pages("newsletters.list", "newsletters", _newsletter.many, query, page_size)


def get_newsletter(newsletter_id: str) -> Call[NewsletterDetails]:
    """One message, whole."""
    where = path("newsletters", newsletter_id)
    return call("newsletters.get", "GET", where, lambda r: _details.one(r.body))


def create_newsletter(
    newsletter: NewNewsletter, recipients: Recipients, *, send_on: SendOn | None
) -> Call[NewsletterDetails]:
    """Create a message and send it: at the time of `send_on`, or at once where that is None.

    Whether a schedule was taken must be read back; the client's `newsletters.create` does.
    At most 256 a day.

    Raises:
        ConfigError: no recipients, no content, or something too long.
    """
    _check_recipients(recipients)
    return _create(newsletter, recipients, "broadcast", send_on)


def create_draft(
    newsletter: NewNewsletter, *, recipients: Recipients | None = None
) -> Call[NewsletterDetails]:
    """Create a draft, which is sent to nobody. At most 256 messages a day.

    Raises:
        ConfigError: no content, or something too long.
    """
    return _create(newsletter, recipients or Recipients(), "draft", None)


def send_draft(
    newsletter_id: str, recipients: Recipients, *, send_on: SendOn | None
) -> Call[NewsletterDetails]:
    """Send a draft: at the time of `send_on`, or at once where that is None.

    The draft itself becomes the message. What is no draft is refused (1002), so of two that send
    the same draft one wins.

    Raises:
        ConfigError: no recipients.
    """
    _check_recipients(recipients)
    return call(
        "newsletters.send_draft",
        "POST",
        "newsletters/send-draft",
        lambda r: _details.one(r.body),
        body={
            "messageId": named("an id of newsletters", newsletter_id),
            "sendSettings": _send_settings(recipients, send_on),
        },
        write_class=WriteClass.UNSAFE,
    )


def cancel_newsletter(newsletter_id: str) -> Call[NewsletterDetails]:
    """Take a scheduled message back; it is a draft then."""
    where = path("newsletters", newsletter_id, "cancel")
    return call("newsletters.cancel", "POST", where, lambda r: _details.one(r.body))


def delete_newsletter(newsletter_id: str) -> Call[None]:
    """Delete a message; one that is gone already is fine."""
    return deletion("newsletters.delete", path("newsletters", newsletter_id))


def get_newsletter_statistics(
    newsletter_id: str,
    *,
    group_by: GroupBy | str = GroupBy.TOTAL,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Call[tuple[NewsletterStatistics, ...]]:
    """What came of one message, cut into spans."""
    return call(
        "newsletters.statistics",
        "GET",
        path("newsletters", newsletter_id, "statistics"),
        lambda r: _statistics.many(r.body),
        query=[_grouped(group_by), *span("createdOn", since, until)],
    )


def list_newsletter_statistics(
    *,
    newsletter_ids: Iterable[str] = (),
    campaign_ids: Iterable[str] = (),
    group_by: GroupBy | str = GroupBy.TOTAL,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Call[tuple[NewsletterStatistics, ...]]:
    """What came of several messages together, or of all messages of some lists.

    Raises:
        ConfigError: neither a message nor a list.
    """
    messages, lists = ids("newsletter_ids", newsletter_ids), ids("campaign_ids", campaign_ids)
    if not messages and not lists:
        raise ConfigError("statistics of newsletters need the id of a message or of a list")
    query = [
        ("query[newsletterId]", ",".join(messages) or None),
        ("query[campaignId]", ",".join(lists) or None),
        _grouped(group_by),
        *span("createdOn", since, until),
    ]
    return call(
        "newsletters.statistics",
        "GET",
        "newsletters/statistics",
        lambda r: _statistics.many(r.body),
        query=query,
    )


def schedule(when: datetime, zones: Iterable[Timezone]) -> SendOn:
    """A moment as GetResponse takes it, in one of its time zones.

    In the zone of `when` itself where GetResponse has it, else in any in which that hour comes
    once: when clocks are set back, an hour comes twice.

    Raises:
        ConfigError: `when` has no time zone, or no zone of GetResponse is known here.
    """
    from zoneinfo import ZoneInfo

    if when.tzinfo is None:
        raise ConfigError("a schedule needs a time zone, such as ZoneInfo('Europe/Warsaw')")
    moment = when.astimezone(UTC).replace(microsecond=0)
    ids_by_name = {zone.name: zone.timezone_id for zone in zones}
    wanted = [getattr(when.tzinfo, "key", ""), "UTC", "Etc/UTC"]
    for name in [*filter(ids_by_name.__contains__, wanted), *ids_by_name]:
        try:
            zone = ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            continue
        wall = moment.astimezone(zone).replace(tzinfo=None, fold=0)
        both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        if both == {moment}:
            return SendOn(date=wall, time_zone_id=ids_by_name[name])
    raise ConfigError(
        "no time zone of GetResponse is known to this Python; where the system has none: "
        "pip install tzdata"
    )


# --- senders ---------------------------------------------------------------------------------


def list_from_fields(
    *,
    email: str | None = None,
    name: str | None = None,
    is_active: bool | None = None,
    is_default: bool | None = None,
    page_size: int = PAGE_SIZE,
) -> Pages[FromField]:
    """The senders; `email` and `name` narrow to texts that contain them."""
    query = [
        ("query[email]", email),
        ("query[name]", name),
        ("query[isActive]", is_active),
        ("query[isDefault]", is_default),
    ]
    return pages("from_fields.list", "from-fields", _from_field.many, query, page_size)


def get_from_field(from_field_id: str) -> Call[FromField]:
    """One sender."""
    where = path("from-fields", from_field_id)
    return call("from_fields.get", "GET", where, lambda r: _from_field.one(r.body))


def create_from_field(email: str, name: str) -> Call[FromField]:
    """Create a sender; it is inactive until whoever reads its mail follows the link in it."""
    return call(
        "from_fields.create",
        "POST",
        "from-fields",
        lambda r: _from_field.one(r.body),
        body={"email": named("an e-mail address", email), "name": named("a name", name)},
        write_class=WriteClass.NATURAL_KEY,
    )


def set_default_from_field(from_field_id: str) -> Call[None]:
    """Make a sender the default; an inactive one cannot be (1002)."""
    where = path("from-fields", from_field_id, "default")
    return call("from_fields.default", "POST", where, nothing)


def delete_from_field(from_field_id: str, *, replacement_id: str | None = None) -> Call[None]:
    """Delete a sender; `replacement_id` takes its place where it is in use."""
    query = [("fromFieldIdToReplaceWith", replacement_id)]
    return deletion("from_fields.delete", path("from-fields", from_field_id), query=query)


# --- bodies ----------------------------------------------------------------------------------


def _create(
    new: NewNewsletter,
    recipients: Recipients,
    kind: Literal["broadcast", "draft"],
    send_on: SendOn | None,
) -> Call[NewsletterDetails]:
    content = {name: text for name, text in (("html", new.html), ("plain", new.plain)) if text}
    if not content:
        raise ConfigError("a message needs content, as html or plain")
    for name, text in content.items():
        sized(f"{name} content", text, 1, MOST_CONTENT)
    body: dict[str, object] = {
        # Always said: without it a draft would be sent to everybody.
        "type": kind,
        "subject": sized("a subject", new.subject, 2, 128),
        "fromField": {"fromFieldId": named("an id of from-fields", new.from_field_id)},
        "campaign": {"campaignId": named("an id of campaigns", new.campaign_id)},
        "content": content,
        "sendSettings": _send_settings(recipients, send_on),
    }
    if new.name is not None:
        body["name"] = sized("the name of a message", new.name, 2, 128)
    if new.reply_to_id is not None:
        body["replyTo"] = {"fromFieldId": named("an id of from-fields", new.reply_to_id)}
    if new.flags:
        flags = ("clicktrack", "google_analytics")
        body["flags"] = [one_of("a flag", flag, flags) for flag in new.flags]
    if not new.track_opens:
        body["trackOpens"] = "false"
    if new.attachments:
        _check_attachments(new)
        body["attachments"] = [body_of(each) for each in new.attachments]
    return call(
        "newsletters.create",
        "POST",
        "newsletters",
        lambda r: _details.one(r.body),
        body=body,
        write_class=WriteClass.MARKED,
    )


def _check_attachments(new: NewNewsletter) -> None:
    try:
        size = sum(len(base64.b64decode(each.content, validate=True)) for each in new.attachments)
    except ValueError:
        raise ConfigError("the content of an attachment is not base64; see Attachment.of") from None
    if size > MOST_ATTACHED:
        raise ConfigError(f"attachments may have {MOST_ATTACHED} bytes in all, got {size}")


def _check_recipients(recipients: Recipients) -> None:
    if not (recipients.campaign_ids or recipients.segment_ids or recipients.contact_ids):
        raise ConfigError("a message that is sent needs recipients: lists, segments or contacts")


def _send_settings(recipients: Recipients, send_on: SendOn | None) -> dict[str, object]:
    selected = {
        "selectedCampaigns": recipients.campaign_ids,
        "selectedSegments": recipients.segment_ids,
        "selectedContacts": recipients.contact_ids,
        "excludedCampaigns": recipients.excluded_campaign_ids,
        "excludedSegments": recipients.excluded_segment_ids,
        "selectedSuppressions": recipients.suppression_ids,
    }
    settings: dict[str, object] = {
        name: ids(name, values) for name, values in selected.items() if values
    }
    if recipients.time_travel:
        settings["timeTravel"] = "true"
    if recipients.perfect_timing:
        settings["perfectTiming"] = "true"
    if recipients.external_content is not None:
        settings["externalLexpad"] = body_of(recipients.external_content)
    if send_on is not None:
        if send_on.date.tzinfo is not None:
            raise ConfigError("the date of a SendOn has no time zone; `schedule` makes one")
        settings["sendOn"] = {
            "date": send_on.date.strftime("%Y-%m-%dT%H:%M:%S"),
            "timeZone": {"timeZoneId": send_on.time_zone_id},
        }
    return settings


def _grouped(group_by: GroupBy | str) -> tuple[str, object]:
    return ("query[groupBy]", one_of("group_by", group_by, [each.value for each in GroupBy]))
