"""Large bodies over real sockets, both ways: piece by piece, and never half a file."""

from __future__ import annotations

import asyncio
import gzip
import threading
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from connectors.core.auth import HeaderKey, TokenProvider
from connectors.core.call import Call, Request, Response, WriteClass
from connectors.core.flow import Port
from connectors.core.observe import Attempt, Observer
from connectors.core.policy import Budget, Retries
from connectors.core.upload import Upload
from connectors.errors import (
    AnswerLost,
    BadRequest,
    ConfigError,
    DecodeError,
    ServerError,
    StatusError,
    Unauthenticated,
)
from connectors.runtime import http
from connectors.runtime.aio import AsyncDownload, AsyncSession
from connectors.runtime.blocking import Download, Session
from connectors.runtime.budget import SharedBudget
from connectors.runtime.files import file_name
from connectors.runtime.http import AsyncWire, Wire
from connectors.runtime.slots import Slots
from connectors.sandbox import Clock
from tests.facades import WORLDS, Lifted, World, run

PDF = bytes(range(256)) * 1000


class Answering(BaseHTTPRequestHandler):
    """Documents, whole, broken off, or refused; what is sent is kept."""

    protocol_version = "HTTP/1.1"
    server: Shop

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        if self.path == "/trouble" and self.server.trouble:
            self._answer(self.server.trouble.pop(0), b'{"message":"no"}')
        elif self.path == "/refused":
            self._answer(400, b'{"message":"no such document"}')
        elif self.path == "/broken":
            self._head(200, {"Content-Length": str(len(PDF))})
            self.wfile.write(PDF[:100_000])
            self.close_connection = True
        elif self.path == "/packed":
            self._answer(200, gzip.compress(PDF), {"Content-Encoding": "gzip"})
        elif self.path == "/unsaid":
            self._head(200, {"Transfer-Encoding": "chunked"})
            self.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(PDF), PDF))
        elif self.path == "/large":
            self._head(200, {"Content-Length": str(300 * 2**20)})
            for _ in range(300):
                self.wfile.write(bytes(2**20))
        elif self.path == "/empty":
            self._head(204, {})
        else:
            self._answer(
                200,
                PDF,
                {
                    "Content-Type": "application/pdf; charset=binary",
                    "Content-Disposition": 'attachment; filename="Contract 7.pdf"',
                },
            )

    def do_POST(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        if self.path == "/count":
            left = int(self.headers["Content-Length"])
            while left:
                left -= len(self.rfile.read(min(left, 2**20)))
            self._answer(200, b"")
            return
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(self.server.trouble.pop(0) if self.server.trouble else 201, b"{}")

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._head(status, {"Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return None


class Shop(ThreadingHTTPServer):
    """The server, and what it saw."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.seen: list[tuple[str, Mapping[str, str]]] = []
        self.bodies: list[bytes] = []
        self.trouble: list[int] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves early is what some tests are about."""

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.seen]


@pytest.fixture(scope="module")
def running() -> Iterator[Shop]:
    with Shop() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def shop(running: Shop) -> Shop:
    for kept in (running.seen, running.bodies, running.trouble):
        kept.clear()
    return running


def classify(_: Call[Any], response: Response) -> StatusError | None:
    kinds: dict[int, type[StatusError]] = {400: BadRequest, 401: Unauthenticated, 503: ServerError}
    kind = kinds.get(response.status)
    return kind(response.body.decode(), status=response.status) if kind else None


def session(
    server: Shop | None = None,
    *,
    transport: Any = None,
    credential: Any = None,
    hooks: tuple[Any, ...] = (),
) -> Callable[[World], Any]:
    base = f"http://127.0.0.1:{server.server_port}" if server else "https://shop.example.org"
    secret = credential or HeaderKey("X-Key", "k")

    def make(world: World) -> Any:
        wire: Any = Wire(transport) if world == "blocking" else AsyncWire(transport)
        clock = Clock()
        wire.clock = clock
        port = Port(
            service="shop",
            base_url=base,
            hosts=frozenset({base}),
            headers={},
            classify=classify,
            rate=SharedBudget(Budget([]), clock, Slots(9)),
            observer=Observer("shop", hooks),
            now=clock.monotonic,
            retries=Retries(jitter=lambda: 0.0),
        )
        kind: Any = Session if world == "blocking" else AsyncSession
        return kind(port, wire, secret, slots=Slots(1))

    return make


def get(path: str, **more: Any) -> Call[bytes]:
    return Call(
        service="shop",
        operation="documents.get",
        request=Request(method="GET", path=path),
        decode=lambda r: r.body,
        **more,
    )


class LiftedDownload:
    """A blocking download with methods that are awaited."""

    def __init__(self, blocking: Download) -> None:
        self._blocking = blocking

    async def __aenter__(self) -> LiftedDownload:
        self._blocking.__enter__()
        return self

    async def __aexit__(self, *raised: Any) -> None:
        self._blocking.__exit__(*raised)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._blocking, name)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._blocking:
            yield piece

    async def read(self) -> bytes:
        return self._blocking.read()

    async def save(self, path: str | Path) -> Path:
        return self._blocking.save(path)


def stream(on: Any, call: Call[Any]) -> Any:
    """A download in either world."""
    if isinstance(on, Lifted):
        return LiftedDownload(Download(on._blocking, call))  # type: ignore[arg-type]
    return AsyncDownload(on, call)


def play(world: World, make: Callable[[World], Any], case: Callable[[Any], Awaitable[Any]]) -> Any:
    """A case on a session, which is closed afterwards."""

    async def whole(on: Any) -> Any:
        try:
            return await case(on)
        finally:
            await (on.close() if world == "blocking" else on.aclose())

    return run(world, make, whole)


def idle(on: Any) -> int:
    """How many connections wait to be used."""
    session: Any = on._blocking if isinstance(on, Lifted) else on
    return sum(map(len, session.wire._idle.values()))


# --- downloads -------------------------------------------------------------------------------


@pytest.mark.parametrize("world", WORLDS)
def test_a_download_says_what_it_is_and_comes_in_pieces(world: World, shop: Shop) -> None:
    async def case(on: Any) -> None:
        async with stream(on, get("contract")) as download:
            assert download.name == "Contract 7.pdf"
            assert (download.content_type, download.size) == ("application/pdf", len(PDF))
            assert download.headers["content-length"] == str(len(PDF))
            pieces = [piece async for piece in download]
            assert len(pieces) > 1
            assert b"".join(pieces) == PDF
            assert [piece async for piece in download] == []

    play(world, session(shop), case)

    [(_, headers)] = shop.seen
    assert (headers["Accept-Encoding"], headers["X-Key"]) == ("identity", "k")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("path", ["unsaid", "packed"])
def test_a_download_whose_size_is_unknown_is_read_whole(
    world: World, path: str, shop: Shop
) -> None:
    async def case(on: Any) -> None:
        async with stream(on, get(path)) as download:
            assert (download.size, download.name, download.content_type) == (None, None, "")
            assert await download.read() == PDF

    play(world, session(shop), case)


@pytest.mark.parametrize("world", WORLDS)
def test_a_download_may_be_empty(world: World, shop: Shop) -> None:
    async def case(on: Any) -> None:
        async with stream(on, get("empty")) as download:
            assert await download.read() == b""

    play(world, session(shop), case)


@pytest.mark.parametrize("world", WORLDS)
def test_a_download_is_saved_under_its_own_name_or_another(
    world: World, shop: Shop, tmp_path: Path
) -> None:
    (tmp_path / "old.pdf").write_bytes(b"old")

    async def case(on: Any) -> None:
        async with stream(on, get("contract")) as download:
            assert await download.save(tmp_path) == tmp_path / "Contract 7.pdf"
        async with stream(on, get("contract")) as download:
            assert await download.save(str(tmp_path / "old.pdf")) == tmp_path / "old.pdf"

    play(world, session(shop), case)

    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        "Contract 7.pdf": PDF,
        "old.pdf": PDF,
    }


