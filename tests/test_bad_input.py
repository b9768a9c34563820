"""Bad input is refused where it comes in, with what is wrong and what would be right."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connectors import (
    AuthError,
    BadRequest,
    ConfigError,
    ConnectorsError,
    Direction,
    DomainError,
    DynamicsClient,
    GetResponseClient,
    NotSent,
    Rule,
    Settings,
    SqlStore,
    StoreError,
    Unauthenticated,
)
from tests.facades import WORLDS, World
from tests.requirements.kit import CREATED, ERROR, LYON, MINE, Pair, reasons


@pytest.fixture
def make() -> Iterator[Callable[..., Pair]]:
    made: list[Pair] = []

    def one(world: World = "blocking", **options: Any) -> Pair:
        made.append(Pair(world, **options))
        return made[-1]

    yield one
    for pair in made:
        pair.close()


@pytest.fixture
def pair(make: Callable[..., Pair]) -> Pair:
    return make()


@pytest.fixture(params=WORLDS)
def any_pair(request: pytest.FixtureRequest, make: Callable[..., Pair]) -> Pair:
    return make(request.param)


EMAIL = Rule("email", "email")
NAME = Rule("full_name", "name")


# --- the mapping -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        pytest.param(
            (NAME,),
            'rules: nothing maps to \'email\', which is required; add Rule("email", "email")',
            id="without e-mail",
        ),
        pytest.param((), "rules: nothing maps to 'email'", id="empty"),
        pytest.param(
            (EMAIL, Rule("fullname", "name")),
            "rules[1].source: there is no 'fullname'; did you mean 'full_name'?",
            id="unknown source",
        ),
        pytest.param(
            (Rule("emailaddress1", "email"),),
            "rules[0].source: there is no 'emailaddress1'; did you mean 'email'?",
            id="unknown source by its name in Dynamics",
        ),
        pytest.param(
            (Rule("zzz", "email"),),
            "rules[0].source: there is no 'zzz'; known are email, first_name, full_name, last_name",
            id="unknown source like none",
        ),
        pytest.param(
            (EMAIL, Rule("full_name", "names")),
            "rules[1].target: there is no 'names'; did you mean 'name'?",
            id="unknown target",
        ),
        pytest.param(
            (NAME, EMAIL, Rule("last_name", "name")),
            "rules[2].target: 'name' is mapped already by rules[0]; a target has one source",
            id="two sources for one target",
        ),
        pytest.param(
            (NAME, Rule("email", "email", direction=Direction.PUSH)),
            "rules[1].direction: an address that changes at its source is never pushed, so 'push' "
            "must be 'once'",
            id="e-mail that follows changes",
        ),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_when_it_is_built(
    mapping: tuple[Rule, ...], told: str
) -> None:
    with pytest.raises(DomainError) as refused:
        Settings(mapping=mapping)

    assert told in str(refused.value)


# --- names of lists --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        pytest.param("Customers", "contains 'C'", "'customers' would do", id="capitals"),
        pytest.param("my list", "contains a blank", "'my-list' would do", id="blanks"),
        pytest.param("ab", "has 2 characters", "use 3 to 64", id="too short"),
        pytest.param("", "has 0 characters", "use 3 to 64", id="empty"),
        pytest.param("a" * 65, "has 65 characters", "use 3 to 64", id="too long"),
    ],
)
def test_a_wrong_list_name_is_refused_before_any_call(
    any_pair: Pair, name: str, wrong: str, right: str
) -> None:
    marketing = any_pair.crm.add_marketing_list("Customers")

    with pytest.raises(DomainError) as refused:
        any_pair.sync.lists.create(name, marketing)

    assert wrong in str(refused.value)
    assert right in str(refused.value)
    assert "3 to 64 lower-case letters, digits, '-' and '_'" in str(refused.value)
    assert len(any_pair.box.calls) == 0
    assert any_pair.crm.rows("gr_list") == []


# --- marketing lists that cannot be used -----------------------------------------------------


@pytest.mark.parametrize("kind", ["accounts", "caller"])
def test_a_list_that_cannot_be_used_is_refused_and_the_others_go_on(pair: Pair, kind: str) -> None:
    if kind == "accounts":
        marketing = pair.crm.add_marketing_list("Companies", target="account")
        quoted = "its marketing list 'Companies' targets accounts; only lists of contacts"
    else:
        marketing = pair.crm.add_marketing_list("Mine", dynamic=True, query=MINE)
        quoted = "the condition ownerid eq-userid, which means somebody else for every reader"
    refused = pair.record("refused", marketing)
    good = pair.list("customers", [pair.person("Anna Nowak", address1_city="Lyon")])

    plan = pair.sync.lists.plan()

    assert quoted in {c.subject: c.reason for c in plan}["refused"]
    pair.run()
    assert quoted in pair.row(refused)["gr_syncerror"]
    assert (pair.row(refused)["gr_syncstatus"], pair.row(good)["gr_syncstatus"]) == (ERROR, CREATED)
    assert pair.addresses(good) == {"anna.nowak@example.org"}
    with pytest.raises(DomainError, match=r"only lists of contacts|name a person instead"):
        pair.sync.lists.create("another", marketing)


def test_a_query_that_cannot_be_read_is_refused_and_the_others_go_on(pair: Pair) -> None:
    bad = pair.list("broken", query="<fetch><entity name='contact'>")
    good = pair.list("lyon", query=LYON)

    pair.run()

    assert "cannot be read: this FetchXML is not XML" in pair.row(bad)["gr_syncerror"]
    assert pair.row(good)["gr_syncstatus"] == CREATED


# --- addresses -------------------------------------------------------------------------------

ADDRESSES = {
    "no at sign": ("nobody.example.org", "no name before an @"),
    "blank inside": ("no body@example.org", "a character or dot out of place before the @"),
    "no domain": ("nobody@", "not a domain after the @"),
    "domain without dot": ("nobody@example", "not a domain after the @"),
    "two dots": ("no..body@example.org", "a character or dot out of place before the @"),
    "too long": ("a" * 65 + "@example.org", "too long"),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_malformed_address_is_a_dead_letter_and_the_others_are_synchronised(
    make: Callable[..., Pair], address: str
) -> None:
    pair = make()
    text, why = ADDRESSES[address]
    bad = pair.person("Bad Address", text)
    record = pair.list("customers", [bad, pair.person("Anna Nowak")])
    pair.sync.lists.run()

    plan = pair.sync.contacts.plan()

    assert reasons(plan) == {bad: "malformed e-mail address"}
    report = pair.sync.apply(plan)
    assert report.ok
    assert pair.addresses(record) == {"anna.nowak@example.org"}
    (letter,) = pair.sync.contacts.dead_letters()
    assert letter.ref == bad
    assert letter.name == "Bad Address"
    assert letter.reason == f"malformed e-mail address: {why}"
    assert text not in letter.address and text not in repr(letter)


@pytest.mark.parametrize("text", [None, "   "])
def test_no_address_is_a_dead_letter_until_somebody_gives_one(
    any_pair: Pair, text: str | None
) -> None:
    bad = any_pair.crm.add_contact(firstname="No", lastname="Address", email=text)
    record = any_pair.list("customers", [bad, any_pair.person("Anna Nowak")])

    _, report = any_pair.run()

    assert report.skipped == {"no e-mail address": 1}
    assert any_pair.addresses(record) == {"anna.nowak@example.org"}
    (letter,) = any_pair.sync.contacts.dead_letters()
    assert (letter.ref, letter.reason) == (bad, "no e-mail address")

    any_pair.crm.edit_contact(bad, email="found@example.org")
    any_pair.later()

    assert any_pair.addresses(record) == {"anna.nowak@example.org", "found@example.org"}
    assert any_pair.sync.contacts.dead_letters() == ()


# --- connections -----------------------------------------------------------------------------


def wrong_connection(pair: Pair, kind: type[ConnectorsError], **told: Any) -> str:
    """A run and a plan with clients that are told this: both end with one clear error."""
    record = pair.list("customers", [pair.person("Anna Nowak")])
    before = pair.crm.rows("gr_list")
    sync = pair.connect(**told)
    for work in (sync.lists.plan, sync.contacts.plan, sync.run):
        with pytest.raises(kind) as refused:
            work()
    assert pair.writes == 0
    assert pair.gr.campaigns() == []
    assert pair.crm.rows("gr_list") == before
    assert "gr_campaignid" not in pair.row(record)
    return str(refused.value)


def test_a_wrong_getresponse_key_is_one_clear_error(any_pair: Pair) -> None:
    text = wrong_connection(any_pair, Unauthenticated, getresponse={"credential": "wr0ng-key"})

    assert "check the API key; a key unused for 90 days dies" in text
    assert "wr0ng-key" not in text


def test_a_wrong_domain_is_one_clear_error_and_no_redirect_is_followed(
    make: Callable[..., Pair],
) -> None:
    pair = make(domain="mail.example.com")

    text = wrong_connection(pair, BadRequest, getresponse={"domain": "mail.example.net"})

    assert "redirect, which is not followed" in text
    assert "check host and account domain" in text
    hosts = {c.url.split("/")[2] for c in pair.box.calls}
    assert "www.getresponse.com" not in hosts


def test_a_wrong_environment_url_is_one_clear_error(pair: Pair) -> None:
    told = {"url": "https://fabrikam.crm4.dynamics.com"}

    text = wrong_connection(pair, AuthError, dynamics=told)

    assert "fabrikam.crm4.dynamics.com" in text
    assert "was not found in the tenant" in text


def test_an_environment_that_nobody_answers_for_is_one_clear_error(
    make: Callable[..., Pair],
) -> None:
    pair = make(version="9.1", on_premises=True)
    other = pair.credential(resource=pair.crm.resource)
    told = {"url": "https://crm.fabrikam.example", "credential": other}

    text = wrong_connection(pair, NotSent, dynamics=told)

    assert "crm.fabrikam.example" in text


def test_an_environment_that_redirects_is_one_clear_error_and_is_not_followed(
    pair: Pair,
) -> None:
    def elsewhere(method: str, url: str, headers: Any, body: bytes) -> Any:
        if "/api/data/" in url:
            asked.append(url)
            return 302, {"Location": "https://evil.example/"}, b""
        return pair.box.transport(method, url, headers, body)

    asked: list[str] = []
    elsewhere.clock = pair.box.clock  # type: ignore[attr-defined]

    text = wrong_connection(pair, BadRequest, transport=elsewhere)

    assert "a redirect is not followed, check the environment URL" in text
    assert all(url.startswith(pair.crm.url) for url in asked)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://contoso.crm4.dynamics.com", "anybody on the way could read the token; use https"),
        ("contoso.crm4.dynamics.com", "must be like https://contoso.crm4.dynamics.com"),
        ("https://me:secret@contoso.crm4.dynamics.com", "must be like https://contoso"),
        (
            "https://contoso.crm4.dynamics.com/main.aspx?appid=1",
            "names a page; the environment is https://contoso.crm4.dynamics.com",
        ),
    ],
)
def test_an_environment_url_that_cannot_be_right_is_refused_when_it_is_given(
    pair: Pair, url: str, told: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        pair.connect(dynamics={"url": url})

    assert told in str(refused.value)
    assert len(pair.box.calls) == 0


def test_an_authority_over_http_is_refused(pair: Pair) -> None:
    plain = pair.credential(authority="http://login.microsoftonline.com/contoso")

    with pytest.raises(ConfigError, match="must be an https URL, such as https://login"):
        pair.connect(dynamics={"credential": plain})

    assert len(pair.box.calls) == 0


def test_a_version_that_does_not_exist_is_refused_when_it_is_given(pair: Pair) -> None:
    with pytest.raises(ConfigError, match=r"'9.3' is none of 8.2, 9.0, 9.1, 9.2"):
        pair.connect(dynamics={"version": "9.3"})

    assert len(pair.box.calls) == 0


def test_a_version_that_the_server_does_not_know_is_one_clear_error(
    make: Callable[..., Pair],
) -> None:
    pair = make(version="9.0")

    text = wrong_connection(pair, BadRequest, dynamics={"version": "9.2"})

    assert "'v9.2' was not understood" in text
    assert "check the environment URL and the API version" in text


def test_clients_refuse_what_cannot_be_before_they_send_anything() -> None:
    with pytest.raises(ConfigError, match="is none of GetResponse's"):
        GetResponseClient("key", host="api.getresponse.example")
    with pytest.raises(ConfigError, match="'cloud' is none of online, on-premises"):
        DynamicsClient("https://contoso.crm4.dynamics.com", lambda: "", deployment="cloud")  # type: ignore[arg-type]


# --- the store -------------------------------------------------------------------------------


def prepared(make: Callable[..., Pair], path: Path, members: int = 2) -> Pair:
    """A store file that has seen one run, closed again, and more to do."""
    pair = make(store=f"sqlite:///{path}")
    people = [pair.person(f"Person{n} Test", f"p{n}@example.org") for n in range(members)]
    record = pair.list("customers", people)
    pair.run()
    pair.crm.add_members(pair.marketing(record), [pair.person("Late Comer")])
    pair.store.close()
    return pair


@pytest.mark.parametrize("component", ["engine", "getresponse_dynamics"])
def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(
    make: Callable[..., Pair], tmp_path: Path, component: str
) -> None:
    path = tmp_path / "sync.db"
    pair = prepared(make, path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("update schema_version set version = 99 where component = ?", [component])
    calls, before = len(pair.box.calls), dump(path)

    with pytest.raises(StoreError) as refused, closing(SqlStore(f"sqlite:///{path}")) as store:
        pair.connect(store=store)

    assert f"has {component} tables of version 99" in str(refused.value)
    assert "upgrade connectors, or use a new file" in str(refused.value)
    assert str(path) in str(refused.value)
    assert len(pair.box.calls) == calls
    assert dump(path) == before


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is no database, but a note that is long enough to look like one" * 20)
    before = path.read_bytes()

    with pytest.raises(StoreError, match="the file is something else; use another path"):
        SqlStore(f"sqlite:///{path}")

    assert path.read_bytes() == before


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the folder does not exist or may not be written"):
        SqlStore(f"sqlite:///{tmp_path / 'nowhere' / 'sync.db'}")


def test_a_store_that_turns_read_only_stops_the_run_with_nothing_half_done(
    make: Callable[..., Pair], tmp_path: Path
) -> None:
    path = tmp_path / "sync.db"
    pair = prepared(make, path)
    before, writes, calls = dump(path), pair.writes, len(pair.box.calls)
    with closing(SqlStore(f"sqlite:///{path}")) as store:
        sync = pair.connect(store=store)
        only_read(store)

        with pytest.raises(StoreError, match="make the file and its folder writable"):
            sync.contacts.run()

    assert (dump(path), pair.writes, len(pair.box.calls)) == (before, writes, calls)
    again(pair, path)


def test_a_store_that_may_only_be_read_is_refused_when_it_is_opened(
    make: Callable[..., Pair], tmp_path: Path
) -> None:
    path = tmp_path / "sync.db"
    prepared(make, path)
    before = dump(path)

    with pytest.raises(StoreError, match="make the file and its folder writable"):
        SqlStore(f"sqlite:///file:{path}?mode=ro&uri=true")

    assert dump(path) == before


@pytest.mark.parametrize("room", [0, 1, 2, 4])
def test_a_full_store_stops_the_run_and_the_next_one_goes_on(
    make: Callable[..., Pair], tmp_path: Path, room: int
) -> None:
    path = tmp_path / "sync.db"
    pair = make(store=f"sqlite:///{path}")
    people = [
        pair.person(f"{'Long' * 10}{n} {'Name' * 10}", f"{'p' * 40}{n}@example.org")
        for n in range(12)
    ]
    record = pair.list("customers", people)
    pair.sync.lists.run()
    pair.store.close()
    with closing(SqlStore(f"sqlite:///{path}")) as store:
        sync = pair.connect(store=store)
        limit(store, room)

        with pytest.raises(StoreError) as refused:
            sync.contacts.run()

    assert "full" in str(refused.value)
    assert "free some disk space; nothing of this step was kept" in str(refused.value)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    with closing(SqlStore(f"sqlite:///{path}")) as store:
        report = pair.connect(store=store).contacts.run()
        assert report.ok
        assert pair.connect(store=store).contacts.run().writes == 0
    assert len(pair.gr.contacts(pair.campaign(record))) == len(pair.records()) == 12


def dump(path: Path) -> list[str]:
    """All that a store holds, as text."""
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def only_read(store: SqlStore) -> None:
    """As if the file's permissions were taken away while it is open."""
    store.transact(lambda db: db.exec_driver_sql("pragma query_only=on"))


