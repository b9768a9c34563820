"""What the account holds, and the switches of what the reference leaves open."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from ..kernel import Clock
from .limits import Quota
from .records import (
    Automation,
    Contact,
    ContactTag,
    Enrolment,
    Event,
    Field,
    FieldRel,
    Hook,
    Import,
    Note,
    Option,
    Record,
    Schema,
    Tag,
    User,
    Value,
    Variable,
)
from .wire import Json

_FIRST_IDS = {
    "contact": 101,
    "field": 1,
    "option": 301,
    "relation": 401,
    "value": 501,
    "tag": 11,
    "contactTag": 701,
    "automation": 21,
    "enrolment": 901,
    "note": 31,
    "webhook": 41,
    "user": 1,
    "variable": 51,
}
"""Apart, so that an id of one kind is seldom one of another."""


class Book:
    """The account's whole state, and its switches."""

    custom_objects: bool
    """Whether the plan has private custom objects."""
    duplicate_tag: Literal["error", "existing"]
    """What making a tag that exists gives: a refusal, or 200 with that tag."""
    duplicate_tag_status: int
    contact_tag_error: int
    """400 or 422 for a contact tag whose tag is missing or unknown."""
    field_value_status: int
    """What setting a value answers: 201, or 200 as the vendor's document has it."""
    strict_values: bool
    """Refuse values that do not fit their field's type; when False they are stored as they are."""
    record_id_on_write: bool
    """Whether the answer to a record's write has its id."""
    record_lag: float
    """Seconds until a written record shows in lists; reads by id see it at once."""
    missing_record: Literal[400, 404]
    """The status of a record that is not there."""
    unknown_record_field: Literal["refused", "dropped"]
    import_seconds: float
    """How long a bulk import takes, from 2 seconds."""
    import_end: Literal["completed", "failed", "interrupted"]
    import_rejects: Callable[[str], bool]
    """Addresses that an import accepts and then fails to add."""
    import_success_key: Literal["success", "Success"]
    plain_events: bool
    """Event tracking answers `1` and `0`; when False an object."""
    empty_links: bool
    """`links` is `[]` everywhere."""
    rate_headers: bool
    """Whether answers carry `RateLimit-*`."""
    retry_after: int | None
    """Seconds that a 429 asks for; None leaves the header out."""
    over_limit_status: Literal[429, 503]
    bad_key_status: Literal[401, 403]

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self.random = random.Random(f"activecampaign {seed}")
        self._next = dict(_FIRST_IDS)

        self.custom_objects = True
        self.duplicate_tag = "error"
        self.duplicate_tag_status = 422
        self.contact_tag_error = 400
        self.field_value_status = 201
        self.strict_values = True
        self.record_id_on_write = False
        self.record_lag = 8.0
        self.missing_record = 400
        self.unknown_record_field = "refused"
        self.import_seconds = 20.0
        self.import_end = "completed"
        self.import_rejects = lambda email: False
        self.import_success_key = "success"
        self.plain_events = False
        self.empty_links = False
        self.rate_headers = True
        self.retry_after = 1
        self.over_limit_status = 429
        self.bad_key_status = 403

        self.limits = True
        """Whether rate limits are kept."""
        self.quota = Quota(clock)
        """What bulk imports may be called."""
        self.url = ""
        self.people: dict[str, Contact] = {}
        self.by_email: dict[str, str] = {}
        """Contact id by casefolded address."""
        self.fields: dict[str, Field] = {}
        self.options: dict[str, Option] = {}
        self.relations: dict[str, FieldRel] = {}
        self.values: dict[str, Value] = {}
        self.tags: dict[str, Tag] = {}
        self.contact_tags: dict[str, ContactTag] = {}
        self.schemas: dict[str, Schema] = {}
        self.rows: dict[str, dict[str, Record]] = {}
        """Records by schema and id."""
        self.by_external: dict[tuple[str, str], str] = {}
        """Record id by schema and external id."""
        self.automations: dict[str, Automation] = {}
        self.enrolled: dict[str, Enrolment] = {}
        self.started_by_tag: set[tuple[str, str]] = set()
        """Contact and automation; a tag starts each pair once."""
        self.notes: dict[str, Note] = {}
        self.hooks: dict[str, Hook] = {}
        self.imports: dict[str, Import] = {}
        self.import_callbacks: list[dict[str, Json]] = []
        """What finished imports would have called, oldest first."""
        self.variables: dict[str, Variable] = {}
        self.event_names: list[str] = []
        self.tracked: list[Event] = []
        self.tracking = True
        """Whether events are taken."""
        self.actid = "1000123456"
        self.event_key = self.random.randbytes(20).hex()
        self.keys: dict[str, User] = {}
        """The user of each key."""

    # -- small things --------------------------------------------------------------------------

    def now(self) -> datetime:
        return self.clock.now()

    def new_id(self, kind: str) -> str:
        made = self._next[kind]
        self._next[kind] += 1
        return str(made)

    def new_uuid(self) -> str:
        bits = f"{self.random.getrandbits(128):032x}"
        return "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))

    def links(self, path: str, *names: str) -> Json:
        """Absolute URLs by name; an empty map comes as a list."""
        if self.empty_links or not names:
            return []
        return {name: f"{self.url}/api/3/{path}/{name}" for name in names}

    # -- contacts ------------------------------------------------------------------------------

    def new_contact(self, email: str, *, updated: datetime | None) -> Contact:
        """A contact, filed at once."""
        contact = Contact(self.new_id("contact"), email, self.now(), updated=updated)
        self.people[contact.id] = contact
        if email:
            self.by_email[contact.key] = contact.id
        return contact

    def with_email(self, email: str) -> Contact | None:
        id = self.by_email.get(email.casefold())
        return None if id is None else self.people[id]

    def move(self, contact: Contact, email: str) -> None:
        """Give a contact another address, which must be free."""
        self.by_email.pop(contact.key, None)
        contact.email = email
        if email:
            self.by_email[contact.key] = contact.id

    def forget(self, contact: Contact) -> None:
        """Delete a contact with its tags, values and history."""
        del self.people[contact.id]
        self.by_email.pop(contact.key, None)
        for value in contact.values.values():
            del self.values[value.id]
        for link in contact.tags.values():
            del self.contact_tags[link.id]
        self.enrolled = {k: v for k, v in self.enrolled.items() if v.contact != contact.id}
        self.notes = {k: v for k, v in self.notes.items() if v.contact != contact.id}

    # -- values, tags, automations -------------------------------------------------------------

    def set_value(self, contact: str, field: str, value: str | None) -> Value:
        """Set or replace one value."""
        held = self.people[contact].values
        found = held.get(field)
        if found is None:
            now = self.now()
            found = Value(self.new_id("value"), contact, field, value, now, now)
            held[field] = self.values[found.id] = found
        elif found.value != value:
            found.value, found.updated = value, self.now()
        return found

    def drop_value(self, value: Value) -> None:
        del self.values[value.id]
        del self.people[value.contact].values[value.field]

    def tag_named(self, name: str, type: str = "contact") -> Tag | None:
        wanted = name.casefold()
        return next(
            (
                each
                for each in self.tags.values()
                if (each.name.casefold(), each.type) == (wanted, type)
            ),
            None,
        )

    def new_tag(self, name: str, type: str = "contact", description: str = "") -> Tag:
        tag = Tag(self.new_id("tag"), name, type, description, self.now())
        self.tags[tag.id] = tag
        return tag

    def put_tag(
        self, contact: str, tag: str, *, automations: bool = True
    ) -> tuple[ContactTag, bool]:
        """The link of a contact to a tag, and whether it is new.

        Args:
            automations: whether a new one starts the automations that wait for it.
        """
        held = self.people[contact].tags
        found = held.get(tag)
        if found is not None:
            return found, False
        found = ContactTag(self.new_id("contactTag"), contact, tag, self.now())
        held[tag] = self.contact_tags[found.id] = found
        waiting = [a for a in self.automations.values() if a.on_tag == tag and a.status == "1"]
        for each in waiting if automations else []:
            if (contact, each.id) not in self.started_by_tag:
                self.started_by_tag.add((contact, each.id))
                self.enrol(contact, each.id, by="tag")
        return found, True

    def drop_tag(self, link: ContactTag) -> None:
        del self.contact_tags[link.id]
        del self.people[link.contact].tags[link.tag]

    def enrol(self, contact: str, automation: str, *, by: str) -> Enrolment:
        """Another enrolment, whether or not there is one already."""
        made = Enrolment(self.new_id("enrolment"), contact, automation, "1", self.now(), by)
        self.enrolled[made.id] = made
        return made
