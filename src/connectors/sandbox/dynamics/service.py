"""The service: hosts, sign-in, limits, headers, and the way of each request to its work."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from email.utils import format_datetime
from math import ceil
from typing import Any, Literal
from urllib.parse import urlsplit

from ..kernel import Answer, Clock, Request
from .auth import signed_in, token, unauthorized
from .call import JSON, Call, dump
from .doors import SideDoors
from .errors import Refused, Unknown
from .rights import ACT_FOR, SKIP_LOGIC, SKIP_PLUGINS
from .routes import route
from .state import VERSIONS, api_host

_API = re.compile(r"(/[^/]+)?/api/data/([^/]*)(?:/(.*))?", re.DOTALL)
_VERSION = re.compile(r"v(\d+\.\d+)")
_WINDOW = 300.0
_DETAILS = "Microsoft.PowerApps.CDS."


class Dynamics(SideDoors):
    """Dynamics 365 with its sign-in host, as a function of requests.

    Args:
        clock: the time the service lives in.
        seed: makes ids repeatable.
        version: newest Web API version of the server.
        solution: custom tables as read from a solution file.
        deployment: "online" (Entra) or "on-premises" (AD FS, claims on).
    """

    name = "dynamics"

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        version: str = "9.2",
        solution: Mapping[str, Any] | None = None,
        deployment: Literal["online", "on-premises"] = "online",
    ) -> None:
        super().__init__(
            clock, seed=seed, version=version, solution=solution, deployment=deployment
        )
        self._served = 0
        self._recent: deque[tuple[float, float]] = deque()
        self._strikes = 0

    def serves(self, request: Request) -> bool:
        """Its own host, the second name of it, and the sign-in host."""
        return request.host in (
            urlsplit(self.url).netloc,
            api_host(self),
            urlsplit(self.authority).netloc,
        )

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        self._served += 1
        if request.host == urlsplit(self.authority).netloc:
            return self._stamped(token(self, request))
        started = self.clock.monotonic()
        answer = self._admit(request)
        if self.limits and answer.status not in (401, 429):
            self._recent.append((self.clock.monotonic(), self.clock.monotonic() - started))
        return self._stamped(answer)

    def _stamped(self, answer: Answer) -> Answer:
        n = f"{self._served:012x}"
        request_id = f"0d365000-0000-4000-8000-{n}"
        headers = {
            **answer.headers,
            "Date": format_datetime(self.clock.now(), usegmt=True),
            "REQ_ID": request_id,
            "x-ms-service-request-id": request_id,
        }
        if self.limits and answer.operation != "token":
            left = max(0, self.limit_requests - len(self._recent))
            headers["x-ms-ratelimit-burst-remaining-xrm-requests"] = str(left)
            spare = max(0.0, self.limit_seconds - sum(t for _, t in self._recent))
            headers["x-ms-ratelimit-time-remaining-xrm-requests"] = f"{spare:.2f}"
        return Answer(answer.status, headers, answer.body, answer.operation)

    def _admit(self, request: Request) -> Answer:
        """Address, sign-in, limits and headers; then the work."""
        match = _API.fullmatch(request.raw_path)
        if match is None or (match.group(1) or "") != urlsplit(self.url).path:
            return self._error(Refused(404, "", "No page here."), "unknown")
        operation = _early_name(match.group(3) or "")
        if not signed_in(self, request):
            return unauthorized(self, operation)
        try:
            self._throttle()
            if not self.application_user:
                raise Refused(403, "0x80072560", "The user is not a member of the organization.")
            self.rights.check_user(self.store.user)
            self._check_headers(request)
        except Refused as refusal:
            return self._error(refusal, operation)
        self.store.written.clear()
        return self._perform(request.method, request.url, request.headers, request.body, {})

    def _throttle(self) -> None:
        """Service protection: requests and their time in a sliding window."""
        if not self.limits or self.deployment != "online":
            return
        now, recent = self.clock.monotonic(), self._recent
        while recent and recent[0][0] <= now - _WINDOW:
            recent.popleft()
        if len(recent) >= self.limit_requests:
            code, what = (
                "0x80072322",
                f"Number of requests exceeded the limit of "
                f"{self.limit_requests} over time window of 300 seconds.",
            )
        elif sum(t for _, t in recent) >= self.limit_seconds:
            code, what = (
                "0x80072321",
                "Combined execution time of incoming requests exceeded "
                "limit of 1,200,000 milliseconds over time window of 300 seconds.",
            )
        elif self.in_flight >= self.limit_concurrent:
            code, what = (
                "0x80072326",
                f"Number of concurrent requests exceeded the limit of {self.limit_concurrent}.",
            )
        else:
            self._strikes = 0
            return
        # Who keeps pushing is told to wait longer; a crowd is gone sooner than a window.
        crowd = code == "0x80072326" or not recent
        wait = (1 if crowd else ceil(recent[0][0] + _WINDOW - now)) + self._strikes
        self._strikes += 1
        raise Refused(429, code, what, {"Retry-After": str(max(1, wait))})

    def _check_headers(self, request: Request) -> None:
        if len(request.url) > self.max_url:
            raise Refused(414, "0x80060888", "The request URI is too long.")
        if self.max_body is not None and len(request.body) > self.max_body:
            raise Refused(413, "0x80040203", "The request body is too large.")
        if not self.strict_headers:
            return
        for name in ("odata-version", "odata-maxversion"):
            if request.headers.get(name) != "4.0":
                raise Refused(400, "0x80060888", f"The header {name} must be 4.0.")
        accept = request.headers.get("accept", "")
        if request.raw_path.endswith("/$metadata"):
            good = "xml" in accept
        else:
            good = "application/json" in accept or request.raw_path.endswith("/$batch")
        if not good:
            raise Refused(
                400, "0x80060888", f"The header Accept must name application/json, not '{accept}'."
            )

    def _perform(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        refs: Mapping[str, str],
        *,
        in_batch: bool = False,
    ) -> Answer:
        """One operation, alone or from a batch: all of it happens or nothing."""
        store = self.store
        call = Call(self, method, "", "", urlsplit(url).query, headers, body, refs, in_batch)
        own = not store.in_transaction
        try:
            self._locate(call, url, in_batch=in_batch)
            self._act_as(call)
            self._bypass(call)
            batch = call.path == "$batch"
            if self.call_seconds and not batch:
                self.clock.sleep(self.call_seconds)
            if own and method != "GET" and not batch:
                store.begin()
            answer = route(call, self._from_batch)
            if own and not batch:
                store.commit()
        except Refused as refusal:
            answer = self._error(refusal, call.operation, call)
        except Unknown as gap:
            text = f"The sandbox does not know this operation: {gap}"
            answer = self._error(Refused(501, "", text), "unknown")
        finally:
            if own and store.in_transaction:
                store.rollback()
                store.written.clear()
            store.caller = store.user
        if own:
            self.writes += len(store.written)
            store.written.clear()
        return answer

    def _from_batch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        refs: Mapping[str, str],
    ) -> Answer:
        return self._perform(method, url, headers, body, refs, in_batch=True)

    def _locate(self, call: Call, url: str, *, in_batch: bool) -> None:
        """Find version and path in the URL."""
        if in_batch and len(url) > self.max_url:
            raise Refused(414, "0x80060888", "The request URI is too long.")
        if in_batch and url.startswith("$"):
            name, slash, rest = url[1:].partition("/")
            if name not in call.refs:
                raise Refused(
                    400,
                    "0x80060888",
                    f"Content-ID Reference: '${name}' does not exist in the batch context.",
                )
            url = call.refs[name] + slash + rest
        parts = urlsplit(url)
        path = parts.path
        if in_batch and not parts.netloc and not self.batch_paths:
            raise Refused(
                400, "0x80060888", f"Resource not found for the segment '{path}': use its address."
            )
        hosts = ("", urlsplit(self.url).netloc, api_host(self))
        if in_batch and parts.netloc.lower() not in hosts:
            raise Refused(400, "0x80060888", f"The request target '{url}' is of another host.")
        match = _API.fullmatch(path)
        if match is None or (match.group(1) or "") != urlsplit(self.url).path:
            raise Refused(400, "0x80060888", f"The request target '{url}' is no API address.")
        version = _VERSION.fullmatch(match.group(2))
        known = version is not None and version.group(1) in VERSIONS
        if version is None or not known or version.group(1) > self.version:
            raise Refused(
                400,
                "0x80060888",
                f"Requested API Version '{match.group(2)}' was not understood. Web API versions "
                f"up to v{self.version} are known.",
            )
        call.version, call.path = version.group(1), (match.group(3) or "").strip("/")
        call.operation = _early_name(call.path)

    def _act_as(self, call: Call) -> None:
        """Impersonation: the caller becomes another user, with the rights that both have."""
        users, headers = self.store.tables["systemuser"], call.headers
        self.store.caller = self.store.user
        user, given = headers.get("mscrmcallerid"), headers.get("callerobjectid")
        known = self.deployment == "online" and call.number >= (9, 0)
        if user is None and known and given is not None:
            held = users.having("azureactivedirectoryobjectid", given)
            if not held:
                raise Refused(
                    400, "0x80040217", f"systemuser With object id = {given} Does Not Exist"
                )
            user = min(held)
        if user is None:
            return
        if user.lower() not in users.rows:
            raise Refused(400, "0x80040217", f"systemuser With Id = {user} Does Not Exist")
        self.require_loose(ACT_FOR)
        self.rights.check_user(user.lower())
        self.store.caller = user.lower()

    def _bypass(self, call: Call) -> None:
        """Headers that switch custom logic off, for those who may; older servers know none."""
        if self.deployment != "online" or call.number < (9, 1):
            return
        headers = call.headers
        if headers.get("mscrm.bypasscustompluginexecution", "").lower() == "true":
            self.require_loose(SKIP_PLUGINS)
        text = headers.get("mscrm.bypassbusinesslogicexecution")
        if text is None:
            return
        if not {w.strip() for w in text.split(",")} <= {"CustomSync", "CustomAsync"}:
            raise Refused(
                400, "0x80040203", f"'{text}' is no value of MSCRM.BypassBusinessLogicExecution."
            )
        self.require_loose(SKIP_LOGIC)

    def _error(self, refusal: Refused, operation: str, call: Call | None = None) -> Answer:
        error: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
        if self.deployment == "on-premises" or (call is not None and call.version == "8.2"):
            error["innererror"] = {
                "message": refusal.message,
                "type": "Microsoft.Crm.CrmHttpException",
                "stacktrace": "   at Microsoft.Crm.Extensibility.OData.CrmODataExecutionContext",
            }
        if call is not None and self.deployment == "online":
            error |= {f"@{k}": v for k, v in _details(refusal).items() if call.wants(k)}
        headers = {"Content-Type": JSON, "OData-Version": "4.0", **refusal.headers}
        return Answer(refusal.status, headers, dump({"error": error}), operation or "unknown")


def _details(refusal: Refused) -> dict[str, str]:
    """What annotations tell about an error."""
    return {
        f"{_DETAILS}ErrorDetails.OperationStatus": "0",
        f"{_DETAILS}ErrorDetails.SubErrorCode": refusal.code,
        f"{_DETAILS}HelpLink": "http://go.microsoft.com/fwlink/?LinkID=398563",
        f"{_DETAILS}TraceText": "",
        f"{_DETAILS}InnerError.Message": refusal.message,
    }


def _early_name(path: str) -> str:
    """An operation name for calls refused before they were understood."""
    return re.split(r"[(/?]", path, maxsplit=1)[0] or "unknown"
