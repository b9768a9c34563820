"""One call of every operation of envelopes, templates and views, with all that it can send."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.core.call import Call, WriteClass
from connectors.docusign import calls
from connectors.docusign.models import (
    CompositeTemplate,
    CustomField,
    CustomFieldKind,
    Document,
    EnvelopeDefinition,
    EnvelopeLock,
    EnvelopeStatus,
    Expirations,
    InlineTemplate,
    ListItem,
    Notification,
    PhoneNumber,
    Radio,
    Recipient,
    RecipientKind,
    Reminders,
    RoleMail,
    Tab,
    Tabs,
    TabType,
    TemplateRole,
)
from tests.docusign.administration import NOTIFICATION

ENVELOPE = "93be49ab-0000-4000-8000-f752070d71ec"
TEMPLATE = "5f8c7a10-0000-4000-8000-000000000006"
SIGNER = "71"
PAPER = "72"

PARAMETERS = {ENVELOPE, TEMPLATE, SIGNER, PAPER, "combined"}
"""Parts of our paths that stand for parameters."""

SINCE = datetime(2026, 3, 2, 8, tzinfo=UTC)
UNTIL = datetime(2026, 3, 3, 8, 30, 0, 250_000, tzinfo=UTC)
LOCK = EnvelopeLock(lock_token="l0ckc4n4ry", lock_duration_in_seconds=600)

TEXT = Tab(
    tab_id="t-1",
    label="company",
    name="Company",
    value="Analytical Ltd",
    required=True,
    locked=False,
    shared=False,
    document_id=PAPER,
    page_number=1,
    x_position="100",
    y_position="200",
    recipient_id=SIGNER,
    max_length=80,
    validation_pattern="^A",
    tooltip="Who you work for",
)
ANCHORED = Tab(
    type=TabType.SIGN_HERE,
    tab_id="t-2",
    label="sign",
    anchor_string="/sign/",
    anchor_x_offset="1",
    anchor_y_offset="2",
    anchor_units="pixels",
)
VIP = Tab(type=TabType.CHECKBOX, tab_id="t-3", label="vip", selected=True)
PLAN = Tab(
    type=TabType.LIST,
    tab_id="t-4",
    label="plan",
    value="gold",
    list_items=(ListItem(text="Gold", value="gold", selected=True),),
)
SIZE = Tab(
    type=TabType.RADIO_GROUP,
    tab_id="t-5",
    group_name="size",
    radios=(Radio(value="large", selected=True, page_number=1, x_position="1", y_position="2"),),
)
ADA = Recipient(
    recipient_id=SIGNER,
    name="Ada Lovelace",
    email="ada@example.com",
    first_name="Ada",
    last_name="Lovelace",
    role_name="Signer",
    routing_order=1,
    client_user_id="7",
    access_code="c0dec4n4ry",
    note="Hello",
    delivery_method="email",
    phone_number=PhoneNumber(country_code="33", number="612345678"),
    signing_group_id="9",
    custom_fields=("vip",),
    tabs=Tabs(items=(TEXT, ANCHORED)),
)
HOSTED = Recipient(
    kind=RecipientKind.IN_PERSON_SIGNER,
    recipient_id="73",
    host_name="Sam Sender",
    host_email="sam@example.com",
    signer_name="Bob",
    signer_email="bob@example.com",
)
COPY = Recipient(
    kind=RecipientKind.CARBON_COPY,
    recipient_id="74",
    name="Cleo",
    email="cleo@example.com",
)
CONTACT = CustomField(field_id="1", name="ac_contact_id", value="42", show=False, required=False)
TEAM = CustomField(
    field_id="2",
    name="team",
    value="legal",
    kind=CustomFieldKind.LIST,
    list_items=("legal", "sales"),
)
PDF = Document(
    document_id=PAPER,
    name="Agreement.pdf",
    content=b"%PDF-1.7 c4n4ry",
    file_extension="pdf",
    order=1,
    transform_pdf_fields=True,
)
REMOTE = Document(document_id="2", name="Terms.pdf", remote_url="https://example.com/terms.pdf")
DAYS = Notification(
    use_account_defaults=False,
    reminders=Reminders(reminder_enabled=True, reminder_delay=2, reminder_frequency=3),
    expirations=Expirations(expire_enabled=True, expire_after=120, expire_warn=0),
)
FROM_DOCUMENTS = EnvelopeDefinition(
    email_subject="Agreement for Ada",
    email_blurb="Please sign",
    documents=[PDF, REMOTE],
    recipients=[ADA, HOSTED, COPY],
    custom_fields=[CONTACT, TEAM],
    transaction_id="order-42",
    notification=DAYS,
    event_notifications=[NOTIFICATION],
    brand_id="b-1",
    allow_reassign=False,
    enforce_signer_visibility=True,
    others={"signingLocation": "online"},
)
FROM_TEMPLATE = EnvelopeDefinition(
    template_id=TEMPLATE,
    email_subject="Agreement for Ada",
    template_roles=[
        TemplateRole(
            role_name="Signer",
            name="Ada Lovelace",
            email="ada@example.com",
            client_user_id="7",
            routing_order=1,
            access_code="c0dec4n4ry",
            signing_group_id="9",
            in_person_signer_name="Bob",
            default_recipient=False,
            delivery_method="email",
            phone_number=PhoneNumber(country_code="33", number="612345678"),
            email_notification=RoleMail(
                email_subject="Bonjour", email_body="Signez", supported_language="fr"
            ),
            tabs=[
                Tab(label="company", value="Analytical Ltd"),
                Tab(type=TabType.CHECKBOX, label="vip", selected=True),
                Tab(type=TabType.LIST, label="plan", value="gold"),
                Tab(
                    type=TabType.RADIO_GROUP,
                    group_name="size",
                    radios=(Radio(value="large", selected=True),),
                ),
            ],
        )
    ],
    custom_fields=[CONTACT],
)
COMPOSITE = EnvelopeDefinition(
    email_subject="Two at once",
    composite_templates=[
        CompositeTemplate(
            template_ids=[TEMPLATE, TEMPLATE],
            inline=[
                InlineTemplate(
                    sequence=3, recipients=[ADA], custom_fields=[CONTACT], documents=[REMOTE]
                )
            ],
            document=PDF,
            composite_template_id="1",
        )
    ],
)

A, C, D = WriteClass.IDEMPOTENT, WriteClass.MARKED, WriteClass.UNSAFE
E = f"envelopes/{ENVELOPE}"
T = f"templates/{TEMPLATE}"

TABLE: list[tuple[Call[Any], str, WriteClass]] = [
    # envelopes
    (
        calls.create_envelope(
            FROM_DOCUMENTS, send=True, change_routing_order=True, tab_label_exact_matches=True
        ),
        "POST envelopes",
        C,
    ),
    (calls.create_envelope(FROM_TEMPLATE), "POST envelopes", D),
    (calls.create_envelope(COMPOSITE, merge_roles_on_draft=True), "POST envelopes", D),
    (
        calls.list_envelopes(
            from_date=SINCE,
            to_date=UNTIL,
            from_to_status="completed",
            statuses=[EnvelopeStatus.COMPLETED, "voided"],
            include=["recipients", "custom_fields"],
            custom_field=("ac_contact_id", "42"),
            search_text="Agreement",
            folder_ids=["f-1", "f-2"],
            user_id="u-1",
            order_by="status_changed",
            descending=True,
            page_size=100,
        ).at(None),
        "GET envelopes",
        A,
    ),
    (
        calls.list_envelopes(envelope_ids=[ENVELOPE], transaction_ids=["order-42"]).at("100"),
        "GET envelopes",
        A,
    ),
    (calls.get_envelope(ENVELOPE, include=["recipients", "tabs"]), f"GET {E}", A),
    (calls.get_envelope(ENVELOPE, advanced_update=True), f"GET {E}", A),
    (
        calls.get_envelope_statuses([ENVELOPE], transaction_ids=["order-42"]),
        "PUT envelopes/status",
        A,
    ),
    (calls.send_envelope(ENVELOPE), f"PUT {E}", D),
    (calls.void_envelope(ENVELOPE, "a mistake"), f"PUT {E}", D),
    (
        calls.update_envelope(ENVELOPE, email_subject="Hi", email_blurb="You", lock=LOCK),
        f"PUT {E}",
        A,
    ),
    (calls.resend_envelope(ENVELOPE), f"PUT {E}", D),
    # beside an envelope
    (calls.get_form_data(ENVELOPE), f"GET {E}/form_data", A),
    (calls.list_audit_events(ENVELOPE, locale="fr"), f"GET {E}/audit_events", A),
    (calls.list_envelope_templates(ENVELOPE), f"GET {E}/templates", A),
    (calls.list_custom_fields(ENVELOPE), f"GET {E}/custom_fields", A),
    (calls.create_custom_fields(ENVELOPE, [CONTACT, TEAM]), f"POST {E}/custom_fields", D),
    (calls.update_custom_fields(ENVELOPE, [CONTACT]), f"PUT {E}/custom_fields", A),
    (calls.delete_custom_fields(ENVELOPE, [CONTACT]), f"DELETE {E}/custom_fields", A),
    (calls.get_notification(ENVELOPE), f"GET {E}/notification", A),
    (calls.update_notification(ENVELOPE, DAYS), f"PUT {E}/notification", A),
    (calls.lock_envelope(ENVELOPE, seconds=600, scratch_pad=True), f"POST {E}/lock", D),
    (calls.get_lock(ENVELOPE), f"GET {E}/lock", A),
    (calls.extend_lock(ENVELOPE, LOCK), f"PUT {E}/lock", A),
    (calls.unlock_envelope(ENVELOPE, LOCK), f"DELETE {E}/lock", A),
    # recipients
    (
        calls.list_recipients(ENVELOPE, include_tabs=True, include_extended=True),
        f"GET {E}/recipients",
        A,
    ),
    (
        calls.add_recipients(ENVELOPE, [ADA, COPY], resend_envelope=True),
        f"POST {E}/recipients",
        D,
    ),
    (
        calls.update_recipients(ENVELOPE, [HOSTED, COPY], resend_envelope=True),
        f"PUT {E}/recipients",
        D,
    ),
    (
        calls.update_recipient(
            ENVELOPE,
            SIGNER,
            name="Ada King",
            email="ada.king@example.com",
            routing_order=2,
            note="Hello again",
            access_code="c0dec4n4ry",
            client_user_id="8",
            resend_envelope=True,
        ),
        f"PUT {E}/recipients",
        D,
    ),
    (calls.delete_recipients(ENVELOPE, [ADA]), f"DELETE {E}/recipients", A),
    (calls.delete_recipient(ENVELOPE, SIGNER), f"DELETE {E}/recipients/{SIGNER}", A),
    (calls.list_tabs(ENVELOPE, SIGNER), f"GET {E}/recipients/{SIGNER}/tabs", A),
    (
        calls.add_tabs(ENVELOPE, SIGNER, [TEXT, ANCHORED, VIP, PLAN, SIZE]),
        f"POST {E}/recipients/{SIGNER}/tabs",
        D,
    ),
    (calls.update_tabs(ENVELOPE, SIGNER, [TEXT, VIP]), f"PUT {E}/recipients/{SIGNER}/tabs", A),
    (calls.delete_tabs(ENVELOPE, SIGNER, [TEXT]), f"DELETE {E}/recipients/{SIGNER}/tabs", A),
    # documents
    (
        calls.list_documents(ENVELOPE, include_tabs=True, include_document_size=True),
        f"GET {E}/documents",
        A,
    ),
    (
        calls.get_document(
            ENVELOPE,
            "combined",
            certificate=True,
            watermark=False,
            show_changes=False,
            language="fr",
            recipient_id=SIGNER,
        ),
        f"GET {E}/documents/combined",
        A,
    ),
    (
        calls.put_document(ENVELOPE, PAPER, b"%PDF-1.7 c4n4ry", name="Agreement.pdf"),
        f"PUT {E}/documents/{PAPER}",
        A,
    ),
    (
        calls.put_document(ENVELOPE, PAPER, Path(__file__), name="Agreement.pdf"),
        f"PUT {E}/documents/{PAPER}",
        A,
    ),
    (calls.put_documents(ENVELOPE, [PDF, REMOTE]), f"PUT {E}/documents", A),
    (calls.delete_documents(ENVELOPE, [PAPER]), f"DELETE {E}/documents", A),
    (calls.list_document_tabs(ENVELOPE, PAPER), f"GET {E}/documents/{PAPER}/tabs", A),
    (
        calls.update_prefill_tabs(ENVELOPE, PAPER, [TEXT, VIP, SIZE]),
        f"PUT {E}/documents/{PAPER}/tabs",
        A,
    ),
    # templates
    (
        calls.list_templates(
            search="Offer",
            include=["recipients", "documents"],
            owner="all",
            folder_ids=["f-1"],
            modified_since=SINCE,
            modified_until=UNTIL,
            order_by="modified",
            descending=True,
        ).at(None),
        "GET templates",
        A,
    ),
    (calls.get_template(TEMPLATE, include=["tabs", "documents"]), f"GET {T}", A),
    (calls.list_template_recipients(TEMPLATE), f"GET {T}/recipients", A),
    (calls.list_template_documents(TEMPLATE), f"GET {T}/documents", A),
    (calls.list_template_custom_fields(TEMPLATE), f"GET {T}/custom_fields", A),
    (
        calls.get_template_document_tabs(TEMPLATE, PAPER),
        f"GET {T}/documents/{PAPER}/tabs",
        A,
    ),
    # views
    (
        calls.create_sender_view(
            ENVELOPE,
            "https://app.example.com/sent",
            starting_screen="Tagger",
            settings={"showBackButton": False},
        ),
        f"POST {E}/views/sender",
        A,
    ),
    (
        calls.create_correct_view(ENVELOPE, "https://app.example.com/sent"),
        f"POST {E}/views/correct",
        A,
    ),
    (
        calls.create_recipient_view(
            ENVELOPE,
            "https://app.example.com/signed",
            user_name="Ada Lovelace",
            email="ada@example.com",
            client_user_id="7",
            recipient_id=SIGNER,
            user_id="u-1",
            ping_url="https://app.example.com/ping",
            ping_frequency=60,
            frame_ancestors=["https://app.example.com"],
            message_origins=["https://app.example.com"],
        ),
        f"POST {E}/views/recipient",
        A,
    ),
    (
        calls.create_console_view(envelope_id=ENVELOPE, return_url="https://app.example.com/back"),
        "POST views/console",
        A,
    ),
]

EVERY = [call for call, _, _ in TABLE]
