# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Performs flows: the loop that answers their steps."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, assert_never, cast
from urllib.parse import quote, unquote

from attrs import evolve

from ..core.auth import Credential, TokenCache
from ..core.call import Call, Json, Page, Pages, Reply, Request, Response, WriteClass
from ..core.flow import Authorize, Deadline, Flow, Now, Once, Port, Send, Step, Wait, perform
from ..core.frames import as_row, frame
from ..core.policy import Retries, retries_of, timeout_of
from ..core.wire import UNSET, Unset, dumps, masked, parse
from ..errors import AuthError, CallError, ConfigError, ConnectorsError, DecodeError
from .files import Draft, apart, destination, file_name
from .http import Incoming, Wire
from .slots import Slots
from .tokens import HeldToken, MemoryTokenCache, turn, unbroken

if TYPE_CHECKING:
    import pandas

T = TypeVar("T")
# Not `Self`: notebooks complete by jedi, which takes that for the class it stands in.
C = TypeVar("C", bound="Client")


class Session:
    """One client's connection: its port, its wire, its token, its places among the calls under way."""

    def __init__(
        self,
        port: Port,
        wire: Wire,
        credential: Credential,
        *,
        slots: Slots,
        cache: TokenCache | None = None,
    ) -> None:
        self.port: Port = evolve(port, renewable=credential.static_headers() is None)
        self.wire = wire
        self._slots = slots
        self._sign_in = _SignIn(credential, wire, cache)
        self._known = _Known()

    def with_options(self, *, timeout: float | None, retries: Retries | int | None) -> Session:
        """A session over the same connections and token."""
        twin = copy.copy(self)
        twin.port = evolve(
            self.port,
            timeout=self.port.timeout if timeout is None else timeout_of(timeout),
            retries=self.port.retries if retries is None else retries_of(retries),
        )
        return twin

    def over(self, port: Port, slots: Slots) -> Session:
        """A session to another account of the same user, over the same connections and token.

        What one of them has found out once, the others know too.
        """
        twin = copy.copy(self)
        twin.port, twin._slots = evolve(port, renewable=self.port.renewable), slots
        return twin

    def send(self, call: Call[T]) -> T:
        """Perform one call and return its value."""
        return self.reply(call).value

    def reply(self, call: Call[T]) -> Reply[T]:
        """Perform one call and return the value with its answer."""
        return self.run(perform(call, self.port))

    def run(self, flow: Flow[T]) -> T:
        """Answer the steps of a flow until it returns."""
        try:
            step = flow.send(None)
            while True:
                try:
                    answer = self._answer(step)
                except ConnectorsError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            flow.close()

    def _answer(self, step: Step) -> Any:
        match step:
            case Send():
                if not self._slots.take_now():
                    self._slots.take()
                try:
                    if step.stream:
                        return self.wire.open(step.request, step.timeout)
                    return self.wire.send(step.request, step.timeout)
                finally:
                    self._slots.give_back()
            case Wait():
                return self.wire.sleep(step.seconds)
            case Authorize():
                if self._sign_in.static is not None:
                    return self._sign_in.static
                return self._sign_in.headers(step.stale, self)
            case Once():
                return self._known.answer(step, self)
            case Now():
                return self.wire.clock.now()
            case Deadline():
                return self.port.retries.deadline
            case _:
                assert_never(step)

    def close(self) -> None:
        """Close the connections."""
        self.wire.close()


class _SignIn:
    """The headers that authorise a client's calls, and the token behind them."""

    def __init__(self, credential: Credential, wire: Wire, cache: TokenCache | None) -> None:
        self.static = credential.static_headers()
        self._credential = credential
        self._wire = wire
        self._identity = credential.identity()
        self._cache: TokenCache = cache if cache is not None else MemoryTokenCache()
        self._turn = turn(self._identity) if self._identity else Slots(1)
        self._held: HeldToken | None = None
        self._unkept: HeldToken | None = None

    def headers(self, stale: Mapping[str, str] | None, session: Session) -> Mapping[str, str]:
        """The headers; `stale` ones were refused just now."""
        if self._held is not None and self._unkept is None and self._good(self._held, stale):
            return self._held.headers
        # Whoever is cancelled must not lose the answer: the old refresh token may be spent by then.
        return unbroken(self._fresh(stale, session))

    def _fresh(self, stale: Mapping[str, str] | None, session: Session) -> Mapping[str, str]:
        # One refresh however many calls find the token old: the others wait, then use the new one.
        self._turn.take()
        try:
            self._keep()
            self._held = self._newest()
            if self._held is None or not self._good(self._held, stale):
                self._held = self._renew(session)
            return self._held.headers
        finally:
            self._turn.give_back()

    def _renew(self, session: Session) -> HeldToken:
        old = self._held
        try:
            token = session.run(self._credential.acquire(old.token if old else None))
        except AuthError:
            # Another process may have been first, and the refresh token that was ours is spent.
            newest = self._newest()
            if newest is None or newest == old or not self._good(newest, None):
                raise
            return newest
        held = HeldToken.of(token, self._wire.clock.now())
        if self._identity:
            self._unkept = held
            self._keep()
        return held

    def _keep(self) -> None:
        """Put the newest token into the cache: again, where the cache failed to take it."""
        if self._unkept is not None:
            self._cache.set(self._identity, self._unkept.dump())
            self._unkept = None

    def _newest(self) -> HeldToken | None:
        kept = self._cache.get(self._identity) if self._identity else None
        return HeldToken.load(kept) or self._held

    def _good(self, held: HeldToken, stale: Mapping[str, str] | None) -> bool:
        return held.headers != stale and self._wire.clock.now() < held.until


