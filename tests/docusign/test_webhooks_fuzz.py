"""Whatever arrives ends in an event or in an error of the ladder, soon, and shows nobody's data."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.docusign.models.events import ConnectEvent
from connectors.docusign.webhooks import MAX_BYTES, parse, verify
from connectors.errors import DecodeError, SignatureError
from tests.docusign.deliveries import KEY, SENDER_FIELDS, delivery, sim, summary, xml

HEADERS = {"X-DocuSign-AccountId": "a", "Content-Type": "application/json"}

JSON = [json.dumps(each).encode() for each in (sim(), sim("recipient-sent", recipientId="1"))]
JSON += [json.dumps(summary(), separators=(",", ":")).encode()]
XML = [xml().encode(), xml(zone="", fields=SENDER_FIELDS).encode()]

VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    10**400,
    0.5,
    1e308,
    "",
    " ",
    "null",
    "c4n4ry@x.y",
    "\ud800",
    "\x00",
    "é" * 3000,
    "9" * 5000,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "00000000-0000-0000-0000-000000000000",
    [],
    [None],
    [[]],
    [{}],
    {},
    {"": ""},
    {"signers": 5},
    {"errorCode": ["SUCCESS"]},
]

TOKENS = [
    b"null",
    b"[]",
    b"{}",
    b'"',
    b'""',
    b":",
    b",",
    b"}",
    b"-",
    b"NaN",
    b"1e999",
    b"9" * 5000,
    b"\\ud800",
    b"\\",
    b"\xff\xfe",
    b"\x00",
    b"<",
    b"</",
    b"/>",
    b"&amp;",
    b"&a;",
    b"&#0;",
    b"&#x110000;",
    b"<!DOCTYPE a>",
    b"<![CDATA[",
    b"<?pi ?>",
    b"<!--",
    b' xsi:nil="true"',
    b' xmlns=""',
]


def flipped(body: bytearray, rng: random.Random) -> None:
    body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)


def cut(body: bytearray, rng: random.Random) -> None:
    del body[rng.randrange(len(body)) :]


def without(body: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(body))
    del body[start : start + rng.randrange(1, 200)]


def doubled(body: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(body))
    body[start:start] = body[start : start + rng.randrange(1, 400)]


def injected(body: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(body))
    body[start:start] = rng.choice(TOKENS)


def exchanged(body: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(body))
    token = rng.choice(TOKENS)
    body[start : start + len(token)] = token


BYTES: list[Callable[[bytearray, random.Random], None]] = [
    flipped,
    cut,
    without,
    doubled,
    injected,
    exchanged,
]


def mutated(body: bytes, rng: random.Random) -> bytes:
    made = bytearray(body)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        if made:
            rng.choice(BYTES)(made, rng)
    return bytes(made)


def swapped(content: Any, rng: random.Random) -> bytes:
    """The content with a value of another type somewhere."""
    made = copy.deepcopy(content)
    places: list[tuple[Any, Any]] = []
    queue = [made]
    while queue:
        inner = queue.pop()
        for key, value in inner.items() if isinstance(inner, dict) else enumerate(inner):
            places.append((inner, key))
            if isinstance(value, dict | list):
                queue.append(value)
    inner, key = rng.choice(places)
    inner[key] = rng.choice(VALUES)
    return json.dumps(made).encode()


def outcome(body: bytes) -> ConnectEvent | None:
    """The event, or None where the body is none; whatever else comes out fails the test."""
    try:
        event = parse(body, HEADERS)
    except DecodeError as error:
        assert "c4n4ry" not in str(error) + repr(error.paths)
        return None
    assert len(event.key) == 32
    assert "c4n4ry@" not in repr(event.flaws)
    assert event.recipient is None or event.recipient_id
    json.dumps(event.account_id).encode()
    (event.envelope_id or "").encode()
    return event


def test_ten_thousand_mutations_end_in_an_event_or_an_error() -> None:
    rng = random.Random(4)
    contents = [sim(), sim("recipient-sent", recipientId="1"), summary()]
    began = time.perf_counter()

    events = [outcome(mutated(rng.choice(JSON), rng)) for _ in range(5_000)]
    events += [outcome(mutated(rng.choice(XML), rng)) for _ in range(3_000)]
    swaps = [outcome(swapped(rng.choice(contents), rng)) for _ in range(2_000)]

    assert time.perf_counter() - began < 60
    assert 500 < sum(event is not None for event in events) < 7_500
    # A value of a wrong type takes no more with it than it must.
    assert sum(event is not None for event in swaps) > 1_900


def test_no_mutation_passes_for_what_was_signed() -> None:
    rng = random.Random(5)
    headers, body = delivery(sim())

    for _ in range(1_000):
        changed = mutated(body, rng)
        if changed != body:
            with pytest.raises(SignatureError):
                verify(changed, headers, [KEY, "other"])


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted({*sim(), *sim()["data"], *summary()})), inner)
    ),
    max_leaves=12,
)


@given(anything)
@settings(max_examples=150, deadline=None)
def test_any_json_is_an_event_or_an_error(content: Any) -> None:
    outcome(json.dumps(content).encode())


@given(st.text(max_size=200) | st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_an_event_or_an_error(content: str | bytes) -> None:
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")

    outcome(raw)
    outcome(b"<DocuSignEnvelopeInformation>" + raw)


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=4), st.text())
@settings(max_examples=100, deadline=None)
def test_any_headers_are_borne(headers: dict[str, str], value: str) -> None:
    headers = {**headers, "X-DocuSign-AccountId": value, "X-DocuSign-Signature-1": value}

    event = parse(b'{"event": "envelope-sent"}', headers)
    (event.account_id or "").encode()
    with pytest.raises(SignatureError):
        verify(b"{}", headers, "k")


DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b'{"event":"envelope-sent","data":' + b"[" * DEEP + b"]" * DEEP + b"}",
        b'{"event":"envelope-sent","data":{"envelopeSummary":' + b"[" * DEEP + b"]" * DEEP + b"}}",
        b'{"event":"envelope-sent","x":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
        b'{"event":"envelope-sent","retryCount":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"event":"envelope-sent","data":{"envelopeSummary":' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"event":"envelope-sent","retryCount":' + b"9" * 1_000_000 + b"}",
        b'{"event":"envelope-sent","retryCount":1e' + b"9" * 10_000 + b"}",
        b'{"event":"envelope-sent","configurationId":-' + b"9" * 4_000 + b"}",
        b'{"event":"' + b"\\u0000" * 100_000 + b'"}',
        b'{"event":"' + b"e" * 1_000_000 + b'"}',
        b'{"event":"e","uri":"' + b"/accounts/" * 300_000 + b'"}',
        b'{"event":"e","data":{' + b'"accountId":"a",' * 100_000 + b'"userId":"u"}}',
        b'{"event":"e","retryCount"' + b":" * 1_000_000 + b"}",
        b"<" * 1_000_000,
        b"<a " * 300_000,
        b"<a " + b'b="c" ' * 100_000 + b"/>",
        b"<a>" + b"&amp;" * 1_000_000 + b"</a>",
        b" " * 5_000_000,
    ],
    ids=lambda body: f"{body[:24]!r} {len(body)}",
)
def test_what_is_deep_long_or_huge_ends_soon(body: bytes) -> None:
    began = time.perf_counter()

    outcome(body)

    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("place", ['"retryCount":', '"data":{"envelopeSummary":', '"data":{"x":'])
def test_no_depth_is_read_halfway(place: str) -> None:
    for depth in range(600, 1_000, 3):
        nested = "[" * depth + "]" * depth
        end = "}}" if "{" in place else "}"
        outcome(f'{{"event":"envelope-sent","retryCount":[],{place}{nested}{end}'.encode())


def test_twenty_five_megabytes_of_documents_are_read_soon() -> None:
    documents = [{"documentId": "1", "name": "Lease", "PDFBytes": "A" * (25 * 2**20)}]
    body = json.dumps(sim(envelopeSummary=summary(envelopeDocuments=documents))).encode()
    in_xml = xml().replace("JVBERi0=", "A" * (25 * 2**20)).encode()
    began = time.perf_counter()

    for each in (body, in_xml):
        assert len(each) > 25_000_000
        event = outcome(each)
        assert event is not None
        assert event.envelope is not None
        assert event.envelope.documents[0].name in ("Lease", "Lease & annex")

    assert time.perf_counter() - began < 10


@pytest.mark.parametrize("part", [b"{},", b"[],", b"1,", b"[[1]],", b'{"a":1},'])
def test_what_would_take_all_memory_is_refused_before_it_does(part: bytes) -> None:
    many = b"[" + part * (25_000_000 // len(part)) + b"1]"
    began = time.perf_counter()

    for place in (b'"retryCount":', b'"data":{"envelopeSummary":'):
        with pytest.raises(DecodeError, match="more parts than any envelope has"):
            parse(b'{"event":"envelope-sent",' + place + many + b"}}")

    assert time.perf_counter() - began < 5


def test_what_is_larger_still_is_not_even_looked_at() -> None:
    body = b"[" * (MAX_BYTES + 1)
    began = time.perf_counter()

    with pytest.raises(DecodeError, match="at most"):
        parse(body)

    assert time.perf_counter() - began < 0.5
