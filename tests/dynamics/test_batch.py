"""`$batch`, byte for byte: what is sent, and how each part of the answer finds its call."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors.core.call import Call, Response, WriteClass
from connectors.dynamics import calls
from connectors.dynamics.batch import BatchResult, ChangeSet, batch, in_body
from connectors.dynamics.filters import col
from connectors.dynamics.models import CONTACTS, ContentId
from connectors.errors import (
    AnswerLost,
    ConfigError,
    Conflict,
    DecodeError,
    Forbidden,
    NotFound,
    NotSent,
)
from connectors.sandbox.dynamics.batch import parse

BASE = "https://crm.contoso.com/org/api/data/v9.1"
ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

UPDATE = calls.update_row(CONTACTS, ID, {"lastname": "Ådén"}, etag='W/"5"')
DELETE = calls.delete_row(CONTACTS, ID)
WHO = calls.who_am_i()


def lines(*texts: str) -> bytes:
    return "\r\n".join(texts).encode()


def name_of(call: Call[Any]) -> str:
    found = re.search(r'boundary="batch_(\w+)"', dict(call.request.headers)["Content-Type"])
    assert found
    return found[1]


def test_parts_have_absolute_urls_and_end_with_a_line_end() -> None:
    call = batch([UPDATE, WHO, DELETE], base_url=BASE)
    name = name_of(call)

    assert (call.request.method, call.request.path) == ("POST", "$batch")
    assert dict(call.request.headers)["Prefer"] == "odata.continue-on-error"
    assert call.request.body == lines(
        f"--batch_{name}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        f"PATCH {BASE}/contacts({ID}) HTTP/1.1",
        "Content-Type: application/json; charset=utf-8",
        'If-Match: W/"5"',
        "",
        '{"lastname":"Ådén"}',
        f"--batch_{name}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        f"GET {BASE}/WhoAmI HTTP/1.1",
        "Accept: application/json",
        "",
        "",
        f"--batch_{name}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        f"DELETE {BASE}/contacts({ID}) HTTP/1.1",
        "",
        "",
        f"--batch_{name}--",
        "",
    )


def test_writes_get_change_sets_of_their_own_and_reads_do_not() -> None:
    call = batch([WHO, DELETE], base_url=BASE, continue_on_error=False, change_set_each=True)
    name = name_of(call)

    assert "Prefer" not in dict(call.request.headers)
    assert call.request.body == lines(
        f"--batch_{name}",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        f"GET {BASE}/WhoAmI HTTP/1.1",
        "Accept: application/json",
        "",
        "",
        f"--batch_{name}",
        f'Content-Type: multipart/mixed; boundary="changeset_{name}_2"',
        "",
        f"--changeset_{name}_2",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "Content-ID: 2",
        "",
        f"DELETE {BASE}/contacts({ID}) HTTP/1.1",
        "",
        "",
        f"--changeset_{name}_2--",
        "",
        f"--batch_{name}--",
        "",
    )


def test_equal_batches_are_equal() -> None:
    one, two = (batch([WHO, DELETE], base_url=BASE) for _ in range(2))

    assert one.request == two.request


def test_a_batch_is_as_repeatable_as_its_least_repeatable_part() -> None:
    create = calls.create_row(CONTACTS, {})
    named = calls.create_row(CONTACTS, {}, row_id=ID)

    assert batch([UPDATE, DELETE], base_url=BASE).write_class is WriteClass.IDEMPOTENT
    assert batch([named], base_url=BASE).write_class is WriteClass.NATURAL_KEY
    assert batch([calls.upsert_row(CONTACTS, ID, {}), create], base_url=BASE).write_class is (
        WriteClass.UNSAFE
    )


def test_batches_are_bounded_and_not_nested() -> None:
    empty: list[Call[None]] = []
    with pytest.raises(ConfigError, match="1 to 1000 calls, got 0"):
        batch(empty, base_url=BASE)
    with pytest.raises(ConfigError, match="got 1001"):
        batch([DELETE] * 1001, base_url=BASE)
    with pytest.raises(ConfigError, match="cannot hold a batch"):
        batch([batch([DELETE], base_url=BASE)], base_url=BASE)


# --- the answer ------------------------------------------------------------------------------

PART = ("Content-Type: application/http", "Content-Transfer-Encoding: binary")
DONE = ("HTTP/1.1 204 No Content", "OData-Version: 4.0", "", "")
MISSING = (
    "HTTP/1.1 404 Not Found",
    "Content-Type: application/json; odata.metadata=minimal",
    "",
    '{"error":{"code":"0x80040217","message":"contact Does Not Exist"}}',
)
ME = (
    "HTTP/1.1 200 OK",
    "Content-Type: application/json",
    "",
    f'{{"BusinessUnitId":"{ID}","UserId":"{ID}","OrganizationId":"{ID}","x":"--b\\r\\n--b"}}',
)


def answer(body: bytes, *, status: int = 200, boundary: str = "batchresponse_1") -> Response:
    headers = {"content-type": f"multipart/mixed; boundary={boundary}"}
    return Response(status=status, headers=headers, body=body)


def simple(*parts: tuple[str, ...], close: bool = True) -> bytes:
    texts: list[str] = []
    for part in parts:
        texts += ["--batchresponse_1", *PART, "", *part]
    return lines(*texts, *(["--batchresponse_1--", ""] if close else []))


def results(parts: list[Call[Any]], response: Response) -> tuple[BatchResult, ...]:
    return batch(parts, base_url=BASE).decode(response)


def test_answers_come_back_in_order_and_are_decoded_by_their_calls() -> None:
    update, who, delete = results([UPDATE, WHO, DELETE], answer(simple(DONE, ME, MISSING)))

    assert update.value() is None
    assert who.value().user_id == ID
    assert delete.response is not None
    assert delete.response.status == 404
    assert delete.value() is None, "a row that is gone counts as deleted"


def test_a_refused_part_raises_its_own_error() -> None:
    (update,) = results([UPDATE], answer(simple(MISSING)))

    with pytest.raises(NotFound) as caught:
        update.value()
    assert (caught.value.operation, caught.value.code) == ("contacts.update", "0x80040217")


def test_what_follows_a_stop_has_no_answer() -> None:
    first, second = results([UPDATE, DELETE], answer(simple(MISSING), status=400))

    assert first.response is not None
    assert second.response is None
    with pytest.raises(NotSent, match="another call"):
        second.value()


def test_a_part_that_is_cut_off_has_no_answer() -> None:
    first, second = results([DELETE, UPDATE], answer(simple(DONE, DONE, close=False)))

    assert first.response is not None
    assert second.response is None
    with pytest.raises(AnswerLost):
        second.value()


def test_change_sets_are_unwrapped() -> None:
    conflict = (
        "HTTP/1.1 412 Precondition Failed",
        "Content-Type: application/json",
        "",
        '{"error":{"code":"0x80060882","message":"changed"}}',
    )
    texts: list[str] = []
    for number, inner in enumerate((DONE, conflict), 1):
        texts += [
            "--batchresponse_1",
            f'Content-Type: multipart/mixed; boundary="changesetresponse_{number}"',
            "",
            f"--changesetresponse_{number}",
            *PART,
            f"Content-ID: {number}",
            "",
            *inner,
            f"--changesetresponse_{number}--",
            "",
        ]
    body = lines(*texts, "--batchresponse_1--")

    first, second = results([UPDATE, UPDATE], answer(body))

    assert first.value() is None
    with pytest.raises(Conflict):
        second.value()


def test_a_quoted_boundary_and_parts_without_headers_are_read() -> None:
    body = lines("--b", "", *DONE, "--b--", "")

    (only,) = results([DELETE], answer(body, boundary='"b"'))

    assert only.value() is None


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response(status=200, headers={"content-type": "application/json"}), "multipart"),
        (answer(simple(DONE, DONE)), "has 2 answers"),
        (answer(simple(("nonsense",))), "not an HTTP answer"),
    ],
)
def test_an_answer_that_does_not_fit_is_a_decode_error(response: Response, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason):
        results([DELETE], response)


# --- change sets -----------------------------------------------------------------------------

NEW = calls.create_row(CONTACTS, {"lastname": "A"})
REFERENCE = CONTACTS.ref(ContentId(1))
BIND = calls.update_row(CONTACTS, ID, {"parentcustomerid_contact@odata.bind": REFERENCE})


def test_a_change_set_is_one_part_with_numbered_calls() -> None:
    change = calls.update_row(CONTACTS, ContentId(1), {"firstname": "B"})
    call = batch([WHO, ChangeSet((NEW, change, BIND)), DELETE], base_url=BASE)
    text = call.request.body.decode()

    assert [f"Content-ID: {n}" in text for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert "\r\nPATCH $1 HTTP/1.1\r\n" in text
    assert '"parentcustomerid_contact@odata.bind":"$1"' in text
    assert text.count("boundary=") == 1
    assert call.write_class is WriteClass.UNSAFE


def test_change_sets_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="at least one"):
        ChangeSet(())
    with pytest.raises(ConfigError, match="writes alone, not WhoAmI"):
        ChangeSet((WHO,))
    with pytest.raises(ConfigError, match="writes alone, not \\$batch"):
        ChangeSet((batch([DELETE], base_url=BASE),))
    with pytest.raises(ConfigError, match=r"refers to \$1, which is no row that an earlier"):
        ChangeSet((BIND, NEW))
    with pytest.raises(ConfigError, match=r"refers to \$1"):
        ChangeSet((DELETE, BIND))
    with pytest.raises(ConfigError, match="without asking for it back"):
        ChangeSet((calls.create_and_read(CONTACTS, {}), BIND))
    with pytest.raises(ConfigError, match="1 to 1000 calls, got 1001"):
        batch([ChangeSet((UPDATE,) * 1001)], base_url=BASE)


def test_numbers_never_come_twice_in_a_batch() -> None:
    plain = ChangeSet((UPDATE, DELETE))
    refers = ChangeSet((NEW, BIND))
    later = ChangeSet((NEW, calls.delete_row(CONTACTS, ContentId(7))), first=7)

    call = batch([plain, refers, later, plain], base_url=BASE, change_set_each=True)
    numbers = re.findall(rb"Content-ID: (\d+)", call.request.body)

    assert len(numbers) == len(set(numbers)) == 8
    with pytest.raises(ConfigError, match=r"refer to \$1; give the second of them .*first=3"):
        batch([refers, refers], base_url=BASE)


def change_set(*parts: tuple[str, tuple[str, ...]]) -> tuple[str, ...]:
    texts = ['Content-Type: multipart/mixed; boundary="changesetresponse_1"', ""]
    for number, inner in parts:
        own = (f"Content-ID: {number}",) if number else ()
        texts += ["--changesetresponse_1", *PART, *own, "", *inner]
    return (*texts, "--changesetresponse_1--", "")


def whole(*parts: tuple[str, ...]) -> bytes:
    texts = [line for part in parts for line in ("--batchresponse_1", *part)]
    return lines(*texts, "--batchresponse_1--", "")


SET = ChangeSet((UPDATE, DELETE, UPDATE))


def of(parts: list[Any], body: bytes, status: int = 200) -> list[tuple[int | None, bool]]:
    found = batch(parts, base_url=BASE).decode(answer(body, status=status))
    return [(r.response.status if r.response else None, r.undone) for r in found]


def test_each_call_of_a_change_set_has_its_answer() -> None:
    body = whole(change_set(("1", DONE), ("2", DONE), ("3", DONE)), (*PART, "", *ME))

    assert of([SET, WHO], body) == [(204, False), (204, False), (204, False), (200, False)]


@pytest.mark.parametrize(("number", "place"), [("2", 1), ("3", 2), ("", 0), ("99", 0)])
def test_a_refused_change_set_names_the_call_and_undoes_the_others(number: str, place: int) -> None:
    body = whole(change_set((number, MISSING)))
    expected: list[tuple[int | None, bool]] = [(None, True)] * 3
    expected[place] = (404, False)

    assert of([SET], body) == expected
    results = batch([SET], base_url=BASE).decode(answer(body))
    with pytest.raises(NotSent, match="change set"):
        results[1 if place != 1 else 2].value()


def test_what_follows_a_refused_change_set_is_not_done() -> None:
    body = whole(change_set(("1", MISSING)))

    assert of([SET, UPDATE], body, 404)[-1] == (None, True)
    assert of([SET, UPDATE], body.removesuffix(b"--batchresponse_1--\r\n"))[-1] == (None, False)


def test_a_change_set_that_is_cut_off_is_in_doubt() -> None:
    cut = lines(
        "--batchresponse_1", *change_set(("1", DONE), ("2", DONE))[:-2], "--batchresponse_1--"
    )

    assert of([SET], cut) == [(204, False), (None, False), (None, False)]


def test_headers_of_the_client_are_in_each_part() -> None:
    acting = (("MSCRMCallerID", ID),)
    call = batch([WHO, DELETE], base_url=BASE, headers=acting)

    assert call.request.body.count(f"MSCRMCallerID: {ID}\r\n".encode()) == 2
    assert "MSCRMCallerID" not in dict(call.request.headers)


# --- reads that are too long for a URL -------------------------------------------------------


def test_a_read_that_is_too_long_goes_in_a_body_and_is_read_alike() -> None:
    short = calls.list_rows(CONTACTS, filter="statecode eq 0").at(None)
    long = calls.list_rows(CONTACTS, filter=col("lastname").is_in(["x" * 50] * 50)).at(None)

    assert in_body(short, BASE) is short
    assert in_body(UPDATE, BASE) is UPDATE
    sent = in_body(long, BASE)
    assert (sent.request.method, sent.request.path) == ("POST", "$batch")
    assert sent.operation == long.operation
    assert sent.write_class is WriteClass.IDEMPOTENT
    assert b"Prefer: odata.maxpagesize=5000\r\n" in sent.request.body
    assert sent.request.body.count(b"\r\n\r\n\r\n--") == 1, "an empty line ends the part"
    row = ("HTTP/1.1 200 OK", "Content-Type: application/json", "", '{"value":[]}')
    assert sent.decode(answer(simple(row))).items == ()
    with pytest.raises(NotFound):
        sent.decode(answer(simple(MISSING)))


# --- any batch -------------------------------------------------------------------------------

BODIES = st.binary(max_size=60).filter(lambda b: not b.endswith((b"\r", b"\n")))


@given(st.lists(st.tuples(st.booleans(), st.integers(200, 599), BODIES), max_size=6))
def test_any_answers_are_told_apart(answers: list[tuple[bool, int, bytes]]) -> None:
    """Bodies may hold what looks like a boundary of ours, or like one of HTTP."""
    assume(not any(b"\r\n--batchresponse_1" in b"\r\n" + body for _, _, body in answers))
    assume(not any(b"--c1" in body for _, _, body in answers))
    text = b""
    for in_set, status, body in answers:
        inner = lines(*PART, "Content-ID: 1", "", f"HTTP/1.1 {status} X", "A: b", "", "") + body
        if in_set:
            inner = lines("Content-Type: multipart/mixed; boundary=c1", "", "--c1", "") + inner
            inner += b"\r\n--c1--\r\n"
        text += b"--batchresponse_1\r\n" + inner + b"\r\n"
    if answers:
        text += b"--batchresponse_1--\r\n"
    parts = [DELETE] * len(answers) or [DELETE]
    found = batch(parts, base_url=BASE).decode(answer(text))

    told = [r.response for r in found if r.response is not None]
    assert [r.status for r in told] == [status for _, status, _ in answers]
    assert [r.body for r in told] == [body for _, _, body in answers]


VALUES = st.dictionaries(st.sampled_from(["lastname", "a", "b"]), st.text(max_size=20), max_size=3)


@given(st.lists(st.tuples(st.booleans(), VALUES), min_size=1, max_size=5))
def test_any_batch_is_read_by_the_server_as_it_was_meant(
    writes: list[tuple[bool, dict[str, str]]],
) -> None:
    parts: list[Call[Any] | ChangeSet] = []
    for in_set, values in writes:
        try:
            call = calls.update_row(CONTACTS, ID, values)
        except ConfigError:
            assume(False)
        parts.append(ChangeSet((call, DELETE)) if in_set else call)
    sent = batch(parts, base_url=BASE).request

    read = parse(dict(sent.headers)["Content-Type"], sent.body)

    assert [isinstance(part, list) for part in read] == [in_set for in_set, _ in writes]
    updates = [part[0] if isinstance(part, list) else part for part in read]
    assert [json.loads(u.body) for u in updates] == [values for _, values in writes]
    assert {u.headers["if-match"] for u in updates} == {"*"}


def test_a_long_read_knows_when_it_was_answered() -> None:
    call = in_body(calls.list_rows(CONTACTS, filter="x" * 2500).at(None), BASE)
    body = lines(
        "--b",
        "Content-Type: application/http",
        "",
        "HTTP/1.1 200 OK",
        "Content-Type: application/json",
        "",
        '{"value":[]}',
        "--b--",
        "",
    )
    headers = {
        "content-type": "multipart/mixed; boundary=b",
        "date": "Mon, 02 Mar 2026 08:00:00 GMT",
    }

    page = call.decode(Response(status=200, headers=headers, body=body))

    assert page.date == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_errors_of_parts_name_the_request_that_support_can_find() -> None:
    call = batch([DELETE, DELETE], base_url=BASE)
    refusal = lines(
        "--b",
        "Content-Type: application/http",
        "",
        "HTTP/1.1 403 Forbidden",
        "Content-Type: application/json",
        "",
        '{"error":{"code":"0x80040220","message":"no"}}',
    )
    body = refusal + b"\r\n" + refusal + b"\r\n--b--\r\n"
    headers = {"content-type": "multipart/mixed; boundary=b", "req_id": "trace-7"}

    for result in call.decode(Response(status=200, headers=headers, body=body)):
        with pytest.raises(Forbidden, match=r"\[trace-7\]"):
            result.value()
