"""What is made of refusals: which error, what to do, how long to wait, and for whom."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from connectors.core.call import Response
from connectors.core.policy import Standing, hold_back
from connectors.docusign import wire
from connectors.docusign.errors import AskedTooOften
from connectors.errors import (
    BadRequest,
    ConfigError,
    Conflict,
    Forbidden,
    NotFound,
    ServerError,
    StatusError,
    Throttled,
    Unauthenticated,
)

DATE = "Mon, 02 Mar 2026 08:15:00 GMT"
EPOCH = int(datetime(2026, 3, 2, 8, 40, tzinfo=UTC).timestamp())


def error(status: int, body: object = None, **headers: str) -> StatusError:
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    found = wire.classify(None, Response(status=status, headers=names, body=raw))
    assert found is not None
    return found


def coded(status: int, code: str, **headers: str) -> StatusError:
    return error(status, {"errorCode": code, "message": "no"}, **headers)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_no_error(status: int) -> None:
    assert wire.classify(None, Response(status=status)) is None


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "AUTHORIZATION_INVALID_TOKEN", Unauthenticated),
        (400, "USER_AUTHENTICATION_FAILED", Unauthenticated),
        (401, "PARTNER_AUTHENTICATION_FAILED", Unauthenticated),
        (400, "ACCOUNT_LACKS_PERMISSIONS", Forbidden),
        (400, "USER_LACKS_PERMISSIONS", Forbidden),
        (400, "USER_NOT_ACCOUNT_ADMIN", Forbidden),
        (400, "PLAN_ITEM_NOT_ENABLED", Forbidden),
        (400, "ENVELOPE_ALLOWANCE_EXCEEDED", Forbidden),
        (400, "ENVELOPE_DOES_NOT_EXIST", NotFound),
        (404, "ENVELOPE_DOES_NOT_EXIST", NotFound),
        (400, "UNKNOWN_ENVELOPE_RECIPIENT", NotFound),
        (404, "EDIT_LOCK_ENVELOPE_NOT_LOCKED", NotFound),
        (400, "ENVELOPE_INVALID_STATUS", BadRequest),
        (400, "ENVELOPE_CANNOT_VOID_INVALID_STATE", BadRequest),
        (400, "EDIT_LOCK_ENVELOPE_ALREADY_LOCKED", Conflict),
        (409, "SOMETHING_NEW", Conflict),
        (403, "SOMETHING_NEW", Forbidden),
        (404, "SOMETHING_NEW", NotFound),
        (400, "SOMETHING_NEW", BadRequest),
        (405, "SOMETHING_NEW", BadRequest),
        (503, "SOMETHING_NEW", ServerError),
        (408, "SOMETHING_NEW", ServerError),
    ],
)
def test_a_code_tells_more_than_the_status(status: int, code: str, kind: type[StatusError]) -> None:
    found = coded(status, code)

    assert type(found) is kind
    assert (found.status, found.code) == (status, code)
    assert found.message == "no"


def test_the_trace_is_kept_for_docusigns_support() -> None:
    assert coded(400, "X", x_docusign_tracetoken="7bd5").request_id == "7bd5"
    assert "[7bd5]" in str(coded(400, "X", x_docusign_tracetoken="7bd5"))


@pytest.mark.parametrize(
    "body", [b"<html>Bad Gateway</html>", b"", b"[]", b"null", b"\xff", b"[" * 100_000]
)
def test_a_gateway_may_answer_anything(body: bytes) -> None:
    found = error(502, body)

    assert type(found) is ServerError
    assert found.message in ("an empty answer", "an answer that is not DocuSign's")


def test_what_timed_out_at_docusign_may_be_asked_again() -> None:
    found = error(408)

    assert type(found) is ServerError
    assert found.transient


def test_only_docusign_says_that_something_is_gone() -> None:
    assert type(error(404, b"<html>nginx</html>")) is BadRequest
    assert type(error(404)) is NotFound


def test_a_redirect_is_not_followed() -> None:
    found = error(302, None, location="https://www.docusign.net/login?u=a@x.org")

    assert type(found) is BadRequest
    assert "a@x.org" not in str(found)


def test_no_error_shows_a_person() -> None:
    body = {"errorCode": "X", "message": f"{'long ' * 200} ada@example.com"}

    assert "ada@" not in str(error(400, body))
    assert "ada@" not in str(error(400, {"errorCode": "X", "message": "for ada@example.com"}))
    assert "<address>" in str(error(400, {"errorCode": "X", "message": "for ada@example.com"}))


def test_the_account_server_has_words_of_its_own() -> None:
    found = error(400, {"error": "invalid_request", "error_description": "missing code"})

    assert (found.code, found.message) == ("invalid_request", "missing code")


# --- limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 403, 429, 500])
@pytest.mark.parametrize(
    ("code", "kind", "pause"),
    [
        ("BURST_APIINVOCATION_LIMIT_EXCEEDED", Throttled, 30),
        ("Burst_Envelope_Polling_Limit_Exceeded", AskedTooOften, 900),
        ("hourly_envelope_polling_limit_exceeded", AskedTooOften, 3600),
        ("Burst_APIInvocation_Envelope_Limit_Exceeded", AskedTooOften, 900),
        ("Hourly_APIInvocation_Envelope_Limit_Exceeded", AskedTooOften, 3600),
        ("API_REQUEST_IS_THROTTLED", AskedTooOften, 60),
    ],
)
def test_a_limit_is_told_by_its_code_whatever_the_status(
    status: int, code: str, kind: type[Throttled], pause: float
) -> None:
    found = coded(status, code)

    assert type(found) is kind
    assert found.retry_after == pause
    assert found.transient
    # A shorter wish is none: the code says what is allowed.
    assert coded(status, code, retry_after="5").retry_after == pause


def test_the_hours_limit_ends_when_its_headers_say_so() -> None:
    code = "HOURLY_APIINVOCATION_LIMIT_EXCEEDED"

    assert coded(429, code, date=DATE, x_ratelimit_reset=str(EPOCH)).retry_after == 25 * 60
    assert coded(429, code, date=DATE).retry_after == 45 * 60
    assert coded(400, code).retry_after == 3600
    assert coded(429, code, retry_after="7").retry_after == 7
    assert type(coded(400, code)) is Throttled


def test_other_limits_wait_as_asked_or_for_a_window() -> None:
    assert error(429, b"<html>").retry_after == 30
    assert error(429, b"", retry_after="12").retry_after == 12
    assert coded(400, "BURST_APIINVOCATION_LIMIT_EXCEEDED", retry_after="45").retry_after == 45
    assert error(444, b"").retry_after == 600
    assert type(error(444, b"")) is Throttled


class Held:
    """An account's budget that remembers for how long it was held."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def reserve(self, operation: str, patience: float) -> float:
        return 0.0

    def ask(self, about: str, whole: str, pause: float) -> float:
        return 0.0

    def asked(self, about: str) -> None:
        raise AssertionError("nothing was asked")

    def unask(self, about: str) -> None:
        raise AssertionError("nothing was asked")

    def bar(self, whole: str, seconds: float) -> None:
        raise AssertionError("nothing was asked")

    def hold(self, seconds: float) -> None:
        self.seconds.append(seconds)

    def learn(self, standing: Standing) -> None:
        raise AssertionError("nothing was said")


