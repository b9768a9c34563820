"""One call of every operation, with all that it can send."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.activecampaign import calls
from connectors.activecampaign.models import (
    ContactStatus,
    ImportCallback,
    ImportContact,
    NewSchema,
    SchemaField,
    WebhookKind,
)
from connectors.core.call import Call, WriteClass

SINCE = datetime(2026, 3, 2, 8, tzinfo=UTC)

ADA = ImportContact(
    email="ada+x@example.org",
    first_name="Ada",
    last_name="Lovelace",
    phone="+33123456789",
    tags=["vip"],
    fields={"7": "Gold", "8": ["a", "b"]},
)
CALLBACK = ImportCallback(
    url="https://x.org/t0k3n",
    method="GET",
    detailed=True,
    params={"t0k3n": "1"},
    headers={"X-Key": "t0k3n"},
)
VISIT = NewSchema(
    slug="visit",
    singular="Visit",
    plural="Visits",
    fields=[
        SchemaField(id="room", label="Room", required=True),
        SchemaField(id="fee", label="Fee", type="currency", currency="EUR"),
        SchemaField(id="kind", label="Kind", type="dropdown", options=("long", "short")),
        SchemaField(id="share", label="Share", type="decimal", scale=2),
    ],
)

A, B, C, D = (
    WriteClass.IDEMPOTENT,
    WriteClass.NATURAL_KEY,
    WriteClass.MARKED,
    WriteClass.UNSAFE,
)

TABLE: list[tuple[Call[Any], str, WriteClass]] = [
    # users and notes
    (calls.get_me(), "GET users/me", A),
    (calls.create_note("1", "Wants Ada"), "POST notes", D),
    (calls.list_contact_notes("1"), "GET contacts/1/notes", A),
    # contacts
    (
        calls.sync_contact(
            "ada+x@example.org",
            first_name="Ada",
            last_name="Lovelace",
            phone=None,
            field_values={"7": "Gold", "8": ["a", "b"], "9": None},
        ),
        "POST contact/sync",
        A,
    ),
    (
        calls.create_contact("ada+x@example.org", first_name="Ada", field_values={"7": "Gold"}),
        "POST contacts",
        B,
    ),
    (
        calls.update_contact(
            "1", email="ada+x@example.org", first_name=None, field_values={"7": "Gold"}
        ),
        "PUT contacts/1",
        A,
    ),
    (calls.get_contact("1"), "GET contacts/1", A),
    (calls.find_contact("ada+x@example.org"), "GET contacts", A),
    (
        calls.list_contacts(
            email_like="ada+x@example.org",
            search="vip",
            phone="+33",
            ids=["1", "2"],
            tag_id="3",
            automation_id="4",
            segment_id="5",
            form_id="6",
            status=ContactStatus.ACTIVE,
            created_after=SINCE,
            created_before=date(2026, 4, 1),
            updated_after=SINCE,
            updated_before=SINCE,
        ).at("9"),
        "GET contacts",
        A,
    ),
    (calls.delete_contact("1"), "DELETE contacts/1", A),
    # imports
    (
        calls.import_contacts([ADA, ADA], callback=CALLBACK),
        "POST import/bulk_import",
        D,
    ),
    (calls.get_import("b-1"), "GET import/info", A),
    # fields
    (calls.list_fields(perstag="PLAN").at("100:1,2"), "GET fields", A),
    (calls.get_field("7"), "GET fields/7", A),
    (calls.list_field_options("7"), "GET fields/7/options", A),
    (
        calls.create_field("Plan", type="radio", perstag="PLAN", description="d", default="x"),
        "POST fields",
        B,
    ),
    (calls.create_field_options("7", ["Gold", "Silver"]), "POST fieldOption/bulk", D),
    (calls.show_field("7"), "POST fieldRels", D),
    (calls.list_field_values(field_id="7", value="Gold").at(None), "GET fieldValues", A),
    (calls.list_contact_field_values("1"), "GET contacts/1/fieldValues", A),
    (calls.set_field_value("1", "7", "Gold", use_defaults=True), "POST fieldValues", A),
    (calls.delete_field_value("5"), "DELETE fieldValues/5", A),
    # tags
    (calls.list_tags(name="vip", search="v").at(None), "GET tags", A),
    (calls.get_tag("3"), "GET tags/3", A),
    (calls.create_tag("vip", description="Best"), "POST tags", B),
    (calls.update_tag("3", name="vips", description=""), "PUT tags/3", A),
    (calls.delete_tag("3"), "DELETE tags/3", A),
    (calls.list_contact_tags("1"), "GET contacts/1/contactTags", A),
    (calls.add_contact_tag("1", "3"), "POST contactTags", A),
    (calls.remove_contact_tag("4"), "DELETE contactTags/4", A),
    # custom objects
    (calls.list_schemas(with_deleted_fields=True).at(None), "GET customObjects/schemas", A),
    (calls.get_schema("s1"), "GET customObjects/schemas/s1", A),
    (calls.create_schema(VISIT), "POST customObjects/schemas", B),
    (calls.update_schema("s1", VISIT, check_only=True), "PUT customObjects/schemas/s1", A),
    (calls.delete_schema("s1"), "DELETE customObjects/schemas/s1", A),
    (
        calls.delete_schema_field("s1", "room"),
        "DELETE customObjects/schemas/s1/fields/room",
        A,
    ),
    (calls.list_records("s1", contact_id="1").at(None), "GET customObjects/records/s1", A),
    (calls.get_record("s1", "r1"), "GET customObjects/records/s1/r1", A),
    (calls.find_record("s1", "e 1"), "GET customObjects/records/s1/external/e%201", A),
    (
        calls.put_record(
            "s1",
            "e 1",
            {"room": "Ada", "fee": Decimal("12.50"), "kind": None, "day": SINCE, "n": 3},
            contact_id="14",
        ),
        "POST customObjects/records/s1",
        A,
    ),
    (calls.delete_record("s1", "r1"), "DELETE customObjects/records/s1/r1", A),
    (
        calls.delete_record_by_external_id("s1", "e 1"),
        "DELETE customObjects/records/s1/external/e%201",
        A,
    ),
    # automations
    (calls.list_automations(name="Welcome", search="w").at(None), "GET automations", A),
    (calls.get_automation("42"), "GET automations/42", A),
    (calls.enrol("1", "42"), "POST contactAutomations", C),
    (
        calls.list_enrolments(automation_id="42", contact_id="1", status="1").at(None),
        "GET contactAutomations",
        A,
    ),
    (calls.list_contact_enrolments("1"), "GET contacts/1/contactAutomations", A),
    (calls.get_enrolment("8"), "GET contactAutomations/8", A),
    (calls.end_enrolment("8"), "DELETE contactAutomations/8", A),
    # events
    (
        calls.track_event(
            "signed", email="ada+x@example.org", account_id="99", event_key="t0k3n", data="Ada"
        ),
        "POST https://trackcmp.net/event",
        D,
    ),
    (calls.get_event_tracking(), "GET eventTracking", A),
    (calls.set_event_tracking(True), "PUT eventTracking", A),
    (calls.list_event_names().at(None), "GET eventTrackingEvents", A),
    (calls.create_event_name("de/clined"), "POST eventTrackingEvents", B),
    (calls.delete_event_name("de/clined"), "DELETE eventTrackingEvents/de%2Fclined", A),
    # webhooks
    (calls.list_webhooks(name="tags").at(None), "GET webhooks", A),
    (calls.get_webhook("2"), "GET webhooks/2", A),
    (
        calls.create_webhook("tags", "https://x.org/t0k3n", [WebhookKind.CONTACT_TAG_ADDED]),
        "POST webhooks",
        C,
    ),
    (
        calls.update_webhook(
            "2", name="tags", url="https://x.org/t0k3n", events=["update"], sources=["public"]
        ),
        "PUT webhooks/2",
        A,
    ),
    (calls.delete_webhook("2"), "DELETE webhooks/2", A),
]

EVERY = [call for call, _, _ in TABLE]
