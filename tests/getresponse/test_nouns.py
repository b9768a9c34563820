"""Every noun of the client against the sandbox, in both worlds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest

from connectors import AsyncGetResponseClient, GetResponseClient, Sandbox
from connectors.errors import BadRequest, ConfigError, Conflict, NotFound
from connectors.getresponse.calls import report_rows
from connectors.getresponse.models import (
    ActivityKind,
    CallbackActions,
    CallbackSettings,
    CampaignProfile,
    Condition,
    FieldFormat,
    GroupBy,
    NewContact,
    NewNewsletter,
    NewReport,
    NewsletterType,
    Optin,
    OptinTypes,
    Recipients,
    Removal,
    ReportType,
    SearchQuery,
    Section,
    SendStatus,
    ValueType,
)
from tests.facades import WORLDS, World, run

T = TypeVar("T")


@pytest.fixture
def box() -> Sandbox:
    return Sandbox(seed=1)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


def on(box: Sandbox, world: World, case: Callable[[Any], Awaitable[T]]) -> T:
    def make(world: World) -> Any:
        kind = GetResponseClient if world == "blocking" else AsyncGetResponseClient
        return kind(box.getresponse.key, transport=box.transport)

    return run(world, make, case)


# --- the account -----------------------------------------------------------------------------


def test_the_account_says_its_zones_and_limits(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        await client.accounts.ping()
        zones = await client.accounts.timezones()
        assert any(zone.name == "Europe/Warsaw" for zone in zones)
        (limit,) = await client.accounts.sending_limits()
        assert limit.used <= limit.limit

    on(box, world, case)


@pytest.mark.parametrize("unset", ["missing", "empty", "null"])
def test_the_one_callback_url_is_set_read_and_taken_away(
    box: Sandbox, world: World, unset: Any
) -> None:
    box.getresponse.callbacks_unset = unset

    async def case(client: Any) -> None:
        assert await client.callbacks.find() is None
        actions = CallbackActions(open=True, survey=True)
        wanted = CallbackSettings(url="https://x.org/gr", actions=actions)
        assert await client.callbacks.upsert("https://x.org/gr", actions=actions) == wanted
        assert await client.callbacks.find() == wanted
        await client.callbacks.delete()
        await client.callbacks.delete()
        assert await client.callbacks.find() is None

    on(box, world, case)


def test_blocklists_are_changed_mask_by_mask(box: Sandbox, world: World) -> None:
    news = box.getresponse.add_campaign("news")

    async def case(client: Any) -> None:
        for where in (None, news):
            await client.blocklists.add(["a@x.org", "@b.org"], campaign_id=where)
            await client.blocklists.add(["c@x.org"], campaign_id=where)
            await client.blocklists.delete(["a@x.org"], campaign_id=where)
            assert set(await client.blocklists.get(campaign_id=where)) == {"@b.org", "c@x.org"}
            assert await client.blocklists.get(campaign_id=where, mask="c@") == ("c@x.org",)
        with pytest.raises(BadRequest, match="blocklisted") as caught:
            await client.contacts.create(news, "c@x.org")
        assert caught.value.code == "1002"

    on(box, world, case)


def test_the_life_of_a_suppression_list(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.suppressions.create("rivals", masks=["@b.org"])
        await client.suppressions.create("rivals-too", masks=["@c.org"])
        assert (await client.suppressions.find("rivals")).suppression_id == made.suppression_id
        renamed = await client.suppressions.update(
            made.suppression_id, name="others", masks=["@d.org"]
        )
        assert (renamed.name, renamed.masks) == ("others", ("@d.org",))
        assert await client.suppressions.get(made.suppression_id) == renamed
        assert len([s async for s in client.suppressions.list(page_size=1)]) == 2
        await client.suppressions.delete(made.suppression_id)
        await client.suppressions.delete(made.suppression_id)
        with pytest.raises(NotFound):
            await client.suppressions.get(made.suppression_id)
        assert await client.suppressions.find("others") is None

    on(box, world, case)


# --- lists -----------------------------------------------------------------------------------


def test_a_list_is_found_by_its_exact_name_and_changed(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        await client.campaigns.create("news-2")
        made = await client.campaigns.create(
            "news", language_code="PL", profile=CampaignProfile(description="All of it")
        )
        assert made.optin_types.api is Optin.SINGLE
        found = await client.campaigns.find("news")
        assert found.campaign_id == made.campaign_id
        assert await client.campaigns.find("new") is None
        changed = await client.campaigns.update(
            made.campaign_id, name="news", optin_types=OptinTypes(api=Optin.DOUBLE)
        )
        assert changed.optin_types.api is Optin.DOUBLE
        assert changed == await client.campaigns.get(made.campaign_id)
        with pytest.raises(Conflict):
            await client.campaigns.update(made.campaign_id, name="news-2")
        assert [c.name async for c in client.campaigns.list(name="news", page_size=1)] == [
            "news-2",
            "news",
        ]

    on(box, world, case)


def test_a_list_shows_its_contacts_by_a_part_of_their_address(box: Sandbox, world: World) -> None:
    news = box.getresponse.add_campaign("news")
    for email in ("aa@x.org", "a@x.org", "b@x.org"):
        box.getresponse.sign_up(news, email)

    async def case(client: Any) -> list[str]:
        contacts = client.campaigns.list_contacts(news, email="a@x", sort="email", page_size=1)
        return [c.email async for c in contacts]

    assert on(box, world, case) == ["a@x.org", "aa@x.org"]


@pytest.mark.parametrize(
    "kind",
    ["list-size", "locations", "origins", "removals", "subscriptions", "balance", "summary"],
)
def test_numbers_of_a_list_can_be_had(box: Sandbox, world: World, kind: Any) -> None:
    news = box.getresponse.add_campaign("news")
    box.getresponse.sign_up(news, "a@x.org")

    async def case(client: Any) -> Any:
        group_by = None if kind == "summary" else GroupBy.DAY
        return await client.campaigns.statistics(kind, [news], group_by=group_by)

    assert isinstance(on(box, world, case), dict | list)


# --- contacts --------------------------------------------------------------------------------


def test_a_contact_is_created_whole_and_waited_for(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        news = (await client.campaigns.create("news")).campaign_id
        tag = await client.tags.create("vip")
        age = await client.custom_fields.create(
            "age", format=FieldFormat.SINGLE_SELECT, values=["18-35", "36-50"]
        )
        contact = await client.contacts.create_and_wait(
            news,
            "Ada@x.org",
            name="Ada",
            day_of_cycle=0,
            scoring=5,
            tag_ids=[tag.tag_id],
            custom_field_values={age.custom_field_id: "18-35"},
        )
        assert (contact.name, contact.day_of_cycle, contact.scoring) == ("Ada", 0, 5.0)
        assert [t.name for t in contact.tags] == ["vip"]
        assert [(v.name, v.values) for v in contact.custom_field_values] == [("age", ("18-35",))]
        found = await client.contacts.find(news, "ada@X.org")
        assert found.contact_id == contact.contact_id
        assert await client.contacts.find(news, "da@x.org") is None

    on(box, world, case)


def test_a_contact_that_is_refused_in_silence_is_none(box: Sandbox, world: World) -> None:
    box.getresponse.silently_reject = lambda email: True
    news = box.getresponse.add_campaign("news")

    assert on(box, world, lambda c: c.contacts.create_and_wait(news, "a@x.org")) is None
    assert box.clock.monotonic() >= 530


def test_a_contact_that_must_confirm_first_is_none(box: Sandbox, world: World) -> None:
    news = box.getresponse.add_campaign("news", optin="double")

    assert on(box, world, lambda c: c.contacts.create_and_wait(news, "a@x.org")) is None


def test_a_slow_queue_is_waited_for(box: Sandbox, world: World) -> None:
    box.getresponse.visible_after = 100.0
    news = box.getresponse.add_campaign("news")

    contact = on(box, world, lambda c: c.contacts.create_and_wait(news, "a@x.org"))

    assert contact is not None
    assert 100 <= box.clock.monotonic() < 240


def test_a_batch_carries_tags_and_values_in_its_own_form(box: Sandbox, world: World) -> None:
    news = box.getresponse.add_campaign("news")

    async def case(client: Any) -> None:
        tag = (await client.tags.create("vip")).tag_id
        city = (await client.custom_fields.create("city")).custom_field_id
        people = [
            NewContact(
                email=f"p{n}@x.org", tag_ids=[tag], custom_field_values={city: "Gdańsk"}, scoring=n
            )
            for n in range(3)
        ]
        await client.contacts.create_batch(news, people)
        await client.sleep(600)
        rows = [c async for c in client.contacts.list(campaign_id=news, sort="email")]
        for number, row in enumerate(rows):
            whole = await client.contacts.get(row.contact_id)
            assert [t.tag_id for t in whole.tags] == [tag]
            assert [v.values for v in whole.custom_field_values] == [("Gdańsk",)]
            assert whole.scoring == number

    on(box, world, case)


def test_an_update_replaces_and_an_upsert_adds(box: Sandbox, world: World) -> None:
    news = box.getresponse.add_campaign("news")
    contact = box.getresponse.sign_up(news, "a@x.org")

    async def case(client: Any) -> None:
        red, blue = [(await client.tags.create(name)).tag_id for name in ("red", "blue")]
        city, zone = [
            (await client.custom_fields.create(name)).custom_field_id for name in ("city", "zone")
        ]
        await client.contacts.upsert_tags(contact, [red])
        tags = await client.contacts.upsert_tags(contact, [blue])
        assert {t.tag_id for t in tags} == {red, blue}
        await client.contacts.upsert_custom_fields(contact, {city: "Gdańsk"})
        values = await client.contacts.upsert_custom_fields(contact, {zone: "north"})
        assert {v.custom_field_id: v.values for v in values} == {
            city: ("Gdańsk",),
            zone: ("north",),
        }
        left = await client.contacts.remove_tag(contact, red)
        assert [t.tag_id for t in left.tags] == [blue]
        left = await client.contacts.remove_custom_field(contact, city)
        assert [v.custom_field_id for v in left.custom_field_values] == [zone]
        bare = await client.contacts.update(contact, tag_ids=[], custom_field_values={})
        assert (bare.tags, bare.custom_field_values) == ((), ())
        noted = await client.contacts.update(contact, note="n", day_of_cycle=3)
        assert (noted.note, noted.day_of_cycle) == ("n", 3)
        assert (await client.contacts.update(contact, day_of_cycle=None)).day_of_cycle is None

    on(box, world, case)


def test_what_happened_to_messages_is_read_from_the_wanted_day_on(
    box: Sandbox, world: World
) -> None:
    news = box.getresponse.add_campaign("news")
    contact = box.getresponse.sign_up(news, "a@x.org")
    box.getresponse.add_activity(contact, "open", "Spring")
    box.clock.advance(timedelta(days=20))
    box.getresponse.add_activity(contact, "click", "Summer", url="https://shop.example")

    async def case(client: Any) -> None:
        recent = [a async for a in client.contacts.list_activities(contact)]
        assert [a.activity for a in recent] == [ActivityKind.CLICK]
        assert recent[0].click_track.url == "https://shop.example"
        since = client.now() - timedelta(days=30)
        every = [a async for a in client.contacts.list_activities(contact, since=since)]
        assert {a.subject for a in every} == {"Spring", "Summer"}
        until = client.now() - timedelta(days=10)
        old = client.contacts.list_activities(contact, since=since, until=until, page_size=1)
        assert [a.subject async for a in old] == ["Spring"]
        assert await client.contacts.consents(contact) == ()

    on(box, world, case)


# --- fields ----------------------------------------------------------------------------------


def test_the_life_of_a_custom_field(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.custom_fields.create("points", type=ValueType.NUMBER)
        assert (made.value_type, made.format) == (ValueType.NUMBER, FieldFormat.TEXT)
        assert (made.hidden, made.values) == (False, ())
        await client.custom_fields.create("points_2")
        assert await client.custom_fields.find("points") == made
        assert await client.custom_fields.get(made.custom_field_id) == made
        assert [f.name async for f in client.custom_fields.list(name="points", page_size=1)] == [
            "points",
            "points_2",
        ]
        choice = await client.custom_fields.create("size", format="radio", values=["s", "m"])
        changed = await client.custom_fields.update(
            choice.custom_field_id, hidden=True, values=["s", "m", "l"]
        )
        assert (changed.hidden, changed.values) == (True, ("s", "m", "l"))
        with pytest.raises(Conflict):
            await client.custom_fields.create("points")
        await client.custom_fields.delete(made.custom_field_id)
        await client.custom_fields.delete(made.custom_field_id)
        with pytest.raises(NotFound):
            await client.custom_fields.get(made.custom_field_id)

    on(box, world, case)


def test_the_life_of_a_tag(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.tags.create("vip")
        await client.tags.create("vip_2")
        assert await client.tags.find("vip") == made == await client.tags.get(made.tag_id)
        assert await client.tags.find("vi") is None
        assert [t.name async for t in client.tags.list(sort="name", page_size=1)] == [
            "vip",
            "vip_2",
        ]
        with pytest.raises(Conflict):
            await client.tags.create("vip")
        with pytest.raises(BadRequest):
            await client.tags.create("v i p")
        await client.tags.delete(made.tag_id)
        await client.tags.delete(made.tag_id)
        assert await client.tags.find("vip") is None

    on(box, world, case)


def test_the_life_of_a_predefined_field(box: Sandbox, world: World) -> None:
    news = box.getresponse.add_campaign("news")

    async def case(client: Any) -> None:
        made = await client.predefined_fields.create(news, "city", value="Gdańsk")
        assert (made.name, made.value, made.campaign.campaign_id) == ("city", "Gdańsk", news)
        changed = await client.predefined_fields.update(made.predefined_field_id, value="Łódź")
        assert changed == await client.predefined_fields.get(made.predefined_field_id)
        assert [f.value async for f in client.predefined_fields.list()] == ["Łódź"]
        await client.predefined_fields.delete(made.predefined_field_id)
        assert [f async for f in client.predefined_fields.list()] == []

    on(box, world, case)


# --- newsletters -----------------------------------------------------------------------------


def message(box: Sandbox, campaign_id: str, **more: Any) -> NewNewsletter:
    fields: dict[str, Any] = {
        "subject": "Spring",
        "html": '<p><a href="https://shop.example">Shop</a></p>',
        "from_field_id": box.getresponse.sender,
        "campaign_id": campaign_id,
        "name": "spring-2026",
        "flags": ["clicktrack"],
        **more,
    }
    return NewNewsletter(**fields)


@pytest.fixture
def news(box: Sandbox) -> str:
    campaign = box.getresponse.add_campaign("news")
    box.getresponse.sign_up(campaign, "a@x.org")
    return campaign


def test_a_message_is_scheduled_cancelled_and_deleted(
    box: Sandbox, world: World, news: str
) -> None:
    async def case(client: Any) -> None:
        when = client.now() + timedelta(days=30)
        planned = await client.newsletters.create(
            message(box, news), Recipients(campaign_ids=[news]), send_on=when
        )
        assert planned.send_on == when
        assert planned.send_status is SendStatus.SCHEDULED
        assert planned.send_settings.selected_campaigns == (news,)
        found = await client.newsletters.find("spring-2026", type="broadcast")
        assert found.newsletter_id == planned.newsletter_id
        assert found.flags == ("clicktrack",)
        assert await client.newsletters.find("spring-2026", type="draft") is None
        draft = await client.newsletters.cancel(planned.newsletter_id)
        assert draft.type is NewsletterType.DRAFT
        await client.newsletters.delete(draft.newsletter_id)
        await client.newsletters.delete(draft.newsletter_id)
        with pytest.raises(NotFound):
            await client.newsletters.get(draft.newsletter_id)

    on(box, world, case)


def test_a_draft_is_sent_once_and_its_numbers_are_read(
    box: Sandbox, world: World, news: str
) -> None:
    async def case(client: Any) -> None:
        draft = await client.newsletters.create_draft(message(box, news))
        assert (draft.type, draft.send_status) == (NewsletterType.DRAFT, None)
        everybody = Recipients(campaign_ids=[news])
        when = client.now() + timedelta(hours=1)
        planned = await client.newsletters.send_draft(draft.newsletter_id, everybody, send_on=when)
        assert planned.newsletter_id == draft.newsletter_id
        with pytest.raises(BadRequest) as caught:
            await client.newsletters.send_draft(draft.newsletter_id, everybody, send_on="now")
        assert caught.value.code == "1002"
        await client.sleep(7200)
        sent = await client.newsletters.get(draft.newsletter_id)
        assert sent.send_status is SendStatus.FINISHED
        assert sent.send_metrics.sent == 1
        (numbers,) = await client.newsletters.statistics(draft.newsletter_id)
        assert (numbers.sent, numbers.total_opened) == (1, 0)
        both = await client.newsletters.list_statistics(campaign_ids=[news])
        assert [n.sent for n in both] == [1]
        assert [a.activity async for a in client.contacts.list_activities(only(box, news))] == [
            ActivityKind.SEND
        ]

    on(box, world, case)


def only(box: Sandbox, campaign_id: str) -> str:
    (contact,) = box.getresponse.contacts(campaign_id)
    return contact.id


def test_a_message_goes_out_at_once_only_when_that_is_said(
    box: Sandbox, world: World, news: str
) -> None:
    async def case(client: Any) -> Any:
        made = await client.newsletters.create(
            message(box, news), Recipients(campaign_ids=[news]), send_on="now"
        )
        await client.sleep(600)
        return await client.newsletters.get(made.newsletter_id)

    assert on(box, world, case).send_status is SendStatus.FINISHED


def test_a_time_that_has_passed_is_refused_and_sends_nothing(
    box: Sandbox, world: World, news: str
) -> None:
    async def case(client: Any) -> None:
        past = client.now() - timedelta(days=1)
        everybody = Recipients(campaign_ids=[news])
        for strict in (True, False):
            box.getresponse.refuse_past_send_on = strict
            with pytest.raises(ConfigError, match="send_on has passed"):
                await client.newsletters.create(message(box, news), everybody, send_on=past)
        assert [letter async for letter in client.newsletters.list()] == []

    on(box, world, case)


def test_templates_are_drafts_by_the_begin_of_their_name(
    box: Sandbox, world: World, news: str
) -> None:
    wanted = box.getresponse.add_draft(news, "One", name="MS CRM one", html="<p>1</p>")
    box.getresponse.add_draft(news, "Two", name="about MS CRM")

    async def case(client: Any) -> None:
        drafts = client.newsletters.list(type="draft", name="MS CRM")
        found = [d async for d in drafts if d.name.startswith("MS CRM")]
        assert [d.newsletter_id for d in found] == [wanted]
        whole = await client.newsletters.get(wanted)
        assert (whole.subject, whole.content.html) == ("One", "<p>1</p>")

    on(box, world, case)


def test_senders_are_inactive_until_they_are_confirmed(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.from_fields.create("ada@x.org", "Ada")
        assert not made.is_active
        with pytest.raises(BadRequest) as caught:
            await client.from_fields.set_default(made.from_field_id)
        assert caught.value.code == "1002"
        box.getresponse.verify_sender(made.from_field_id)
        await client.from_fields.set_default(made.from_field_id)
        assert (await client.from_fields.find("ADA@x.org")).is_default
        (default,) = [f async for f in client.from_fields.list(is_default=True)]
        assert default == await client.from_fields.get(made.from_field_id)
        (other,) = [f async for f in client.from_fields.list(is_default=False)]
        await client.from_fields.delete(other.from_field_id, replacement_id=made.from_field_id)
        assert [f.email async for f in client.from_fields.list()] == ["ada@x.org"]

    on(box, world, case)


# --- searches, imports, reports --------------------------------------------------------------


def test_searches_see_who_left_and_who_has_not_confirmed(box: Sandbox, world: World) -> None:
    gr = box.getresponse
    news, slow = gr.add_campaign("news"), gr.add_campaign("slow", optin="double")
    here = gr.sign_up(news, "here@x.org", tags=["vip"])
    left = gr.sign_up(news, "left@x.org")
    gr.unsubscribe(left)

    async def case(client: Any) -> None:
        await client.contacts.create(slow, "wait@x.org")
        await client.sleep(600)

        async def found(*kinds: Any, lists: Any = (news, slow), **more: Any) -> dict[str, Any]:
            query = SearchQuery(
                sections=[Section(campaign_ids=lists, **more)], subscribers=list(kinds)
            )
            rows = [c async for c in client.search_contacts.search(query, page_size=1)]
            return {c.email: c.reason for c in rows}

        assert await found("subscribed") == {"here@x.org": None}
        assert await found("removed") == {"left@x.org": Removal.UNSUBSCRIBE}
        assert await found("unconfirmed") == {"wait@x.org": None}
        assert len(await found("subscribed", "removed", "unconfirmed")) == 3
        vip = (await client.tags.find("vip")).tag_id
        for condition, hit in [
            (Condition.tag(vip), True),
            (Condition.tag(vip, present=False), False),
            (Condition.email("starts", "here"), True),
            (Condition.email("not_contains", "x.org"), False),
        ]:
            emails = await found("subscribed", conditions=[condition])
            assert bool(emails) is hit
        today = date(2026, 3, 2)
        assert await found("subscribed", subscribed=(today, today)) == {"here@x.org": None}
        assert await found("subscribed", subscribed="yesterday") == {}

    on(box, world, case)
    assert here


def test_the_life_of_a_saved_search(box: Sandbox, world: World) -> None:
    gr = box.getresponse
    news = gr.add_campaign("news")
    contact = gr.sign_up(news, "here@x.org")
    gr.sign_up(news, "there@y.org")

    async def case(client: Any) -> None:
        def query(end: str) -> SearchQuery:
            section = Section(campaign_ids=[news], conditions=[Condition.email("ends", end)])
            return SearchQuery(sections=[section])

        made = await client.search_contacts.create("xs", query("x.org"))
        assert (await client.search_contacts.find("xs")).search_contact_id == made.search_contact_id
        rows = client.search_contacts.list_contacts(made.search_contact_id)
        assert [c.contact_id async for c in rows] == [contact]
        city = (await client.custom_fields.create("city")).custom_field_id
        await client.search_contacts.upsert_custom_fields(made.search_contact_id, {city: "Gdańsk"})
        await client.sleep(600)
        (value,) = (await client.contacts.get(contact)).custom_field_values
        assert value.values == ("Gdańsk",)
        await client.search_contacts.update(made.search_contact_id, name="ys", query=query("y.org"))
        whole = await client.search_contacts.get(made.search_contact_id)
        assert (whole.name, whole.subscribers_type) == ("ys", ("subscribed",))
        assert len(whole.section) == 1
        rows = client.search_contacts.list_contacts(made.search_contact_id)
        assert [c.email async for c in rows] == ["there@y.org"]
        await client.search_contacts.delete(made.search_contact_id)
        assert [s async for s in client.search_contacts.list()] == []

    on(box, world, case)


def test_an_import_adds_and_updates(box: Sandbox, world: World) -> None:
    gr = box.getresponse
    news = gr.add_campaign("news")
    known = gr.sign_up(news, "known@x.org", "Old")

    async def case(client: Any) -> None:
        await client.custom_fields.create("city")
        await client.tags.create("vip")
        made = await client.imports.create(
            news,
            columns=["email", "name", "city"],
            rows=[["known@x.org", "New", "Gdańsk"], ["fresh@x.org", "Fresh", "Łódź"]],
        )
        await client.sleep(3600)
        done = await client.imports.get(made.import_id)
        assert (done.statistics.uploaded, done.statistics.added_to_list) == (2, 1)
        assert (await client.contacts.get(known)).name == "New"
        assert (await client.contacts.find(news, "fresh@x.org")).name == "Fresh"
        listed = client.imports.list(campaign_id=news)
        assert [i.import_id async for i in listed] == [made.import_id]
        with pytest.raises(NotFound):
            await client.imports.get("nope")

    on(box, world, case)


def test_a_report_is_made_and_downloaded(box: Sandbox, world: World, news: str) -> None:
    async def case(client: Any) -> None:
        draft = await client.newsletters.create_draft(message(box, news))
        await client.newsletters.send_draft(
            draft.newsletter_id, Recipients(campaign_ids=[news]), send_on="now"
        )
        await client.sleep(3600)
        report = NewReport(
            name="opens",
            type=ReportType.MESSAGE_ACTIVITY,
            since=date(2026, 3, 1),
            until=date(2026, 3, 3),
            activities=["send"],
            newsletter_ids=[draft.newsletter_id],
        )
        (file,) = await client.custom_reports.create_and_download(report)
        (row,) = report_rows(file)
        assert "a@x.org" in row.values()
        bounces = NewReport(
            name="bounces", type=ReportType.BOUNCES, since=date(2026, 3, 1), until=date(2026, 3, 3)
        )
        made = await client.custom_reports.create(bounces)
        assert (await client.custom_reports.wait(made.custom_report_id)).settled
        assert len(await client.custom_reports.download(made.custom_report_id)) == 1
        assert (await client.custom_reports.get(made.custom_report_id)).name == "bounces"

    on(box, world, case)


# --- lists of all kinds ----------------------------------------------------------------------


def test_every_list_refuses_a_cursor_that_is_none(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        lists = [
            client.campaigns.list(cursor="x"),
            client.campaigns.list_contacts("C", cursor="x"),
            client.contacts.list(cursor="x"),
            client.contacts.list_removed(["C"], cursor="x"),
            client.contacts.list_activities("c", cursor="x"),
            client.custom_fields.list(cursor="x"),
            client.tags.list(cursor="x"),
            client.predefined_fields.list(cursor="x"),
            client.newsletters.list(cursor="x"),
            client.from_fields.list(cursor="x"),
            client.suppressions.list(cursor="x"),
            client.search_contacts.list(cursor="x"),
            client.search_contacts.list_contacts("s", cursor="x"),
            client.imports.list(cursor="x"),
        ]
        for each in lists:
            with pytest.raises(ConfigError, match="number of a page"):
                await each.first()

    on(box, world, case)
    assert len(box.calls) == 0


def test_a_client_with_other_options_has_all_nouns(box: Sandbox, world: World) -> None:
    def make(world: World) -> Any:
        kind = GetResponseClient if world == "blocking" else AsyncGetResponseClient
        client = kind(box.getresponse.key, transport=box.transport)
        return client.with_options(timeout=5, retries=0)

    async def case(twin: Any) -> None:
        await twin.accounts.ping()
        assert await twin.tags.find("vip") is None

    run(world, make, case)


def test_dates_of_lists_are_whole_moments(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        await client.tags.create("vip")
        since = datetime(2026, 3, 2, 8, tzinfo=UTC)
        assert len(await client.tags.list(created_since=since).take(5)) == 1
        later = since + timedelta(seconds=1)
        assert len(await client.tags.list(created_since=later).take(5)) == 0

    on(box, world, case)
