"""The account server: exchanges, their errors and lifetimes, and who a token is for."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.sandbox.docusign_kit import JWT, Edge, Reply


@pytest.fixture
def edge() -> Edge:
    return Edge()


def jwt(edge: Edge, **claims: Any) -> Reply:
    return edge.oauth({"grant_type": JWT, "assertion": edge.assertion(**claims)})


def error(reply: Reply) -> tuple[int, str, str]:
    return reply.status, reply.json["error"], reply.json.get("error_description", "")


def test_a_signed_assertion_becomes_a_token_of_an_hour(edge: Edge) -> None:
    reply = jwt(edge)
    assert reply.status == 200
    assert reply.json["token_type"] == "Bearer"
    assert reply.json["expires_in"] == 3600
    assert "refresh_token" not in reply.json
    edge.token = reply.json["access_token"]
    assert edge.get("").status == 200
    edge.wait(3600)
    assert edge.get("").refusal == (401, "AUTHORIZATION_INVALID_TOKEN")


def test_consent_is_missing_until_it_is_given(edge: Edge) -> None:
    edge.box.withdraw_consent()
    assert error(jwt(edge)) == (400, "consent_required", "")
    edge.box.consent()
    assert jwt(edge).status == 200


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"sub": "00000000-0000-4000-8000-000000000000"}, "user_not_found"),
        ({"iss": "00000000-0000-4000-8000-000000000000"}, "issuer_not_found"),
        ({"aud": "https://account-d.docusign.com"}, "invalid_audience"),
        ({"aud": "account.docusign.com"}, "invalid_audience"),
        ({"exp": 10**10}, "assertion_lives_too_long"),
        ({"iat": 10, "exp": 3000}, "assertion_expired"),
        ({"exp": "soon"}, "malformed_assertion"),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(
    edge: Edge, claims: dict[str, Any], description: str
) -> None:
    assert error(jwt(edge, **claims)) == (400, "invalid_grant", description)


def test_an_assertion_of_another_key_is_refused(edge: Edge) -> None:
    old = edge.box.private_key
    edge.box.rotate_key()
    assert error(jwt(edge, key=old)) == (400, "invalid_grant", "no_valid_keys_or_signatures")
    assert jwt(edge).status == 200


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.e30.e30"])
def test_what_is_no_assertion_is_refused(edge: Edge, text: str) -> None:
    assert edge.oauth({"grant_type": JWT, "assertion": text}).json["error"] == "invalid_grant"


def test_a_closed_user_gets_no_token_and_keeps_none(edge: Edge) -> None:
    token = jwt(edge).json["access_token"]
    edge.box.close_user(edge.box.user_id)
    assert error(jwt(edge)) == (400, "invalid_grant", "user_not_found")
    edge.token = token
    assert edge.get("").status == 401


def test_scopes_that_are_not_simulated_say_so(edge: Edge) -> None:
    assert jwt(edge, scope="signature").status == 501
    assert jwt(edge, scope="signature impersonation click.manage").status == 501


def test_the_grant_must_be_a_known_form(edge: Edge) -> None:
    assert error(edge.oauth({"grant_type": "password"}))[1] == "unsupported_grant_type"
    assert error(edge.oauth({}))[1] == "invalid_request"
    url = f"https://{edge.box.account_server}/oauth/token"
    reply = edge.raw("POST", url, {"Content-Type": "application/json"}, b"{}")
    assert error(reply)[1] == "invalid_request"


def consent_url(edge: Edge, **more: str) -> str:
    query = {
        "response_type": "code",
        "client_id": edge.box.integration_key,
        "redirect_uri": edge.box.redirect_uri,
        "scope": "signature",
        **more,
    }
    return f"https://{edge.box.account_server}/oauth/auth?{urlencode(query)}"


def code_of(edge: Edge, **more: str) -> str:
    landed = edge.box.authorize(consent_url(edge, **more))
    return parse_qs(urlsplit(landed).query)["code"][0]


def exchange(edge: Edge, **form: str) -> Reply:
    basic = (edge.box.integration_key, edge.box.client_secret)
    if edge.box.public_client:
        return edge.oauth({"client_id": edge.box.integration_key, **form})
    return edge.oauth(form, basic)


def test_a_code_becomes_a_pair_of_tokens_once(edge: Edge) -> None:
    code = code_of(edge)
    reply = exchange(edge, grant_type="authorization_code", code=code)
    assert reply.json["expires_in"] == 28_800
    edge.token = reply.json["access_token"]
    assert edge.get("").status == 200
    again = exchange(edge, grant_type="authorization_code", code=code)
    assert error(again)[:2] == (400, "invalid_grant")


def test_a_code_lives_two_minutes(edge: Edge) -> None:
    code = code_of(edge)
    edge.wait(120)
    assert exchange(edge, grant_type="authorization_code", code=code).status == 400


def test_the_client_must_prove_itself(edge: Edge) -> None:
    form = {"grant_type": "authorization_code", "code": code_of(edge)}
    assert edge.oauth(form).status == 401
    assert edge.oauth(form, (edge.box.integration_key, "wrong")).status == 401


def test_state_and_refusal_come_back_with_the_browser(edge: Edge) -> None:
    landed = edge.box.authorize(consent_url(edge, state="s 1"), deny=True)
    assert parse_qs(urlsplit(landed).query)["error"] == ["access_denied"]
    landed = edge.box.authorize(consent_url(edge, state="s1"))
    assert parse_qs(urlsplit(landed).query)["state"] == ["s1"]


@pytest.mark.parametrize(
    "more",
    [
        {"client_id": "other"},
        {"redirect_uri": "https://other.example/"},
        {"response_type": "token"},
        {"scope": "openid"},
        {"code_challenge": "x", "code_challenge_method": "plain"},
    ],
)
def test_a_wrong_consent_url_shows_an_error(edge: Edge, more: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(more)).split("_")[0]):
        edge.box.authorize(consent_url(edge, **more))


VERIFIER = "a" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]


def pkce(edge: Edge) -> str:
    return code_of(edge, code_challenge=CHALLENGE, code_challenge_method="S256")


@pytest.mark.parametrize("public", [True, False])
def test_a_code_with_a_challenge_needs_its_verifier(edge: Edge, public: bool) -> None:
    edge.box.public_client = public
    form = {"grant_type": "authorization_code"}
    assert exchange(edge, **form, code=pkce(edge), code_verifier=VERIFIER).status == 200
    assert exchange(edge, **form, code=pkce(edge), code_verifier="b" * 43).status == 400
    assert exchange(edge, **form, code=pkce(edge)).status == 400


def test_a_public_client_brings_a_challenge_and_no_secret(edge: Edge) -> None:
    edge.box.public_client = True
    with pytest.raises(ValueError, match="code_challenge"):
        edge.box.authorize(consent_url(edge))
    basic = (edge.box.integration_key, edge.box.client_secret)
    form = {"grant_type": "authorization_code", "code": pkce(edge), "code_verifier": VERIFIER}
    assert edge.oauth(form, basic).status == 401


def refreshed(edge: Edge, token: str) -> Reply:
    return exchange(edge, grant_type="refresh_token", refresh_token=token)


def first_pair(edge: Edge, scope: str) -> str:
    code = code_of(edge, scope=scope)
    pair = exchange(edge, grant_type="authorization_code", code=code).json
    return str(pair["refresh_token"])


def test_a_refresh_token_is_used_once(edge: Edge) -> None:
    first = first_pair(edge, "signature")
    second = refreshed(edge, first).json["refresh_token"]
    assert second != first
    assert error(refreshed(edge, first))[1] == "invalid_grant"
    assert refreshed(edge, second).status == 200


@pytest.mark.parametrize(("scope", "status"), [("signature", 400), ("signature extended", 200)])
def test_only_an_extended_refresh_token_gets_a_new_end(edge: Edge, scope: str, status: int) -> None:
    first = first_pair(edge, scope)
    edge.wait(days=20)
    second = refreshed(edge, first).json["refresh_token"]
    edge.wait(days=20)
    assert refreshed(edge, second).status == status


def userinfo(edge: Edge) -> Reply:
    url = f"https://{edge.box.account_server}/oauth/userinfo"
    return edge.raw("GET", url, {"Authorization": f"Bearer {edge.token}"})


def test_userinfo_names_the_accounts_and_where_they_live(edge: Edge) -> None:
    other = edge.box.add_account("Other", base_uri="https://na3.docusign.net")
    found = userinfo(edge).json
    assert found["sub"] == edge.box.user_id
    assert found["created"] == "2026-03-02T08:00:00.00"
    first, second = found["accounts"]
    assert first == {
        "account_id": edge.box.account_id,
        "is_default": True,
        "account_name": "Sandbox Ltd",
        "base_uri": "https://demo.docusign.net",
    }
    assert (second["account_id"], second["is_default"]) == (other, False)
    edge.token = "nobody's"
    assert userinfo(edge).status == 401


def test_tokens_can_be_ended(edge: Edge) -> None:
    edge.token = edge.box.token()
    edge.box.revoke_tokens()
    assert edge.get("").refusal == (401, "AUTHORIZATION_INVALID_TOKEN")
    reply = edge.raw("GET", edge.box.url, {})
    assert reply.refusal == (401, "USER_AUTHENTICATION_FAILED")


def test_production_has_its_own_server_and_sites(edge: Edge) -> None:
    edge.box.go_live("na2")
    assert edge.box.url.startswith("https://na2.docusign.net/restapi/v2.1/accounts/")
    assert edge.get("").status == 200
    assert jwt(edge).status == 200
    assert error(jwt(edge, aud="account-d.docusign.com"))[2] == "invalid_audience"
    form = {"grant_type": JWT, "assertion": edge.assertion(aud="account-d.docusign.com")}
    url = "https://account-d.docusign.com/oauth/token"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    wrong = edge.raw("POST", url, headers, urlencode(form).encode())
    assert error(wrong)[2] == "issuer_not_found"


def test_an_account_answers_on_its_own_site_only(edge: Edge) -> None:
    url = edge.box.url.replace("demo.docusign.net", "na3.docusign.net")
    reply = edge.raw("GET", url, {"Authorization": f"Bearer {edge.token}"})
    assert reply.refusal == (401, "USER_AUTHENTICATION_FAILED")


def test_the_rest_of_the_account_server_is_not_simulated(edge: Edge) -> None:
    reply = edge.raw("GET", f"https://{edge.box.account_server}/oauth/auth", {})
    assert error(reply)[:2] == (501, "not_simulated")
