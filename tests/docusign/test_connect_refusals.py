"""What Connect's operations refuse before anything is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve

from connectors.core.call import Call
from connectors.docusign import calls
from connectors.docusign.calls._connect import notification_body
from connectors.docusign.models import ConnectId, EventData, EventNotification
from connectors.errors import ConfigError
from tests.docusign.administration import ENVELOPE, OAUTH, URL, USER, WANTED


def sent(call: Call[Any]) -> Any:
    return json.loads(call.request.body)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"url": None}, "https"),
    ({"url": "http://example.org/hook"}, "https"),
    ({"url": "https://"}, "https"),
    ({"url": "https://[broken"}, "https"),
    ({"url": "https://example.org/" + "é" * 2048}, "4096 bytes, got 4116"),
    ({"events": ()}, "name one event at least"),
    ({"events": "envelope-sent"}, "a list of names, not one text"),
    ({"events": ("Envelope-Completed",)}, "it is written 'envelope-completed'"),
    ({"events": ("envelope_completed",)}, "it is written 'envelope-completed'"),
    ({"events": ("Completed",)}, "they are written like 'envelope-created'"),
    ({"events": ("",)}, "events has no ''"),
    ({"envelope_events": ("completed",)}, "it is written 'Completed'"),
    ({"envelope_events": ("envelope-completed",)}, "they are written like 'Sent'"),
    ({"recipient_events": ("authenticationfailed",)}, "it is written 'AuthenticationFailed'"),
    ({"recipient_events": ("Authenticationfailed-",)}, "it is written 'AuthenticationFailed'"),
    ({"delivery_mode": "sim"}, "it is written 'SIM'"),
    ({"delivery_mode": "aggregate"}, "it is written 'Aggregate'"),
    (
        {"event_data": EventData(include_data=("customFields",))},
        "it is written 'custom_fields'",
    ),
    ({"use_soap": True}, "soap_namespace"),
    ({"name": ""}, "name"),
    ({"configuration_type": None}, "type"),
    ({"all_users": None}, "watches nobody"),
    ({"connect_id": ConnectId("7")}, "update it"),
]


@pytest.mark.parametrize(("change", "why"), REFUSED, ids=[f"{c}"[:50] for c, _ in REFUSED])
def test_a_configuration_that_would_never_deliver_is_refused(
    change: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        calls.create_connect_configuration(evolve(WANTED, **change))


@pytest.mark.parametrize(
    ("change", "why"), REFUSED[:12], ids=[f"{c}"[:50] for c, _ in REFUSED[:12]]
)
def test_a_notification_that_would_never_deliver_is_refused(
    change: dict[str, Any], why: str
) -> None:
    spare = EventNotification(url=URL, events=("envelope-sent",))
    with pytest.raises(ConfigError, match=why):
        notification_body(evolve(spare, **change))


def test_names_that_docusign_may_get_one_day_pass() -> None:
    odd = evolve(
        WANTED,
        events=("hologram-projected", "notary-session-signer-left"),
        envelope_events=("Projected",),
        recipient_events=("HologramSeen",),
        delivery_mode="Burst",
        event_data=EventData(include_data=("holograms",)),
    )
    body = sent(calls.create_connect_configuration(odd))

    assert body["events"] == ["hologram-projected", "notary-session-signer-left"]
    assert body["deliveryMode"] == "Burst"


@pytest.mark.parametrize("who", [{"user_ids": (USER,)}, {"group_ids": ("7",)}])
def test_some_users_will_do(who: dict[str, Any]) -> None:
    some = evolve(WANTED, all_users=None, **who)

    assert "allUsers" not in sent(calls.create_connect_configuration(some))


def test_an_update_needs_what_was_read() -> None:
    with pytest.raises(ConfigError, match="read it first"):
        calls.update_connect_configuration(WANTED)


@pytest.mark.parametrize("key_id", [0, -1, True])
def test_keys_are_named_by_their_number(key_id: int) -> None:
    with pytest.raises(ConfigError, match="numbered from 1"):
        calls.delete_connect_secret(key_id)


def test_a_key_that_is_gone_is_no_success() -> None:
    assert calls.delete_connect_secret(1).safe_statuses == frozenset()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"authorization_server_url": "http://x.org"}, "https"),
        ({"authorization_server_url": None}, "https"),
        ({"client_id": ""}, "client_id"),
        ({"client_secret": None}, "client_secret"),
    ],
)
def test_a_token_that_could_not_be_fetched_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        calls.create_connect_oauth(evolve(OAUTH, **change))


def test_nothing_to_republish_is_refused() -> None:
    with pytest.raises(ConfigError, match="one envelope"):
        calls.retry_connect_many([])
    with pytest.raises(ConfigError, match="one envelope"):
        calls.publish_historical([], WANTED)
    with pytest.raises(ConfigError, match="not one text"):
        calls.retry_connect_many(ENVELOPE)
    with pytest.raises(ConfigError, match="empty"):
        calls.retry_connect_many([""])


def test_an_hour_takes_so_much_history() -> None:
    many = [str(number) for number in range(10_000)]

    assert len(sent(calls.publish_historical(many[:-1], WANTED))["envelopes"]) == 9_999
    with pytest.raises(ConfigError, match="in parts"):
        calls.publish_historical(many, WANTED)
