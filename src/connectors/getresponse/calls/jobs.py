"""What GetResponse works on for a while: imports and reports."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ...core.call import Call, Pages, Request, Response, WriteClass
from ...core.given import ids, named, one_of, path, sized
from ...core.wire import Reader
from ...errors import ConfigError, DecodeError
from ..models.jobs import CustomReport, Import, NewReport, ReportFile, ReportType
from ._parts import PAGE_SIZE, call, is_page, pages, span

_import = Reader(Import)
_report = Reader(CustomReport)


def list_imports(
    *,
    campaign_id: str | None = None,
    created_since: datetime | None = None,
    created_until: datetime | None = None,
    page_size: int = PAGE_SIZE,
) -> Pages[Import]:
    """The imports of the account, or into one list."""
    query = [
        ("query[campaignId]", campaign_id),
        *span("createdOn", created_since, created_until),
    ]
    return pages("imports.list", "imports", _import.many, query, page_size)


def get_import(import_id: str) -> Call[Import]:
    """One import: how far it is, and what became of its rows."""
    where = path("imports", import_id)
    return call("imports.get", "GET", where, lambda r: _import.one(r.body))


def create_import(
    campaign_id: str, *, columns: Sequence[str], rows: Iterable[Sequence[str]]
) -> Call[Import]:
    """Import rows into a list; contacts that are in it already are updated.

    Args:
        columns: what the texts of a row are, by name: "email", "name", "ip", the name of a custom
            field, or "tag:" and the name of a tag. "email" must be there.
        rows: a text for each column.

    Raises:
        ConfigError: columns or rows that do not fit.
    """
    if isinstance(columns, str) or "email" not in columns:
        raise ConfigError('the columns of an import are a list of names with "email" among them')
    if len(set(columns)) != len(columns) or not all(columns):
        raise ConfigError("each column of an import has a name of its own")
    if isinstance(rows, str):
        raise ConfigError("the rows of an import are lists of texts, not one text")
    contacts = [[] if isinstance(row, str) else list(row) for row in rows]
    if not contacts:
        raise ConfigError("an import needs a row at least")
    for number, row in enumerate(contacts):
        if len(row) != len(columns) or not all(isinstance(cell, str) for cell in row):
            raise ConfigError(f"row {number} of the import has no text for each of its columns")
    return call(
        "imports.create",
        "POST",
        "imports",
        lambda r: _import.one(r.body),
        body={
            "campaignId": named("an id of campaigns", campaign_id),
            "fieldMapping": list(columns),
            "contacts": contacts,
        },
        write_class=WriteClass.MARKED,
    )


# --- reports ---------------------------------------------------------------------------------


def create_custom_report(report: NewReport) -> Call[CustomReport]:
    """Ask for a report; its files are made within minutes or more.

    Raises:
        ConfigError: a name that is not 3 to 70 characters long, or days in the wrong order.
    """
    if isinstance(report.since, datetime) or isinstance(report.until, datetime):
        raise ConfigError("the days of a report are dates; a time of day has no meaning there")
    if report.since > report.until:
        raise ConfigError(f"the report begins on {report.since}, after its end {report.until}")
    kinds = ("send", "open", "click")
    activities = [one_of("an activity", each, kinds) for each in report.activities]
    filters: dict[str, object] = {
        "activityType": activities,
        "messageId": ids("newsletter_ids", report.newsletter_ids),
    }
    filters = {name: values for name, values in filters.items() if values}
    kind = report.type.value if isinstance(report.type, ReportType) else report.type
    filters |= {name: ids(f"filters[{name!r}]", values) for name, values in report.filters.items()}
    body: dict[str, object] = {
        "name": sized("the name of a report", report.name, 3, 70),
        "type": named("the type of a report", kind),
        "scheduling": {
            "frequency": "one_time",
            "startDate": report.since.isoformat(),
            "endDate": report.until.isoformat(),
        },
    }
    if filters or kind == ReportType.MESSAGE_ACTIVITY.value:
        body["filters"] = filters
    return call(
        "custom_reports.create",
        "POST",
        "custom-reports",
        lambda r: _report.one(r.body),
        body=body,
        write_class=WriteClass.MARKED,
    )


def get_custom_report(custom_report_id: str) -> Call[CustomReport]:
    """One report and its files; their links are made anew each time, and good for 5 minutes."""
    where = path("custom-reports", custom_report_id)
    return call("custom_reports.get", "GET", where, lambda r: _report.one(r.body))


def download_report_file(file: ReportFile) -> Call[bytes]:
    """The bytes of a report's file; the link carries its own permission, so no key is sent.

    Raises:
        ConfigError: the file has no https link: it is not ready.
    """
    url = file.download_url or ""
    if not url.lower().startswith("https://"):
        raise ConfigError("the file of the report has no https link; it is not ready")
    return Call(
        service="getresponse",
        operation="custom_reports.download",
        request=Request(method="GET", path=url),
        decode=_bytes,
        authorized=False,
    )


def report_rows(body: bytes) -> tuple[Mapping[str, str], ...]:
    """The rows of a report's CSV file, by the names in its first line."""
    text = body.decode("utf-8-sig", "replace")
    return tuple(csv.DictReader(io.StringIO(text, newline="")))


def _bytes(response: Response) -> bytes:
    if is_page(response.body):
        raise DecodeError("the file of the report is a web page", garbled=True)
    return response.body
