"""Custom fields, tags, predefined fields and consent fields."""

from __future__ import annotations

import re

from .records import ConsentField, CustomField, PredefinedField, Tag
from .routing import Call, Reply, Route, in_span, page_of, sort
from .store import Book
from .wire import (
    Allowed,
    Json,
    Refusal,
    body_error,
    check_object,
    choice,
    listed,
    missing,
    read_date,
    reference,
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


def campaign_ref(book: Book, id: str) -> dict[str, Json]:
    """The list as it stands in what belongs to it."""
    campaign = book.lists.get(id)
    return {
        "campaignId": id,
        "href": f"{book.url}/campaigns/{id}",
        "name": None if campaign is None else campaign.name,
    }


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
    wanted = listing.where.get("name")
    found = [kind for kind in book.custom_fields.values() if book.named(wanted, kind.name)]
    sort(found, listing, {"name": lambda kind: kind.name})
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
    found = [
        tag
        for tag in book.tags.values()
        if book.named(listing.where.get("name"), tag.name)
        and in_span(tag.created, listing, "createdAt")
    ]
    sort(
        found, listing, {"createdAt": lambda tag: tag.created, "name": lambda tag: tag.name.lower()}
    )
    return page_of([tag_row(book, tag) for tag in found], listing, "tagId")


def get_tag(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    return Reply(200, listing.cut(tag_row(book, known_tag(book, call.params[0])), "tagId"))


def check_tag_name(name: str, path: str = "name") -> None:
    if not re.fullmatch(r"\w+", name):
        raise body_error(1000, path, name, "Tag name may hold letters, digits and _ only")


def make_tag(book: Book, name: str) -> Tag:
    """A checked new tag."""
    check_tag_name(name)
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


# -- predefined fields -------------------------------------------------------------------------


def predefined_row(book: Book, kind: PredefinedField) -> dict[str, Json]:
    return {
        "predefinedFieldId": kind.id,
        "href": f"{book.url}/predefined-fields/{kind.id}",
        "name": kind.name,
        "value": kind.value,
        "campaign": campaign_ref(book, kind.campaign),
    }


def known_predefined(book: Book, id: str) -> PredefinedField:
    kind = book.predefined_fields.get(id)
    if kind is None or kind.campaign not in book.lists:
        raise missing("predefinedFieldId", id)
    return kind


def list_predefined(book: Book, call: Call) -> Reply:
    allowed = Allowed(fields=frozenset({"name", "campaignId"}), sorts=frozenset({"name"}))
    listing = call.listing(book, allowed)
    campaign = listing.where.get("campaignId")
    found = [
        kind
        for kind in book.predefined_fields.values()
        if kind.campaign in book.lists
        and campaign in (None, kind.campaign)
        and book.named(listing.where.get("name"), kind.name)
    ]
    sort(found, listing, {"name": lambda kind: kind.name.lower()})
    rows = [predefined_row(book, kind) for kind in found]
    return page_of(rows, listing, "predefinedFieldId")


def create_predefined(book: Book, call: Call) -> Reply:
    keys = {"name": text(1, 32), "value": text(1, 255), "campaign": reference("campaignId")}
    body = check_object(call.body(), "", keys, tuple(keys))
    if body["campaign"] not in book.lists:
        raise Refusal(1001, "Campaign does not exist", {"campaignId": body["campaign"]})
    for kind in book.predefined_fields.values():
        if (kind.campaign, kind.name) == (body["campaign"], body["name"]):
            raise Refusal(1008, "Predefined field with this name already exists", [])
    kind = PredefinedField(book.new_id(), body["name"], body["value"], body["campaign"])
    book.predefined_fields[kind.id] = kind
    return Reply(201, predefined_row(book, kind))


def get_predefined(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    row = predefined_row(book, known_predefined(book, call.params[0]))
    return Reply(200, listing.cut(row, "predefinedFieldId"))


def update_predefined(book: Book, call: Call) -> Reply:
    kind = known_predefined(book, call.params[0])
    kind.value = check_object(call.body(), "", {"value": text(1, 255)}, ("value",))["value"]
    return Reply(200, predefined_row(book, kind))


def delete_predefined(book: Book, call: Call) -> Reply:
    del book.predefined_fields[known_predefined(book, call.params[0]).id]
    return Reply(204)


# -- consent fields ----------------------------------------------------------------------------


def consent_row(book: Book, kind: ConsentField) -> dict[str, Json]:
    return {
        "gdprFieldId": kind.id,
        "name": kind.name,
        "createdOn": show(kind.created),
        "href": f"{book.url}/gdpr-fields/{kind.id}",
    }


def list_consent_fields(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(sorts=frozenset({"name", "createdOn"})))
    found = list(book.consent_fields.values())
    sort(found, listing, {"name": lambda k: k.name.lower(), "createdOn": lambda k: k.created})
    return page_of([consent_row(book, kind) for kind in found], listing, "gdprFieldId")


def get_consent_field(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(paged=False))
    kind = book.consent_fields.get(call.params[0])
    if kind is None:
        raise missing("gdprFieldId", call.params[0])
    latest = {
        "gdprFieldVersionId": kind.version,
        "content": kind.content,
        "createdOn": show(kind.created),
    }
    row = {**consent_row(book, kind), "latestVersion": latest}
    return Reply(200, listing.cut(row, "gdprFieldId"))


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
    Route("GET", "predefined-fields", "predefined_fields.list", list_predefined),
    Route("POST", "predefined-fields", "predefined_fields.create", create_predefined, writes=True),
    Route("GET", "predefined-fields/{}", "predefined_fields.get", get_predefined),
    Route(
        "POST", "predefined-fields/{}", "predefined_fields.update", update_predefined, writes=True
    ),
    Route(
        "DELETE", "predefined-fields/{}", "predefined_fields.delete", delete_predefined, writes=True
    ),
    Route("GET", "gdpr-fields", "gdpr_fields.list", list_consent_fields),
    Route("GET", "gdpr-fields/{}", "gdpr_fields.get", get_consent_field),
]
