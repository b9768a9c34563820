"""The sandbox on a port of this machine, for programs in any language. Needs starlette and uvicorn.

    http://127.0.0.1:8025/getresponse/v3/…          GetResponse, its token endpoint included
    http://127.0.0.1:8025/dynamics/api/data/v9.2/…  Dynamics
    http://127.0.0.1:8025/login/…                   the authority of Dynamics
    http://127.0.0.1:8025/docusign/restapi/v2.1/…   DocuSign, the site of its first account
    http://127.0.0.1:8025/docusign-na2/restapi/…    another site, where an account lives there
    http://127.0.0.1:8025/docusign-login/oauth/…    DocuSign's account server
    http://127.0.0.1:8025/activecampaign/api/3/…    ActiveCampaign
    http://127.0.0.1:8025/activecampaign-events/…   where ActiveCampaign takes events
    http://127.0.0.1:8025/sandbox                   the sandbox itself: its time, calls and faults,
                                                    and its GetResponse consent page

Inside, the services go on living under their real hosts. Absolute URLs are translated on the way:
the vendors' into ours in answers, ours into the vendors' in requests, in bodies, headers and queries.

The sandbox's clock goes on as real seconds pass, so that what waits in a queue there comes out. It
can be ahead, since a test may move it; it never falls behind. A `slow` fault takes its seconds. A
`lost` answer is a closed connection, and so is `not_sent`: a port that listens refuses nobody, but
the service has done nothing then.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import fields
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from .kernel import LONGEST, SERVICES, Clock, Fault
from .world import Sandbox

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send


def app(box: Sandbox, *, services: Collection[str] = SERVICES, real_time: bool = True) -> ASGIApp:
    """The sandbox as an ASGI application.

    Args:
        services: those that answer.
        real_time: whether its clock goes on by itself; without, only where somebody moves it.

    Raises:
        ModuleNotFoundError: starlette is missing.
    """
    try:
        from starlette.requests import Request
    except ModuleNotFoundError as missing:
        raise _extra(missing) from None
    time_passes = _Seconds(box.clock) if real_time else None

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        if time_passes is not None:
            time_passes.catch_up()
        before = box.clock.monotonic()
        if scope["path"] == "/sandbox" or scope["path"].startswith("/sandbox/"):
            answer: Response | None = _control(box, services, request, await request.body())
        else:
            answer = _pass_on(box, services, request, await request.body())
            if time_passes is not None:
                await time_passes.take(box.clock.monotonic() - before)
        if answer is not None:
            await answer(scope, receive, send)
            return
        # Announced and never sent: the server has no other way than to close the connection.
        headers = [(b"content-length", b"1")]
        await send({"type": "http.response.start", "status": 502, "headers": headers})

    return serve


class _Seconds:
    """Moves a sandbox clock by the real seconds that passed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = time.monotonic()

    def catch_up(self) -> None:
        now = time.monotonic()
        if now > self._last:
            self._clock.sleep(now - self._last)
            self._last = now

    async def take(self, seconds: float) -> None:
        """Let seconds pass that the clock has counted already."""
        if seconds > 0:
            await asyncio.sleep(seconds)
            self._last += seconds


# --- the services ----------------------------------------------------------------------------


def _pass_on(
    box: Sandbox, services: Collection[str], request: Request, body: bytes
) -> Response | None:
    """Ask the service that a path belongs to; None where the connection breaks."""
    from starlette.responses import Response

    raw_path = request.scope["raw_path"].decode("ascii")
    places = _places(box, services)
    place = next((p for p in places if f"{raw_path}/".startswith(f"{p}/")), None)
    if place is None:
        known = ", ".join(places)
        return Response(f"nothing here; there are {known}, /sandbox\n", 404)
    origin = f"http://{request.headers.get('host', '')}"
    # The longer first: one path may be how another begins.
    longer = sorted(places.items(), key=lambda pair: len(pair[0]), reverse=True)
    to_real = [(origin + path, real) for path, real in longer]
    query = request.scope["query_string"].decode("ascii")
    url = places[place] + raw_path[len(place) :] + (f"?{query}" if query else "")
    headers = {k: _translated(v, to_real) for k, v in request.headers.items() if k != "host"}
    if headers.get("content-type", "").startswith("multipart/mixed"):
        # In a batch a target may be a path, and ours are one level deeper.
        body = body.replace(f" {place}/api/data/".encode(), b" /api/data/")
    try:
        status, answered, content = box.transport(
            request.method, _translated(url, to_real), headers, _bytes_translated(body, to_real)
        )
    except OSError:
        return None
    to_ours = [(real, origin + path) for path, real in places.items()]
    if "/dynamics" in places:
        to_ours.append((_second_name(box), f"{origin}/dynamics"))
    return Response(
        _bytes_translated(content, to_ours),
        status,
        {k: _translated(v, to_ours) for k, v in answered.items()},
    )