@pytest.mark.parametrize("world", WORLDS)
def test_a_download_that_breaks_off_leaves_what_was_there(
    world: World, shop: Shop, tmp_path: Path
) -> None:
    (tmp_path / "contract.pdf").write_bytes(b"old")

    async def case(on: Any) -> None:
        async with stream(on, get("broken")) as download:
            with pytest.raises(AnswerLost, match=r"^shop documents\.get: "):
                await download.save(tmp_path / "contract.pdf")
        assert await on.send(get("contract")) == PDF

    play(world, session(shop), case)

    assert [p.name for p in tmp_path.iterdir()] == ["contract.pdf"]
    assert (tmp_path / "contract.pdf").read_bytes() == b"old"
    assert shop.paths == ["/broken", "/contract"]


@pytest.mark.parametrize("world", WORLDS)
def test_a_refusal_is_the_error_of_the_service_with_what_it_says(world: World, shop: Shop) -> None:
    async def case(on: Any) -> None:
        with pytest.raises(BadRequest, match=r"documents\.get → 400.*no such document"):
            async with stream(on, get("refused")):
                raise AssertionError("a refusal is no download")
        assert idle(on) == 1

    play(world, session(shop), case)


@pytest.mark.parametrize("world", WORLDS)
def test_trouble_before_the_first_byte_is_repeated(world: World, shop: Shop) -> None:
    told: list[Attempt] = []
    shop.trouble += [503, 401]

    async def case(on: Any) -> None:
        async with stream(on, get("trouble")) as download:
            assert await download.read() == PDF

    given = iter(["one", "two"])
    provider = TokenProvider(provide=lambda: next(given))
    play(world, session(shop, credential=provider, hooks=(told.append,)), case)

    assert [headers["Authorization"] for _, headers in shop.seen] == [
        "Bearer one",
        "Bearer one",
        "Bearer two",
    ]
    assert [a.status for a in told] == [503, 401, 200]