def limit(store: SqlStore, room: int) -> None:
    """Let the file grow by `room` pages and no more."""

    def work(db: Any) -> None:
        pages = db.exec_driver_sql("pragma page_count").scalar()
        db.exec_driver_sql(f"pragma max_page_count={pages + room}")

    store.transact(work)


def again(pair: Pair, path: Path) -> None:
    """The next run, with a store that works, finishes what is due."""
    with closing(SqlStore(f"sqlite:///{path}")) as store:
        assert pair.connect(store=store).contacts.run().ok
    (record,) = pair.crm.rows("gr_list")
    assert "late.comer@example.org" in pair.addresses(record["gr_listid"])


# --- Ctrl-C ----------------------------------------------------------------------------------


def interrupted(pair: Pair, number: int, *, before: bool) -> Any:
    """A transport that is interrupted at one call, when it was done and not answered yet; or at one
    write before it is sent (of a read that makes no difference)."""
    left = [number]

    def send(method: str, url: str, headers: Any, body: bytes) -> Any:
        left[0] -= not before or method != "GET"
        if left[0] == 0 and before:
            raise KeyboardInterrupt
        answer = pair.box.transport(method, url, headers, body)
        if left[0] == 0:
            raise KeyboardInterrupt
        return answer

    send.clock = pair.box.clock  # type: ignore[attr-defined]
    return send


@pytest.mark.parametrize(
    ("before", "least"), [(True, 6), (False, 15)], ids=["unsent", "unanswered"]
)
def test_ctrl_c_at_any_call_is_a_clean_stop_and_the_next_run_goes_on(
    make: Callable[..., Pair], before: bool, least: int
) -> None:
    for number in range(1, 100):
        pair = make()
        people = [pair.person(f"Person{n} Test", f"p{n}@example.org") for n in range(2)]
        record = pair.list("customers", people)
        sync = pair.connect(transport=interrupted(pair, number, before=before))
        try:
            sync.run()
        except KeyboardInterrupt:
            pair.run()
        else:
            break

        contacts = pair.gr.contacts(pair.campaign(record))
        assert sorted(c.email for c in contacts) == ["p0@example.org", "p1@example.org"]
        assert {r["gr_crmcontactid"] for r in pair.records().values()} == set(people)
        assert len(pair.gr.campaigns()) == 1
        writes = pair.writes
        assert sum(report.writes for report in pair.run()) == 0
        assert pair.writes == writes

    assert number > least, "there were calls to stop at"
