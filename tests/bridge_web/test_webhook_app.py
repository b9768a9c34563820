"""The endpoint keeps what DocuSign sent, refuses all else, reads no more than it takes, and calls
nobody."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from connectors import ConfigError
from connectors.integrations.docusign_activecampaign.web import WebhookApp
from connectors.sandbox.docusign.doors import Forgery
from tests.bridge_web.endpoint import Desk, ask, asked, together

World = Literal["blocking", "async"]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(params=["blocking", "async"])
def app(request: pytest.FixtureRequest, desk: Desk) -> WebhookApp:
    return app_of(desk, request.param)


def app_of(desk: Desk, world: World) -> WebhookApp:
    bridge = desk.bridge if world == "blocking" else desk.made_async()
    return bridge.webhook_app()


# --- what is good ------------------------------------------------------------------------------


def test_what_docusign_sends_is_kept_and_becomes_a_contact(desk: Desk, app: WebhookApp) -> None:
    def post(headers: dict[str, str], body: bytes) -> int:
        return asked(app, headers, body).status or 0

    delivered = desk.box.docusign.deliver(post)

    assert {each.status for each in delivered} == {200}
    assert desk.box.docusign.deliver(post) == []
    desk.bridge.events.run()
    assert desk.box.activecampaign.contact_by_email("ada@example.com")


def test_the_request_calls_no_service(desk: Desk, app: WebhookApp) -> None:
    asked(app, desk.delivery.headers, desk.delivery.body)

    assert desk.waiting() == 1
    assert len(desk.box.calls) == 0


def test_the_answer_says_nothing(desk: Desk, app: WebhookApp) -> None:
    good = asked(app, desk.delivery.headers, desk.delivery.body)
    bad = asked(app, {}, desk.delivery.body)

    for answer in (good, bad):
        assert answer.body == b""
        assert answer.headers == {"content-length": "0"}


def test_a_body_may_come_in_pieces_of_any_size(desk: Desk, app: WebhookApp) -> None:
    body = desk.delivery.body
    pieces = [body[:1], b"", body[1:7], *(body[at : at + 500] for at in range(7, len(body), 500))]

    assert asked(app, desk.delivery.headers, *pieces).status == 200
    assert desk.waiting() == 1


def test_what_comes_twice_is_kept_once(desk: Desk, app: WebhookApp) -> None:
    delivery = desk.delivery

    answers = [asked(app, delivery.headers, delivery.body).status for _ in range(3)]

    assert answers == [200, 200, 200]
    assert desk.waiting() == 1


@pytest.mark.parametrize("world", ["blocking", "async"])
@pytest.mark.parametrize("where", ["memory", "file"])
def test_two_hundred_at_once_are_all_kept(world: World, where: str, tmp_path: Path) -> None:
    desk = Desk("sqlite://" if where == "memory" else f"sqlite:///{tmp_path}/inbox.db")
    app = app_of(desk, world)

    answers = together([ask(app, headers, [body]) for headers, body in desk.others(200)])

    assert {answer.status for answer in answers} == {200}
    assert desk.waiting() == 200


def test_a_message_of_another_account_is_accepted_and_dropped(desk: Desk, app: WebhookApp) -> None:
    account = desk.box.docusign.account_id.encode()
    body = desk.delivery.body.replace(account, b"ffffffff" + account[8:])

    assert asked(app, desk.signed(body), body).status == 200
    assert desk.waiting() == 0
    assert desk.bridge.events.counts() == {"ignored: account that is not connected": 1}


# --- what is not -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "status", "counted"),
    [
        ("altered", 401, "refused: forged or altered"),
        ("wrong_key", 401, "refused: forged or altered"),
        ("unsigned", 401, "refused: unsigned"),
        ("old", 400, "refused: too old"),
    ],
)
def test_what_cannot_be_trusted_is_refused_and_leaves_a_count(
    desk: Desk, app: WebhookApp, how: Forgery, status: int, counted: str
) -> None:
    forged = desk.box.docusign.forge(desk.delivery, how)

    assert asked(app, forged.headers, forged.body).status == status
    assert desk.bridge.events.counts() == {counted: 1}
    assert desk.waiting() == 0
    assert b"ada@" not in desk.everything()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"<a/>", b"\xff\xfe", b"null"])
def test_a_signed_body_that_is_no_message_is_refused(
    desk: Desk, app: WebhookApp, body: bytes
) -> None:
    assert asked(app, desk.signed(body), body).status == 400
    assert desk.bridge.events.counts() == {"refused: malformed": 1}


def test_a_refusal_is_logged_without_the_message(
    desk: Desk, app: WebhookApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="connectors.docusign")

    asked(app, {}, desk.delivery.body)

    assert caplog.messages == ["a DocuSign message was refused, 401: the delivery is unsigned"]


def stream(size: int, piece: int = 64 * 1024) -> Iterator[bytes]:
    for _ in range(size // piece):
        yield bytes(piece)


@pytest.mark.parametrize("world", ["blocking", "async"])
def test_of_25_megabytes_no_more_than_the_limit_is_taken(world: World) -> None:
    desk = Desk(max_body=1_000_000)

    answer = asked(app_of(desk, world), desk.signed(b""), *stream(25 * 2**20))

    assert answer.status == 413
    assert 1_000_000 < answer.taken <= 1_000_000 + 64 * 1024
    assert desk.bridge.events.counts() == {"refused: too large": 1}


def test_by_default_8_megabytes_are_taken_and_one_byte_more_is_not(desk: Desk) -> None:
    app = desk.bridge.webhook_app()
    body = desk.delivery.body.ljust(8 * 2**20)

    assert asked(app, desk.signed(body + b" "), body + b" ").status == 413
    assert asked(app, desk.signed(body), body).status == 200


@pytest.mark.parametrize("announced", ["26214400", "9" * 30, "9" * 6000, "0" * 30 + "1"])
def test_what_announces_to_be_too_large_is_not_read_at_all(
    desk: Desk, app: WebhookApp, announced: str
) -> None:
    headers = {**desk.delivery.headers, "Content-Length": announced}

    answer = asked(app, headers, desk.delivery.body)

    assert (answer.status, answer.taken) == (413, 0)
    assert desk.bridge.events.counts() == {"refused: too large": 1}


@pytest.mark.parametrize("announced", ["5", "-1", "many", "١٢", ""])
def test_a_length_that_lies_decides_nothing(desk: Desk, announced: str) -> None:
    headers = {**desk.delivery.headers, "Content-Length": announced.encode().decode("latin-1")}

    assert asked(desk.bridge.webhook_app(), headers, desk.delivery.body).status == 200


def test_who_hangs_up_early_leaves_nothing(desk: Desk, app: WebhookApp) -> None:
    body = desk.delivery.body

    for sent in ([], [body[:100]], [body]):
        answer = asked(app, desk.delivery.headers, *sent, hang_up=True)
        assert answer.status is None

    assert desk.everything() == b""


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post"])
def test_only_post_is_answered(desk: Desk, app: WebhookApp, method: str) -> None:
    answer = asked(app, desk.delivery.headers, desk.delivery.body, method=method)

    assert (answer.status, answer.taken, answer.body) == (405, 0, b"")
    assert answer.headers["allow"] == "POST"
    assert desk.everything() == b""


# --- when the store fails ----------------------------------------------------------------------


def test_a_store_that_fails_makes_docusign_repeat(
    desk: Desk, app: WebhookApp, caplog: pytest.LogCaptureFixture
) -> None:
    def post(headers: dict[str, str], body: bytes) -> int:
        return asked(app, headers, body).status or 0

    desk.store.broken = True
    first = desk.box.docusign.deliver(post)
    desk.store.broken = False
    desk.box.clock.sleep(3600)
    second = desk.box.docusign.deliver(post)

    assert {each.status for each in first} == {500}
    assert {each.status for each in second} == {200}
    assert desk.waiting() == len(second) == len(first)
    assert "could not be kept: the store is full" in caplog.messages[0]


# --- keys --------------------------------------------------------------------------------------


def test_while_keys_are_exchanged_both_are_good(desk: Desk) -> None:
    new = desk.box.docusign.add_secret()
    app = desk.made([desk.key, new]).webhook_app()
    only_new = desk.made(new).webhook_app()
    body = desk.delivery.body
    old_alone = desk.box.docusign.headers_for(body, keys=[desk.key])

    assert asked(app, desk.signed(body), body).status == 200
    assert asked(app, old_alone, body).status == 200
    assert asked(only_new, desk.signed(body), body).status == 200
    assert asked(only_new, old_alone, body).status == 401


def test_the_key_of_an_account_may_be_one_text(desk: Desk) -> None:
    app = desk.made({desk.box.docusign.account_id: desk.key}).webhook_app()
    body = desk.delivery.body

    account = desk.box.docusign.account_id.encode()
    shouted = body.replace(account, account.upper())

    assert asked(app, desk.signed(body), body).status == 200
    assert asked(app, desk.signed(shouted), shouted).status == 200
    # Its characters are no keys.
    for character in set(desk.key):
        forged = desk.box.docusign.headers_for(body, keys=[character])
        assert asked(app, forged, body).status == 401


def test_the_key_of_one_account_proves_nothing_of_another(desk: Desk) -> None:
    keys = {desk.box.docusign.account_id: "another", "other-account": [desk.key]}
    app = desk.made(keys).webhook_app()

    assert asked(app, desk.delivery.headers, desk.delivery.body).status == 401
    assert desk.waiting() == 0


@pytest.mark.parametrize("keys", ["", [], {}])
def test_without_keys_there_is_no_endpoint(desk: Desk, keys: str) -> None:
    with pytest.raises(ConfigError, match="signing_keys"):
        desk.made(keys).webhook_app()


# --- where it stands ---------------------------------------------------------------------------


def test_it_stands_under_any_path(desk: Desk, app: WebhookApp) -> None:
    inner = FastAPI()
    inner.add_route("/in", app)  # type: ignore[arg-type]
    inner.mount("/mounted", app)
    host = Starlette(routes=[Route("/hooks/docusign", app), Mount("/api/v1", inner)])

    with TestClient(host) as browser:
        for path in ("/hooks/docusign", "/api/v1/in", "/api/v1/mounted/", "/api/v1/mounted/x/y"):
            answer = browser.post(path, content=desk.delivery.body, headers=desk.delivery.headers)
            assert answer.status_code == 200, path
            assert browser.get(path).status_code == 405, path
    assert desk.waiting() == 1


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_it_leaves_everything_but_requests_alone(app: WebhookApp, kind: str) -> None:
    async def nobody(*_: object) -> Any:
        raise AssertionError(f"it has no part in a {kind}")

    asyncio.run(app({"type": kind}, nobody, nobody))


def test_without_starlette_it_says_what_to_install(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = "connectors.integrations.docusign_activecampaign"
    monkeypatch.delitem(sys.modules, f"{room}.web")
    for name in ("starlette", "starlette.concurrency", "starlette.requests", "starlette.responses"):
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(ConfigError, match=r"pip install 'connectors\[web\]'"):
        desk.bridge.webhook_app()
