"""Every version and deployment of Dynamics, both kinds of GetResponse account, and their checks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors import (
    ClientCredentials,
    ConfigError,
    DynamicsClient,
    GetResponseClient,
    Sandbox,
    TokenProvider,
)
from connectors.sandbox import Fault
from tests.facades import World
from tests.requirements.kit import DAY, PROCESSING, SYNCHRONIZED, Pair

ONLINE = ("8.2", "9.0", "9.1", "9.2")
ON_PREMISES = ("8.2", "9.0", "9.1")


# --- GR-01: versions and deployments ---------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "version", "on_premises"),
    [
        *(("blocking", version, False) for version in ONLINE),
        *(("blocking", version, True) for version in ON_PREMISES),
        ("async", "9.0", True),
        ("async", "9.1", False),
        ("async", "9.2", False),
    ],
)
def test_gr_01_a_first_sync_and_a_quiet_second_run(
    make: Callable[..., Pair], world: World, version: str, on_premises: bool
) -> None:
    pair = make(world, version=version, on_premises=on_premises)
    people = {
        pair.person(f"Person{n} Test", f"p{n}@example.org"): f"p{n}@example.org" for n in range(6)
    }
    record = pair.list("customers", people)
    pair.sync.lists.run()
    pair.gr.sign_up(pair.campaign(record), "noor@example.org", "Noor Haddad")

    report = pair.sync.contacts.run()

    assert report.ok
    assert pair.addresses(record) == {*people.values(), "noor@example.org"}
    for crm_id, email in people.items():
        row = pair.of(record, email)
        assert (row["gr_crmcontactid"], row["gr_syncstatus"]) == (crm_id, SYNCHRONIZED)
    assert pair.of(record, "noor@example.org")["gr_syncstatus"] == PROCESSING
    bulk = (version, on_premises) == ("9.2", False)
    assert ("dynamics gr_contacts.upsert_many" in report.calls) is bulk
    assert ("dynamics $batch" in report.calls) is not bulk
    writes = pair.writes
    pair.box.clock.advance(timedelta(hours=1))
    assert sum(again.writes for again in pair.run()) == 0
    assert pair.later(DAY).writes == 0
    assert pair.writes == writes


@pytest.mark.parametrize("version", ["8.2", "9.0", "9.1"])
def test_gr_01_edits_of_both_sides_go_through_the_older_versions(
    make: Callable[..., Pair], version: str
) -> None:
    pair = make(version=version)
    anna, ben = pair.person("Anna Nowak"), pair.person("Ben Moreau")
    record = pair.list("customers", [anna, ben], remove_leavers=True)
    pair.run()
    before = pair.find(record, "anna.nowak@example.org")
    gone = pair.find(record, "ben.moreau@example.org").id
    pair.crm.edit_contact(anna, lastname="Kowalska")
    pair.crm.remove_member(pair.marketing(record), ben)

    report = pair.later()

    assert report.ok
    assert pair.find(record, "anna.nowak@example.org").name == "Anna Kowalska"
    assert pair.records()[before.id]["gr_name"] == "Anna Kowalska"
    assert pair.records()[gone]["gr_syncstatus"] == 727000003
    assert pair.later().writes == 0


def test_gr_01_a_server_that_tracks_no_changes_is_read_whole(make: Callable[..., Pair]) -> None:
    pair = make(version="8.2")
    pair.crm.tracks_v82 = False
    anna, ben = pair.person("Anna Nowak"), pair.person("Ben Moreau")
    record = pair.list("customers", [anna, ben])
    pair.run()

    assert pair.later().writes == 0

    pair.crm.edit_contact(anna, lastname="Kowalska")
    pair.crm.delete_contact(ben)
    pair.later()

    assert pair.find(record, "anna.nowak@example.org").name == "Anna Kowalska"
    assert pair.later().writes == 0


def test_gr_01_a_record_that_one_server_refuses_does_not_stop_the_others(
    make: Callable[..., Pair],
) -> None:
    for version in ("9.0", "9.1", "9.2"):
        pair = make(version=version)
        record = pair.list("customers")
        pair.sync.lists.run()
        campaign = pair.campaign(record)
        for n in range(5):
            pair.gr.sign_up(campaign, f"p{n}@example.org", f"Person{n}")
        # A score beyond the column's range: the table takes 0 to 5.
        wrong = pair.gr.sign_up(campaign, "wrong@example.org", "Wrong", engagement=9)

        report = pair.sync.contacts.run()

        assert report.failed == {"create Dynamics record": 1}, version
        assert len(pair.records()) == 5, version
        assert wrong not in pair.records(), version


def test_gr_01_another_version_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"'7.1' is none of 8.2, 9.0, 9.1, 9.2"):
        DynamicsClient("https://contoso.crm4.dynamics.com", lambda: "", version="7.1")  # type: ignore[arg-type]


# --- GR-02: the connection to Dynamics -------------------------------------------------------


def failing(pair: Pair, **told: Any) -> list[Any]:
    """The checks that fail when the clients are told this."""
    return [c for c in pair.connect(**told).check() if not c.ok]


def only(checks: list[Any]) -> str:
    (one,) = checks
    text = str(one)
    assert text.startswith("FAIL ")
    return text


def test_gr_02_a_good_connection_passes_every_check(any_pair: Pair) -> None:
    checks = any_pair.sync.check()

    assert all(c.ok for c in checks)
    questions = {c.question for c in checks if c.service == "Dynamics"}
    assert {
        "token and user (WhoAmI)",
        "Web API version",
        "table list",
        "table gr_list",
        "table gr_contact",
        "contacts can be read",
        "marketing lists can be read",
    } <= questions
    assert any_pair.writes == 0


def test_gr_02_the_same_on_premises_with_user_and_password(
    make: Callable[..., Pair], world: World
) -> None:
    assert all(c.ok for c in make(world, version="9.1", on_premises=True).sync.check())


def test_gr_02_an_authority_out_of_reach(pair: Pair) -> None:
    other = pair.credential(authority="https://login.nowhere.example/contoso")

    text = only(failing(pair, dynamics={"credential": other}))

    assert "token and user (WhoAmI)" in text
    assert "login.nowhere.example" in text
    assert "check the address, and that this machine may reach it" in text


def test_gr_02_an_environment_out_of_reach(pair: Pair) -> None:
    there = {"url": "https://nowhere.crm4.dynamics.com"}

    text = only(failing(pair, dynamics=there))

    # The authority does not know the resource: no token for it.
    assert "AADSTS500011" in text and "nowhere.crm4.dynamics.com" in text


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"authority": "https://login.microsoftonline.com/fabrikam"}, "'fabrikam' not found"),
        ({"client_secret": "wrong-s3cret"}, "Invalid client secret"),
        ({"client_id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}, "was not found in the directory"),
    ],
    ids=["wrong tenant", "wrong secret", "wrong client id"],
)
def test_gr_02_an_authority_that_refuses(pair: Pair, told: dict[str, str], named: str) -> None:
    other = pair.credential(**told)

    text = only(failing(pair, dynamics={"credential": other}))

    assert "token and user (WhoAmI)" in text
    assert named in text
    assert "check client id and secret, and the authority" in text
    assert "wrong-s3cret" not in text


def test_gr_02_a_client_id_without_application_user(any_pair: Pair) -> None:
    any_pair.crm.application_user = False

    text = only(failing(any_pair))

    assert "create an application user for the client id in this environment" in text


def test_gr_02_a_version_that_the_server_does_not_know(make: Callable[..., Pair]) -> None:
    text = only(failing(make(version="9.1"), dynamics={"version": "9.2"}))

    assert "'v9.2' was not understood" in text
    assert "up to v9.1" in text
    assert "check the environment URL and the API version" in text


def test_gr_02_a_server_that_says_it_is_older_than_what_is_asked(pair: Pair) -> None:
    body = b'{"Version":"9.1.0.28512"}'
    pair.box.faults.add(Fault("answer", path="RetrieveVersion", status=200, body=body))

    text = only(failing(pair))

    assert "Web API version" in text
    assert "server 9.1.0.28512, asked as v9.2" in text
    assert 'use version="9.1"' in text


def test_gr_02_a_platform_without_marketing_lists(pair: Pair) -> None:
    pair.crm.uninstall_marketing()

    checks = failing(pair)

    texts = {c.question: c.answer for c in checks}
    assert texts["table list"] == (
        "not there: marketing lists come with Dynamics 365 Sales or Customer Engagement"
    )
    assert texts.keys() == {"privileges", "table list", "marketing lists can be read"}


def test_gr_02_an_environment_without_the_solution(make: Callable[..., Pair]) -> None:
    texts = {c.question: c.answer for c in failing(make(solution={"choices": {}}))}

    missing = {q: a for q, a in texts.items() if q.startswith("table")}
    assert {"table gr_list", "table gr_contact"} <= missing.keys()
    assert set(missing.values()) == {"not there: install the GetResponse solution first"}


@pytest.mark.parametrize(
    ("table", "question"),
    [
        ("contact", "contacts can be read"),
        ("list", "marketing lists can be read"),
        ("gr_list", "GetResponse lists can be read"),
        ("gr_contact", "GetResponse contacts can be read"),
    ],
)
def test_gr_02_a_missing_privilege(pair: Pair, table: str, question: str) -> None:
    pair.crm.denied.add((table, "Read"))

    privileges, read = failing(pair)

    text = str(read)
    assert f"missing prvRead{table}: add them to a role".lower() in str(privileges).lower()
    assert question in text
    assert f"is missing prvRead{table}".lower() in text.lower()
    assert "give the user a role with this privilege" in text


@pytest.mark.parametrize(("table", "right"), [("gr_contact", "Create"), ("gr_list", "Write")])
def test_gr_02_a_privilege_that_only_writing_needs(pair: Pair, table: str, right: str) -> None:
    pair.crm.denied.add((table, right))

    assert f"missing prv{right}{table}".lower() in only(failing(pair)).lower()


def test_gr_02_the_oldest_version_has_no_names_and_is_not_asked(make: Callable[..., Pair]) -> None:
    assert failing(make(version="8.2")) == []


def test_gr_02_a_wrong_password_on_premises(make: Callable[..., Pair]) -> None:
    pair = make(version="9.1", on_premises=True)

    text = only(failing(pair, dynamics={"credential": pair.credential(password="wr0ng-pass")}))

    assert "Invalid 'username' or 'password'" in text
    assert "wr0ng-pass" not in text


def test_gr_02_a_wrong_resource_on_premises(make: Callable[..., Pair]) -> None:
    pair = make(version="9.1", on_premises=True)
    other = pair.credential(resource="https://other.contoso.example/")

    text = only(failing(pair, dynamics={"credential": other}))

    assert "'https://other.contoso.example/'" in text
    assert "does not correspond to any valid registered relying party" in text


def test_gr_02_an_application_that_signs_in_as_itself_on_premises(
    make: Callable[..., Pair],
) -> None:
    pair = make(version="9.1", on_premises=True)
    crm = pair.crm
    itself = ClientCredentials(crm.client_id, crm.client_secret, authority=crm.authority)

    text = only(failing(pair, dynamics={"credential": itself}))

    assert "AD FS tokens of an application are not accepted as a rule" in text
    assert "use PasswordCredentials" in text
    crm.upn_rule = True
    assert failing(pair, dynamics={"credential": itself}) == []


def test_gr_02_a_server_without_claims_takes_no_bearer_token(make: Callable[..., Pair]) -> None:
    pair = make(version="9.1", on_premises=True)
    pair.crm.claims = False

    text = only(failing(pair))

    assert "takes no bearer token" in text


@pytest.mark.parametrize("on_premises", [False, True])
def test_gr_02_a_sign_in_that_the_host_injects(
    make: Callable[..., Pair], world: World, on_premises: bool
) -> None:
    pair = make(world, version="9.1", on_premises=on_premises)
    crm = pair.crm

    def provide() -> str:
        told = {"client_id": crm.client_id, "client_secret": crm.client_secret}
        if on_premises:
            told |= {"grant_type": "password", "resource": crm.resource}
            told |= {"username": crm.username, "password": crm.password}
        else:
            told |= {"grant_type": "client_credentials", "resource": crm.url}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        where = f"{crm.authority}/oauth2/token"
        _, _, body = pair.box.transport("POST", where, kind, urlencode(told).encode())
        return str(json.loads(body)["access_token"])

    assert failing(pair, dynamics={"credential": TokenProvider(provide=provide)}) == []


def test_gr_02_a_token_that_dies_is_had_anew(any_pair: Pair) -> None:
    pair = any_pair
    pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    pair.crm.revoke_tokens()

    assert pair.later().ok


# --- GR-31: the connection to GetResponse ----------------------------------------------------

DOMAIN = "mail.example.com"


@pytest.mark.parametrize("domain", [None, DOMAIN], ids=["retail", "MAX"])
def test_gr_31_retail_and_max_accounts_are_checked_and_synchronised(
    make: Callable[..., Pair], world: World, domain: str | None
) -> None:
    pair = make(world, domain=domain)
    record = pair.list("customers", [pair.person("Anna Nowak")])

    checks = {c.question: c for c in pair.sync.check() if c.service == "GetResponse"}

    assert checks["credential"].answer == f"account {pair.gr.account_id}"
    assert checks["lists can be read"].answer == "0 lists"
    assert all(c.ok for c in checks.values())
    pair.run()
    assert pair.addresses(record) == {"anna.nowak@example.org"}


def test_gr_31_an_oauth_token_does_as_well_as_a_key(pair: Pair) -> None:
    token = TokenProvider(provide=pair.gr.issue_token)

    assert failing(pair, getresponse={"credential": token}) == []


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"host": "api.getresponse.example"}, "is none of GetResponse's: api.getresponse.com"),
        ({"domain": DOMAIN}, "`domain` is for MAX accounts"),
        ({"host": "api3.getresponse360.com"}, "needs `domain` as a bare host like"),
        (
            {"host": "api3.getresponse360.pl", "domain": "https://mail.example.com/"},
            "needs `domain` as a bare host like mail.example.com",
        ),
    ],
)
def test_gr_31_host_and_domain_that_cannot_go_together_are_refused_at_once(
    told: dict[str, str], named: str
) -> None:
    box = Sandbox(seed=1)
    with pytest.raises(ConfigError, match=named):
        GetResponseClient(box.getresponse.key, transport=box.transport, **told)  # type: ignore[arg-type]
    assert len(box.calls) == 0


@pytest.mark.parametrize("key", ["", "  ", "schlüssel"])
def test_gr_31_a_key_that_is_none_is_refused_at_once(key: str) -> None:
    with pytest.raises(ConfigError, match="the GetResponse API key"):
        GetResponseClient(key)


def test_gr_31_a_revoked_key(any_pair: Pair) -> None:
    old = any_pair.gr.key
    any_pair.gr.revoke_key()

    text = only(failing(any_pair, getresponse={"credential": old}))

    assert "GetResponse: credential" in text
    assert "check the API key; a key unused for 90 days dies" in text
    assert old not in text


def test_gr_31_a_wrong_domain_is_answered_by_a_redirect_that_is_not_followed(
    make: Callable[..., Pair], world: World
) -> None:
    pair = make(world, domain=DOMAIN)

    text = only(failing(pair, getresponse={"domain": "mail.example.net"}))

    assert "check host and account domain" in text
    asked = [c.url for c in pair.box.calls if c.service == "getresponse"]
    assert asked == ["https://api3.getresponse360.com/v3/accounts"]


def test_gr_31_a_retail_account_behind_a_max_host(pair: Pair) -> None:
    there = {"host": "api3.getresponse360.com", "domain": DOMAIN}

    text = only(failing(pair, getresponse=there))

    assert "check the address, and that this machine may reach it" in text


def test_gr_31_a_max_account_without_its_domain(make: Callable[..., Pair]) -> None:
    pair = make(domain=DOMAIN)
    pair.gr.host, pair.gr.url = "api.getresponse.com", "https://api.getresponse.com/v3"
    told = {"host": "api.getresponse.com", "domain": None}

    text = only(failing(pair, getresponse=told))

    assert "check host and account domain (X-Domain)" in text


def test_gr_31_a_credential_that_may_not_see_the_lists(pair: Pair) -> None:
    body = b'{"httpStatus":403,"code":1023,"message":"Forbidden"}'
    pair.box.faults.add(Fault("answer", path="/v3/campaigns", status=403, body=body))

    text = only(failing(pair))

    assert "lists can be read" in text
    assert "the credential may not use this account or list" in text


def test_gr_31_a_service_that_does_not_answer(pair: Pair) -> None:
    pair.box.faults.add(Fault("not_sent", service="getresponse", times=100))

    text = only(failing(pair))

    assert "GetResponse: credential" in text
    assert "check the address, and that this machine may reach it" in text


def test_gr_31_the_store_of_one_account_is_not_used_for_another(pair: Pair) -> None:
    record = pair.list("customers", [pair.person("Anna Nowak")])
    pair.run()
    before = pair.addresses(record)
    pair.gr.account_id = "otherAccount"

    with pytest.raises(ConfigError, match="use its own connection name, or another store"):
        pair.later()

    assert pair.addresses(record) == before
