"""What the client offers, in both worlds: against the sandbox, and against servers that misbehave."""

from __future__ import annotations

import inspect
import json
import logging
import subprocess
import sys
import traceback
from typing import Any

import pytest
from attrs import frozen

from connectors import AsyncDynamicsClient, DynamicsClient, Sandbox
from connectors.core.auth import TokenProvider
from connectors.core.policy import Retries
from connectors.dynamics import aio, blocking, calls
from connectors.dynamics.batch import ChangeSet
from connectors.dynamics.filters import col
from connectors.dynamics.models import (
    CAMPAIGNS,
    CONTACTS,
    MARKETING_LISTS,
    ROLES,
    USERS,
    AccessRight,
    AlternateKey,
    ContentId,
    Expand,
    RowId,
    Shape,
    Table,
    formatted,
)
from connectors.errors import (
    BadRequest,
    ConfigError,
    ConnectorsError,
    DecodeError,
    Gone,
    NotFound,
    NotSent,
    StatusError,
    Unauthenticated,
)
from tests.dynamics.kit import CANARY, ID, OTHER, URL, Answer, Server, on, refused, said
from tests.facades import WORLDS, World, run


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


@pytest.fixture
def box() -> Sandbox:
    return Sandbox(seed=1, contacts=10)


# --- a host's own tables ---------------------------------------------------------------------


@frozen(kw_only=True)
class Person:
    id: RowId
    name: str | None = None
    state: str | None = None


PEOPLE = Table(
    Person,
    "contact",
    "contacts",
    "contactid",
    {"id": "contactid", "name": "lastname", "state": formatted("statuscode")},
)


@frozen(kw_only=True)
class Letter:
    id: RowId
    readers: tuple[Person, ...] = ()


LETTERS = Table(
    Letter,
    "list",
    "lists",
    "listid",
    {"id": "listid", "readers": "listcontact_association"},
    expand={"readers": Expand(PEOPLE, filter=col("lastname").startswith("O'"))},
)


@frozen(kw_only=True)
class Count:
    state: int
    number: int


COUNTS = Shape(Count, {"state": "statecode", "number": "n"})
APPLY = "groupby((statecode),aggregate($count as n))"


