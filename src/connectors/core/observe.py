"""What a host may watch: one record per send. Logging is one of its readers.

The logger of a service is `connectors.<service>`: DEBUG for a call that succeeded, INFO for a send
that failed, with the pause before the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from attrs import field, frozen

from ..errors import ConfigError


@frozen(kw_only=True)
class Attempt:
    """One send of one call, and what came of it. Holds no secret, no body and no e-mail address.

    Attributes:
        service, operation: as errors name them, such as "getresponse" and "contacts.get".
        method: of the request.
        url: without its query, which may hold addresses; addresses in the path are masked.
        number: 1 for the first send of the call.
        seconds: from the send to its answer or failure.
        status: of the answer; None where none came.
        size: bytes of the answer's body.
        error: class name of the failure, such as "Throttled"; empty where the call succeeded.
        code, request_id: the vendor's, where it gave them.
        pause: seconds until the next send; None where there is none.
    """

    service: str
    operation: str
    method: str
    url: str
    number: int
    seconds: float
    status: int | None
    size: int
    error: str = ""
    code: str = ""
    request_id: str = ""
    pause: float | None = None

    def __str__(self) -> str:
        came = "no answer" if self.status is None else str(self.status)
        words = [f"{self.operation}: {self.method} {self.url} → {came}"]
        words += [f"code {self.code}"] if self.code else []
        words += [f"[{self.request_id}]"] if self.request_id else []
        words += [self.error] if self.error else []
        words.append(f"in {self.seconds:.3f} s, {self.size} bytes, send {self.number}")
        words += [f"again in {self.pause:.1f} s"] if self.pause is not None else []
        return " ".join(words)


class Hook(Protocol):
    """Is told of every send, in the thread or event loop that sent it: be quick, do not block.

    What it raises is logged and goes no further: watching a call must not change it.
    """

    def __call__(self, attempt: Attempt, /) -> None: ...


@frozen
class Observer:
    """The hooks of one client, and the log of its service."""

    service: str
    hooks: tuple[Hook, ...] = ()
    logger: logging.Logger = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "logger", logging.getLogger(f"connectors.{self.service}"))

    def listens(self, failed: bool) -> bool:
        """Whether anybody wants to know; a record costs more than this question."""
        return bool(self.hooks) or self.logger.isEnabledFor(_level(failed))

    def say(self, text: str) -> None:
        """Put a line into the log."""
        self.logger.info(text)

    def tell(self, attempt: Attempt) -> None:
        """Pass it on."""
        self.logger.log(_level(bool(attempt.error)), "%s", attempt)
        for hook in self.hooks:
            try:
                hook(attempt)
            except Exception:
                self.logger.exception("a hook failed on %s", attempt.operation)


def observers(hooks: Sequence[Hook]) -> tuple[Hook, ...]:
    """The hooks that a host gave, checked."""
    if not isinstance(hooks, list | tuple) or not all(map(callable, hooks)):
        raise ConfigError("hooks must be a list of functions, such as [count]")
    return tuple(hooks)


def _level(failed: bool) -> int:
    return logging.INFO if failed else logging.DEBUG
