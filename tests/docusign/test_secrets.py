"""Canaries: no key, token, address, name or document in what is shown, raised or logged."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import pytest
from attrs import evolve, fields, has

from connectors import AuthorizationCode, RefreshToken, TokenProvider
from connectors.core.call import Call
from connectors.core.policy import Retries
from connectors.docusign import calls, models
from connectors.docusign.models import EnvelopeLock, Recipient
from connectors.errors import ConnectorsError
from tests.docusign.operations import ADA, ENVELOPE, EVERY, FROM_DOCUMENTS, FROM_TEMPLATE
from tests.docusign.script import Script, ok, refusal
from tests.facades import WORLDS, World, run

MARK = "c4n4ry"
PERSON = f"{MARK}@x.org"
APP = "7c2b8d7e-1c1f-4d4c-9d0a-8e1f0a3b5c6d"
BASIC = "N2MyYjhkN2UtMWMxZi00ZDRjLTlkMGEtOGUxZjBhM2I1YzZkOmM0bjRyeS1zZWNyZXQ="

CREDENTIALS: list[Any] = [
    TokenProvider(provide=lambda: f"{MARK}-token"),
    AuthorizationCode(client_id=APP, client_secret=f"{MARK}-secret", code=f"{MARK}-code"),
    RefreshToken(client_id=APP, client_secret=f"{MARK}-secret", refresh_token=f"{MARK}-old"),
]
TOKEN = ok({"access_token": f"{MARK}-token", "refresh_token": f"{MARK}-new", "expires_in": 900})


def clean(text: str) -> bool:
    return MARK not in unquote(text) and BASIC not in text


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


Case = Callable[[Any], Awaitable[Any]]

SOMEBODY = evolve(ADA, name=MARK, email=PERSON)
CASES: list[Case] = [
    lambda c: c.envelopes.get(ENVELOPE),
    lambda c: c.envelopes.list(envelope_ids=[ENVELOPE], search_text=PERSON).first(),
    lambda c: c.envelopes.create(evolve(FROM_DOCUMENTS, recipients=[SOMEBODY])),
    lambda c: c.recipients.update(ENVELOPE, "1", email=PERSON, name=MARK),
    lambda c: c.recipients.add(ENVELOPE, [SOMEBODY]),
    lambda c: c.envelopes.unlock(ENVELOPE, EnvelopeLock(lock_token=MARK)),
    lambda c: c.views.recipient(
        ENVELOPE, f"https://x.org/?t={MARK}", user_name=MARK, email=PERSON, user_id="u"
    ),
    lambda c: c.documents.put(ENVELOPE, "1", MARK.encode(), name="a.pdf"),
]
ANSWERS: list[Any] = [
    refusal(400, "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT", f"{PERSON} is none"),
    refusal(401, "AUTHORIZATION_INVALID_TOKEN", "no"),
    refusal(403, "USER_LACKS_PERMISSIONS", f"for {PERSON}"),
    refusal(429, "BURST_APIINVOCATION_LIMIT_EXCEEDED", "slow down"),
    refusal(500, "UNSPECIFIED_ERROR", "sorry"),
    ok(
        {
            "errorDetails": {"errorCode": "X", "message": f"no {PERSON}"},
            "recipientUpdateResults": [
                {"recipientId": "1", "errorDetails": {"errorCode": "X", "message": PERSON}}
            ],
        }
    ),
    (301, {"Location": f"https://x.org/?k={PERSON}"}, b"<html>"),
    (200, {}, f"<html>{PERSON}".encode()),
    (200, {}, b'{"a": 1'),
    (200, {}, f'{{"envelopeId": {{"name": "{PERSON}"}}}}'.encode()),
    ConnectionResetError("gone"),
    ConnectionRefusedError("no"),
]


@pytest.mark.parametrize("credential", CREDENTIALS, ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: str(a)[:40].replace(MARK, "…"))
def test_no_error_and_no_log_shows_a_secret_or_a_person(
    world: World, credential: Any, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    for case in CASES:
        tokens = [] if isinstance(credential, TokenProvider) else [TOKEN]
        script = Script([*tokens, answer, *tokens, answer])
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

    shown = [repr(made), str(made), repr(made._session.port), repr(vars(made)), repr(credential)]
    assert all(clean(each) for each in shown)


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.operation)
def test_no_call_shows_what_it_writes(call: Call[Any]) -> None:
    shown = repr(call) + str(call)

    assert "Ada" not in shown
    assert "ada@" not in shown
    assert MARK not in shown


@pytest.mark.parametrize("model", [FROM_DOCUMENTS, FROM_TEMPLATE, ADA])
def test_no_definition_shows_people_codes_and_documents(model: Any) -> None:
    assert MARK not in repr(model)
    assert "Lovelace" not in repr(model)
    assert "ada@" not in repr(model)


def test_no_call_shows_whom_it_asks_for() -> None:
    call = calls.list_envelopes(envelope_ids=["e"], search_text=PERSON).at(None)

    assert clean(repr(call))
    assert MARK in call.request.query


PERSONAL = {
    *("access_code", "client_secret", "content", "email", "first_name", "full_name"),
    *("host_email", "host_name", "in_person_signer_name", "ip_address", "last_name", "lock_token"),
    *("number", "password", "sender_email", "sender_name", "signer_email", "signer_name"),
    *("user_name", "value", "original_value", "note", "email_blurb"),
}
PEOPLE = {"Delegate", "Recipient", "RecipientFormData", "TemplateRole", "BulkRecipient"}


SUBJECTS = [
    kind
    for name in dir(models)
    if has(kind := getattr(models, name)) and "email_subject" in {f.name for f in fields(kind)}
]


def test_no_model_shows_what_is_personal() -> None:
    kinds = [kind for name in dir(models) if has(kind := getattr(models, name))]

    assert len(kinds) > 40
    for kind in kinds:
        for each in fields(kind):
            if each.name in PERSONAL or (each.name == "name" and kind.__name__ in PEOPLE):
                assert each.repr is not True, f"{kind.__name__}.{each.name}"


@pytest.mark.parametrize("kind", SUBJECTS, ids=lambda kind: kind.__name__)
def test_no_subject_shows_an_address(kind: Any) -> None:
    needed = {"envelope_id": "e", "template_id": "t", "recipients": ()}
    known = {each.name for each in fields(kind)}
    texts = {"email_subject": f"For {PERSON}, at last", "voided_reason": f"{PERSON} left"}
    made = kind(**{name: each for name, each in {**needed, **texts}.items() if name in known})

    assert clean(repr(made))
    assert "For <address> at last" in repr(made)


def test_no_refused_item_shows_an_address() -> None:
    shown = repr(models.ErrorDetails(error_code="X", message=f"no {PERSON}"))

    assert clean(shown)
    assert "X" in shown
    assert repr(models.ErrorDetails()) == "ErrorDetails(error_code=None, message=None)"


def test_a_recipient_is_shown_by_its_ids_alone() -> None:
    shown = repr(Recipient(recipient_id="1", name=MARK, email=PERSON, note=MARK))

    assert clean(shown)
    assert "recipient_id='1'" in shown
