"""The sandbox in a process of its own, reached over a loopback port.

Its memory and its time are then not those of the process that is measured. The vendors' addresses are
https, which a loopback port is not; so the transport sends `https://host/path` as `/host/path`.
"""

from __future__ import annotations

import http.client
import multiprocessing
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from connectors import Sandbox

F = TypeVar("F")

CLOCK = "/-/clock/"
"""`POST /-/clock/5.0` lets the sandbox sleep for five seconds."""

START_LIMIT = 300.0
ANSWER_LIMIT = 120.0


@dataclass(frozen=True)
class World(Generic[F]):
    """What a client must know of the sandbox in the other process."""

    port: int
    start: datetime
    facts: F


@contextmanager
def served(make: Callable[[int], tuple[Sandbox, F]], size: int) -> Iterator[World[F]]:
    """Serve a sandbox from a process of its own; `make` makes it there, and says what there is."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(make, size, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(START_LIMIT):
            raise TimeoutError(f"the sandbox was not ready in {START_LIMIT:g} s")
        world: World[F] = ours.recv()
        yield world
    finally:
        ours.close()
        process.terminate()
        process.join()


def _serve(make: Callable[[int], tuple[Sandbox, F]], size: int, pipe: Connection) -> None:
    box, facts = make(size)
    box.calls.keep_records = False

    class Handler(_Handler):
        sandbox = box

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        pipe.send(World(server.server_address[1], box.clock.now(), facts))
        server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    sandbox: Sandbox
    protocol_version = "HTTP/1.1"  # which keeps the connection
    wbufsize = -1  # head and body in one piece
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith(CLOCK):
            self.sandbox.clock.sleep(float(self.path.removeprefix(CLOCK)))
            status, headers, answer = 204, dict[str, str](), b""
        else:
            status, headers, answer = self.sandbox.transport(
                self.command, f"https:/{self.path}", dict(self.headers.items()), body
            )
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer


class Transport:
    """A client's transport to a served sandbox, over one connection that is kept."""

    def __init__(self, world: World[F]) -> None:
        self._wire = http.client.HTTPConnection("127.0.0.1", world.port, timeout=ANSWER_LIMIT)
        self._lock = threading.Lock()
        self.clock = Clock(self, world.start)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        parts = urlsplit(url)
        target = f"/{parts.netloc}{parts.path}"
        if parts.query:
            target += f"?{parts.query}"
        return self.send(method, target, {**headers, "Host": parts.netloc}, body)

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request and its answer; the others wait for their turn."""
        with self._lock:
            self._wire.request(method, target, body or None, dict(headers))
            answer = self._wire.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()


class Clock:
    """The sandbox's time on this side: nobody else moves it, so it need not be asked for."""

    def __init__(self, transport: Transport, start: datetime) -> None:
        self._transport = transport
        self._start = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Let the other process sleep; then so much time has passed here too."""
        if seconds > 0:
            self._transport.send("POST", f"{CLOCK}{seconds!r}", {}, b"")
            self._elapsed += seconds
