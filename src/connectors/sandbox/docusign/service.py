"""The service: hosts, sign-in, limits, routing, and the headers of every answer."""

from __future__ import annotations

import random
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from ..kernel import Answer, Clock, Request
from . import (
    accounts,
    bulk,
    connect,
    documents,
    envelopes,
    listing,
    locking,
    oauth,
    recipients,
    templates,
    viewing,
)
from .lifetimes import Lifetimes
from .records import Account, User
from .routing import Call, Route, Table
from .store import ACCOUNT_SERVERS, DEMO_SITE
from .wire import STATUS_OF, NotSimulated, Refusal, Reply, bad, write

LARGEST = 35_651_584
ROUTES = [
    *accounts.ROUTES,
    *bulk.ROUTES,
    *connect.ROUTES,
    *envelopes.ROUTES,
    *listing.ROUTES,
    *locking.ROUTES,
    *documents.ROUTES,
    *recipients.ROUTES,
    *templates.ROUTES,
    *viewing.ROUTES,
]


def _beyond(call: Call) -> Reply:
    raise NotSimulated(f"{call.request.method} {call.request.path}")


BEYOND = [
    Route(method, path, "unknown", _beyond)
    for path, methods in {
        "": "DELETE",
        "settings": "PUT",
        "users": "POST PUT DELETE",
        "users/{}": "PUT",
        "bulk_send_batch/{}": "PUT",
        "folders/{}": "GET",
        "templates": "POST",
        "templates/{}": "PUT",
        "templates/{}/recipients": "POST PUT DELETE",
        "templates/{}/recipients/{}/tabs": "POST PUT DELETE",
        "templates/{}/custom_fields": "POST PUT DELETE",
        "templates/{}/documents": "PUT DELETE",
        "templates/{}/documents/{}/tabs": "POST PUT DELETE",
        "envelopes/{}/templates": "POST",
        "envelopes/{}/views/correct": "DELETE",
    }.items()
    for method in methods.split()
]
"""What the vendor has at the paths of `ROUTES` and the sandbox does not: no method to refuse."""

_TABLE = Table([*ROUTES, *BEYOND])
POLLED = frozenset(
    "envelopes.get recipients.list recipients.tabs envelopes.audit_events envelopes.form_data "
    "envelopes.custom_fields".split()
)
"""What counts as asking for the state of one envelope."""


