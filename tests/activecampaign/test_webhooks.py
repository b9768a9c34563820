"""Deliveries: forms with PHP's names, as typed events."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.activecampaign import parse_webhook
from connectors.activecampaign.models import WebhookKind, WebhookSource
from connectors.errors import DecodeError

FORM = {
    "type": "contact_tag_added",
    "date_time": "2026-03-02T02:00:00-06:00",
    "initiated_from": "admin",
    "initiated_by": "admin",
    "list": "0",
    "tag": "vip",
    "contact[id]": "7",
    "contact[email]": "ada+x@example.org",
    "contact[first_name]": "Ada",
    "contact[last_name]": "",
    "contact[phone]": "+33 1",
    "contact[tags]": "vip, new,",
    "contact[orgname]": "",
    "contact[ip]": "0.0.0.0",
    "contact[fields][plan]": "Gold",
    "contact[fields][seat]": "",
    "something[else]": "x",
}


def body(**changed: str | None) -> bytes:
    form = {name: value for name, value in {**FORM, **changed}.items() if value is not None}
    return urlencode(form).encode()


def test_a_delivery_is_read() -> None:
    event = parse_webhook(body())

    assert event.kind is WebhookKind.CONTACT_TAG_ADDED
    assert event.source is WebhookSource.ADMIN
    assert event.occurred_at == datetime(2026, 3, 2, 2, tzinfo=timezone(timedelta(hours=-6)))
    assert event.tag == "vip"
    assert event.contact is not None
    assert (event.contact.id, event.contact.email) == ("7", "ada+x@example.org")
    assert (event.contact.first_name, event.contact.last_name) == ("Ada", None)
    assert event.contact.tags == ("vip", "new")
    assert event.contact.fields == {"plan": "Gold", "seat": ""}
    assert event.raw["something[else]"] == "x"


def test_what_is_not_known_survives() -> None:
    event = parse_webhook(
        body(type="contact_sneezed", initiated_from="robot", date_time="soon", tag=None)
    )

    assert (event.kind, event.source, event.occurred_at, event.tag) == (
        "contact_sneezed",
        "robot",
        None,
        None,
    )


def test_an_event_about_nobody_has_no_contact() -> None:
    assert parse_webhook(b"type=sent").contact is None


def test_the_key_is_the_same_for_a_repetition_and_for_nothing_else() -> None:
    first = parse_webhook(body())

    assert parse_webhook(body(**{"contact[tags]": "changed"})).key == first.key
    for changed in (
        {"type": "contact_tag_removed"},
        {"date_time": "2026-03-02T02:00:01-06:00"},
        {"contact[id]": "8"},
        {"tag": "new"},
    ):
        assert parse_webhook(body(**changed)).key != first.key


def test_an_event_shows_nobody() -> None:
    shown = repr(parse_webhook(body()))

    assert "ada" not in shown.lower()
    assert "Gold" not in shown


@pytest.mark.parametrize(
    "sent", [b"", b"{}", b"type=", b"a=b", b"\xff\xfe", b"type=x&" + b"a=b&" * 3000]
)
def test_what_is_no_delivery_is_refused(sent: bytes) -> None:
    with pytest.raises(DecodeError, match="a webhook"):
        parse_webhook(sent)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(sent: bytes) -> None:
    for whole in (sent, b"type=update&contact[id]=1&" + sent):
        with suppress(DecodeError):
            assert parse_webhook(whole).key
