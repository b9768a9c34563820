"""The conditions of a search: each is checked once and becomes a test of a contact."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from .shelf import Contact
from .store import Book
from .wire import (
    Check,
    Json,
    Refusal,
    Span,
    anything,
    body_error,
    boolean,
    check_object,
    choice,
    join,
    listed,
    read_date,
    shape,
    text,
    whole,
)

Test = Callable[[Contact], bool]


class NotSimulated(Exception):
    """A part of the vendor's search that this service does not have."""


WORDS: dict[str, Callable[[str, str], bool]] = {
    "is": lambda value, wanted: value == wanted,
    "is_not": lambda value, wanted: value != wanted,
    "contains": lambda value, wanted: wanted in value,
    "not_contains": lambda value, wanted: wanted not in value,
    "starts": lambda value, wanted: value.startswith(wanted),
    "not_starts": lambda value, wanted: not value.startswith(wanted),
    "ends": lambda value, wanted: value.endswith(wanted),
    "not_ends": lambda value, wanted: not value.endswith(wanted),
}
NUMBERS: dict[str, Callable[[float, float], bool]] = {
    "numeric_lt": lt,
    "numeric_gt": gt,
    "numeric_eq": eq,
    "numeric_not_eq": ne,
    "numeric_lt_eq": le,
    "numeric_gt_eq": ge,
}
PERIODS = (
    "today yesterday last_7_days last_30_days this_week last_week this_month last_month "
    "last_2_months".split()
)
ASSIGNED = ("assigned", "not_assigned")
LATER = frozenset(
    "subscription_method opened not_opened phase webinar clicked not_clicked sent not_sent geo "
    "gdpr goal crm ecommerce_number_of_purchases ecommerce_total_spent "
    "ecommerce_product_purchased ecommerce_brand_purchased ecommerce_abandoned_cart sms_sent "
    "sms_delivered sms_link_clicked sms_link_not_clicked custom_event".split()
)
LAST = {"last_send_date": "send", "last_open_date": "open", "last_click_date": "click"}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


# -- shapes ------------------------------------------------------------------------------------


def _words(extra: tuple[str, ...] = ()) -> dict[str, Check]:
    return {
        "conditionType": text(),
        "operatorType": choice("string_operator"),
        "operator": choice(*WORDS, *extra),
        "value": text(1),
    }


def _dates(extra: tuple[str, ...] = ()) -> dict[str, Check]:
    return {
        "conditionType": text(),
        "operatorType": choice("date_operator"),
        "operator": choice("date_to", "date_from", "specific_date", "custom", *extra),
        "value": _date_value,
        "numberOfDays": _days,
        "includeCurrentPeriod": boolean,
    }


def _days(value: Json, path: str) -> Json:
    if not 1 <= whole(value, path) <= 36_500:
        raise body_error(1000, path, value, "Must be 1 to 36500")
    return value


def _date_value(value: Json, path: str) -> Json:
    if isinstance(value, dict):
        return RANGE(value, path)
    return text(1)(value, path)


RANGE = shape({"from": text(1), "to": text(1)}, ("from", "to"))
_TAG: dict[str, Check] = {
    "conditionType": text(),
    "operatorType": choice("exists"),
    "operator": choice("exists", "not_exists"),
    "value": text(1),
}
_SCORE: dict[str, Check] = {
    "conditionType": text(),
    "operatorType": choice("numeric_operator", "not_exists"),
    "operator": choice(*NUMBERS),
    "value": whole,
}
_ENGAGEMENT: dict[str, Check] = {
    "conditionType": text(),
    "operator": choice(*NUMBERS),
    "value": whole,
}


def _custom(kind: Json, path: str) -> tuple[dict[str, Check], tuple[str, ...]]:
    head: dict[str, Check] = {"conditionType": text(), "scope": text(1), "operatorType": text()}
    need = ("scope", "operatorType", "operator")
    if kind == "date_operator":
        return {**_dates(ASSIGNED), **head}, need
    if kind == "numeric_operator":
        return {**head, "operator": choice(*NUMBERS, *ASSIGNED), "value": anything}, need
    if kind in ("string_operator", "string_operator_list"):
        return {**_words(ASSIGNED), **head}, need
    raise body_error(1000, join(path, "operatorType"), kind, "Wrong operator type")


def check(value: Json, path: str) -> Json:
    """One condition; a known type that is not simulated names itself."""
    if not isinstance(value, dict):
        raise body_error(1006, path, value, "Must be an object")
    kind, operator_type = value.get("conditionType"), value.get("operatorType")
    if not isinstance(kind, str):
        raise body_error(1006, join(path, "conditionType"), kind, "Must be a string")
    if kind in LATER:
        raise NotSimulated(f"conditionType {kind}")
    need: tuple[str, ...]
    if kind in ("email", "name"):
        keys, need = _words(), ("operatorType", "operator", "value")
    elif kind == "tag":
        keys, need = _TAG, ("operatorType", "operator", "value")
    elif kind == "engagement_score":
        keys, need = _ENGAGEMENT, ("operator", "value")
    elif kind == "score":
        bare = operator_type == "not_exists"
        keys, need = _SCORE, ("operatorType",) if bare else ("operatorType", "operator", "value")
        if bare:
            keys = {key: _SCORE[key] for key in ("conditionType", "operatorType")}
    elif kind == "custom":
        keys, need = _custom(operator_type, path)
    elif kind == "subscription_date" or kind in LAST:
        keys, need = _dates(), ("operatorType", "operator", "value")
    else:
        raise body_error(1000, join(path, "conditionType"), kind, "Wrong condition type")
    body = check_object(value, path, keys, need)
    if body.get("operator") not in ASSIGNED:
        if "value" in keys and "value" not in body:
            raise body_error(1005, join(path, "value"), None, "Value is required")
        if operator_type == "date_operator":
            body["span"] = _span_rule(body, join(path, "value"))
        elif operator_type == "numeric_operator" and kind == "custom":
            body["value"] = _figure(body["value"], join(path, "value"))
    return body


