"""What a type checker refuses. Type-checked, never run.

Each `type: ignore` stands for a mistake that is told before the program runs; one that is no longer
refused is an unused ignore, which fails the check.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from connectors import (
    Action,
    ActiveCampaignClient,
    AsyncDocuSignClient,
    AsyncDynamicsClient,
    AsyncGetResponseClient,
    AsyncGetResponseDynamics,
    Automation,
    BridgeSettings,
    Callback,
    ContactId,
    DocuSignActiveCampaign,
    DocuSignClient,
    DynamicsClient,
    GetResponseClient,
    GetResponseDynamics,
    SqlStore,
    Table,
    TagAdded,
    TokenProvider,
)
from connectors.activecampaign import NewSchema, Schema
from connectors.dynamics import calls as dynamics_calls
from connectors.getresponse import calls


@frozen(kw_only=True)
class Project:
    project_id: str


PROJECTS = Table(
    Project, "new_project", "new_projects", "new_projectid", {"project_id": "new_projectid"}
)


async def worlds_mixed_up(client: GetResponseClient, aclient: AsyncGetResponseClient) -> None:
    await client.accounts.get()  # type: ignore[misc]
    aclient.accounts.get().email  # type: ignore[attr-defined] # noqa: B018
    await aclient.contacts.list()  # type: ignore[misc]
    for _ in aclient.contacts.list():  # type: ignore[attr-defined]
        pass
    async for _ in client.contacts.list():  # type: ignore[attr-defined]
        pass
    with aclient:  # type: ignore[attr-defined]
        pass
    async with client:  # type: ignore[attr-defined]
        pass
    aclient.close()  # type: ignore[attr-defined]


def none_is_no_absence(client: GetResponseClient) -> None:
    # None clears what can be cleared; what is to stay is left out.
    client.contacts.update(ContactId("c"), note=None)
    client.contacts.update(ContactId("c"), name=None)  # type: ignore[arg-type]
    client.contacts.update(ContactId("c"), campaign_id=None)  # type: ignore[arg-type]


def what_may_be_missing(client: GetResponseClient, crm: DynamicsClient) -> None:
    client.contacts.list().first().email  # type: ignore[union-attr] # noqa: B018
    client.contacts.get(ContactId("c")).name.upper()  # type: ignore[union-attr]
    crm.table(PROJECTS).list().first().project_id  # type: ignore[union-attr] # noqa: B018


def ids_are_text(client: GetResponseClient) -> None:
    client.contacts.get(ContactId("c"))
    client.contacts.get(17)  # type: ignore[arg-type]
    client.contacts.get(None)  # type: ignore[arg-type]
    client.contacts.get(client.contacts.list().first())  # type: ignore[arg-type]


def names_that_are_not_there(client: GetResponseClient, crm: DynamicsClient) -> None:
    client.contacts.get(ContactId("c")).first_name  # type: ignore[attr-defined] # noqa: B018
    client.contacts.list(page=2)  # type: ignore[call-arg]
    client.contacts.list(sort="age")  # type: ignore[arg-type]
    client.contacts.list().all()  # type: ignore[attr-defined]
    client.newsletter  # type: ignore[attr-defined] # noqa: B018
    crm.table(PROJECTS).get("id").title  # type: ignore[attr-defined] # noqa: B018


def values_are_frozen(client: GetResponseClient) -> None:
    client.contacts.get(ContactId("c")).name = "Ada"  # type: ignore[misc]
    client.accounts.get().email = "ada@example.org"  # type: ignore[misc]


def options_by_name_only(client: GetResponseClient) -> None:
    client.with_options(5)  # type: ignore[call-arg]
    client.with_options(retry=0)  # type: ignore[call-arg]
    GetResponseClient("a key", "api.getresponse.com")  # type: ignore[call-arg]
    GetResponseClient("a key", retries="never")  # type: ignore[arg-type]


def calls_of_the_right_type(client: GetResponseClient) -> None:
    _: int = client.send(calls.get_account())  # type: ignore[assignment]
    client.send(calls.list_contacts())  # type: ignore[arg-type]
    dynamics_calls.get_row("contacts", "id")  # type: ignore[arg-type]


def free_answers_are_checked_first(client: GetResponseClient) -> None:
    client.request("GET", "accounts").value["email"]  # type: ignore[index,call-overload]


def credentials_fit(credential: TokenProvider) -> None:
    GetResponseClient(None)  # type: ignore[arg-type]
    DynamicsClient("https://contoso.crm4.dynamics.com")  # type: ignore[call-arg]
    DynamicsClient("https://contoso.crm4.dynamics.com", "a key")  # type: ignore[arg-type]
    DynamicsClient(credential, "https://contoso.crm4.dynamics.com")  # type: ignore[arg-type]
    TokenProvider(provide="token")  # type: ignore[arg-type]


async def awaited(
    method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, b""


def short(method: str, url: str) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, b""


class HalfACache:
    def get(self, key: str) -> str | None:
        return None


def own_parts_fit() -> None:
    GetResponseClient("a key", transport=awaited)  # type: ignore[arg-type]
    GetResponseClient("a key", transport=short)  # type: ignore[arg-type]
    GetResponseClient("a key", token_cache=HalfACache())  # type: ignore[arg-type]
    GetResponseClient("a key", hooks=[short])  # type: ignore[list-item]
    GetResponseClient("a key", hooks=print)  # type: ignore[arg-type]


def jobs_fit(
    gr: GetResponseClient,
    crm: DynamicsClient,
    agr: AsyncGetResponseClient,
    acrm: AsyncDynamicsClient,
    store: SqlStore,
    sync: GetResponseDynamics,
) -> None:
    GetResponseDynamics(gr, crm)  # type: ignore[call-arg]
    GetResponseDynamics(crm, gr, store=store)  # type: ignore[arg-type]
    GetResponseDynamics(agr, acrm, store=store)  # type: ignore[arg-type]
    AsyncGetResponseDynamics(gr, crm, store=store)  # type: ignore[arg-type]
    GetResponseDynamics(gr, crm, store="sqlite:///sync.db")  # type: ignore[arg-type]
    sync.apply(sync.contacts.run())  # type: ignore[arg-type]
    sync.contacts.run(plan=sync.contacts.plan())  # type: ignore[call-arg]


def envelopes_fit(client: DocuSignClient, aclient: AsyncDocuSignClient) -> None:
    DocuSignClient("a key")  # type: ignore[arg-type]
    client.envelopes.create("Offer")  # type: ignore[arg-type]
    client.envelopes.void("e")  # type: ignore[call-arg]
    client.envelopes.list(include=["everything"])  # type: ignore[list-item]
    client.envelopes.get("e").recipients.items  # type: ignore[union-attr] # noqa: B018
    client.envelopes.get("e").status = "voided"  # type: ignore[misc]
    client.documents.open("e", "1").read().decode().missing  # type: ignore[attr-defined] # noqa: B018
    with aclient.documents.open("e", "1"):  # type: ignore[attr-defined]
        pass


def contacts_fit(client: ActiveCampaignClient, visits: Schema, wanted: NewSchema) -> None:
    ActiveCampaignClient("a key")  # type: ignore[call-arg]
    client.contacts.sync("ada@example.org", field_values={1: "Gold"})  # type: ignore[dict-item]
    client.contacts.find("ada@example.org").id  # type: ignore[union-attr] # noqa: B018
    client.contact_tags.add(client.tags.ensure("vip"), "1")  # type: ignore[arg-type]
    client.custom_objects.put_record(wanted, "v", {}, contact_id="1")  # type: ignore[arg-type]
    client.custom_objects.put_record(visits, "v", {})  # type: ignore[call-arg]


def bridges_fit(ds: DocuSignClient, ac: ActiveCampaignClient, store: SqlStore) -> None:
    DocuSignActiveCampaign(ds, ac)  # type: ignore[call-arg]
    DocuSignActiveCampaign(ac, ds, store=store)  # type: ignore[arg-type]
    DocuSignActiveCampaign(ds, ac, store=store, callbacks={"a": print, "b": 1})  # type: ignore[dict-item]
    BridgeSettings(actions=("sent",))  # type: ignore[arg-type]
    BridgeSettings(actions=Action.SENT)  # type: ignore[arg-type]
    Automation(id="a", triggers=TagAdded("vip"), then=(Callback("greet"),))  # type: ignore[arg-type]
    Automation(id="a", triggers=(TagAdded("vip"),))  # type: ignore[call-arg]
