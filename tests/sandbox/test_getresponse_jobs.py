"""GetResponse's long jobs by the wire: custom reports with their files, and imports."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.sandbox.getresponse_kit import Edge


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def news(edge: Edge) -> str:
    return edge.box.add_campaign("news")


# -- custom reports ----------------------------------------------------------------------------


def order(**more: object) -> dict[str, Any]:
    times = {"frequency": "one_time", "startDate": "2026-03-01", "endDate": "2026-03-31"}
    kinds = {"activityType": ["send", "open", "click"]}
    body = {"name": "report", "type": "message_activity_report", "scheduling": times}
    return {**body, "filters": kinds, **more}


def plain(type: str) -> dict[str, Any]:
    body = order(type=type)
    del body["filters"]
    return body


def lines(edge: Edge, body: dict[str, Any]) -> list[dict[str, str]]:
    """Order a report, wait for it, and read its file."""
    id = edge.post("/custom-reports", body).json["customReportId"]
    edge.wait(edge.box.report_seconds)
    (file,) = edge.get(f"/custom-reports/{id}").json["files"]
    got = edge.call("GET", file["downloadUrl"], headers={})
    assert got.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(got.body.decode())))


def test_a_report_is_ordered_made_and_fetched(edge: Edge, news: str) -> None:
    contact = edge.box.sign_up(news, "a@example.com")
    message = edge.box.add_draft(news, 'Hello, "you"', name="March")
    edge.box.send_newsletter(message, [news])
    edge.wait(60)
    edge.box.click_message(message, contact, "https://x.example/?a=1,2")
    made = edge.post("/custom-reports", order())
    assert made.status == 201
    path = f"/custom-reports/{made.json['customReportId']}"
    assert made.json["scheduling"] == {
        "frequency": "one_time",
        "oneTime": {"startDate": "2026-03-01", "endDate": "2026-03-31"},
        "recurring": None,
    }
    seen = []
    for _ in range(3):
        report = edge.get(path).json
        seen.append(report["files"][0]["status"])
        assert (report["generatedAt"] is None) == (seen[-1] != "ready")
        edge.wait(30)
    assert seen == ["pending", "in-progress", "ready"]
    url = edge.get(path).json["files"][0]["downloadUrl"]
    rows = list(csv.DictReader(io.StringIO(edge.call("GET", url, headers={}).body.decode())))
    assert [row["activity"] for row in rows] == ["send", "click"]
    assert rows[1] == {
        "date": "2026-03-02T08:01:00+0000",
        "activity": "click",
        "email": "a@example.com",
        "contactId": contact,
        "messageId": message,
        "messageName": "March",
        "subject": 'Hello, "you"',
        "url": "https://x.example/?a=1,2",
    }
    assert edge.calls.count("getresponse", "custom_reports.download") == 1


def test_a_link_lives_five_minutes_and_is_made_anew(edge: Edge, news: str) -> None:
    path = f"/custom-reports/{edge.post('/custom-reports', order()).json['customReportId']}"
    edge.wait(60)
    first = edge.get(path).json["files"][0]["downloadUrl"]
    second = edge.get(path).json["files"][0]["downloadUrl"]
    assert first != second
    assert not first.startswith(edge.box.url)
    edge.wait(299)
    assert edge.call("GET", first, headers={}).status == 200
    edge.wait(1)
    assert edge.call("GET", first, headers={}).status == 403
    assert (
        edge.call("GET", edge.get(path).json["files"][0]["downloadUrl"], headers={}).status == 200
    )
    edge.wait(edge.box.report_kept_seconds)
    assert edge.get(path).json["files"] == []


@pytest.mark.parametrize("header", ["X-Auth-Token", "Authorization", "X-Domain"])
def test_the_host_of_the_files_is_offended_by_credentials(
    edge: Edge, news: str, header: str
) -> None:
    path = f"/custom-reports/{edge.post('/custom-reports', order()).json['customReportId']}"
    edge.wait(60)
    url = edge.get(path).json["files"][0]["downloadUrl"]
    reply = edge.call("GET", url, headers={header: "secret"})
    assert reply.status == 400
    assert header.lower() in reply.body.decode()
    assert edge.call("POST", url, headers={}).status == 405


def test_reports_can_fail_and_answer_200(edge: Edge) -> None:
    edge.box.report_fails = True
    edge.box.report_created_status = 200
    made = edge.post("/custom-reports", order())
    assert made.status == 200
    edge.wait(60)
    (file,) = edge.get(f"/custom-reports/{made.json['customReportId']}").json["files"]
    assert (file["status"], file["downloadUrl"]) == ("error", None)


def test_the_columns_of_the_activity_report_can_be_set(edge: Edge, news: str) -> None:
    edge.box.sign_up(news, "a@example.com")
    edge.box.send_newsletter(edge.box.add_draft(news, "Hello"), [news])
    edge.wait(60)
    edge.box.activity_columns = {"email": "Contact email", "activity": "Action"}
    assert lines(edge, order()) == [{"Contact email": "a@example.com", "Action": "send"}]


def test_an_activity_report_is_filtered(edge: Edge, news: str) -> None:
    contact = edge.box.sign_up(news, "a@example.com")
    first, second = (edge.box.add_draft(news, subject) for subject in ("One", "Two"))
    for message in (first, second):
        edge.box.send_newsletter(message, [news])
    edge.wait(60)
    edge.box.open_message(second, contact)
    opens = lines(edge, order(filters={"activityType": ["open"]}))
    assert [row["subject"] for row in opens] == ["Two"]
    ones = lines(edge, order(filters={"messageId": [first]}))
    assert [row["subject"] for row in ones] == ["One"]
    old = {"frequency": "one_time", "startDate": "2026-02-01", "endDate": "2026-02-28"}
    assert lines(edge, order(scheduling=old)) == []


def test_other_reports_tell_who_left_and_who_never_came(edge: Edge, news: str) -> None:
    edge.box.silently_reject = lambda email: email.startswith("bad")
    body = {"email": "bad@example.com", "campaign": {"campaignId": news}}
    assert edge.post("/contacts", body).status == 202
    for reason in ("unsubscribe", "bounce"):
        edge.box.unsubscribe(edge.box.sign_up(news, f"{reason}@example.com"), reason)
    (row,) = lines(edge, plain("subscription_rejections"))
    assert (row["email"], row["reason"]) == ("bad@example.com", "rejected")
    (row,) = lines(edge, plain("bounces"))
    assert row["email"] == "bounce@example.com"
    (row,) = lines(edge, plain("unsubscribe_contacts_lists_report"))
    assert row["email"] == "unsubscribe@example.com"
    later = edge.post("/custom-reports", plain("message_stats"))
    assert later.status == 501
    assert "message_stats" in later.json["message"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"name": "ab"}, 1000),
        ({"name": "x" * 71}, 1007),
        ({"type": "message_activity_reports"}, 1000),
        ({"filters": {"activityType": ["bounce"]}}, 1000),
        ({"filters": {"messageId": ["none"]}}, 1001),
        ({"filters": {"campaignId": ["x"]}}, 1000),
        ({"type": "bounces"}, 1000),
        (
            {
                "scheduling": {
                    "frequency": "daily",
                    "startDate": "2026-03-01",
                    "endDate": "2026-03-02",
                }
            },
            1000,
        ),
        ({"scheduling": {"frequency": "one_time", "startDate": "2026-03-01"}}, 1005),
        (
            {
                "scheduling": {
                    "frequency": "one_time",
                    "startDate": "2026-03-01T00:00:00+0000",
                    "endDate": "2026-03-02",
                }
            },
            1003,
        ),
        (
            {
                "scheduling": {
                    "frequency": "one_time",
                    "startDate": "2026-03-02",
                    "endDate": "2026-03-01",
                }
            },
            1000,
        ),
    ],
)
def test_a_bad_report_is_refused(edge: Edge, more: dict[str, object], code: int) -> None:
    assert edge.post("/custom-reports", order(**more)).code == code
    assert edge.box.writes == 0


def test_reports_are_listed(edge: Edge) -> None:
    for name in ("beta", "alpha"):
        edge.post("/custom-reports", order(name=name))
    rows = edge.get("/custom-reports", {"sort[name]": "ASC"}).json
    assert [row["name"] for row in rows] == ["alpha", "beta"]
    assert "files" not in rows[0]
    assert len(edge.get("/custom-reports", {"query[name]": "ALP"}).json) == 1
    assert edge.get("/custom-reports/none").refusal == (404, 1013)


# -- imports -----------------------------------------------------------------------------------


def load(news: str, *rows: list[str], mapping: list[str] | None = None) -> dict[str, Any]:
    return {
        "campaignId": news,
        "fieldMapping": mapping or ["email", "name"],
        "contacts": list(rows),
    }


def test_an_import_adds_and_updates_after_a_while(edge: Edge, news: str) -> None:
    edge.box.add_custom_field("city")
    edge.box.sign_up(news, "old@example.com", "Old", tags=["kept"])
    mapping = ["email", "name", "ip", "city", "tag:vip"]
    made = edge.post(
        "/imports",
        load(
            news,
            ["OLD@example.com", "Older", "", "Kraków", "1"],
            ["new@example.com", "New", "1.2.3.4", "", ""],
            mapping=mapping,
        ),
    )
    assert (made.status, made.json["status"]) == (201, "uploaded")
    assert made.json["statistics"] == {
        "uploaded": 2,
        "invalid": 0,
        "updated": 0,
        "addedToList": 0,
    }
    path = f"/imports/{made.json['importId']}"
    edge.wait(15)
    assert edge.get(path).json["status"] == "approved"
    assert edge.get("/contacts", {"query[origin]": "import"}).json == []
    edge.wait(100)
    done = edge.get(path).json
    assert (done["status"], done["finishedOn"]) == ("finished", "2026-03-02T08:00:30+0000")
    assert (done["statistics"]["updated"], done["statistics"]["addedToList"]) == (1, 1)
    old, new = edge.box.contacts(news)
    assert (old.name, old.tags, old.custom_fields) == (
        "Older",
        ("kept", "vip"),
        {"city": ("Kraków",)},
    )
    assert (new.name, new.origin, new.tags) == ("New", "import", ())


def test_an_import_says_what_it_did_not_take(edge: Edge, news: str) -> None:
    edge.box.add_custom_field("age", type="number")
    edge.box.block("blocked@example.com")
    edge.box.unsubscribe(edge.box.sign_up(news, "left@example.com"))
    edge.box.visible_after = 3600
    edge.post("/contacts", {"email": "queued@example.com", "campaign": {"campaignId": news}})
    rows = [["nonsense", ""], ["queued@example.com", ""], ["blocked@example.com", ""]]
    rows += [["left@example.com", ""], ["a@example.com", "old"]]
    made = edge.post("/imports", load(news, *rows, mapping=["email", "age"])).json
    edge.wait(30)
    done = edge.get(f"/imports/{made['importId']}").json
    assert done["errorStatistics"] == {
        "syntaxErrors": 1,
        "alreadyInQueue": 1,
        "invalidDomains": 0,
        "blacklist": 1,
        "policyFailures": 1,
        "mismatchedCriteria": 1,
    }
    assert done["statistics"]["invalid"] == 5
    errors = lines(edge, plain("import_error_report"))
    assert {row["email"]: row["error"] for row in errors}["a@example.com"] == "mismatchedCriteria"


@pytest.mark.parametrize(("approve", "status"), [(True, "finished"), (False, "rejected")])
def test_an_import_may_wait_for_a_review(edge: Edge, news: str, approve: bool, status: str) -> None:
    edge.box.import_review = True
    edge.box.import_created_status = 200
    made = edge.post("/imports", load(news, ["a@example.com", "A"]))
    assert made.status == 200
    path = f"/imports/{made.json['importId']}"
    edge.wait(hours=5)
    assert edge.get(path).json["status"] == "to_review"
    edge.box.review_import(made.json["importId"], approve=approve)
    edge.wait(30)
    assert edge.get(path).json["status"] == status
    assert len(edge.box.contacts(news)) == (1 if approve else 0)
    with pytest.raises(ValueError, match="does not wait"):
        edge.box.review_import(made.json["importId"])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"campaignId": "none"}, 1001),
        ({"fieldMapping": ["name", "ip"]}, 1000),
        ({"fieldMapping": ["email", "email"]}, 1000),
        ({"fieldMapping": ["email", "shoe_size"]}, 1001),
        ({"fieldMapping": ["email", "tag:a b"]}, 1000),
        ({"fieldMapping": "email"}, 1006),
        ({"contacts": []}, 1004),
        ({"contacts": [["a@example.com"]]}, 1000),
        ({"contacts": [["a@example.com", 3]]}, 1006),
        ({"contacts": [{"email": "a@example.com"}]}, 1006),
        ({"campaign": {"campaignId": "x"}}, 1000),
    ],
)
def test_a_bad_import_is_refused(edge: Edge, news: str, more: dict[str, object], code: int) -> None:
    body = {**load(news, ["a@example.com", "A"]), **more}
    assert edge.post("/imports", body).code == code
    assert edge.box.writes == 0


def test_imports_are_listed(edge: Edge, news: str) -> None:
    other = edge.box.add_campaign("other")
    edge.post("/imports", load(other, ["a@example.com", "A"], ["b@example.com", "B"]))
    edge.wait(days=1)
    edge.post("/imports", load(news, ["a@example.com", "A"]))
    down = edge.get("/imports", {"sort[uploadedContacts]": "DESC"}).json
    assert [row["statistics"]["uploaded"] for row in down] == [2, 1]
    by_end = edge.get("/imports", {"sort[finishedOn]": "ASC"}).json
    assert [row["finishedOn"] is None for row in by_end] == [True, False]
    assert len(edge.get("/imports", {"query[campaignId]": news}).json) == 1
    assert len(edge.get("/imports", {"query[createdOn][from]": "2026-03-03"}).json) == 1
    assert edge.get("/imports", {"query[status]": "finished"}).code == 1000
    assert edge.get("/imports/none").refusal == (404, 1013)