def _figure(value: Json, path: str) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise body_error(1006, path, value, "Must be a number")
    return float(value)


def day(value: Json, path: str, *, end: bool) -> int:
    """The first or the last second a date stands for."""
    stamp = read_date(value, end=end, strict=False) if isinstance(value, str) else None
    if stamp is None:
        raise body_error(1003, path, value, "Wrong date")
    return stamp


def _span_rule(body: dict[str, Any], path: str) -> Callable[[int], Span]:
    """What turns now into the span a date has to lie in."""
    operator, value = body["operator"], body["value"]
    if operator == "specific_date":
        days = body.get("numberOfDays")
        if value == "last_n_days" and days is None:
            raise body_error(1005, path, value, "numberOfDays is required")
        if value not in (*PERIODS, "last_n_days"):
            raise body_error(1000, path, value, f"Must be one of: {', '.join(PERIODS)}")
        current = body.get("includeCurrentPeriod", False)
        return lambda now: period(value, now, days=days, current=current)
    if operator == "custom":
        if not isinstance(value, dict):
            raise body_error(1006, path, value, "Must be an object")
        first = day(value["from"], join(path, "from"), end=False)
        last = day(value["to"], join(path, "to"), end=True)
        return lambda now: (first, last)
    stamp = day(value, path, end=operator == "date_to")
    return lambda now: (None, stamp) if operator == "date_to" else (stamp, None)


def period(name: str, now: int, *, days: int | None = None, current: bool = False) -> Span:
    """A named period as a span, in UTC; the last days end yesterday unless today counts too."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    one = timedelta(days=1)
    week = today - one * today.weekday()
    month = today.replace(day=1)
    before = (month - one).replace(day=1)
    counted = {"last_7_days": 7, "last_30_days": 30, "last_n_days": days or 1}
    if name in counted:
        first, after = today - one * counted[name], today + one if current else today
    else:
        first, after = {
            "today": (today, today + one),
            "yesterday": (today - one, today),
            "this_week": (week, week + 7 * one),
            "last_week": (week - 7 * one, week),
            "this_month": (month, (month + 32 * one).replace(day=1)),
            "last_month": (before, month),
            "last_2_months": ((before - one).replace(day=1), month),
        }[name]
    return int(first.timestamp()), int(after.timestamp()) - 1


def inside(stamp: int | None, span: Span) -> bool:
    """Whether a moment lies in a span; none lies in no span."""
    first, last = span
    return stamp is not None and stamp >= (first or 0) and (last is None or stamp <= last)


# -- tests -------------------------------------------------------------------------------------


def refuse_unknown(book: Book, each: dict[str, Any]) -> None:
    """1001 when the condition names a tag or a custom field that is not there."""
    if each["conditionType"] == "tag" and each["value"] not in book.tags:
        raise Refusal(1001, "Tag does not exist", {"tagId": each["value"]})
    if each["conditionType"] == "custom" and each["scope"] not in book.custom_fields:
        raise Refusal(1001, "Custom field does not exist", {"customFieldId": each["scope"]})


def test_of(book: Book, each: dict[str, Any]) -> Test:
    """The condition as a test of a contact."""
    kind, operator, value = each["conditionType"], each.get("operator", ""), each.get("value")
    if kind in ("email", "name"):
        word, wanted = WORDS[operator], str(value).lower()
        if kind == "email":
            return lambda contact: word(contact.key, wanted)
        return lambda contact: word((contact.name or "").lower(), wanted)
    if kind == "tag":
        return lambda contact: (value in contact.tags) == (operator == "exists")
    if kind == "score":
        if each["operatorType"] == "not_exists":
            return lambda contact: contact.scoring is None
        return _numeric(operator, float(value or 0), lambda contact: contact.scoring)
    if kind == "engagement_score":
        return _numeric(operator, float(value or 0), lambda contact: contact.engagement)
    if kind == "custom":
        return _custom_test(each, book.now())
    span = each["span"](book.now())
    if kind == "subscription_date":
        return lambda contact: inside(contact.created, span)
    activity, now = LAST[kind], book.now()

    def last(contact: Contact) -> bool:
        stamps = (e.at for e in contact.activities if e.activity == activity and e.at <= now)
        return inside(max(stamps, default=None), span)

    return last


def _numeric(operator: str, wanted: float, of: Callable[[Contact], float | None]) -> Test:
    compare = NUMBERS[operator]
    return lambda contact: (found := of(contact)) is not None and compare(found, wanted)


def _custom_test(each: dict[str, Any], now: int) -> Test:
    """A contact without a value holds only for what is not assigned, or is not so."""
    field, operator, value = each["scope"], each["operator"], each.get("value")
    if operator in ASSIGNED:
        return lambda contact: bool(contact.fields.get(field)) == (operator == "assigned")
    if each["operatorType"] == "date_operator":
        span = each["span"](now)
        return lambda contact: any(
            inside(read_date(text.replace(" ", "T"), strict=False), span)
            for text in contact.fields.get(field, ())
        )
    if each["operatorType"] == "numeric_operator":
        compare, number = NUMBERS[operator], float(value or 0)
        return lambda contact: any(
            _NUMBER.fullmatch(text) is not None and compare(float(text), number)
            for text in contact.fields.get(field, ())
        )
    word, wanted = WORDS[operator], str(value).lower()
    negative = "not" in operator
    together = all if negative else any
    return lambda contact: together(
        word(text.lower(), wanted) for text in contact.fields.get(field, ())
    )


CONDITIONS = listed(check)
