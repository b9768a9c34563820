"""GetResponse's OAuth 2.0: the page, the redirect, and the tokens of all three grants."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from attrs import evolve

from connectors import (
    AsyncGetResponseClient,
    AuthorizationCode,
    ClientCredentials,
    GetResponseClient,
    MemoryTokenCache,
    RefreshToken,
    Sandbox,
)
from connectors.errors import AuthError, ConfigError, TransportError, Unauthenticated
from connectors.getresponse.oauth import authorization_url, code_from_redirect
from tests.facades import WORLDS, World, run
from tests.getresponse.script import Clock, Script, ok, refusal

BASIC = "Basic " + base64.b64encode(b"my-app:c4n4ry-secret").decode()
ACCOUNT = ok({"accountId": "a"})


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


def token(value: str = "c4n4ry-1", renewal: str | None = None, **more: object) -> Any:
    body: dict[str, object] = {
        "access_token": value,
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": None,
        **more,
    }
    return ok({**body, "refresh_token": renewal} if renewal else body)


def own_account() -> ClientCredentials:
    return ClientCredentials("my-app", "c4n4ry-secret")


def code(redirect_uri: str | None = None) -> AuthorizationCode:
    return AuthorizationCode(
        client_id="my-app",
        client_secret="c4n4ry-secret",
        code="c4n4ry-code",
        redirect_uri=redirect_uri,
    )


def refresh() -> RefreshToken:
    return RefreshToken(
        client_id="my-app", client_secret="c4n4ry-secret", refresh_token="c4n4ry-old"
    )


def asked(script: Script, number: int) -> dict[str, str]:
    """The form of a token request, which must be one."""
    sent = script.sent[number]
    assert sent.line == "POST token"
    headers = {name.lower(): value for name, value in sent.headers.items()}
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert headers["authorization"] == BASIC
    assert b"secret" not in sent.body
    return dict(parse_qsl(sent.body.decode(), strict_parsing=True))


async def ping(client: Any) -> None:
    await client.accounts.ping()


# --- the page and the redirect ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("domain", "page"),
    [
        (None, "https://app.getresponse.com/oauth2_authorize.html"),
        ("mail.example.com", "https://mail.example.com/oauth2_authorize.html"),
    ],
)
def test_the_page_that_asks_for_access(domain: str | None, page: str) -> None:
    url = authorization_url("my app", state="s&t", domain=domain, redirect_uri="https://x.org/?a=b")

    assert url.partition("?")[0] == page
    assert parse_qs(urlsplit(url).query) == {
        "response_type": ["code"],
        "client_id": ["my app"],
        "state": ["s&t"],
        "redirect_uri": ["https://x.org/?a=b"],
    }


def test_the_page_needs_no_scope_and_no_redirect() -> None:
    query = parse_qs(urlsplit(authorization_url("my-app", state="s")).query)

    assert query.keys() == {"response_type", "client_id", "state"}


@pytest.mark.parametrize(
    ("client_id", "state", "domain"),
    [
        ("", "s", None),
        ("a", "", None),
        ("a", "s", ""),
        ("a", "s", "https://x.org"),
        ("a", "s", "x.org/evil?"),
        ("a", "s", "x.org@evil.org"),
    ],
)
def test_a_page_that_cannot_be_is_refused(client_id: str, state: str, domain: str | None) -> None:
    with pytest.raises(ConfigError):
        authorization_url(client_id, state=state, domain=domain)


def test_the_redirect_brings_the_code() -> None:
    assert code_from_redirect("https://x.org/?code=a%2Bb&state=s%26t", state="s&t") == "a+b"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://x.org/?code=a&state=t", "another state"),
        ("https://x.org/?code=a&state=\udc80", "another state"),
        ("https://x.org/?code=a", "another state"),
        ("https://x.org/", "another state"),
        ("https://x.org/?state=s&error=access_denied", "not allowed: access_denied"),
        ("https://x.org/?state=s", "has no code"),
        ("https://x.org/?state=s&code=", "has no code"),
    ],
)
def test_a_redirect_that_is_not_ours_is_refused(url: str, reason: str) -> None:
    with pytest.raises(AuthError, match=reason):
        code_from_redirect(url, state="s")


def test_a_session_without_a_state_takes_no_redirect() -> None:
    with pytest.raises(ConfigError, match="state of the session is empty"):
        code_from_redirect("https://x.org/?code=a", state="")


def test_what_a_redirect_says_is_cut_and_masked() -> None:
    with pytest.raises(AuthError) as caught:
        code_from_redirect(f"https://x.org/?state=s&error=ada%40x.org+{'x' * 9999}", state="s")

    assert len(str(caught.value)) < 300
    assert "ada" not in str(caught.value)


# --- tokens ----------------------------------------------------------------------------------


def test_the_own_account_signs_in_with_client_credentials(world: World) -> None:
    script = Script([token(), ACCOUNT, ACCOUNT])

    async def case(client: Any) -> None:
        await ping(client)
        await ping(client)

    run(world, script.make(credential=own_account()), case)

    assert asked(script, 0) == {"grant_type": "client_credentials"}
    assert script.lines == ["POST token", "GET accounts", "GET accounts"]
    for sent in script.sent[1:]:
        assert sent.headers["Authorization"] == "Bearer c4n4ry-1"
        assert "X-Auth-Token" not in sent.headers


def test_a_token_is_renewed_before_its_time_is_over(world: World) -> None:
    script = Script([token("one"), ACCOUNT, ACCOUNT, token("two"), ACCOUNT])

    async def case(client: Any) -> None:
        await ping(client)
        await client.sleep(3299)
        await ping(client)
        await client.sleep(1)
        await ping(client)

    run(world, script.make(credential=own_account()), case)

    bearers = [s.headers.get("Authorization") for s in script.sent if s.line == "GET accounts"]
    assert bearers == ["Bearer one", "Bearer one", "Bearer two"]


@pytest.mark.parametrize("lifetime", ["7200", 7200])
def test_the_lifetime_is_the_one_that_the_answer_names(world: World, lifetime: object) -> None:
    script = Script([token(expires_in=lifetime), ACCOUNT, ACCOUNT])

    async def case(client: Any) -> None:
        await ping(client)
        await client.sleep(6899)
        await ping(client)

    run(world, script.make(credential=own_account()), case)

    assert script.lines.count("POST token") == 1


@pytest.mark.parametrize("redirect_uri", [None, "https://x.org/back"])
def test_a_code_is_spent_once_and_followed_by_refresh_tokens_that_rotate(
    world: World, redirect_uri: str | None
) -> None:
    script = Script(
        [
            token("one", "r1"),
            ACCOUNT,
            token("two", "r2"),
            ACCOUNT,
            token("three"),
            ACCOUNT,
            token("four", "r4"),
            ACCOUNT,
        ]
    )

    async def case(client: Any) -> None:
        for _ in range(4):
            await ping(client)
            await client.sleep(3600)

    run(world, script.make(credential=code(redirect_uri)), case)

    first = {"grant_type": "authorization_code", "code": "c4n4ry-code"}
    assert asked(script, 0) == {
        **first,
        **({"redirect_uri": redirect_uri} if redirect_uri else {}),
    }
    # The third answer brought no new refresh token: the second stays good.
    assert [asked(script, n) for n in (2, 4, 6)] == [
        {"grant_type": "refresh_token", "refresh_token": each} for each in ("r1", "r2", "r2")
    ]


def test_a_cache_carries_the_rotated_token_into_the_next_process(world: World) -> None:
    cache = MemoryTokenCache()
    clock = Clock()
    before = Script([token("one", "r1"), ACCOUNT], clock=clock)
    after = Script([ACCOUNT, token("two", "r2"), ACCOUNT], clock=clock)

    run(world, before.make(credential=code(), token_cache=cache), ping)

    async def case(client: Any) -> None:
        await ping(client)
        await client.sleep(3600)
        await ping(client)

    run(world, after.make(credential=code(), token_cache=cache), case)

    assert after.lines == ["GET accounts", "POST token", "GET accounts"]
    assert asked(after, 1) == {"grant_type": "refresh_token", "refresh_token": "r1"}
    assert "c4n4ry" not in repr(cache)


def test_a_refresh_token_begins_where_the_host_left_off(world: World) -> None:
    script = Script([token("one", "r1"), ACCOUNT])

    run(world, script.make(credential=refresh()), ping)

    assert asked(script, 0) == {"grant_type": "refresh_token", "refresh_token": "c4n4ry-old"}


def test_a_token_that_is_refused_is_renewed_once(world: World) -> None:
    script = Script(
        [
            token("one", "r1"),
            refusal(401, 1014),
            token("two", "r2"),
            refusal(401, 1014),
        ]
    )

    with pytest.raises(Unauthenticated):
        run(world, script.make(credential=code()), ping)

    assert script.lines == ["POST token", "GET accounts", "POST token", "GET accounts"]


@pytest.mark.parametrize("make", [code, refresh])
@pytest.mark.parametrize("lost", [ConnectionResetError("gone")])
def test_what_is_spent_by_its_use_is_not_sent_again_in_doubt(
    world: World, make: Any, lost: Exception
) -> None:
    script = Script([lost])

    with pytest.raises(TransportError):
        run(world, script.make(credential=make()), ping)

    assert len(script.sent) == 1


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (refusal(400, 1000, "The code of c4n4ry@x.org is spent"), "The code of <address> is spent"),
        (ok({"error": "invalid_grant", "error_description": "spent"}, 400), "invalid_grant spent"),
        (
            ok({"httpStatus": 401, "code": 1014, "codeDescription": "Problem"}, 401),
            "Problem",
        ),
        ((200, {}, b"<html>"), "something that is no token"),
        (ok({"access_token": ""}), "refused the credential"),
        (ok([]), "something that is no token"),
    ],
)
@pytest.mark.parametrize("make", [own_account, code, refresh])
def test_a_refusal_of_either_form_says_why_and_shows_no_secret(
    world: World, make: Any, answer: Any, text: str
) -> None:
    script = Script([answer])

    with pytest.raises(AuthError, match=text) as caught:
        run(world, script.make(credential=make()), ping)

    assert "api.getresponse.com" in str(caught.value)
    assert "c4n4ry" not in str(caught.value) + repr(vars(caught.value))
    assert len(script.sent) == 1


def test_when_token_and_code_are_spent_somebody_must_sign_in_again(world: World) -> None:
    spent = refusal(400, 1000, "It is spent")
    script = Script([token("one", "r1"), ACCOUNT, spent, spent])

    async def case(client: Any) -> None:
        await ping(client)
        await client.sleep(3600)
        await ping(client)

    with pytest.raises(AuthError, match="must sign in again"):
        run(world, script.make(credential=code()), case)


def test_the_token_of_a_max_account_is_asked_for_with_its_domain(world: World) -> None:
    script = Script([token(), ACCOUNT])
    options: Mapping[str, Any] = {
        "host": "api3.getresponse360.pl",
        "domain": "mail.example.com",
        "credential": own_account(),
    }

    run(world, script.make(**options), ping)

    for sent in script.sent:
        assert sent.url.startswith("https://api3.getresponse360.pl/v3/")
        assert sent.headers["X-Domain"] == "mail.example.com"


def test_the_token_of_the_common_host_is_asked_for_without_a_domain(world: World) -> None:
    script = Script([token(), ACCOUNT])

    run(world, script.make(credential=own_account()), ping)

    assert all("X-Domain" not in sent.headers for sent in script.sent)


def test_no_credential_shows_its_secret() -> None:
    for each in (own_account(), code(), refresh()):
        assert "c4n4ry" not in repr(each) + str(each)


def test_the_oauth_library_is_loaded_when_a_token_is_asked_for_and_not_before() -> None:
    program = """
