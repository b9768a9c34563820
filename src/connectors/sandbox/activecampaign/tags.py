"""Tags, and which contact has which."""

from __future__ import annotations

from collections.abc import Callable

from .person import brief, found
from .records import ContactTag, Tag
from .routing import Call, Reply, Route
from .store import Book
from .wire import (
    Json,
    NotSimulated,
    Refusal,
    as_id,
    invalid,
    naive,
    not_found,
    with_offset,
    wrong_parameter,
)

TYPES = ("contact", "template")


def row(book: Book, tag: Tag) -> dict[str, Json]:
    return {
        "tag": tag.name,
        "tagType": tag.type,
        "description": tag.description,
        "cdate": with_offset(tag.created),
        "links": book.links(f"tags/{tag.id}", "contactGoalTags"),
        "id": tag.id,
    }


def link_row(book: Book, link: ContactTag) -> dict[str, Json]:
    return {
        "contact": link.contact,
        "tag": link.tag,
        "cdate": with_offset(link.created),
        "created_timestamp": naive(link.created),
        "updated_timestamp": naive(link.created),
        "links": book.links(f"contactTags/{link.id}", "tag", "contact"),
        "id": link.id,
    }


# -- tags --------------------------------------------------------------------------------------

_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda name, text: name == text,
    "neq": lambda name, text: name != text,
    "lt": lambda name, text: name < text,
    "lte": lambda name, text: name <= text,
    "gt": lambda name, text: name > text,
    "gte": lambda name, text: name >= text,
    "contains": lambda name, text: text in name,
    "starts_with": lambda name, text: name.startswith(text),
}


def list_tags(book: Book, call: Call) -> Reply:
    query = call.query
    tests = []
    if (text := query.take("search")) is not None:
        tests.append((_COMPARE["contains"], text.casefold()))
    for path, text in query.take_under("filters"):
        if len(path) != 2 or path[0] != "search" or path[1] not in _COMPARE:
            raise NotSimulated(f"the query parameter filters[{']['.join(path)}]")
        tests.append((_COMPARE[path[1]], text.casefold()))
    # Made without a type, a tag is nowhere to be seen.
    rows = [tag for tag in book.tags.values() if tag.type]
    rows = [tag for tag in rows if all(test(tag.name.casefold(), text) for test, text in tests)]
    for path, order in query.take_under("orders"):
        if path != ["search"] or order.lower() not in ("weight", "asc", "desc"):
            raise NotSimulated(f"the query parameter orders[{']['.join(path)}]={order}")
        if order.lower() != "weight":
            rows.sort(key=lambda tag: tag.name.casefold(), reverse=order.lower() == "desc")
    page = query.page()
    shown = [row(book, tag) for tag in page.cut(rows)]
    return Reply(200, {"tags": shown, "meta": {"total": str(len(rows))}})


def _found_tag(book: Book, id: str) -> Tag:
    if id not in book.tags:
        raise not_found("Tag", id)
    return book.tags[id]


def get_tag(book: Book, call: Call) -> Reply:
    return Reply(200, {"tag": row(book, _found_tag(book, call.params[0]))})


def _read(call: Call) -> dict[str, Json]:
    given = call.wrapped("tag", ("tag", "tagType", "description"))
    if not isinstance(given.get("description", ""), str | None):
        raise invalid("The description must be text", "description", code="field_invalid")
    if "tag" in given and not (isinstance(given["tag"], str) and given["tag"].strip()):
        raise invalid("The tag must have a name", "tag", code="field_missing")
    if "tagType" in given and given["tagType"] not in TYPES:
        raise invalid("The tag type is contact or template", "tagType", code="field_invalid")
    return given


def _duplicate(book: Book, tag: Tag) -> Refusal:
    told = f"Duplicate entry '{tag.type}-{tag.name}' for key 'typetag'"
    return Refusal(
        book.duplicate_tag_status, {"message": "Could not process request", "error": told}
    )


def create_tag(book: Book, call: Call) -> Reply:
    given = _read(call)
    if "tag" not in given:
        raise invalid("The tag must have a name", "tag", code="field_missing")
    type = given.get("tagType", "")
    there = book.tag_named(given["tag"], type)
    if there is not None and book.duplicate_tag == "existing":
        return Reply(200, {"tag": row(book, there)})
    if there is not None:
        raise _duplicate(book, there)
    tag = book.new_tag(given["tag"], type, given.get("description") or "")
    return Reply(201, {"tag": row(book, tag)})


def update_tag(book: Book, call: Call) -> Reply:
    tag = _found_tag(book, call.params[0])
    given = _read(call)
    name, type = given.get("tag", tag.name), given.get("tagType", tag.type)
    there = book.tag_named(name, type)
    if there is not None and there is not tag:
        raise _duplicate(book, there)
    tag.name, tag.type = name, type
    tag.description = given.get("description", tag.description) or ""
    return Reply(200, {"tag": row(book, tag)})


def delete_tag(book: Book, call: Call) -> Reply:
    remove_tag(book, _found_tag(book, call.params[0]))
    return Reply(200, {})


def remove_tag(book: Book, tag: Tag) -> None:
    """A deleted tag leaves every contact."""
    del book.tags[tag.id]
    for link in [each for each in book.contact_tags.values() if each.tag == tag.id]:
        book.drop_tag(link)


# -- contact tags ------------------------------------------------------------------------------


def create_link(book: Book, call: Call) -> Reply:
    given = call.wrapped("contactTag", ("contact", "tag"))
    name = "contactTag.tag"
    if given.get("tag") in (None, ""):
        raise wrong_parameter(name, "No tag id provided", book.contact_tag_error)
    tag = as_id(given["tag"])
    if tag is None or tag not in book.tags:
        raise wrong_parameter(name, "The tag does not exist", book.contact_tag_error)
    if given.get("contact") in (None, ""):
        raise invalid("Missing attribute", "contact")
    contact = as_id(given["contact"])
    if contact is None or contact not in book.people:
        raise Refusal(404, {"message": "Contact not found"})
    link, new = book.put_tag(contact, tag)
    person = brief(book, found(book, contact))
    return Reply(201 if new else 200, {"contacts": [person], "contactTag": link_row(book, link)})


def delete_link(book: Book, call: Call) -> Reply:
    if call.params[0] not in book.contact_tags:
        raise not_found("SubscriberTag", call.params[0])
    book.drop_tag(book.contact_tags[call.params[0]])
    return Reply(200, {})


ROUTES = [
    Route("GET", "tags", "tags.list", list_tags, query=True),
    Route("POST", "tags", "tags.create", create_tag),
    Route("GET", "tags/{}", "tags.get", get_tag),
    Route("PUT", "tags/{}", "tags.update", update_tag),
    Route("DELETE", "tags/{}", "tags.delete", delete_tag),
    Route("POST", "contactTags", "contact_tags.create", create_link),
    Route("DELETE", "contactTags/{}", "contact_tags.delete", delete_link),
]
