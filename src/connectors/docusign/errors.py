"""What DocuSign refuses in ways of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from ..core.wire import masked
from ..errors import BadRequest, Throttled

_MOST_SHOWN = 5


class ItemRefused(BadRequest):
    """The answer was a success, but items in it were refused.

    Attributes:
        code: DocuSign's `errorCode` of the first of them.
        items: each of them, as `recipient 1: INVALID_EMAIL_ADDRESS_FOR_RECIPIENT …`.
    """

    def __init__(
        self, items: tuple[str, ...], *, code: str = "", hint: str = "", status: int = 200
    ) -> None:
        more = len(items) - _MOST_SHOWN
        shown = "; ".join(items[:_MOST_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        super().__init__(shown, service="docusign", status=status, code=code, hint=hint)
        self.items = items


class PrefillRefused(ItemRefused):
    """DocuSign did not take values for tabs that the sender fills in; the draft stays as it is.

    Attributes:
        envelope_id: of the draft.
        status: 200 where single tabs were refused, else that of the refusal.
    """

    def __init__(
        self,
        items: tuple[str, ...],
        *,
        envelope_id: str = "",
        code: str = "",
        hint: str = "",
        status: int = 200,
    ) -> None:
        super().__init__(items, code=code, hint=hint, status=status)
        self.envelope_id = envelope_id
        self.operation = "documents.update_prefill_tabs"


class AskedTooOften(Throttled):
    """One envelope was asked for, or changed, too often; all others may be asked for.

    DocuSign allows one question per envelope, and per part of it, in 15 minutes. `retry_after` says when
    the next one is due; with `attempts` 0 this one was not sent. A question that was refused, or got no
    answer, counts for none. Let Connect's events tell instead.
    """

    of_account = False


class _Details(Protocol):
    @property
    def error_code(self) -> str | None: ...
    @property
    def message(self) -> str | None: ...


def shown(text: str | None) -> str:
    """A text that somebody wrote, as a repr has it: without addresses."""
    return repr(text and masked(text))


def item_errors(items: Iterable[tuple[str, _Details | None]]) -> tuple[tuple[str, ...], str]:
    """Which of some named items were refused and why, in words, and the code of the first."""
    bad = [(what, error) for what, error in items if error is not None]
    said = (f"{what}: {error.error_code or ''} {error.message or ''}" for what, error in bad)
    code = next((error.error_code for _, error in bad if error.error_code), "")
    return tuple(masked(text.strip()[:600]) for text in said), code


def raise_for(items: Iterable[tuple[str, _Details | None]]) -> None:
    """Raise where one of some named items was refused.

    Raises:
        ItemRefused: it names them.
    """
    said, code = item_errors(items)
    if said:
        raise ItemRefused(said, code=code)
