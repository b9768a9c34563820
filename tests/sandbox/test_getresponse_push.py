"""What GetResponse would push: webhooks as JSON, callbacks as query strings."""

from __future__ import annotations

import json
import re
from typing import Any, get_args
from urllib.parse import parse_qsl

import pytest

from connectors.sandbox.getresponse import Delivery
from connectors.sandbox.getresponse.push import WebhookType
from tests.sandbox.getresponse_kit import Edge

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def edge() -> Edge:
    return Edge()


@pytest.fixture
def news(edge: Edge) -> str:
    return edge.box.add_campaign("news")


def read(delivery: Delivery) -> Any:
    return json.loads(delivery[1])


@pytest.mark.parametrize("type", get_args(WebhookType))
def test_every_event_has_the_same_frame(edge: Edge, news: str, type: WebhookType) -> None:
    contact = edge.box.sign_up(news, "a@example.com")
    headers, body = edge.box.webhook(type, contact)
    assert headers["X-Webhook-Type"] == type
    assert UUID.fullmatch(headers["X-Webhook-ID"])
    assert UUID.fullmatch(headers["X-Request-ID"])
    event = json.loads(body)
    assert event["type"] == type
    assert event["account"] == {"accountId": edge.box.account_id}
    assert event["event"] == {"occurredAt": "2026-03-02T08:00:00+00:00"}
    assert event["contact"]["contactId"] == contact


def test_an_added_contact(edge: Edge, news: str) -> None:
    id = edge.box.sign_up(news, "a@example.com", ip="1.2.3.4")
    assert read(edge.box.webhook("contact_added", id))["contact"] == {
        "contactId": id,
        "email": "a@example.com",
        "name": "Friend",
        "campaign": {
            "campaignId": news,
            "href": f"{edge.box.url}/campaigns/{news}",
            "name": "news",
        },
        "ip": "1.2.3.4",
        "origin": "www",
        "href": f"{edge.box.url}/contacts/{id}",
    }


def test_a_click_names_message_and_link(edge: Edge, news: str) -> None:
    id = edge.box.sign_up(news, "a@example.com")
    html = '<a href="https://x.example/1">one</a>'
    message = edge.box.add_draft(news, "Hello", name="March", html=html)
    event = read(
        edge.box.webhook(
            "contact_clicked_message_link", id, newsletter_id=message, url="https://x.example/1"
        )
    )
    assert event["message"] == {
        "resourceType": "newsletters",
        "resourceId": message,
        "name": "March",
        "subject": "Hello",
        "href": f"{edge.box.url}/newsletters/{message}",
    }
    (track,) = edge.get(f"/newsletters/{message}").json["clickTracks"]
    assert event["clickTrack"] == {
        "id": track["clickTrackId"],
        "name": track["name"],
        "url": "https://x.example/1",
    }
    other = edge.box.webhook("contact_clicked_message_link", id, url="https://y.example")
    assert read(other)["clickTrack"]["url"] == "https://y.example"


def test_who_has_left_or_not_confirmed_can_be_told_of(edge: Edge, news: str) -> None:
    id = edge.box.sign_up(news, "a@example.com")
    edge.box.unsubscribe(id, "bounce")
    assert read(edge.box.webhook("contact_removed_bounce", id))["contact"]["contactId"] == id
    shy = edge.box.add_campaign("shy", optin="double")
    edge.post("/contacts", {"email": "b@example.com", "campaign": {"campaignId": shy}})
    (waiting,) = edge.box.unconfirmed(shy)
    assert read(edge.box.webhook("contact_rejected", waiting.id))["contact"]["name"] == "Friend"
    edge.box.silently_reject = lambda email: True
    edge.post("/contacts", {"email": "c@example.com", "campaign": {"campaignId": news}})
    event = read(edge.box.webhook("contact_rejected", email="c@example.com"))
    assert event["contact"]["campaign"]["campaignId"] == news
    assert "contactId" not in event["contact"]
    with pytest.raises(KeyError):
        edge.box.webhook("contact_added", "none")


def test_jobs_tell_of_their_end(edge: Edge, news: str) -> None:
    body = {"campaignId": news, "fieldMapping": ["email"], "contacts": [["a@example.com"]]}
    job = edge.post("/imports", body).json["importId"]
    edge.wait(60)
    event = read(edge.box.webhook("contacts_import_finished", import_id=job))
    assert event["import"]["status"] == "finished"
    assert "contact" not in event
    times = {"frequency": "one_time", "startDate": "2026-03-01", "endDate": "2026-03-02"}
    order = {"name": "report", "type": "bounces", "scheduling": times}
    report = edge.post("/custom-reports", order).json["customReportId"]
    event = read(edge.box.webhook("custom_reports_file_status_changed", report_id=report))
    assert event["customReport"]["customReportId"] == report


def test_what_is_not_documented_can_be_set(edge: Edge, news: str) -> None:
    id = edge.box.sign_up(news, "a@example.com")
    extra = {"oldEmail": "b@example.com", "contact": None}
    event = read(edge.box.webhook("contact_email_changed", id, extra=extra))
    assert (event["oldEmail"], event["contact"]) == ("b@example.com", None)


def test_a_batch_is_an_array_with_one_id(edge: Edge, news: str) -> None:
    ids = [edge.box.sign_up(news, f"p{i}@example.com") for i in range(3)]
    singles = [edge.box.webhook("contact_added", id) for id in ids]
    headers, body = edge.box.webhook_batch(singles)
    assert [event["contact"]["contactId"] for event in json.loads(body)] == ids
    assert headers["X-Webhook-ID"] not in {each[0]["X-Webhook-ID"] for each in singles}
    with pytest.raises(ValueError, match="1 to 100"):
        edge.box.webhook_batch(singles * 34)


def test_a_retry_is_the_same_event_in_another_request(edge: Edge, news: str) -> None:
    first = edge.box.webhook("contact_added", edge.box.sign_up(news, "a@example.com"))
    again = edge.box.webhook_again(first)
    assert again[1] == first[1]
    assert again[0]["X-Webhook-ID"] == first[0]["X-Webhook-ID"]
    assert again[0]["X-Request-ID"] != first[0]["X-Request-ID"]


def test_a_callback_is_a_query_string(edge: Edge, news: str) -> None:
    id = edge.box.sign_up(news, "a+b@example.com", "Zoë & Co")
    message = edge.box.add_draft(news, "Hello", name="March")
    query = edge.box.callback("open", id, newsletter_id=message, extra={"SURVEY_ID": "x"})
    assert dict(parse_qsl(query)) == {
        "action": "open",
        "ACCOUNT_ID": edge.box.account_id,
        "account_login": edge.box.account_email,
        "CAMPAIGN_ID": news,
        "campaign_name": "news",
        "MESSAGE_ID": message,
        "message_name": "March",
        "message_subject": "Hello",
        "CONTACT_ID": id,
        "contact_name": "Zoë & Co",
        "contact_email": "a+b@example.com",
        "SURVEY_ID": "x",
    }
    assert "MESSAGE_ID" not in edge.box.callback("subscribe", id)


def test_a_type_that_the_vendor_does_not_document_is_refused_unless_it_is_meant(edge: Edge) -> None:
    id = edge.box.sign_up(edge.box.add_campaign("spring"), "new@example.com")
    with pytest.raises(ValueError, match="no webhook 'xx', only contact_added, "):
        edge.box.webhook("xx", id)
    headers, _ = edge.box.webhook("xx", id, allow_unknown=True)
    assert headers["X-Webhook-Type"] == "xx"
