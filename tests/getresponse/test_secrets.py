"""Canaries: no key, token, secret, address or name in what is shown, raised or logged."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import pytest
from attrs import evolve, fields, has

from connectors import AuthorizationCode, ClientCredentials, RefreshToken
from connectors.core.call import Call
from connectors.core.policy import Retries
from connectors.errors import ConnectorsError
from connectors.getresponse import calls, models
from connectors.getresponse.models import CallbackActions, NewContact, Recipients
from tests.facades import WORLDS, World, run
from tests.getresponse.operations import EVERY, PLAIN
from tests.getresponse.script import Script, ok, refusal

MARK = "c4n4ry"
PERSON = f"{MARK}@x.org"

CREDENTIALS: list[Any] = [
    f"{MARK}-key",
    ClientCredentials("app", f"{MARK}-secret"),
    AuthorizationCode(client_id="app", client_secret=f"{MARK}-secret", code=f"{MARK}-code"),
    RefreshToken(client_id="app", client_secret=f"{MARK}-secret", refresh_token=f"{MARK}-old"),
]
TOKEN = ok({"access_token": f"{MARK}-token", "refresh_token": f"{MARK}-new", "expires_in": 900})
BASIC = "YXBwOmM0bjRyeS1zZWNyZXQ="


def clean(text: str) -> bool:
    return MARK not in unquote(text) and BASIC not in text


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


Case = Callable[[Any], Awaitable[Any]]

CASES: list[Case] = [
    lambda c: c.accounts.get(),
    lambda c: c.contacts.find("C", PERSON),
    lambda c: c.contacts.create("C", PERSON, name=MARK),
    lambda c: c.contacts.create_batch("C", [NewContact(email=PERSON, name=MARK)]),
    lambda c: c.contacts.update("c", email=PERSON, note=MARK),
    lambda c: c.blocklists.add([PERSON]),
    lambda c: c.from_fields.create(PERSON, MARK),
    lambda c: c.callbacks.upsert(f"https://x.org/?s={MARK}", actions=CallbackActions(open=True)),
    lambda c: c.newsletters.create(
        evolve(PLAIN, html=MARK), Recipients(campaign_ids=["C"]), send_on="now"
    ),
]
ANSWERS = [
    refusal(400, 1000, f"{PERSON} is taken"),
    refusal(401, 1014, "no"),
    refusal(403, 1023, "no"),
    refusal(429, 1015, "slow down"),
    refusal(500, 1, "sorry"),
    (301, {"Location": f"https://x.org/?k={PERSON}"}, b"<html>"),
    (200, {}, b"<html>"),
    (200, {}, b'{"a": 1'),
    ConnectionResetError("gone"),
    ConnectionRefusedError("no"),
]


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: str(a)[:40])
def test_no_error_and_no_log_shows_a_secret_or_a_person(
    world: World, credential: Any, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    for case in CASES:
        tokens = 0 if isinstance(credential, str) else 1
        script = Script([*[TOKEN] * tokens, answer, *[TOKEN] * tokens, answer])
        make = script.make(
            credential=credential,
            retries=Retries(attempts=1),
            hooks=[lambda attempt: seen.append(f"{attempt} {attempt!r}")],
        )
        try:
            run(world, make, case)
        except ConnectorsError as error:
            shown = "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(error)
            assert clean(shown)

    assert all(clean(line) for line in seen)
    assert clean(caplog.text)


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda c: type(c).__name__)
def test_no_client_shows_its_credential(world: World, credential: Any) -> None:
    made = Script([]).make(credential=credential)(world)

    shown = [repr(made), str(made), repr(made._session.port), repr(vars(made))]
    assert all(clean(each) for each in shown)
    assert isinstance(credential, str) or clean(repr(credential))


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.operation)
def test_no_call_shows_what_it_writes(call: Call[Any]) -> None:
    shown = repr(call) + str(call)

    assert "Ada" not in shown
    assert "ada+x" not in shown
    assert "t0k3n" not in shown


def test_no_call_shows_whom_it_asks_for() -> None:
    for call in (
        calls.find_contacts("C", PERSON).at(None),
        calls.list_campaign_contacts("C", email=PERSON).at(None),
        calls.get_blocklist(mask=PERSON),
        calls.list_from_fields(email=PERSON).at(None),
    ):
        assert clean(repr(call))
        assert MARK in call.request.query


PERSONAL = {
    "access_token",
    "account_login",
    "contact_email",
    "contact_name",
    "content",
    "data_source_token",
    "download_url",
    "email",
    "first_name",
    "geolocation",
    "html",
    "ip",
    "ip_address",
    "last_name",
    "masks",
    "note",
    "phone",
    "plain",
    "raw",
    "rewritten_email",
    "street",
}
PEOPLE = {"Contact", "ContactDetails", "FoundContact", "FromField", "NewContact", "WebhookContact"}


def test_no_model_shows_what_is_personal() -> None:
    kinds = [kind for name in dir(models) if has(kind := getattr(models, name))]

    assert len(kinds) > 50
    for kind in kinds:
        for each in fields(kind):
            hidden = each.name in PERSONAL or (each.name == "name" and kind.__name__ in PEOPLE)
            if hidden and kind.__name__ not in ("NewsletterDetails", "OptinTypes", "Postal"):
                assert each.repr is False, f"{kind.__name__}.{each.name}"


def test_the_content_of_a_message_is_not_shown() -> None:
    message = evolve(PLAIN, html=MARK, plain=MARK)

    assert clean(repr(message))
    assert clean(repr(calls.create_draft(message)))
