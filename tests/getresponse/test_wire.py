"""GetResponse's queries, counters and refusals, by the vendor's table of codes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.core.call import Page, Response, WriteClass
from connectors.core.flow import may_repeat
from connectors.core.policy import Standing
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
from connectors.getresponse import calls, wire
from connectors.getresponse.models import ReportFile

UUID = "4b0c9d9e-6b6f-4b3e-9d52-1d0c2ad3ab24"


def envelope(status: int, code: int, message: str = "text", context: object = None) -> Response:
    body = {
        "httpStatus": status,
        "code": code,
        "codeDescription": "description",
        "message": message,
        "moreInfo": f"https://apidocs.getresponse.com/en/v3/errors/{code}",
        "context": [] if context is None else context,
        "uuid": UUID,
    }
    return Response(status=status, body=json.dumps(body).encode())


def classified(response: Response) -> StatusError:
    error = wire.classify(None, response)
    assert error is not None
    return error


def repeated(error: StatusError) -> str:
    """Which calls the pipeline repeats after an error."""
    every = all(may_repeat(each, error) for each in WriteClass)
    return "all" if every else "reads" if may_repeat(WriteClass.IDEMPOTENT, error) else "none"


# --- the table of codes ----------------------------------------------------------------------

CODES = [
    (1, 500, ServerError, "reads", ""),
    (1000, 400, BadRequest, "none", ""),
    (1001, 400, BadRequest, "none", "is missing"),
    (1002, 400, BadRequest, "none", "blocklisted, deleted or bounced"),
    (1003, 400, BadRequest, "none", "wrong form"),
    (1004, 400, BadRequest, "none", "in parts"),
    (1005, 400, BadRequest, "none", "missing"),
    (1006, 400, BadRequest, "none", "wrong type"),
    (1007, 400, BadRequest, "none", "too long"),
    (1008, 409, Conflict, "none", "look it up"),
    (1009, 400, BadRequest, "none", "in use"),
    (1010, 400, BadRequest, "none", "outside"),
    (1011, 400, Conflict, "none", "never send again"),
    (1012, 400, BadRequest, "none", "merge words"),
    (1013, 404, NotFound, "none", ""),
    (1014, 401, Unauthenticated, "none", "90 days"),
    (1014, 403, Unauthenticated, "none", "90 days"),
    (1015, 429, Throttled, "all", ""),
    (1016, 403, Forbidden, "none", "do not hurry"),
    (1017, 403, Forbidden, "none", "ask GetResponse"),
    (1018, 403, Forbidden, "none", "this machine's address"),
    (1019, 503, ServerError, "reads", "maintenance"),
    (1021, 400, BadRequest, "none", "X-Domain"),
    (1023, 403, Forbidden, "none", "may not use"),
    (1024, 404, BadRequest, "none", "account domain is unknown"),
    (1027, 400, BadRequest, "none", "contact limit"),
    (1028, 400, Forbidden, "none", "may not use this"),
    (1029, 400, Forbidden, "none", "properties"),
]


@pytest.mark.parametrize(("code", "status", "kind", "repeats", "hint"), CODES)
def test_each_documented_code_has_its_error_and_says_whether_to_repeat(
    code: int, status: int, kind: type[StatusError], repeats: str, hint: str
) -> None:
    error = classified(envelope(status, code, "Something is wrong"))

    assert type(error) is kind
    assert (error.status, error.code, error.request_id) == (status, str(code), UUID)
    assert repeated(error) == repeats
    assert hint in error.hint
    assert bool(hint) == bool(error.hint)
    assert str(error).startswith(f" → {status} code {code} [{UUID}]: Something is wrong")
    assert error.hint in str(error)


@pytest.mark.parametrize(
    ("status", "kind", "repeats"),
    [
        (400, BadRequest, "none"),
        (401, Unauthenticated, "none"),
        (403, Forbidden, "none"),
        (405, BadRequest, "none"),
        (409, Conflict, "none"),
        (429, Throttled, "all"),
        (500, ServerError, "reads"),
        (502, ServerError, "reads"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Bad Gateway</html>", b"[]", b"null", b'{"code": 9999, "message": "new"}'],
)
def test_without_a_known_code_the_status_decides(
    status: int, kind: type[StatusError], repeats: str, body: bytes
) -> None:
    error = classified(Response(status=status, body=body))

    assert type(error) is kind
    assert repeated(error) == repeats
    assert error.hint == ""
    assert error.message


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_no_error(status: int) -> None:
    assert wire.classify(None, Response(status=status, body=b'{"code": 1008}')) is None


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_link_that_is_over_is_not_blamed_on_the_host(status: int) -> None:
    file = ReportFile(custom_report_file_id="f", download_url="https://files.example/f")
    call = calls.download_report_file(file)

    for answer in (status, 400, 401, 403, 404, 410):
        error = wire.classify(call, Response(status=answer, body=b"<Error>expired</Error>"))
        assert error is not None
        assert "ask for the report anew" in error.hint
    error = wire.classify(call, Response(status=502))
    assert error is not None
    assert error.hint == ""


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_an_error_that_names_the_likely_cause(status: int) -> None:
    page = Response(
        status=status, headers={"location": "https://www.getresponse.com/"}, body=b"<html>"
    )

    error = classified(page)

    assert type(error) is BadRequest
    assert repeated(error) == "none"
    assert "redirect, which is not followed" in str(error)
    assert "check host and account domain" in str(error)


def test_a_body_that_is_not_the_vendors_is_told_apart_from_none() -> None:
    page = classified(Response(status=502, body=b"<html>secret of a proxy</html>"))
    nothing = classified(Response(status=502))

    assert page.message == "an answer that is not GetResponse's"
    assert nothing.message == "an empty answer"


@pytest.mark.parametrize(
    ("context", "text"),
    [
        ({"fieldName": "campaignId", "errorDescription": "Wrong"}, "text: campaignId: Wrong"),
        ({"fieldName": "email"}, "text: email"),
        ({"errorDescription": ["a", "b"]}, "text: a, b"),
        ({"authenticationType": "auth_token"}, "text"),
        ({"contactId": "pVyRW"}, "text: contactId pVyRW"),
        ({"campaignId": ["pVyRW"], "fieldName": ["x"]}, "text: x"),
        ({"value": "c4n4ry"}, "text"),
        (["Empty value. ID: y8jnp"], "text: Empty value. ID: y8jnp"),
        (["one", "two"], "text: one; two"),
        ([{"nested": 1}, 5], "text"),
        (
            [
                {"fieldName": "email", "errorDescription": "Wrong", "value": "c4n4ry"},
                {"contactId": "pVyRW"},
                "and more",
                [{"errorDescription": ["a", "b"]}, ["deep"]],
            ],
            "text: email: Wrong; contactId pVyRW; and more; a, b; deep",
        ),
        ({"errors": [{"fieldName": "a"}, "c4n4ry"], "b": {"errorDescription": "c"}}, "text: a; c"),
        (
            [{"fieldName": f"f{n}"} for n in range(99)],
            f"text: {'; '.join(f'f{n}' for n in range(10))}",
        ),
        ([[[[[[["too deep"]]]]]]], "text"),
        ({"value": ["c4n4ry"]}, "text"),
        ("just text", "text: just text"),
        ([], "text"),
        ({}, "text"),
        (5, "text"),
        (True, "text"),
    ],
)
def test_a_context_of_any_shape_keeps_code_and_id(context: object, text: str) -> None:
    error = classified(envelope(400, 1000, "text", context))

    assert error.message == text
    assert (error.code, error.request_id) == ("1000", UUID)


def test_without_a_message_the_description_of_the_code_stands() -> None:
    assert classified(envelope(400, 1000, "")).message == "description"


@pytest.mark.parametrize("context", [[], {"fieldName": "x", "errorDescription": "<ada@x.org>"}])
def test_no_address_is_passed_on(context: object) -> None:
    error = classified(envelope(409, 1008, "The contact ada@x.org exists", context))

    assert "ada" not in str(error)
    assert "The contact <address> exists" in str(error)


def test_a_refusal_of_any_length_has_a_short_message() -> None:
    long = "The name ada@x.org is taken " * 400_000
    flood = ["Empty value for ada@x.org. ID: y8jnp"] * 100_000

    for error in (
        classified(envelope(400, 1000, long)),
        classified(envelope(400, 1000, "text", flood)),
        classified(envelope(400, 1000, "x" * 10_000_000)),
        classified(envelope(400, 1000, "text", {"fieldName": "x" * 10_000_000})),
    ):
        assert len(str(error)) < 1200
        assert "ada" not in str(error)
        assert (error.code, error.request_id) == ("1000", UUID)


def test_half_an_address_at_the_cut_is_left_out() -> None:
    for length in range(560, 640):
        error = classified(envelope(400, 1000, "x" * length + " ada@example.org and more " * 9))
        assert "ada" not in error.message


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"code": ' + b"9" * 100_000 + b"}",
        b'{"code": {"a": 1}, "uuid": ["b"], "message": ["c"], "context": {"d": {}}}',
        b'{"httpStatus":400,"code":1000,"mess',
        b"\xff\xfe",
    ],
)
def test_a_body_that_makes_no_sense_is_an_error_by_its_status(body: bytes) -> None:
    error = classified(Response(status=400, body=body))

    assert type(error) is BadRequest
    assert len(str(error)) < 1200


def test_code_and_id_of_whatever_kind_are_short_and_hold_no_address() -> None:
    body = {"code": "x" * 10_000_000, "uuid": f"ada@x.org {'y' * 999}", "message": "text"}

    error = classified(Response(status=400, body=json.dumps(body).encode()))

    assert len(error.code) == 64
    assert error.request_id.startswith("<address> yyy")
    assert len(str(error)) < 1200


def test_a_header_names_the_request_where_the_body_does_not() -> None:
    answer = Response(status=502, headers={"x-unique-id": "u-1"}, body=b"<html>")

    assert classified(answer).request_id == "u-1"


# --- waits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "context", "seconds"),
    [
        ({}, [], 1.0),
        ({"retry-after": "3"}, [], 3.0),
        ({"x-ratelimit-reset": "432 seconds"}, [], 432.0),
        ({"x-ratelimit-reset": "1 seconds"}, [], 1.0),
        ({"x-ratelimit-reset": "7"}, [], 7.0),
        ({}, {"currentLimit": 30000, "timeToReset": "100 seconds"}, 100.0),
        ({}, {"timeToReset": 12}, 12.0),
        ({"retry-after": "1", "x-ratelimit-reset": "437 seconds"}, [], 437.0),
        ({"retry-after": "9", "x-ratelimit-reset": "1 seconds"}, {"timeToReset": "5"}, 9.0),
        ({"retry-after": "soon", "x-ratelimit-reset": ""}, {"timeToReset": None}, 1.0),
        ({"retry-after": "0"}, [], 0.0),
    ],
)
def test_a_full_quota_asks_for_the_longest_wait_that_is_named(
    headers: dict[str, str], context: object, seconds: float
) -> None:
    full = envelope(429, 1015, "Quota reached", context)
    answer = Response(status=429, headers=headers, body=full.body)

    assert classified(answer).retry_after == seconds


def test_maintenance_may_say_how_long_it_takes() -> None:
    down = envelope(503, 1019)
    headers = {"x-ratelimit-reset": "437 seconds"}

    assert classified(Response(status=503, headers=headers, body=down.body)).retry_after is None
    headers["retry-after"] = "30"
    assert classified(Response(status=503, headers=headers, body=down.body)).retry_after == 30


def test_a_refusal_that_is_final_asks_for_no_wait() -> None:
    answer = Response(
        status=409, headers={"retry-after": "5", "x-ratelimit-reset": "9 seconds"}, body=b""
    )

    assert classified(answer).retry_after is None


@pytest.mark.parametrize(
    ("limit", "remaining", "reset", "said"),
    [
        ("30000", "29999", "432 seconds", Standing(limit=30_000, remaining=29_999, reset=432.0)),
        ("80", "0", "1 seconds", Standing(limit=80, remaining=0, reset=1.0)),
        ("80", "79", "soon", None),
        ("80", "-1", "1 seconds", None),
        ("", "79", "1 seconds", None),
    ],
)
def test_an_answer_says_what_is_left_of_the_nearer_limit(
    limit: str, remaining: str, reset: str, said: Standing | None
) -> None:
    headers = {
        "x-ratelimit-limit": limit,
        "x-ratelimit-remaining": remaining,
        "x-ratelimit-reset": reset,
    }

    assert wire.standing(Response(status=200, headers=headers)) == said
    assert wire.standing(Response(status=200)) is None


def test_the_limits_are_the_vendors() -> None:
    assert {(w.operation, w.calls, w.seconds) for w in wire.WINDOWS} == {
        ("", 80, 1.0),
        ("", 30_000, 600.0),
        ("contacts.batch", 1, 1.0),
        ("contacts.batch", 80, 600.0),
    }


# --- queries ---------------------------------------------------------------------------------


def test_brackets_plus_signs_and_blanks_are_escaped() -> None:
    text = wire.query([("query[email]", "a+b c@x.y"), ("sort[createdOn]", "ASC"), ("page", 2)])

    assert text == "query%5Bemail%5D=a%2Bb%20c%40x.y&sort%5BcreatedOn%5D=ASC&page=2"


def test_what_is_none_is_left_out_and_what_is_empty_is_not() -> None:
    assert wire.query([("a", None), ("b", ""), ("c", True), ("d", False)]) == "b=&c=true&d=false"


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
def test_every_text_arrives_as_it_was_meant(pairs: list[tuple[str, str]]) -> None:
    assert parse_qsl(wire.query(pairs), keep_blank_values=True) == pairs


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2018, 1, 15, 13, 30, 42, 999, tzinfo=UTC), "2018-01-15T13:30:42+0000"),
        (
            datetime(2018, 1, 15, 13, 30, 42, tzinfo=timezone(timedelta(hours=2))),
            "2018-01-15T11:30:42+0000",
        ),
        (
            datetime(2018, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2017-12-31T18:30:00+0000",
        ),
        (datetime.min.replace(tzinfo=UTC), "0001-01-01T00:00:00+0000"),
    ],
)
def test_a_date_goes_out_in_utc_with_its_plus_sign_escaped(value: datetime, text: str) -> None:
    assert wire.moment(value) == text
    assert wire.query([("from", value)]) == "from=" + text.replace(":", "%3A").replace("+", "%2B")


def test_a_date_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs a time zone"):
        wire.moment(datetime(2018, 1, 15))


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "pages", "rows", "cursor"),
    [
        ("1", "3", 2, "2"),
        ("2", "3", 2, "3"),
        ("3", "3", 1, None),
        ("4", "3", 0, None),
        ("1", "0", 0, None),
        ("1", "1", 2, None),
        (None, "3", 2, "2"),
        (None, None, 2, "2"),
        (None, None, 1, None),
        (None, None, 0, None),
        ("x", "y", 1, None),
    ],
)
def test_the_last_page_is_known_by_its_counters_or_by_its_length(
    current: str | None, pages: str | None, rows: int, cursor: str | None
) -> None:
    headers = {"currentpage": current, "totalpages": pages, "totalcount": "5"}
    answer = Response(status=200, headers={k: v for k, v in headers.items() if v is not None})
    number = int(current) if current and current.isdigit() else 1

    page = wire.page(tuple(range(rows)), answer, number, 2)

    assert (page.cursor, page.total, page.items) == (cursor, 5, tuple(range(rows)))


def test_a_page_knows_the_servers_clock() -> None:
    headers = {"date": "Mon, 02 Mar 2026 08:00:00 GMT"}
    page: Page[int] = wire.page((), Response(status=200, headers=headers), 1, 2)

    assert page.date == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert page.total is None


@pytest.mark.parametrize("number", [3, 4])
def test_a_service_that_repeats_its_first_page_is_not_walked_for_ever(number: int) -> None:
    answer = Response(status=200, headers={"currentpage": "1", "totalpages": "3"})

    assert wire.page((1,), answer, number, 1).cursor is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Not Found</html>",
        b"[]",
        b"null",
        b'{"code": 404, "message": "no Route matched"}',
        b'{"code": "NOT_FOUND"}',
        b'{"code": 10130}',
    ],
)
def test_somebody_elses_404_is_not_taken_for_a_missing_contact(body: bytes) -> None:
    error = classified(Response(status=404, body=body))

    assert type(error) is BadRequest
    assert "host and account domain" in error.hint
