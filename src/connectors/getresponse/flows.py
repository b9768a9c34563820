"""What takes several calls: to create and wait, to schedule and make sure, to read and write back.

Generators over `perform` and `Wait`, so they run in both worlds: `session.run(flow)`. Never imports
`runtime`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from ..core.call import Call, Pages
from ..core.flow import Flow, Port, Wait, perform
from ..errors import (
    AnswerLost,
    CallError,
    ConfigError,
    Conflict,
    NotFound,
    ServerError,
)
from . import calls
from .models import (
    ContactDetails,
    CustomReport,
    NewContact,
    NewNewsletter,
    NewReport,
    NewsletterDetails,
    NewsletterId,
    Recipients,
    ReportFile,
    ReportFileStatus,
    SendOn,
    SendStatus,
)

T = TypeVar("T")

PAUSES = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds between looks at what GetResponse works on; the vendor's own advice for new contacts."""


class NotScheduled(CallError):
    """A message was created, but not for the time that was asked for, or nobody can tell.

    Attributes:
        newsletter_id: the message. Look at it before anything is sent again.
        cancelled: whether it was taken back; it is a draft then. What had gone out has gone.
    """

    def __init__(self, message: str, *, newsletter_id: NewsletterId, cancelled: bool) -> None:
        hint = f"look at newsletter {newsletter_id} before you send anything again"
        if cancelled:
            hint = f"newsletter {newsletter_id} was taken back and is a draft now"
        super().__init__(
            message, service="getresponse", operation="newsletters.schedule", hint=hint
        )
        self.newsletter_id = newsletter_id
        self.cancelled = cancelled


class ReportNotReady(CallError):
    """A report has no files, or not all of them could be made.

    Attributes:
        report: as it was when it was read last; `report.custom_report_id` finds it again.
    """

    def __init__(self, report: CustomReport, why: str) -> None:
        super().__init__(
            f"report {report.custom_report_id} {why}",
            service="getresponse",
            operation="custom_reports.download",
            hint="custom_reports.wait waits on",
        )
        self.report = report


def send(call: Call[T], port: Port) -> Flow[T]:
    """One call of a flow."""
    return (yield from perform(call, port)).value


def find(pages: Pages[T], fits: Callable[[T], bool], port: Port) -> Flow[T | None]:
    """The first item of a list that fits, or None."""
    cursor: str | None = None
    while True:
        page = yield from send(pages.at(cursor), port)
        for item in page.items:
            if fits(item):
                return item
        cursor = page.cursor
        if cursor is None:
            return None


# --- contacts --------------------------------------------------------------------------------


def create_contact(
    campaign_id: str, contact: NewContact, port: Port, *, pauses: Sequence[float] = PAUSES
) -> Flow[ContactDetails | None]:
    """Queue a contact and look until it is there; None where it did not appear."""
    call = calls.create_contact(campaign_id, contact)
    try:
        yield from send(call, port)
    except (AnswerLost, ServerError):
        yield Wait(pauses[0] if pauses else 0.0)
        # It may be queued already: then the second one is refused as a duplicate.
        with suppress(Conflict):
            yield from send(call, port)
    pages = calls.find_contacts(campaign_id, contact.email)
    fits = calls.is_contact(campaign_id, contact.email)
    for pause in pauses:
        yield Wait(pause)
        found = yield from find(pages, fits, port)
        if found is not None:
            try:
                return (yield from send(calls.get_contact(found.contact_id), port))
            except NotFound:
                continue
    return None


def remove_tag(contact_id: str, tag_id: str, port: Port) -> Flow[ContactDetails]:
    """Take one tag off a contact: read all, write the others."""
    contact = yield from send(calls.get_contact(contact_id), port)
    left = [tag.tag_id for tag in contact.tags if tag.tag_id != tag_id]
    if len(left) == len(contact.tags):
        return contact
    return (yield from send(calls.update_contact(contact_id, tag_ids=left), port))


def remove_custom_field(
    contact_id: str, custom_field_id: str, port: Port, *, value: str | None = None
) -> Flow[ContactDetails]:
    """Take one value out of a contact's custom field, or all: read all, write the others."""
    contact = yield from send(calls.get_contact(contact_id), port)
    texts = {
        each.custom_field_id: tuple(filter(None, each.values))  # an empty one is not taken back
        for each in contact.custom_field_values
    }
    had = {field_id: values for field_id, values in texts.items() if values}
    left = dict(had)
    kept = tuple(v for v in left.pop(custom_field_id, ()) if value is not None and v != value)
    if kept:
        left[custom_field_id] = kept
    if left == had:
        return contact
    return (yield from send(calls.update_contact(contact_id, custom_field_values=left), port))


