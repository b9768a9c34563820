"""What DocuSign Connect tells in JSON: who signed it, every family of events, keys and age."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.docusign.models.envelopes import CustomField, EnvelopeStatus
from connectors.docusign.models.events import ConnectEvent, ConnectEventName, DeliveryKind, TimesIn
from connectors.docusign.models.recipients import RecipientKind, RecipientStatus
from connectors.docusign.webhooks import check_age, parse, verify
from connectors.errors import ConfigError, DecodeError, SignatureError
from tests.docusign.deliveries import (
    ACCOUNT,
    ADA,
    BOB,
    ENVELOPE,
    KEY,
    SENDER,
    copied,
    delivery,
    signature,
    signer,
    sim,
    summary,
)

LAST = datetime(2026, 3, 4, 23, 59, 59, 999_999, tzinfo=UTC)


def parsed(content: object, headers: dict[str, str] | None = None) -> ConnectEvent:
    return parse(json.dumps(content).encode(), headers)


# --- whose it is -----------------------------------------------------------------------------


def test_a_delivery_that_docusign_signed_is_let_in() -> None:
    headers, body = delivery(sim())

    verify(body, headers, KEY)
    verify(body, headers, ["another", KEY])


@pytest.mark.parametrize(
    "name",
    [
        "X-DocuSign-Signature-1",
        "x-docusign-signature-1",
        "X-DOCUSIGN-SIGNATURE-100",
        "X-Docusign-Signature-7",
    ],
)
def test_neither_case_nor_number_of_the_header_matters(name: str) -> None:
    _, body = delivery(sim())

    verify(body, {"Host": "h", name: signature(body)}, [KEY])


@pytest.mark.parametrize("keys", [("old",), ("new",), ("old", "new"), ("new", "older", "old")])
def test_a_delivery_with_a_signature_for_each_key_fits_any_of_them(keys: tuple[str, ...]) -> None:
    headers, body = delivery(sim(), "old", "new")

    verify(body, headers, keys)


def test_forged_altered_unsigned_and_written_anew_are_refused() -> None:
    headers, body = delivery(sim())
    anew = json.dumps(json.loads(body), indent=1).encode()
    others = {name: value for name, value in headers.items() if "Signature" not in name}
    digest = {"X-Authorization-Digest": signature(body), **others}

    for sent, given, why in (
        (body, delivery(sim(), "guessed")[0], "none of the keys"),
        (body.replace(b"completed", b"declined_"), headers, "none of the keys"),
        (anew, headers, "none of the keys"),
        (body[:-1], headers, "none of the keys"),
        (body, others, "unsigned"),
        (body, digest, "unsigned"),
        (body, {**others, "X-DocuSign-Signature-1": "HMACSHA256"}, "malformed"),
    ):
        with pytest.raises(SignatureError, match=why):
            verify(sent, given, [KEY, "other"])


@pytest.mark.parametrize("keys", ["", [], [KEY, ""], None, KEY.encode()])
def test_without_a_key_nobody_is_let_in(keys: Any) -> None:
    headers, body = delivery(sim())

    with pytest.raises(ConfigError):
        verify(body, headers, keys)


# --- an event with its data ------------------------------------------------------------------


def test_an_event_is_read_whole() -> None:
    event = parsed(sim())

    assert event.kind is DeliveryKind.SIM
    assert event.event is ConnectEventName.ENVELOPE_COMPLETED
    assert (event.account_id, event.envelope_id, event.user_id) == (ACCOUNT, ENVELOPE, SENDER)
    assert (event.configuration_id, event.retry_count) == ("1234567", 0)
    assert event.generated_at == datetime(2026, 3, 4, 10, 11, 12, 123456, tzinfo=UTC)
    assert (event.times_in, event.flaws, event.recipient) == (TimesIn.UTC, (), None)
    envelope = event.envelope
    assert envelope is not None
    assert envelope.status is EnvelopeStatus.COMPLETED
    assert envelope.completed_at == datetime(2026, 3, 4, 10, 11, 10, 970000, tzinfo=UTC)
    assert envelope.sender is not None
    assert envelope.sender.user_name == "Sam Sender"
    assert envelope.custom_fields == (
        CustomField(name="deal", value="42", field_id="1", show=False, required=False),
    )
    assert envelope.has_form_data_changed is True
    assert envelope.recipients is not None
    ada, bob = envelope.recipients
    assert (ada.kind, ada.status) == (RecipientKind.SIGNER, RecipientStatus.COMPLETED)
    assert (ada.email, ada.recipient_id, ada.recipient_id_guid) == ("ada@example.com", "1", ADA)
    assert ada.signed_at == datetime(2026, 3, 4, 10, 11, 10, tzinfo=UTC)
    assert ada.tabs is not None
    assert [(tab.label, tab.value, tab.selected) for tab in ada.tabs] == [
        ("City", "London", None),
        ("Consent", None, True),
    ]
    assert (bob.kind, bob.status) == (RecipientKind.CARBON_COPY, RecipientStatus.CREATED)


def test_the_body_itself_is_never_shown() -> None:
    event = parsed(sim())

    for word in ("ada@", "Lovelace", "bob@", "sam@", "London", "203.0.113"):
        assert word not in repr(event)
    assert b"ada@example.com" in event.body


@pytest.mark.parametrize("given", ["1", ADA])
def test_a_recipient_event_finds_whom_it_is_about(given: str) -> None:
    event = parsed(sim("recipient-completed", recipientId=given))

    assert event.event is ConnectEventName.RECIPIENT_COMPLETED
    assert event.recipient_id == given
    assert event.recipient is not None
    assert event.recipient.name == "Ada Lovelace"


def test_a_recipient_that_is_not_in_the_data_is_none() -> None:
    assert parsed(sim("recipient-sent", recipientId="9")).recipient is None
    assert parsed(sim("recipient-sent", recipientId="1", envelopeSummary=None)).recipient is None


def test_a_reassigned_recipient_is_told() -> None:
    event = parsed(sim("recipient-reassign", recipientId="1", reassignedRecipientId="3"))

    assert (event.recipient_id, event.reassigned_recipient_id) == ("1", "3")


@pytest.mark.parametrize(
    "name", [n for n in ConnectEventName if n.value.startswith(("envelope-", "recipient-"))]
)
def test_an_event_without_its_data_still_says_what_it_is_about(name: ConnectEventName) -> None:
    bare = sim(name.value)
    del bare["data"]["envelopeSummary"]

    event = parsed(bare)

    assert (event.event, event.envelope) == (name, None)
    assert (event.account_id, event.envelope_id) == (ACCOUNT, ENVELOPE)


@pytest.mark.parametrize(
    "name", [n for n in ConnectEventName if not n.value.startswith(("envelope-", "recipient-"))]
)
def test_a_family_that_is_not_about_envelopes_keeps_its_data(name: ConnectEventName) -> None:
    data = {"accountId": ACCOUNT, "userId": SENDER, "what": {"ever": [1, "two"]}}

    event = parsed({**sim(), "event": name.value, "uri": "/restapi/v2.1/x", "data": data})

    assert (event.event, event.account_id) == (name, ACCOUNT)
    assert (event.envelope_id, event.envelope) == (None, None)
    assert event.data == data


def test_a_template_is_named_by_its_data_or_its_address() -> None:
    uri = f"/restapi/v2.1/accounts/{ACCOUNT}/templates/T"

    for data in ({"templateId": "T", "accountId": ACCOUNT}, {}):
        event = parsed({**sim("template-modified"), "uri": uri, "data": data})
        assert (event.template_id, event.envelope_id) == ("T", None)
        assert event.account_id == ACCOUNT


def test_an_unknown_event_survives() -> None:
    event = parsed({**sim("envelope-danced"), "choreography": {"steps": [1]}})

    assert event.event == "envelope-danced"
    assert event.envelope_id == ENVELOPE
    assert event.envelope is not None


def test_unknown_statuses_kinds_and_fields_survive() -> None:
    recipients = {"signers": [signer(status="pondering")], "soothsayers": [copied()]}
    event = parsed(
        sim(envelopeSummary=summary(status="pending", recipients=recipients, novel={"a": 1}))
    )

    assert event.flaws == ()
    assert event.envelope is not None
    assert event.envelope.status == "pending"
    assert [(r.kind, r.status) for r in event.envelope.recipients or ()] == [
        (RecipientKind.SIGNER, "pondering"),
        ("soothsayers", RecipientStatus.CREATED),
    ]


def test_ids_that_the_data_lacks_come_from_the_address() -> None:
    for data in ({}, None, {"accountId": "", "envelopeId": None}):
        event = parsed({**sim(), "data": data})
        assert (event.account_id, event.envelope_id) == (ACCOUNT, ENVELOPE)
    missing = {k: v for k, v in sim().items() if k != "data"}
    assert parsed(missing).envelope_id == ENVELOPE


def test_an_account_that_the_body_lacks_comes_from_the_header() -> None:
    bare = {"event": "envelope-sent", "data": {"envelopeId": ENVELOPE}}

    assert parsed(bare, {"x-docusign-accountid": f" {ACCOUNT} "}).account_id == ACCOUNT
    assert parsed(bare, {"X-DocuSign-AccountId": ""}).account_id is None
    assert parsed(bare).account_id is None
    assert parsed(sim(), {"X-DocuSign-AccountId": "another"}).account_id == ACCOUNT


@pytest.mark.parametrize(("given", "count"), [(3, 3), ("3", 3), ("", 0), (None, 0), ("03", 3)])
def test_numbers_may_come_as_text(given: object, count: int) -> None:
    event = parsed({**sim(), "retryCount": given, "configurationId": "77"})

    assert (event.retry_count, event.configuration_id, event.flaws) == (count, "77", ())
    assert event.envelope is not None


def test_ids_may_come_as_numbers() -> None:
    event = parsed(sim("recipient-sent", accountId=4711, recipientId=1))

    assert (event.account_id, event.recipient_id) == ("4711", "1")
    assert event.recipient is not None


def test_true_booleans_and_numbers_are_read_as_their_texts_are() -> None:
    real = summary(
        allowMarkup=False,
        enableWetSign=True,
        hasFormDataChanges=True,
        recipients={"signers": [signer(routingOrder=1, totalTabCount=3)], "recipientCount": 1},
    )
    text = summary(recipients={"signers": [signer()], "recipientCount": "1"})

    assert parsed(sim(envelopeSummary=real)).envelope == parsed(sim(envelopeSummary=text)).envelope


def test_empty_texts_and_nulls_mean_nothing() -> None:
    empty = summary(voidedReason="", deletedDateTime="", voidedDateTime=None, expireEnabled="")

    assert parsed(sim(envelopeSummary=empty)).envelope == parsed(sim()).envelope


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-04T10:11:12Z", datetime(2026, 3, 4, 10, 11, 12, tzinfo=UTC)),
        ("2026-03-04T23:59:59.9999999Z", LAST),
        ("2026-03-04T23:59:59.9999999", LAST),
        ("2026-03-04T10:11:12.5", datetime(2026, 3, 4, 10, 11, 12, 500000, tzinfo=UTC)),
        ("2026-03-04T11:11:12+01:00", datetime(2026, 3, 4, 10, 11, 12, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", datetime(1, 1, 1, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_the_time_is_in_utc(text: str | None, expected: datetime | None) -> None:
    event = parsed({**sim(), "generatedDateTime": text})

    assert (event.generated_at, event.flaws) == (expected, ())


def test_a_byte_order_mark_and_spaces_before_the_body_are_read_over() -> None:
    _, body = delivery(sim())

    assert parse(b"\xef\xbb\xbf" + body) == parse(b"\r\n " + body) == parse(body)
    assert parse(b"\xef\xbb\xbf" + body).data == parse(body).data


def test_documents_that_came_along_are_no_hindrance() -> None:
    pages = [{"pageId": "p", "sequence": "1", "height": "792", "width": "612", "dpi": "72"}]
    documents = [{"documentId": "1", "name": "Lease", "PDFBytes": "JVBERi0=" * 9, "pages": pages}]

    event = parsed(sim(envelopeSummary=summary(envelopeDocuments=documents)))

    assert event.envelope is not None
    assert [(d.name, d.pages) for d in event.envelope.documents] == [("Lease", 1)]


# --- what is not as documented ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"retryCount": "often"}, "$.retryCount"),
        ({"retryCount": [1]}, "$.retryCount"),
        ({"configurationId": {}}, "$.configurationId"),
        ({"uri": [5.5]}, "$.uri"),
        ({"generatedDateTime": "yesterday"}, "$.generatedDateTime"),
        ({"data": {**sim()["data"], "userId": ["u"]}}, "$.data.userId"),
        ({"data": {**sim()["data"], "recipientId": True}}, "$.data.recipientId"),
    ],
)
def test_a_part_that_is_not_as_documented_loses_only_itself(
    change: dict[str, Any], path: str
) -> None:
    event = parsed({**sim(), **change})

    assert [flaw.split(":")[0] for flaw in event.flaws] == [path]
    assert event.event is ConnectEventName.ENVELOPE_COMPLETED
    assert (event.account_id, event.envelope_id) == (ACCOUNT, ENVELOPE)
    assert event.envelope == parsed(sim()).envelope


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (5, "$.data.envelopeSummary"),
        ([], "$.data.envelopeSummary"),
        ({"status": "sent"}, "$.data.envelopeSummary.envelope_id"),
        (summary(recipients="c4n4ry"), "$.data.envelopeSummary.recipients"),
        (summary(sender=["c4n4ry"]), "$.data.envelopeSummary.sender"),
        (summary(completedDateTime="c4n4ry"), "$.data.envelopeSummary.completed_at"),
    ],
)
def test_an_envelope_that_cannot_be_read_leaves_the_event(given: object, path: str) -> None:
    event = parsed(sim(envelopeSummary=given))

    assert event.envelope is None
    assert [flaw.split(":")[0] for flaw in event.flaws] == [path]
    assert "c4n4ry" not in repr(event)
    assert (event.event, event.envelope_id) == (ConnectEventName.ENVELOPE_COMPLETED, ENVELOPE)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"event": ""}',
        b'{"event": null, "data": {}}',
        b'{"event": ["envelope-sent"], "data": {}}',
        b'{"event": "envelope-sent", "data": 5}',
        b'{"event": "envelope-sent", "data": [{"envelopeId": "e"}]}',
        b'{"envelopeId": ""}',
        b'{"status": "sent"}',
    ],
)
def test_what_is_no_event_is_refused_with_its_path(body: bytes) -> None:
    with pytest.raises(DecodeError, match=r"\$") as raised:
        parse(body)

    assert raised.value.paths
    assert not raised.value.garbled


@pytest.mark.parametrize("body", [b"{", b'{"event":"\xff"}', b'{"event":NaN,', b'{"event":"e"}}'])
def test_what_is_no_json_is_called_garbled(body: bytes) -> None:
    with pytest.raises(DecodeError, match="not JSON") as raised:
        parse(body)

    assert raised.value.garbled


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"[]", b"null", b'"e"', b"event=envelope-sent", b"\xff\xfe{", b"[{" * 9]
)
def test_what_is_no_object_is_not_read_at_all(body: bytes) -> None:
    with pytest.raises(DecodeError, match="neither a JSON object nor XML") as raised:
        parse(body)

    assert raised.value.garbled


def test_a_body_that_is_too_large_is_not_read() -> None:
    _, body = delivery(sim())

    assert parse(body, max_bytes=len(body)).envelope is not None
    with pytest.raises(DecodeError, match="at most 1000 are read") as raised:
        parse(body, max_bytes=1000)
    assert "documents" in raised.value.hint


@pytest.mark.parametrize("body", ["{}", None, {"event": "x"}])
def test_a_body_that_was_decoded_is_refused(body: Any) -> None:
    with pytest.raises(ConfigError, match="bytes as they came"):
        parse(body)


# --- aggregates ------------------------------------------------------------------------------


@pytest.mark.parametrize("spelt", ["hasFormDataChanged", "hasFormDataChanges"])
def test_an_aggregate_is_the_envelope_itself_and_names_no_event(spelt: str) -> None:
    row = summary()
    row[spelt] = row.pop("hasFormDataChanges")
    event = parsed(row)

    assert (event.kind, event.event) == (DeliveryKind.AGGREGATE, None)
    assert (event.account_id, event.envelope_id, event.user_id) == (ACCOUNT, ENVELOPE, SENDER)
    assert event.envelope == parsed(sim()).envelope
    assert (event.generated_at, event.data) == (None, {})


def custom(*pairs: tuple[str, str]) -> dict[str, Any]:
    rows = [{"name": name, "value": value} for name, value in pairs]
    return {"textCustomFields": rows, "listCustomFields": []}


def test_the_account_of_an_aggregate_is_the_senders_or_from_its_field_or_the_header() -> None:
    headers = {"X-DocuSign-AccountId": "header"}
    docusigns = custom(("AccountId", "field"), ("AccountName", "Acme"), ("AccountSite", "demo"))
    ours = custom(("AccountId", "0015g00000XyZ"))

    def account(**changes: Any) -> str | None:
        return parsed(summary(**changes), headers).account_id

    assert account(customFields=docusigns) == ACCOUNT
    assert account(sender={}, customFields=docusigns) == "field"
    assert account(sender={}, customFields=ours) == "header"
    assert account(sender=None, customFields=None) == "header"
    assert account(sender="?") == "header"


# --- keys ------------------------------------------------------------------------------------


def test_an_event_keeps_its_key_however_often_it_comes() -> None:
    key = parsed(sim()).key

    assert parsed({**sim(), "retryCount": 4}).key == key
    assert parsed({**sim(), "retryCount": "4", "configurationId": 99}).key == key
    assert parsed(sim(envelopeSummary=None)).key == key
    assert len(key) == 32
    assert parsed({**sim(), "retryCount": ["?"]}).key == key


def test_events_that_differ_have_keys_that_differ() -> None:
    events = [
        sim(),
        sim("envelope-sent"),
        sim("envelope-danced"),
        sim(accountId="another"),
        sim(envelopeId="another"),
        sim("recipient-completed", recipientId="1"),
        sim("recipient-completed", recipientId="2"),
        {**sim(), "generatedDateTime": "2026-03-04T10:11:13Z"},
        {**sim(), "generatedDateTime": None},
        {**sim("envelope-sent"), "generatedDateTime": None},
        sim("click-agreed", envelopeId=None, envelopeSummary=None),
        summary(),
        summary(status="voided"),
        summary(statusChangedDateTime="2026-03-05T00:00:00Z"),
        summary(recipients={"signers": [signer(status="declined")], "carbonCopies": [copied()]}),
        summary(sender="?"),
    ]

    assert len({parsed(each).key for each in events}) == len(events)


def test_events_about_no_envelope_keep_their_key_at_each_try() -> None:
    about = {"event": "click-agreed", "data": {"accountId": ACCOUNT, "agreementId": "a"}}
    other = {"event": "click-agreed", "data": {"accountId": ACCOUNT, "agreementId": "b"}}
    tries = [parse(json.dumps({"retryCount": n, **about}).encode()) for n in (0, 1, "12")]

    assert len({event.key for event in tries}) == 1
    assert parse(json.dumps({"retryCount": 0, **other}).encode()).key != tries[0].key


def test_an_aggregate_keeps_its_key_whatever_order_its_recipients_come_in() -> None:
    both = [signer(), signer(recipientIdGuid=BOB, status="sent")]
    keys = {
        parsed(summary(recipients={"signers": rows})).key for rows in (both, list(reversed(both)))
    }

    assert len(keys) == 1


# --- age -------------------------------------------------------------------------------------

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def aged(**ago: float) -> ConnectEvent:
    return parsed({**sim(), "generatedDateTime": (NOW - timedelta(**ago)).isoformat()})


def test_the_age_of_an_event_has_limits() -> None:
    day = timedelta(days=1)

    for fine in (aged(), aged(hours=24), aged(hours=24, minutes=5), aged(minutes=-5)):
        check_age(fine, NOW, day)
    for refused, why in (
        (aged(hours=24, minutes=6), "old, and at most 1 day"),
        (aged(days=400), "old"),
        (aged(minutes=-6), "from the future"),
        (parsed({**sim(envelopeSummary=None), "generatedDateTime": None}), "does not tell when"),
        (parsed({"envelopeId": ENVELOPE, "status": "sent"}), "does not tell when"),
    ):
        with pytest.raises(SignatureError, match=why):
            check_age(refused, NOW, day)
    check_age(aged(minutes=-6), NOW, day, leeway=timedelta(minutes=6))


def test_an_aggregate_is_as_old_as_the_newest_time_it_tells() -> None:
    day = timedelta(days=1)
    completed = datetime(2026, 3, 4, 10, 11, 10, 970_000, tzinfo=UTC)
    expires = (completed + timedelta(days=99)).isoformat()
    whole = parsed(summary(expireDateTime=expires))
    signed = parsed(
        {
            "envelopeId": ENVELOPE,
            "createdDateTime": "2026-03-01T00:00:00Z",
            "recipients": {"signers": [signer(signedDateTime=completed.isoformat()), copied()]},
        }
    )

    for event in (whole, signed):
        assert event.generated_at is None
        check_age(event, completed + day, day)
        with pytest.raises(SignatureError, match="old, and at most 1 day"):
            check_age(event, completed + day + timedelta(minutes=6), day)
        with pytest.raises(SignatureError, match="from the future"):
            check_age(event, completed - timedelta(minutes=6), day)


def test_the_present_needs_a_zone() -> None:
    with pytest.raises(ConfigError, match="time zone"):
        check_age(aged(), NOW.replace(tzinfo=None), timedelta(days=1))