@pytest.mark.parametrize("world", WORLDS)
def test_the_connection_comes_back_however_the_block_ends(world: World, shop: Shop) -> None:
    async def case(on: Any) -> None:
        for path in ("contract", "large"):
            async with stream(on, get(path)) as download:
                assert idle(on) == 0
                async for _ in download:
                    break
            assert idle(on) == 1
        with pytest.raises(KeyError):
            async with stream(on, get("contract")):
                raise KeyError
        assert idle(on) == 1
        assert await on.send(get("contract")) == PDF

    play(world, session(shop), case)


@pytest.mark.parametrize("world", WORLDS)
def test_calls_go_on_while_a_download_is_open(world: World, shop: Shop) -> None:
    async def case(on: Any) -> None:
        async with stream(on, get("contract")) as download:
            assert await on.send(get("contract")) == PDF
            assert await download.read() == PDF

    play(world, session(shop), case)


@pytest.mark.parametrize("world", WORLDS)
def test_a_download_larger_than_any_answer_takes_no_memory(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LARGEST_BODY", 2**20)

    async def case(on: Any) -> int:
        with pytest.raises(DecodeError, match="larger"):
            await on.send(get("large"))
        count = 0
        tracemalloc.start()
        try:
            async with stream(on, get("large")) as download:
                async for piece in download:
                    count += len(piece)
                    if count > 20 * 2**20:
                        break
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        return peak

    assert play(world, session(shop), case) < 4 * 2**20


@pytest.mark.parametrize("world", WORLDS)
def test_a_client_that_is_closed_meanwhile_closes_the_connection_afterwards(
    world: World, shop: Shop
) -> None:
    async def case(on: Any) -> None:
        async with stream(on, get("contract")) as download:
            await (on.close() if world == "blocking" else on.aclose())
            assert await download.read() == PDF
        assert idle(on) == 0
        with pytest.raises(ConfigError, match="closed"):
            async with stream(on, get("contract")):
                raise AssertionError("the client is closed")

    play(world, session(shop), case)


@pytest.mark.parametrize("world", WORLDS)
def test_outside_of_its_block_there_is_nothing_to_read(world: World, shop: Shop) -> None:
    async def case(on: Any) -> None:
        download = stream(on, get("contract"))
        for name in ("name", "size", "headers", "content_type"):
            with pytest.raises(ConfigError, match="within a `with` block"):
                getattr(download, name)
        with pytest.raises(ConfigError, match="within a `with` block"):
            await download.read()

    play(world, session(shop), case)
    assert shop.seen == []


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("status", [200, 404])
def test_a_transport_of_the_hosts_own_gives_it_in_one_piece(world: World, status: int) -> None:
    def transport(*_: object) -> tuple[int, Mapping[str, str], bytes]:
        return status, {"Content-Type": "application/pdf", "Content-Length": str(len(PDF))}, PDF

    async def case(on: Any) -> None:
        missing = get("x", safe_statuses=frozenset({404}))
        async with stream(on, missing) as download:
            assert (download.size, download.content_type) == (len(PDF), "application/pdf")
            assert [piece async for piece in download] == [PDF]

    play(world, session(transport=transport), case)


@pytest.mark.parametrize("world", WORLDS)
def test_where_a_file_cannot_go_is_said(world: World, tmp_path: Path, shop: Shop) -> None:
    async def case(on: Any) -> None:
        async with stream(on, get("unsaid")) as download:
            with pytest.raises(ConfigError, match="the service gave no file name"):
                await download.save(tmp_path)
            with pytest.raises(ConfigError, match=r"there is no folder .*nowhere"):
                await download.save(tmp_path / "nowhere" / "x.pdf")

    play(world, session(shop), case)
    assert list(tmp_path.iterdir()) == []


def test_a_task_that_is_cancelled_while_it_saves_leaves_no_file(shop: Shop, tmp_path: Path) -> None:
    async def case(on: Any) -> None:
        async def work() -> None:
            async with AsyncDownload(on, get("large")) as download:
                await download.save(tmp_path / "large.bin")

        task = asyncio.create_task(work())
        while not any(tmp_path.iterdir()):
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert idle(on) == 1

    play("async", session(shop), case)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="a b.pdf"', "a b.pdf"),
        ("file; filename=a.pdf; documentid=1", "a.pdf"),
        ("attachment; filename*=UTF-8''Vertrag%20f%C3%BCr%20Ada.pdf", "Vertrag für Ada.pdf"),
        ('attachment; filename="Vertrag für Ada.pdf"'.encode().decode("latin-1"), None),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\temp\\\\x.pdf"', "x.pdf"),
        ('attachment; filename=".."', ""),
        ('attachment; filename="a/"', ""),
        ("attachment", ""),
        ("", ""),
    ],
)
def test_the_name_of_a_file_is_a_name_and_never_a_path(header: str, name: str | None) -> None:
    expected = "Vertrag für Ada.pdf" if name is None else name or None

    assert file_name({"content-disposition": header}) == expected


