"""Grants as flows: what is asked of the authority, and what its answers mean."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.core.auth import (
    ClientCredentials,
    Grant,
    HeaderKey,
    PasswordCredentials,
    Token,
    TokenProvider,
    token_endpoint,
)
from connectors.core.call import Request, Response
from connectors.core.flow import Deadline, Send, Wait
from connectors.errors import AuthError, ConfigError, NotSent

ENVIRONMENT = "https://contoso.crm4.dynamics.com"
ENTRA = "https://login.microsoftonline.com"
ADFS = "https://adfs.contoso.com/adfs"
CANARY = "s3cr3t&+ c4n4ry"


def application(authority: str = f"{ENTRA}/t", **more: str) -> ClientCredentials:
    return ClientCredentials("app", CANARY, authority=authority, **more)


def user(authority: str = ADFS, **more: str) -> PasswordCredentials:
    return PasswordCredentials("app", "CONTOSO\\ada", CANARY, authority=authority, **more)


def asked(grant: Grant) -> tuple[Request, Mapping[str, str]]:
    """The token request, and its form."""
    step = next(grant.acquire(None))
    assert isinstance(step, Send)
    form = parse_qs(step.request.body.decode(), strict_parsing=True)
    return step.request, {name: value for name, (value,) in form.items()}


def answered(status: int, answer: object, grant: Grant | None = None) -> Token:
    """What the grant makes of an answer."""
    flow = (grant or application().grant(ENVIRONMENT)).acquire(None)
    next(flow)
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    try:
        flow.send(Response(status=status, body=body))
    except StopIteration as stop:
        token: Token = stop.value
        return token
    raise AssertionError("one request is enough")


# --- where to ask ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authority", "url", "v2"),
    [
        (f"{ENTRA}/contoso.com", f"{ENTRA}/contoso.com/oauth2/v2.0/token", True),
        (f"  {ENTRA}/contoso.com/ ", f"{ENTRA}/contoso.com/oauth2/v2.0/token", True),
        (f"{ENTRA}/t/oauth2/v2.0/token", f"{ENTRA}/t/oauth2/v2.0/token", True),
        (f"{ENTRA}/t/oauth2/v2.0/authorize", f"{ENTRA}/t/oauth2/v2.0/token", True),
        (f"{ENTRA}/t/oauth2/token", f"{ENTRA}/t/oauth2/token", False),
        (f"{ENTRA}/t/oauth2/authorize/", f"{ENTRA}/t/oauth2/token", False),
        (ADFS, f"{ADFS}/oauth2/token", False),
        (f"{ADFS}/", f"{ADFS}/oauth2/token", False),
        (f"{ADFS}/oauth2/token", f"{ADFS}/oauth2/token", False),
        (f"{ADFS}/oauth2/authorize", f"{ADFS}/oauth2/token", False),
    ],
)
def test_an_authority_in_any_form_has_one_token_endpoint(
    authority: str, url: str, v2: bool
) -> None:
    assert token_endpoint(authority) == (url, v2)


@pytest.mark.parametrize("authority", ["", "contoso.com", "http://adfs.contoso.com/adfs", "https:"])
def test_an_authority_that_is_no_https_url_is_refused(authority: str) -> None:
    with pytest.raises(ConfigError, match="must be an https URL"):
        application(authority).grant(ENVIRONMENT)


# --- what is asked ---------------------------------------------------------------------------


def test_an_application_asks_a_v2_endpoint_for_a_scope() -> None:
    request, form = asked(application().grant(ENVIRONMENT))

    assert (request.method, request.path) == ("POST", f"{ENTRA}/t/oauth2/v2.0/token")
    assert dict(request.headers) == {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    assert form == {
        "grant_type": "client_credentials",
        "client_id": "app",
        "client_secret": CANARY,
        "scope": f"{ENVIRONMENT}/.default",
    }


@pytest.mark.parametrize("authority", [f"{ENTRA}/t/oauth2/token", ADFS])
def test_an_application_asks_other_endpoints_for_a_resource(authority: str) -> None:
    _, form = asked(application(authority).grant(ENVIRONMENT))
    _, own = asked(application(authority, resource="https://own/").grant(ENVIRONMENT))

    assert form["resource"] == f"{ENVIRONMENT}/"
    assert own["resource"] == "https://own/"
    assert "scope" not in form


def test_a_user_signs_in_with_name_and_password() -> None:
    request, form = asked(user().grant(ENVIRONMENT))

    assert request.path == f"{ADFS}/oauth2/token"
    assert form == {
        "grant_type": "password",
        "client_id": "app",
        "username": "CONTOSO\\ada",
        "password": CANARY,
        "resource": f"{ENVIRONMENT}/",
    }


def test_a_user_of_a_confidential_client_sends_its_secret_too() -> None:
    _, form = asked(user(client_secret="other").grant(ENVIRONMENT))

    assert form["client_secret"] == "other"


def test_every_character_of_a_secret_survives_the_form() -> None:
    secret = "ä€=&+% \\\"'#;\u00a0"

    _, form = asked(ClientCredentials("app", secret, authority=ADFS).grant(ENVIRONMENT))

    assert form["client_secret"] == secret


# --- what the answers mean -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(3599, 3599.0), ("3599", 3599.0), (None, 300.0), ("soon", 300.0), ([], 300.0), (-5, 300.0)],
)
def test_a_token_is_good_for_as_long_as_the_answer_says(seconds: object, expected: float) -> None:
    token = answered(200, {"access_token": "abc", "token_type": "Bearer", "expires_in": seconds})

    assert (token.value, token.expires_in) == ("abc", expected)


def test_a_token_without_a_lifetime_is_used_for_five_minutes() -> None:
    assert answered(200, {"access_token": "abc"}).expires_in == 300.0


def test_a_refusal_of_entra_is_told_by_its_code() -> None:
    text = "AADSTS7000215: Invalid client secret provided. \r\nTrace ID: 1\r\nTimestamp: 2"

    with pytest.raises(AuthError) as caught:
        answered(401, {"error": "invalid_client", "error_description": text, "error_codes": [1]})

    assert str(caught.value) == (
        "login.microsoftonline.com refused the credential: invalid_client AADSTS7000215: Invalid "
        "client secret provided. (check client id and secret, and the authority where there is one)"
    )


def test_a_refusal_in_the_envelope_of_an_api_is_told_too() -> None:
    with pytest.raises(AuthError, match="refused the credential: Unauthorized Unable to auth"):
        answered(401, {"codeDescription": "Unauthorized", "message": "Unable to authenticate"})


def test_a_refusal_that_quotes_an_address_does_not_pass_it_on() -> None:
    text = "AADSTS50034: The user account ada@contoso.com does not exist"

    with pytest.raises(AuthError) as caught:
        answered(400, {"error": "invalid_grant", "error_description": text})

    assert "ada" not in str(caught.value)
    assert "AADSTS50034: The user account <address> does not exist" in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b"[]", b'"text"', b"null"])
@pytest.mark.parametrize("status", [200, 302, 404])
def test_an_answer_that_is_no_token_is_an_error_that_says_so(status: int, body: bytes) -> None:
    with pytest.raises(AuthError, match=f"answered {status} with something that is no token"):
        answered(status, body)


@pytest.mark.parametrize("answer", [{}, {"access_token": ""}, {"access_token": 5}])
def test_an_empty_token_is_no_token(answer: object) -> None:
    with pytest.raises(AuthError):
        answered(200, answer)


def test_a_token_in_a_refusal_is_not_used() -> None:
    with pytest.raises(AuthError, match="403"):
        answered(403, {"access_token": "abc", "expires_in": 5})


# --- other credentials -----------------------------------------------------------------------


def test_a_key_is_a_header_that_never_changes() -> None:
    key = HeaderKey("X-Auth-Token", "api-key k")

    assert key.static_headers() == {"X-Auth-Token": "api-key k"}
    with pytest.raises(AuthError, match="no token to renew"):
        next(key.acquire(None))


def test_a_host_provides_tokens_by_its_own_means() -> None:
    given = iter(["one\n", "two"])
    provider = TokenProvider(provide=lambda: next(given), expires_in=9.0)

    tokens = []
    for _ in range(2):
        with pytest.raises(StopIteration) as caught:
            next(provider.acquire(None))
        tokens.append(caught.value.value)

    assert tokens == [Token(value="one", expires_in=9.0), Token(value="two", expires_in=9.0)]


# --- secrets ---------------------------------------------------------------------------------


def test_no_repr_shows_a_secret() -> None:
    things = [
        application(),
        user(client_secret=CANARY),
        application().grant(ENVIRONMENT),
        user(client_secret=CANARY).grant(ENVIRONMENT),
        next(application().grant(ENVIRONMENT).acquire(None)),
        HeaderKey("X-Auth-Token", CANARY),
        Token(value=CANARY, expires_in=1.0),
        TokenProvider(provide=lambda: CANARY),
    ]

    for thing in things:
        assert "c4n4ry" not in repr(thing)
        assert "c4n4ry" not in str(thing)


@pytest.mark.parametrize("credential", [application(), user(client_secret=CANARY)])
@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, {"error": "invalid_client", "error_description": "no"}),
        (403, b"<html>"),
        (200, {"access_token": ""}),
    ],
)
def test_no_error_of_a_sign_in_shows_a_secret(
    credential: ClientCredentials | PasswordCredentials, status: int, answer: object
) -> None:
    with pytest.raises(AuthError) as caught:
        answered(status, answer, credential.grant(ENVIRONMENT))

    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert "c4n4ry" not in shown


@pytest.mark.parametrize("authority", [ENTRA, f"{ENTRA}/"])
def test_an_authority_without_a_tenant_is_refused_with_what_is_missing(authority: str) -> None:
    with pytest.raises(ConfigError, match=r"names no tenant: .*/your-tenant, or .*/adfs"):
        token_endpoint(authority)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_authority_that_stumbles_is_asked_three_times(status: int) -> None:
    flow = application().grant(ENVIRONMENT).acquire(None)
    steps = [next(flow)]
    with pytest.raises(AuthError, match=f"answered {status} three times"):
        while True:
            sent = isinstance(steps[-1], Send)
            steps.append(flow.send(Response(status=status) if sent else None))
    assert [type(step).__name__ for step in steps] == ["Send", "Wait", "Send", "Wait", "Send"]


def test_an_authority_that_recovers_gives_its_token() -> None:
    flow = application().grant(ENVIRONMENT).acquire(None)
    next(flow)
    assert flow.throw(NotSent("refused")) == Wait(1.0)
    flow.send(None)
    with pytest.raises(StopIteration) as stop:
        flow.send(Response(status=200, body=b'{"access_token": "abc", "expires_in": 5}'))
    assert stop.value.value.value == "abc"


def busy(seconds: str) -> Response:
    return Response(status=429, headers={"retry-after": seconds})


def test_an_authority_is_given_the_time_that_it_asks_for() -> None:
    flow = application().grant(ENVIRONMENT).acquire(None)
    next(flow)
    assert flow.send(busy("100")) == Deadline()
    assert flow.send(300.0) == Wait(100.0)
    assert isinstance(flow.send(None), Send)
    assert flow.send(busy("200")) == Deadline()
    assert flow.send(300.0) == Wait(200.0)
    assert isinstance(flow.send(None), Send)

    with pytest.raises(AuthError, match="answered 429 three times") as caught:
        flow.send(busy("70"))

    assert caught.value.retry_after == 70.0


def test_an_authority_that_asks_for_more_time_than_a_call_has_is_not_waited_for() -> None:
    told = "login.microsoftonline.com answered 429 and asks to wait 201 s"
    flow = application().grant(ENVIRONMENT).acquire(None)
    next(flow)
    flow.send(busy("100"))
    assert flow.send(300.0) == Wait(100.0)
    flow.send(None)
    assert flow.send(busy("201")) == Deadline()

    with pytest.raises(AuthError, match=told) as caught:
        flow.send(300.0)

    assert (caught.value.retry_after, caught.value.transient) == (201.0, True)


@pytest.mark.parametrize("given", ["", "  ", None])
def test_a_provider_that_gives_nothing_is_an_auth_error(given: Any) -> None:
    with pytest.raises(AuthError, match="gave no token"):
        next(TokenProvider(provide=lambda: given).acquire(None))


def test_a_user_name_that_is_an_address_does_not_show() -> None:
    shown = repr(PasswordCredentials("app", "ada@contoso.com", "p", authority="https://a/adfs"))

    assert "ada@" not in shown
    assert "<address>" in shown


def test_an_authority_that_is_no_url_is_refused() -> None:
    with pytest.raises(ConfigError, match="must be an https URL"):
        token_endpoint("https://[x/tenant")
