"""What GetResponse tells of its own accord: webhooks, callbacks, and the secret in their URL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import Sandbox
from connectors.errors import ConfigError, DecodeError
from connectors.getresponse.models import (
    CallbackAction,
    CampaignId,
    CampaignRef,
    ClickedLink,
    ContactId,
    Origin,
    WebhookContact,
    WebhookMessage,
    WebhookType,
)
from connectors.getresponse.webhooks import ACCEPTED, has_secret, parse_callback, parse_webhook

HEADERS = {"X-Webhook-ID": "9f0c", "X-Webhook-Type": "contact_added", "X-Request-ID": "r"}
ADDED = {
    "type": "contact_added",
    "contact": {
        "contactId": "c",
        "email": "c4n4ry@x.y",
        "name": None,
        "campaign": {"campaignId": "C", "name": "news", "href": "h"},
        "ip": "1.2.3.4",
        "origin": "api",
        "href": "h",
    },
    "account": {"accountId": "a"},
    "event": {"occurredAt": "2021-04-27T12:56:00+00:00"},
}


def parsed(body: object, headers: Any = HEADERS) -> Any:
    return parse_webhook(json.dumps(body).encode(), headers)


def test_an_event_is_read_whole() -> None:
    (event,) = parsed(ADDED)

    assert event.key == "9f0c"
    assert event.type is WebhookType.CONTACT_ADDED
    assert event.occurred_at == datetime(2021, 4, 27, 12, 56, tzinfo=UTC)
    assert event.account_id == "a"
    assert event.contacts == (
        WebhookContact(
            contact_id=ContactId("c"),
            email="c4n4ry@x.y",
            campaign=CampaignRef(campaign_id=CampaignId("C"), name="news"),
            origin=Origin.API,
            ip="1.2.3.4",
        ),
    )
    assert (event.message, event.click_track) == (None, None)
    assert event.raw == ADDED


@pytest.mark.parametrize("kind", list(WebhookType), ids=lambda kind: kind.value)
def test_every_type_is_known(kind: WebhookType) -> None:
    (event,) = parsed({"type": kind.value})

    assert event.type is kind
    assert (event.contacts, event.occurred_at, event.account_id) == ((), None, None)


@pytest.mark.parametrize("name", ["id", "clickTrackId"])
def test_a_click_names_message_and_link(name: str) -> None:
    message = {"resourceType": "newsletters", "resourceId": "n", "name": "N", "subject": "S"}
    link = {name: "k", "name": "Shop", "url": "https://shop"}

    (event,) = parsed(
        {"type": "contact_clicked_message_link", "message": message, "clickTrack": link}
    )

    assert event.message == WebhookMessage(
        resource_type="newsletters", resource_id="n", name="N", subject="S"
    )
    assert event.click_track == ClickedLink(click_track_id="k", name="Shop", url="https://shop")


def test_each_event_of_a_batch_has_a_key_of_its_own_and_keeps_it() -> None:
    batch = [ADDED, {**ADDED, "contact": {"contactId": "d"}}, ADDED]
    again = {**HEADERS, "X-Request-ID": "another"}

    keys = [event.key for event in parsed(batch)]

    assert keys == ["9f0c:0", "9f0c:1", "9f0c:2"]
    assert [event.key for event in parsed(batch, again)] == keys
    assert parsed([]) == ()


def test_the_case_of_header_names_does_not_matter() -> None:
    (event,) = parsed(ADDED, {"x-webhook-id": " 9f0c "})

    assert event.key == "9f0c"


def test_without_an_id_the_key_comes_from_the_content() -> None:
    (first,) = parsed(ADDED, {})
    (again,) = parsed(ADDED, {})
    (other,) = parsed({**ADDED, "account": {"accountId": "b"}}, {})

    assert first.key == again.key != other.key
    assert "c4n4ry" not in first.key


@pytest.mark.parametrize("several", [{"c": 1}, "c", 5, None])
def test_several_contacts_that_are_no_list_do_not_hide_the_one(several: object) -> None:
    (event,) = parsed({**ADDED, "contacts": several})

    assert [contact.contact_id for contact in event.contacts] == ["c"]


def test_half_a_surrogate_pair_loses_no_event() -> None:
    body = b'{"type": "contact_added", "contact": {"name": "\\ud800", "contactId": "c"}}'

    ((one,), (two,)) = (parse_webhook(body, {}) for _ in range(2))

    assert one.key == two.key
    assert one.contacts[0].contact_id == "c"


def test_a_type_that_is_missing_in_the_body_is_taken_from_its_header() -> None:
    (event,) = parsed({"contact": {"contactId": "c"}})

    assert event.type is WebhookType.CONTACT_ADDED


def test_unknown_types_and_fields_are_kept() -> None:
    body = {"type": "contact_danced", "dance": {"steps": [1, 2]}, "contacts": [{"contactId": "c"}]}

    (event,) = parsed(body)

    assert event.type == "contact_danced"
    assert event.raw["dance"] == {"steps": [1, 2]}
    assert [contact.contact_id for contact in event.contacts] == ["c"]


@pytest.mark.parametrize(
    "part",
    [
        {"contact": "c"},
        {"contact": []},
        {"contact": {"contactId": ["c"]}},
        {"contact": {"campaign": "C"}},
        {"contacts": {"c": 1}},
        {"contacts": [5, None, "x"]},
        {"event": {"occurredAt": "yesterday"}},
        {"event": "now"},
        {"account": 5},
        {"message": [1]},
        {"clickTrack": {"id": {"deep": 1}}},
    ],
)
def test_a_part_that_is_not_as_documented_loses_only_itself(part: dict[str, Any]) -> None:
    (event,) = parsed({**ADDED, **part})

    assert event.type is WebhookType.CONTACT_ADDED
    assert event.raw == {**ADDED, **part}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b'"text"',
        b"5",
        b"null",
        b"[5]",
        b'[{"type": "x"}, null]',
        b"{",
        b"[" * 9999,
    ],
)
def test_what_is_no_webhook_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_webhook(body, HEADERS)


@pytest.mark.parametrize("kind", [None, 5, "", []])
def test_an_event_without_a_type_is_refused_by_its_place(kind: object) -> None:
    with pytest.raises(DecodeError, match=r"\$\[1\]: no type"):
        parsed([ADDED, {"type": kind}], {})


def test_no_event_shows_a_person() -> None:
    (event,) = parsed({**ADDED, "note": "c4n4ry"})
    callback = parse_callback("action=open&contact_email=c4n4ry%40x.y&contact_name=c4n4ry")

    assert "c4n4ry" not in repr(event) + repr(callback) + str(event)


def test_the_answer_is_what_getresponse_expects() -> None:
    assert json.loads(ACCEPTED) == {"status": "OK"}


# --- callbacks -------------------------------------------------------------------------------


def test_a_callback_is_read_whole() -> None:
    query = (
        "action=click&ACCOUNT_ID=a&account_login=owner%40x.y&CAMPAIGN_ID=C&campaign_name=my+news"
        "&MESSAGE_ID=m&message_name=&message_subject=Gda%C5%84sk&CONTACT_ID=c&contact_name=Ada"
        "&contact_email=ada%2Bx%40x.y&click_url=https%3A%2F%2Fshop"
    )

    event = parse_callback(query)

    assert event.action is CallbackAction.CLICK
    assert (event.account_id, event.account_login) == ("a", "owner@x.y")
    assert (event.campaign_id, event.campaign_name) == ("C", "my news")
    assert (event.message_id, event.message_name, event.message_subject) == ("m", None, "Gdańsk")
    assert (event.contact_id, event.contact_name) == ("c", "Ada")
    assert event.contact_email == "ada+x@x.y"
    assert event.raw["click_url"] == "https://shop"


@pytest.mark.parametrize("kind", list(CallbackAction), ids=lambda kind: kind.value)
def test_every_action_is_known(kind: CallbackAction) -> None:
    assert parse_callback(f"https://x.org/gr?secret=s&action={kind.value}").action is kind


def test_an_unknown_action_is_kept_and_names_are_case_sensitive() -> None:
    event = parse_callback("?action=dance&contact_id=c&account_id=a")

    assert (event.action, event.contact_id, event.account_id) == ("dance", None, None)
    assert event.raw == {"action": "dance", "contact_id": "c", "account_id": "a"}


@pytest.mark.parametrize("query", ["", "?", "ACTION=open", "action=", "a&b&c", "=" * 999])
def test_what_is_no_callback_is_refused(query: str) -> None:
    with pytest.raises(DecodeError, match="without an action"):
        parse_callback(query)


def test_a_flood_of_parameters_is_refused() -> None:
    with pytest.raises(DecodeError):
        parse_callback("action=open&" + "&".join(f"p{n}=1" for n in range(1000)))


# --- the secret ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "good"),
    [
        ("secret=s%26+%C5%84", True),
        ("?secret=s%26+%C5%84&x=1", True),
        ("https://x.org/gr?x=1&secret=s%26+%C5%84", True),
        ("secret=s", False),
        ("secret=S%26+%C5%84", False),
        ("secret=", False),
        ("", False),
        ("Secret=s%26+%C5%84", False),
        ("secret=s%26+%C5%84&secret=s%26+%C5%84", False),
        ("secret=wrong&secret=s%26+%C5%84", False),
        ("https://x.org/secret=s%26+%C5%84", False),
        ("secret=%ff%fe", False),
        ("secret=\udc80", False),
    ],
)
def test_the_secret_must_be_there_once(query: str, good: bool) -> None:
    assert has_secret(query, "s& ń") is good


def test_the_secret_may_have_another_name() -> None:
    assert has_secret("key=s", "s", parameter="key")
    assert not has_secret("secret=s", "s", parameter="key")


def test_an_empty_secret_would_let_everybody_in() -> None:
    with pytest.raises(ConfigError, match="is empty"):
        has_secret("secret=", "")


@given(st.text(max_size=20), st.text(min_size=1, max_size=20))
def test_no_query_breaks_the_check(query: str, secret: str) -> None:
    assert has_secret(query, secret.encode("utf-8", "ignore").decode() or "x") in (True, False)


# --- as the sandbox sends them ---------------------------------------------------------------


def test_what_the_sandbox_pushes_is_read_and_a_repetition_is_known() -> None:
    box = Sandbox(seed=1)
    gr = box.getresponse
    news = gr.add_campaign("news")
    contact = gr.sign_up(news, "ada@x.org", "Ada")
    draft = gr.add_draft(news, "Spring", html='<a href="https://shop.example">Shop</a>')
    gr.send_newsletter(draft, [news])
    box.clock.sleep(600)

    deliveries = [
        gr.webhook("contact_added", contact),
        gr.webhook("contact_opened_message", contact, newsletter_id=draft),
        gr.webhook(
            "contact_clicked_message_link",
            contact,
            newsletter_id=draft,
            url="https://shop.example",
        ),
    ]
    events = [parse_webhook(body, headers)[0] for headers, body in deliveries]

    assert [event.type for event in events] == [
        WebhookType.CONTACT_ADDED,
        WebhookType.CONTACT_OPENED_MESSAGE,
        WebhookType.CONTACT_CLICKED_MESSAGE_LINK,
    ]
    for event in events:
        assert [c.contact_id for c in event.contacts] == [contact]
        assert event.account_id == gr.account_id
        assert event.occurred_at == box.clock.now()
    assert events[1].message is not None
    assert events[1].message.resource_id == draft
    assert events[2].click_track is not None
    assert events[2].click_track.url == "https://shop.example"

    headers, body = gr.webhook_again(deliveries[0])
    assert parse_webhook(body, headers)[0].key == events[0].key
    headers, body = gr.webhook_batch(deliveries)
    batch = parse_webhook(body, headers)
    assert [event.type for event in batch] == [event.type for event in events]
    assert len({event.key for event in batch}) == 3


def test_what_the_sandbox_calls_back_is_read() -> None:
    box = Sandbox(seed=1)
    gr = box.getresponse
    news = gr.add_campaign("news")
    contact = gr.sign_up(news, "ada@x.org", "Ada")

    event = parse_callback(gr.callback("subscribe", contact))

    assert event.action is CallbackAction.SUBSCRIBE
    assert (event.contact_id, event.campaign_id) == (contact, news)
    assert event.contact_email == "ada@x.org"