# --- newsletters -----------------------------------------------------------------------------


def create_newsletter(
    newsletter: NewNewsletter, recipients: Recipients, send_on: datetime, port: Port
) -> Flow[NewsletterDetails]:
    """Create a message for a time, and make sure that GetResponse took it."""
    calls.create_newsletter(newsletter, recipients, send_on=None)  # refuses what cannot be sent
    when = yield from _schedule(send_on, port)
    made = yield from send(calls.create_newsletter(newsletter, recipients, send_on=when), port)
    return (yield from _settled(made.newsletter_id, send_on, port))


def send_draft(
    newsletter_id: str, recipients: Recipients, send_on: datetime, port: Port
) -> Flow[NewsletterDetails]:
    """Send a draft at a time, and make sure that GetResponse took it."""
    calls.send_draft(newsletter_id, recipients, send_on=None)  # refuses what cannot be sent
    when = yield from _schedule(send_on, port)
    made = yield from send(calls.send_draft(newsletter_id, recipients, send_on=when), port)
    return (yield from _settled(made.newsletter_id, send_on, port))


def _schedule(send_on: datetime, port: Port) -> Flow[SendOn]:
    if send_on.tzinfo is None:
        raise ConfigError("send_on needs a time zone, such as ZoneInfo('Europe/Warsaw')")
    reply = yield from perform(calls.list_timezones(), port)
    if reply.date is not None and send_on <= reply.date:
        raise ConfigError('send_on has passed, so it would go out at once; say "now" if it shall')
    return calls.schedule(send_on, reply.value)


def _settled(newsletter_id: NewsletterId, send_on: datetime, port: Port) -> Flow[NewsletterDetails]:
    """Read a message back. One that was not scheduled as asked is taken back, if it still can be."""
    try:
        there = yield from send(calls.get_newsletter(newsletter_id), port)
    except CallError as error:
        raise NotScheduled(
            "created, but whether its schedule was taken could not be read back",
            newsletter_id=newsletter_id,
            cancelled=False,
        ) from error
    asked = send_on.astimezone(UTC).replace(microsecond=0)
    if there.send_status is SendStatus.SCHEDULED and there.send_on == asked:
        return there
    status = getattr(there.send_status, "value", there.send_status) or "not scheduled"
    got = f"is {status} for {there.send_on or 'no time'} instead of {asked}"
    cause: CallError | None = None
    try:
        yield from send(calls.cancel_newsletter(newsletter_id), port)
    except CallError as error:
        cause = error
    raise NotScheduled(
        f"the message {got}", newsletter_id=newsletter_id, cancelled=cause is None
    ) from cause


# --- reports ---------------------------------------------------------------------------------


def wait_for_report(
    custom_report_id: str, port: Port, *, pauses: Sequence[float] = PAUSES
) -> Flow[CustomReport]:
    """Look at a report until each of its files is ready or has failed, or the pauses are over."""
    report = yield from send(calls.get_custom_report(custom_report_id), port)
    for pause in pauses:
        if report.settled:
            break
        yield Wait(pause)
        report = yield from send(calls.get_custom_report(custom_report_id), port)
    return report


def download_report(custom_report_id: str, port: Port) -> Flow[tuple[bytes, ...]]:
    """The files of a report. Each link is read just before it is used: it lives for 5 minutes."""
    report = yield from send(calls.get_custom_report(custom_report_id), port)
    files: list[bytes] = []
    for file in _ready(report):
        files.append((yield from _download(custom_report_id, file.custom_report_file_id, port)))
    return tuple(files)


def _download(custom_report_id: str, file_id: str, port: Port) -> Flow[bytes]:
    report = yield from send(calls.get_custom_report(custom_report_id), port)
    for file in _ready(report):
        if file.custom_report_file_id == file_id:
            return (yield from send(calls.download_report_file(file), port))
    raise ReportNotReady(report, "has lost a file")


def create_report(
    new: NewReport, port: Port, *, pauses: Sequence[float] = PAUSES
) -> Flow[tuple[bytes, ...]]:
    """Ask for a report, wait for it and download its files."""
    made = yield from send(calls.create_custom_report(new), port)
    report = yield from wait_for_report(made.custom_report_id, port, pauses=pauses)
    _ready(report)
    return (yield from download_report(made.custom_report_id, port))


def _ready(report: CustomReport) -> tuple[ReportFile, ...]:
    if not report.settled:
        raise ReportNotReady(report, "is not ready")
    if any(file.status is not ReportFileStatus.READY for file in report.files):
        raise ReportNotReady(report, "could not be made")
    return report.files