class DocuSign(Lifetimes):
    """DocuSign's account server and its eSignature API, offline.

    Everything the vendor's texts leave open is an attribute that a test can set; see `Book` and
    `Publishing`.

    Args:
        clock: the time it lives in.
        seed: makes ids and delays repeatable.
    """

    name = "docusign"

    def __init__(self, clock: Clock, *, seed: int = 0) -> None:
        super().__init__(clock, seed)
        # By itself: a call that only reads changes none of the ids to come.
        self._traces = random.Random(seed)
        user = self.new_user("Sam Sender", "sam.sender@example.com")
        account = self.new_account("Sandbox Ltd", DEMO_SITE)
        self.join(account, user, admin=True)
        self.user_id = user.id
        """The integration's user: administrator of the first account."""
        self.account_id = account.id
        """The first account."""

    @property
    def base_uri(self) -> str:
        """Where the first account lives."""
        return self.accounts[self.account_id].base_uri

    @property
    def url(self) -> str:
        """Where the first account's paths begin."""
        return f"{self.base_uri}/restapi/v2.1/accounts/{self.account_id}"

    def serves(self, request: Request) -> bool:
        """Whether the request is for an account server or for a site of the API."""
        return request.host in ACCOUNT_SERVERS.values() or request.host.endswith(".docusign.net")

    def answer(self, request: Request) -> Answer:
        """Do what is asked, or refuse it in the vendor's way."""
        self.drain()
        if request.host in ACCOUNT_SERVERS.values():
            return oauth.answer(self, request)
        if request.method == "GET" and request.path == "/restapi/service_information":
            return self._write(Reply(200, envelopes.service_information(request.host)), "service")
        operation, account = "unknown", None
        try:
            if len(request.body) > LARGEST:
                return self._page(413, "Request Entity Too Large")
            account, user, parts = self._enter(request)
            found = _TABLE.find(request.method, parts)
            operation = found[0].operation if found else "unknown"
            if self.limits:
                self.rates.take(account.id)
            if found is None:
                reply = self._nowhere(request, parts)
            else:
                reply = self._do(found[0], Call(self, request, account, user, found[1]))
        except Refusal as refusal:
            status = (
                self.statuses.get(refusal.code)
                or refusal.status
                or STATUS_OF.get(refusal.code, 400)
            )
            body = {"errorCode": refusal.code, "message": refusal.message}
            reply = Reply(status, body, refusal.headers)
        except NotSimulated as gap:
            reply = self._gap(str(gap))
        return self._write(reply, operation, account)

    def _enter(self, request: Request) -> tuple[Account, User, list[str]]:
        """Who calls, for which account, and the path below it."""
        parts = [unquote(part) for part in urlsplit(request.url).path.split("/")[1:]]
        if parts[:3] != ["restapi", "v2.1", "accounts"] or len(parts) < 4:
            raise NotSimulated(f"{request.method} {request.path}")
        grant = oauth.holder(self, request)
        if grant is None:
            given = request.headers.get("authorization", "")
            raise Refusal(
                "AUTHORIZATION_INVALID_TOKEN" if given else "USER_AUTHENTICATION_FAILED",
                "The access token provided is expired, revoked or malformed."
                if given
                else "One or both of Username and Password are invalid.",
            )
        user = self.users[grant.user]
        try:
            account = self.account(parts[3])
        except KeyError:
            account = None
        if account is None or user.id not in account.members:
            raise Refusal(
                "USER_DOES_NOT_BELONG_TO_SPECIFIED_ACCOUNT",
                "The specified User is not a member of the specified Account.",
            )
        if request.host != urlsplit(account.base_uri).netloc:
            # An account lives on one site; the others do not know its tokens.
            raise Refusal("USER_AUTHENTICATION_FAILED", "Invalid access token for this site.")
        return account, user, parts[4:] if parts[4:] != [""] else []

    def _do(self, route: Route, call: Call) -> Reply:
        if self.limits and route.operation in POLLED:
            self.rates.poll(tuple(id.lower() for id in call.ids), route.operation)
        elif self.limits and route.method != "GET" and route.path.startswith("envelopes/{}"):
            self.rates.change(call.ids[0].lower())
        try:
            return route.handler(call)
        except ValueError as wrong:
            raise bad(f"state: {wrong}") from None

    def _nowhere(self, request: Request, parts: list[str]) -> Reply:
        allowed = _TABLE.methods(parts)
        if allowed:
            return Reply(405, None, {"Allow": ", ".join(allowed)})
        return self._gap(f"{request.method} {request.path}")

    def _gap(self, what: str) -> Reply:
        return Reply(
            501,
            {"errorCode": "NOT_SIMULATED", "message": f"the sandbox does not simulate {what}"},
        )

    def _page(self, status: int, title: str) -> Answer:
        """The gateway answers in HTML."""
        page = f"<html><head><title>{title}</title></head><body>{title}</body></html>".encode()
        return Answer(status, {"Content-Type": "text/html"}, page, "unknown")

    def _write(self, reply: Reply, operation: str, account: Account | None = None) -> Answer:
        headers = {
            "Date": format_datetime(self.clock.now(), usegmt=True),
            "X-DocuSign-TraceToken": self._traces.randbytes(16).hex(),
        }
        if account is not None:
            headers.update(self.rates.headers(account.id))
        headers.update(reply.headers)
        if isinstance(reply.payload, bytes):
            return Answer(reply.status, headers, reply.payload, operation)
        body = b""
        if reply.payload is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
            body = write(reply.payload)
        return Answer(reply.status, headers, body, operation)