def test_a_table_of_the_host_is_read_as_its_model(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        people = client.table(PEOPLE)
        person_id = await people.create({"lastname": "O'Brien"})
        found = col("lastname").eq("o'brien") & col("statecode").eq(0)

        assert await people.list(filter=found).take(5) == [
            Person(id=person_id, name="O'Brien", state="Active")
        ]
        assert (await people.find(person_id)).state == "Active"
        assert await people.find(ID) is None
        assert len(await people.list(top=3).take(10)) == 3
        assert await people.count() == 11
        assert await people.count(filter=found) == 1
        assert await people.aggregate_as(COUNTS, APPLY) == (Count(state=0, number=11),)
        assert await people.aggregate(APPLY) == ({"statecode": 0, "n": 11},)
        page = await people.list(count=True, page_size=4).pages().__anext__()
        assert page.total == 11

    on(box, world, case)


def test_rows_are_written_and_read_back(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.contacts.create_and_read({"lastname": "A"})
        assert made.last_name == "A"
        changed = await client.contacts.update_and_read(
            made.contact_id, {"lastname": "B"}, etag=made.etag
        )
        assert changed.last_name == "B"
        assert await client.contacts.get_if_changed(made.contact_id, changed.etag) is None
        again = await client.contacts.get_if_changed(made.contact_id, made.etag)
        assert again == changed
        told = await client.contacts.upsert(ID, {"lastname": "C"})
        assert (told.row_id, told.created) == (ID, None)

    on(box, world, case)


def test_expanded_rows_come_along(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        person_id = await client.contacts.create({"lastname": "O'Brien"})
        others = [row.contact_id async for row in client.contacts.list()]
        list_id = await client.marketing_lists.create("News")
        await client.marketing_lists.add_members(list_id, others)

        letter = await client.table(LETTERS).get(list_id)
        assert [reader.id for reader in letter.readers] == [person_id]
        lists = client.table(MARKETING_LISTS)
        related = lists.related(list_id, "listcontact_association", CONTACTS)
        assert len(await related.take(50)) == 11

    on(box, world, case)


def test_fetchxml_and_long_queries_are_answered(box: Sandbox, world: World) -> None:
    query = (
        "<fetch><entity name='contact'><attribute name='lastname'/><order attribute='contactid'/>"
        "<filter><condition attribute='statecode' operator='eq' value='0'/></filter></entity></fetch>"
    )
    padded = query.replace("<filter>", "<filter>" + "<!-- x -->" * 200)
    wide = query.replace(
        "</filter>",
        "<condition attribute='lastname' operator='not-in'>"
        + "".join(f"<value>nobody {n}</value>" for n in range(80))
        + "</condition></filter>",
    )

    async def case(client: Any) -> None:
        people = client.table(PEOPLE)
        assert len([p async for p in people.fetch(query, page_size=4)]) == 10
        assert len([p async for p in people.fetch(wide, page_size=4)]) == 10
        assert len([p async for p in people.fetch_free(padded, page_size=4)]) == 10
        long = col("lastname").not_in([f"nobody {n}" for n in range(300)])
        assert len([p async for p in people.list(filter=long, page_size=4)]) == 10

    on(box, world, case)

    assert box.calls.count("dynamics", "$batch") > 3


def test_rows_are_found_and_written_by_an_alternate_key(box: Sandbox, world: World) -> None:
    box.dynamics.define_key("contact", ["externaluseridentifier"])
    key = AlternateKey({"externaluseridentifier": "aB3 O'x#1"})

    async def case(client: Any) -> None:
        assert await client.contacts.find(key) is None
        made = await client.contacts.upsert(key, {"lastname": "A"})
        again = await client.contacts.upsert(key, {"lastname": "B"})
        assert (made.created, again.created) == (True, False)
        assert again.row_id == made.row_id
        await client.contacts.update(key, {"firstname": "C"})
        found = await client.contacts.get(key)
        assert (found.contact_id, found.first_name, found.last_name) == (made.row_id, "C", "B")
        other = AlternateKey({"externaluseridentifier": "new"})
        told = await client.contacts.upsert_many([(key, {"lastname": "D"}), (other, {})])
        told.check()
        assert await client.contacts.count() == 12
        await client.contacts.delete(other)
        with pytest.raises(NotFound, match="no row has this key"):
            await client.contacts.update(other, {"lastname": "E"})
        with pytest.raises(BadRequest, match="does not exist or is not active"):
            await client.contacts.get(AlternateKey({"lastname": "x"}))

    on(box, world, case)


def test_views_are_run_by_their_id(box: Sandbox, world: World) -> None:
    query = "<fetch><entity name='contact'><attribute name='lastname'/></entity></fetch>"
    public = box.dynamics.add_saved_query("All", query)
    own = box.dynamics.add_saved_query("Mine", query, own=True)

    async def case(client: Any) -> None:
        people = client.table(PEOPLE)
        assert len([p async for p in people.view(public)]) == 10
        assert len([p async for p in people.view(own, personal=True)]) == 10

    on(box, world, case)


# --- lists, users, definitions ---------------------------------------------------------------

ACTIVE = "<fetch><entity name='contact'><attribute name='fullname'/></entity></fetch>"


def test_lists_are_copied_locked_and_looked_through(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        lists = client.marketing_lists
        everybody = await lists.create("All", dynamic=True, query=ACTIVE)
        copy = await lists.copy_to_static(everybody)
        assert (await lists.get(copy)).locked
        await lists.lock(copy, locked=False)
        other = await lists.create("Other")
        await lists.copy_members(copy, other)
        members = [member async for member in lists.members(other)]
        assert len(members) == 10
        entries = [entry async for entry in lists.entries(other)]
        assert {entry.entity_id for entry in entries} == set(members)
        assert {e.list_id async for e in lists.of(members[0])} == {copy, other}
        campaign = await client.table(CAMPAIGNS).create({"name": "C"})
        await lists.add_to_campaign(other, campaign)
        await lists.remove_members(other, members[:2])
        assert len([member async for member in lists.members(other)]) == 8
        await lists.delete(other)
        assert await lists.find(other) is None

    on(box, world, case)


def test_members_leave_by_their_entry_where_the_link_cannot_be_cut(
    box: Sandbox, world: World
) -> None:
    box.dynamics.dissociate_members = False

    async def case(client: Any) -> None:
        lists = client.marketing_lists
        ids = [row.contact_id async for row in client.contacts.list()]
        list_id = await lists.create("News")
        await lists.add_members(list_id, ids[:2])
        await lists.remove_member(list_id, ids[0])
        await lists.remove_member(list_id, ids[0])
        assert [member async for member in lists.members(list_id)] == ids[1:2]
        box.dynamics.lock_list(list_id)
        with pytest.raises(BadRequest, match="unlock"):
            await lists.remove_member(list_id, ids[1])

    on(box, world, case)


@pytest.mark.parametrize("status", [400, 409, 412])
def test_a_link_that_was_there_before_is_fine_with_any_status(status: int, world: World) -> None:
    server = Server(refused(status, "0x80040237"))

    async def case(client: Any) -> None:
        await client.contacts.associate(ID, "listcontact_association", MARKETING_LISTS.ref(OTHER))

    run(world, server.make(), case)


def test_who_was_on_no_list_is_fine(world: World) -> None:
    server = Server(refused(400, "0x80048458"))

    async def case(client: Any) -> None:
        await client.marketing_lists.remove_member(ID, OTHER)

    run(world, server.make(), case)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_member_leaves_by_its_entry_wherever_the_link_is_unknown(
    status: int, world: World
) -> None:
    entry = {"listmemberid": OTHER, "_listid_value": ID, "_entityid_value": OTHER}
    server = Server(refused(status, "0x8006088a"), said({"value": [entry]}), said({}, 204))

    async def case(client: Any) -> None:
        await client.marketing_lists.remove_member(ID, OTHER)

    run(world, server.make(), case)
    assert [method for method, *_ in server.asked] == ["DELETE", "GET", "DELETE"]


def test_two_contacts_become_one(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        ids = [row.contact_id async for row in client.contacts.list()]
        await client.merge(ids[0], ids[1], values={"jobtitle": "Chief"})
        gone = await client.contacts.get(ids[1])
        assert (gone.state, gone.merged, gone.master_id) == (1, True, ids[0])
        with pytest.raises(BadRequest, match="inactive"):
            await client.merge(ids[0], ids[1])

    on(box, world, case)


def test_users_have_roles_and_rights(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        me = await client.who_am_i()
        users = client.users
        contact = await client.contacts.list().first()
        held = await users.privileges(me.user_id)
        assert "prvReadContact" in {privilege.name for privilege in held}
        rights = await users.access(me.user_id, CONTACTS.ref(contact.contact_id))
        assert AccessRight.READ in rights
        role = await client.table(ROLES).list().first()
        await users.give_role(me.user_id, role.role_id)
        await users.give_role(me.user_id, role.role_id)
        assert role in [r async for r in users.roles(me.user_id)]
        await users.take_role(me.user_id, role.role_id)
        await users.take_role(me.user_id, role.role_id)
        assert role not in [r async for r in users.roles(me.user_id)]

    on(box, world, case)


def test_the_environment_tells_of_its_tables(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        told = client.metadata
        assert await told.entity_set("gr_contact") == "gr_contacts"
        assert await told.entity_set("nothing") is None
        table = await told.table("contact", fresh=True)
        assert (table.primary_id, table.tracks_changes) == ("contactid", True)
        with pytest.raises(NotFound):
            await told.table("nothing")
        assert "emailaddress1" in {c.logical_name for c in await told.columns("contact")}
        ties = await told.relationships("gr_contact")
        lookup = next(t for t in ties.many_to_one if t.lookup == "gr_crmcontactid")
        assert (lookup.one, lookup.navigation) == ("contact", "gr_CrmContactId")
        assert (await told.global_choice("gr_liststatus")).options[0].value == 727000000
        assert "prvReadContact" in {p.name for p in await told.privileges("contact")}
        assert (await client.organization()).organization_id == box.dynamics.store.org
        assert 1033 in await client.languages()
        assert await client.total_record_counts(["contact"]) == {"contact": 10}
        assert (await client.discover_authority()).resource == f"{box.dynamics.url}/"

    on(box, world, case)


def test_any_function_and_action_can_be_called(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        me = await client.who_am_i()
        answer = await client.call_function(
            "RetrieveUserPrivileges", bound_to=USERS.path(me.user_id)
        )
        assert answer["RolePrivileges"]
        ids = [row.contact_id async for row in client.contacts.list()]
        list_id = await client.marketing_lists.create("News")
        told = await client.call_action(
            "AddMemberList", {"EntityId": ids[0]}, bound_to=MARKETING_LISTS.path(list_id)
        )
        assert told["Id"]

    on(box, world, case)


# --- change sets -----------------------------------------------------------------------------


def test_a_change_set_is_done_as_a_whole(box: Sandbox, world: World) -> None:
    new = calls.create_row(CONTACTS, {"lastname": "New"})
    change = calls.update_row(CONTACTS, ContentId(1), {"firstname": "Ann"})
    wrong = calls.update_row(CONTACTS, ID, {"firstname": "x"})

    async def case(client: Any) -> None:
        made, changed, who = await client.batch([ChangeSet((new, change)), calls.who_am_i()])
        changed.value()
        who.value()
        assert (await client.contacts.get(made.value())).first_name == "Ann"

        undone, refusal = await client.batch([ChangeSet((new, wrong))])
        with pytest.raises(NotFound):
            refusal.value()
        with pytest.raises(NotSent, match="change set was refused"):
            undone.value()
        assert await client.contacts.count() == 11

    on(box, world, case)


def test_references_in_bodies_are_refused_where_they_fail() -> None:
    bind = {"parentcustomerid_contact@odata.bind": CONTACTS.ref(ContentId(1))}
    parts = ChangeSet((calls.create_row(CONTACTS, {}), calls.create_row(CONTACTS, bind)))
    client = DynamicsClient(
        "https://crm.contoso.com/org",
        TokenProvider(provide=lambda: "t"),
        version="9.0",
        deployment="on-premises",
        transport=Server(refused(500)),
    )

    with pytest.raises(ConfigError, match=r"earlier call \(\$1\).*v9\.0 on-premises"):
        client.batch([parts])


# --- acting otherwise ------------------------------------------------------------------------


def test_a_copy_acts_as_somebody_else_in_batches_too(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        me = await client.who_am_i()
        role = box.dynamics.add_role(
            "Reader", {"prvReadUser": "Global", "prvReadContact": "Global"}
        )
        other = box.dynamics.add_user("Other", "User", roles=[role])
        acting = client.acting_as(user_id=other)
        assert (await acting.who_am_i()).user_id == other
        (result,) = await acting.batch([calls.who_am_i()])
        assert result.value().user_id == other
        assert (await client.who_am_i()).user_id == me.user_id

    on(box, world, case)


def headers_of(server: Server) -> dict[str, str]:
    sent = server.asked[-1][2]
    return {k: v for k, v in sent.items() if k.startswith(("MSCRM", "Caller", "Consist"))}


WHO = said({"UserId": ID, "BusinessUnitId": OTHER, "OrganizationId": OTHER})


def test_copies_send_the_headers_of_what_was_chosen(world: World) -> None:
    server = Server(WHO)

    async def case(client: Any) -> None:
        chosen = client.with_behavior(
            bypass_custom_logic={"CustomAsync", "CustomSync"},
            bypass_plugins=True,
            suppress_flows=True,
            suppress_duplicate_detection=False,
            consistency_strong=True,
        )
        both = chosen.acting_as(object_id=ID.upper())
        patient = both.with_options(timeout=5)
        await patient.who_am_i()
        assert headers_of(server) == {
            "MSCRM.BypassBusinessLogicExecution": "CustomSync,CustomAsync",
            "MSCRM.BypassCustomPluginExecution": "true",
            "MSCRM.SuppressCallbackRegistrationExpanderJob": "true",
            "MSCRM.SuppressDuplicateDetection": "false",
            "Consistency": "Strong",
            "CallerObjectId": ID,
        }
        other = both.acting_as(user_id=OTHER)
        await other.who_am_i()
        assert headers_of(server).get("MSCRMCallerID") == OTHER
        assert "CallerObjectId" not in headers_of(server), "only the last one said"
        assert headers_of(server)["Consistency"] == "Strong"
        await client.who_am_i()
        assert headers_of(server) == {}

    run(world, server.make(), case)


@pytest.mark.parametrize(
    ("version", "deployment", "ask"),
    [
        ("8.2", "online", {"object_id": ID}),
        ("9.1", "on-premises", {"object_id": ID}),
        ("9.0", "online", {"bypass_plugins": True}),
        ("9.1", "on-premises", {"suppress_flows": True}),
        ("9.0", "online", {"bypass_custom_logic": ["CustomSync"]}),
        ("8.2", "online", {"suppress_duplicate_detection": True}),
        ("9.1", "on-premises", {"consistency_strong": True}),
        ("9.2", "online", {"bypass_custom_logic": ["Everything"]}),
        ("9.2", "online", {"user_id": ID, "object_id": ID}),
        ("9.2", "online", {"user_id": "ada"}),
    ],
)
def test_what_a_server_has_no_header_for_is_refused(
    version: str, deployment: str, ask: dict[str, Any]
) -> None:
    client = DynamicsClient(
        "https://crm.contoso.com",
        TokenProvider(provide=lambda: "t"),
        version=version,
        deployment=deployment,
        transport=Server(WHO),
    )
    acting = {"user_id", "object_id"} & ask.keys()

    with pytest.raises(ConfigError):
        client.acting_as(**ask) if acting else client.with_behavior(**ask)


def test_what_a_version_cannot_do_is_refused_before_any_call() -> None:
    @frozen(kw_only=True)
    class Deep:
        id: str
        letter: Letter | None = None

    deep = Table(Deep, "x", "xs", "xid", {"id": "xid", "letter": "l"}, expand={"letter": LETTERS})
    old = DynamicsClient(
        URL, TokenProvider(provide=lambda: "t"), version="9.0", transport=Server(WHO)
    )

    with pytest.raises(ConfigError, match=r"within expanded rows does not exist .* v9\.0"):
        old.table(deep)
    with pytest.raises(ConfigError, match="RetrieveTotalRecordCount"):
        old.total_record_counts(["contact"])
    with pytest.raises(ConfigError, match="past the caches"):
        old.metadata.table("contact", fresh=True)


# --- answers that are none -------------------------------------------------------------------

ADDRESS = "ada@example.org"
HTML = (200, {"Content-Type": "text/html"}, b"<html>Sign in to the guest network")
LOGIN = (200, {"Content-Type": "text/html"}, b"<html><form action=/adfs/ls>")
GARBLED = (200, {"Content-Type": "application/json"}, b'{"value":[{"contactid":"3f25')
ODD = said({"value": [{"contactid": ID, "statecode": "x"}]})
HUGE: Answer = (
    400,
    {},
    b'{"error":{"code":"0x80040265","message":"' + b"ada@example.org " * 600_000 + b'"}}',
)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (HTML, Unauthenticated, "web page instead of data"),
        (LOGIN, Unauthenticated, "AD FS"),
        ((302, {"Location": "https://elsewhere/login"}, b"<html>"), BadRequest, "redirect"),
        ((302, {"Location": "https://fs/adfs/ls/"}, b""), Unauthenticated, "AD FS"),
        (GARBLED, DecodeError, "not JSON"),
        ((200, {}, b""), DecodeError, "not JSON"),
        (said([]), DecodeError, "value"),
        (ODD, DecodeError, "expected a whole number"),
        (HUGE, BadRequest, "plug-in"),
        (refused(400, "0x80044352"), Gone, "read everything again"),
        ((404, {}, b"<html>"), NotFound, "not Dynamics"),
        (refused(404, "0x8006088a"), BadRequest, "case-sensitive"),
        (refused(501), BadRequest, "does not have it"),
    ],
)
def test_bad_answers_are_errors_that_name_the_call_and_no_secret(
    world: World, answer: Any, kind: type[ConnectorsError], words: str
) -> None:
    server = Server(answer)

    async def case(client: Any) -> None:
        with pytest.raises(kind, match=r"dynamics contacts\.list") as caught:
            await client.contacts.list(filter=col("emailaddress1").eq(ADDRESS)).first()
        shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert words in shown
        assert len(shown) < 10_000
        for secret in (CANARY, ADDRESS, "guest network"):
            assert secret not in shown

    run(world, server.make(retries=Retries(attempts=1)), case)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (said({"value": []}), DecodeError),
        (HTML, Unauthenticated),
        (refused(413), BadRequest),
        (
            (200, {"Content-Type": "multipart/mixed; boundary=b"}, b"--b\r\n\r\nx\r\n--b--\r\n"),
            DecodeError,
        ),
    ],
)
def test_a_batch_that_is_answered_otherwise_is_an_error(
    world: World, answer: Any, kind: type[ConnectorsError]
) -> None:
    async def case(client: Any) -> None:
        with pytest.raises(kind):
            await client.batch([calls.who_am_i()])

    run(world, Server(answer).make(retries=Retries(attempts=1)), case)


def test_a_column_or_table_that_is_not_there_is_named(box: Sandbox, world: World) -> None:
    missing = Table(Person, "nothing", "nothings", "contactid", PEOPLE.columns)

    async def case(client: Any) -> None:
        with pytest.raises(StatusError) as caught:
            await client.table(missing).list().first()
        assert "case-sensitive" in str(caught.value)
        with pytest.raises(BadRequest):
            await client.contacts.list(filter=col("nonsense").eq(1)).first()

    on(box, world, case)


def test_quotes_and_any_alphabet_find_their_row(box: Sandbox, world: World) -> None:
    names = ["O'Brien", "Łukasz Żółć", "名前", "a&b=c#d?e+f%g", 'say "hi"', "x/y:z", "😀"]

    async def case(client: Any) -> None:
        people = client.table(PEOPLE)
        for name in names:
            await people.create({"lastname": name})
        for name in names:
            for condition in (
                col("lastname").eq(name),
                col("lastname").is_in([name]),
            ):
                assert [p.name for p in await people.list(filter=condition).take(5)] == [name]

    on(box, world, case)


# --- what is seen from outside ---------------------------------------------------------------


def test_neither_log_nor_hook_nor_repr_shows_the_token(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(WHO)
    seen: list[str] = []

    async def case(client: Any) -> None:
        acting = client.acting_as(user_id=ID)
        await acting.who_am_i()
        await client.batch([calls.create_row(CONTACTS, {"lastname": "s3cret"})])

    with caplog.at_level(logging.DEBUG), pytest.raises(DecodeError):
        run(world, server.make(hooks=[lambda a: seen.append(repr(a))]), case)
    made = server.make()(world)
    shown = caplog.text + "".join(seen) + repr(made) + repr(made._session.port) + repr(made._link)

    assert server.asked[-1][2]["Authorization"] == f"Bearer {CANARY}"
    assert seen
    for secret in (CANARY, "s3cret"):
        assert secret not in shown


PAIRS = [
    (aio.AsyncDynamicsClient, blocking.DynamicsClient),
    (aio.AsyncRows, blocking.Rows),
    (aio.AsyncMarketingLists, blocking.MarketingLists),
]


@pytest.mark.parametrize(("here", "there"), PAIRS)
def test_both_facades_have_the_same_methods(here: type, there: type) -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        return {
            method: list(inspect.signature(function).parameters)
            for method, function in vars(kind).items()
            if inspect.isfunction(function) and not method.startswith("_")
        }

    assert methods(here) == methods(there)
    assert methods(here)


def test_names_are_where_they_always_were() -> None:
    from connectors.dynamics import models
    from connectors.dynamics.batch import BatchResult, batch
    from connectors.dynamics.wire import guid, moment, quote_literal

    assert DynamicsClient is blocking.DynamicsClient
    assert AsyncDynamicsClient is aio.AsyncDynamicsClient
    assert all(hasattr(models, n) for n in ("Contact", "ListTarget", "RowId", "Table", "WhoAmI"))
    assert all(callable(x) for x in (batch, BatchResult, guid, moment, quote_literal))


def test_the_first_client_loads_what_it_needs_and_no_more() -> None:
    code = (
        "import json, sys; from connectors import DynamicsClient, TokenProvider\n"
        f"DynamicsClient({URL!r}, TokenProvider(provide=lambda: 't'), transport=lambda *a: a)\n"
        "print(json.dumps([*sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    loaded = set(json.loads(done.stdout))

    for name in ("httpx", "tenacity", "authlib", "defusedxml", "sqlalchemy"):
        assert name not in loaded
    for name in ("metadata", "users"):
        assert f"connectors.dynamics.blocking.{name}" not in loaded


def test_a_call_with_a_very_long_url_is_sent_in_a_body_however_it_is_sent(
    box: Sandbox, world: World
) -> None:
    condition = col("lastname").not_in([f"nobody {n}" for n in range(300)])
    call = calls.list_rows(CONTACTS, filter=condition).at(None)

    async def case(client: Any) -> None:
        assert len((await client.send(call)).items) == 10
        assert len((await client.reply(call)).value.items) == 10

    on(box, world, case)

    assert box.calls.count("dynamics", "$batch") == 2
