"""What a user of the GetResponse client sees, in both worlds. Type-checked, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from typing import assert_type

from connectors import (
    AsyncGetResponseClient,
    AuthorizationCode,
    CampaignId,
    ClientCredentials,
    ContactId,
    GetResponseClient,
    RefreshToken,
    Reply,
    Retries,
    TokenProvider,
    WriteClass,
)
from connectors.core.call import Call, Json, Page
from connectors.getresponse import calls
from connectors.getresponse.models import (
    Account,
    Campaign,
    Contact,
    ContactDetails,
    CustomField,
    FoundContact,
    FromField,
    NewContact,
    Newsletter,
    NewsletterDetails,
    NewsletterStatistics,
    Origin,
    Recipients,
    Removal,
    RemovedContact,
    SearchQuery,
    Segment,
    Tag,
    WebhookEvent,
    WebhookType,
)
from connectors.getresponse.webhooks import has_secret, parse_webhook
from connectors.runtime.aio import AsyncPaged
from connectors.runtime.blocking import Paged


def credentials() -> None:
    GetResponseClient("a key")
    GetResponseClient(ClientCredentials("id", "secret"))
    GetResponseClient(AuthorizationCode(client_id="id", client_secret="secret", code="code"))
    GetResponseClient(RefreshToken(client_id="id", client_secret="secret", refresh_token="token"))
    GetResponseClient(TokenProvider(provide=lambda: "token"), host="api.getresponse.com")
    AsyncGetResponseClient("a key", timeout=5, retries=0)
    AsyncGetResponseClient("a key", retries=Retries(attempts=2, deadline=10))


def with_blocks() -> None:
    with GetResponseClient("a key") as client:
        assert_type(client, GetResponseClient)
        assert_type(client.base_url, str)
        assert_type(client.now(), datetime)


async def async_with_blocks() -> None:
    async with AsyncGetResponseClient("a key") as client:
        assert_type(client, AsyncGetResponseClient)
        assert_type(client.base_url, str)
        assert_type(client.now(), datetime)


class OwnClient(GetResponseClient):
    """A host may add to a client."""


def options_keep_the_class(client: GetResponseClient, own: OwnClient) -> None:
    assert_type(client.with_options(timeout=5), GetResponseClient)
    assert_type(client.with_options(retries=0).contacts.list(), Paged[Contact])
    assert_type(own.with_options(retries=Retries(attempts=1)), OwnClient)


async def async_options_keep_the_class(client: AsyncGetResponseClient) -> None:
    assert_type(client.with_options(timeout=5, retries=0), AsyncGetResponseClient)
    found = await client.with_options(timeout=5).campaigns.list().first()
    assert_type(found, Campaign | None)


def lists(client: GetResponseClient) -> None:
    paged = client.contacts.list(changed_since=client.now(), sort="changedOn")
    assert_type(paged, Paged[Contact])
    assert_type(paged.first(), Contact | None)
    assert_type(paged.take(3), list[Contact])
    assert_type(paged.cursor, str | None)
    assert_type(paged.pages(), Iterator[Page[Contact]])
    assert_type([contact.email for contact in paged], list[str])
    for contact in paged:
        assert_type(contact, Contact)
        assert_type(contact.contact_id, ContactId)
        assert_type(contact.campaign.campaign_id, CampaignId)
        assert_type(contact.name, str | None)
        assert_type(contact.created_on, datetime | None)
        assert_type(contact.origin, Origin | str | None)
    for page in paged.pages():
        assert_type(page.items, tuple[Contact, ...])
        assert_type(page.total, int | None)
        again = client.contacts.list(cursor=page.cursor)
        assert_type(again, Paged[Contact])
    for removed in client.contacts.list_removed([CampaignId("a")]):
        assert_type(removed, RemovedContact)
        assert_type(removed.reason, Removal | str | None)


async def async_lists(client: AsyncGetResponseClient) -> None:
    # No await in front of a list: it is read as it is walked.
    paged = client.contacts.list(email="ada@example.org")
    assert_type(paged, AsyncPaged[Contact])
    assert_type(await paged.first(), Contact | None)
    assert_type(await paged.take(3), list[Contact])
    assert_type(paged.cursor, str | None)
    assert_type(paged.pages(), AsyncIterator[Page[Contact]])
    assert_type([contact async for contact in paged], list[Contact])
    async for contact in paged:
        assert_type(contact, Contact)
    async for page in paged.pages():
        assert_type(page.items, tuple[Contact, ...])
    async for removed in client.contacts.list_removed([CampaignId("a")]):
        assert_type(removed, RemovedContact)


def reads_and_writes(client: GetResponseClient) -> None:
    assert_type(client.accounts.get(), Account)
    campaign = client.campaigns.create("customers", double_opt_in=True)
    assert_type(campaign, Campaign)
    assert_type(client.campaigns.get(campaign.campaign_id), Campaign)
    assert_type(client.campaigns.list(name="cust"), Paged[Campaign])
    client.contacts.create(campaign.campaign_id, "ada@example.org", name="Ada")
    client.contacts.create_batch(campaign.campaign_id, [NewContact(email="ada@example.org")])
    details = client.contacts.get(ContactId("c"))
    assert_type(details, ContactDetails)
    assert_type(details.tags, tuple[Tag, ...])
    updated = client.contacts.update(details.contact_id, name="Ada L.", note=None, scoring=2.5)
    assert_type(updated, ContactDetails)
    client.contacts.delete(details.contact_id)


async def async_reads_and_writes(client: AsyncGetResponseClient) -> None:
    assert_type(await client.accounts.get(), Account)
    campaign = await client.campaigns.create("customers", double_opt_in=True)
    assert_type(campaign, Campaign)
    assert_type(await client.campaigns.get(campaign.campaign_id), Campaign)
    assert_type(client.campaigns.list(name="cust"), AsyncPaged[Campaign])
    await client.contacts.create(campaign.campaign_id, "ada@example.org", name="Ada")
    await client.contacts.create_batch(campaign.campaign_id, [NewContact(email="ada@example.org")])
    details = await client.contacts.get(ContactId("c"))
    assert_type(details, ContactDetails)
    updated = await client.contacts.update(details.contact_id, name="Ada L.", note=None)
    assert_type(updated, ContactDetails)
    await client.contacts.delete(details.contact_id)


def calls_as_values(client: GetResponseClient) -> None:
    call = calls.get_contact(ContactId("c"))
    assert_type(call, Call[ContactDetails])
    assert_type(call.write_class, WriteClass)
    assert_type(client.send(call), ContactDetails)
    reply = client.reply(call)
    assert_type(reply, Reply[ContactDetails])
    assert_type(reply.value, ContactDetails)
    assert_type(reply.value.tags, tuple[Tag, ...])
    assert_type(reply.status, int)
    assert_type(reply.headers, Mapping[str, str])
    assert_type(reply.raw, bytes)
    free = client.request("GET", "accounts/billing", query={"page": "1"})
    assert_type(free, Reply[Json])
    match free.value:
        case {"name": str(name)}:
            assert_type(name, str)
        case _:
            pass


async def async_calls_as_values(client: AsyncGetResponseClient) -> None:
    call = calls.list_contacts(email="ada@example.org").at(None)
    assert_type(await client.send(call), Page[Contact])
    assert_type((await client.reply(call)).value.items, tuple[Contact, ...])
    answer = await client.request(
        "POST", "tags", json={"name": "vip"}, write_class=WriteClass.NATURAL_KEY
    )
    assert_type(answer, Reply[Json])


def more_nouns(client: GetResponseClient, query: SearchQuery, to: Recipients) -> None:
    found = client.contacts.find("list", "ada@example.org")
    assert_type(found, Contact | None)
    assert_type(client.contacts.create_and_wait("list", "ada@example.org"), ContactDetails | None)
    assert_type(client.contacts.upsert_tags("contact", ["tag"]), tuple[Tag, ...])
    assert_type(client.tags.create("vip"), Tag)
    assert_type(client.tags.find("vip"), Tag | None)
    assert_type(client.custom_fields.list(), Paged[CustomField])
    assert_type(client.search_contacts.search(query).first(), FoundContact | None)
    assert_type(client.search_contacts.create("recent", query), Segment)
    assert_type(client.from_fields.list().take(1), list[FromField])
    assert_type(client.newsletters.list(), Paged[Newsletter])
    sent = client.newsletters.send_draft("draft", to, send_on="now")
    assert_type(sent, NewsletterDetails)
    assert_type(client.newsletters.statistics("sent"), tuple[NewsletterStatistics, ...])


async def async_more_nouns(client: AsyncGetResponseClient, query: SearchQuery) -> None:
    assert_type(await client.contacts.find("list", "ada@example.org"), Contact | None)
    assert_type(await client.tags.find("vip"), Tag | None)
    assert_type(client.custom_fields.list(), AsyncPaged[CustomField])
    assert_type(await client.search_contacts.search(query).first(), FoundContact | None)
    assert_type([found async for found in client.newsletters.list()], list[Newsletter])
    assert_type(await client.newsletters.statistics("sent"), tuple[NewsletterStatistics, ...])


def webhooks(body: bytes, headers: Mapping[str, str]) -> None:
    assert_type(has_secret("secret=x", "x"), bool)
    events = parse_webhook(body, headers)
    assert_type(events, tuple[WebhookEvent, ...])
    for event in events:
        assert_type(event.type, WebhookType | str)
        assert_type(event.contacts[0].contact_id, ContactId | None)