import json, sys
from connectors import ClientCredentials, GetResponseClient
answers = [b'{"access_token": "t"}', b'{"accountId": "a"}']
client = GetResponseClient(
    ClientCredentials("a", "b"), transport=lambda *_: (200, {}, answers.pop(0))
)
seen = ["authlib" in sys.modules]
client.accounts.ping()
print(json.dumps([*seen, "authlib" in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert json.loads(done.stdout) == [False, True]


# --- against the sandbox ---------------------------------------------------------------------


@pytest.mark.parametrize("errors", ["envelope", "rfc6749"])
def test_a_user_signs_in_by_the_browser_and_stays_signed_in(world: World, errors: Any) -> None:
    box = Sandbox(seed=1)
    gr = box.getresponse
    gr.refresh_rotates, gr.oauth_errors = True, errors
    cache = MemoryTokenCache()
    sent_to = authorization_url(gr.client_id, state="kept")
    assert sent_to.startswith("https://app.getresponse.com/")

    code = code_from_redirect(gr.authorize("kept"), state="kept")
    credential = AuthorizationCode(
        client_id=gr.client_id, client_secret=gr.client_secret, code=code
    )

    def signed_in(**more: Any) -> Callable[[World], Any]:
        def make(world: World) -> Any:
            kind = GetResponseClient if world == "blocking" else AsyncGetResponseClient
            return kind(credential, transport=box.transport, **more)

        return make

    async def case(client: Any) -> None:
        for _ in range(3):
            await client.accounts.ping()
            await client.sleep(gr.token_lifetime)

    run(world, signed_in(token_cache=cache), case)
    # The next process has the cache, and the code as its key.
    run(world, signed_in(token_cache=cache), case)
    # Without it the code is all there is, and that is spent.
    with pytest.raises(AuthError, match="refused the credential"):
        run(world, signed_in(), ping)


def test_the_own_account_of_the_sandbox_signs_in(world: World) -> None:
    box = Sandbox(seed=1)
    gr = box.getresponse

    def make(world: World) -> Any:
        kind = GetResponseClient if world == "blocking" else AsyncGetResponseClient
        credential = ClientCredentials(gr.client_id, gr.client_secret)
        return kind(credential, transport=box.transport)

    run(world, make, ping)

    assert box.calls.count("getresponse", "oauth.token") == 1


@pytest.mark.parametrize(
    ("credential", "reason"),
    [
        (AuthorizationCode(client_id="my-app", code="c"), "no public clients"),
        (RefreshToken(client_id="my-app", refresh_token="r"), "no public clients"),
        (evolve(code(), code_verifier="v"), "no PKCE"),
    ],
)
def test_what_the_service_cannot_use_is_refused(credential: Any, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        GetResponseClient(credential)
