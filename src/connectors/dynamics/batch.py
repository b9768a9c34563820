"""`$batch`: many calls in one request, each answered by itself; some of them all or none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from attrs import evolve, field, frozen

from ..core.call import Call, Headers, Request, Response, WriteClass
from ..core.wire import by_position
from ..errors import AnswerLost, CallError, ConfigError, DecodeError, NotSent, StatusError
from . import wire
from .models import ContentId as ContentId

T = TypeVar("T")

MAX_PARTS = 1000

LONGEST_URL = 2000
"""Characters of a URL that every server and what stands before it takes; on premises some take
hardly more."""


@frozen
class ChangeSet:
    """Writes that a server does all or none of, as one part of a batch.

    A call may name a row that an earlier call of the set creates: `ContentId(1)` is the first
    call's, in place of an id or, as `CONTACTS.ref(ContentId(1))`, of a reference. The create it
    means must not ask for the row back.

    Args:
        calls: the writes, in order.
        first: the number of the first call; needed where two sets of a batch refer to their own.

    Raises:
        ConfigError: no call, a read or a batch among them, or a number that means no earlier create.
    """

    calls: tuple[Call[Any], ...]
    first: int = 1

    def __attrs_post_init__(self) -> None:
        if not self.calls:
            raise ConfigError("a change set holds at least one call")
        creates: set[int] = set()
        for number, call in enumerate(self.calls, self.first):
            if call.request.method == "GET" or call.operation == _OPERATION:
                raise ConfigError(f"a change set takes writes alone, not {call.operation}")
            if odd := _references(call.request) - creates:
                raise ConfigError(
                    f"{call.operation} refers to ${min(odd)}, which is no row that an earlier call "
                    "of its change set creates without asking for it back"
                )
            asks = any(
                "return=representation" in v for n, v in call.request.headers if n == "Prefer"
            )
            if call.request.method in ("POST", "PATCH") and not asks:
                creates.add(number)

    @property
    def refers(self) -> bool:
        """Whether a call names a row that another creates."""
        return any(_references(call.request) for call in self.calls)

    @property
    def refers_in_body(self) -> bool:
        """Whether it does so in a body, which v9.0 on premises answers with 500."""
        return any(_BODY_REFERENCE.search(call.request.body) for call in self.calls)


_PATH_REFERENCE = re.compile(r"\$(\d+)")
_BODY_REFERENCE = re.compile(rb'"[^"]*@odata\.(?:bind|id)":"\$(\d+)"')


def _references(request: Request) -> set[int]:
    path = _PATH_REFERENCE.match(request.path)
    body = _BODY_REFERENCE.findall(request.body)
    return {int(number) for number in [*([path[1]] if path else []), *body]}


@frozen(kw_only=True)
class BatchResult:
    """What became of one call of a batch. `response` None: the answer says nothing about it.

    `undone`: it was certainly not done, or undone again: another call of its change set was
    refused, or the batch stopped at a refusal before it. `request_id`: the whole batch's.
    """

    call: Call[Any]
    response: Response | None = field(repr=False)
    undone: bool = False
    request_id: str = ""

    def value(self) -> Any:
        """What the call alone would have answered.

        Raises:
            StatusError: this call was refused.
            NotSent: it was not done, since another was refused.
            AnswerLost: its answer is missing.
        """
        try:
            if self.response is None:
                if self.undone:
                    raise NotSent(
                        "not done: another call before it or in its change set was refused"
                    )
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
            if isinstance(error, StatusError) and not error.request_id:
                error.request_id = self.request_id
            raise


def batch(
    parts: Sequence[Call[Any] | ChangeSet],
    *,
    base_url: str,
    continue_on_error: bool = True,
    change_set_each: bool = False,
    headers: Headers = (),
) -> Call[tuple[BatchResult, ...]]:
    """1 to 1000 calls in one request, in order; the answer has one result for each.

    The calls of a change set have their results in a row. It may be repeated as freely as the
    least repeatable of its parts.

    Args:
        base_url: the client's, as `https://contoso.crm4.dynamics.com/api/data/v9.2`.
        continue_on_error: go on behind a part that is refused; v9.1 and later. Otherwise what
            follows it is neither done nor answered.
        change_set_each: put each write into a change set of its own, as v8.2 and v9.0 need it.
        headers: go into each part: those of the request around them do not count there.

    Raises:
        ConfigError: none, too many, a batch within the batch, or two change sets whose numbers
            meet.
    """
    groups = _groups(parts, change_set_each)
    calls = [call for group in groups for call in group.calls]
    if not 1 <= len(calls) <= MAX_PARTS:
        raise ConfigError(f"a batch takes 1 to {MAX_PARTS} calls, got {len(calls)}")
    if any(call.operation == _OPERATION for call in calls):
        raise ConfigError("a batch cannot hold a batch")
    heads: dict[object, bytes] = {}
    texts = [_request_text(call.request, base_url, headers, heads) for call in calls]
    # Made from the content, so that equal batches are equal and printing one is no surprise.
    name = hashlib.sha256(b"".join(texts)).hexdigest()[:32]
    following = iter(texts)
    plain = f"--batch_{name}\r\n".encode() + _PART + b"\r\n"
    pieces: list[bytes] = []
    for group in groups:
        if group.first:
            inner = f"changeset_{name}_{group.first}"
            pieces.append(f"--batch_{name}\r\nContent-Type: multipart/mixed; ".encode())
            pieces.append(f'boundary="{inner}"\r\n\r\n'.encode())
            for number, _ in enumerate(group.calls, group.first):
                pieces.append(f"--{inner}\r\n".encode() + _PART)
                pieces.append(f"Content-ID: {number}\r\n\r\n".encode() + next(following) + b"\r\n")
            pieces.append(f"--{inner}--\r\n\r\n".encode())
        else:
            pieces += (plain, next(following), b"\r\n")
    # Without the last line end the server cannot read the last write.
    pieces.append(f"--batch_{name}--\r\n".encode())
    outer = [("Content-Type", f'multipart/mixed; boundary="batch_{name}"')]
    if continue_on_error:
        outer.append(("Prefer", "odata.continue-on-error"))
    return Call(
        service="dynamics",
        operation=_OPERATION,
        request=Request(
            method="POST", path=_OPERATION, headers=tuple(outer), body=b"".join(pieces)
        ),
        decode=lambda response: _results(groups, response),
        write_class=_least_repeatable(calls),
    )


def _least_repeatable(calls: Sequence[Call[Any]]) -> WriteClass:
    for kind in (WriteClass.UNSAFE, WriteClass.MARKED, WriteClass.NATURAL_KEY):
        if any(call.write_class is kind for call in calls):
            return kind
    return WriteClass.IDEMPOTENT


def in_body(call: Call[T], base_url: str, *, headers: Headers = ()) -> Call[T]:
    """The same read, within the body of a batch where its URL would be too long; else as it is.

    Args:
        base_url, headers: as for `batch`.
    """
    if call.request.method != "GET" or len(call.request.url(base_url)) <= LONGEST_URL:
        return call
    around = batch([call], base_url=base_url, continue_on_error=False, headers=headers)

    def decode(response: Response) -> T:
        result = around.decode(response)[0]
        if result.response is not None and "date" in response.headers:
            # A part does not say when it was answered.
            dated = {**result.response.headers, "date": response.headers["date"]}
            result = evolve(result, response=evolve(result.response, headers=dated))
        value: T = result.value()
        return value

    return evolve(call, request=around.request, decode=decode, safe_statuses=frozenset())


_OPERATION = "$batch"
_PART = b"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"


class _Group(NamedTuple):
    """What one part of a batch holds; `first` is the number of a change set's first call."""

    calls: tuple[Call[Any], ...]
    first: int = 0