def test_one_envelope_asked_for_too_often_holds_nobody_else() -> None:
    held = Held()
    for code in ("Burst_Envelope_Polling_Limit_Exceeded", "BURST_APIINVOCATION_LIMIT_EXCEEDED"):
        found = coded(400, code)
        assert isinstance(found, Throttled)
        hold_back(held, found)

    assert held.seconds == [30]


@pytest.mark.parametrize(("environment", "burst"), [("demo", 200), ("production", 500)])
def test_each_environment_has_its_burst(environment: str, burst: int) -> None:
    assert {(w.calls, w.seconds) for w in wire.windows(environment)} == {(3000, 3600), (burst, 30)}


def standing(**headers: str) -> Standing | None:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return wire.standing(Response(status=200, headers=names))


def test_the_window_with_fewer_calls_left_is_the_one_to_watch() -> None:
    hour = {
        "date": DATE,
        "x_ratelimit_limit": "3000",
        "x_ratelimit_remaining": "2000",
        "x_ratelimit_reset": str(EPOCH),
    }
    burst = {"x_burstlimit_limit": "500", "x_burstlimit_remaining": "480"}

    assert standing(**hour) == Standing(limit=3000, remaining=2000, reset=1500)
    assert standing(**burst) == Standing(limit=500, remaining=480, reset=30)
    assert standing(**hour, **burst) == Standing(limit=500, remaining=480, reset=30)
    nearly = {**hour, "x_ratelimit_remaining": "3"}
    assert standing(**nearly, **burst) == Standing(limit=3000, remaining=3, reset=1500)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x_ratelimit_limit": "3000", "x_ratelimit_remaining": "3"},
        {"x_ratelimit_limit": "3000", "x_ratelimit_remaining": "3", "x_ratelimit_reset": "9"},
        {"x_burstlimit_limit": "many", "x_burstlimit_remaining": "480"},
        {
            "date": DATE,
            "x_ratelimit_limit": "3000",
            "x_ratelimit_remaining": "3",
            "x_ratelimit_reset": "99999999999",
        },
    ],
)
def test_headers_that_say_nothing_usable_are_left_alone(headers: dict[str, str]) -> None:
    assert standing(**headers) is None


# --- queries ---------------------------------------------------------------------------------


def test_a_query_is_escaped_and_says_nothing_that_was_not_set() -> None:
    zone = timezone(timedelta(hours=2))
    pairs: list[tuple[str, Any]] = [
        ("from_date", datetime(2026, 1, 1, tzinfo=zone)),
        ("include", ("a", "b")),
        ("include_tabs", True),
        ("count", 5),
        ("left_out", None),
        ("name", "a b&c=d+e"),
    ]

    assert wire.query(pairs) == (
        "from_date=2025-12-31T22:00:00.0000000Z&include=a,b&include_tabs=true&count=5"
        "&name=a%20b%26c%3Dd%2Be"
    )
    with pytest.raises(ConfigError, match="needs a time zone"):
        wire.query([("from_date", datetime(2026, 1, 1))])
