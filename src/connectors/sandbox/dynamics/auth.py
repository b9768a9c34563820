"""Tokens: the Entra and AD FS endpoints, and the check of a data call's bearer."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..kernel import Answer, Request
from .call import dump
from .state import State, api_host

LIFE = 3599
_JWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def _fail(status: int, error: str, code: str, text: str) -> Answer:
    number = int("".join(c for c in code if c.isdigit()) or 0)
    body = {
        "error": error,
        "error_description": f"{code}: {text}",
        "error_codes": [number],
        "correlation_id": "00000000-0000-4000-8000-000000000001",
    }
    return Answer(status, {"Content-Type": "application/json; charset=utf-8"}, dump(body), "token")


def token(state: State, request: Request) -> Answer:
    """Answer a request to the sign-in host."""
    path = urlsplit(request.url).path
    base = urlsplit(state.authority).path
    v2 = path.endswith("/oauth2/v2.0/token")
    if not (v2 or path.endswith("/oauth2/token")):
        return Answer(
            501,
            {"Content-Type": "application/json"},
            dump({"error": "not_simulated", "error_description": path}),
            "unknown",
        )
    if request.method != "POST":
        return _fail(400, "invalid_request", "AADSTS900561", "The endpoint only accepts POST.")
    kind = request.headers.get("content-type", "")
    if not kind.startswith("application/x-www-form-urlencoded"):
        return _fail(400, "invalid_request", "AADSTS900144", "The body must be form-encoded.")
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    if state.deployment == "on-premises":
        return _adfs(state, form) if not v2 else _fail(400, "invalid_request", "MSIS9000", path)
    tenant = path.removesuffix("/oauth2/v2.0/token").removesuffix("/oauth2/token")
    if tenant != base and tenant != "/contoso.onmicrosoft.com":
        return _fail(400, "invalid_request", "AADSTS90002", f"Tenant '{tenant[1:]}' not found.")
    return _entra(state, form, request.url, v2=v2)


def _entra(state: State, form: dict[str, str], url: str, *, v2: bool) -> Answer:
    grant = form.get("grant_type")
    if grant is None:
        return _fail(
            400,
            "invalid_request",
            "AADSTS900144",
            "The request body must contain the following parameter: 'grant_type'.",
        )
    if grant != "client_credentials":
        return _fail(
            400,
            "unsupported_grant_type",
            "AADSTS70003",
            f"The app requested an unsupported grant type '{grant}'.",
        )
    if form.get("client_id") != state.client_id:
        return _fail(
            400,
            "unauthorized_client",
            "AADSTS700016",
            f"Application with identifier '{form.get('client_id')}' was not found in the "
            "directory.",
        )
    refused = _client(state, form, url)
    if refused is not None:
        return refused
    hosts = (state.url, f"https://{api_host(state)}")
    if v2:
        scope = form.get("scope", "")
        if not scope.endswith("/.default") or " " in scope:
            return _fail(
                400,
                "invalid_scope",
                "AADSTS1002012",
                f"The provided value for scope {scope} is not valid. Client credential "
                "flows must have a scope value with /.default suffixed to the resource "
                "identifier.",
            )
        resource = scope.removesuffix("/.default")
        # A double slash before .default makes a token, with an audience nobody takes.
        good = resource in hosts
    else:
        resource = form.get("resource", "").rstrip("/")
        good = True
    if resource.rstrip("/") not in hosts:
        return _fail(
            400,
            "invalid_resource",
            "AADSTS500011",
            f"The resource principal named {resource} was not found in the tenant.",
        )
    return _issue(state, good=good, v2=v2)


def _client(state: State, form: dict[str, str], url: str) -> Answer | None:
    """Check secret or assertion; the assertion's signature is taken on trust."""
    if form.get("client_assertion_type") == _JWT:
        claims = _claims(form.get("client_assertion", ""))
        now = state.clock.now().timestamp()
        ours = claims.get("iss") == claims.get("sub") == state.client_id
        expires = claims.get("exp")
        alive = isinstance(expires, int | float) and now < expires <= now + 660
        if ours and claims.get("aud") == url and alive and claims.get("jti"):
            return None
        return _fail(
            401,
            "invalid_client",
            "AADSTS700027",
            "The certificate with identifier used to sign the client assertion is not "
            "registered, or the claims of the assertion are wrong.",
        )
    if form.get("client_secret") != state.client_secret:
        return _fail(
            401,
            "invalid_client",
            "AADSTS7000215",
            "Invalid client secret provided. Ensure the secret being sent in the request "
            "is the client secret value, not the client secret ID, for a secret added to "
            f"app '{state.client_id}'.",
        )
    return None


