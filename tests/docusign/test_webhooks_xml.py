"""The legacy XML of Connect ends in the same events; what is no envelope never gets that far."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from connectors.docusign.models.envelopes import CustomFieldKind, EnvelopeStatus
from connectors.docusign.models.events import ConnectEvent, DeliveryKind, TimesIn
from connectors.docusign.models.recipients import Recipient, RecipientKind, RecipientStatus
from connectors.docusign.models.tabs import TabType
from connectors.docusign.webhooks import check_age, parse, verify
from connectors.docusign.xml import DEEPEST, MOST_ELEMENTS
from connectors.errors import DecodeError, SignatureError
from tests.docusign.deliveries import (
    ACCOUNT,
    ADA,
    BOB,
    ENVELOPE,
    KEY,
    SENDER_FIELDS,
    ZONE,
    signature,
    sim,
    xml,
)
from tests.docusign.test_webhooks import parsed

HEADERS = {"X-DocuSign-AccountId": ACCOUNT}


def event(text: str | None = None, **given: Any) -> ConnectEvent:
    return parse((xml() if text is None else text).encode(), HEADERS, **given)


def person(text: str) -> Recipient:
    found = event(text)
    assert found.envelope is not None
    assert found.envelope.recipients is not None
    return found.envelope.recipients.items[0]


def test_xml_is_signed_as_json_is() -> None:
    body = xml().encode()

    verify(body, {"X-DocuSign-Signature-2": signature(body)}, KEY)
    with pytest.raises(SignatureError):
        verify(body.strip() + b"\n", {"X-DocuSign-Signature-2": signature(body)}, KEY)


def test_xml_and_json_of_one_envelope_are_equal_in_what_both_say() -> None:
    old, new = event(), parsed(sim())

    assert (old.kind, old.event, old.flaws) == (DeliveryKind.XML, None, ())
    for name in ("account_id", "envelope_id", "generated_at", "retry_count"):
        assert getattr(old, name) == getattr(new, name)
    assert old.envelope is not None
    assert new.envelope is not None
    for name in (
        "envelope_id status email_subject created_at sent_at delivered_at completed_at "
        "declined_at voided_at deleted_at signing_location documents"
    ).split():
        assert getattr(old.envelope, name) == getattr(new.envelope, name), name
    assert old.envelope.sender is not None
    assert new.envelope.sender is not None
    for name in ("user_name", "email", "ip_address"):
        assert getattr(old.envelope.sender, name) == getattr(new.envelope.sender, name)
    unnumbered = tuple(attrs.evolve(f, field_id=None) for f in new.envelope.custom_fields)
    assert old.envelope.custom_fields == unnumbered
    assert old.envelope.recipients is not None
    assert new.envelope.recipients is not None
    for theirs, ours in zip(old.envelope.recipients, new.envelope.recipients, strict=True):
        for name in (
            "kind recipient_id_guid name email routing_order status sent_at delivered_at "
            "signed_at declined_at declined_reason client_user_id"
        ).split():
            assert getattr(theirs, name) == getattr(ours, name), name
    old_tabs, new_tabs = (e.envelope.recipients.items[0].tabs for e in (old, new))  # type: ignore[union-attr]
    assert old_tabs is not None
    assert new_tabs is not None
    for theirs_, ours_ in zip(old_tabs, new_tabs, strict=True):
        for name in ("type", "label", "original_value", "selected", "document_id", "page_number"):
            assert getattr(theirs_, name) == getattr(ours_, name), name
    assert old_tabs.items[0] == attrs.evolve(
        new_tabs.items[0], required=None, locked=None, max_length=None
    )


def test_a_recipient_is_found_by_its_guid() -> None:
    found = event().envelope

    assert found is not None
    assert found.recipients is not None
    assert found.recipients.by_id(ADA) is found.recipients.items[0]


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("Signer", RecipientKind.SIGNER),
        ("InPersonSigner", RecipientKind.IN_PERSON_SIGNER),
        ("CarbonCopy", RecipientKind.CARBON_COPY),
        ("CertifiedDelivery", RecipientKind.CERTIFIED_DELIVERY),
        ("Agent", RecipientKind.AGENT),
        ("Editor", RecipientKind.EDITOR),
        ("Intermediary", RecipientKind.INTERMEDIARY),
        ("Seal", RecipientKind.SEAL),
        ("Witness", RecipientKind.WITNESS),
        ("Notary", RecipientKind.NOTARY),
        ("NotaryWitness", RecipientKind.NOTARY_WITNESS),
        ("Participant", RecipientKind.PARTICIPANT),
        ("SoothSayer", "soothSayer"),
    ],
)
def test_every_type_of_recipient_becomes_the_kind_that_json_has(
    type_: str, kind: RecipientKind | str
) -> None:
    assert person(xml().replace(">Signer<", f">{type_}<")).kind == kind


@pytest.mark.parametrize(
    ("status", "expected"),
    [(each.value.capitalize(), each) for each in RecipientStatus]
    + [("AutoResponded", RecipientStatus.AUTO_RESPONDED), ("Pondering", "pondering")],
)
def test_statuses_are_read_whatever_their_case(status: str, expected: object) -> None:
    first = "<Status>Completed</Status><RecipientIPAddress>"
    text = xml().replace(first, first.replace("Completed", status))

    assert person(text).status == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(each.value.capitalize(), each) for each in EnvelopeStatus] + [("Pending", "pending")],
)
def test_the_envelopes_status_too(status: str, expected: object) -> None:
    text = xml().replace(
        "<Status>Completed</Status><Created>", f"<Status>{status}</Status><Created>"
    )
    found = event(text).envelope

    assert found is not None
    assert found.status == expected


def test_nil_and_empty_elements_mean_nothing() -> None:
    ada = person(xml())

    assert (ada.declined_reason, ada.client_user_id, ada.custom_fields) == (None, None, ())
    said = '<DeclineReason xsi:nil="true">no</DeclineReason>'
    assert (
        person(xml().replace('<DeclineReason xsi:nil="true" />', said, 1)).declined_reason is None
    )
    said = '<DeclineReason xsi:nil="false"> too dear </DeclineReason>'
    text = xml().replace('<DeclineReason xsi:nil="true" />', said, 1)
    assert person(text).declined_reason == "too dear"


def test_the_reason_of_a_void_tells_an_expiry() -> None:
    said = "<VoidReason>Envelope has expired.</VoidReason><ACStatus>"
    found = event(xml().replace("<ACStatus>", said)).envelope

    assert found is not None
    assert found.voided_reason == "Envelope has expired."
    plain = event().envelope
    assert plain is not None
    assert plain.voided_reason is None


def test_custom_fields_of_a_recipient_are_texts() -> None:
    fields = "<CustomFields><CustomField>one</CustomField><CustomField /></CustomFields>"

    assert person(xml().replace("<CustomFields />", fields, 1)).custom_fields == ("one",)


def test_a_list_among_the_custom_fields_stays_one() -> None:
    found = event(xml().replace(">Text</CustomFieldType>", ">List</CustomFieldType>")).envelope

    assert found is not None
    assert [(f.name, f.kind) for f in found.custom_fields] == [("deal", CustomFieldKind.LIST)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<TabType>FullName</TabType>", TabType.FULL_NAME),
        ("<TabType>SignHere</TabType>", TabType.SIGN_HERE),
        ("<TabType>DateSigned</TabType>", TabType.DATE_SIGNED),
        ("<TabType>Hologram</TabType>", "hologram"),
        ("<TabType />", ""),
    ],
)
def test_tabs_have_the_types_of_json(given: str, expected: TabType | str) -> None:
    tabs = person(xml().replace("<TabType>Custom</TabType>", given, 1)).tabs

    assert tabs is not None
    assert expected in {tab.type for tab in tabs}


def test_a_box_that_is_not_ticked_is_not_selected() -> None:
    tabs = person(xml().replace("<TabValue>X</TabValue>", "<TabValue />")).tabs

    assert tabs is not None
    assert [tab.selected for tab in tabs] == [None, False]


# --- accounts --------------------------------------------------------------------------------


def test_the_account_comes_from_its_custom_field_or_the_header() -> None:
    body = xml(fields=SENDER_FIELDS).encode()

    assert parse(body).account_id == ACCOUNT
    assert parse(body, {"X-DocuSign-AccountId": "header"}).account_id == ACCOUNT
    assert parse(xml().encode(), {"X-DocuSign-AccountId": "header"}).account_id == "header"
    assert parse(xml().encode()).account_id is None


# --- times -----------------------------------------------------------------------------------

GENERATED = datetime(2026, 3, 4, 10, 11, 12, 123456, tzinfo=UTC)
SENT = datetime(2026, 3, 4, 9, 0, 3, 577000, tzinfo=UTC)


def times(found: ConnectEvent) -> tuple[Any, ...]:
    assert found.envelope is not None
    return found.generated_at, found.envelope.sent_at, found.times_in


def offset(text: str) -> str:
    return f"<TimeZoneOffset>{text}</TimeZoneOffset>"


def test_the_account_s_offset_makes_times_utc() -> None:
    assert times(event()) == (GENERATED, SENT, TimesIn.ACCOUNT_OFFSET)
    half = times(event(xml(zone=offset("5.5"))))
    assert half[0] == GENERATED - timedelta(hours=13, minutes=30)


@pytest.mark.parametrize("zone", ["", offset(""), offset("Pacific"), offset("99"), offset("nan")])
def test_without_a_zone_times_stay_naive_and_are_flagged(zone: str) -> None:
    found = event(xml(zone=zone))

    naive = GENERATED.replace(tzinfo=None) - timedelta(hours=8)
    assert times(found) == (naive, SENT.replace(tzinfo=None) - timedelta(hours=8), TimesIn.UNKNOWN)
    assert found.flaws == ()


@pytest.mark.parametrize("hours", [14.75, -14.75])
def test_an_offset_is_less_than_15_hours(hours: float) -> None:
    local = GENERATED.replace(tzinfo=None) - timedelta(hours=8)

    assert event(xml(zone=offset(str(hours)))).generated_at == (
        local - timedelta(hours=hours)
    ).replace(tzinfo=UTC)
    for more in ("15", "-15", "23"):
        assert times(event(xml(zone=offset(more))))[2] is TimesIn.UNKNOWN


@pytest.mark.parametrize("zone", [ZONE, ""])
def test_times_are_cut_not_rounded(zone: str) -> None:
    last = "2026-03-04T15:59:59.9999999"
    text = xml(zone=zone).replace("2026-03-04T02:11:12.1234567", last)
    found = event(text.replace("2026-03-04T01:00:03.577", last))

    local = datetime(2026, 3, 4, 15, 59, 59, 999_999)
    moment = (local + timedelta(hours=8)).replace(tzinfo=UTC) if zone else local
    assert times(found)[:2] == (moment, moment)


def test_a_zone_may_be_given_for_those_that_tell_none() -> None:
    pacific = ZoneInfo("America/Los_Angeles")

    assert times(event(xml(zone=""), zone=pacific)) == (GENERATED, SENT, TimesIn.GIVEN)
    assert times(event(zone=UTC)) == (GENERATED, SENT, TimesIn.ACCOUNT_OFFSET)


@pytest.mark.parametrize("zone", [ZONE, ""])
@pytest.mark.parametrize(
    "text", ["2026-03-04T02:11:12.1234567-08:00", "2026-03-04T10:11:12.1234567Z"]
)
def test_the_time_of_the_message_may_have_a_zone_of_its_own(text: str, zone: str) -> None:
    given = xml(zone=zone).replace("2026-03-04T02:11:12.1234567", text)

    assert event(given).generated_at == GENERATED


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30T00:00:00", "0001-01-01T00:00:00", "7"])
def test_what_is_no_time_loses_only_itself(text: str) -> None:
    zone = offset("14")
    found = event(xml(zone=zone).replace("2026-03-04T01:00:03.577", text))

    assert times(found)[1] is None
    assert found.envelope is not None
    assert found.envelope.status is EnvelopeStatus.COMPLETED


def test_an_unknown_zone_is_given_the_benefit_of_the_doubt() -> None:
    found = event(xml(zone=""))
    day = timedelta(days=1)
    assert found.generated_at is not None
    local = found.generated_at.replace(tzinfo=UTC)

    for hours in (-14, 0, 36):
        check_age(found, local + timedelta(hours=hours), day)
    for hours in (-15, 37):
        with pytest.raises(SignatureError):
            check_age(found, local + timedelta(hours=hours), day)


def test_without_its_own_time_a_message_is_as_old_as_the_newest_it_tells() -> None:
    text = xml(zone="").replace("<TimeGenerated>2026-03-04T02:11:12.1234567</TimeGenerated>", "")
    found = event(text.replace("2026-03-04T01:00:03.577", "2026-03-04T10:00:03.577Z"))
    assert found.generated_at is None
    day = timedelta(days=1)

    check_age(found, SENT + timedelta(hours=25), day, leeway=timedelta(hours=1))
    with pytest.raises(SignatureError, match="old"):
        check_age(found, SENT + timedelta(hours=28), day, leeway=timedelta(hours=1))


# --- keys ------------------------------------------------------------------------------------


def test_a_message_keeps_its_key_and_every_change_of_status_has_another() -> None:
    text = xml()
    again = event(re.sub(">\\s+<", "><", text))
    second = ">Created</Status>\n   <RecipientIPAddress />"
    assert second in text
    others = [
        text.replace(second, second.replace("Created", "Sent")),
        text.replace("Completed</Status><Created>", "Voided</Status><Created>"),
        text.replace("02:11:12", "02:11:13"),
        text.replace(ENVELOPE, "another"),
    ]

    assert again.key == event(text).key
    assert len({event(each).key for each in [text, *others]}) == 5


# --- what is no envelope ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("<a/>", "$"),
        ("<html><body>hello</body></html>", "$"),
        ("<DocuSignEnvelopeInformation/>", "EnvelopeStatus"),
        ("<DocuSignEnvelopeInformation><EnvelopeStatus/></DocuSignEnvelopeInformation>", "ID"),
    ],
)
def test_what_is_no_message_of_connect_is_refused_with_its_path(text: str, path: str) -> None:
    with pytest.raises(DecodeError, match=r"\$") as raised:
        event(text)

    assert not raised.value.garbled
    assert path in raised.value.paths[0]


@pytest.mark.parametrize(
    "text",
    [
        "<",
        "<?xml version='1.0'?>",
        "<a></b>",
        "<a>&nbsp;</a>",
        xml()[:-1],
        xml() + "x",
        xml().replace("Agreement", "Agree\x00ment"),
        xml().replace("Agreement", "\x1b"),
    ],
)
def test_what_is_no_xml_is_called_garbled(text: str) -> None:
    with pytest.raises(DecodeError, match="not XML: it breaks at line") as raised:
        event(text)

    assert raised.value.garbled


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "prologue",
    [
        "<!DOCTYPE x>",
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>',
        f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "https://example.com/x.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "https://example.com/p"> %p;]>',
        '<!DOCTYPE x [<!ATTLIST EnvelopeID a CDATA "b">]>',
    ],
    ids=["empty", "bomb", "blow-up", "file", "dtd", "parameter", "attribute"],
)
def test_dtds_and_entities_are_refused_at_once(prologue: str) -> None:
    text = xml().replace("?>\n", f"?>\n{prologue}", 1).replace("Agreement", "&l9;&a;")
    began = time.perf_counter()

    with pytest.raises(DecodeError, match="DTD or entities"):
        event(text)

    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    "inner",
    ["<a>" * 100_000 + "</a>" * 100_000, "<a>" * (DEEPEST + 1), "<a/>" * (MOST_ELEMENTS + 1)],
    ids=["deep", "deeper", "wide"],
)
def test_what_would_take_all_memory_is_refused_before_it_does(inner: str) -> None:
    with pytest.raises(DecodeError, match="than any envelope has"):
        event(f"<DocuSignEnvelopeInformation>{inner}</DocuSignEnvelopeInformation>")


@pytest.mark.parametrize("declared", ["utf-16", "zlib", "idna", "no-such-encoding", "UTF-8"])
def test_the_body_is_utf_8_whatever_it_declares(declared: str) -> None:
    text = xml().replace('encoding="utf-8"', f'encoding="{declared}"').replace("Agreement", "Ünï")

    found = event(text).envelope

    assert found is not None
    assert found.email_subject == "Ünï"


def test_a_byte_order_mark_and_spaces_before_the_body_are_read_over() -> None:
    body = xml().encode()

    assert parse(b"\xef\xbb\xbf" + body) == parse(b"\r\n " + body) == parse(body)


def test_any_namespace_and_none_will_do() -> None:
    for name in ("https://acme.example/own", ""):
        text = xml().replace("http://www.docusign.net/API/3.0", name)
        assert event(text) == event()


def test_a_part_that_is_not_as_documented_loses_the_envelope_and_not_the_event() -> None:
    text = xml().replace("<RoutingOrder>1<", "<RoutingOrder>c4n4ry<")

    found = event(text)

    assert (found.envelope_id, found.envelope, found.account_id) == (ENVELOPE, None, ACCOUNT)
    assert "routing_order" in found.flaws[0]
    assert "c4n4ry" not in repr(found)
    assert BOB not in repr(found)
    assert found.key == event(text).key != event().key
