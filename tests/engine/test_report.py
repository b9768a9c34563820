"""A report says what was done, what failed and what was left alone, as text and as data."""

import json
from datetime import UTC, datetime

import pytest

from connectors.engine.report import Report

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)
QUIET = Report(job="contacts", started=START, ended=END)
BUSY = Report(
    job="contacts",
    started=START,
    ended=END,
    done={"create GetResponse contact": 50, "update Dynamics record": 3},
    failed={"create Dynamics record": 2},
    changed_since_planned=4,
    skipped={"the CRM contact is inactive": 6, "malformed <e-mail> address": 1},
    pending=7,
    warnings=("news: 30 of 40 contacts are gone",),
    calls={"getresponse contacts.list": 5, "dynamics contacts.list": 8},
)


def test_a_quiet_run_is_one_line() -> None:
    assert str(QUIET) == "contacts: 0 changes, 0 calls"
    assert QUIET.ok
    assert QUIET.writes == 0


def test_a_busy_run_lists_everything() -> None:
    assert str(BUSY) == (
        "contacts: 53 changes, 13 calls\n"
        "      50  create GetResponse contact\n"
        "       3  update Dynamics record\n"
        "       2  failed: create Dynamics record\n"
        "       6  left alone: the CRM contact is inactive\n"
        "       1  left alone: malformed <e-mail> address\n"
        "       4  changed since planned\n"
        "       7  waiting for the next run\n"
        "Warning: news: 30 of 40 contacts are gone"
    )


def test_what_failed_is_no_write_and_not_ok() -> None:
    assert BUSY.writes == 53
    assert not BUSY.ok


def test_a_notebook_shows_the_text_and_no_markup_from_data() -> None:
    shown = BUSY._repr_html_()

    assert shown.startswith("<pre>contacts: 53 changes")
    assert "malformed &lt;e-mail&gt; address" in shown


def test_as_data_it_is_json_and_all_of_it() -> None:
    data = json.loads(json.dumps(BUSY.to_dict()))

    assert data["started"] == "2026-03-01T12:00:00+00:00"
    assert data["calls"] == {"getresponse contacts.list": 5, "dynamics contacts.list": 8}
    assert data["pending"] == 7
    assert set(data) == {name.name for name in Report.__attrs_attrs__}


def test_as_a_table_it_has_one_row_per_outcome() -> None:
    pytest.importorskip("pandas")

    frame = BUSY.to_frame()

    assert list(frame.columns) == ["outcome", "what", "count"]
    assert frame.to_dict("list")["outcome"] == ["done", "done", "failed", "skipped", "skipped"]
    assert int(frame["count"].sum()) == 62
    assert list(QUIET.to_frame().columns) == ["outcome", "what", "count"]