def _places(box: Sandbox, services: Collection[str]) -> dict[str, str]:
    """Path here → origin there."""
    found = {}
    if "getresponse" in services:
        found["/getresponse"] = f"https://{box.getresponse.host}"
    if "dynamics" in services:
        found["/dynamics"] = box.dynamics.url
        found["/login"] = "https://" + urlsplit(box.dynamics.authority).netloc
    if "docusign" in services:
        first = box.docusign.base_uri
        found["/docusign"] = first
        for account in box.docusign.accounts.values():
            if account.base_uri != first:
                site = urlsplit(account.base_uri).netloc.partition(".")[0]
                found[f"/docusign-{site}"] = account.base_uri
        found["/docusign-login"] = f"https://{box.docusign.account_server}"
    if "activecampaign" in services:
        events = box.activecampaign.event_url
        found["/activecampaign"] = box.activecampaign.url
        found["/activecampaign-events"] = events.removesuffix(urlsplit(events).path)
    return found


def _second_name(box: Sandbox) -> str:
    return box.dynamics.url.replace(".", ".api.", 1)


def _translated(text: str, pairs: list[tuple[str, str]]) -> str:
    """`text` with every origin replaced, also where it is percent-encoded."""
    for one, other in pairs:
        text = text.replace(one, other)
        for safe in ("", "/"):
            coded, wanted = quote(one, safe=safe), quote(other, safe=safe)
            text = text.replace(coded, wanted).replace(coded.replace("%3A", "%3a"), wanted)
            text = text.replace(coded.replace("%3A", "%3a").replace("%2F", "%2f"), wanted)
    return text


def _bytes_translated(data: bytes, pairs: list[tuple[str, str]]) -> bytes:
    # Every byte is a character there, so that nothing is lost whatever the body is.
    return _translated(data.decode("latin-1"), pairs).encode("latin-1")


# --- the sandbox itself ----------------------------------------------------------------------


_THERE = (
    "GET /sandbox, POST /sandbox/advance, GET, POST and DELETE /sandbox/faults, "
    "POST /sandbox/authorize"
)
_FAULT = [each.name for each in fields(Fault) if each.init]


def _control(box: Sandbox, services: Collection[str], request: Request, body: bytes) -> Response:
    """Look at the sandbox, move its clock, add faults or clear them, consent to an application."""
    from starlette.responses import JSONResponse

    path = request.url.path
    try:
        match request.method, path:
            case "GET", ("/sandbox" | "/sandbox/faults"):
                pass
            case "DELETE", "/sandbox/faults":
                box.faults.clear()
            case "POST", "/sandbox/faults":
                box.faults.add(_fault(_object(body)))
            case "POST", "/sandbox/advance":
                seconds = float(_object(body)["seconds"])
                if not 0 <= seconds <= LONGEST:
                    raise ValueError("seconds must be from 0 to ten years")
                box.clock.sleep(seconds)
            case "POST", "/sandbox/authorize" if "getresponse" in services:
                return JSONResponse(_authorized(box, _object(body or b"{}")))
            case _:
                return JSONResponse({"error": f"there are {_THERE}"}, 404)
    except (TypeError, ValueError, KeyError) as wrong:
        return JSONResponse({"error": f"{type(wrong).__name__}: {wrong}"}, 400)
    if path == "/sandbox/faults":
        return JSONResponse({"faults": [_shown(fault) for fault in box.faults]})
    return JSONResponse({"now": box.clock.now().isoformat(), "calls": box.calls.counts()})


