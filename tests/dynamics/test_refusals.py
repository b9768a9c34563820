"""Each refusal that the reference lists: its class, whether it is sent again, what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from connectors.core.call import Response, WriteClass
from connectors.core.flow import may_repeat
from connectors.dynamics import wire
from connectors.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    NotFound,
    ServerError,
    StatusError,
    Throttled,
    Unauthenticated,
)


def refusal(status: int, code: object = "", message: str = "no", **headers: str) -> Response:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    told = {"content-type": "application/json", **headers}
    return Response(status=status, headers=told, body=body)


def classified(response: Response) -> StatusError:
    error = wire.classify(None, response)
    assert error is not None
    return error


A, D = WriteClass.IDEMPOTENT, WriteClass.UNSAFE


@pytest.mark.parametrize(
    ("status", "kind", "again"),
    [
        (304, BadRequest, ""),
        (400, BadRequest, ""),
        (401, Unauthenticated, ""),
        (403, Forbidden, ""),
        (404, NotFound, ""),
        (405, BadRequest, ""),
        (409, Conflict, ""),
        (410, Gone, ""),
        (412, Conflict, ""),
        (413, BadRequest, ""),
        (414, BadRequest, ""),
        (429, Throttled, "all"),
        (500, ServerError, "reads"),
        (501, BadRequest, ""),
        (502, ServerError, "reads"),
        (503, ServerError, "reads"),
        (504, ServerError, "reads"),
    ],
)
def test_each_status_has_its_class_and_is_sent_again_or_not(
    status: int, kind: type[StatusError], again: str
) -> None:
    error = classified(refusal(status))

    assert type(error) is kind
    assert may_repeat(A, error) == (again in ("all", "reads"))
    assert may_repeat(D, error) == (again == "all")


# code → (status it comes with, class, a part of what is said to be done about it)
CODES: Mapping[str, tuple[int, type[StatusError], str]] = {
    "0x80040237": (412, Conflict, "exists already"),
    "0x80060892": (412, Conflict, "exists already"),
    "0x80040333": (412, Conflict, "duplicate detection"),
    "0x8006089d": (400, Conflict, "several rows"),
    "0x80040217": (404, NotFound, "no row has this id"),
    "0x80060891": (404, NotFound, "no row has this key"),
    "0x80060890": (400, BadRequest, "not active yet"),
    "0x80060882": (412, Conflict, "read it again"),
    "0x80060883": (400, Conflict, "etag"),
    "0x8006088d": (400, BadRequest, "no optimistic concurrency"),
    "0x80040220": (403, Forbidden, "security role"),
    "0x80040231": (403, Forbidden, "owner of the row"),
    "0x80048306": (403, Forbidden, "organisation-wide"),
    "0x80040299": (403, Forbidden, "security role"),
    "0x80048405": (403, Forbidden, "security role"),
    "0x80040277": (403, Forbidden, "security role"),
    "0x80040256": (403, Forbidden, "security role"),
    "0x80042f09": (403, Forbidden, "no security role"),
    "0x80040225": (403, Forbidden, "disabled"),
    "0x8004a112": (403, Forbidden, "disabled"),
    "0x80072560": (403, Forbidden, "create an application user"),
    "0x8004f511": (400, Conflict, "application user"),
    "0x80040203": (400, BadRequest, "value"),
    "0x80040216": (500, ServerError, "UpsertMultiple"),
    "0x80040224": (400, BadRequest, "plug-in"),
    "0x80040265": (400, BadRequest, "plug-in"),
    "0x80048d19": (400, BadRequest, "does not have"),
    "0x8006088a": (404, BadRequest, "case-sensitive"),
    "0x80060888": (404, NotFound, "API version"),
    "0x0": (400, BadRequest, "case-sensitive"),
    "0x80041103": (400, BadRequest, "FetchXML names a column"),
    "0x80041102": (400, BadRequest, "FetchXML names a table"),
    "0x80041129": (400, BadRequest, "start again"),
    "0x8004112a": (400, BadRequest, "start again"),
    "0x8004e023": (400, BadRequest, "50,000"),
    "0x80044352": (400, Gone, "read everything again"),
    "0x80072491": (400, BadRequest, "change tracking"),
    "0x80072492": (400, BadRequest, "change tracking"),
    "0x80040227": (405, BadRequest, "other rows refer"),
    "0x80048408": (400, BadRequest, "send both"),
    "0x80040239": (400, BadRequest, "1753"),
    "0x80044331": (400, BadRequest, "longer than its column"),
    "0x8004431a": (400, BadRequest, "no option"),
    "0x80040302": (400, BadRequest, "unlock"),
    "0x8004f701": (400, BadRequest, "dynamic list"),
    "0x8004f702": (400, BadRequest, "static list"),
    "0x8004f703": (400, BadRequest, "cannot be locked"),
    "0x8004f704": (400, BadRequest, "static list"),
    "0x80048458": (400, BadRequest, "not a member"),
    "0x80040301": (400, BadRequest, "another kind"),
    "0x80040306": (400, BadRequest, "do not go together"),
    "0x80045304": (400, BadRequest, "inactive"),
    "0x80045305": (400, BadRequest, "itself"),
    "0x80045301": (400, Forbidden, "merge privilege"),
    "0x80045300": (400, BadRequest, "parent"),
    "0x80072322": (429, Throttled, ""),
    "0x80072321": (429, Throttled, "server time"),
    "0x80072326": (429, Throttled, "at the same time"),
    "0x8005f103": (503, Throttled, ""),
    "0x80044150": (500, ServerError, "fewer rows"),
    "0x80044151": (500, ServerError, "fewer rows"),
    "0x80071151": (400, Throttled, "wait for its end"),
    "0x80071155": (400, Conflict, "wait for its end"),
    "0x80071152": (400, Conflict, "choose another"),
    "0x8004700b": (400, Conflict, "defined already"),
    "0x80044363": (400, Conflict, "defined already"),
    "0x80047011": (400, Conflict, "display name"),
    "0x80047012": (400, Conflict, "display name"),
    "0x80047013": (400, Conflict, "defined already"),
    "0x80060304": (400, Conflict, "defined already"),
    "0x80044345": (400, Conflict, "defined already"),
    "0x8004432b": (400, Conflict, "defined already"),
    "0x80060893": (400, Conflict, "defined already"),
    "0x80060894": (400, Conflict, "same columns"),
    "0x80060897": (400, BadRequest, "failed"),
    "0x8006088f": (400, BadRequest, "alternate key"),
    "0x8004f002": (400, BadRequest, "letters, digits"),
    "0x8004f023": (400, Conflict, "unique name"),
    "0x80048402": (400, BadRequest, "10000 to 99999"),
    "0x8004431b": (400, BadRequest, "true option"),
    "0x8004431c": (400, BadRequest, "false option"),
    "0x80047007": (400, BadRequest, "parental"),
    "0x80047008": (400, BadRequest, "customised"),
    "0x8004f016": (400, BadRequest, "managed"),
}


def test_each_code_that_is_known_is_looked_at() -> None:
    assert wire._CODES.keys() == CODES.keys()


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_its_class_and_says_what_to_do(code: str) -> None:
    status, kind, words = CODES[code]
    error = classified(refusal(status, code))

    assert (type(error), error.code) == (kind, code)
    assert words in error.hint
    assert may_repeat(D, error) == (kind is Throttled)
    assert may_repeat(A, error) == (kind in (Throttled, ServerError))


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("0X80040217", "0x80040217"),
        ("-2147220969", "0x80040217"),
        ("2147746327", "0x80040217"),
        (-2147220969, "0x80040217"),
        ("0", "0x0"),
        ("0x0", "0x0"),
        ("", ""),
        (None, ""),
        (" 0x80040217 ", "0x80040217"),
        ("Forbidden", "forbidden"),
    ],
)
def test_codes_are_read_however_they_are_written(told: object, code: str) -> None:
    assert classified(refusal(404, told)).code == code


def test_the_status_decides_where_a_code_is_unknown() -> None:
    assert type(classified(refusal(403, "0x8fffffff"))) is Forbidden


def test_a_guid_in_quotes_is_hinted_at() -> None:
    assert "guid(…)" in classified(refusal(400, "0x80060888")).hint


def test_hints_about_rights_speak_of_whoever_acts() -> None:
    for code in ("0x80040220", "0x80042f09", "0x80040225", "0x8004a112", "0x80072560"):
        assert "acting_as" in classified(refusal(403, code)).hint


@pytest.mark.parametrize("schemes", ["Negotiate", "NTLM", 'Negotiate, NTLM, Basic realm="x"'])
def test_a_server_that_takes_windows_sign_in_alone_is_named(schemes: str) -> None:
    error = classified(Response(status=401, headers={"www-authenticate": schemes}))

    assert isinstance(error, Unauthenticated)
    assert "Windows sign-in alone" in error.hint


def test_a_401_with_a_page_says_what_may_be_wrong() -> None:
    page = Response(status=401, headers={"content-type": "text/html"}, body=b"<html>denied")

    assert "PasswordCredentials" in classified(page).hint


@pytest.mark.parametrize(
    "body",
    [
        b"<html><form action='https://adfs.contoso.com/adfs/ls'>",
        b"\xef\xbb\xbf  <!DOCTYPE html><a href=/adfs/ls>",
    ],
)
def test_the_sign_in_page_of_ad_fs_is_named(body: bytes) -> None:
    error = classified(Response(status=200, body=body))

    assert isinstance(error, Unauthenticated)
    assert "AD FS showed its sign-in page" in error.hint


def test_a_redirect_to_ad_fs_is_named_and_others_are_not_followed() -> None:
    away = {"location": "https://adfs.contoso.com/adfs/ls?wa=wsignin1.0"}

    assert "AD FS" in classified(Response(status=302, headers=away)).hint
    assert isinstance(classified(Response(status=302, headers=away)), Unauthenticated)
    assert isinstance(classified(Response(status=307, headers={"location": "/x"})), BadRequest)


def test_a_huge_refusal_is_cut_and_hides_addresses() -> None:
    text = "of ada@example.org " + "x" * 10_000_000 + " bob@example.org"
    error = classified(refusal(400, "0x80040265", text))

    assert len(str(error)) < 800
    assert "example.org" not in str(error)


def test_a_long_refusal_in_many_words_is_cut_too() -> None:
    assert len(classified(refusal(400, "0x80040265", "word " * 100_000)).message) == 500


def test_an_address_at_the_cut_is_not_shown_by_half() -> None:
    text = "word " * 397 + "secret.person.of.some.length@example.org"

    assert "secret" not in str(classified(refusal(400, "", text)))


def test_the_stack_trace_and_its_kin_stay_out() -> None:
    body = {
        "error": {
            "code": "0x80040265",
            "message": "no",
            "innererror": {"message": "c4n4ry", "stacktrace": "c4n4ry"},
            "@Microsoft.PowerApps.CDS.TraceText": "c4n4ry",
        }
    }
    error = classified(Response(status=400, body=json.dumps(body).encode()))

    assert "c4n4ry" not in str(error) + repr(error) + repr(vars(error))


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"error":', b'{"error":{"message":["x"]}}'])
def test_a_refusal_that_is_no_json_is_a_refusal_all_the_same(body: bytes) -> None:
    assert type(classified(Response(status=400, body=body))) is BadRequest


@pytest.mark.parametrize(
    "name", ["req_id", "x-ms-service-request-id", "x-ms-request-id", "traceparent"]
)
def test_the_id_for_support_is_found_in_any_header(name: str) -> None:
    assert classified(refusal(500, **{name: "r-1"})).request_id == "r-1"


def test_waiting_is_as_long_as_told() -> None:
    assert classified(refusal(503, "0x8005f103", **{"retry-after": "7"})).retry_after == 7.0
