"""Canaries: no key, address or name in what is shown, raised or logged."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import pytest
from attrs import evolve, fields, has

from connectors.activecampaign import models
from connectors.activecampaign.models import ImportContact
from connectors.core.call import Call
from connectors.core.policy import Retries
from connectors.errors import ConnectorsError
from tests.activecampaign.operations import ADA, CALLBACK, EVERY
from tests.activecampaign.script import Script, refusal
from tests.facades import WORLDS, World, run

MARK = "c4n4ry"
PERSON = f"{MARK}@x.org"


def clean(text: str) -> bool:
    return MARK not in unquote(text)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


Case = Callable[[Any], Awaitable[Any]]

CASES: list[Case] = [
    lambda c: c.users.me(),
    lambda c: c.contacts.sync(PERSON, first_name=MARK, field_values={"7": MARK}),
    lambda c: c.contacts.create(PERSON),
    lambda c: c.contacts.find(PERSON),
    lambda c: c.contacts.list(email_like=PERSON).first(),
    lambda c: c.contacts.import_batch([ImportContact(email=PERSON, first_name=MARK)]),
    lambda c: c.notes.create("1", MARK),
    lambda c: c.events.track("e", email=PERSON, account_id="1", event_key=MARK, data=MARK),
    lambda c: c.webhooks.create("n", f"https://x.org/{MARK}", ["update"]),
]
ANSWERS: list[Any] = [
    refusal(400, {"message": f"{PERSON} is bad"}),
    refusal(422, {"errors": [{"title": "taken", "detail": PERSON, "code": "duplicate"}]}),
    refusal(400, {"success": 0, "failureReasons": [{"contact": 0, "failureReason": PERSON}]}),
    refusal(403, {"message": "Forbidden"}),
    refusal(429, {}),
    refusal(500, {"errors": PERSON}),
    (422, {"content-type": "text/plain"}, f"no {PERSON}".encode()),
    (301, {"Location": f"https://x.org/?k={PERSON}"}, b"<html>"),
    (200, {}, b"<html>"),
    (200, {}, b'{"a": 1'),
    ConnectionResetError("gone"),
    ConnectionRefusedError("no"),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: str(a)[:40])
def test_no_error_and_no_log_shows_a_secret_or_a_person(
    world: World, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    for case in CASES:
        script = Script([answer, answer])
        make = script.make(
            credential=f"{MARK}-key",
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


def test_no_client_shows_its_key(world: World) -> None:
    made = Script([]).make(credential=f"{MARK}-key")(world)

    shown = [repr(made), str(made), repr(made._session.port), repr(vars(made))]
    assert all(clean(each) for each in shown)


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.operation)
def test_no_call_shows_what_it_writes(call: Call[Any]) -> None:
    shown = repr(call) + str(call)

    assert "Ada" not in shown
    assert "ada+x" not in shown
    assert "t0k3n" not in shown


PERSONAL = {
    *("email", "first_name", "last_name", "phone", "failed"),
    *("text", "url", "params", "headers", "raw"),
}
VALUES = {"FieldValue": "value", "Record": "fields", "ImportContact": "fields"}


def test_no_model_shows_what_is_personal() -> None:
    named = [getattr(models, name) for name in dir(models)]
    kinds = [kind for kind in named if isinstance(kind, type) and has(kind)]

    assert len(kinds) > 20
    for kind in kinds:
        for each in fields(kind):
            if each.name in PERSONAL or VALUES.get(kind.__name__) == each.name:
                assert each.repr is not True, f"{kind.__name__}.{each.name}"


def test_nobody_in_an_import_is_shown() -> None:
    shown = repr(evolve(ADA, email=PERSON, first_name=MARK, fields={"7": MARK})) + repr(CALLBACK)

    assert clean(shown)
    assert "t0k3n" not in shown