def _groups(parts: Sequence[Call[Any] | ChangeSet], change_set_each: bool) -> list[_Group]:
    """The parts, with numbers for change sets of which none comes twice in the batch."""
    taken: set[int] = set()
    for part in parts:
        if isinstance(part, ChangeSet) and part.refers:
            own = set(range(part.first, part.first + len(part.calls)))
            if met := own & taken:
                raise ConfigError(
                    f"two change sets of a batch refer to ${min(met)}; give the second of them "
                    f"ChangeSet(…, first={max(taken) + 1})"
                )
            taken |= own
    if not taken and not change_set_each and not any(isinstance(p, ChangeSet) for p in parts):
        return [_Group((part,)) for part in parts if isinstance(part, Call)]
    groups: list[_Group] = []
    position = 1
    for part in parts:
        calls = part.calls if isinstance(part, ChangeSet) else (part,)
        if isinstance(part, ChangeSet) and part.refers:
            groups.append(_Group(calls, part.first))
        elif isinstance(part, ChangeSet) or (change_set_each and part.request.method != "GET"):
            first = position
            while taken & set(range(first, first + len(calls))):
                first += MAX_PARTS
            taken |= set(range(first, first + len(calls)))
            groups.append(_Group(calls, first))
        else:
            groups.append(_Group(calls))
        position += len(calls)
    return groups


def _request_text(
    request: Request, base_url: str, headers: Headers, heads: dict[object, bytes]
) -> bytes:
    """A request as it stands in a part; `heads` has those of the batch, of which many are equal."""
    key = (request.method, request.path, request.query, request.headers)
    head = heads.get(key)
    if head is None:
        url = request.path if _PATH_REFERENCE.match(request.path) else request.url(base_url)
        lines = [f"{request.method} {url} HTTP/1.1"]
        if request.method == "GET":
            lines.append("Accept: application/json")
        named = (*headers, *request.headers)
        lines += [f"{n}: {v}" for n, v in named if (n, v) != ("If-None-Match", "null")]
        head = heads[key] = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return head + request.body


_result = by_position(BatchResult)
_response = by_position(Response)


# --- the answer ------------------------------------------------------------------------------


class _Answer(NamedTuple):
    response: Response
    content_id: str = ""


