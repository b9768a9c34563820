"""The service: host, sign-in, limits, routing, and the headers of every answer."""

from __future__ import annotations

import json
from email.utils import format_datetime

from ..kernel import Answer, Clock, Request
from . import (
    account,
    activity,
    campaigns,
    contacts,
    definitions,
    imports,
    masks,
    newsletters,
    oauth,
    reports,
    search,
    segments,
    senders,
    statistics,
)
from .conditions import NotSimulated
from .limits import Limits
from .push import Push
from .routing import Call, Reply, Table
from .wire import Json, Refusal, path_parts

RETAIL = "api.getresponse.com"
ENTERPRISE = "api3.getresponse360.com"
_TABLE = Table(
    [
        *account.ROUTES,
        *activity.ROUTES,
        *campaigns.ROUTES,
        *contacts.ROUTES,
        *definitions.ROUTES,
        *imports.ROUTES,
        *masks.ROUTES,
        *newsletters.ROUTES,
        *reports.ROUTES,
        *search.ROUTES,
        *segments.ROUTES,
        *senders.ROUTES,
        *statistics.ROUTES,
    ]
)


class GetResponse(Push):
    """One GetResponse account behind its API, offline.

    Everything the vendor's texts leave open is an attribute that a test can set; see `Book`.

    Args:
        clock: the time it lives in.
        seed: makes ids and delays repeatable.
        host: where it answers.
        domain: the account's domain when it is a MAX account; the host is then the MAX one.
    """

    name = "getresponse"

    def __init__(
        self, clock: Clock, *, seed: int = 0, host: str = RETAIL, domain: str | None = None
    ) -> None:
        super().__init__(clock, seed)
        self.host = ENTERPRISE if domain is not None and host == RETAIL else host
        self.domain = domain
        self.url = f"https://{self.host}/v3"
        self.enterprise = domain is not None
        self.key = self._uuids.randbytes(16).hex()
        self.limits = True
        """Whether rate limits are kept."""
        self.rates = Limits(clock)
        self.retry_after_header = True
        """Whether a 429 carries `Retry-After`."""
        self._revoked: set[str] = set()

    def revoke_key(self) -> str:
        """End the key, as its owner can in the account; gives a new one, which is now `key`."""
        self._revoked.add(self.key)
        self.key = self._uuids.randbytes(16).hex()
        return self.key

    def serves(self, request: Request) -> bool:
        """Whether the request is for the API, or for the host that keeps finished reports."""
        return request.host in (self.host, self.files_host)

    def answer(self, request: Request) -> Answer:
        """Do what is asked, or refuse it in the vendor's way."""
        self.drain()
        if request.host == self.files_host:
            return reports.download(self, request)
        wrong = self.domain is not None and request.headers.get("x-domain") != self.domain
        if wrong and "x-domain" in request.headers and self.wrong_domain == "redirect":
            return self._stray()
        operation = "unknown"
        try:
            operation, reply = self._dispatch(request)
        except Refusal as refusal:
            operation = self._operation(request)
            envelope = refusal.envelope(self.new_uuid())
            reply = Reply(refusal.status, envelope, refusal.headers)
        except NotSimulated as gap:
            reply = self._gap(request, str(gap))
        self.drain()
        return self._write(reply, operation)

    def _dispatch(self, request: Request) -> tuple[str, Reply]:
        self._check_domain(request)
        parts = path_parts(request)
        if parts[:1] == ["v3"] and parts[1:] == ["token"] and request.method == "POST":
            return oauth.TOKEN.operation, oauth.token(self, Call(request))
        self._authenticate(request)
        found = _TABLE.find(request.method, parts[1:]) if parts[:1] == ["v3"] else None
        if self.limits:
            operation = found[0].operation if found is not None else "unknown"
            self.rates.take(operation, retry_after=self.retry_after_header)
        if found is None:
            return "unknown", self._gap(request, f"{request.method} {request.path}")
        route, ids = found
        reply = route.handler(self, Call(request, ids))
        if route.writes:
            self.writes += 1
        return route.operation, reply

    def _operation(self, request: Request) -> str:
        parts = path_parts(request)
        if parts == ["v3", "token"]:
            return oauth.TOKEN.operation
        found = _TABLE.find(request.method, parts[1:])
        return found[0].operation if found else "unknown"

    def _check_domain(self, request: Request) -> None:
        given = request.headers.get("x-domain")
        if self.domain is not None and given is None:
            raise Refusal(1021, "X-Domain header is missing", {"header": "X-Domain"})
        if self.domain is not None and given != self.domain:
            raise Refusal(int(self.wrong_domain), "Domain not found", {"header": "X-Domain"})
        if self.domain is None and given is not None:
            raise Refusal(1021, "X-Domain header is not allowed here", {"header": "X-Domain"})

    def _authenticate(self, request: Request) -> None:
        header = request.headers.get("x-auth-token")
        if header is not None:
            if header == f"api-key {self.key}":
                return
            raise Refusal(1014, "Unable to authenticate", {"authenticationType": "auth_token"})
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind == "Bearer" and self.tokens.get(token, -1.0) > self.clock.monotonic():
            return
        kind = "auth_token" if not kind else "oauth2"
        raise Refusal(1014, "Unable to authenticate", {"authenticationType": kind})

    def _gap(self, request: Request, what: str) -> Reply:
        body: Json = {
            "httpStatus": 501,
            "message": f"the sandbox does not simulate {what}",
            "method": request.method,
            "path": request.path,
        }
        return Reply(501, body)

    def _write(self, reply: Reply, operation: str) -> Answer:
        headers = self._common_headers()
        headers.update(self.rates.headers())
        headers["X-Unique-Id"] = self.new_uuid()
        headers.update(reply.headers)
        body = b""
        if reply.payload is not None:
            headers["Content-Type"] = "application/json;charset=utf-8"
            body = json.dumps(reply.payload, separators=(",", ":")).encode()
        return Answer(reply.status, headers, body, operation)

    def _common_headers(self) -> dict[str, str]:
        return {"Date": format_datetime(self.clock.now(), usegmt=True)}

    def _stray(self) -> Answer:
        """A MAX host asked for a domain it does not know sends the caller to a web page."""
        headers = {
            **self._common_headers(),
            "Location": "https://www.getresponse.com/",
            "Content-Type": "text/html; charset=UTF-8",
        }
        page = b"<!DOCTYPE html><html><body><h1>Moved Permanently</h1></body></html>"
        return Answer(301, headers, page, "redirect")