def _claims(text: str) -> dict[str, Any]:
    try:
        middle = text.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _adfs(state: State, form: dict[str, str]) -> Answer:
    if form.get("resource") != state.resource:
        return _fail(
            400,
            "invalid_resource",
            "MSIS9329",
            f"The authorization server received a resource '{form.get('resource')}' that "
            "does not correspond to any valid registered relying party.",
        )
    if form.get("client_id") != state.client_id:
        return _fail(
            400, "invalid_client", "MSIS9223", "The client_id does not match any registered client."
        )
    if form.get("client_secret") != state.client_secret:
        return _fail(
            401,
            "invalid_client",
            "MSIS9622",
            "Client authentication failed. Please verify the credential provided.",
        )
    grant = form.get("grant_type")
    if grant == "client_credentials":
        # Such a token names no user, and the server cannot map it to one.
        return _issue(state, good=state.upn_rule, v2=False)
    if grant != "password":
        return _fail(400, "unsupported_grant_type", "MSIS9611", f"grant_type '{grant}'")
    if (form.get("username"), form.get("password")) != (state.username, state.password):
        return _fail(400, "invalid_grant", "MSIS9659", "Invalid 'username' or 'password'.")
    return _issue(state, good=True, v2=False)


def _issue(state: State, *, good: bool, v2: bool) -> Answer:
    now = int(state.clock.now().timestamp())
    claims = {
        "aud": state.url if good else f"{state.url}/",
        "appid": state.client_id,
        "iat": now,
        "exp": now + LIFE,
        "tid": state.tenant,
        "uti": state.store.guid(),
    }
    parts = [{"typ": "JWT", "alg": "RS256"}, claims]
    text = ".".join(base64.urlsafe_b64encode(dump(p)).decode().rstrip("=") for p in parts)
    bearer = f"{text}.c2FuZGJveA"
    state.tokens[bearer] = (state.clock.monotonic() + LIFE, good)
    life: Any = LIFE if v2 or state.deployment == "on-premises" else str(LIFE)
    body: dict[str, Any] = {"token_type": "Bearer", "expires_in": life, "access_token": bearer}
    if v2:
        body["ext_expires_in"] = LIFE
    if not v2:
        body["resource"] = state.url
        body["expires_on"] = str(now + LIFE)
    headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    return Answer(200, headers, dump(body), "token")


def signed_in(state: State, request: Request) -> bool:
    """Whether the Authorization header lets the call in."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if state.deployment == "on-premises" and not state.claims:
        return kind.lower() in ("negotiate", "ntlm") and text.strip() in state.windows_tickets
    if kind.lower() != "bearer":
        return False
    expires, good = state.tokens.get(text.strip(), (-1.0, False))
    return good and state.clock.monotonic() < expires


def unauthorized(state: State, operation: str) -> Answer:
    """The 401 of the Web API: a header says where to sign in, the body is empty."""
    headers = {}
    if state.deployment == "online":
        headers["WWW-Authenticate"] = (
            f"Bearer authorization_uri={state.authority}/oauth2/authorize, resource_id={state.url}/"
        )
    elif not state.claims:
        headers["WWW-Authenticate"] = "Negotiate, NTLM"
    elif state.login_page:
        page = b"<!DOCTYPE html><html><head><title>Sign In</title></head><body></body></html>"
        return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, page, operation)
    return Answer(401, headers, b"", operation)
