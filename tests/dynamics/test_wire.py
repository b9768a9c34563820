"""Answers become errors of the one ladder; values become what OData takes."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from connectors.core.call import Response
from connectors.dynamics import wire
from connectors.errors import (
    BadRequest,
    ConfigError,
    Conflict,
    DecodeError,
    Forbidden,
    Gone,
    NotFound,
    ServerError,
    StatusError,
    Throttled,
    Unauthenticated,
)

ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def refusal(
    status: int, code: str = "", message: str = "no", headers: dict[str, str] | None = None
) -> Response:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Response(
        status=status, headers={"content-type": "application/json", **(headers or {})}, body=body
    )


def classified(response: Response) -> StatusError:
    error = wire.classify(None, response)
    assert error is not None
    return error


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "", BadRequest),
        (400, "0x80048d19", BadRequest),
        (400, "0x80040265", BadRequest),
        (401, "", Unauthenticated),
        (403, "0x80040220", Forbidden),
        (403, "0x80072560", Forbidden),
        (401, "0x80072560", Forbidden),
        (404, "0x80040217", NotFound),
        (404, "0x80060891", NotFound),
        (404, "0x8006088a", BadRequest),
        (405, "0x80040227", BadRequest),
        (409, "", Conflict),
        (412, "0x80060882", Conflict),
        (412, "0x80040237", Conflict),
        (400, "0x80060892", Conflict),
        (412, "", Conflict),
        (413, "", BadRequest),
        (400, "0x80044352", Gone),
        (410, "0x80044352", Gone),
        (429, "0x80072322", Throttled),
        (429, "", Throttled),
        (503, "0x8005f103", Throttled),
        (500, "0x80040216", ServerError),
        (500, "0x80044150", ServerError),
        (501, "", BadRequest),
        (502, "", ServerError),
        (503, "", ServerError),
        (418, "", BadRequest),
    ],
)
def test_status_and_code_choose_the_error(status: int, code: str, kind: type[StatusError]) -> None:
    error = classified(refusal(status, code))

    assert type(error) is kind
    assert (error.status, error.code) == (status, code)


def test_a_signed_code_is_read_as_its_hexadecimal() -> None:
    error = classified(refusal(404, "-2147220969"))

    assert error.code == "0x80040217"


def test_hints_say_what_to_do() -> None:
    assert "application user" in classified(refusal(403, "0x80072560")).hint
    assert "read everything again" in classified(refusal(400, "0x80044352")).hint
    assert "PasswordCredentials" in classified(refusal(401)).hint


def test_throttled_waits_as_long_as_told_and_names_the_request() -> None:
    error = classified(refusal(429, headers={"retry-after": "17", "req_id": "r-1"}))

    assert (error.retry_after, error.request_id) == (17.0, "r-1")


def test_an_unreadable_retry_after_is_left_out() -> None:
    assert classified(refusal(503, headers={"retry-after": "soon"})).retry_after is None


def test_messages_hold_no_address_and_no_stack_trace() -> None:
    body = json.dumps(
        {
            "error": {
                "code": "0x80040237",
                "message": "The value 'ada@example.org' exists",
                "innererror": {"stacktrace": "at Crm.Secret()"},
            }
        }
    ).encode()

    text = str(classified(Response(status=412, body=body)))

    assert "<address>" in text
    assert "ada" not in text
    assert "Secret" not in text


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"Message": "No HTTP resource was found"}', "No HTTP resource was found"),
        (b'{"error": "invalid"}', "invalid"),
        (b"<html>gateway</html>", "an answer that is not Dynamics'"),
        (b"[]", "an answer that is not Dynamics'"),
        (b"", "an empty answer"),
    ],
)
def test_other_layers_are_understood_too(body: bytes, message: str) -> None:
    assert classified(Response(status=502, body=body)).message == message


def test_a_redirect_is_refused() -> None:
    error = classified(Response(status=302, headers={"location": "https://login"}))

    assert isinstance(error, BadRequest)
    assert "check the environment URL" in error.hint


@pytest.mark.parametrize(
    "response",
    [
        Response(status=200, headers={"content-type": "text/html; charset=utf-8"}, body=b"x"),
        Response(status=200, body=b"\r\n<!DOCTYPE html><title>Sign In</title>"),
    ],
)
def test_a_sign_in_page_is_no_success(response: Response) -> None:
    error = classified(response)

    assert isinstance(error, Unauthenticated)
    assert "PasswordCredentials" in error.hint


def test_successes_and_batches_pass() -> None:
    multipart = {"content-type": "multipart/mixed; boundary=b"}

    assert wire.classify(None, Response(status=200, body=b"{}")) is None
    assert wire.classify(None, Response(status=204)) is None
    assert wire.classify(None, Response(status=400, headers=multipart)) is None


def test_a_missing_row_is_told_from_a_wrong_url() -> None:
    assert wire.absent(refusal(404, "0x80040217"))
    assert wire.absent(refusal(404, ""))
    assert not wire.absent(refusal(404, "0x8006088a"))
    assert not wire.absent(Response(status=404, body=b"<html>"))
    # v8.2 gives neither a code.
    assert wire.absent(refusal(404, "", f"contact With Id = {ID} Does Not Exist"))
    assert not wire.absent(refusal(404, "", "Resource not found for the segment 'contactz'."))
    error = {"code": "", "message": "x", "innererror": {"type": "a.ODataUnrecognizedPathException"}}
    assert not wire.absent(Response(status=404, body=json.dumps({"error": error}).encode()))
    assert wire.absent(refusal(404, "0x80040217", "Resource not found for the segment"))
    assert not wire.absent(Response(status=404, body=b'{"Message": "No HTTP resource"}'))


def test_literals_double_their_quotes_and_queries_are_encoded() -> None:
    text = "emailaddress1 eq " + wire.quote_literal("o'brien+x@example.org")

    assert wire.quote_literal("O'Bryan") == "'O''Bryan'"
    assert wire.query([("$filter", text), ("$top", None)]) == (
        "$filter=emailaddress1%20eq%20'o''brien%2Bx@example.org'"
    )
    assert wire.query([("$filter", "a&b#c/d?e=f%g:é")]) == (
        "$filter=a%26b%23c%2Fd%3Fe%3Df%25g%3A%C3%A9"
    )


def test_guids_are_stripped_and_lowered() -> None:
    assert wire.guid("{3F2504E0-4F89-41D3-9A0C-0305E82C3301}") == ID


@pytest.mark.parametrize(
    "text", ["", "42", ID[:-1], f"{ID}0", f"{ID})/x", f"{ID}\n)", "{" * 2 + ID]
)
def test_what_is_no_guid_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match="contact_id must be a GUID"):
        wire.guid(text, "contact_id")


def test_the_refusal_of_an_address_as_guid_hides_it() -> None:
    with pytest.raises(ConfigError) as caught:
        wire.guid("ada@example.org")

    assert "ada" not in str(caught.value)


def test_rows_are_written_with_utc_seconds_and_exact_money() -> None:
    paris = timezone(timedelta(hours=2))
    values = {"due": datetime(2026, 5, 1, 12, 30, 15, 900, tzinfo=paris), "cost": Decimal("0.10")}

    assert wire.dumps(wire.row(values)) == b'{"due":"2026-05-01T10:30:15Z","cost":0.10}'


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ConfigError, match="time zone"):
        wire.row({"due": datetime(2026, 5, 1)})
    assert wire.moment(datetime(2026, 5, 1, tzinfo=UTC)) == "2026-05-01T00:00:00Z"


@pytest.mark.parametrize("value", [float("nan"), Decimal("NaN"), Decimal("-Infinity")])
def test_what_is_no_number_is_not_written(value: object) -> None:
    with pytest.raises(ConfigError, match="no number that Dynamics takes"):
        wire.row({"deep": [{"cost": value}]})


def test_the_new_id_is_read_from_the_entity_id() -> None:
    url = f"https://contoso.crm4.dynamics.com/api/data/v9.2/contacts({ID.upper()})"

    assert wire.entity_id(Response(status=204, headers={"odata-entityid": url})) == ID


@pytest.mark.parametrize("url", ["", "https://x/contacts(gr_id='Ab')", "https://x/contacts"])
def test_an_entity_id_without_guid_is_a_decode_error(url: str) -> None:
    with pytest.raises(DecodeError, match="OData-EntityId"):
        wire.entity_id(Response(status=204, headers={"odata-entityid": url}))
