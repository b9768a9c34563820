"""`$batch`, byte for byte: what is sent, and how each part of the answer finds its call."""

import re
from typing import Any

import pytest

from connectors.core.call import Call, Response, WriteClass
from connectors.dynamics import calls
from connectors.dynamics.batch import BatchResult, batch
from connectors.dynamics.models import CONTACTS
from connectors.errors import AnswerLost, ConfigError, Conflict, DecodeError, NotFound

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
    with pytest.raises(AnswerLost):
        second.value()


def test_a_part_that_is_cut_off_has_no_answer() -> None:
    first, second = results([DELETE, UPDATE], answer(simple(DONE, DONE, close=False)))

    assert first.response is not None
    assert second.response is None


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
