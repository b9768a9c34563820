"""Connect's operations as values: what they send, what they read, what they refuse."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from attrs import evolve, fields
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.core.call import Call, Response, WriteClass
from connectors.docusign import calls
from connectors.docusign.calls._connect import notification_body
from connectors.docusign.models import (
    ConnectConfiguration,
    ConnectEventName,
    ConnectId,
    ConnectLog,
    ConnectOAuth,
    ConnectSecret,
    ConnectUser,
    DataVersion,
    DebugEntry,
    DeliveryMode,
    EventData,
    EventNotification,
    HistoricalPublish,
    IncludeData,
    Republished,
)
from connectors.errors import DecodeError, NotFound
from tests.docusign.administration import (
    ENVELOPE,
    NOTIFICATION,
    OAUTH,
    SINCE,
    TABLE,
    UNTIL,
    URL,
    USER,
    WANTED,
    WHOLE,
)


def sent(call: Call[Any]) -> Any:
    return json.loads(call.request.body)


def query(call: Call[Any]) -> dict[str, str]:
    return dict(parse_qsl(call.request.query, keep_blank_values=True))


def read(call: Call[Any], body: object, status: int = 200) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return call.decode(Response(status=status, body=raw))


@pytest.mark.parametrize(("call", "line", "write_class"), TABLE, ids=[line for _, line, _ in TABLE])
def test_each_operation_goes_where_it_belongs(
    call: Call[Any], line: str, write_class: WriteClass
) -> None:
    assert f"{call.request.method} {call.request.path}" == line
    assert call.write_class is write_class
    assert call.service == "docusign"


def test_each_operation_has_a_name_of_its_own() -> None:
    names = [call.operation for call, _, _ in TABLE]

    assert len(names) == len(set(names))


# --- what is sent ----------------------------------------------------------------------------

RECOMMENDED = {
    "configurationType": "custom",
    "name": "the integration",
    "urlToPublishTo": URL,
    "allUsers": "true",
    "allowEnvelopePublish": "true",
    "deliveryMode": "SIM",
    "requiresAcknowledgement": "true",
    "enableLog": "true",
    "includeHMAC": "true",
    "eventData": {
        "version": "restv2.1",
        "format": "json",
        "includeData": ["custom_fields", "recipients", "tabs"],
    },
    "events": ["envelope-completed", "recipient-completed"],
}


def test_what_is_recommended_is_written_in_strings() -> None:
    assert sent(calls.create_connect_configuration(WANTED)) == RECOMMENDED


SHARED = {
    "deliveryMode": "SIM",
    "events": ["envelope-sent"],
    "eventData": {"version": "restv2.1", "format": "json", "includeData": ["recipients"]},
    "includeHMAC": "true",
    "integratorManaged": "false",
    "includeOAuth": "false",
    "includeDocuments": "false",
    "includeCertificateOfCompletion": "false",
    "includeDocumentFields": "true",
    "includeEnvelopeVoidReason": "true",
    "useSoapInterface": "true",
}


def test_a_configuration_of_the_account_has_its_own_spelling() -> None:
    assert sent(calls.update_connect_configuration(WHOLE)) == SHARED | {
        "connectId": "1234567",
        "name": "by hand",
        "configurationType": "custom",
        "urlToPublishTo": URL,
        "allowEnvelopePublish": "true",
        "pausePublish": "false",
        "allUsers": "false",
        "allUsersExcept": "false",
        "userIds": [USER],
        "groupIds": ["7"],
        "deliveryMode": "Aggregate",
        "envelopeEvents": ["Completed"],
        "recipientEvents": ["AuthenticationFailed"],
        "requiresAcknowledgement": "true",
        "enableLog": "true",
        "includeTimeZoneInformation": "true",
        "includeSenderAccountasCustomField": "true",
        "signMessageWithX509Certificate": "false",
        "soapNamespace": "urn:example",
        "includeCertSoapHeader": "false",
        "userName": "hook",
        "password": "c4n4ry",
        "requireMutualTls": "false",
        "enableOAuthPerConfiguration": "false",
    }


def test_the_notification_of_an_envelope_has_another_spelling() -> None:
    assert notification_body(NOTIFICATION) == SHARED | {
        "url": URL,
        "envelopeEvents": [{"envelopeEventStatusCode": "Completed", "includeDocuments": "false"}],
        "recipientEvents": [{"recipientEventStatusCode": "Sent", "includeDocuments": "false"}],
        "requireAcknowledgment": "true",
        "loggingEnabled": "true",
        "includeTimeZone": "true",
        "includeSenderAccountAsCustomField": "true",
        "signMessageWithX509Cert": "false",
        "soapNameSpace": "urn:example",
        "includeCertificateWithSoap": "false",
    }


def test_a_notification_says_only_what_was_set() -> None:
    spare = EventNotification(url=URL, events=("envelope-sent",), envelope_events=("Sent",))

    assert notification_body(spare) == {
        "url": URL,
        "events": ["envelope-sent"],
        "envelopeEvents": [{"envelopeEventStatusCode": "Sent"}],
    }


def test_what_is_republished_is_never_waited_for() -> None:
    assert sent(calls.retry_connect_many([ENVELOPE, "e2"])) == {
        "envelopeIds": [ENVELOPE, "e2"],
        "synchronous": "false",
    }
    assert calls.retry_connect(ENVELOPE).request.body == b""


def test_history_goes_to_a_whole_configuration() -> None:
    assert sent(calls.publish_historical([ENVELOPE], WANTED)) == {
        "envelopes": [ENVELOPE],
        "config": RECOMMENDED,
    }


def test_a_token_for_the_endpoint_is_described_whole() -> None:
    whole = {
        "authorizationServerUrl": "https://login.example.org/token",
        "clientId": "connect",
        "clientSecret": "c4n4ry",
        "scope": "hooks",
        "customParameters": {"audience": "hooks"},
    }
    assert sent(calls.create_connect_oauth(OAUTH)) == whole
    spare = evolve(OAUTH, scope=None, custom_parameters={})
    del whole["scope"], whole["customParameters"]
    assert sent(calls.update_connect_oauth(spare)) == whole


def test_spans_and_filters_are_queries() -> None:
    span = {"from_date": "2026-03-02T08:00:00.0000000Z", "to_date": "2026-03-03T08:00:00.0000000Z"}

    assert query(calls.list_connect_logs(since=SINCE, until=UNTIL)) == span
    assert query(calls.list_connect_failures(since=SINCE, until=UNTIL)) == span
    assert query(calls.list_connect_logs()) == {}
    assert query(calls.get_connect_log("l")) == {"additional_info": "true"}
    users = calls.list_connect_users(
        "1", included_only=True, email="@x", name="A", statuses=["Active", "Closed"], page_size=50
    )
    assert query(users.at("100")) == {
        "list_included_users": "true",
        "email_substring": "@x",
        "user_name_substring": "A",
        "status": "Active,Closed",
        "count": "50",
        "start_position": "100",
    }


# --- what is read ----------------------------------------------------------------------------

BY_HAND = {
    "connectId": "1234567",
    "configurationType": "custom",
    "urlToPublishTo": URL,
    "name": "by hand",
    "allowEnvelopePublish": "true",
    "enableLog": "True",
    "includeDocuments": False,
    "requiresAcknowledgement": "1",
    "includeHMAC": "false",
    "pausePublish": "",
    "allUsers": "true",
    "userIds": None,
    "deliveryMode": "SIM",
    "envelopeEvents": ["Completed", "Shredded"],
    "events": ["envelope-completed", "hologram-projected"],
    "eventData": {"version": "restv2.1", "includeData": ["tabs", "smells"]},
    "senderOverride": "false",
    "salesforceApiVersion": "",
    "sfObjects": [{"id": "1", "selectFields": [{"id": "2", "sfField": None}]}],
    "hologram": {"depth": "3"},
}


def test_a_configuration_is_typed_whichever_way_it_is_written() -> None:
    found = read(
        calls.get_connect_configuration("1234567"),
        {"configurations": [BY_HAND], "totalRecords": "1"},
    )

    assert found == ConnectConfiguration(
        connect_id=ConnectId("1234567"),
        url=URL,
        name="by hand",
        enabled=True,
        enable_log=True,
        include_documents=False,
        requires_acknowledgement=True,
        include_hmac=False,
        all_users=True,
        delivery_mode=DeliveryMode.SIM,
        envelope_events=found.envelope_events,
        events=(ConnectEventName.ENVELOPE_COMPLETED, "hologram-projected"),
        event_data=EventData(
            version=DataVersion.REST, format=None, include_data=(IncludeData.TABS, "smells")
        ),
        others={
            "senderOverride": "false",
            "sfObjects": [{"id": "1", "selectFields": [{"id": "2", "sfField": None}]}],
            "hologram": {"depth": "3"},
        },
    )
    assert [getattr(e, "value", e) for e in found.envelope_events] == ["Completed", "Shredded"]


def test_what_is_unknown_of_a_configuration_survives_an_update() -> None:
    wrapped = {"configurations": [BY_HAND]}
    (found,) = read(calls.list_connect_configurations(), wrapped)

    body = sent(calls.update_connect_configuration(evolve(found, include_hmac=True)))

    assert {name: body[name] for name in ("senderOverride", "sfObjects", "hologram")} == {
        name: BY_HAND[name] for name in ("senderOverride", "sfObjects", "hologram")
    }
    assert body["includeHMAC"] == "true"
    assert body["events"] == ["envelope-completed", "hologram-projected"]
    assert body["eventData"] == {"version": "restv2.1", "includeData": ["tabs", "smells"]}
    assert body["userIds"] == []
    assert not {"pausePublish", "salesforceApiVersion"} & body.keys()


SWITCHES = [
    name
    for name, each in {a.name: a.type for a in fields(ConnectConfiguration)}.items()
    if str(each) == "bool | None"
]


@settings(max_examples=30)
@given(
    switches=st.fixed_dictionaries(
        {name: st.sampled_from([True, False, None]) for name in SWITCHES}
    ),
    events=st.lists(st.sampled_from(ConnectEventName), min_size=1),
    others=st.dictionaries(
        st.from_regex("x[a-zA-Z]{1,9}", fullmatch=True),
        st.recursive(
            st.booleans() | st.text(min_size=1), lambda inner: st.lists(inner, min_size=1)
        ),
    ),
)
def test_whatever_is_written_is_read_the_same(
    switches: dict[str, Any], events: list[ConnectEventName], others: dict[str, object]
) -> None:
    changed = evolve(
        WANTED,
        connect_id=ConnectId("7"),
        soap_namespace="urn:x",
        user_ids=("u",),
        events=tuple(events),
        others=others,
        **switches,
    )

    call = calls.update_connect_configuration(changed)

    assert read(call, call.request.body) == changed


def test_a_list_that_was_emptied_is_said_to_be_empty() -> None:
    emptied = evolve(WHOLE, envelope_events=(), recipient_events=(), group_ids=())
    body = sent(calls.update_connect_configuration(emptied))

    assert (body["envelopeEvents"], body["recipientEvents"], body["groupIds"]) == ([], [], [])


def test_who_switched_it_off_is_read_and_never_sent() -> None:
    off = BY_HAND | {"disabledBy": "ada@example.com"}
    (found,) = read(calls.list_connect_configurations(), {"configurations": [off]})

    assert found.disabled_by == "ada@example.com"
    assert "disabledBy" not in sent(calls.update_connect_configuration(found))


def test_what_says_nothing_of_its_form_is_of_the_older_one() -> None:
    bare = {"connectId": 7, "events": [], "eventData": {}}
    (found,) = read(calls.list_connect_configurations(), {"configurations": [bare]})

    assert found.connect_id == "7"
    assert found.event_data == EventData(version=None, format=None)
    assert found.configuration_type is None
    assert (found.enabled, found.all_users) == (None, None)


@pytest.mark.parametrize("body", [{"configurations": None}, {}, {"configurations": []}])
def test_an_account_without_configurations_has_none(body: object) -> None:
    assert read(calls.list_connect_configurations(), body) == ()
    with pytest.raises(NotFound):
        read(calls.get_connect_configuration("1"), body)


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[1]", b'{"configurations": [1]}', b'{"configurations": 1}', b"7"]
)
def test_what_is_no_list_of_configurations_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        read(calls.list_connect_configurations(), body)


@pytest.mark.parametrize("body", [b"<html>", b"", b"7", b"null", b'[{"keyId": "first"}]'])
def test_what_holds_no_keys_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        read(calls.list_connect_secrets(), body)


def test_an_answer_of_any_depth_is_read() -> None:
    deep = b'{"a":' * 200 + b'"x"' + b"}" * 200

    assert read(calls.list_connect_secrets(), deep) == ()
    assert read(calls.update_connect_configuration(WHOLE), deep).others.keys() == {"a"}


def test_the_answer_to_a_change_is_the_configuration() -> None:
    made = read(calls.create_connect_configuration(WANTED), BY_HAND, 201)
    assert made.connect_id == "1234567"
    assert read(calls.update_connect_configuration(WHOLE), BY_HAND).name == "by hand"
    assert read(calls.update_connect_configuration(WHOLE), b"") == WHOLE


def test_users_of_a_configuration_come_in_pages() -> None:
    call = calls.list_connect_users("1", page_size=2).at(None)
    page = read(
        call,
        {
            "users": [
                {
                    "userId": "u1",
                    "userName": "Ada",
                    "email": "ada@example.com",
                    "userStatus": "Active",
                },
                {"userId": "u2", "isIncluded": "false", "email": ""},
            ],
            "allUsersSelected": "false",
            "resultSetSize": "2",
            "totalSetSize": "3",
            "startPosition": "0",
            "endPosition": "1",
            "nextUri": "/connect/1/users?start_position=2",
        },
    )

    assert page.items == (
        ConnectUser(user_id="u1", name="Ada", email="ada@example.com", status="Active"),
        ConnectUser(user_id="u2", is_included=False),
    )
    assert (page.cursor, page.total) == ("2", 3)


SECRET = "5tR0ng="
TRUNCATED = "5tR…"


@pytest.mark.parametrize(
    "body",
    [
        SECRET,
        {"secret": SECRET},
        {"keyId": "2", "hmacSecret": SECRET, "createdDateTime": "2026-03-02T08:00:00.0000000Z"},
        {"Key": SECRET},
        {"connectSecret": {"secret": SECRET}},
        {"secrets": [{"id": 2, "value": SECRET}], "totalRecords": "1"},
    ],
)
def test_a_new_key_is_found_in_whatever_form_it_comes(body: object) -> None:
    made = read(calls.create_connect_secret(), body, 201)

    assert made.secret == SECRET
    assert made.key_id in (None, 1, 2)


def test_a_new_key_without_its_secret_is_no_success() -> None:
    empty: list[object] = [{}, {"keyId": "1"}, [], {"status": "ok"}]
    for body in empty:
        with pytest.raises(DecodeError, match="no secret"):
            read(calls.create_connect_secret(), body, 201)


@pytest.mark.parametrize(
    "body",
    [
        {"secrets": [{"keyId": "1", "secret": TRUNCATED}, {"keyId": "2", "secret": TRUNCATED}]},
        [{"secret": TRUNCATED}, {"secret": TRUNCATED}],
        [TRUNCATED, TRUNCATED],
    ],
)
def test_keys_are_numbered_from_one(body: object) -> None:
    assert read(calls.list_connect_secrets(), body) == (
        ConnectSecret(key_id=1, secret=TRUNCATED),
        ConnectSecret(key_id=2, secret=TRUNCATED),
    )


def test_the_time_of_a_key_is_read() -> None:
    body = [{"keyId": 1, "secret": TRUNCATED, "dateCreated": "2026-03-02T08:00:00.1230000Z"}]
    (found,) = read(calls.list_connect_secrets(), body)

    assert found.created_at == datetime(2026, 3, 2, 8, 0, 0, 123000, tzinfo=UTC)


def test_an_account_without_keys_has_none() -> None:
    empty: list[object] = [{"secrets": []}, [], {}, {"totalRecords": "0"}]
    for body in empty:
        assert read(calls.list_connect_secrets(), body) == ()


def test_the_token_for_the_endpoint_is_read() -> None:
    body = {"authorizationServerUrl": "https://login.example.org/token", "clientId": "connect"}

    assert read(calls.get_connect_oauth(), body) == ConnectOAuth(
        authorization_server_url="https://login.example.org/token", client_id="connect"
    )
    assert read(calls.update_connect_oauth(OAUTH), b"") == OAUTH


LOG_ROW = {
    "accountId": "a",
    "configUrl": URL,
    "connectId": "1234567",
    "created": "2026-03-02T08:00:00.1230000Z",
    "email": "sam@example.com",
    "envelopeId": ENVELOPE,
    "error": "https://example.org/docusign?tenant=7 :: Error - HTTP 500",
    "failureId": "f1",
    "failureUri": "/connect/failures/f1",
    "lastTry": "2026-03-02T08:05:00.0000000Z",
    "logId": "l1",
    "logUri": "/connect/logs/l1",
    "retryCount": "3",
    "retryUri": "/connect/envelopes/e/retry_queue",
    "status": "Completed",
    "subject": "Agreement",
    "userName": "Sam Sender",
    "connectDebugLog": [
        {
            "connectConfig": "by hand",
            "eventDateTime": "2026-03-02T08:00:00.1230000Z",
            "eventDescription": "Posting",
            "payload": "{}",
            "errorDetails": None,
        }
    ],
}
LOG_READ = ConnectLog(
    account_id="a",
    url=URL,
    connect_id=ConnectId("1234567"),
    created_at=datetime(2026, 3, 2, 8, 0, 0, 123000, tzinfo=UTC),
    email="sam@example.com",
    envelope_id=ENVELOPE,
    error="https://example.org/docusign?tenant=7 :: Error - HTTP 500",
    failure_id="f1",
    last_try=datetime(2026, 3, 2, 8, 5, tzinfo=UTC),
    log_id="l1",
    retry_count=3,
    status="Completed",
    subject="Agreement",
    user_name="Sam Sender",
    steps=(
        DebugEntry(
            at=datetime(2026, 3, 2, 8, 0, 0, 123000, tzinfo=UTC),
            description="Posting",
            configuration="by hand",
            payload="{}",
        ),
    ),
)


def test_deliveries_and_failures_are_read_from_the_same_wrapper() -> None:
    body = {"logs": [LOG_ROW], "failures": [], "totalRecords": "1", "type": "log"}
    assert read(calls.list_connect_logs(), body) == (LOG_READ,)
    assert read(calls.list_connect_failures(), body) == ()
    failed = {"failures": [LOG_ROW], "totalRecords": "1", "type": "failures", "logs": None}
    assert read(calls.list_connect_failures(), failed) == (LOG_READ,)
    assert read(calls.get_connect_log("l1"), LOG_ROW) == LOG_READ


def test_a_row_of_the_log_may_say_little() -> None:
    row = {"logId": "l1", "retryCount": "", "lastTry": None, "connectDebugLog": None}

    assert read(calls.list_connect_logs(), {"logs": [row]}) == (ConnectLog(log_id="l1"),)


def test_what_was_republished_is_told_by_endpoint() -> None:
    row = {
        "configId": "1234567",
        "configUrl": URL,
        "envelopeId": ENVELOPE,
        "status": "queued",
        "statusMessage": "",
    }
    republished = Republished(
        connect_id=ConnectId("1234567"), url=URL, envelope_id=ENVELOPE, status="queued"
    )

    assert read(calls.retry_connect(ENVELOPE), {"retryQueue": [row]}) == (republished,)
    assert read(calls.retry_connect_many([ENVELOPE]), {"retryQueue": [row]}) == (republished,)
    assert read(calls.retry_connect(ENVELOPE), {"retryQueue": None}) == ()


def test_history_on_its_way_is_told_in_numbers() -> None:
    body = {
        "envelopePublishTransactionId": "t1",
        "processingStatus": "processing",
        "envelopeCount": "3",
        "submittedForPublishingEnvelopeCount": "2",
        "processedEnvelopeCount": "1",
        "noActionRequiredEnvelopeCount": "1",
        "errorCount": "0",
        "fileLevelErrors": None,
        "submissionDate": "2026-03-02T08:00:00.0000000Z",
    }

    assert read(calls.publish_historical([ENVELOPE], WANTED), body, 201) == HistoricalPublish(
        transaction_id="t1",
        status="processing",
        envelopes=3,
        submitted=2,
        processed=1,
        without_action=1,
        errors=0,
        submitted_at=datetime(2026, 3, 2, 8, tzinfo=UTC),
    )
