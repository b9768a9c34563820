# Generated from its twin in aio by scripts/blocking.py; edit that.
"""What GetResponse works on for a while: imports and reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ...runtime.blocking import Noun, Paged
from .. import calls
from ..models.jobs import CustomReport, Import, NewReport


class Imports(Noun):
    """Many contacts at once: new ones are added, known ones updated.

    People at GetResponse may review a big import for hours. Imports have stricter limits of their
    own than other calls.

    ```python
    from connectors import GetResponseClient, Sandbox

    box = Sandbox(seed=1)

    def main() -> None:
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            news = client.campaigns.create("news")
            made = client.imports.create(
                news.campaign_id,
                columns=["email", "name"],
                rows=[["noor@example.org", "Noor"], ["ida@example.org", "Ida"]],
            )
            print(made.status)

    main()
    ```
    """

    def list(
        self,
        *,
        campaign_id: str | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Import]:
        """The imports of the account, or into one list."""
        pages = calls.list_imports(
            campaign_id=campaign_id,
            created_since=created_since,
            created_until=created_until,
            page_size=page_size,
        )
        return Paged(self._session, pages, cursor)

    def get(self, import_id: str) -> Import:
        """One import: how far it is, and what became of its rows.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_import(import_id))

    def create(
        self, campaign_id: str, *, columns: Sequence[str], rows: Iterable[Sequence[str]]
    ) -> Import:
        """Import rows into a list.

        Args:
            columns: what the texts of a row are: "email" (needed), "name", "ip", the *name* of a
                custom field, or "tag:" and the name of a tag.
            rows: a text for each column.

        Raises:
            AnswerLost: it may be under way; look through `list` before you repeat it.
            ConfigError: columns or rows that do not fit.
        """
        call = calls.create_import(campaign_id, columns=columns, rows=rows)
        return self._session.send(call)


class CustomReports(Noun):
    """Reports that GetResponse makes in the background and gives as CSV files.

    ```python
    from datetime import date
    from connectors import GetResponseClient, Sandbox
    from connectors.getresponse.calls import report_rows
    from connectors.getresponse.models import NewReport, ReportType

    box = Sandbox(seed=1)

    def main() -> None:
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            report = NewReport(
                name="opens of February",
                type=ReportType.MESSAGE_ACTIVITY,
                since=date(2026, 2, 1),
                until=date(2026, 2, 28),
                activities=["open"],
            )
            for file in client.custom_reports.create_and_download(report):
                print(len(report_rows(file)), "rows")

    main()
    ```
    """

    def create(self, report: NewReport) -> CustomReport:
        """Ask for a report; its files are made in minutes or more.

        Raises:
            AnswerLost: it may be under way.
            Forbidden: the plan of the account has no such report.
            ConfigError: a name that is not 3 to 70 characters long, or days in the wrong order.
        """
        return self._session.send(calls.create_custom_report(report))

    def get(self, custom_report_id: str) -> CustomReport:
        """One report and its files; the links live for 5 minutes, so use `download`.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_custom_report(custom_report_id))

    def wait(self, custom_report_id: str) -> CustomReport:
        """Look at a report until each of its files is ready or has failed, for 9 minutes at most.

        The answer is what was seen last; `settled` says whether it is done.

        Raises:
            NotFound: there is none with this id.
        """
        from .. import flows

        flow = flows.wait_for_report(custom_report_id, self._session.port)
        return self._session.run(flow)

    def download(self, custom_report_id: str) -> tuple[bytes, ...]:
        """The files of a report, each CSV; `calls.report_rows` reads one.

        Raises:
            NotFound: there is no such report.
            ReportNotReady: its files are not ready, or could not be made.
        """
        from .. import flows

        flow = flows.download_report(custom_report_id, self._session.port)
        return self._session.run(flow)

    def create_and_download(self, report: NewReport) -> tuple[bytes, ...]:
        """Ask for a report, wait for it up to 9 minutes, and download its files.

        Raises:
            ReportNotReady: it is not ready yet, or could not be made; the error has its id.
            AnswerLost, Forbidden, ConfigError: as `create`.
        """
        from .. import flows

        flow = flows.create_report(report, self._session.port)
        return self._session.run(flow)