class _Known:
    """What the calls of a client have found out once for all of them."""

    def __init__(self) -> None:
        self._values: dict[Hashable, Any] = {}
        self._turns: dict[Hashable, Slots] = {}

    def answer(self, step: Once, session: Session) -> Any:
        """The value of a key, known or found out now."""
        if step.key in self._values:
            return self._values[step.key]
        turn = self._turns.setdefault(step.key, Slots(1))
        turn.take()
        try:
            if step.key not in self._values:
                self._values[step.key] = session.run(step.flow())
            return self._values[step.key]
        finally:
            turn.give_back()


class Download:
    """An answer that is read piece by piece, within `with`, however large it is.

    The call is sent when the block begins: signed in, limited and retried like any other, until the
    first bytes are there. What breaks off after that is an error, and nothing is repeated.
    """

    def __init__(self, session: Session, call: Call[Any]) -> None:
        self._session = session
        self._call = call
        self._answer: Response | None = None

    def __enter__(self) -> Download:
        call = evolve(self._call, decode=_itself)
        flow = perform(call, self._session.port, stream=True)
        self._answer = self._session.run(flow).value
        try:
            if call.check is not None:
                call.check(self._answer)
        except CallError as error:
            self._close()
            self._name(error)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        stream = self._response.stream
        if stream is not None:
            cast(Incoming, stream).close()

    def _name(self, error: CallError) -> None:
        error.service, error.operation = self._call.service, self._call.operation

    @property
    def _response(self) -> Response:
        if self._answer is None:
            raise ConfigError("a download is read within a `with` block")
        return self._answer

    @property
    def name(self) -> str | None:
        """The file name that the service gave, without folders; None where it gave none."""
        return file_name(self._response.headers)

    @property
    def content_type(self) -> str:
        """The media type, such as "application/pdf"; empty where the service does not say."""
        return self._response.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def size(self) -> int | None:
        """Bytes in all, where the service says so."""
        headers = self._response.headers
        told = headers.get("content-length", "")
        return int(told) if told.isdecimal() and "content-encoding" not in headers else None

    @property
    def headers(self) -> Mapping[str, str]:
        """The answer's headers; their names are lower case."""
        return self._response.headers

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, as they come in.

        Raises:
            AnswerLost: the answer broke off.
        """
        response = self._response
        if response.stream is None:
            yield response.body
            return
        try:
            for piece in cast(Incoming, response.stream):
                yield piece
        except CallError as error:
            self._name(error)
            raise

    def read(self) -> bytes:
        """All bytes at once."""
        return b"".join([piece for piece in self])

    def save(self, path: str | Path) -> Path:
        """Write the bytes into a file, and return its path. It appears when it is whole.

        Args:
            path: of the file, which is replaced where there is one; or of a folder, where it gets the
                name that the service gave.

        Raises:
            AnswerLost: the answer broke off; there is no half file then.
            ConfigError: no such folder, or a folder and no name.
            OSError: the file cannot be written.
        """
        draft = Draft(apart(destination, path, self.name))
        try:
            for piece in self:
                apart(draft.write, piece)
            apart(draft.keep)
        finally:
            apart(draft.drop)
        return draft.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._call.operation})"


def _itself(response: Response) -> Response:
    return response


class Client(ABC):
    """What every client has beside its nouns."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._furnish()

    @abstractmethod
    def _furnish(self) -> None:
        """Make the nouns over `self._session`."""

    def with_options(
        self: C, *, timeout: float | None = None, retries: Retries | int | None = None
    ) -> C:
        """A copy that differs in this alone; it shares the connections, and closes them too.

        Args:
            timeout: seconds for one send.
            retries: a policy, or how many sends may follow the first.
        """
        twin = copy.copy(self)
        twin._session = self._session.with_options(timeout=timeout, retries=retries)
        twin._furnish()
        return twin

    def send(self, call: Call[T]) -> T:
        """Perform a call that was made as a value, and return what it answers."""
        return self._session.send(call)

    def reply(self, call: Call[T]) -> Reply[T]:
        """Perform a call and return the value with status, headers and raw body."""
        return self._session.reply(call)

    def stream(self, call: Call[Any]) -> Download:
        """Perform a call, and read its answer piece by piece: `with client.stream(call) as …`."""
        return Download(self._session, call)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: object | Unset = UNSET,
        headers: Mapping[str, str] | None = None,
        write_class: WriteClass | None = None,
    ) -> Reply[Json]:
        """Call what this library has no method for: signed in, limited and retried like the rest.

        Args:
            path: below the API's root, such as "accounts/billing"; `query` is encoded here.
            json: the body, as plain values; None is the JSON `null`.
            write_class: how it may be repeated; by default GET and DELETE freely, others only where
                the service certainly did nothing.

        Returns:
            The answer. Its value is None where the body is no JSON; `raw` has the bytes.
        """
        return self.reply(
            _free_call(self._session.port.service, method, path, query, json, headers, write_class)
        )

    @property
    def base_url(self) -> str:
        """The root of the API that this client calls."""
        return self._session.port.base_url

    def now(self) -> datetime:
        """The date and time this client lives in, UTC."""
        return self._session.wire.clock.now()

    def sleep(self, seconds: float) -> None:
        """Let time pass as this client's transport counts it."""
        self._session.wire.sleep(seconds)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def __enter__(self: C) -> C:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url})"


