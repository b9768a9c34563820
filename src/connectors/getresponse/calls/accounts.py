"""The account, its callbacks, blocklists and suppression lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from attrs import frozen

from ...core.call import Call, Pages, Response, WriteClass
from ...core.given import named, path
from ...core.wire import Reader
from ...errors import ConfigError
from .. import wire
from ..models.accounts import (
    Account,
    CallbackActions,
    CallbackSettings,
    SendingLimit,
    Suppression,
    Timezone,
)
from ._parts import PAGE_SIZE, call, deletion, nothing, pages, span


@frozen(kw_only=True)
class _CallbackAnswer:
    url: str | None = None
    actions: CallbackActions | None = None


@frozen(kw_only=True)
class _Masks:
    masks: tuple[str, ...]


_account = Reader(Account)
_timezone = Reader(Timezone)
_limit = Reader(SendingLimit)
_callbacks = Reader(_CallbackAnswer)
_masks = Reader(_Masks)
_suppression = Reader(Suppression)


def get_account() -> Call[Account]:
    """The account behind the credential; also the cheapest check of a connection."""
    return call("accounts.get", "GET", "accounts", lambda r: _account.one(r.body))


def list_timezones() -> Call[tuple[Timezone, ...]]:
    """The time zones in which newsletters can be scheduled."""
    return call("accounts.timezones", "GET", "accounts/timezones", lambda r: _timezone.many(r.body))


def list_sending_limits() -> Call[tuple[SendingLimit, ...]]:
    """How many messages may be sent in some spans, and were."""
    return call(
        "accounts.sending_limits",
        "GET",
        "accounts/sending-limits",
        lambda r: _limit.many(r.body),
    )


# --- callbacks -------------------------------------------------------------------------------


def find_callbacks() -> Call[CallbackSettings | None]:
    """The callback URL of the account, or None where none is set."""
    return call(
        "callbacks.find",
        "GET",
        "accounts/callbacks",
        _read_callbacks,
        safe_statuses=frozenset({404}),
    )


def upsert_callbacks(url: str, *, actions: CallbackActions) -> Call[CallbackSettings]:
    """Set the one callback URL of the account; whoever had it before is told nothing any more.

    Raises:
        ConfigError: not an http or https URL, or no action.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigError("a callback URL begins with https:// or http://")
    # Real booleans here, unlike everywhere else.
    switches = {
        "open": actions.open,
        "click": actions.click,
        "subscribe": actions.subscribe,
        "unsubscribe": actions.unsubscribe,
        "survey": actions.survey,
    }
    if not any(switches.values()):
        raise ConfigError("callbacks without any action; delete them instead")
    return call(
        "callbacks.upsert",
        "POST",
        "accounts/callbacks",
        lambda r: _read_callbacks(r) or CallbackSettings(url=url, actions=actions),
        body={"url": url, "actions": switches},
    )


def delete_callbacks() -> Call[None]:
    """Tell no URL any more; none being set is fine."""
    return deletion("callbacks.delete", "accounts/callbacks")


def _read_callbacks(response: Response) -> CallbackSettings | None:
    if response.status == 404:
        error = wire.classify(None, response)
        if error is not None and error.code != "1013":
            raise error
        return None
    answer = _callbacks.one(response.body)
    if not answer.url:
        return None
    return CallbackSettings(url=answer.url, actions=answer.actions or CallbackActions())


# --- blocklists ------------------------------------------------------------------------------


def get_blocklist(
    *, campaign_id: str | None = None, mask: str | None = None
) -> Call[tuple[str, ...]]:
    """The masks that keep addresses out of the account, or of one list."""
    return call(
        "blocklists.get",
        "GET",
        _blocklist(campaign_id),
        lambda r: _masks.one(r.body).masks,
        query=[("query[mask]", mask)],
    )


def change_blocklist(
    masks: Iterable[str], how: Literal["add", "delete"], *, campaign_id: str | None = None
) -> Call[None]:
    """Add masks to a blocklist or take them off; the others stay.

    A mask is an address, or the domain of many. Replacing the whole list at once is not offered:
    it would undo what somebody else has changed.

    Raises:
        ConfigError: no mask, or an empty one.
    """
    if how not in ("add", "delete"):
        raise ConfigError(f"a blocklist can `add` or `delete`, got {how!r}")
    return call(
        f"blocklists.{how}",
        "POST",
        _blocklist(campaign_id),
        nothing,
        query=[("additionalFlags", how)],
        body={"masks": _checked(masks)},
    )


def _blocklist(campaign_id: str | None) -> str:
    if campaign_id is None:
        return "accounts/blocklists"
    return path("campaigns", campaign_id, "blocklists")


def _checked(masks: Iterable[str]) -> list[str]:
    if isinstance(masks, str):
        raise ConfigError("masks is a list of texts, not one text")
    found = [named("a mask", mask) for mask in masks]
    if not found:
        raise ConfigError("no mask is given")
    return found


# --- suppression lists -----------------------------------------------------------------------


def list_suppressions(
    *,
    name: str | None = None,
    created_since: datetime | None = None,
    created_until: datetime | None = None,
    page_size: int = PAGE_SIZE,
) -> Pages[Suppression]:
    """The suppression lists; their masks come with `get_suppression`."""
    query = [("query[name]", name), *span("createdOn", created_since, created_until)]
    return pages("suppressions.list", "suppressions", _suppression.many, query, page_size)


def get_suppression(suppression_id: str) -> Call[Suppression]:
    """One suppression list with its masks."""
    where = path("suppressions", suppression_id)
    return call("suppressions.get", "GET", where, lambda r: _suppression.one(r.body))


def create_suppression(name: str, masks: Iterable[str]) -> Call[Suppression]:
    """Create a suppression list."""
    return call(
        "suppressions.create",
        "POST",
        "suppressions",
        lambda r: _suppression.one(r.body),
        body={"name": named("a name", name), "masks": _checked(masks)},
        write_class=WriteClass.MARKED,
    )


def update_suppression(
    suppression_id: str, *, name: str, masks: Iterable[str]
) -> Call[Suppression]:
    """Replace the name and all masks of a suppression list; both are set each time."""
    return call(
        "suppressions.update",
        "POST",
        path("suppressions", suppression_id),
        lambda r: _suppression.one(r.body),
        body={"name": named("a name", name), "masks": _checked(masks)},
    )


def delete_suppression(suppression_id: str) -> Call[None]:
    """Delete a suppression list; one that is gone already counts as deleted."""
    return deletion("suppressions.delete", path("suppressions", suppression_id))
