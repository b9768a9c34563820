"""Every noun of the client against the sandbox, in both worlds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest

from connectors.activecampaign.aio import AsyncActiveCampaignClient
from connectors.activecampaign.blocking import ActiveCampaignClient
from connectors.activecampaign.models import (
    EnrolmentStatus,
    FieldType,
    ImportCallback,
    ImportContact,
    ImportState,
    NewSchema,
    SchemaField,
    SchemaFieldType,
    TagType,
    WebhookKind,
    WebhookSource,
)
from connectors.activecampaign.wire import ImportRefused
from connectors.errors import (
    BadRequest,
    ConfigError,
    Conflict,
    Forbidden,
    NotFound,
)
from connectors.sandbox import Sandbox
from tests.facades import WORLDS, World, run

T = TypeVar("T")

VISIT = NewSchema(
    slug="visit",
    singular="Visit",
    plural="Visits",
    description="Who came when",
    fields=[
        SchemaField(id="room", label="Room", plural_label="Rooms"),
        SchemaField(id="guests", label="Guests", type=SchemaFieldType.NUMBER),
        SchemaField(id="fee", label="Fee", type=SchemaFieldType.DECIMAL, scale=2),
        SchemaField(id="kind", label="Kind", type="dropdown", options=("long", "short")),
        SchemaField(id="topics", label="Topics", type="multiselect", options=("a", "b", "c")),
        SchemaField(id="came-at", label="Came at", type=SchemaFieldType.DATETIME),
        SchemaField(id="day", label="Day", type=SchemaFieldType.DATE),
    ],
)
CAME = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WHOLE: dict[str, Any] = {
    "room": "Blue",
    "guests": 3,
    "fee": "12.50",
    "kind": "long",
    "topics": ["a", "c"],
    "came-at": CAME,
    "day": date(2026, 3, 2),
}


@pytest.fixture
def box() -> Sandbox:
    return Sandbox(seed=1)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


def on(box: Sandbox, world: World, case: Callable[[Any], Awaitable[T]]) -> T:
    def make(world: World) -> Any:
        kind = ActiveCampaignClient if world == "blocking" else AsyncActiveCampaignClient
        return kind(box.activecampaign.url, box.activecampaign.key, transport=box.transport)

    return run(world, make, case)


# --- the account -----------------------------------------------------------------------------


def test_the_key_is_checked(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        me = await client.users.me()
        assert me.username == "admin"
        assert me.id.isdecimal()

    on(box, world, case)


def test_a_key_that_was_revoked_is_forbidden(box: Sandbox, world: World) -> None:
    old = box.activecampaign.key

    async def case(client: Any) -> None:
        box.activecampaign.revoke_key()
        with pytest.raises(Forbidden, match="check the API key") as caught:
            await client.users.me()
        assert old not in str(caught.value)
        assert caught.value.request_id

    on(box, world, case)


def test_a_note_is_put_on_a_contact(box: Sandbox, world: World) -> None:
    contact_id = box.activecampaign.add_contact("noor@example.org")

    async def case(client: Any) -> None:
        note = await client.notes.create(contact_id, "Wants French")
        assert (note.text, note.contact_id) == ("Wants French", contact_id)
        assert await client.notes.of_contact(contact_id) == (note,)
        with pytest.raises(NotFound):
            await client.notes.of_contact("999")

    on(box, world, case)


# --- contacts --------------------------------------------------------------------------------


def test_a_contact_is_written_by_its_address(box: Sandbox, world: World) -> None:
    plan = box.activecampaign.add_field("Plan", type="dropdown", options=["Gold", "Silver"])
    topics = box.activecampaign.add_field("Topics", type="checkbox", options=["a", "b", "c"])

    async def case(client: Any) -> None:
        made = await client.contacts.sync(
            " Noor+x@Example.ORG ",
            first_name="Noor",
            phone="+33 1",
            field_values={plan: "Gold", topics: ["a", "c"]},
        )
        assert made.created
        assert made.contact.email == "Noor+x@example.org"
        assert {v.field_id: v.value for v in made.field_values} == {
            plan: "Gold",
            topics: "||a||c||",
        }
        again = await client.contacts.sync(
            "noor+x@example.org", last_name="Haddad", phone=None, field_values={plan: None}
        )
        assert not again.created
        assert again.contact.id == made.contact.id
        there = await client.contacts.get(made.contact.id)
        assert (there.first_name, there.last_name, there.phone) == ("Noor", "Haddad", "")
        assert there.created_at and there.created_at.tzinfo
        values = {v.field_id: v for v in await client.field_values.of_contact(there.id)}
        assert values[topics].choices == ("a", "c")
        assert not values[plan].value
        assert await client.contacts.find("NOOR+X@example.org") == (
            await client.contacts.list().first()
        )
        assert await client.contacts.find("nobody@example.org") is None

    on(box, world, case)


def test_an_address_is_changed_by_id_alone(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        ada = (await client.contacts.create("ada@example.org", first_name="Ada")).contact
        await client.contacts.create("bo@example.org")
        with pytest.raises(Conflict):
            await client.contacts.create("Ada@example.org")
        with pytest.raises(Conflict):
            await client.contacts.update(ada.id, email="bo@example.org")
        moved = await client.contacts.update(ada.id, email="ada@example.net", last_name="Lovelace")
        assert (moved.id, moved.email, moved.first_name) == (ada.id, "ada@example.net", "Ada")
        await client.contacts.delete(ada.id)
        await client.contacts.delete(ada.id)
        with pytest.raises(NotFound, match="Subscriber"):
            await client.contacts.get(ada.id)
        with pytest.raises(NotFound):
            await client.contacts.update(ada.id, last_name="x")

    on(box, world, case)


def test_contacts_are_listed_by_id_while_others_come_and_go(box: Sandbox, world: World) -> None:
    ids = [box.activecampaign.add_contact(f"p{n}@example.org") for n in range(5)]

    async def case(client: Any) -> list[str]:
        seen = []
        async for contact in client.contacts.list(page_size=2):
            seen.append(contact.id)
            if contact.id == ids[1]:
                box.activecampaign.delete_contact(ids[0])
                ids.append(box.activecampaign.add_contact("late@example.org"))
        return seen

    assert on(box, world, case) == ids


def test_contacts_are_narrowed_by_filters(box: Sandbox, world: World) -> None:
    account = box.activecampaign
    ada = account.add_contact("ada@example.org", phone="+331")
    box.clock.advance(timedelta(hours=1))
    account.add_contact("bo@example.net", phone="+44")
    tag = account.add_tag("vip")
    automation = account.add_automation("Welcome")

    async def case(client: Any) -> None:
        await client.contact_tags.add(ada, tag)
        await client.automations.enrol(ada, automation)
        noon = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
        for narrowed in (
            {"email_like": "@example.org"},
            {"search": "ada"},
            {"phone": "+33"},
            {"ids": [ada]},
            {"tag_id": tag},
            {"automation_id": automation},
            {"created_before": noon},
        ):
            found = [c.id async for c in client.contacts.list(**narrowed)]
            assert found == [ada], narrowed
        assert await client.contacts.list(created_after=date(2027, 1, 1)).first() is None

    on(box, world, case)


def test_many_contacts_come_by_one_import(box: Sandbox, world: World) -> None:
    plan = box.activecampaign.add_field("Plan")
    people = [
        ImportContact(
            email=f"p{n}@example.org", first_name=f"P{n}", tags=["new"], fields={plan: "Gold"}
        )
        for n in range(3)
    ]

    async def case(client: Any) -> None:
        taken = await client.contacts.import_batch(
            people, callback=ImportCallback(url="https://x.org/done", params={"a": "b"})
        )
        assert taken.queued == 3
        assert (await client.contacts.get_import(taken.batch_id)).state is ImportState.WAITING
        done = await client.contacts.wait_for_import(taken.batch_id)
        assert done.state is ImportState.COMPLETED
        assert len(done.succeeded) == 3
        assert (await client.contacts.get(done.succeeded[0])).first_name == "P0"

    on(box, world, case)


def test_one_bad_contact_refuses_a_whole_import(box: Sandbox, world: World) -> None:
    people = [ImportContact(email="a@example.org"), ImportContact(email="b@nowhere")]

    async def case(client: Any) -> None:
        with pytest.raises(ImportRefused, match="contact 1: Email") as caught:
            await client.contacts.import_batch(people)
        (failure,) = caught.value.failures
        assert (failure.contact, caught.value.status) == (1, 400)
        assert await client.contacts.list().first() is None

    on(box, world, case)


# --- fields ----------------------------------------------------------------------------------


def test_fields_are_read_with_their_choices_page_by_page(box: Sandbox, world: World) -> None:
    account = box.activecampaign
    ids = [account.add_field(f"Field {n}") for n in range(4)]
    plan = account.add_field("Plan", type="dropdown", options=["Gold", "Silver"])

    async def case(client: Any) -> None:
        found = [f async for f in client.fields.list(page_size=2)]
        assert [f.id for f in found] == [*ids, plan]
        field = await client.fields.find("plan")
        assert field == found[-1] == await client.fields.get(plan)
        assert field.type is FieldType.DROPDOWN
        assert [o.value for o in field.options] == ["Gold", "Silver"]
        assert await client.fields.options(plan) == field.options
        assert await client.fields.find("%FIELD_1%") == found[1]
        assert await client.fields.list(perstag="PLAN").first() == field
        assert await client.fields.find("nothing") is None
        with pytest.raises(NotFound):
            await client.fields.get("999")

    on(box, world, case)


def test_a_field_is_created_with_its_choices(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.fields.create("Seat", type="radio", options=["window", "aisle"])
        assert [o.value for o in made.options] == ["window", "aisle"]
        plain = await client.fields.create("Hobby", perstag="hob by", description="Free time")
        assert (plain.perstag, plain.description) == ("HOBBY", "Free time")
        with pytest.raises(Conflict):
            await client.fields.create("seat")

    on(box, world, case)


def test_values_are_set_found_and_deleted(box: Sandbox, world: World) -> None:
    account = box.activecampaign
    contact = account.add_contact("ada@example.org")
    plan = account.add_field("Plan")

    async def case(client: Any) -> None:
        value = await client.field_values.set(contact, plan, "Gold")
        assert (value.contact_id, value.field_id, value.value) == (contact, plan, "Gold")
        assert (await client.field_values.set(contact, plan, "Silver")).id == value.id
        found = [v async for v in client.field_values.list(field_id=plan, value="Silver")]
        assert [v.contact_id for v in found] == [contact]
        await client.field_values.delete(value.id)
        await client.field_values.delete(value.id)
        assert await client.field_values.of_contact(contact) == ()

    on(box, world, case)


# --- tags ------------------------------------------------------------------------------------


def test_a_tag_is_ensured_however_often_and_in_whatever_case(box: Sandbox, world: World) -> None:
    box.activecampaign.add_tag("vip-gold")

    async def case(client: Any) -> None:
        made = await client.tags.ensure("vip", description="Best")
        assert made.type is TagType.CONTACT
        for name in ("vip", " VIP "):
            assert (await client.tags.ensure(name)).id == made.id
            assert (await client.tags.find(name)).id == made.id
        assert await client.tags.find("vi") is None
        assert {t.name async for t in client.tags.list(search="vip", page_size=1)} == {
            "vip",
            "vip-gold",
        }

    on(box, world, case)


def test_a_tag_is_renamed_and_deleted(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.tags.create("vip")
        renamed = await client.tags.update(made.id, name="VIPs", description="Best")
        assert (renamed.name, renamed.description) == ("VIPs", "Best")
        assert (await client.tags.get(made.id)).name == "VIPs"
        await client.tags.delete(made.id)
        await client.tags.delete(made.id)
        with pytest.raises(NotFound, match="Tag"):
            await client.tags.get(made.id)

    on(box, world, case)


def test_tags_go_on_and_off_contacts(box: Sandbox, world: World) -> None:
    contact = box.activecampaign.add_contact("ada@example.org")
    tag = box.activecampaign.add_tag("vip")

    async def case(client: Any) -> None:
        pair = await client.contact_tags.add(contact, tag)
        assert (pair.contact_id, pair.tag_id) == (contact, tag)
        assert (await client.contact_tags.add(contact, tag)).id == pair.id
        assert [p.id for p in await client.contact_tags.list(contact)] == [pair.id]
        assert (await client.contact_tags.remove(contact, tag)).id == pair.id
        assert await client.contact_tags.remove(contact, tag) is None
        assert await client.contact_tags.list(contact) == ()
        with pytest.raises(BadRequest):
            await client.contact_tags.add(contact, "999")

    on(box, world, case)


# --- custom objects --------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [400, 404])
@pytest.mark.parametrize("with_id", [True, False])
def test_a_record_is_written_whole_and_changed_in_part(
    box: Sandbox, world: World, missing: Any, with_id: bool
) -> None:
    box.activecampaign.missing_record = missing
    box.activecampaign.record_id_on_write = with_id
    contact = box.activecampaign.add_contact("ada@example.org")

    async def case(client: Any) -> None:
        schema = await client.custom_objects.create_schema(VISIT)
        objects = client.custom_objects
        assert await objects.find_record(schema.id, "v 1/2") is None
        written = await objects.put_record(schema, "v 1/2", WHOLE, contact_id=contact)
        assert (written.id is not None) is with_id
        found = await objects.find_record(schema.id, "v 1/2")
        assert found.fields == {
            "room": "Blue",
            "guests": "3",
            "fee": "12.50",
            "kind": "long",
            "topics": ("a", "c"),
            "came-at": "2026-03-02T09:30:00+00:00",
            "day": "2026-03-02",
        }
        assert found.contact_ids == (contact,)
        assert found.created_at and found.created_at.tzinfo
        changed = await objects.update_record(schema, "v 1/2", {"room": "Red", "kind": None})
        assert changed.fields == {
            **{name: text for name, text in found.fields.items() if name != "kind"},
            "room": "Red",
        }
        assert (await objects.get_record(schema.id, found.id)).fields == changed.fields
        await objects.delete_record(schema.id, found.id)
        await objects.delete_record(schema.id, found.id)
        await objects.delete_record_by_external_id(schema.id, "v 1/2")
        with pytest.raises(NotFound):
            await objects.get_record(schema.id, found.id)
        with pytest.raises(NotFound, match="contact_id"):
            await objects.update_record(schema, "v 1/2", {"room": "Red"})
        made = await objects.update_record(schema, "v2", {"room": "Red"}, contact_id=contact)
        assert dict(made.fields) == {"room": "Red"}

    on(box, world, case)


def test_records_of_one_contact_are_listed_once_they_show(box: Sandbox, world: World) -> None:
    ada = box.activecampaign.add_contact("ada@example.org")
    bo = box.activecampaign.add_contact("bo@example.org")

    async def case(client: Any) -> None:
        schema = await client.custom_objects.create_schema(VISIT)
        names = [f"v{n}" for n in range(3)]
        for name in names:
            await client.custom_objects.put_record(schema, name, WHOLE, contact_id=ada)
        await client.custom_objects.put_record(schema, "other", WHOLE, contact_id=bo)
        box.clock.advance(timedelta(minutes=1))
        mine = client.custom_objects.list_records(schema.id, contact_id=ada, page_size=2)
        assert sorted([r.external_id async for r in mine]) == names
        assert len([r async for r in client.custom_objects.list_records(schema.id)]) == 4

    on(box, world, case)


def test_the_life_of_a_schema(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        objects = client.custom_objects
        made = await objects.create_schema(VISIT)
        assert (made.slug, made.singular, made.plural) == ("visit", "Visit", "Visits")
        assert [f.id for f in made.fields] == [f.id for f in VISIT.fields]
        assert made.fields[3].options == ("long", "short")
        assert (made.relationships[0].namespace, made.relationships[0].has_many) == (
            "contacts",
            False,
        )
        with pytest.raises(Conflict):
            await objects.create_schema(VISIT)
        assert (await objects.find_schema("visit")).id == made.id
        assert await objects.find_schema("vis") is None
        wider = NewSchema(
            slug="visit",
            singular="Stay",
            plural="Stays",
            fields=[*VISIT.fields, SchemaField(id="host", label="Host")],
        )
        await objects.update_schema(made.id, wider, check_only=True)
        assert (await objects.get_schema(made.id)).singular == "Visit"
        await objects.update_schema(made.id, wider)
        there = await objects.get_schema(made.id)
        assert (there.singular, there.fields[-1].id) == ("Stay", "host")
        await objects.delete_schema_field(made.id, "host")
        assert "host" not in [f.id for f in (await objects.get_schema(made.id)).fields]
        (shown,) = [s async for s in objects.list_schemas(with_deleted_fields=True)]
        assert [f.id for f in shown.fields if f.deleted] == ["host"]
        await objects.delete_schema(made.id)
        await objects.delete_schema(made.id)
        with pytest.raises(NotFound):
            await objects.get_schema(made.id)

    on(box, world, case)


def test_an_account_without_the_plan_is_told_so(box: Sandbox, world: World) -> None:
    box.activecampaign.custom_objects = False

    async def case(client: Any) -> None:
        with pytest.raises(Forbidden, match="Enterprise plan"):
            await client.custom_objects.create_schema(VISIT)

    on(box, world, case)


# --- automations -----------------------------------------------------------------------------


def test_contacts_enter_and_leave_automations(box: Sandbox, world: World) -> None:
    account = box.activecampaign
    contact = account.add_contact("ada@example.org")
    welcome = account.add_automation("Welcome")
    account.add_automation("Welcome back")
    asleep = account.add_automation("Asleep", active=False)

    async def case(client: Any) -> None:
        found = await client.automations.find("Welcome")
        assert (found.id, found.active) == (welcome, True)
        assert not (await client.automations.get(asleep)).active
        assert len([a async for a in client.automations.list(search="wel", page_size=1)]) == 2
        way = await client.automations.ensure_enrolled(contact, welcome)
        assert (way.contact_id, way.automation_id, way.active) == (contact, welcome, True)
        assert await client.automations.ensure_enrolled(contact, welcome) == way
        account.complete_enrolment(way.id)
        done = await client.automations.get_enrolment(way.id)
        assert done.completed and not done.active
        again = await client.automations.ensure_enrolled(contact, welcome)
        assert again.id != way.id
        assert len(await client.automations.of_contact(contact)) == 2
        active = client.automations.list_enrolments(
            automation_id=welcome, contact_id=contact, status=EnrolmentStatus.ACTIVE
        )
        assert [e.id async for e in active] == [again.id]
        await client.automations.end_enrolment(again.id)
        await client.automations.end_enrolment(again.id)
        with pytest.raises(NotFound):
            await client.automations.get_enrolment(again.id)
        with pytest.raises(BadRequest, match="Could not create"):
            await client.automations.enrol(contact, asleep)

    on(box, world, case)


# --- events and webhooks ---------------------------------------------------------------------


@pytest.mark.parametrize("plain", [True, False])
def test_events_are_told_to_the_other_host(box: Sandbox, world: World, plain: bool) -> None:
    account = box.activecampaign
    account.plain_events = plain
    keys = {"account_id": account.actid, "event_key": account.event_key}

    async def case(client: Any) -> None:
        await client.events.disable()
        assert not await client.events.enabled()
        with pytest.raises(BadRequest, match="event tracking is on"):
            await client.events.track("signed", email="a+b@example.org", **keys)
        await client.events.enable()
        assert await client.events.enabled()
        await client.events.track("signed", email="a+b@example.org", data="NDA & more", **keys)
        await client.events.create_name("de/clined")
        with pytest.raises(Conflict):
            await client.events.create_name("de/clined")
        assert [n async for n in client.events.list_names(page_size=1)] == ["signed", "de/clined"]
        await client.events.delete_name("de/clined")
        await client.events.delete_name("de/clined")
        with pytest.raises(BadRequest):
            await client.events.track(
                "signed", email="a@example.org", account_id=account.actid, event_key="wrong"
            )

    on(box, world, case)

    (event,) = account.events()
    assert (event["name"], event["email"], event["data"]) == (
        "signed",
        "a+b@example.org",
        "NDA & more",
    )


def test_the_life_of_a_webhook(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        url = "https://example.org/hooks/5f2a9c"
        made = await client.webhooks.create("tags", url, [WebhookKind.CONTACT_TAG_ADDED])
        assert made.events == (WebhookKind.CONTACT_TAG_ADDED,)
        assert WebhookSource.API not in made.sources
        assert await client.webhooks.find(url) == made
        assert await client.webhooks.find("https://example.org/") is None
        changed = await client.webhooks.update(
            made.id, name="more", url=url, events=["update"], sources=["api"]
        )
        assert (changed.name, changed.sources) == ("more", (WebhookSource.API,))
        assert await client.webhooks.get(made.id) == changed
        assert [hook async for hook in client.webhooks.list()] == [changed]
        await client.webhooks.delete(made.id)
        await client.webhooks.delete(made.id)
        with pytest.raises(NotFound):
            await client.webhooks.get(made.id)

    on(box, world, case)


def test_what_cannot_be_is_refused_before_anything_is_sent(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        schema = await client.custom_objects.create_schema(VISIT)
        before = len(box.calls)
        with pytest.raises(ConfigError, match="would be cleared"):
            await client.custom_objects.put_record(schema, "v", {"room": "x"}, contact_id="1")
        with pytest.raises(ConfigError, match="'7'"):
            await client.contacts.sync("a@example.org", field_values={"PLAN": "Gold"})
        assert len(box.calls) == before

    on(box, world, case)
