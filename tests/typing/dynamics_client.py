"""What a user of the Dynamics client sees, in both worlds. Type-checked, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, assert_type

from attrs import frozen

from connectors import (
    AsyncDynamicsClient,
    ClientCredentials,
    DynamicsClient,
    PasswordCredentials,
    Reply,
    Table,
    TokenProvider,
)
from connectors.core.call import Call, Json, Page
from connectors.dynamics import calls
from connectors.dynamics.batch import BatchResult, ChangeSet
from connectors.dynamics.bulk import BulkResult, RowResult
from connectors.dynamics.filters import Filter, col
from connectors.dynamics.models import (
    ACCOUNTS,
    CONTACTS,
    Account,
    AlternateKey,
    Contact,
    ContentId,
    MarketingList,
    RowId,
    Shape,
    Upserted,
    WhoAmI,
)
from connectors.runtime.aio import AsyncPaged
from connectors.runtime.blocking import Paged


@frozen(kw_only=True)
class Project:
    """A host's own model of a host's own table."""

    project_id: str
    title: str | None = None
    budget: float | None = None
    modified_on: datetime | None = None


PROJECTS = Table(
    Project,
    "new_project",
    "new_projects",
    "new_projectid",
    {
        "project_id": "new_projectid",
        "title": "new_title",
        "budget": "new_budget",
        "modified_on": "modifiedon",
    },
)
assert_type(PROJECTS, Table[Project])


@frozen(kw_only=True)
class Total:
    """A host's own model of what no table has."""

    title: str | None = None
    total: float | None = None


TOTALS = Shape(Total, {"title": "new_title", "total": "total"})
assert_type(TOTALS, Shape[Total])


def credentials() -> None:
    url, authority = "https://contoso.crm4.dynamics.com", "https://login.example.org/contoso"
    DynamicsClient(url, ClientCredentials("id", "secret", authority=authority))
    DynamicsClient(url, TokenProvider(provide=lambda: "token"), version="9.1")
    DynamicsClient(
        "https://crm.contoso.com/contoso",
        PasswordCredentials("id", "CONTOSO\\user", "password", authority=authority),
        deployment="on-premises",
    )
    AsyncDynamicsClient(url, TokenProvider(provide=lambda: "token"), timeout=10, retries=2)


def with_blocks(credential: ClientCredentials) -> None:
    with DynamicsClient("https://contoso.crm4.dynamics.com", credential) as crm:
        assert_type(crm, DynamicsClient)
        assert_type(crm.with_options(retries=0), DynamicsClient)
        assert_type(crm.with_options(retries=0).contacts.get("id"), Contact)


async def async_with_blocks(credential: ClientCredentials) -> None:
    async with AsyncDynamicsClient("https://contoso.crm4.dynamics.com", credential) as crm:
        assert_type(crm, AsyncDynamicsClient)
        assert_type(crm.with_options(timeout=5), AsyncDynamicsClient)


def typed_rows(crm: DynamicsClient) -> None:
    projects = crm.table(PROJECTS)
    paged = projects.list(filter="statecode eq 0", order_by="new_title", page_size=50)
    assert_type(paged, Paged[Project])
    assert_type(paged.first(), Project | None)
    assert_type(paged.take(2), list[Project])
    for project in paged:
        assert_type(project, Project)
        assert_type(project.budget, float | None)
    row = projects.get("00000000-0000-0000-0000-000000000001")
    assert_type(row, Project)
    assert_type(row.title, str | None)
    for page in projects.track(cursor=None).pages():
        assert_type(page, Page[Project])
        assert_type(page.removed, tuple[str, ...])
        assert_type(page.delta, str | None)
    assert_type(projects.create({"new_title": "Bridge"}), RowId)
    projects.update(row.project_id, {"new_title": None}, etag='W/"1"')


async def async_typed_rows(crm: AsyncDynamicsClient) -> None:
    projects = crm.table(PROJECTS)
    paged = projects.list(filter="statecode eq 0")
    assert_type(paged, AsyncPaged[Project])
    assert_type(await paged.first(), Project | None)
    assert_type([project.title async for project in paged], list[str | None])
    assert_type(await projects.get("id"), Project)
    assert_type(projects.track().pages(), AsyncIterator[Page[Project]])
    assert_type(await projects.create({"new_title": "Bridge"}), RowId)
    await projects.update("id", {"new_title": None})


