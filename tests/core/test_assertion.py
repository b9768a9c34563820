"""Applications that sign for themselves: the assertion, and what refusals of it mean."""

from __future__ import annotations

import json
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

from connectors.core.auth import Assertion, JwtBearer, Token
from connectors.core.call import Request, Response
from connectors.core.flow import Now, Send, Wait
from connectors.errors import AuthError, ConfigError, ConsentRequired, NotSent

TOKEN_URL = "https://account-d.example.com/oauth/token"
MOMENT = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8
OPEN = serialization.NoEncryption()

KEY = rsa.generate_private_key(65537, 2048)
PRIVATE = KEY.private_bytes(PEM, PKCS8, OPEN).decode()
PUBLIC = KEY.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
LOCKED = KEY.private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"x")).decode()
CURVE = ec.generate_private_key(ec.SECP256R1()).private_bytes(PEM, PKCS8, OPEN).decode()
OLD_STYLE = KEY.private_bytes(PEM, serialization.PrivateFormat.TraditionalOpenSSL, OPEN).decode()


def bearer(private_key: str = PRIVATE, **changes: Any) -> JwtBearer:
    return JwtBearer("my-key", "my-user", private_key, **changes)


def granted(private_key: str = PRIVATE, **changes: Any) -> Assertion:
    return bearer(private_key, **changes).grant(TOKEN_URL, "account-d.example.com")


def asked(grant: Assertion, moment: datetime = MOMENT, held: Token | None = None) -> Request:
    """The token request that is made at this moment."""
    flow = grant.acquire(held)
    assert next(flow) == Now()
    step = flow.send(moment)
    assert isinstance(step, Send)
    return step.request


def form(request: Request) -> dict[str, str]:
    return {n: v for n, (v,) in parse_qs(request.body.decode(), strict_parsing=True).items()}


def claims(request: Request) -> Any:
    """What the assertion says, once its signature was checked."""
    key = RSAKey.import_key(PUBLIC)
    return jwt.decode(form(request)["assertion"], key, algorithms=["RS256"])


def test_the_application_signs_who_it_is_whom_it_acts_for_and_for_how_long() -> None:
    request = asked(granted())

    assert (request.method, request.path) == ("POST", TOKEN_URL)
    assert dict(request.headers) == {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    assert form(request).keys() == {"grant_type", "assertion"}
    assert form(request)["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert claims(request).header == {"alg": "RS256", "typ": "JWT"}
    issued = int(MOMENT.timestamp())
    assert claims(request).claims == {
        "iss": "my-key",
        "sub": "my-user",
        "aud": "account-d.example.com",
        "iat": issued,
        "exp": issued + 3600,
        "scope": "signature impersonation",
    }


def test_each_token_is_asked_for_with_an_assertion_of_its_own_time() -> None:
    grant = granted()
    later = MOMENT + timedelta(hours=2)

    first = asked(grant)
    second = asked(grant, later, Token(value="old", expires_in=3600.0))

    assert claims(second).claims["iat"] == int(later.timestamp())
    assert form(first)["assertion"] != form(second)["assertion"]
    assert "refresh_token" not in form(second)


@pytest.mark.parametrize("pem", [OLD_STYLE, f"\n{PRIVATE}\n\n", PRIVATE.replace("\n", "\r\n")])
def test_the_usual_forms_of_a_key_are_taken(pem: str) -> None:
    assert claims(asked(granted(pem))).claims["sub"] == "my-user"


def test_own_scopes_are_asked_for() -> None:
    assert claims(asked(granted(scopes=["a", "b"]))).claims["scope"] == "a b"


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (LOCKED, "locked with a password"),
        (CURVE, "another kind"),
        (PRIVATE[:400] + PRIVATE[500:], "cut off or altered"),
        (PRIVATE.replace("\n", "\\n"), r"line breaks are written as \\n"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_before_anything_is_sent(pem: str, reason: str) -> None:
    flow = granted(pem).acquire(None)
    next(flow)

    with pytest.raises(ConfigError, match=f"private_key is no RSA private key.*{reason}") as caught:
        flow.send(MOMENT)

    shown = "".join(traceback.format_exception(caught.value)) + str(caught.value)
    assert pem[60:100] not in shown


@pytest.mark.parametrize(
    "pem", ["", "c4n4ry", "/etc/key.pem", PUBLIC.decode(), b"-----BEGIN", None]
)
def test_what_is_no_private_key_is_refused_when_the_credential_is_made(pem: Any) -> None:
    with pytest.raises(ConfigError, match="not the name of a file") as caught:
        bearer(pem)

    assert "c4n4ry" not in str(caught.value)


@pytest.mark.parametrize("scopes", ["signature", (), ("",), (1,)])
def test_scopes_that_are_no_list_of_names_are_refused(scopes: Any) -> None:
    with pytest.raises(ConfigError, match="scopes must be a list of names"):
        bearer(scopes=scopes)


def test_a_token_is_kept_by_application_user_and_scopes_but_not_by_key() -> None:
    other = rsa.generate_private_key(65537, 2048).private_bytes(PEM, PKCS8, OPEN).decode()
    base = granted().identity()

    assert granted(other).identity() == base
    others = {
        JwtBearer("x", "my-user", PRIVATE).grant(TOKEN_URL, "a").identity(),
        JwtBearer("my-key", "x", PRIVATE).grant(TOKEN_URL, "a").identity(),
        bearer(scopes=["signature"]).grant(TOKEN_URL, "a").identity(),
        bearer().grant("https://account.example.com/oauth/token", "a").identity(),
    }
    assert len(others | {base}) == 5


def test_the_key_never_shows() -> None:
    grant = granted()
    shown = repr((bearer(), grant, asked(grant), grant.acquire(None)))

    assert "BEGIN" not in shown
    assert PRIVATE[60:100] not in shown


def test_a_user_that_is_an_address_does_not_show() -> None:
    assert "ada" not in repr(JwtBearer("k", "ada@example.com", PRIVATE))


def test_a_stumbling_authority_is_asked_again_with_the_same_assertion() -> None:
    flow = granted().acquire(None)
    next(flow)
    first = flow.send(MOMENT)
    assert flow.throw(NotSent("refused")) == Wait(1.0)
    assert flow.send(None) == first
    with pytest.raises(StopIteration) as stop:
        flow.send(Response(status=200, body=b'{"access_token": "abc", "expires_in": 3600}'))
    assert stop.value.value == Token(value="abc", expires_in=3600.0)


def test_what_the_vendor_explains_is_raised_and_the_rest_says_the_usual() -> None:
    def explain(code: str, detail: str) -> AuthError | None:
        return ConsentRequired(f"{code}/{detail}", consent_url="u") if code == "a" else None

    grant = bearer().grant(TOKEN_URL, "aud", explain)

    def refused(code: str) -> AuthError:
        flow = grant.acquire(None)
        next(flow)
        flow.send(MOMENT)
        with pytest.raises(AuthError) as caught:
            body = json.dumps({"error": code, "error_description": "why"}).encode()
            flow.send(Response(status=400, body=body))
        return caught.value

    explained = refused("a")
    assert isinstance(explained, ConsentRequired)
    assert (explained.message, explained.consent_url, explained.transient) == ("a/why", "u", False)
    assert "account-d.example.com refused the credential: b why" in str(refused("b"))
