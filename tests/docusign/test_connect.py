"""Configurations of Connect as values: what is recommended, and what one made by hand lacks."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve, fields

from connectors.docusign.models import (
    ConfigurationType,
    ConnectConfiguration,
    ConnectEventName,
    ConnectLog,
    ConnectOAuth,
    ConnectSecret,
    ConnectUser,
    DataVersion,
    DebugEntry,
    DeliveryMode,
    EnvelopeTrigger,
    EventData,
    IncludeData,
    RecipientTrigger,
    Republished,
)
from tests.docusign.administration import NOTIFICATION, URL, WANTED, WHOLE

MARK = "c4n4ry"
HIDDEN_URL = f"https://{MARK}:{MARK}@example.org/hook?key={MARK}"


def test_what_is_recommended_loses_nothing() -> None:
    made = ConnectConfiguration.recommended(URL, ["envelope-sent"])

    assert made == ConnectConfiguration(
        name="connectors",
        url=URL,
        configuration_type=ConfigurationType.CUSTOM,
        enabled=True,
        all_users=True,
        delivery_mode=DeliveryMode.SIM,
        events=("envelope-sent",),
        event_data=EventData(
            version=DataVersion.REST,
            format="json",
            include_data=(IncludeData.CUSTOM_FIELDS, IncludeData.RECIPIENTS, IncludeData.TABS),
        ),
        requires_acknowledgement=True,
        enable_log=True,
        include_hmac=True,
    )


def test_nothing_is_missing_of_what_is_there_and_more() -> None:
    more = evolve(
        WANTED,
        events=(*WANTED.events, "envelope-voided"),
        enable_log=True,
        name="another name",
        include_documents=True,
        user_ids=("u",),
    )

    assert more.missing(WANTED) == ()


def test_only_what_is_wanted_is_missed() -> None:
    assert ConnectConfiguration().missing(ConnectConfiguration()) == ()


LACKS: list[tuple[dict[str, Any], str]] = [
    ({"url": None}, "url: it publishes to nowhere; set it to 'https://example.org/docusign'"),
    (
        {"url": "https://other.org/x?k=1"},
        "url: it publishes to 'https://other.org/x'; set it to 'https://example.org/docusign'",
    ),
    (
        {"url": URL + "0"},
        "url: it publishes to 'https://example.org/docusign'; set it to "
        "'https://example.org/docusign', whose query is another",
    ),
    (
        {"delivery_mode": DeliveryMode.AGGREGATE},
        "delivery mode: it is Aggregate; set it to SIM",
    ),
    ({"delivery_mode": None}, "delivery mode: it is not said; set it to SIM"),
    (
        {"enabled": None},
        "enabled: it is switched off; let it publish (allowEnvelopePublish)",
    ),
    ({"pause_publish": True}, "enabled: it is paused; resume it (pausePublish)"),
    (
        {"include_hmac": False},
        "signature: messages are not signed; switch HMAC on (includeHMAC)",
    ),
    (
        {"requires_acknowledgement": False},
        "acknowledgement: a delivery that fails is not repeated; require it "
        "(requiresAcknowledgement)",
    ),
    (
        {"enable_log": None},
        "log: failed deliveries cannot be looked up; switch it on (enableLog)",
    ),
    ({"all_users": False}, "users: it watches nobody; watch all users (allUsers)"),
    (
        {"all_users": False, "user_ids": ("a", "b"), "group_ids": ("c",)},
        "users: it watches only those that are named, 3 in all; watch all users (allUsers)",
    ),
    (
        {"all_users_except": True, "user_ids": ("a",)},
        "users: those that are named are left out, 1 in all; watch all users",
    ),
    (
        {"events": ("envelope-sent",)},
        "events: add envelope-completed, recipient-completed",
    ),
    (
        {"event_data": EventData(include_data=("recipients",))},
        "data to include: add custom_fields, tabs",
    ),
    (
        {"event_data": evolve(WANTED.event_data or EventData(), format="xml")},
        "data: it is restv2.1 xml; choose restv2.1 json",
    ),
    (
        {"event_data": evolve(WANTED.event_data or EventData(), version=None, format=None)},
        "data: it is legacy xml; choose restv2.1 json",
    ),
]


@pytest.mark.parametrize(("change", "text"), LACKS, ids=[text[:40] for _, text in LACKS])
def test_what_is_missing_is_said_in_words_that_help(change: dict[str, Any], text: str) -> None:
    assert evolve(WANTED, **change).missing(WANTED) == (text,)


def test_a_form_that_is_not_said_is_json_where_the_version_is_new() -> None:
    data = evolve(WANTED.event_data or EventData(), format=None)

    assert evolve(WANTED, event_data=data).missing(WANTED) == ()


def test_without_event_data_the_older_form_comes_and_brings_nothing_along() -> None:
    assert evolve(WANTED, event_data=None).missing(WANTED) == (
        "data: it is the older XML; choose restv2.1 json",
        "data to include: add custom_fields, recipients, tabs",
    )


def test_the_older_lists_are_compared_too() -> None:
    wanted = ConnectConfiguration(
        envelope_events=(EnvelopeTrigger.SENT, EnvelopeTrigger.VOIDED),
        recipient_events=(RecipientTrigger.AUTO_RESPONDED,),
    )
    by_hand = ConnectConfiguration(envelope_events=("Sent",))

    assert by_hand.missing(wanted) == (
        "envelope events: add Voided",
        "recipient events: add AutoResponded",
    )


def test_names_of_events_are_the_same_as_text_and_as_a_member() -> None:
    as_text = evolve(WANTED, events=("envelope-completed", "recipient-completed"))

    assert as_text.missing(WANTED) == WANTED.missing(as_text) == ()
    assert len({each.value for each in ConnectEventName}) == len(ConnectEventName)


@pytest.mark.parametrize(
    "value",
    [
        ConnectConfiguration(
            url=HIDDEN_URL, user_name=MARK, password=MARK, disabled_by=MARK, others={"a": MARK}
        ),
        ConnectConfiguration(url="https://[broken", name="x"),
        evolve(NOTIFICATION, url=HIDDEN_URL),
        ConnectSecret(key_id=1, secret=MARK),
        ConnectOAuth(
            authorization_server_url=HIDDEN_URL,
            client_secret=MARK,
            custom_parameters={"a": MARK},
        ),
        ConnectUser(user_id="u", name=MARK, email=f"{MARK}@x.org"),
        ConnectLog(
            url=HIDDEN_URL,
            error=MARK,
            subject=MARK,
            user_name=MARK,
            email=f"{MARK}@x.org",
            steps=(DebugEntry(payload=MARK, description=MARK, configuration=MARK),),
        ),
        DebugEntry(payload=MARK, description=MARK, configuration=MARK),
        Republished(url=HIDDEN_URL, message=MARK),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_secret_and_no_person_is_shown(value: object) -> None:
    assert MARK not in repr(value)


def test_what_is_missing_shows_no_secret_of_a_url() -> None:
    wanted = evolve(WANTED, url=HIDDEN_URL)

    assert all(MARK not in text for text in WANTED.missing(wanted))


def test_both_kinds_of_subscription_have_the_same_names() -> None:
    assert {a.name for a in fields(type(NOTIFICATION))} <= {a.name for a in fields(type(WHOLE))}
