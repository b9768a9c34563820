"""A host without ASGI hands its request's body and headers over as they are."""

from __future__ import annotations

import pytest
from django.http.request import HttpHeaders  # type: ignore[import-untyped]
from flask import Flask, request

from connectors.sandbox.docusign.doors import Forgery
from tests.bridge_web.endpoint import Desk

EXPECTED = [("altered", 401), ("wrong_key", 401), ("unsigned", 401)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def flask(desk: Desk) -> Flask:
    app = Flask("host")
    app.config["MAX_CONTENT_LENGTH"] = 100_000

    @app.post("/docusign")
    def docusign() -> tuple[str, int]:
        headers = request.headers  # type checkers want dict(request.headers)
        receipt = desk.bridge.events.receive(request.get_data(), headers)  # type: ignore[arg-type]
        return "", receipt.status

    return app


def test_flask_keeps_what_docusign_sends(desk: Desk, flask: Flask) -> None:
    browser = flask.test_client()

    def post(headers: dict[str, str], body: bytes) -> int:
        return browser.post("/docusign", headers=headers, data=body).status_code

    assert {each.status for each in desk.box.docusign.deliver(post)} == {200}
    assert desk.waiting() > 0


@pytest.mark.parametrize(("how", "status"), EXPECTED)
def test_flask_refuses_what_docusign_did_not_send(
    desk: Desk, flask: Flask, how: Forgery, status: int
) -> None:
    forged = desk.box.docusign.forge(desk.delivery, how)

    answer = flask.test_client().post("/docusign", headers=forged.headers, data=forged.body)

    assert answer.status_code == status
    assert desk.waiting() == 0


def test_flask_has_a_limit_of_its_own(desk: Desk, flask: Flask) -> None:
    body = bytes(100_001)

    answer = flask.test_client().post("/docusign", headers=desk.signed(body), data=body)

    assert answer.status_code == 413
    assert desk.everything() == b""


@pytest.mark.parametrize(("how", "status"), [*EXPECTED, (None, 200)])
def test_django_hands_over_its_headers_too(desk: Desk, how: Forgery | None, status: int) -> None:
    delivery = desk.delivery
    if how is not None:
        delivery = desk.box.docusign.forge(delivery, how)

    environ = {f"HTTP_{n.upper().replace('-', '_')}": v for n, v in delivery.headers.items()}

    receipt = desk.bridge.events.receive(delivery.body, HttpHeaders(environ))
    assert receipt.status == status
