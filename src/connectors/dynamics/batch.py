"""`$batch`: many calls in one request, each answered by itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from attrs import field, frozen

from ..core.call import Call, Request, Response
from ..errors import AnswerLost, CallError, ConfigError, DecodeError
from . import wire

MAX_PARTS = 1000


@frozen(kw_only=True)
class BatchResult:
    """What became of one call of a batch. `response` None: the answer says nothing about it."""

    call: Call[Any]
    response: Response | None = field(repr=False)

    def value(self) -> Any:
        """What the call alone would have answered.

        Raises:
            StatusError: this call was refused.
            AnswerLost: the batch stopped before it, or its answer is missing.
        """
        try:
            if self.response is None:
                raise AnswerLost("the answer to the batch has no part for this call")
            refusal = (
                None
                if self.response.status in self.call.safe_statuses
                else wire.classify(self.call, self.response)
            )
            if refusal is not None:
                raise refusal
            return self.call.decode(self.response)
        except CallError as error:
            error.service, error.operation = self.call.service, self.call.operation
            raise


def batch(
    parts: Sequence[Call[Any]],
    *,
    base_url: str,
    continue_on_error: bool = True,
    change_set_each: bool = False,
) -> Call[tuple[BatchResult, ...]]:
    """1 to 1000 calls in one request, in order; the answer has one result for each.

    It may be repeated as freely as the least repeatable of its parts.

    Args:
        base_url: the client's, as `https://contoso.crm4.dynamics.com/api/data/v9.2`.
        continue_on_error: go on behind a part that is refused; v9.1 and later. Otherwise what
            follows it is neither done nor answered.
        change_set_each: put each write into a change set of its own, as v8.2 and v9.0 need it.

    Raises:
        ConfigError: none, too many, or a batch within the batch.
    """
    if not 1 <= len(parts) <= MAX_PARTS:
        raise ConfigError(f"a batch takes 1 to {MAX_PARTS} calls, got {len(parts)}")
    if any(part.operation == _OPERATION for part in parts):
        raise ConfigError("a batch cannot hold a batch")
    calls = tuple(parts)
    texts = [_request_text(part.request, base_url) for part in calls]
    # Made from the content, so that equal batches are equal and printing one is no surprise.
    name = hashlib.sha256(b"".join(texts)).hexdigest()[:32]
    body = bytearray()
    for number, (part, text) in enumerate(zip(calls, texts, strict=True), 1):
        body += f"--batch_{name}\r\n".encode()
        if change_set_each and part.request.method != "GET":
            inner = f"changeset_{name}_{number}"
            body += f'Content-Type: multipart/mixed; boundary="{inner}"\r\n\r\n'.encode()
            body += f"--{inner}\r\n".encode() + _PART + f"Content-ID: {number}\r\n\r\n".encode()
            body += text + f"\r\n--{inner}--\r\n\r\n".encode()
        else:
            body += _PART + b"\r\n" + text + b"\r\n"
    # Without the last line end the server cannot read the last write.
    body += f"--batch_{name}--\r\n".encode()
    headers = [("Content-Type", f'multipart/mixed; boundary="batch_{name}"')]
    if continue_on_error:
        headers.append(("Prefer", "odata.continue-on-error"))
    return Call(
        service="dynamics",
        operation=_OPERATION,
        request=Request(method="POST", path=_OPERATION, headers=tuple(headers), body=bytes(body)),
        decode=lambda response: _results(calls, response),
        write_class=max((c.write_class for c in calls), key=lambda w: w.value),
    )


_OPERATION = "$batch"
_PART = b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"


def _request_text(request: Request, base_url: str) -> bytes:
    lines = [f"{request.method} {request.url(base_url)} HTTP/1.1"]
    if request.method == "GET":
        lines.append("Accept: application/json")
    lines += [f"{n}: {v}" for n, v in request.headers if (n, v) != ("If-None-Match", "null")]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + request.body


# --- the answer ------------------------------------------------------------------------------


def _results(calls: tuple[Call[Any], ...], response: Response) -> tuple[BatchResult, ...]:
    boundary = _boundary(response.headers.get("content-type", ""))
    if boundary is None:
        raise DecodeError("the answer to a batch is not multipart/mixed")
    answers = [_answer(part) for part in _split(response.body, boundary)]
    if len(answers) > len(calls):
        raise DecodeError(f"a batch of {len(calls)} calls has {len(answers)} answers")
    missing = [None] * (len(calls) - len(answers))
    return tuple(
        BatchResult(call=call, response=answer)
        for call, answer in zip(calls, [*answers, *missing], strict=True)
    )


def _boundary(content_type: str) -> bytes | None:
    found = re.match(r'multipart/mixed\s*;.*?\bboundary="?([^";\s]+)', content_type, re.IGNORECASE)
    return found[1].encode() if found else None


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts between delimiters; one that is cut off at the end is left out."""
    mark = re.compile(rb"\r\n--" + re.escape(boundary) + rb"(?:--)?[ \t]*(?=\r\n|\Z)")
    data = b"\r\n" + body
    marks = list(mark.finditer(data))
    return [data[a.end() : b.start()] for a, b in pairwise(marks)]


def _answer(part: bytes) -> Response | None:
    """The answer in a part; a change set holds one, since each write has a set of its own."""
    headers, content = _head(part.removeprefix(b"\r\n"))
    boundary = _boundary(headers.get("content-type", ""))
    if boundary is not None:
        inner = _split(content, boundary)
        return _answer(inner[0]) if inner else None
    line, _, rest = content.lstrip(b"\r\n").partition(b"\r\n")
    status = re.match(rb"HTTP/1\.\d (\d{3})", line)
    if not status:
        raise DecodeError("a part of the answer to a batch is not an HTTP answer")
    headers, body = _head(rest)
    return Response(status=int(status[1]), headers=headers, body=body.rstrip(b"\r\n"))


def _head(data: bytes) -> tuple[dict[str, str], bytes]:
    """Headers up to the first empty line, and what follows it."""
    if data.startswith(b"\r\n"):
        return {}, data[2:]
    head, _, rest = data.partition(b"\r\n\r\n")
    pairs = (line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}, rest
