"""The account's URL, every shape of an error, and what answers say of limits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.activecampaign import calls, wire
from connectors.activecampaign.models import ImportContact, ImportFailure
from connectors.core.call import Call, Response
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

READ = calls.get_contact("1")
SYNC = calls.sync_contact("a@x.org")
TAG = calls.create_tag("vip")
ENROL = calls.enrol("1", "2")
OBJECTS = calls.list_schemas().at(None)
RECORD = calls.get_record("s", "r")
PUT = calls.put_record("s", "e", {"a": "b"}, contact_id="1")
IMPORT = calls.import_contacts([ImportContact(email="a@x.org")])


# --- the account's URL -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_url", "root"),
    [
        ("https://noor.api-us1.com", "https://noor.api-us1.com/api/3"),
        ("https://noor.api-us1.com/", "https://noor.api-us1.com/api/3"),
        (" https://noor.api-us1.com/api/3\n", "https://noor.api-us1.com/api/3"),
        ("https://noor.api-us1.com/api/3//", "https://noor.api-us1.com/api/3"),
        ("HTTPS://Noor.API-us1.com", "https://noor.api-us1.com/api/3"),
        ("https://noor.api-us1.com:443/api/3", "https://noor.api-us1.com/api/3"),
        ("https://crm.example.org:8443", "https://crm.example.org:8443/api/3"),
        ("http://127.0.0.1:8025", "http://127.0.0.1:8025/api/3"),
        ("http://localhost:8025/activecampaign", "http://localhost:8025/activecampaign/api/3"),
        ("http://127.0.0.1:1/activecampaign/api/3", "http://127.0.0.1:1/activecampaign/api/3"),
    ],
)
def test_origin_and_whole_url_are_one(given_url: str, root: str) -> None:
    assert wire.base_url(given_url) == root


@pytest.mark.parametrize(
    "url",
    [
        "",
        "noor",
        "noor.api-us1.com",
        "http://noor.api-us1.com",
        "ftp://noor.api-us1.com",
        "https://",
        "https://noor.api-us1.com/admin",
        "https://noor.api-us1.com/api/2",
        "https://noor.api-us1.com/api/3?x=1",
        "https://noor.api-us1.com?",
        "https://noor.api-us1.com/#top",
        "https://user:s3cret@noor.api-us1.com",
        "https://user@noor.api-us1.com",
        "https://10.0.0.5",
        "https://127.0.0.1",
        "https://[::1]",
        "https://169.254.169.254",
        "https://localhost",
        "https://intranet",
        "https://127.1",
        "https://0x7f.0.0.1",
        "https://127.0.0.1.",
        "https://localhost.",
        "https://crm.localhost",
        "https://noor..example.org",
        "https://noor.api-us1.com:port",
        "https://a b.example.org",
        "https://[::1",
    ],
)
def test_other_urls_are_refused_without_showing_secrets(url: str) -> None:
    with pytest.raises(ConfigError, match="ActiveCampaign URL") as caught:
        wire.base_url(url)

    assert "s3cret" not in str(caught.value)


def test_a_key_in_the_place_of_the_url_is_not_shown() -> None:
    with pytest.raises(ConfigError, match="got none"):
        wire.base_url("c4n4ry0123456789")


def test_a_url_that_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigError, match="must be text, got NoneType"):
        wire.base_url(None)  # type: ignore[arg-type]


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_url(text: str) -> None:
    try:
        root = wire.base_url(text)
    except ConfigError:
        return
    assert root.endswith("/api/3")


# --- errors ----------------------------------------------------------------------------------


def refused(call: Call[Any] | None, status: int, body: object, **headers: str) -> StatusError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    error = wire.classify(call, Response(status=status, headers=named, body=raw))
    assert error is not None
    return error


SHAPES: list[tuple[Call[Any], int, object, type[StatusError], str]] = [
    # one entry with a pointer
    (
        SYNC,
        422,
        {
            "errors": [
                {
                    "title": "Email address is invalid",
                    "detail": "",
                    "code": "email_invalid",
                    "error": "must_be_valid_email_address",
                    "source": {"pointer": "/data/attributes/email"},
                }
            ]
        },
        BadRequest,
        "Email address is invalid: /data/attributes/email",
    ),
    (
        SYNC,
        422,
        {
            "errors": [
                {
                    "title": "Email address already exists in the system",
                    "code": "duplicate",
                    "source": {"pointer": "/data/attributes/email"},
                }
            ]
        },
        Conflict,
        "already exists",
    ),
    # status within the entry
    (
        SYNC,
        400,
        {
            "errors": [
                {
                    "status": 400,
                    "title": "Bad Request",
                    "detail": "Contact email must be provided for sync",
                }
            ]
        },
        BadRequest,
        "Bad Request: Contact email must be provided for sync",
    ),
    # a parameter
    (
        SYNC,
        400,
        {
            "errors": [
                {
                    "title": "Invalid value for query parameter contactTag.tag",
                    "detail": "No tag id provided",
                    "source": {"parameter": "contactTag.tag"},
                }
            ]
        },
        BadRequest,
        "No tag id provided: contactTag.tag",
    ),
    # custom objects
    (
        PUT,
        422,
        {
            "errors": [
                {
                    "title": "Unprocessable Entity",
                    "detail": "not defined in the schema",
                    "source": {"type": "pointer", "value": "/data/attributes/x"},
                }
            ]
        },
        BadRequest,
        "not defined in the schema: /data/attributes/x",
    ),
    (
        calls.get_schema("s"),
        422,
        {"errors": [{"title": "Schema slug must be unique", "source": {"type": "pointer"}}]},
        Conflict,
        "slug must be unique",
    ),
    (PUT, 422, {"errors": [{"title": "Ids must be unique"}]}, BadRequest, "Ids must be unique"),
    # a text
    (TAG, 422, {"errors": "The field of an option"}, BadRequest, "The field of an option"),
    (TAG, 422, {"errors": ["first", "second"]}, BadRequest, "first; second"),
    # a message
    (
        READ,
        404,
        {"message": "No Result found for Subscriber with id 1"},
        NotFound,
        "No Result found for Subscriber with id 1",
    ),
    (calls.get_schema("s"), 404, {"message": "Not Found"}, NotFound, "Not Found"),
    (
        calls.end_enrolment("1"),
        403,
        {"message": "No Result found for SubscriberSeries with id 1"},
        NotFound,
        "No Result found",
    ),
    (
        ENROL,
        403,
        {"message": "Could not create SubscriberSeries"},
        BadRequest,
        "takes no contact",
    ),
    (READ, 403, {"message": "Forbidden"}, Forbidden, "check the API key"),
    (READ, 401, {"message": "Unauthorized"}, Unauthenticated, "check the API key"),
    (OBJECTS, 403, {"message": "Forbidden"}, Forbidden, "Enterprise plan"),
    # message and error
    (
        TAG,
        500,
        {
            "message": "Could not process request",
            "error": "Duplicate entry 'contact-TEST' for key 'typetag'",
        },
        Conflict,
        "Duplicate entry",
    ),
    (TAG, 400, {"message": "x", "error": "Duplicate entry 'contact-A'"}, Conflict, "Duplicate"),
    # bulk import
    (
        IMPORT,
        400,
        {
            "success": 0,
            "message": "Not valid",
            "failureReasons": [{"contact": 1, "failureReason": "no email"}],
        },
        wire.ImportRefused,
        "Not valid; contact 1: no email",
    ),
    (
        IMPORT,
        400,
        {"success": 0, "message": "Not valid", "failureReasons": ["too many"]},
        wire.ImportRefused,
        "too many",
    ),
    (IMPORT, 400, {"success": 0, "message": "Rate limit exceeded."}, Throttled, "Rate limit"),
    # nothing at all
    (READ, 400, {}, BadRequest, "nothing said why"),
    (READ, 400, b"", BadRequest, "an empty answer"),
    (READ, 404, {}, NotFound, "nothing said why"),
    # records
    (RECORD, 400, {}, NotFound, "nothing said why"),
    (RECORD, 400, b"", NotFound, "an empty answer"),
    (RECORD, 400, {"message": "Record not found"}, NotFound, "Record not found"),
    (RECORD, 400, {"message": "limit is wrong"}, BadRequest, "limit is wrong"),
    (calls.get_schema("s"), 400, {}, BadRequest, "nothing said why"),
    (PUT, 400, {}, BadRequest, "nothing said why"),
    (PUT, 400, b"", BadRequest, "an empty answer"),
    (PUT, 405, {"message": "Method Not Allowed"}, BadRequest, "Method Not Allowed"),
    # somebody else
    (READ, 404, b"<html>Not here</html>", BadRequest, "check the account's URL"),
    (READ, 404, b"", BadRequest, "check the account's URL"),
    (READ, 301, b"<html>", BadRequest, "not followed"),
    (READ, 502, b"<html>", ServerError, "not ActiveCampaign's"),
    (READ, 500, b'{"message": "cut o', ServerError, "not ActiveCampaign's"),
    # speed
    (READ, 429, {"message": "Too Many Requests"}, Throttled, "Too Many Requests"),
    (ENROL, 429, {}, Throttled, ""),
    (READ, 503, b"<html>", Throttled, "not ActiveCampaign's"),
    (SYNC, 503, b"", Throttled, ""),
    (ENROL, 503, b"", ServerError, ""),
    (IMPORT, 503, b"", ServerError, ""),
]


@pytest.mark.parametrize(("call", "status", "body", "kind", "text"), SHAPES)
def test_each_shape_of_an_error_is_read(
    call: Call[Any], status: int, body: object, kind: type[StatusError], text: str
) -> None:
    error = refused(call, status, body, x_request_id="r-1")

    assert type(error) is kind
    assert text in str(error)
    assert (error.status, error.request_id) == (status, "r-1")


def test_a_success_is_no_error() -> None:
    for status in (200, 201, 202):
        assert wire.classify(READ, Response(status=status, body=b"{}")) is None


def test_the_vendors_code_is_kept() -> None:
    body = {"errors": [{"title": "no", "code": "email_invalid"}]}

    assert refused(SYNC, 422, body).code == "email_invalid"


def test_a_refusal_in_plain_text_is_shown() -> None:
    error = refused(PUT, 422, b"not defined in the schema", content_type="text/plain")

    assert type(error) is BadRequest
    assert "not defined in the schema" in str(error)


def test_an_import_says_who_was_at_fault() -> None:
    reasons = [{"contact": "3", "failureReason": "a@x.org is bad"}, "plain"]
    error = refused(IMPORT, 400, {"success": 0, "failureReasons": reasons})

    assert isinstance(error, wire.ImportRefused)
    assert error.failures == (
        ImportFailure(contact=3, reason="<address> is bad"),
        ImportFailure(contact=None, reason="plain"),
    )


@pytest.mark.parametrize(
    ("status", "body", "headers", "pause"),
    [
        (429, {}, {"retry_after": "30"}, 30.0),
        (429, {}, {}, 1.0),
        (503, {}, {}, 1.0),
        (503, {}, {"retry_after": "5"}, 5.0),
        (500, {}, {"retry_after": "5"}, 5.0),
        (500, {}, {}, None),
        (400, {"message": "Rate limit exceeded."}, {}, 15.0),
        (404, {}, {"retry_after": "5"}, None),
    ],
)
def test_pauses_are_those_that_were_asked_for(
    status: int, body: object, headers: dict[str, str], pause: float | None
) -> None:
    assert refused(READ, status, body, **headers).retry_after == pause


@pytest.mark.parametrize("body", [{"message": "x" * 5000}, {"errors": ["a@x.org"] * 500}])
def test_long_errors_are_cut_and_hold_no_address(body: object) -> None:
    shown = str(refused(READ, 400, body))

    assert len(shown) < 800
    assert "a@x.org" not in shown


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                (
                    "errors message error title detail source code contact failureReasons "
                    "failureReason pointer value parameter"
                ).split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_json, st.sampled_from([400, 401, 403, 404, 405, 422, 429, 500, 503]))
def test_no_body_breaks_the_reading_of_errors(body: object, status: int) -> None:
    error = refused(RECORD, status, body)

    assert error.status == status
    assert str(error)


# --- limits ----------------------------------------------------------------------------------


def test_the_second_that_an_answer_came_in_is_learnt_where_it_is_told() -> None:
    told = {"ratelimit-limit": "5", "ratelimit-remaining": "2"}

    assert wire.standing(Response(status=200, headers=told)) == Standing(
        limit=5, remaining=2, reset=1.0
    )
    for silent in (
        {},
        {"ratelimit-limit": "5"},
        {"ratelimit-limit": "?", "ratelimit-remaining": ""},
    ):
        assert wire.standing(Response(status=200, headers=silent)) is None