def _results(groups: Sequence[_Group], response: Response) -> tuple[BatchResult, ...]:
    boundary = _boundary(response.headers.get("content-type", ""))
    if boundary is None:
        raise DecodeError("the answer to a batch is not multipart/mixed")
    parts, whole = _split(response.body, boundary)
    if len(parts) > len(groups):
        count = sum(len(group.calls) for group in groups)
        raise DecodeError(f"a batch of {count} calls has {len(parts)} answers")
    results: list[BatchResult] = []
    whose = wire.request_id(response)
    for group, part in zip(groups, parts, strict=False):
        if not group.first and part.startswith(_USUAL):
            results.append(_result(group.calls[0], _read(part, _LINE), False, whose))
        else:
            answers = _answers(part)
            results += _paired(group, answers, whose)
    if missing := groups[len(parts) :]:
        # An answer that was not cut off and ends with a refusal says that the server stopped there.
        last = _answers(parts[-1]) if parts else []
        stopped = whole and any(answer.response.status >= 400 for answer in last)
        results += [
            BatchResult(call=call, response=None, undone=stopped, request_id=whose)
            for group in missing
            for call in group.calls
        ]
    return tuple(results)


def _paired(group: _Group, answers: list[_Answer], whose: str) -> Iterator[BatchResult]:
    """The calls of one part with their answers; a refused change set is answered by one alone."""
    failed = next((answer for answer in answers if answer.response.status >= 400), None)
    if failed is None or len(group.calls) == 1:
        for index, call in enumerate(group.calls):
            found = answers[index].response if index < len(answers) else None
            yield BatchResult(call=call, response=found, request_id=whose)
        return
    named = failed.content_id.isdecimal()
    place = int(failed.content_id) - group.first if named else 0
    for index, call in enumerate(group.calls):
        # Where the answer does not say whom it means, it counts for the first.
        own = index == (place if 0 <= place < len(group.calls) else 0)
        yield BatchResult(
            call=call, response=failed.response if own else None, undone=not own, request_id=whose
        )


def _boundary(content_type: str) -> bytes | None:
    found = re.match(r'multipart/mixed\s*;.*?\bboundary="?([^";\s]+)', content_type, re.IGNORECASE)
    return found[1].encode() if found else None


def _split(body: bytes, boundary: bytes) -> tuple[list[bytes], bool]:
    """The parts between delimiters, and whether the last delimiter is there; a part that is cut
    off at the end is left out."""
    mark = re.compile(rb"\r\n--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r\n|\Z)")
    # Each delimiter gives two pieces: whether it is the last, and what stands behind it.
    pieces = mark.split(b"\r\n" + body)[1:]
    return pieces[1:-2:2], bool(pieces) and pieces[-2] is not None


def _answers(part: bytes) -> list[_Answer]:
    """The answers in a part: one, or those of a change set."""
    end = part.find(b"\r\n\r\n")
    about = _about(part[:end])
    line = end + 4
    if not part.startswith(b"HTTP/1.", line):
        line = part.find(b"HTTP/1.", end)
    if line < 0 or part[end:line].strip():
        boundary = _boundary(about.get("content-type", ""))
        if boundary is None or end < 0:
            raise DecodeError("a part of the answer to a batch is not an HTTP answer")
        return [
            answer for inner in _split(part[end + 4 :], boundary)[0] for answer in _answers(inner)
        ]
    return [_Answer(_read(part, line), about.get("content-id", ""))]


_USUAL = b"\r\n" + _PART + b"\r\nHTTP/1."
"""How nearly every part begins that is no change set."""

_LINE = len(_USUAL) - len(b"HTTP/1.")


def _read(part: bytes, line: int) -> Response:
    """The answer that begins in `part` with the status line at `line`."""
    status = part[line + 9 : line + 12]
    if not status.isdigit():
        raise DecodeError("a part of the answer to a batch has no status")
    start = part.find(b"\r\n", line)
    stop = part.find(b"\r\n\r\n", start)
    if stop < 0:
        return _response(int(status), _Head(part[start:]), b"")
    return _response(int(status), _Head(part[start:stop]), part[stop + 4 :].rstrip(b"\r\n"))


class _Head(Mapping[str, str]):
    """Header lines, each behind a line end, that are read when they are asked for: of most answers
    one or two are."""

    __slots__ = ("_lines", "_lower")

    def __init__(self, lines: bytes) -> None:
        self._lines = lines
        self._lower = lines.lower()

    def get(self, name: str, default: Any = None) -> Any:
        mark = f"\r\n{name}:".encode()
        at = self._lower.find(mark)
        if at < 0:
            return default
        start = at + len(mark)
        end = self._lines.find(b"\r\n", start)
        value = self._lines[start:] if end < 0 else self._lines[start:end]
        return value.decode("utf-8", "replace").strip()

    def __getitem__(self, name: str) -> str:
        value: str | None = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        for line in self._lower.decode("utf-8", "replace").split("\r\n"):
            name, colon, _ = line.partition(":")
            if colon:
                yield name.strip()

    def __len__(self) -> int:
        return sum(1 for _ in self)


# What stands above an answer is the same for all but change sets.
_about = lru_cache(maxsize=8)(_Head)
