"""What GetResponse works on for a while: imports and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import NewType

from attrs import field, frozen

from .campaigns import CampaignRef

ImportId = NewType("ImportId", str)
CustomReportId = NewType("CustomReportId", str)


class ImportStatus(Enum):
    """How far an import is; people at GetResponse may review a big one for hours."""

    UPLOADED = "uploaded"
    REVIEW = "review"
    TO_REVIEW = "to_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    FINISHED = "finished"
    CANCELED = "canceled"


@frozen(kw_only=True)
class ImportStatistics:
    """What became of the rows."""

    uploaded: int = 0
    invalid: int = 0
    updated: int = 0
    added_to_list: int = 0


@frozen(kw_only=True)
class ImportErrors:
    """Why rows were left out."""

    syntax_errors: int = 0
    already_in_queue: int = 0
    invalid_domains: int = 0
    blacklist: int = 0
    policy_failures: int = 0
    mismatched_criteria: int = 0


@frozen(kw_only=True)
class Import:
    """Rows on their way into a list."""

    import_id: ImportId
    campaign: CampaignRef | None = None
    status: ImportStatus | str | None = None
    statistics: ImportStatistics | None = None
    error_statistics: ImportErrors | None = None
    created_on: datetime | None = None
    finished_on: datetime | None = None


class ReportType(Enum):
    """Reports of use here; GetResponse has more, and any may be named by its text."""

    MESSAGE_ACTIVITY = "message_activity_report"
    SUBSCRIPTION_REJECTIONS = "subscription_rejections"
    UNSUBSCRIBED = "unsubscribe_contacts_lists_report"
    BOUNCES = "bounces"
    IMPORT_ERRORS = "import_error_report"


class ReportFileStatus(Enum):
    """How far a file of a report is."""

    PENDING = "pending"
    IN_PROGRESS = "in-progress"
    READY = "ready"
    ERROR = "error"


@frozen(kw_only=True)
class ReportFile:
    """A file of a report.

    Attributes:
        download_url: made anew each time the report is read, good for 5 minutes, for whoever has it.
        expires_at: when the file itself is deleted.
    """

    custom_report_file_id: str
    status: ReportFileStatus | str | None = None
    download_url: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


@frozen(kw_only=True)
class CustomReport:
    """A report that was asked for, and its files so far."""

    custom_report_id: CustomReportId
    name: str | None = None
    type: ReportType | str | None = None
    files: tuple[ReportFile, ...] = ()
    created_at: datetime | None = None
    generated_at: datetime | None = None

    @property
    def settled(self) -> bool:
        """Whether there are files and each is ready or has failed."""
        done = (ReportFileStatus.READY, ReportFileStatus.ERROR)
        return bool(self.files) and all(file.status in done for file in self.files)


@frozen(kw_only=True)
class NewReport:
    """A report to ask for, once.

    Attributes:
        name: 3 to 70 characters; one of your own making tells reports apart.
        since, until: the days it covers, UTC, both included.
        activities: for message activity, some of "send", "open", "click".
        newsletter_ids: for message activity, which messages.
        filters: more filters, by GetResponse's names.
    """

    name: str
    type: ReportType | str
    since: date
    until: date
    activities: Sequence[str] = ()
    newsletter_ids: Sequence[str] = ()
    filters: Mapping[str, Sequence[str]] = field(factory=dict)
