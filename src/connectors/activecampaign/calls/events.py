"""Events: what contacts did elsewhere, as automations can listen for it."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote, urlencode

from attrs import frozen

from ...core.call import Call, Pages, Request, Response, WriteClass
from ...core.given import named
from ...core.wire import Reader, dumps, masked, parse
from ...errors import BadRequest, ConfigError
from .. import wire
from ._parts import PAGE_SIZE, address, call, deletion, pages

LONGEST_NAME = 32
"""Characters of the longest name of an event."""

TRACKER = "https://trackcmp.net/event"
"""Where events go: another machine, which knows no API key."""


@frozen(kw_only=True)
class _Switch:
    enabled: bool


@frozen(kw_only=True)
class _Name:
    name: str


_switch = Reader(_Switch)
_name = Reader(_Name)


def track_event(
    name: str, *, email: str, account_id: str, event_key: str, data: str = ""
) -> Call[None]:
    """Tell of something that a contact did: twice, if it is sent twice.

    Args:
        name: at most 32 characters.
        account_id, event_key: as Settings, Tracking shows them; the key is not that of the API.
        data: one text that says more.

    Raises:
        ConfigError: a name that is too long, or something empty.
    """
    fields = {
        "actid": named("the account id of events", account_id),
        "key": named("the key of events", event_key),
        "event": _checked(name),
        "eventdata": data,
        "visit": dumps({"email": address(email)}).decode(),
    }
    return Call(
        service="activecampaign",
        operation="events.track",
        request=Request(
            method="POST",
            path=TRACKER,
            headers=(("Content-Type", "application/x-www-form-urlencoded"),),
            body=urlencode(fields, quote_via=quote).encode(),
        ),
        decode=_tracked,
        write_class=WriteClass.UNSAFE,
        authorized=False,
    )


def get_event_tracking() -> Call[bool]:
    """Whether the account takes events."""
    return call("events.get_switch", "GET", "eventTracking", _enabled)


def set_event_tracking(enabled: bool) -> Call[bool]:
    """Let the account take events, or none."""
    body = {"eventTracking": {"enabled": enabled}}
    return call("events.set_switch", "PUT", "eventTracking", _enabled, body=body)


def list_event_names(*, page_size: int = PAGE_SIZE) -> Pages[str]:
    """The names of events that the account takes."""
    return pages(
        "events.list_names",
        "eventTrackingEvents",
        lambda a: tuple(row.name for row in a.many("eventTrackingEvents", _name)),
        lambda name: quote(name, safe=""),
        page_size=page_size,
    )


def create_event_name(name: str) -> Call[str]:
    """Let the account take events of this name."""
    return call(
        "events.create_name",
        "POST",
        "eventTrackingEvents",
        lambda r: wire.Answer(r).one("eventTrackingEvent", _name).name,
        body={"eventTrackingEvent": {"name": _checked(name)}},
        write_class=WriteClass.NATURAL_KEY,
    )


def delete_event_name(name: str) -> Call[None]:
    """Take no more events of this name; one that is gone already is fine."""
    return deletion("events.delete_name", f"eventTrackingEvents/{quote(_checked(name), safe='')}")


def _checked(name: str) -> str:
    text = named("the name of an event", name)
    if len(text) > LONGEST_NAME:
        raise ConfigError(f"the name of an event has at most {LONGEST_NAME} characters")
    return text


def _enabled(response: Response) -> bool:
    return wire.Answer(response).one("eventTracking", _switch).enabled


def _tracked(response: Response) -> None:
    """It answers 200 also to what it refuses; `success` or the bare number tells."""
    answer = parse(response.body)
    success = (
        cast("dict[str, object]", answer).get("success") if isinstance(answer, dict) else answer
    )
    if str(success) in ("1", "True"):
        return
    said = str(answer.get("message") or "") if isinstance(answer, dict) else ""
    raise BadRequest(
        masked(said) or "the event was refused",
        status=response.status,
        hint="check account id and key of events, and that event tracking is on",
    )