# --- uploads ---------------------------------------------------------------------------------


def post(upload: Upload, path: str = "documents", kind: str = "application/pdf") -> Call[int]:
    return Call(
        service="shop",
        operation="documents.add",
        request=Request(method="POST", path=path, headers=(("Content-Type", kind),), upload=upload),
        decode=lambda r: r.status,
        write_class=WriteClass.IDEMPOTENT,
    )


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "contract.pdf"
    path.write_bytes(PDF)
    return path


@pytest.mark.parametrize("world", WORLDS)
def test_an_upload_is_sent_whole_each_time_with_its_length(
    world: World, shop: Shop, document: Path
) -> None:
    shop.trouble += [503, 401]
    kind, upload = "application/pdf", Upload((b"<", document, b">"))

    async def case(on: Any) -> None:
        assert await on.send(post(upload, kind=kind)) == 201

    provider = TokenProvider(provide=lambda: "t")
    play(world, session(shop, credential=provider), case)

    assert shop.bodies == [upload.whole()] * 3
    assert PDF in shop.bodies[0]
    for _, headers in shop.seen:
        assert headers["Content-Length"] == str(len(upload.whole()))
        assert headers["Content-Type"] == kind
        assert "Transfer-Encoding" not in headers


@pytest.mark.parametrize("world", WORLDS)
def test_a_large_upload_takes_no_memory(world: World, shop: Shop, tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(20 * 2**20)

    async def case(on: Any) -> int:
        await on.send(post(Upload((large,)), "count"))  # loads what is loaded once
        tracemalloc.start()
        try:
            assert await on.send(post(Upload((large,)), "count")) == 200
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        return peak

    # The server reads in this process, a MiB at a time.
    assert play(world, session(shop), case) < 5 * 2**20


@pytest.mark.parametrize("world", WORLDS)
def test_a_file_that_changes_on_its_way_is_named_and_the_client_goes_on(
    world: World, shop: Shop, document: Path
) -> None:
    upload = Upload((document,))

    def shrinking() -> tuple[int, Iterator[bytes]]:
        size, pieces = Upload.begin(upload)
        document.write_bytes(b"short")
        return size, pieces

    class Shrinking(Upload):
        def begin(self) -> tuple[int, Iterator[bytes]]:
            return shrinking()

    async def case(on: Any) -> None:
        with pytest.raises(ConfigError, match="was changed while it was sent"):
            await on.send(post(Shrinking((document,))))
        assert await on.send(get("contract")) == PDF

    play(world, session(shop), case)


@pytest.mark.parametrize("world", WORLDS)
def test_a_transport_of_the_hosts_own_is_handed_the_whole_upload(
    world: World, document: Path
) -> None:
    seen: list[bytes] = []

    def transport(
        method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        seen.append(body)
        return 201, {}, b""

    async def case(on: Any) -> None:
        await on.send(post(Upload((b"<", document))))

    play(world, session(transport=transport), case)

    assert seen == [b"<" + PDF]
