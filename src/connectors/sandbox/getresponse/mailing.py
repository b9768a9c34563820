"""How a newsletter goes out: when, to whom, and how far it has got by the clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .account import ZONES
from .records import Newsletter
from .search import members
from .shelf import Contact, Event
from .store import Book, mask_takes
from .wire import Json, Refusal, body_error, check_object, whole

_ZONES = {id: (name, offset) for id, name, offset, _ in ZONES}
_WALL_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_ROOT = re.compile(_WALL_CLOCK.pattern + r"(Z|[+-]\d\d:?\d\d)")


# -- the time ----------------------------------------------------------------------------------


def wall_clock(value: Json, path: str) -> Json:
    """`{date, timeZone{timeZoneId}}`: a date without offset, and the zone it is meant in."""

    def zone(value: Json, path: str) -> Json:
        return check_object(value, path, {"timeZoneId": whole}, ("timeZoneId",))["timeZoneId"]

    def date(value: Json, path: str) -> Json:
        if not isinstance(value, str):
            raise body_error(1006, path, value, "Must be a string")
        try:
            return datetime.fromisoformat(value if _WALL_CLOCK.fullmatch(value) else "")
        except ValueError:
            raise body_error(1003, path, value, "Wrong date") from None

    body = check_object(value, path, {"date": date, "timeZone": zone}, ("date", "timeZone"))
    if body["timeZone"] not in _ZONES:
        raise Refusal(1001, "Time zone does not exist", {"timeZoneId": body["timeZone"]})
    return int(body["date"].replace(tzinfo=_zone(*_ZONES[body["timeZone"]])).timestamp())


def _zone(name: str, offset: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:  # a machine without a time zone database
        return datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo or UTC


def root_date(value: Json) -> int:
    """The older form: a date-time with its offset."""
    if not isinstance(value, str) or not _ROOT.fullmatch(value):
        raise body_error(1003, "sendOn", value, "Wrong date")
    return int(datetime.fromisoformat(value).timestamp())


def state(book: Book, newsletter: Newsletter) -> str | None:
    """scheduled, in_progress or finished; a draft has none."""
    if newsletter.draft:
        return None
    if newsletter.began is None or newsletter.ends is None:
        return "scheduled"
    return "finished" if book.now() >= newsletter.ends else "in_progress"


def schedule(book: Book, newsletter: Newsletter, at: int | None) -> None:
    """Let it go out at that time; None is at once."""
    now = book.now()
    newsletter.draft = False
    newsletter.turn += 1
    newsletter.send_on = max(now, at or now)
    newsletter.began = newsletter.ends = None
    turn = newsletter.turn

    def go() -> None:
        if newsletter.turn == turn and newsletter.id in book.newsletters:
            begin(book, newsletter)

    if newsletter.send_on > now:
        book.later(newsletter.send_on - now, go)
    else:
        begin(book, newsletter)


# -- the sending -------------------------------------------------------------------------------


def recipients(book: Book, newsletter: Newsletter) -> list[Contact]:
    """Who gets it: in all that is selected, in nothing that is excluded."""
    settings = newsletter.settings
    people = list(book.active.values())
    if settings.get("selectedCampaigns"):
        lists = frozenset(settings["selectedCampaigns"])
        people = [each for each in people if each.campaign in lists]
    if settings.get("selectedSegments"):
        chosen = _of_segments(book, settings["selectedSegments"])
        people = [each for each in people if each.id in chosen]
    if settings.get("selectedContacts"):
        ids = frozenset(settings["selectedContacts"])
        people = [each for each in people if each.id in ids]
    out = frozenset(settings.get("excludedCampaigns", ()))
    away = _of_segments(book, settings.get("excludedSegments", ()))
    masks = [
        mask
        for id in settings.get("selectedSuppressions", ())
        if id in book.suppressions
        for mask in book.suppressions[id].masks
    ]
    people = [
        each
        for each in people
        if each.campaign not in out
        and each.id not in away
        and not any(mask_takes(mask, each.key) for mask in masks)
    ]
    if book.one_mail_per_address:
        people = list({each.key: each for each in reversed(people)}.values())[::-1]
    return people


def _of_segments(book: Book, ids: list[str] | tuple[str, ...]) -> set[str]:
    forms = [book.segments[id].form for id in ids if id in book.segments]
    return {hit.contact.id for form in forms for hit in members(book, form)}


def begin(book: Book, newsletter: Newsletter) -> None:
    """Send to all, spread evenly over the time it takes; the last ones are still to come."""
    people = recipients(book, newsletter)
    newsletter.began = book.now()
    newsletter.ends = newsletter.began + int(book.sending_seconds)
    newsletter.total = len(people)
    step = book.sending_seconds / len(people) if people else 0.0
    for i, contact in enumerate(people):
        at = newsletter.began + int(step * i)
        book.note(Event("send", at, contact, newsletter.subject, newsletter.id))


def stop(book: Book, newsletter: Newsletter) -> None:
    """Back to a draft; what has not gone out does not go."""
    now = book.now()
    for event in newsletter.events:
        if event.activity == "send" and event.at > now:
            event.contact.activities.remove(event)
    newsletter.events = [event for event in newsletter.events if event.at <= now]
    newsletter.draft = True
    newsletter.turn += 1
    newsletter.send_on = newsletter.began = newsletter.ends = None


def metrics(book: Book, newsletter: Newsletter) -> dict[str, Json] | None:
    """Numbers as strings; rates in per cent of what was delivered."""
    status = state(book, newsletter)
    if status is None:
        return None
    now = book.now()
    past = [event for event in newsletter.events if event.at <= now]
    sent = sum(event.activity == "send" for event in past)
    bounced = sum(reason == "bounce" for _, reason in newsletter.losses)
    delivered = max(0, sent - bounced)

    def rate(activity: str, human: bool) -> str:
        people = {e.contact.seq for e in past if e.activity == activity and (e.human or not human)}
        return f"{100 * len(people) / delivered if delivered else 0:.2f}"

    return {
        "status": status,
        "sent": str(sent),
        "total": str(newsletter.total),
        "delivered": str(delivered),
        "openRate": rate("open", False),
        "clickRate": rate("click", False),
        "humanOpenRate": rate("open", True),
        "humanClickRate": rate("click", True),
    }
