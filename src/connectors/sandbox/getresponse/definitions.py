"""Custom fields, tags and blocklists."""

from __future__ import annotations

import re
from collections.abc import Callable

from .routing import Call, Reply, Route, page_of
from .store import Book, CustomField, Tag
from .wire import (
    Allowed,
    Json,
    Refusal,
    body_error,
    check_object,
    choice,
    is_email,
    listed,
    missing,
    read_date,
    show,
    text,
)

TYPES = "string number date datetime country currency phone gender ip url".split()
FORMATS = "text textarea radio checkbox single_select multi_select".split()
RESERVED = frozenset(
    "name email twitter facebook buzz myspace linkedin digg googleplus pinterest responder "
    "campaign change".split()
)
GENDERS = ["Male", "Female", "Prefer not to say"]
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_URL = re.compile(r"https?://\S+")


# -- custom fields -----------------------------------------------------------------------------


def check_value(kind: CustomField, values: list[str]) -> None:
    """1000 with a list of sentences as context when the field does not take the values."""
    if not values or any(value == "" for value in values):
        raise Refusal(1000, "Custom field invalid", [f"Empty value. ID: {kind.id}"])
    if kind.values and kind.format in ("radio", "checkbox", "single_select", "multi_select"):
        good = all(value in kind.values for value in values)
    else:
        good = all(_fits(kind.type, value) for value in values)
    single = kind.format not in ("checkbox", "multi_select")
    if not good or (single and len(values) > 1):
        raise Refusal(1000, "Custom field invalid", [f"Invalid value. ID: {kind.id}"])


def _fits(type: str, value: str) -> bool:
    if type == "number":
        return _NUMBER.fullmatch(value) is not None
    if type == "date":
        return len(value) == 10 and read_date(value) is not None
    if type == "datetime":
        return len(value) > 10 and read_date(value.replace(" ", "T"), strict=False) is not None
    if type == "url":
        return _URL.fullmatch(value) is not None
    if type == "gender":
        return value in GENDERS
    return True


def field_row(book: Book, kind: CustomField) -> dict[str, Json]:
    return {
        "customFieldId": kind.id,
        "href": f"{book.url}/custom-fields/{kind.id}",
        "name": kind.name,
        "type": kind.type,
        "format": kind.format,
        "fieldType": kind.format,
        "valueType": kind.type,
        "hidden": kind.hidden,
        "values": kind.values,
    }


def custom_field(book: Book, id: str) -> CustomField:
    if id not in book.custom_fields:
        raise missing("customFieldId", id)
    return book.custom_fields[id]


def list_fields(book: Book, call: Call) -> Reply:
    allowed = Allowed(fields=frozenset({"name"}), sorts=frozenset({"name"}))
    listing = call.listing(book, allowed)
    wanted = listing.where.get("name", "").lower()
    found = [kind for kind in book.custom_fields.values() if wanted in kind.name.lower()]
    for _, descending in listing.order:
        found.sort(key=lambda kind: kind.name, reverse=descending)
    return page_of([field_row(book, kind) for kind in found], listing, "customFieldId")


