"""Custom reports: ordered, made after a while, and fetched as a CSV file from another host."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from email.utils import format_datetime
from typing import Any

from ..kernel import Answer, Request
from .conditions import NotSimulated
from .records import Report
from .routing import Call, Reply, Route, page_of, sort
from .store import Book
from .wire import (
    Allowed,
    Check,
    Json,
    Refusal,
    body_error,
    check_object,
    choice,
    listed,
    missing,
    read_date,
    shape,
    show,
    text,
)

LINK_SECONDS = 300
ACTIVITY = "message_activity_report"
LOSSES = {"unsubscribe_contacts_lists_report": "unsubscribe", "bounces": "bounce"}
MADE = (ACTIVITY, *LOSSES, "subscription_rejections", "import_error_report")
LATER = (
    "message_stats standard_subscriber_activity_report account_summary_report user_activity "
    "list_summary_report isp_message_stats_report webinar_participants_report "
    "message_clicks_report unconfirmed_contacts_stats_report "
    "transactional_email_bounce_report".split()
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def date(value: Json, path: str) -> Json:
    found = text()(value, path)
    if not _DAY.fullmatch(found) or read_date(found) is None:
        raise body_error(1003, path, value, "Must be a date")
    return found


SCHEDULING = shape(
    {"frequency": choice("one_time"), "startDate": date, "endDate": date},
    ("frequency", "startDate", "endDate"),
)
FILTERS = shape(
    {
        "activityType": listed(choice("send", "open", "click"), 1),
        "messageId": listed(text(1), 1),
    }
)


# -- rows --------------------------------------------------------------------------------------


def row(book: Book, report: Report) -> dict[str, Json]:
    return {
        "customReportId": report.id,
        "name": report.name,
        "href": f"{book.url}/custom-reports/{report.id}",
        "frequency": "one_time",
        "createdAt": show(report.created),
        "generatedAt": show(report.generated),
    }


def details(book: Book, report: Report) -> dict[str, Json]:
    """A report with its file, whose link is made anew each time."""
    out = row(book, report)
    del out["frequency"]
    return {
        **out,
        "type": report.type,
        "scheduling": {
            "frequency": "one_time",
            "oneTime": {"startDate": report.start, "endDate": report.end},
            "recurring": None,
        },
        "filters": report.filters,
        "files": _files(book, report),
    }


def _files(book: Book, report: Report) -> list[dict[str, Json]]:
    expires, url = None, None
    if report.generated is not None and report.status == "ready":
        expires = report.generated + int(book.report_kept_seconds)
        if book.now() >= expires:
            return []
        secret = book.new_uuid()
        book.downloads[secret] = (book.clock.monotonic() + LINK_SECONDS, report)
        url = f"https://{book.files_host}/reports/{secret}.csv"
    return [
        {
            "customReportFileId": report.file_id,
            "downloadUrl": url,
            "status": report.status,
            "expiresAt": show(expires),
        }
    ]


# -- endpoints ---------------------------------------------------------------------------------


def create(book: Book, call: Call) -> Reply:
    given = call.body()
    kind = given.get("type")
    keys: dict[str, Check] = {
        "name": text(3, 70),
        "type": choice(*MADE, *LATER),
        "scheduling": SCHEDULING,
    }
    required = tuple(keys)
    if kind == ACTIVITY:
        keys["filters"] = FILTERS
        required = tuple(keys)
    body = check_object(given, "", keys, required)
    if kind in LATER:
        raise NotSimulated(f"report type {kind}")
    times = body["scheduling"]
    if times["endDate"] < times["startDate"]:
        raise body_error(1000, "scheduling.endDate", times["endDate"], "Must not be before start")
    filters = body.get("filters", {})
    for id in filters.get("messageId", ()):
        if id not in book.newsletters:
            raise Refusal(1001, "Message does not exist", {"messageId": id})
    start, end = times["startDate"], times["endDate"]
    ids = book.new_id(), book.new_id()
    report = Report(*ids, body["name"], body["type"], start, end, filters, book.now())
    book.reports[report.id] = report

    def work() -> None:
        report.status = "in-progress"

    def finish() -> None:
        report.status = "error" if book.report_fails else "ready"
        report.generated = book.now()
        report.content = _csv(_lines(book, report))

    book.later(book.report_seconds / 2, work)
    book.later(book.report_seconds, finish)
    return Reply(book.report_created_status, details(book, report))


def list_reports(book: Book, call: Call) -> Reply:
    allowed = Allowed(
        fields=frozenset({"name"}), sorts=frozenset({"name", "frequency", "generatedAt"})
    )
    listing = call.listing(book, allowed)
    wanted = listing.where.get("name")
    found = [each for each in book.reports.values() if book.named(wanted, each.name)]
    keys = {
        "name": lambda report: report.name.lower(),
        "frequency": lambda report: "one_time",
        "generatedAt": lambda report: report.generated,
    }
    sort(found, listing, keys)
    return page_of([row(book, each) for each in found], listing, "customReportId")


def get(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    report = book.reports.get(call.params[0])
    if report is None:
        raise missing("customReportId", call.params[0])
    return Reply(200, listing.cut(details(book, report), "customReportId"))


# -- files -------------------------------------------------------------------------------------


def download(book: Book, request: Request) -> Answer:
    """The other host: it knows links and no accounts, and a credential is an offence to it."""

    def plain(status: int, words: str) -> Answer:
        headers = {"Date": at, "Content-Type": "text/plain"}
        return Answer(status, headers, words.encode(), "custom_reports.download")

    at = format_datetime(book.clock.now(), usegmt=True)
    for name in ("x-auth-token", "authorization", "x-domain"):
        if name in request.headers:
            return plain(400, f"{name} must not be sent to this host")
    if request.method != "GET":
        return plain(405, "only GET")
    secret = request.path.removeprefix("/reports/").removesuffix(".csv")
    end, report = book.downloads.get(secret, (-1.0, None))
    if report is None or end <= book.clock.monotonic():
        return plain(403, "the link has expired")
    headers = {"Date": at, "Content-Type": "text/csv; charset=utf-8"}
    return Answer(200, headers, report.content, "custom_reports.download")


def _csv(lines: Iterable[Iterable[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode()


def _lines(book: Book, report: Report) -> list[list[str]]:
    first = read_date(report.start) or 0
    last = min(read_date(report.end, end=True) or 0, book.now())

    def inside(at: int) -> bool:
        return first <= at <= last

    if report.type == ACTIVITY:
        return _activity_lines(book, report.filters, inside)
    if report.type == "import_error_report":
        return [
            ["email", "campaignId", "error", "date"],
            *(
                [email, each.campaign, kind, show(each.finished) or ""]
                for each in book.imports.values()
                if each.finished is not None and inside(each.finished)
                for kind, emails in each.errors.items()
                for email in emails
            ),
        ]
    head = ["email", "campaignId", "reason", "date"]
    if report.type == "subscription_rejections":
        refused = (each for each in book.rejections if inside(each.at))
        return [head, *([e.email, e.campaign, e.reason, show(e.at) or ""] for e in refused)]
    gone = (
        each
        for campaign in book.lists.values()
        for each in campaign.gone
        if each.reason == LOSSES[report.type] and inside(each.deleted)
    )
    return [
        head,
        *(
            [each.contact.email, each.contact.campaign, each.reason, show(each.deleted) or ""]
            for each in gone
        ),
    ]


def _activity_lines(book: Book, filters: dict[str, Any], inside: Any) -> list[list[str]]:
    ids = filters.get("messageId") or list(book.newsletters)
    kinds = filters.get("activityType") or ["send", "open", "click"]
    events = sorted(
        (
            event
            for id in ids
            if id in book.newsletters
            for event in book.newsletters[id].events
            if event.activity in kinds and inside(event.at)
        ),
        key=lambda event: event.at,
    )
    lines = [list(book.activity_columns.values())]
    for event in events:
        newsletter = book.newsletters[event.resource_id or ""]
        values = {
            "date": show(event.at) or "",
            "activity": event.activity,
            "email": event.contact.email,
            "contactId": event.contact.id,
            "messageId": newsletter.id,
            "messageName": newsletter.name or "",
            "subject": event.subject,
            "url": event.link.url if event.link else "",
        }
        lines.append([values[key] for key in book.activity_columns])
    return lines


ROUTES = [
    Route("GET", "custom-reports", "custom_reports.list", list_reports),
    Route("POST", "custom-reports", "custom_reports.create", create, writes=True),
    Route("GET", "custom-reports/{}", "custom_reports.get", get),
]
