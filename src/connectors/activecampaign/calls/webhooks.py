"""Webhooks: URLs that are told of what happens. Reading what they are told: `..webhooks`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import attrgetter
from urllib.parse import urlsplit

from ...core.call import Call, Pages, WriteClass
from ...core.given import named
from ...core.wire import Reader
from ...errors import ConfigError
from ..models.webhooks import Webhook, WebhookKind, WebhookSource
from ._parts import PAGE_SIZE, call, deletion, numbered, one, pages, word

_webhook = Reader(Webhook)

NOT_OURS = (WebhookSource.PUBLIC, WebhookSource.ADMIN, WebhookSource.SYSTEM)
"""All but the API: with that, a webhook tells of your own writes too."""


def list_webhooks(*, name: str | None = None, page_size: int = PAGE_SIZE) -> Pages[Webhook]:
    """All webhooks; whether `name` must be all of it is not documented.

    A URL is no filter: it may hold a secret, and a query is shown.
    """
    query = [("filters[name]", name)]
    return pages(
        "webhooks.list",
        "webhooks",
        lambda a: a.many("webhooks", _webhook),
        attrgetter("id"),
        query,
        page_size,
    )


def get_webhook(webhook_id: str) -> Call[Webhook]:
    """One webhook."""
    return call("webhooks.get", "GET", numbered("webhooks", webhook_id), one("webhook", _webhook))


def create_webhook(
    name: str,
    url: str,
    events: Iterable[WebhookKind | str],
    *,
    sources: Iterable[WebhookSource | str] = NOT_OURS,
) -> Call[Webhook]:
    """Have a URL told of events: twice, if it is sent twice.

    Raises:
        ConfigError: no https URL on port 443, no event or no source.
    """
    return call(
        "webhooks.create",
        "POST",
        "webhooks",
        one("webhook", _webhook),
        body={"webhook": _body(name, url, events, sources)},
        write_class=WriteClass.MARKED,
    )


def update_webhook(
    webhook_id: str,
    *,
    name: str,
    url: str,
    events: Iterable[WebhookKind | str],
    sources: Iterable[WebhookSource | str] = NOT_OURS,
) -> Call[Webhook]:
    """Write a webhook anew, all of it."""
    return call(
        "webhooks.update",
        "PUT",
        numbered("webhooks", webhook_id),
        one("webhook", _webhook),
        body={"webhook": _body(name, url, events, sources)},
    )


def delete_webhook(webhook_id: str) -> Call[None]:
    """Delete a webhook; one that is gone already is fine."""
    return deletion("webhooks.delete", numbered("webhooks", webhook_id))


def _body(
    name: str,
    url: str,
    events: Iterable[WebhookKind | str],
    sources: Iterable[WebhookSource | str],
) -> dict[str, object]:
    return {
        "name": named("the name of a webhook", name),
        "url": _checked(url),
        "events": _words("events", events),
        "sources": _words("sources", sources),
    }


def _words(what: str, values: Iterable[WebhookKind | WebhookSource | str]) -> list[str]:
    if isinstance(values, str):
        raise ConfigError(f"{what} takes a list, not one text")
    words = [named(f"one of {what}", word(value)) for value in values]
    if not words:
        raise ConfigError(f"a webhook needs {what}")
    return words


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and parts.hostname and parts.port in (None, 443)
        good = good and not re.search(r"[\s\x00-\x1f\x7f]", url)
    except ValueError:
        good = False
    if not good:
        raise ConfigError("the URL of a webhook begins with https:// and uses port 443")
    return url
