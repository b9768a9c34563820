"""The service: hosts, keys, limits, routing, and the headers of every answer."""

from __future__ import annotations

import json
from email.utils import format_datetime
from urllib.parse import unquote

from ..kernel import Answer, Clock, Request
from . import (
    automations,
    contacts,
    hooks,
    imports,
    notes,
    objects,
    people,
    schemas,
    tags,
    tracking,
    untouched,
    values,
)
from .limits import Rolling
from .push import Push
from .records import User
from .routing import Call, Reply, Route, Table
from .wire import Json, NotSimulated, Refusal, forbidden

HOST = "sandbox.api-us1.com"
EVENTS_HOST = "trackcmp.net"
_ROUTES = [
    *automations.ROUTES,
    *contacts.ROUTES,
    *hooks.ROUTES,
    *imports.ROUTES,
    *notes.ROUTES,
    *objects.ROUTES,
    *people.ROUTES,
    *schemas.ROUTES,
    *tags.ROUTES,
    *tracking.ROUTES,
    *values.ROUTES,
]
_TABLE = Table(_ROUTES)


class ActiveCampaign(Push):
    """One ActiveCampaign account behind its API, offline.

    Everything the reference leaves open is an attribute that a test can set; see `Book`.

    Args:
        clock: the time it lives in.
        seed: makes ids and keys repeatable.
        host: where it answers.
    """

    name = "activecampaign"

    def __init__(self, clock: Clock, *, seed: int = 0, host: str = HOST) -> None:
        super().__init__(clock, seed)
        self.host = host
        self.url = f"https://{host}"
        self.event_url = f"https://{EVENTS_HOST}/event"
        self.second = Rolling(clock, 5, 1)
        """What all keys of the account may call together."""
        self.key = self.add_key("admin")

    def add_key(self, username: str, first_name: str = "", last_name: str = "") -> str:
        """Another user of the account; gives that user's key."""
        key = self.random.randbytes(36).hex()
        email = f"{username}@sandbox.invalid"
        self.keys[key] = User(
            self.new_id("user"),
            username,
            email,
            first_name or username.title(),
            last_name or "User",
        )
        return key

    def revoke_key(self) -> str:
        """End the key `key`; gives a new one of the same user, which is now `key`."""
        user = self.keys.pop(self.key)
        self.key = self.random.randbytes(36).hex()
        self.keys[self.key] = user
        return self.key

    def restrict_key(self, *operations: str, key: str | None = None) -> None:
        """Take permissions from a key's user; without operations all are given back.

        Args:
            operations: such as "tags.create", or a whole room such as "tags".
            key: `key` by default.

        Raises:
            ValueError: an operation that does not exist.
        """
        known = {each.operation for each in _ROUTES}
        rooms = {each.partition(".")[0] for each in known} | untouched.ROOMS
        for each in operations:
            if each not in known | rooms:
                raise ValueError(f"no operation {each!r}; there are {', '.join(sorted(known))}")
        self.keys[key or self.key].denied = set(operations)

    def serves(self, request: Request) -> bool:
        """Whether the request is for the API, or for the host that takes events."""
        return request.host in (self.host, EVENTS_HOST)

    def answer(self, request: Request) -> Answer:
        """Do what is asked, or refuse it in the vendor's way."""
        self.drain()
        if request.host == EVENTS_HOST:
            return self._event(request)
        parts = [unquote(part) for part in request.raw_path.split("/")[1:]]
        inside = parts[:2] == ["api", "3"]
        found = _TABLE.find(request.method, parts[2:]) if inside else None
        operation = found[0].operation if found is not None else "unknown"
        if found is None and inside:
            operation = untouched.operation(request.method, parts[2:]) or operation
        try:
            reply = self._do(request, operation, found)
        except Refusal as no:
            reply = Reply(no.status, no.payload, no.headers, no.content_type)
        except NotSimulated as gap:
            reply = _gap(request, operation, str(gap))
        return self._write(reply, operation)

    def _do(
        self, request: Request, operation: str, found: tuple[Route, tuple[str, ...]] | None
    ) -> Reply:
        user = self.keys.get(request.headers.get("api-token", ""))
        if user is None:
            raise Refusal(self.bad_key_status, {"message": "Forbidden"})
        if self.limits and not self.second.take():
            raise self._too_many()
        if {operation, operation.partition(".")[0]} & user.denied:
            raise forbidden()
        if found is None:
            raise NotSimulated(f"{request.method} {request.path}")
        route, ids = found
        if request.query and not route.query:
            raise NotSimulated(f"the query parameter {request.query[0][0]}")
        return route.handler(self, Call(request, ids))

    def _too_many(self) -> Refusal:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.over_limit_status == 503:
            page = "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>"
            return Refusal(503, page, content_type="text/html")
        return Refusal(429, {"message": "Too Many Requests"}, headers=headers)

    def _event(self, request: Request) -> Answer:
        try:
            reply = tracking.take(self, request)
        except NotSimulated as gap:
            reply = _gap(request, tracking.OPERATION, str(gap))
        return self._write(reply, tracking.OPERATION)

    def _write(self, reply: Reply, operation: str) -> Answer:
        headers = {
            "Date": format_datetime(self.clock.now(), usegmt=True),
            "X-Request-Id": self.new_uuid(),
        }
        if self.rate_headers and operation != tracking.OPERATION:
            headers["RateLimit-Limit"] = str(self.second.limit)
            headers["RateLimit-Remaining"] = str(self.second.left)
        headers.update(reply.headers)
        body = b""
        if reply.payload is not None:
            headers["Content-Type"] = reply.content_type
            body = _written(reply)
        return Answer(reply.status, headers, body, operation)


def _written(reply: Reply) -> bytes:
    if reply.content_type == "text/html":
        return str(reply.payload).encode()
    return json.dumps(reply.payload, separators=(",", ":")).encode()


def _gap(request: Request, operation: str, what: str) -> Reply:
    body: Json = {
        "status": 501,
        "message": f"the sandbox does not simulate {what}",
        "operation": operation,
        "method": request.method,
        "path": request.path,
    }
    return Reply(501, body)
