"""DocuSign's account server: pages, tokens, the user, and the one place that gets the credential."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from attrs import evolve
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from connectors.core.auth import (
    AuthorizationCode,
    ClientCredentials,
    HeaderKey,
    JwtBearer,
    RefreshToken,
    TokenCache,
    TokenProvider,
)
from connectors.core.call import Call, Request, Response
from connectors.core.flow import Port
from connectors.core.observe import Observer
from connectors.core.policy import Budget, Retries
from connectors.docusign.oauth import (
    AccountInfo,
    Organization,
    UserInfo,
    account_server,
    authorization_url,
    choose_account,
    code_from_redirect,
    consent_url,
    get_user_info,
    grant,
    new_pkce,
    site,
    user_info,
)
from connectors.errors import (
    AuthError,
    ConfigError,
    ConsentRequired,
    DecodeError,
    StatusError,
    TransportError,
    Unauthenticated,
)
from connectors.runtime.aio import AsyncSession
from connectors.runtime.blocking import Session
from connectors.runtime.budget import SharedBudget
from connectors.runtime.http import AsyncWire, Wire
from connectors.runtime.slots import Slots
from connectors.runtime.tokens import MemoryTokenCache
from connectors.sandbox import Clock
from tests.facades import WORLDS, World, run

DEMO = "https://account-d.docusign.com"
KEY = "7c2b8d7e-1c1f-4d4c-9d0a-8e1f0a3b5c6d"
USER = "11111111-2222-3333-4444-555555555555"
ONE = "aaaaaaaa-0000-0000-0000-000000000001"
TWO = "aaaaaaaa-0000-0000-0000-000000000002"
BACK = "https://app.example.com/back?a=b"

_RSA = rsa.generate_private_key(65537, 2048)
PEM = _RSA.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()


def account(account_id: str = ONE, **changes: object) -> dict[str, object]:
    return {
        "account_id": account_id,
        "is_default": account_id == ONE,
        "account_name": "Acme",
        "base_uri": "https://demo.docusign.net",
        **changes,
    }


class AccountServer:
    """Answers token requests from a script, says who the user is, and is all sites of the API."""

    def __init__(self, *tokens: tuple[int, object]) -> None:
        self.clock = Clock()
        self.tokens = list(tokens)
        self.accounts: list[dict[str, object]] = [
            account(),
            account(TWO, base_uri="https://eu.docusign.net/"),
        ]
        self.asked: list[tuple[Mapping[str, str], dict[str, str]]] = []
        self.users = 0
        self.seen: list[tuple[str, str]] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        if url.endswith("/oauth/token"):
            self.asked.append((headers, dict(parse_qsl(body.decode(), strict_parsing=True))))
            status, answer = self.tokens.pop(0)
            return status, {}, json.dumps(answer).encode()
        bearer = headers.get("Authorization", "")
        if url.endswith("/oauth/userinfo"):
            self.users += 1
            return 200, {}, json.dumps({"sub": USER, "accounts": self.accounts}).encode()
        self.seen.append((url, bearer))
        return 200, {}, b"{}"


def token(value: str = "t", **more: object) -> tuple[int, object]:
    return 200, {"access_token": value, "token_type": "Bearer", "expires_in": 3600, **more}


def denied(error: str, description: str | None = None, status: int = 400) -> tuple[int, object]:
    more = {"error_description": description} if description else {}
    return status, {"error": error, **more}


def classify(_: Call[Any], response: Response) -> StatusError | None:
    return Unauthenticated("no", status=401) if response.status == 401 else None


def port(server: AccountServer, at: str = DEMO, **place: Any) -> Port:
    return Port(
        service="docusign",
        base_url=at,
        hosts=frozenset({"/".join(at.split("/")[:3])}),
        headers={"Accept": "application/json"},
        classify=classify,
        rate=SharedBudget(Budget([]), server.clock, Slots(50)),
        observer=Observer("docusign"),
        now=server.clock.monotonic,
        retries=Retries(attempts=3, jitter=lambda: 0.0),
        site=site(at, **place),
    )


def session(
    server: AccountServer,
    credential: object = None,
    *,
    at: str = DEMO,
    cache: TokenCache | None = None,
    **place: Any,
) -> Callable[[World], Any]:
    secret = grant(credential or TokenProvider(provide=lambda: "t"), at)

    def make(world: World) -> Any:
        wire: Any = Wire(server) if world == "blocking" else AsyncWire(server)
        kind: Any = Session if world == "blocking" else AsyncSession
        return kind(port(server, at, **place), wire, secret, slots=Slots(50), cache=cache)

    return make


def bearer(**changes: Any) -> JwtBearer:
    return JwtBearer(KEY, USER, PEM, **changes)


def confidential(**changes: Any) -> AuthorizationCode:
    given = {"client_id": KEY, "client_secret": "c4n4ry", "code": "c1", **changes}
    return AuthorizationCode(**given)


def public() -> AuthorizationCode:
    return AuthorizationCode(client_id=KEY, code="c1", code_verifier="c4n4ry-verifier")


GET = Call(
    service="docusign",
    operation="envelopes.get",
    request=Request(method="GET", path="envelopes/1"),
    decode=lambda r: r.body,
)


async def ping(on: Any) -> None:
    await on.send(GET)


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", ["demo", "production"])
def test_the_page_on_which_a_user_signs_in(environment: str) -> None:
    proof = new_pkce()
    url = authorization_url(
        KEY,
        redirect_uri=BACK,
        state="s&t",
        code_challenge=proof.challenge,
        login_hint="ada@example.com",
        environment=environment,
    )

    assert url.partition("?")[0] == f"{account_server(environment)}/oauth/auth"
    assert parse_qs(urlsplit(url).query, strict_parsing=True) == {
        "response_type": ["code"],
        "client_id": [KEY],
        "redirect_uri": [BACK],
        "state": ["s&t"],
        "scope": ["signature extended"],
        "code_challenge": [proof.challenge],
        "code_challenge_method": ["S256"],
        "login_hint": ["ada@example.com"],
    }
    assert proof.verifier not in url


def test_a_confidential_application_needs_no_challenge() -> None:
    url = authorization_url(KEY, redirect_uri=BACK, state="s", scopes=["signature"])

    assert parse_qs(urlsplit(url).query).keys() == {
        *("response_type", "client_id", "redirect_uri", "state", "scope")
    }


def test_the_page_on_which_a_user_consents_is_the_documented_one() -> None:
    assert consent_url(KEY, "https://app.example.com/back", environment="production") == (
        "https://account.docusign.com/oauth/auth?response_type=code"
        f"&scope=signature%20impersonation&client_id={KEY}"
        "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fback"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": ""}, "client_id"),
        ({"redirect_uri": "app.example.com"}, "redirect_uri must be a URL"),
        ({"state": ""}, "needs a state"),
        ({"scopes": "signature"}, "scopes must be a list"),
        ({"scopes": []}, "scopes must be a list"),
        ({"code_challenge": "c4n4ry-verifier"}, "new_pkce"),
        ({"environment": "prod"}, "demo or production, got 'prod'"),
        ({"environment": "https://evil.example"}, "demo or production"),
    ],
)
def test_a_page_that_cannot_be_is_refused(changes: dict[str, Any], reason: str) -> None:
    given: dict[str, Any] = {"client_id": KEY, "redirect_uri": BACK, "state": "s", **changes}

    with pytest.raises(ConfigError, match=reason):
        authorization_url(given.pop("client_id"), **given)


def test_the_redirect_brings_the_code_to_who_asked_for_it() -> None:
    assert code_from_redirect(f"{BACK}&code=x%2By&state=s", state="s") == "x+y"
    with pytest.raises(AuthError, match="another state"):
        code_from_redirect(f"{BACK}&code=x&state=t", state="s")
    with pytest.raises(AuthError, match="access_denied"):
        code_from_redirect(f"{BACK}&error=access_denied&state=s", state="s")


# --- JWT bearer ------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
def test_an_application_acts_for_a_user_with_a_token_per_hour(world: World) -> None:
    server = AccountServer(token("one"), token("two"))
    server.clock.sleep(86_400 * 365 * 7)
    cache = MemoryTokenCache()

    async def case(on: Any) -> None:
        for seconds in (0.0, 3299.0, 1.0, 60.0):
            server.clock.sleep(seconds)
            await on.send(GET)

    run(world, session(server, bearer(), cache=cache), case)
    run(world, session(server, bearer(), cache=cache), ping)  # the next run of the program

    assert [b for _, b in server.seen] == ["Bearer one"] * 2 + ["Bearer two"] * 3
    claims = []
    for headers, form in server.asked:
        assert "Authorization" not in headers
        decoded = jwt.decode(form["assertion"], RSAKey.import_key(PEM), algorithms=["RS256"])
        claims.append(decoded.claims)
    assert (claims[0]["iss"], claims[0]["sub"]) == (KEY, USER)
    assert claims[0]["aud"] == "account-d.docusign.com"
    # In the time of the client, and each assertion is as young as its token.
    assert claims[1]["iat"] - claims[0]["iat"] == 3300
    assert datetime.fromtimestamp(claims[1]["iat"], UTC) + timedelta(
        seconds=60
    ) == server.clock.now().replace(microsecond=0)


@pytest.mark.parametrize("world", WORLDS)
def test_a_user_who_has_not_consented_is_shown_the_page_and_asked_nothing_twice(
    world: World,
) -> None:
    server = AccountServer(denied("consent_required"))

    with pytest.raises(ConsentRequired) as caught:
        run(world, session(server, bearer(redirect_uri=BACK, scopes=("a", "b"))), ping)

    assert len(server.asked) == 1
    assert caught.value.consent_url == consent_url(KEY, BACK, scopes=("a", "b"))
    assert caught.value.transient is False
    assert "open `consent_url`" in str(caught.value)


def test_without_a_redirect_uri_the_error_says_what_to_pass() -> None:
    server = AccountServer(denied("consent_required"))

    with pytest.raises(ConsentRequired, match="pass a registered redirect_uri to JwtBearer") as c:
        run("blocking", session(server, bearer()), ping)

    assert c.value.consent_url == ""


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (denied("invalid_grant", "user_not_found"), "user_id must be an active user's GUID"),
        (denied("invalid_grant", "issuer_not_found"), "client_id must be the integration key"),
        (denied("invalid_grant", "no_valid_keys_or_signatures"), "is the PEM text whole"),
        (denied("invalid_grant", "expired"), "clock right"),
        (denied("invalid_grant"), "clock right"),
        (denied("invalid_request"), "a proxy or an own transport"),
        (denied("unsupported_grant_type"), "a proxy or an own transport"),
        (denied("invalid_client", status=401), "a public application has no secret"),
        (denied("something_new"), "check client id and secret"),
    ],
)
def test_each_refusal_says_what_to_do(answer: tuple[int, object], hint: str) -> None:
    server = AccountServer(answer)

    with pytest.raises(AuthError, match=hint) as caught:
        run("blocking", session(server, bearer()), ping)

    assert "account-d.docusign.com refused the credential: " in str(caught.value)
    assert not isinstance(caught.value, ConsentRequired)
    assert len(server.asked) == 1


@pytest.mark.parametrize("field", ["client_id", "user_id"])
@pytest.mark.parametrize("value", ["", "ada@example.com", "42", f"{USER} "])
def test_ids_that_are_no_guids_are_refused_when_the_client_is_made(field: str, value: str) -> None:
    credential = evolve(bearer(), **{field: value})

    with pytest.raises(ConfigError, match=f"{field} of a JwtBearer is a GUID") as caught:
        grant(credential, DEMO)

    assert "ada" not in str(caught.value)


def test_each_environment_is_its_own_audience_and_a_machine_of_ours_stands_in_for_the_demo() -> (
    None
):
    audiences = {
        at: getattr(grant(bearer(), at), "audience", None)
        for at in (DEMO, "https://account.docusign.com", "http://127.0.0.1:8025/docusign-account")
    }

    assert list(audiences.values()) == [
        "account-d.docusign.com",
        "account.docusign.com",
        "account-d.docusign.com",
    ]


# --- code and refresh ------------------------------------------------------------------------

BASIC = "Basic " + base64.b64encode(f"{KEY}:c4n4ry".encode()).decode()


@pytest.mark.parametrize("world", WORLDS)
def test_a_confidential_application_shows_its_secret_and_follows_the_rotation(
    world: World,
) -> None:
    server = AccountServer(
        token("one", refresh_token="r1"), token("two", refresh_token="r2"), token("three")
    )
    credential = confidential(redirect_uri=BACK, code_verifier="c4n4ry-verifier")

    async def case(on: Any) -> None:
        for _ in range(3):
            await on.send(GET)
            server.clock.sleep(3600.0)

    run(world, session(server, credential), case)

    assert [form for _, form in server.asked] == [
        {"grant_type": "authorization_code", "code": "c1", "code_verifier": "c4n4ry-verifier"},
        {"grant_type": "refresh_token", "refresh_token": "r1"},
        {"grant_type": "refresh_token", "refresh_token": "r2"},
    ]
    assert [headers["Authorization"] for headers, _ in server.asked] == [BASIC] * 3


@pytest.mark.parametrize("world", WORLDS)
def test_a_public_application_shows_its_name_and_the_verifier(world: World) -> None:
    server = AccountServer(token("one", refresh_token="r1"), token("two", refresh_token="r2"))

    async def case(on: Any) -> None:
        for _ in range(2):
            await on.send(GET)
            server.clock.sleep(3600.0)

    run(world, session(server, public()), case)

    assert [form for _, form in server.asked] == [
        {
            "grant_type": "authorization_code",
            "client_id": KEY,
            "code": "c1",
            "code_verifier": "c4n4ry-verifier",
        },
        {"grant_type": "refresh_token", "client_id": KEY, "refresh_token": "r1"},
    ]
    assert not any("Authorization" in headers for headers, _ in server.asked)


@pytest.mark.parametrize(
    ("secret", "form", "basic"),
    [
        ("c4n4ry", {"refresh_token": "r0"}, BASIC),
        (None, {"refresh_token": "r0", "client_id": KEY}, None),
    ],
)
def test_a_refresh_token_begins_where_the_host_left_off(
    secret: str | None, form: dict[str, str], basic: str | None
) -> None:
    server = AccountServer(token())

    credential = RefreshToken(client_id=KEY, client_secret=secret, refresh_token="r0")
    run("blocking", session(server, credential), ping)

    [(headers, sent)] = server.asked
    assert sent == {"grant_type": "refresh_token", **form}
    assert headers.get("Authorization") == basic


@pytest.mark.parametrize(
    ("credential", "hint"),
    [
        (confidential(), "a code is good once and for minutes; somebody must sign in again"),
        (public(), "a code is good once and for minutes; somebody must sign in again"),
        (RefreshToken(client_id=KEY, refresh_token="r0"), r"\(somebody must sign in again"),
    ],
)
def test_a_spent_code_or_token_says_that_somebody_must_sign_in_again(
    credential: object, hint: str
) -> None:
    server = AccountServer(denied("invalid_grant", "expired_client_token"))

    with pytest.raises(AuthError, match=hint):
        run("blocking", session(server, credential), ping)


def test_a_wrong_secret_asks_nobody_to_sign_in() -> None:
    server = AccountServer(denied("invalid_client", status=401))

    with pytest.raises(AuthError, match="check client_id and client_secret") as caught:
        run("blocking", session(server, confidential()), ping)

    assert "sign in" not in str(caught.value)


def test_a_code_with_neither_secret_nor_verifier_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"code_verifier of the sign-in: .*new_pkce"):
        grant(AuthorizationCode(client_id=KEY, code="c1"), DEMO)


@pytest.mark.parametrize("credential", ["key", None, ClientCredentials(KEY, "s")])
def test_another_kind_of_credential_is_refused(credential: object) -> None:
    with pytest.raises(ConfigError, match="must be a JwtBearer, an AuthorizationCode"):
        grant(credential, DEMO)


def test_a_credential_of_the_hosts_own_is_taken_as_it_is() -> None:
    own = HeaderKey("Authorization", "Bearer t")

    assert grant(own, DEMO) is own


def test_no_credential_shows_its_secrets() -> None:
    refresh = RefreshToken(client_id=KEY, client_secret="c4n4ry", refresh_token="c4n4ry")
    for each in (confidential(code="c4n4ry"), public(), refresh, bearer()):
        shown = repr(each) + repr(grant(each, DEMO))
        assert "c4n4ry" not in shown
        assert "BEGIN" not in shown


# --- who -------------------------------------------------------------------------------------


def read(**changes: object) -> UserInfo:
    body = {
        "sub": USER,
        "name": "First Last",
        "given_name": "First",
        "family_name": "Last",
        "created": "2015-08-13T22:03:03.45",
        "email": "first.last@example.com",
        "accounts": [
            {
                **account(),
                "organization": {"organization_id": "o1", "links": [{"rel": "self", "href": "h"}]},
            }
        ],
        **changes,
    }
    return get_user_info().decode(Response(status=200, body=json.dumps(body).encode()))


def test_who_the_user_is_comes_typed() -> None:
    assert read() == UserInfo(
        user_id=USER,
        name="First Last",
        given_name="First",
        family_name="Last",
        email="first.last@example.com",
        created=datetime(2015, 8, 13, 22, 3, 3, 450_000, tzinfo=UTC),
        accounts=(
            AccountInfo(
                account_id=ONE,
                name="Acme",
                is_default=True,
                base_uri="https://demo.docusign.net",
                organization=Organization(organization_id="o1"),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2015-08-13T22:03:03.4500000", datetime(2015, 8, 13, 22, 3, 3, 450_000, tzinfo=UTC)),
        ("2015-08-13T22:03:03Z", datetime(2015, 8, 13, 22, 3, 3, tzinfo=UTC)),
        ("2015-08-13T22:03:03+02:00", datetime(2015, 8, 13, 20, 3, 3, tzinfo=UTC)),
        ("8/13/2015 10:03 PM", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_of_any_form_never_hides_the_accounts(
    text: str | None, moment: datetime | None
) -> None:
    info = read(created=text, name=None)

    assert (info.created, info.name, len(info.accounts)) == (moment, "", 1)


def test_an_answer_that_is_no_user_is_an_error() -> None:
    with pytest.raises(DecodeError, match=r"\$"):
        read(sub=None)


def test_a_user_does_not_show() -> None:
    assert "first" not in repr(read()).lower()


# --- which account ---------------------------------------------------------------------------


def user(*accounts: dict[str, object]) -> UserInfo:
    return read(accounts=list(accounts))


@pytest.mark.parametrize(
    ("accounts", "asked", "chosen"),
    [
        ([account(TWO), account(ONE)], None, ONE),
        ([account(TWO), account(ONE)], TWO, TWO),
        ([account(TWO), account(ONE)], TWO.upper(), TWO),
        ([account(TWO)], None, TWO),
    ],
)
def test_an_account_is_named_or_the_default_or_the_only_one(
    accounts: list[dict[str, object]], asked: str | None, chosen: str
) -> None:
    assert choose_account(user(*accounts), asked).account_id == chosen


def test_a_choice_that_cannot_be_made_lists_what_there_is() -> None:
    several = user(account(ONE, is_default=False), account(TWO, account_name="ada@example.com"))

    with pytest.raises(ConfigError, match=f"no default.*{ONE} .Acme.*{TWO} .<address>"):
        choose_account(several, None)
    with pytest.raises(ConfigError, match=f"no member of account 7; there are {ONE}"):
        choose_account(several, "7")
    with pytest.raises(ConfigError, match="a member of no account"):
        choose_account(user(), None)


# --- where -----------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(
    ("chosen", "url"),
    [
        (None, f"https://demo.docusign.net/restapi/v2.1/accounts/{ONE}/envelopes/1"),
        (TWO, f"https://eu.docusign.net/restapi/v2.1/accounts/{TWO}/envelopes/1"),
    ],
)
def test_calls_go_to_the_site_of_the_account(world: World, chosen: str | None, url: str) -> None:
    server = AccountServer()

    async def case(on: Any) -> None:
        await on.send(GET)
        await on.send(GET)

    run(world, session(server, account=chosen), case)

    assert (server.users, server.seen) == (1, [(url, "Bearer t")] * 2)


@pytest.mark.parametrize("base", ["https://na3.docusign.net", "https://na3.docusign.net/restapi/"])
def test_a_site_that_is_known_asks_nobody(base: str) -> None:
    server = AccountServer()

    run("blocking", session(server, account=TWO, base_uri=base), ping)

    assert server.users == 0
    assert server.seen[0][0] == (
        f"https://na3.docusign.net/restapi/v2.1/accounts/{TWO}/envelopes/1"
    )


FOREIGN = [
    "https://evil.example",
    "http://demo.docusign.net",
    "https://docusign.net.evil.example",
    "https://evildocusign.net",
    "https://demo.docusign.net@evil.example",
    "https://evil.example\\@demo.docusign.net",
    "https://evil.example#.docusign.net",
    "https://demo.docusign.net:8443",
    "https://demo.docusign.net/evil",
    "http://127.0.0.1:80",
    "",
]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("base", FOREIGN)
def test_a_site_that_is_not_docusigns_never_sees_the_credential(world: World, base: str) -> None:
    server = AccountServer()
    server.accounts = [account(base_uri=base)]

    with pytest.raises(ConfigError, match="the credential is not sent there"):
        run(world, session(server), ping)

    assert server.seen == []


@pytest.mark.parametrize("base", [b for b in FOREIGN if "127" not in b])
def test_a_site_that_is_not_docusigns_is_refused_from_the_host_too(base: str) -> None:
    with pytest.raises(ConfigError, match="the credential is not sent there"):
        site(DEMO, ONE, base)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({"account": "../x"}, "must be an account id"),
        ({"account": ""}, "must be an account id"),
        ({"account": "ada@example.com"}, "<address>"),
        ({"base_uri": "https://na3.docusign.net"}, "belongs to one account"),
    ],
)
def test_a_place_that_cannot_be_is_refused(place: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        site(DEMO, **place)


def test_an_account_id_from_the_account_server_must_be_one_too() -> None:
    server = AccountServer()
    server.accounts = [account("../../../x")]

    with pytest.raises(ConfigError, match="must be an account id"):
        run("blocking", session(server), ping)
    assert server.seen == []


def test_a_machine_of_ours_may_name_sites_on_it() -> None:
    server = AccountServer()
    server.accounts = [account(base_uri="http://127.0.0.1:8025/docusign")]

    run("blocking", session(server, at="http://127.0.0.1:8025/docusign-account"), ping)

    assert server.seen[0][0].startswith(
        f"http://127.0.0.1:8025/docusign/restapi/v2.1/accounts/{ONE}"
    )


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ("demo", DEMO),
        ("production", "https://account.docusign.com"),
        ("http://127.0.0.1:8025/docusign-account/", "http://127.0.0.1:8025/docusign-account"),
    ],
)
def test_each_environment_has_its_account_server(environment: str, url: str) -> None:
    assert account_server(environment) == url


def test_twenty_threads_of_two_accounts_ask_who_the_user_is_once() -> None:
    server = AccountServer(token())
    on = session(server, bearer())("blocking")
    other = on.over(port(server, account=TWO), Slots(50))
    start = threading.Barrier(20)
    failures: list[BaseException] = []

    def work(own: Any) -> None:
        start.wait(5)
        try:
            own.send(GET)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=((on, other)[n % 2],)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10.0)

    assert (failures, server.users, len(server.asked), len(server.seen)) == ([], 1, 1, 20)
    assert {url.split("/")[2] for url, _ in server.seen} == {"demo.docusign.net", "eu.docusign.net"}


@pytest.mark.parametrize("world", WORLDS)
def test_who_the_user_is_and_the_calls_share_one_question(world: World) -> None:
    server = AccountServer()

    async def case(on: Any) -> None:
        info = await on.run(user_info(port(server)))
        assert [a.account_id for a in info.accounts] == [ONE, TWO]
        await on.send(GET)

    run(world, session(server), case)

    assert server.users == 1


def test_an_account_server_that_gives_no_answer_is_asked_again_later() -> None:
    server = AccountServer()

    class Silent(AccountServer):
        def __call__(
            self, method: str, url: str, headers: Mapping[str, str], body: bytes
        ) -> tuple[int, Mapping[str, str], bytes]:
            if server.users < 4 and url.endswith("userinfo"):
                server.users += 1
                raise ConnectionResetError
            return super().__call__(method, url, headers, body)

    silent = Silent()
    on = session(silent)("blocking")

    with pytest.raises(TransportError, match=r"oauth\.userinfo"):
        on.send(GET)
    on.send(GET)

    assert len(silent.seen) == 1
