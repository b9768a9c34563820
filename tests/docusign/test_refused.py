"""What DocuSign would refuse in any case, or take and never do, is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from connectors.docusign import calls
from connectors.docusign.models import (
    CompositeTemplate,
    CustomField,
    Document,
    EnvelopeDefinition,
    EnvelopeLock,
    Expirations,
    Notification,
    Radio,
    Recipient,
    Tab,
    Tabs,
    TabType,
    TemplateField,
    TemplateFields,
    TemplateRole,
)
from connectors.errors import ConfigError
from tests.docusign.operations import ADA, ENVELOPE, FROM_DOCUMENTS, PDF, SINCE, UNTIL

NAIVE = datetime(2026, 3, 2)
BACK = "https://app.example.com/back"


def new(**changes: Any) -> EnvelopeDefinition:
    return evolve(FROM_DOCUMENTS, **changes)


def plain(**values: Any) -> EnvelopeDefinition:
    return EnvelopeDefinition(**values)


def paper(**changes: Any) -> EnvelopeDefinition:
    return new(documents=[evolve(PDF, **changes)])


def many(count: int) -> list[Recipient]:
    return [Recipient(recipient_id=str(n)) for n in range(count)]


FIELD = TemplateField(label="plan", type=TabType.LIST, role_name="S", options=("gold", "silver"))
TICK = TemplateField(label="vip", type=TabType.CHECKBOX, role_name="S")

REFUSED: list[tuple[Callable[[], object], str]] = [
    # ids, pages and dates
    (lambda: calls.get_envelope(""), "an id of envelopes is empty"),
    (lambda: calls.get_envelope(".."), "an id of envelopes cannot be '..'"),
    (lambda: calls.list_templates().at("two"), "the number of a row, got 'two'"),
    (lambda: calls.list_templates().at("-1"), "the number of a row"),
    (lambda: calls.list_templates().at("²"), "the number of a row"),
    (lambda: calls.list_envelopes(from_date=SINCE, page_size=1001), "1 to 1000, got 1001"),
    (lambda: calls.list_envelopes(from_date=SINCE, page_size=0), "1 to 1000, got 0"),
    (lambda: calls.list_templates(page_size=2001), "1 to 2000, got 2001"),
    (lambda: calls.list_envelopes(from_date=NAIVE), "needs a time zone"),
    (lambda: calls.list_envelopes(from_date=SINCE, to_date=NAIVE), "needs a time zone"),
    (lambda: calls.list_templates(modified_since=NAIVE), "needs a time zone"),
    # lists
    (lambda: calls.list_envelopes(), "needs from_date, envelope_ids or transaction_ids"),
    (lambda: calls.list_envelopes(from_date=UNTIL, to_date=SINCE), "to_date lies before"),
    (lambda: calls.list_envelopes(from_date=SINCE, statuses=["done"]), "statuses is one of"),
    (lambda: calls.list_envelopes(from_date=SINCE, statuses="sent"), "not one text"),
    (
        lambda: calls.list_envelopes(from_date=SINCE, include=["tabs"]),  # type: ignore[list-item] # what a host without a type checker may pass
        "include is one of",
    ),
    (lambda: calls.list_envelopes(from_date=SINCE, from_to_status="any"), "change is one of"),  # type: ignore[arg-type] # as above
    (lambda: calls.list_envelopes(from_date=SINCE, order_by="size"), "order_by is one of"),  # type: ignore[arg-type] # as above
    (lambda: calls.list_envelopes(envelope_ids="abc"), "a list of ids, not one text"),
    (lambda: calls.list_envelopes(envelope_ids=[""]), "an id in envelope_ids is empty"),
    (lambda: calls.list_envelopes(from_date=SINCE, search_text=""), "search_text is empty"),
    (
        lambda: calls.list_envelopes(from_date=SINCE, custom_field="crm=42"),  # type: ignore[arg-type] # as above
        "custom_field is a name and a value",
    ),
    (
        lambda: calls.list_envelopes(from_date=SINCE, custom_field=("", "42")),
        "the name of a custom field is empty",
    ),
    (lambda: calls.get_envelope(ENVELOPE, include=["everything"]), "include is one of"),  # type: ignore[list-item] # as above
    (lambda: calls.get_envelope(ENVELOPE, include="tabs"), "a list, not one text"),  # type: ignore[arg-type] # as above
    (lambda: calls.get_envelope_statuses(), "1 to 1000 ids go at a time, got 0"),
    (lambda: calls.get_envelope_statuses(map(str, range(1001))), "got 1001"),
    (lambda: calls.list_templates(search="x" * 49), "search takes 48 characters"),
    (lambda: calls.list_templates(owner="me"), "owner is one of"),  # type: ignore[arg-type] # as above
    # the definition
    (lambda: calls.create_envelope(new(email_subject="x" * 101)), "1 to 100 characters, got 101"),
    (lambda: calls.create_envelope(new(email_subject="")), "1 to 100 characters"),
    (lambda: calls.create_envelope(plain(), send=True), "needs a template, or documents"),
    (
        lambda: calls.create_envelope(plain(documents=[PDF], recipients=[ADA]), send=True),
        "needs an email_subject",
    ),
    (
        lambda: calls.create_envelope(
            plain(template_id="t", composite_templates=[CompositeTemplate(template_ids=["t"])])
        ),
        "not both",
    ),
    (
        lambda: calls.create_envelope(plain(template_roles=[TemplateRole(role_name="S")])),
        "belong to a template_id",
    ),
    (
        lambda: calls.create_envelope(
            plain(template_id="t", template_roles=[TemplateRole(role_name="")])
        ),
        "role_name of a template role is empty",
    ),
    (
        lambda: calls.create_envelope(
            plain(
                composite_templates=[CompositeTemplate(template_ids=["t"])],
                custom_fields=[CustomField(name="a")],
            )
        ),
        "put them into an InlineTemplate",
    ),
    (
        lambda: calls.create_envelope(plain(composite_templates=[CompositeTemplate()])),
        "needs template_ids",
    ),
    (lambda: calls.create_envelope(new(transaction_id=" ")), "transaction_id is empty"),
    (lambda: calls.create_envelope(paper(content=None)), "content or a remote_url"),
    (lambda: calls.create_envelope(paper(remote_url=BACK)), "content or a remote_url"),
    (lambda: calls.create_envelope(paper(content=b"")), "the document 72 is empty"),
    (
        lambda: calls.create_envelope(paper(content=None, remote_url="file:///etc/passwd")),
        "remote_url must be a URL",
    ),
    (lambda: calls.create_envelope(paper(document_id="0")), "a number from 1 on"),
    (lambda: calls.create_envelope(paper(document_id="²")), "a number from 1 on"),
    (lambda: calls.create_envelope(paper(document_id="2147483648")), "a number from 1 on"),
    (lambda: calls.create_envelope(paper(name="")), "the name of a document is empty"),
    (lambda: calls.create_envelope(new(documents=[PDF, PDF])), "two documents have one id"),
    (
        lambda: calls.create_envelope(paper(content=bytes(27 * 1024 * 1024))),
        r"add each with documents\.put",
    ),
    (lambda: calls.create_envelope(new(recipients=[ADA, ADA])), "two recipients have the id '71'"),
    (lambda: calls.create_envelope(new(recipients=many(101))), "got 101"),
    (
        lambda: calls.create_envelope(new(custom_fields=[CustomField(name="x" * 101)])),
        "100 characters at most",
    ),
    (
        lambda: calls.create_envelope(new(custom_fields=[CustomField(value="x")])),
        "the name of a custom field is empty",
    ),
    (lambda: calls.create_envelope(new(notification=Notification())), "a notification needs"),
    # changes
    (lambda: calls.void_envelope(ENVELOPE, ""), "the reason for voiding an envelope is empty"),
    (lambda: calls.void_envelope(ENVELOPE, "x" * 201), "1 to 200 characters, got 201"),
    (lambda: calls.update_envelope(ENVELOPE), "nothing to change"),
    (lambda: calls.update_envelope(ENVELOPE, email_subject="x" * 101), "1 to 100 characters"),
    (
        lambda: calls.update_envelope(ENVELOPE, email_blurb="x", lock=EnvelopeLock()),
        "the lock_token of a lock is empty",
    ),
    (lambda: calls.create_custom_fields(ENVELOPE, []), "no custom fields"),
    (
        lambda: calls.update_custom_fields(ENVELOPE, [CustomField(name="a")]),
        "the field_id of a custom field is empty",
    ),
    (
        lambda: calls.delete_custom_fields(ENVELOPE, [CustomField(name="a")]),
        "the field_id of a custom field is empty",
    ),
    (
        lambda: calls.update_notification(
            ENVELOPE, Notification(expirations=Expirations(expire_after=-1))
        ),
        "expire_after takes days from 0 on, got -1",
    ),
    (lambda: calls.lock_envelope(ENVELOPE, seconds=0), "1 second or more"),
    # recipients and tabs
    (lambda: calls.add_recipients(ENVELOPE, []), "1 to 100 recipients"),
    (
        lambda: calls.update_recipients(ENVELOPE, [Recipient(name="Ada")]),
        "recipient_id of a recipient to change is empty",
    ),
    (
        lambda: calls.update_recipients(ENVELOPE, [evolve(ADA, tabs=Tabs())]),
        "change them with update_tabs",
    ),
    (lambda: calls.update_recipient(ENVELOPE, "1"), "nothing to change"),
    (lambda: calls.delete_recipients(ENVELOPE, [Recipient()]), "the recipient_id is empty"),
    (lambda: calls.add_tabs(ENVELOPE, "1", []), "no tabs"),
    (lambda: calls.update_tabs(ENVELOPE, "1", [Tab(label="a")]), "the tab_id of a tab"),
    (
        lambda: calls.update_tabs(
            ENVELOPE, "1", [Tab(type=TabType.RADIO_GROUP, radios=(Radio(),))]
        ),
        "the group_name of a radio group",
    ),
    (lambda: calls.update_prefill_tabs(ENVELOPE, "1", []), "no tabs"),
    (lambda: calls.add_tabs(ENVELOPE, "1", [Tab(value="ä" * 2001)]), "4000 bytes at most"),
    (lambda: calls.add_tabs(ENVELOPE, "1", [Tab(label="x" * 501)]), "500 characters at most"),
    # documents and views
    (lambda: calls.get_document(ENVELOPE, "1", certificate=True), 'with document_id "combined"'),
    (lambda: calls.put_document(ENVELOPE, "one", b"", name="a.pdf"), "a number from 1 on"),
    (lambda: calls.put_document(ENVELOPE, "1", b"", name='a".pdf'), "plain letters, no quotes"),
    (lambda: calls.put_document(ENVELOPE, "1", b"", name="a\r\nX: y"), "plain letters"),
    (
        lambda: calls.put_document(ENVELOPE, "1", b"", name="a", content_type="pdf"),
        "content_type is like",
    ),
    (lambda: calls.put_document(ENVELOPE, "1", Path("no-such.pdf"), name="a"), "no such file"),
    (
        lambda: calls.put_document(ENVELOPE, "1", b"%PDF", name="a", content_type="é/pdf"),
        "content_type is like",
    ),
    (lambda: calls.put_document(ENVELOPE, "1", b"", name="a"), "1 to 35651584 bytes, got 0"),
    (
        lambda: calls.put_document(ENVELOPE, "1", bytes(35_651_585), name="a"),
        "1 to 35651584 bytes, got 35651585",
    ),
    (lambda: calls.put_documents(ENVELOPE, []), "no documents"),
    (lambda: calls.delete_documents(ENVELOPE, []), "no documents"),
    (lambda: calls.create_sender_view(ENVELOPE, "app"), "return_url must be a URL"),
    (
        lambda: calls.create_sender_view(ENVELOPE, BACK, starting_screen="Home"),  # type: ignore[arg-type] # as above
        "starting_screen is one of",
    ),
    (
        lambda: calls.create_recipient_view(ENVELOPE, BACK, user_name="A", email="a@x.org"),
        "needs client_user_id, recipient_id or user_id",
    ),
    (
        lambda: calls.create_recipient_view(
            ENVELOPE, BACK, user_name="A", email="a@x.org", user_id="u", ping_frequency=59
        ),
        "60 to 1200 seconds",
    ),
    (lambda: calls.document_link(ENVELOPE, environment="test"), "environment is one of"),
    # fields of templates
    (lambda: FIELD.tab("copper"), "the field 'plan' offers gold, silver"),
    (lambda: FIELD.tab(True), "takes text, not True or False"),
    (lambda: TICK.tab("yes"), "the checkbox 'vip' takes True or False"),
    (lambda: evolve(FIELD, options=()).tab("ä" * 2001), "4000 bytes at most"),
    (lambda: TemplateFields().role("S"), "has no role 'S'; it has none"),
    (lambda: TemplateFields().prefill_tabs({"a": "1"}), "the sender has no field 'a'; it has none"),
]


@pytest.mark.parametrize(("make", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_what_cannot_be_right_is_refused_before_a_call(
    make: Callable[[], object], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        made = make()
        # A page is made when it is asked for; the list itself is checked beforehand.
        raise AssertionError(f"was taken: {made!r}")


def test_a_subject_of_100_characters_and_a_reason_of_200_are_taken() -> None:
    calls.update_envelope(ENVELOPE, email_subject="x" * 100)
    calls.void_envelope(ENVELOPE, "x" * 200)


def test_no_refusal_shows_a_person() -> None:
    with pytest.raises(ConfigError) as caught:
        calls.create_envelope(new(recipients=[ADA, evolve(ADA)]))

    assert "ada@" not in str(caught.value)
    assert Document.__name__ not in str(caught.value)
