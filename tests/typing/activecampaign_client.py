"""What a user of the ActiveCampaign client sees, in both worlds. Type-checked, never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_type

from connectors import ActiveCampaignClient, AsyncActiveCampaignClient, Retries
from connectors.activecampaign import (
    Automation,
    Contact,
    ContactTag,
    Enrolment,
    EnrolmentStatus,
    Field,
    FieldType,
    FieldValue,
    ImportContact,
    ImportRefused,
    ImportState,
    NewSchema,
    Record,
    Schema,
    SchemaField,
    SchemaFieldType,
    SyncedContact,
    Tag,
    User,
    Webhook,
    WebhookEvent,
    WebhookKind,
    calls,
    field_text,
    parse_webhook,
    split_import,
)
from connectors.activecampaign.models import Import, ImportFailure, ImportStatus, Note
from connectors.core.call import Call, Page
from connectors.runtime.aio import AsyncPaged
from connectors.runtime.blocking import Paged

URL = "https://account.api-us1.com"


def made() -> None:
    ActiveCampaignClient(URL, "key")
    ActiveCampaignClient(URL, "key", timeout=5, retries=0)
    AsyncActiveCampaignClient(URL, "key", retries=Retries(attempts=2))
    with ActiveCampaignClient(URL, "key") as client:
        assert_type(client, ActiveCampaignClient)
        assert_type(client.users.me(), User)
        assert_type(client.with_options(timeout=5), ActiveCampaignClient)


def contacts(client: ActiveCampaignClient, since: datetime) -> None:
    written = client.contacts.sync(
        "ada@example.org", first_name="Ada", phone=None, field_values={"1": ["red", "blue"]}
    )
    assert_type(written, SyncedContact)
    assert_type(written.contact, Contact)
    assert_type(written.created, bool)
    assert_type(written.contact.id, str)
    assert_type(written.contact.email, str | None)
    assert_type(client.contacts.find("ada@example.org"), Contact | None)
    assert_type(client.contacts.get("1"), Contact)
    assert_type(client.contacts.update("1", email="king@example.org", last_name=None), Contact)
    paged = client.contacts.list(updated_after=since, tag_id="1")
    assert_type(paged, Paged[Contact])
    assert_type(paged.first(), Contact | None)
    assert_type(paged.pages(), Iterator[Page[Contact]])
    for contact in paged:
        assert_type(contact.created_at, datetime | None)
    client.contacts.delete("1")


def imports(client: ActiveCampaignClient) -> None:
    people = [ImportContact(email="ada@example.org", tags=["vip"], fields={"1": "Gold"})]
    for part in split_import(people):
        assert_type(part, tuple[ImportContact, ...])
        try:
            queued = client.contacts.import_batch(part)
        except ImportRefused as error:
            assert_type(error.failures, tuple[ImportFailure, ...])
            continue
        assert_type(queued, Import)
        status = client.contacts.wait_for_import(queued.batch_id, pauses=(2, 5))
        assert_type(status, ImportStatus)
        assert_type(status.state, ImportState | str)


def fields(client: ActiveCampaignClient) -> None:
    plan = client.fields.create("Plan", type=FieldType.DROPDOWN, options=["Gold"])
    assert_type(plan, Field)
    assert_type(plan.type, FieldType | str | None)
    assert_type(client.fields.find("Plan"), Field | None)
    assert_type(client.fields.list(), Paged[Field])
    client.field_values.set("1", plan, date(2026, 3, 2))
    client.field_values.set("1", plan, Decimal("1.5"))
    client.field_values.set("1", plan, datetime(2026, 3, 2, tzinfo=UTC))
    assert_type(client.field_values.set("1", plan.id, None), FieldValue)
    assert_type(client.field_values.of_contact("1"), tuple[FieldValue, ...])
    assert_type(field_text(plan, "Gold"), str | tuple[str, ...])


def tags(client: ActiveCampaignClient) -> None:
    assert_type(client.tags.ensure("vip"), Tag)
    assert_type(client.tags.find("vip"), Tag | None)
    assert_type(client.tags.list(search="vi"), Paged[Tag])
    assert_type(client.contact_tags.add("1", "2"), ContactTag)
    assert_type(client.contact_tags.list("1"), tuple[ContactTag, ...])
    assert_type(client.contact_tags.remove("1", "2"), ContactTag | None)


def custom_objects(client: ActiveCampaignClient) -> None:
    wanted = NewSchema(
        slug="visit",
        singular="Visit",
        plural="Visits",
        fields=[SchemaField(id="at", label="At", type=SchemaFieldType.DATETIME)],
    )
    visits = client.custom_objects.create_schema(wanted)
    assert_type(visits, Schema)
    assert_type(visits.fields, tuple[SchemaField, ...])
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert_type(
        client.custom_objects.put_record(visits, "visit-1", {"at": now}, contact_id="1"), Record
    )
    found = client.custom_objects.find_record(visits.id, "visit-1")
    assert_type(found, Record | None)
    if found:
        assert_type(found.id, str | None)
        assert_type(found.fields, Mapping[str, str | tuple[str, ...] | None])
    assert_type(client.custom_objects.list_records(visits.id, contact_id="1"), Paged[Record])


def automations(client: ActiveCampaignClient) -> None:
    assert_type(client.automations.list(), Paged[Automation])
    assert_type(client.automations.find("Welcome"), Automation | None)
    enrolment = client.automations.ensure_enrolled("1", "2")
    assert_type(enrolment, Enrolment)
    assert_type(enrolment.active, bool)
    assert_type(enrolment.status, EnrolmentStatus | str | None)
    assert_type(client.automations.of_contact("1"), tuple[Enrolment, ...])
    assert_type(client.notes.create("1", "Hello"), Note)
    client.events.track("signed", email="ada@example.org", account_id="1", event_key="key")
    assert_type(client.events.list_names(), Paged[str])


def webhooks(client: ActiveCampaignClient, body: bytes) -> None:
    hook = client.webhooks.create("tags", "https://app.example.org/x", ["contact_tag_added"])
    assert_type(hook, Webhook)
    event = parse_webhook(body)
    assert_type(event, WebhookEvent)
    assert_type(event.kind, WebhookKind | str)
    assert_type(event.raw, Mapping[str, str])


def calls_as_values(client: ActiveCampaignClient) -> None:
    call = calls.find_contact("ada@example.org")
    assert_type(call, Call[Contact | None])
    assert_type(client.send(call), Contact | None)
    assert_type(client.send(calls.list_tags().at(None)), Page[Tag])


async def async_nouns(client: AsyncActiveCampaignClient) -> None:
    assert_type(await client.users.me(), User)
    assert_type(await client.contacts.sync("ada@example.org"), SyncedContact)
    assert_type(await client.contacts.find("ada@example.org"), Contact | None)
    # No await in front of a list: it is read as it is walked.
    paged = client.contacts.list(email_like="example.org")
    assert_type(paged, AsyncPaged[Contact])
    assert_type(await paged.first(), Contact | None)
    assert_type([contact async for contact in paged], list[Contact])
    assert_type(await client.tags.ensure("vip"), Tag)
    assert_type(await client.contact_tags.add("1", "2"), ContactTag)
    assert_type(await client.fields.find("Plan"), Field | None)
    assert_type(await client.custom_objects.find_record("1", "visit-1"), Record | None)
    assert_type(await client.automations.ensure_enrolled("1", "2"), Enrolment)
    assert_type([name async for name in client.events.list_names()], list[str])