def _free_call(
    service: str,
    method: str,
    path: str,
    query: Mapping[str, str] | None,
    json: object | Unset,
    headers: Mapping[str, str] | None,
    write_class: WriteClass | None,
) -> Call[Json]:
    verb = method.upper()
    if "?" in path or "#" in path:
        raise ConfigError("the path holds a query; pass it as `query`, which is encoded")
    more = tuple((headers or {}).items())
    if not isinstance(json, Unset) and not any(n.lower() == "content-type" for n, _ in more):
        more = (("Content-Type", "application/json"), *more)
    safe = WriteClass.IDEMPOTENT if verb in ("GET", "DELETE") else WriteClass.UNSAFE
    return Call(
        service=service,
        operation=f"{verb} {'/'.join(masked(unquote(part)) for part in path.split('/'))}",
        request=Request(
            method=verb,
            path=path,
            query="&".join(
                f"{quote(name, safe='$@')}={quote(value, safe='')}"
                for name, value in (query or {}).items()
            ),
            headers=more,
            body=b"" if isinstance(json, Unset) else dumps(json),
        ),
        decode=_free_value,
        write_class=write_class or safe,
    )


def _free_value(response: Response) -> Json:
    try:
        value: Json = parse(response.body) if response.body else None
    except DecodeError:
        return None
    return value


class Paged(Generic[T]):
    """A list that is read page by page as it is walked.

    Iterate over it for the items; `pages()` for whole pages; `take(n)`, `first()` for some.
    `cursor` is where the page begins that is being walked: hand it to the same list call to resume
    there. Items of that page come again then; none that follows is skipped. It is None before the
    first page was walked through, and at the end.
    """

    def __init__(self, session: Session, pages: Pages[T], cursor: str | None = None) -> None:
        self._session = session
        self._pages = pages
        self._start = cursor
        self.cursor = cursor

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._pages.at(self._start).operation})"

    def pages(self) -> Iterator[Page[T]]:
        """The pages, each read when it is asked for."""
        self.cursor = self._start
        while True:
            page = self._session.send(self._pages.at(self.cursor))
            yield page
            self.cursor = page.cursor
            if self.cursor is None:
                return

    def __iter__(self) -> Iterator[T]:
        return self._items()  # no generator itself: jedi would not know what it yields

    def _items(self) -> Iterator[T]:
        for page in self.pages():
            for item in page.items:
                yield item

    def take(self, count: int) -> list[T]:
        """The first `count` items, or fewer if there are no more."""
        items: list[T] = []
        if count > 0:
            for item in self:
                items.append(item)
                if len(items) == count:
                    break
        return items

    def first(self) -> T | None:
        """The first item, or None."""
        return next(iter(self.take(1)), None)

    def to_frame(self) -> pandas.DataFrame:
        """All items as a pandas DataFrame, a column for each attribute (extra `notebook`).

        It reads the whole list into memory; what is nested stays as it is in its cell.
        """
        return frame([as_row(item) for item in self])


class Noun:
    """Operations of one kind, over one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _find(self, pages: Pages[T], fits: Callable[[T], bool]) -> T | None:
        for item in Paged(self._session, pages):
            if fits(item):
                return item
        return None
