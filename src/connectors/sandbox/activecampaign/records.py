"""The rows of an account, before they are written out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .wire import Json


@dataclass(slots=True)
class Field:
    """A custom field of contacts."""

    id: str
    title: str
    type: str
    perstag: str
    created: datetime
    updated: datetime
    description: str = ""
    default: str = ""
    visible: str = "1"
    order: str = "0"
    options: list[str] = field(default_factory=list)
    """Ids."""
    relations: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Option:
    id: str
    field: str
    value: str
    label: str
    order: str
    default: str
    created: datetime


@dataclass(slots=True)
class FieldRel:
    id: str
    field: str
    relid: str
    created: datetime


@dataclass(slots=True)
class Value:
    """What one contact has in one field."""

    id: str
    contact: str
    field: str
    value: str | None
    created: datetime
    updated: datetime


@dataclass(slots=True)
class Tag:
    id: str
    name: str
    type: str
    """Empty when it was made without: then nobody sees it."""
    description: str
    created: datetime


@dataclass(slots=True)
class ContactTag:
    id: str
    contact: str
    tag: str
    created: datetime


@dataclass(slots=True)
class Contact:
    id: str
    email: str
    created: datetime
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    updated: datetime | None = None
    """None until it changes, for people that came without the API."""
    values: dict[str, Value] = field(default_factory=dict)
    """By field."""
    tags: dict[str, ContactTag] = field(default_factory=dict)
    """By tag."""

    @property
    def key(self) -> str:
        return self.email.casefold()


@dataclass(slots=True)
class Schema:
    """A custom object's definition."""

    id: str
    slug: str
    labels: dict[str, str]
    description: str
    fields: list[dict[str, Json]]
    relationships: list[dict[str, Json]]
    created: datetime
    updated: datetime
    visibility: str = "private"
    doomed: set[str] = field(default_factory=set)
    """Fields marked for deletion."""


@dataclass(frozen=True, slots=True)
class Content:
    """A record's values at one time."""

    fields: dict[str, Json]
    relationships: dict[str, list[str]]
    updated: datetime


@dataclass(slots=True)
class Record:
    id: str
    schema: str
    external: str | None
    created: datetime
    nanoseconds: int
    versions: list[tuple[float, Content]]
    """Each with the moment it was written; lists show them late."""

    @property
    def content(self) -> Content:
        return self.versions[-1][1]


@dataclass(slots=True)
class Automation:
    id: str
    name: str
    status: str
    on_tag: str | None
    """The id of the tag that starts it."""
    created: datetime
    exited: int = 0


@dataclass(slots=True)
class Enrolment:
    id: str
    contact: str
    automation: str
    status: str
    added: datetime
    by: str
    """"api", "tag" or "person"."""


@dataclass(slots=True)
class Note:
    id: str
    contact: str
    text: str
    created: datetime


@dataclass(slots=True)
class Hook:
    id: str
    name: str
    url: str
    events: list[str]
    sources: list[str]
    listid: str
    created: datetime
    active: bool = True


@dataclass(slots=True)
class Import:
    """A bulk import on its way."""

    id: str
    rows: list[dict[str, Json]]
    exclude_automations: bool
    callback: dict[str, Json] | None
    submitted: float
    at: datetime
    done: bool = False
    success: list[str] = field(default_factory=list)
    failure: list[str] = field(default_factory=list)


@dataclass(slots=True)
class User:
    id: str
    username: str
    email: str
    first_name: str
    last_name: str
    denied: set[str] = field(default_factory=set)
    """Operations, or the rooms before their dot, that the user's group may not use."""


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: str
    email: str | None
    at: datetime


@dataclass(slots=True)
class Variable:
    """A message variable ("personalization")."""

    id: str
    name: str
    tag: str
    format: str
    content: str