def get_field(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    row = field_row(book, custom_field(book, call.params[0]))
    return Reply(200, listing.cut(row, "customFieldId"))


def make_field(
    book: Book, name: str, type: str, format: str, hidden: str, values: list[str]
) -> CustomField:
    """A checked new custom field."""
    if not re.fullmatch(r"[a-z0-9_]+", name) or name in RESERVED:
        raise body_error(1000, "name", name, "Wrong custom field name")
    if any(kind.name == name for kind in book.custom_fields.values()):
        raise Refusal(1008, "Custom field with this name already exists", [])
    if type in FORMATS:
        # The older form, still taken: the widget stands where the value type should.
        type, format = "string", type
    check_choices(format, values)
    kind = CustomField(book.new_id(), name, type, format, hidden, values)
    book.custom_fields[kind.id] = kind
    return kind


def check_choices(format: str, values: list[str]) -> None:
    if format in ("radio", "single_select", "multi_select") and len(values) < 2:
        raise body_error(1000, "values", values, "At least two values are needed")


def create_field(book: Book, call: Call) -> Reply:
    keys = {
        "name": text(1, 128),
        "type": choice(*TYPES, *FORMATS),
        "format": choice(*FORMATS),
        "hidden": choice("true", "false"),
        "values": listed(text(1)),
    }
    body = check_object(call.body(), "", keys, ("name", "type", "hidden", "values"))
    if body["type"] in TYPES and "format" not in body:
        raise body_error(1005, "format", None, "Value is required")
    kind = make_field(
        book, body["name"], body["type"], body.get("format", ""), body["hidden"], body["values"]
    )
    return Reply(201, field_row(book, kind))


def update_field(book: Book, call: Call) -> Reply:
    kind = custom_field(book, call.params[0])
    keys = {"hidden": choice("true", "false"), "values": listed(text(1))}
    body = check_object(call.body(), "", keys, ("hidden", "values"))
    check_choices(kind.format, body["values"])
    kind.hidden, kind.values = body["hidden"], body["values"]
    return Reply(200, field_row(book, kind))


def delete_field(book: Book, call: Call) -> Reply:
    del book.custom_fields[custom_field(book, call.params[0]).id]
    return Reply(204)


# -- tags --------------------------------------------------------------------------------------


def tag_row(book: Book, tag: Tag) -> dict[str, Json]:
    return {
        "tagId": tag.id,
        "href": f"{book.url}/tags/{tag.id}",
        "name": tag.name,
        "color": tag.color,
        "createdAt": show(tag.created),
    }


def known_tag(book: Book, id: str) -> Tag:
    if id not in book.tags:
        raise missing("tagId", id)
    return book.tags[id]


def list_tags(book: Book, call: Call) -> Reply:
    allowed = Allowed(
        fields=frozenset({"name"}),
        spans=frozenset({"createdAt"}),
        sorts=frozenset({"createdAt", "name"}),
    )
    listing = call.listing(book, allowed)
    wanted = listing.where.get("name", "").lower()
    first, last = listing.spans.get("createdAt", (None, None))
    found = [
        tag
        for tag in book.tags.values()
        if wanted in tag.name.lower()
        and tag.created >= (first or 0)
        and (last is None or tag.created <= last)
    ]
    keys: dict[str, Callable[[Tag], str | int]] = {
        "createdAt": lambda tag: tag.created,
        "name": lambda tag: tag.name.lower(),
    }
    for name, descending in reversed(listing.order):
        found.sort(key=keys[name], reverse=descending)
    return page_of([tag_row(book, tag) for tag in found], listing, "tagId")


def get_tag(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    return Reply(200, listing.cut(tag_row(book, known_tag(book, call.params[0])), "tagId"))


def make_tag(book: Book, name: str) -> Tag:
    """A checked new tag."""
    if not re.fullmatch(r"\w+", name):
        raise body_error(1000, "name", name, "Tag name may hold letters, digits and _ only")
    if any(tag.name.lower() == name.lower() for tag in book.tags.values()):
        raise Refusal(1008, "Tag with this name already exists", [])
    tag = Tag(book.new_id(), name, "", book.now())
    book.tags[tag.id] = tag
    return tag


def create_tag(book: Book, call: Call) -> Reply:
    keys = {"name": text(2, 255), "color": text()}
    body = check_object(call.body(), "", keys, ("name",))
    return Reply(201, tag_row(book, make_tag(book, body["name"])))


def update_tag(book: Book, call: Call) -> Reply:
    """Answers 200 and changes nothing: tags cannot be renamed."""
    tag = known_tag(book, call.params[0])
    check_object(call.body(), "", {"name": text(2, 255), "color": text()})
    return Reply(200, tag_row(book, tag))


def delete_tag(book: Book, call: Call) -> Reply:
    del book.tags[known_tag(book, call.params[0]).id]
    return Reply(204)


# -- blocklists --------------------------------------------------------------------------------


def _masks(book: Book, call: Call) -> list[str]:
    if not call.params:
        return book.masks
    if call.params[0] not in book.lists:
        raise missing("campaignId", call.params[0])
    return book.lists[call.params[0]].masks


def get_masks(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(fields=frozenset({"mask"}), paged=False))
    wanted = listing.where.get("mask", "").lower()
    return Reply(200, {"masks": [m for m in _masks(book, call) if wanted in m.lower()]})


def set_masks(book: Book, call: Call) -> Reply:
    """`add` and `delete` change some masks; without either the whole list is replaced."""
    flags = frozenset({"add", "delete", "noResponse"})
    listing = call.listing(book, Allowed(flags=flags, paged=False))
    masks = _masks(book, call)
    body = check_object(call.body(), "", {"masks": listed(text(1, 255))}, ("masks",))
    for mask in body["masks"]:
        if not is_mask(mask):
            raise Refusal(1003, "Wrong mask", {"value": mask})
    if "add" in listing.flags:
        masks.extend(m for m in dict.fromkeys(body["masks"]) if m not in masks)
    elif "delete" in listing.flags:
        masks[:] = [m for m in masks if m not in body["masks"]]
    else:
        masks[:] = dict.fromkeys(body["masks"])
    return Reply(200, None if "noResponse" in listing.flags else {"masks": list(masks)})


def is_mask(mask: str) -> bool:
    """An address, a host with or without `@`, or either with `*`."""
    tidy = mask.replace("*", "x.xx")
    return is_email(tidy) or is_email("x@" + tidy.lstrip("@"))


ROUTES = [
    Route("GET", "custom-fields", "custom_fields.list", list_fields),
    Route("POST", "custom-fields", "custom_fields.create", create_field, writes=True),
    Route("GET", "custom-fields/{}", "custom_fields.get", get_field),
    Route("POST", "custom-fields/{}", "custom_fields.update", update_field, writes=True),
    Route("DELETE", "custom-fields/{}", "custom_fields.delete", delete_field, writes=True),
    Route("GET", "tags", "tags.list", list_tags),
    Route("POST", "tags", "tags.create", create_tag, writes=True),
    Route("GET", "tags/{}", "tags.get", get_tag),
    Route("POST", "tags/{}", "tags.update", update_tag),
    Route("DELETE", "tags/{}", "tags.delete", delete_tag, writes=True),
    Route("GET", "accounts/blocklists", "accounts.blocklists", get_masks),
    Route("POST", "accounts/blocklists", "accounts.set_blocklists", set_masks, writes=True),
    Route("GET", "campaigns/{}/blocklists", "campaigns.blocklists", get_masks),
    Route("POST", "campaigns/{}/blocklists", "campaigns.set_blocklists", set_masks, writes=True),
]