def _object(body: bytes) -> dict[str, Any]:
    given = json.loads(body)
    if not isinstance(given, dict):
        raise ValueError("the body must be a JSON object")
    return given


def _fault(given: Mapping[str, Any]) -> Fault:
    if unknown := sorted(set(given) - set(_FAULT)):
        raise ValueError(f"a fault has no {unknown[0]!r}; it has {', '.join(_FAULT)}")
    if "kind" not in given:
        raise ValueError('a fault needs a kind, such as "lost"')
    body = given.get("body", "")
    if not isinstance(body, str):
        raise ValueError("body must be text")
    return Fault(**{**given, "body": body.encode()})


def _shown(fault: Fault) -> dict[str, Any]:
    told = {name: getattr(fault, name) for name in (*_FAULT, "struck")}
    return {**told, "headers": dict(fault.headers), "body": fault.body.decode("utf-8", "replace")}


def _authorized(box: Sandbox, given: Mapping[str, Any]) -> dict[str, str]:
    """Somebody agrees on the consent page of GetResponse: where the browser goes, and with what."""
    known = ("redirect_uri", "state")
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"to authorize takes {' and '.join(known)}, not {name!r}")
        if not isinstance(value, str):
            raise ValueError(f"{name} must be text")
    account = box.getresponse
    if "redirect_uri" in given:
        account.redirect_uri = given["redirect_uri"]
    url = account.authorize(given.get("state", ""))
    code = parse_qs(urlsplit(url).query)["code"][-1]
    return {"url": url, "code": code, "redirect_uri": account.redirect_uri}


# --- the port --------------------------------------------------------------------------------


class Server:
    """The sandbox on a loopback port, as long as a `with` block lasts or `run` runs.

    Args:
        box: the sandbox.
        port: 0 picks a free one.
        services, real_time: as for `app`.

    Raises:
        ModuleNotFoundError: starlette or uvicorn is missing.
        OSError: the port is taken.

    ```python
    from connectors import GetResponseClient, Sandbox
    from connectors.sandbox.server import Server

    box = Sandbox(seed=1)
    with Server(box) as server:
        with GetResponseClient(box.getresponse.key, host=server.getresponse) as client:
            print(client.accounts.get().account_id)
    ```
    """

    def __init__(
        self,
        box: Sandbox,
        port: int = 0,
        *,
        services: Collection[str] = SERVICES,
        real_time: bool = True,
    ) -> None:
        try:
            import uvicorn
        except ModuleNotFoundError as missing:
            raise _extra(missing) from None
        config = uvicorn.Config(
            app(box, services=services, real_time=real_time),
            lifespan="off",
            log_config=None,
            log_level="critical",
            date_header=False,  # the sandbox has its own time
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._socket = socket.socket()
        if os.name == "posix":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            self._socket.close()
            raise
        # From here on callers wait instead of being refused.
        self._socket.listen(128)
        self._thread: threading.Thread | None = None
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.getresponse = f"{self.url}/getresponse"
        """What `GetResponseClient` takes as `host`."""
        self.dynamics = f"{self.url}/dynamics"
        """What `DynamicsClient` takes as `url`."""
        self.authority = f"{self.url}/login{urlsplit(box.dynamics.authority).path}"
        self.docusign = f"{self.url}/docusign"
        """What `DocuSignClient` takes as `base_uri`."""
        self.docusign_login = f"{self.url}/docusign-login"
        """The account server of DocuSign."""
        self.activecampaign = f"{self.url}/activecampaign"
        """What `ActiveCampaignClient` takes as `url`."""
        self.activecampaign_events = f"{self.url}/activecampaign-events/event"
        """Where ActiveCampaign takes events."""

    def run(self) -> None:
        """Serve until Ctrl-C."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()

    def __enter__(self) -> Server:
        self._thread = threading.Thread(target=self.run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()

    def __repr__(self) -> str:
        return f"Server({self.url})"


def _extra(missing: ModuleNotFoundError) -> ModuleNotFoundError:
    return ModuleNotFoundError(
        f"the sandbox on a port needs {missing.name}: pip install 'connectors[web]'",
        name=missing.name,
    )
