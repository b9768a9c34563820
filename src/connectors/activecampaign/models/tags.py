"""Tags, and who has them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import frozen


class TagType(Enum):
    """What a tag is for."""

    CONTACT = "contact"
    TEMPLATE = "template"


@frozen(kw_only=True)
class Tag:
    """A tag. Names that differ in upper and lower case alone are one name."""

    id: str
    name: str
    type: TagType | str | None = None
    description: str | None = None
    created_at: datetime | None = None


@frozen(kw_only=True)
class ContactTag:
    """A tag on a contact. Its own id, not the tag's, takes it off again."""

    id: str
    contact_id: str
    tag_id: str
    created_at: datetime | None = None
