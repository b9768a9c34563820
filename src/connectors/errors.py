"""The one ladder of errors. Imports nothing of this library, and no dependency.

    ConnectorsError
    ├── TransportError        the wire failed
    │   ├── NotSent           certainly not done: repeat freely
    │   └── AnswerLost        may have been done: see the write class of the call
    ├── StatusError           the service answered with a refusal
    │   └── BadRequest, Unauthenticated, Forbidden, NotFound, Conflict, Gone, Throttled, ServerError
    ├── DecodeError           the service answered something that is not what it documents
    ├── AuthError             no usable token
    │   └── ConsentRequired   somebody has to allow the access first, once
    ├── SignatureError        a delivery that is not proven to come from the service
    ├── ConfigError           what the host set up cannot work
    ├── StoreError            the sync store cannot be read or written
    ├── PlanStale             the world moved since the plan was made
    └── DomainError           a rule of the business language was broken

No message ever holds a secret or an e-mail address.
"""

from __future__ import annotations

from collections.abc import Sequence


class ConnectorsError(Exception):
    """Whatever this library raises on purpose."""


class CallError(ConnectorsError):
    """A call that did not end well; the fields say which, and what to do.

    Attributes:
        service: "getresponse", "dynamics", …
        operation: "contacts.get", …
        hint: what to do about it, empty when there is nothing to say.
        attempts: how often the call was sent, at least 1 once it was tried.
    """

    def __init__(
        self, message: str, *, service: str = "", operation: str = "", hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.service = service
        self.operation = operation
        self.hint = hint
        self.attempts = 1

    @property
    def transient(self) -> bool:
        """Whether the same call may well succeed later."""
        return False

    def _outcome(self) -> str:
        return ""

    def __str__(self) -> str:
        where = f"{self.service} {self.operation}".strip()
        head = f"{where}{self._outcome()}: " if where or self._outcome() else ""
        tail = f" ({self.hint})" if self.hint else ""
        return f"{head}{self.message}{tail}"


class TransportError(CallError):
    """The wire failed."""

    @property
    def transient(self) -> bool:
        return True


class NotSent(TransportError):
    """The request certainly never reached the service."""


class AnswerLost(TransportError):
    """The request may have been carried out; its answer never came.

    What may be repeated was repeated. For the rest, look whether it was done before you send it
    again.
    """


class StatusError(CallError):
    """The service refused.

    Attributes:
        status: HTTP status.
        code: the vendor's own code, as text ("1008", "0x80040217"); empty when there was none.
        request_id: what the vendor's support asks for; empty when there was none.
        retry_after: seconds the service asks to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        operation: str = "",
        hint: str = "",
        status: int = 0,
        code: str = "",
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, service=service, operation=operation, hint=hint)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        if self.retry_after is None or self.status != 429:
            return super().__str__()
        return f"{super().__str__()} (asks for {self.retry_after:.0f} s)"

    def _outcome(self) -> str:
        code = f" code {self.code}" if self.code else ""
        trace = f" [{self.request_id}]" if self.request_id else ""
        return f" → {self.status}{code}{trace}" if self.status else f"{code}{trace}"


class BadRequest(StatusError):
    """The service does not accept what was sent."""


class Unauthenticated(StatusError):
    """The credential is missing, wrong, expired or revoked."""


class Forbidden(StatusError):
    """The credential is good, but may not do this."""


class NotFound(StatusError):
    """There is no such thing (any more)."""


class Conflict(StatusError):
    """It exists already, or it changed since it was read."""


class Gone(StatusError):
    """A cursor, delta link or file that has expired: read from the start."""


class Throttled(StatusError):
    """Too many calls; `retry_after` says how long to wait."""

    of_account = True
    """Whether every call of the account has to wait; False where one thing was asked for too often."""

    @property
    def transient(self) -> bool:
        return True


class ServerError(StatusError):
    """The service failed; whether it did the work is unknown."""

    @property
    def transient(self) -> bool:
        return True


class DecodeError(CallError):
    """An answer that is not what the vendor documents.

    Attributes:
        paths: where and why, as `$.campaign.campaign_id: expected text, got null`.
        garbled: whether it is no JSON at all, as when an answer was cut off on its way.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        operation: str = "",
        hint: str = "",
        paths: Sequence[str] = (),
        garbled: bool = False,
    ) -> None:
        super().__init__(message, service=service, operation=operation, hint=hint)
        self.paths: tuple[str, ...] = tuple(paths)
        self.garbled = garbled


class AuthError(CallError):
    """No token could be had; the message says what the authority answered.

    `transient` where the authority failed rather than refused.

    Attributes:
        retry_after: seconds the authority asks to wait, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        operation: str = "",
        hint: str = "",
        down: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, service=service, operation=operation, hint=hint)
        self._down = down
        self.retry_after = retry_after

    @property
    def transient(self) -> bool:
        return self._down


class ConsentRequired(AuthError):
    """The user has not yet allowed the application to act in their name. Asking again changes nothing.

    Attributes:
        consent_url: the page to open in a browser, signed in as that user; empty where the
            credential has no redirect URI to make it with, and the hint says so.
    """

    def __init__(self, message: str, *, consent_url: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.consent_url = consent_url


class SignatureError(ConnectorsError):
    """A delivery whose signature is missing or wrong: nothing in it may be believed or kept."""


class ConfigError(ConnectorsError):
    """What the host set up cannot work; the message says what would."""


class StoreError(ConnectorsError):
    """The sync store cannot be read or written; nothing of the failed step was kept."""


class PlanStale(ConnectorsError):
    """The plan no longer fits the world; make a new one."""


class DomainError(ConnectorsError):
    """A rule of the domain was broken; the message names rule, value and what would be right."""
