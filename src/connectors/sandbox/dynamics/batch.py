"""`$batch`: multipart read and written byte by byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from ..kernel import Answer
from .call import Call
from .errors import Refused, bad_payload

Run = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, str]], Answer]
"""(method, url, headers, body, Content-ID references) -> answer."""

MAX_OPERATIONS = 1000
_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_LINE = re.compile(r"([A-Z]+) (\S+) HTTP/1\.1")


@dataclass(slots=True)
class Part:
    """One operation of a batch."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    content_id: str = ""


def _unreadable() -> Refused:
    return bad_payload("Stream was not readable.")


def _boundary(kind: str) -> bytes:
    match = _BOUNDARY.search(kind)
    if not kind.lower().startswith("multipart/mixed") or match is None:
        raise bad_payload(f"The content type '{kind}' is no multipart/mixed with a boundary.")
    return (match.group(1) or match.group(2)).encode()


def _split(body: bytes, boundary: bytes, *, last_line: bool) -> list[bytes]:
    """The parts between the boundaries; CRLF everywhere, also after the last boundary."""
    mark = b"\r\n--" + boundary
    pieces = (b"\r\n" + body).split(mark)
    tail = pieces.pop()
    if len(pieces) < 1 or pieces[0].strip(b"\r\n") or not tail.startswith(b"--"):
        raise _unreadable()
    if last_line and not tail.startswith(b"--\r\n"):
        raise _unreadable()
    found = []
    for piece in pieces[1:]:
        if not piece.startswith(b"\r\n"):
            raise _unreadable()
        found.append(piece[2:])
    return found


def _headers(block: bytes) -> dict[str, str]:
    found = {}
    for line in block.split(b"\r\n"):
        if not line:
            continue
        name, mark, value = line.partition(b":")
        if not mark or b"\n" in line:
            raise _unreadable()
        found[name.decode("ascii", "replace").strip().lower()] = value.decode().strip()
    return found


def _part(block: bytes, *, content_id: bool) -> Part:
    head, mark, rest = block.partition(b"\r\n\r\n")
    headers = _headers(head)
    if not mark or headers.get("content-type", "").lower() != "application/http":
        raise bad_payload("A part of the batch is no application/http.")
    if headers.get("content-transfer-encoding", "").lower() != "binary":
        raise bad_payload("A part of the batch has no Content-Transfer-Encoding: binary.")
    top, mark, body = rest.partition(b"\r\n\r\n")
    if not mark:
        # Headers must be closed by an empty line, also where no body follows.
        if not rest.endswith(b"\r\n"):
            raise _unreadable()
        top, body = rest[:-2], b""
    line, _, inner = top.partition(b"\r\n")
    match = _LINE.fullmatch(line.decode("utf-8", "replace"))
    if match is None:
        raise _unreadable()
    found = Part(match.group(1), match.group(2), _headers(inner), body)
    found.content_id = headers.get("content-id", "")
    if content_id and not found.content_id:
        raise bad_payload("Each operation of a change set needs a Content-ID.")
    if found.method not in ("GET", "DELETE") and not body.strip():
        raise _unreadable()
    if "authorization" in found.headers:
        raise bad_payload("Authorization belongs on the batch, not on its parts.")
    return found


def parse(kind: str, body: bytes) -> list[Part | list[Part]]:
    """The operations in order; a change set is a list."""
    found: list[Part | list[Part]] = []
    ids: set[str] = set()
    for block in _split(body, _boundary(kind), last_line=True):
        head, _, rest = block.partition(b"\r\n\r\n")
        inner = _headers(head).get("content-type", "")
        if not inner.lower().startswith("multipart/mixed"):
            found.append(_part(block, content_id=False))
            continue
        blocks = _split(rest, _boundary(inner), last_line=False)
        parts = [_part(b, content_id=True) for b in blocks]
        for part in parts:
            if part.method == "GET":
                raise bad_payload("A change set cannot hold a GET.")
            if part.content_id in ids:
                raise bad_payload(f"The Content-ID '{part.content_id}' is used twice.")
            ids.add(part.content_id)
        found.append(parts)
    count = sum(len(p) if isinstance(p, list) else 1 for p in found)
    if count > MAX_OPERATIONS:
        raise bad_payload(f"The batch holds {count} operations; the maximum is {MAX_OPERATIONS}.")
    return found


def _written(answer: Answer, content_id: str = "") -> bytes:
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id:
        lines.append(f"Content-ID: {content_id}")
    reason = HTTPStatus(answer.status).phrase
    lines += ["", f"HTTP/1.1 {answer.status} {reason}"]
    lines += [f"{k}: {v}" for k, v in answer.headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + answer.body + b"\r\n"


def _multipart(boundary: str, parts: list[bytes]) -> bytes:
    mark = b"--" + boundary.encode()
    return b"".join(mark + b"\r\n" + p for p in parts) + mark + b"--\r\n"


def run_batch(call: Call, run: Run) -> Answer:
    """Perform a batch and answer it."""
    state, store = call.state, call.state.store
    items = parse(call.headers.get("content-type", ""), call.body)
    if not state.bare_writes and any(isinstance(i, Part) and i.method != "GET" for i in items):
        raise bad_payload("Outside change sets a batch takes GET only.")
    keep_on = "odata.continue-on-error" in call.prefer
    keep_on = keep_on and call.number >= (9, 1) and state.continue_on_error
    if keep_on:
        call.applied.append("odata.continue-on-error")
    answers: list[bytes] = []
    status = 200
    for item in items:
        if isinstance(item, Part):
            answer = run(item.method, item.url, item.headers, item.body, {})
            answers.append(_written(answer))
        else:
            answer, text = _change_set(call, item, run)
            boundary = f"changesetresponse_{store.guid()}"
            head = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n".encode()
            answers.append(head + _multipart(boundary, text))
        if answer.status >= 400 and not keep_on:
            status = answer.status
            break
    boundary = f"batchresponse_{store.guid()}"
    kind = f"multipart/mixed; boundary={boundary}"
    return call.answer(status, _multipart(boundary, answers), {"Content-Type": kind})


def _change_set(call: Call, parts: list[Part], run: Run) -> tuple[Answer, list[bytes]]:
    """All or nothing; a failed set is answered by its failing operation alone."""
    store = call.state.store
    refs: dict[str, str] = {}
    done: list[bytes] = []
    answer = Answer(200)
    store.begin()
    for part in parts:
        answer = run(part.method, part.url, part.headers, part.body, refs)
        if answer.status >= 400:
            store.rollback()
            store.written.clear()
            return answer, [_written(answer, part.content_id)]
        address = answer.headers.get("OData-EntityId")
        # With return=representation there is nothing a later `$n` could mean.
        if address and answer.status == 204:
            refs[part.content_id] = address
        done.append(_written(answer, part.content_id))
    store.commit()
    call.state.writes += len(store.written)
    store.written.clear()
    return answer, done
