"""Tags, and who has them."""

from __future__ import annotations

from collections.abc import Callable

from ...core.call import Call, Pages, WriteClass
from ...core.given import named
from ...core.wire import UNSET, Reader, Unset
from ...errors import ConfigError
from .. import wire
from ..models.tags import ContactTag, Tag, TagType
from ._parts import PAGE_SIZE, call, changes, deletion, number, numbered, one, pages

_tag = Reader(Tag, {Tag: {"name": "tag", "type": "tagType", "created_at": "cdate"}})
_contact_tag = Reader(
    ContactTag, {ContactTag: {"contact_id": "contact", "tag_id": "tag", "created_at": "cdate"}}
)


def list_tags(
    *, name: str | None = None, search: str | None = None, page_size: int = PAGE_SIZE
) -> Pages[Tag]:
    """Tags of all kinds; `name` narrows to it, `search` to names that contain it.

    What `name` finds is to be looked at again, see `is_tag`.
    """
    query = [("filters[search][eq]", name), ("search", search)]
    return pages(
        "tags.list", "tags", lambda a: a.many("tags", _tag), lambda t: t.id, query, page_size
    )


def is_tag(name: str) -> Callable[[Tag], bool]:
    """Whether a tag for contacts has this name; upper and lower case are one."""
    wanted = named("the name of a tag", name).strip().casefold()
    return lambda t: t.name.strip().casefold() == wanted and t.type is not TagType.TEMPLATE


def get_tag(tag_id: str) -> Call[Tag]:
    """One tag."""
    return call("tags.get", "GET", numbered("tags", tag_id), one("tag", _tag))


def create_tag(name: str, *, description: str = "") -> Call[Tag]:
    """Create a tag for contacts; a taken name is a `Conflict`, or gives the tag that has it."""
    body = {
        "tag": named("the name of a tag", name).strip(),
        "tagType": "contact",  # without it, the tag would be shown nowhere
        "description": description,
    }
    return call(
        "tags.create",
        "POST",
        "tags",
        one("tag", _tag),
        body={"tag": body},
        write_class=WriteClass.NATURAL_KEY,
    )


def update_tag(
    tag_id: str, *, name: str | Unset = UNSET, description: str | Unset = UNSET
) -> Call[Tag]:
    """Rename or describe a tag, on all contacts that have it."""
    if isinstance(name, str):
        name = named("the name of a tag", name).strip()
    body = changes({"tag": name, "description": description})
    if not body:
        raise ConfigError("nothing is given to change")
    return call(
        "tags.update", "PUT", numbered("tags", tag_id), one("tag", _tag), body={"tag": body}
    )


def delete_tag(tag_id: str) -> Call[None]:
    """Delete a tag, also from all contacts that have it; one that is gone already is fine."""
    return deletion("tags.delete", numbered("tags", tag_id))


def list_contact_tags(contact_id: str) -> Call[tuple[ContactTag, ...]]:
    """The tags of a contact, by their ids."""
    where = numbered("contacts", contact_id, "contactTags")
    return call(
        "contact_tags.list",
        "GET",
        where,
        lambda r: wire.Answer(r).many("contactTags", _contact_tag),
    )


def add_contact_tag(contact_id: str, tag_id: str) -> Call[ContactTag]:
    """Put a tag on a contact; where it has it already, nothing changes."""
    body = {
        "contact": number("an id of contacts", contact_id),
        "tag": number("an id of tags", tag_id),
    }
    return call(
        "contact_tags.add",
        "POST",
        "contactTags",
        one("contactTag", _contact_tag),
        body={"contactTag": body},
    )


def remove_contact_tag(contact_tag_id: str) -> Call[None]:
    """Take a tag off a contact, by the id of the pair; one that is gone already is fine."""
    return deletion("contact_tags.remove", numbered("contactTags", contact_tag_id))