def furniture(crm: DynamicsClient) -> None:
    assert_type(crm.contacts.get("id"), Contact)
    assert_type(crm.contacts.list().first(), Contact | None)
    assert_type(crm.marketing_lists.get("id"), MarketingList)
    assert_type(crm.marketing_lists.list(), Paged[MarketingList])
    assert_type(crm.marketing_lists.members("id"), Paged[str])
    assert_type(crm.who_am_i(), WhoAmI)
    assert_type(crm.version(), str)


async def async_furniture(crm: AsyncDynamicsClient) -> None:
    assert_type(await crm.contacts.get("id"), Contact)
    assert_type(await crm.marketing_lists.get("id"), MarketingList)
    assert_type(crm.marketing_lists.members("id"), AsyncPaged[str])
    assert_type(await crm.who_am_i(), WhoAmI)
    assert_type(await crm.version(), str)


def calls_as_values(crm: DynamicsClient) -> None:
    call = calls.get_row(PROJECTS, "id")
    assert_type(call, Call[Project])
    assert_type(crm.send(call), Project)
    assert_type(crm.reply(call), Reply[Project])
    assert_type(crm.reply(call).value, Project)
    assert_type(crm.request("GET", "RetrieveVersion()"), Reply[Json])


def batches(crm: DynamicsClient) -> None:
    results = crm.batch([calls.get_row(PROJECTS, "id"), calls.delete_row(CONTACTS, "id")])
    assert_type(results, tuple[BatchResult, ...])
    first, _ = results
    assert_type(first.call, Call[Any])
    # What a batch holds is of several types; the host says which.
    project: Project = first.value()
    assert_type(project.title, str | None)


async def async_batches(crm: AsyncDynamicsClient) -> None:
    results = await crm.batch([calls.get_row(PROJECTS, "id")])
    assert_type(results, tuple[BatchResult, ...])


def filters(crm: DynamicsClient) -> None:
    condition = col("statecode").eq(0) & ~col("new_title").startswith("Old") | Filter("new_x gt 1")
    assert_type(condition, Filter)
    assert_type(crm.table(PROJECTS).list(filter=condition).first(), Project | None)
    assert_type(crm.contacts.list(filter=condition, top=3, count=True), Paged[Contact])


def more_of_rows(crm: DynamicsClient) -> None:
    projects = crm.table(PROJECTS)
    key = AlternateKey({"new_number": 17})
    assert_type(projects.find(key), Project | None)
    assert_type(projects.get(key), Project)
    assert_type(projects.count(filter=col("statecode").eq(0)), int)
    assert_type(projects.create_and_read({"new_title": "Bridge"}), Project)
    assert_type(projects.upsert(key, {"new_title": "Bridge"}), Upserted)
    assert_type(projects.fetch("<fetch/>"), Paged[Project])
    assert_type(projects.fetch_as(TOTALS, "<fetch/>").first(), Total | None)
    assert_type(projects.fetch_free("<fetch/>").take(1), list[Mapping[str, Json]])
    assert_type(projects.aggregate_as(TOTALS, "aggregate($count as total)"), tuple[Total, ...])
    assert_type(
        crm.table(ACCOUNTS).related("id", "contact_customer_accounts", CONTACTS), Paged[Contact]
    )
    assert_type(crm.table(ACCOUNTS).get("id"), Account)
    written = projects.create_many([{"new_title": "Bridge"}])
    assert_type(written, BulkResult)
    assert_type(written.rows, tuple[RowResult, ...])
    assert_type(written.rows[0].row_id, RowId | None)


async def async_more_of_rows(crm: AsyncDynamicsClient) -> None:
    projects = crm.table(PROJECTS)
    assert_type(await projects.find("id"), Project | None)
    assert_type(await projects.count(), int)
    assert_type(await projects.fetch_as(TOTALS, "<fetch/>").first(), Total | None)
    assert_type(await projects.create_many([{"new_title": "Bridge"}]), BulkResult)
    assert_type(await projects.upsert("id", {"new_title": "Bridge"}), Upserted)


def change_sets(crm: DynamicsClient) -> None:
    made = calls.create_row(PROJECTS, {"new_title": "Bridge"})
    tied = calls.update_row(CONTACTS, "id", {"new_P@odata.bind": PROJECTS.ref(ContentId(1))})
    assert_type(crm.batch([ChangeSet((made, tied))]), tuple[BatchResult, ...])


class OwnDynamics(DynamicsClient):
    """A host may add to a client."""


def copies_keep_the_class(crm: DynamicsClient, own: OwnDynamics) -> None:
    assert_type(crm.acting_as(user_id="id"), DynamicsClient)
    assert_type(own.acting_as(user_id="id").with_behavior(suppress_flows=True), OwnDynamics)
