"""The shape of the wire: errors of every kind, dates, query strings, ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

Json = Any

ZONE = timezone(timedelta(hours=-5))
"""The account's own timezone, in which the service writes most of its dates."""
NO_DATE = "0000-00-00"
NO_MOMENT = "0000-00-00 00:00:00"
MOST = 100
USUAL = 20
_EMAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\".]+(\.[^\s@,;<>\".]+)+")
_BRACKETS = re.compile(r"\[([^\]]*)\]")


class NotSimulated(Exception):
    """The reference does not say what the service does here, or nobody needs it."""


class Refusal(Exception):
    """A request that the service refuses; `payload` is None for an empty body."""

    def __init__(
        self,
        status: int,
        payload: Json,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> None:
        super().__init__(f"{status} {payload}")
        self.status = status
        self.payload = payload
        self.headers = dict(headers or {})
        self.content_type = content_type


def bad_request(detail: str) -> Refusal:
    """A 400 whose entry repeats the status as a number."""
    return Refusal(400, {"errors": [{"status": 400, "title": "Bad Request", "detail": detail}]})


def invalid(
    title: str, pointer: str, *, detail: str = "", code: str = "", error: str = ""
) -> Refusal:
    """A 422 that points at an attribute."""
    entry: dict[str, Json] = {"title": title, "detail": detail}
    if code:
        entry["code"] = code
    if error:
        entry["error"] = error
    entry["source"] = {"pointer": f"/data/attributes/{pointer}"}
    return Refusal(422, {"errors": [entry]})


def wrong_parameter(name: str, detail: str, status: int = 400) -> Refusal:
    """A refusal that names a parameter, as contact tags get it."""
    entry = {
        "title": f"Invalid value for query parameter {name}",
        "detail": detail,
        "source": {"parameter": name},
    }
    return Refusal(status, {"errors": [entry]})


def object_error(detail: str, pointer: str, *, plain: bool = False) -> Refusal:
    """A 422 of custom objects: another kind of source, and JSON that is sometimes called text."""
    entry = {
        "title": "Unprocessable Entity",
        "detail": detail,
        "source": {"type": "pointer", "value": f"/data/attributes/{pointer}"},
    }
    kind = "text/plain; charset=utf-8" if plain else "application/json"
    return Refusal(422, {"errors": [entry]}, content_type=kind)


def not_found(kind: str, id: str, status: int = 404) -> Refusal:
    """`kind` is the service's inner name: Subscriber, SubscriberTag, SubscriberSeries, …"""
    return Refusal(status, {"message": f"No Result found for {kind} with id {id}"})


def forbidden() -> Refusal:
    return Refusal(403, {"message": "Forbidden"})


# -- values ------------------------------------------------------------------------------------


def is_email(text: object) -> bool:
    return isinstance(text, str) and len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def as_id(value: object) -> str | None:
    """A numeric id, which may be sent as number or text; None for all else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return value
    return None


def with_offset(moment: datetime | None) -> str | None:
    """ISO 8601 in the account's timezone."""
    return None if moment is None else moment.astimezone(ZONE).isoformat(timespec="seconds")


def naive(moment: datetime) -> str:
    """The form of the `*_timestamp` keys: local time, also where the key says UTC."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def fraction(moment: datetime, nanoseconds: int) -> str:
    """UTC with nine digits."""
    whole = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{moment.microsecond:06d}{nanoseconds % 1000:03d}Z"


def thousandths(moment: datetime) -> str:
    """UTC with three digits."""
    whole = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{moment.microsecond // 1000:03d}Z"


def is_date(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_moment(text: str) -> bool:
    """Whether it is a date-time with an offset."""
    try:
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) is not None


def read_moment(name: str, text: str) -> datetime:
    """A date or date-time of a filter; without offset it is the account's local time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise NotSimulated(f"{name}={text}: a date that is none") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=ZONE)


def is_flag(value: object) -> bool:
    return isinstance(value, bool) or value in (0, 1, "0", "1")


# -- the query ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are wanted."""

    limit: int
    offset: int

    def cut(self, rows: list[Json]) -> list[Json]:
        return rows[self.offset : self.offset + self.limit]


class Query:
    """The parameters of a request. What is not taken makes the request fail, loudly."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = list(pairs)

    def take(self, name: str) -> str | None:
        """The only value of that name."""
        found = self.take_all(name)
        if len(found) > 1:
            raise NotSimulated(f"the query parameter {name} more than once")
        return found[0] if found else None

    def take_all(self, name: str) -> list[str]:
        found = [value for key, value in self._pairs if key == name]
        self._pairs = [pair for pair in self._pairs if pair[0] != name]
        return found

    def take_flag(self, name: str) -> bool | None:
        found = self.take(name)
        if found not in (None, "0", "1", "true", "false"):
            raise NotSimulated(f"{name}={found}")
        return None if found is None else found in ("1", "true")

    def take_under(self, name: str) -> list[tuple[list[str], str]]:
        """`filters[a][eq]=x` → `(["a", "eq"], "x")`, in order."""
        mine = [pair for pair in self._pairs if pair[0].startswith(f"{name}[")]
        self._pairs = [pair for pair in self._pairs if pair not in mine]
        found = []
        for key, value in mine:
            rest = key.removeprefix(name)
            if _BRACKETS.sub("", rest):
                raise NotSimulated(f"the query parameter {key}")
            found.append((_BRACKETS.findall(rest), value))
        return found

    def filters(self, allowed: Iterable[str]) -> dict[str, str]:
        """Plain filters by name."""
        found: dict[str, str] = {}
        for path, value in self.take_under("filters"):
            if len(path) != 1 or path[0] not in allowed or path[0] in found:
                raise NotSimulated(f"the query parameter filters[{']['.join(path)}]")
            found[path[0]] = value
        return found

    def orders(self, allowed: Iterable[str]) -> list[tuple[str, bool]]:
        """Sort keys in the order given, each with whether it is descending."""
        found = []
        for path, value in self.take_under("orders"):
            if len(path) != 1 or path[0] not in allowed or value.upper() not in ("ASC", "DESC"):
                raise NotSimulated(f"the query parameter orders[{']['.join(path)}]={value}")
            found.append((path[0], value.upper() == "DESC"))
        return found

    def page(self) -> Page:
        """Limit and offset; the last thing to take."""
        limit = self._number("limit", USUAL)
        offset = self._number("offset", 0)
        self.done()
        if limit < 1:
            raise NotSimulated(f"limit={limit}")
        return Page(min(limit, MOST), offset)

    def done(self) -> None:
        if self._pairs:
            raise NotSimulated(f"the query parameter {self._pairs[0][0]}")

    def _number(self, name: str, usual: int) -> int:
        found = self.take(name)
        if found is not None and not (found.isascii() and found.isdigit()):
            raise NotSimulated(f"{name}={found}")
        return usual if found is None else int(found)
