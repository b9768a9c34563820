"""What the reference leaves open, each way: the client gives the same answers over all of them."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.activecampaign import parse_webhook
from connectors.activecampaign.blocking import ActiveCampaignClient
from connectors.activecampaign.models import ImportContact, ImportState, WebhookKind
from connectors.core.policy import Retries
from connectors.errors import BadRequest, Conflict, Forbidden, Throttled, Unauthenticated
from connectors.sandbox import Sandbox


@pytest.fixture
def box() -> Sandbox:
    return Sandbox(seed=1)


def client(box: Sandbox, **options: Any) -> ActiveCampaignClient:
    account = box.activecampaign
    return ActiveCampaignClient(account.url, account.key, transport=box.transport, **options)


@pytest.mark.parametrize("status", [400, 409, 422, 500])
def test_a_taken_tag_is_a_conflict_whatever_its_status(box: Sandbox, status: Any) -> None:
    box.activecampaign.duplicate_tag_status = status
    box.activecampaign.add_tag("VIP")

    with pytest.raises(Conflict, match="look it up"):
        client(box).tags.create("vip")
    assert client(box).tags.ensure("vip").name == "VIP"


def test_a_taken_tag_may_also_come_as_it_is(box: Sandbox) -> None:
    box.activecampaign.duplicate_tag = "existing"
    tag_id = box.activecampaign.add_tag("VIP")

    assert client(box).tags.create("vip").id == tag_id


@pytest.mark.parametrize("status", [400, 422])
def test_a_tag_that_does_not_exist_is_a_bad_request(box: Sandbox, status: Any) -> None:
    box.activecampaign.contact_tag_error = status
    contact = box.activecampaign.add_contact("ada@example.org")

    with pytest.raises(BadRequest):
        client(box).contact_tags.add(contact, "999")


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthenticated), (403, Forbidden)])
def test_a_wrong_key_is_one_of_two_errors_with_one_hint(
    box: Sandbox, status: Any, kind: Any
) -> None:
    box.activecampaign.bad_key_status = status
    wrong = ActiveCampaignClient(box.activecampaign.url, "wr0ng", transport=box.transport)

    with pytest.raises(kind, match="check the API key and the rights of its user"):
        wrong.users.me()
    assert len(box.calls) == 1


def test_a_user_who_may_not_is_told(box: Sandbox) -> None:
    box.activecampaign.restrict_key("tags")

    with pytest.raises(Forbidden, match="the rights of its user"):
        client(box).tags.ensure("vip")


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("status", [200, 201])
def test_empty_maps_and_either_status_are_read(box: Sandbox, links: bool, status: Any) -> None:
    box.activecampaign.empty_links = links
    box.activecampaign.field_value_status = status
    field = box.activecampaign.add_field("Plan")
    mine = client(box)

    contact = mine.contacts.sync("ada@example.org", field_values={field: "Gold"}).contact
    assert mine.contacts.get(contact.id) == contact
    assert mine.field_values.set(contact.id, field, "Silver").value == "Silver"


@pytest.mark.parametrize("key", ["success", "Success"])
@pytest.mark.parametrize("end", [ImportState.COMPLETED, ImportState.FAILED])
def test_an_import_ends_as_it_ends(box: Sandbox, key: Any, end: Any) -> None:
    box.activecampaign.import_success_key = key
    box.activecampaign.import_end = end.value
    box.activecampaign.import_rejects = lambda email: email.startswith("bad")
    people = [ImportContact(email=f"{name}@example.org") for name in ("ada", "bad")]
    mine = client(box)

    done = mine.contacts.wait_for_import(mine.contacts.import_batch(people).batch_id)

    assert (done.state, done.settled) == (end, True)
    assert done.failed == (("bad@example.org",) if end is ImportState.COMPLETED else ())


def test_an_unknown_field_is_dropped_by_sync_and_refused_elsewhere(box: Sandbox) -> None:
    mine = client(box)

    contact = mine.contacts.sync("ada@example.org", field_values={"999": "x"}).contact
    assert mine.field_values.of_contact(contact.id) == ()
    with pytest.raises(BadRequest, match="Field id not valid"):
        mine.contacts.update(contact.id, field_values={"999": "x"})


# --- limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [True, False])
def test_many_calls_never_come_too_fast(box: Sandbox, told: bool) -> None:
    box.activecampaign.rate_headers = told
    box.activecampaign.add_tag("vip")
    mine, other = client(box), client(box)

    for _ in range(15):
        mine.tags.list().first()
        other.tags.list().first()

    assert len(box.calls) == 30
    assert {call.status for call in box.calls} == {200}


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("pause", [2, None])
def test_where_strangers_used_up_the_second_it_goes_on_later(
    box: Sandbox, status: Any, pause: Any
) -> None:
    account = box.activecampaign
    account.over_limit_status, account.retry_after, account.rate_headers = status, pause, False

    def crowd() -> None:
        for _ in range(5):
            box.transport("GET", f"{account.url}/api/3/users/me", {"Api-Token": account.key}, b"")

    crowd()
    assert client(box).users.me().username == "admin"
    assert [call.status for call in box.calls][-2:] == [status, 200]

    crowd()
    with pytest.raises(Throttled):
        client(box, retries=Retries(attempts=1)).users.me()


# --- webhooks --------------------------------------------------------------------------------


def test_what_a_webhook_tells_is_read(box: Sandbox) -> None:
    account = box.activecampaign
    plan = account.add_field("Plan")
    mine = client(box)
    ada = mine.contacts.sync("ada+x@example.org", first_name="Ada", field_values={plan: "Gold"})
    mine.contact_tags.add(ada.contact.id, mine.tags.ensure("vip").id)
    hook = mine.webhooks.create("tags", "https://example.org/5f2a", ["contact_tag_added"])

    _, body = account.webhook(hook.id, "contact_tag_added", ada.contact.id, tag="vip")
    event = parse_webhook(body)

    assert (event.kind, event.tag) == (WebhookKind.CONTACT_TAG_ADDED, "vip")
    assert event.occurred_at == account.now().replace(microsecond=0)
    assert event.contact is not None
    assert (event.contact.id, event.contact.email, event.contact.tags) == (
        ada.contact.id,
        "ada+x@example.org",
        ("vip",),
    )
    assert event.contact.fields == {"plan": "Gold"}
