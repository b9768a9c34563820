"""Side doors: what people do in the vendor's web page, and looks inside for assertions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import imports, objects, schemas, tags, values
from .records import Automation, Contact, Field, Record, Schema
from .store import Book
from .wire import Refusal, is_email


class SideDoors(Book):
    """What happens to the account without the API. None of it counts as a call."""

    # -- contacts ------------------------------------------------------------------------------

    def add_contact(
        self,
        email: str,
        *,
        first_name: str = "",
        last_name: str = "",
        phone: str = "",
        fields: Mapping[str, str] | None = None,
        tags: Sequence[str] = (),
    ) -> str:
        """Somebody comes in by a form or by hand; gives the id.

        Args:
            email: empty for somebody known by phone alone.
            fields: values by the field's title or id.
            tags: names; made where they are missing.
        """
        self.drain()
        if email:
            self._free(email)
        elif not phone:
            raise ValueError("a contact needs an address or a phone number")
        contact = self.new_contact(email, updated=None)
        contact.first_name, contact.last_name, contact.phone = first_name, last_name, phone
        for name, value in (fields or {}).items():
            self.set_value(contact.id, self._field(name).id, value)
        for tag in tags:
            self.put_tag(contact.id, self.add_tag(tag))
        return contact.id

    def edit_contact(
        self,
        contact_id: str,
        *,
        email: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
        phone: str | None = None,
        fields: Mapping[str, str] | None = None,
        add_tags: Sequence[str] = (),
        remove_tags: Sequence[str] = (),
    ) -> None:
        """Change a contact by hand; None leaves alone."""
        contact = self._contact(contact_id)
        if email is not None and email.casefold() != contact.key:
            self._free(email)
        if email is not None:
            self.move(contact, email)
        contact.first_name = contact.first_name if first_name is None else first_name
        contact.last_name = contact.last_name if last_name is None else last_name
        contact.phone = contact.phone if phone is None else phone
        for name, value in (fields or {}).items():
            self.set_value(contact.id, self._field(name).id, value)
        for name in add_tags:
            self.put_tag(contact.id, self.add_tag(name))
        for name in remove_tags:
            tag = self.tag_named(name)
            if tag is None or tag.id not in contact.tags:
                raise KeyError(f"contact {contact_id} has no tag {name!r}")
            self.drop_tag(contact.tags[tag.id])
        contact.updated = self.now()

    def delete_contact(self, contact_id: str) -> None:
        """Delete a contact by hand."""
        self.forget(self._contact(contact_id))

    # -- fields and tags -----------------------------------------------------------------------

    def add_field(
        self, title: str, type: str = "text", *, options: Sequence[str] = (), perstag: str = ""
    ) -> str:
        """A custom field of contacts; gives its id."""
        if type not in values.TYPES:
            raise ValueError(f"type must be one of {', '.join(sorted(values.TYPES))}")
        if bool(options) != (type in values.CHOICES):
            raise ValueError("fields of choices have options, and only they")
        field = values.make_field(self, title, type, perstag)
        values.make_relation(self, field)
        for option in options:
            values.make_option(self, field, option)
        return field.id

    def rename_field(self, field_id: str, title: str) -> None:
        """Give a field another title; its id and its tag for messages stay."""
        field = self._field(field_id)
        field.title, field.updated = title, self.now()

    def delete_field(self, field_id: str) -> None:
        """Delete a field with all its values."""
        field = self._field(field_id)
        del self.fields[field.id]
        for value in [each for each in self.values.values() if each.field == field.id]:
            self.drop_value(value)

    def add_field_option(self, field_id: str, option: str) -> str:
        """Add a choice to a field; gives its id."""
        return values.make_option(self, self._field(field_id), option).id

    def remove_field_option(self, field_id: str, option: str) -> None:
        """Take a choice away; contacts that have it keep it."""
        field = self._field(field_id)
        found = [id for id in field.options if self.options[id].value == option]
        if not found:
            raise KeyError(f"the field {field.title!r} has no option {option!r}")
        for id in found:
            field.options.remove(id)
            del self.options[id]

    def add_tag(self, name: str, *, type: str = "contact", description: str = "") -> str:
        """A tag of that name, made where it is missing; gives its id."""
        self.drain()
        return (self.tag_named(name, type) or self.new_tag(name, type, description)).id

    def delete_tag(self, name: str) -> None:
        """Delete a tag, which takes it from every contact."""
        tag = self.tag_named(name)
        if tag is None:
            raise KeyError(f"no tag {name!r}")
        tags.remove_tag(self, tag)

    # -- custom objects ------------------------------------------------------------------------

    def add_schema(
        self,
        slug: str,
        fields: Mapping[str, str] | Sequence[Mapping[str, Any]],
        *,
        label: str = "",
        public: bool = False,
    ) -> str:
        """A custom object tied to contacts; gives its id.

        Args:
            fields: types by id, or whole definitions as the API has them.
            public: one of a published app, which every plan has.
        """
        if isinstance(fields, Mapping):
            whole = [
                {"id": id, "labels": {"singular": id.title(), "plural": id.title()}, "type": type}
                for id, type in fields.items()
            ]
        else:
            whole = [dict(each) for each in fields]
        label = label or slug.title()
        contact = {
            "id": "primary-contact",
            "labels": {"singular": "Primary Contact", "plural": "Primary Contacts"},
            "namespace": "contacts",
            "hasMany": False,
        }
        given = {
            "slug": f"app-{self.new_uuid()}-{slug}" if public else slug,
            "labels": {"singular": label, "plural": label},
            "fields": whole,
            "relationships": [contact],
        }
        try:
            made = schemas.make(self, given, visibility="public" if public else "private")
        except Refusal as no:
            raise ValueError(str(no.payload)) from None
        return made.id

    def edit_record(self, schema: str, external_id: str, fields: Mapping[str, Any]) -> None:
        """Another program changes some fields of a record, and only those.

        Args:
            schema: slug or id.
        """
        record = self._record(schema, external_id)
        changed = {**record.content.fields, **fields}
        given = {
            "externalId": external_id,
            "fields": [{"id": id, "value": value} for id, value in changed.items()],
        }
        try:
            objects.put(self, self._schema(schema), given)
        except Refusal as no:
            raise ValueError(str(no.payload)) from None

    def delete_record(self, schema: str, external_id: str) -> None:
        """Another program deletes a record."""
        objects.remove(self, self._record(schema, external_id))

    # -- automations ---------------------------------------------------------------------------

    def add_automation(self, name: str, *, active: bool = True, on_tag: str | None = None) -> str:
        """Somebody builds an automation in the web page; gives its id.

        Args:
            on_tag: the name of a tag that starts it, once for each contact.
        """
        tag = None if on_tag is None else self.add_tag(on_tag)
        made = Automation(self.new_id("automation"), name, "1" if active else "2", tag, self.now())
        self.automations[made.id] = made
        return made.id

    def complete_enrolment(self, enrolment_id: str) -> None:
        """A contact comes to the end of an automation."""
        self.enrolled[enrolment_id].status = "2"

    def deactivate_automation(self, automation_id: str) -> None:
        """Switch an automation off."""
        self.automations[automation_id].status = "2"

    # -- looks inside --------------------------------------------------------------------------

    def contacts(self) -> list[dict[str, Any]]:
        """All contacts, oldest first, each with its values by field title and its tags' names."""
        self.drain()
        return [self._show(each) for each in self.people.values()]

    def contact_by_email(self, email: str) -> dict[str, Any] | None:
        """The contact with that address, in whatever case."""
        self.drain()
        found = self.with_email(email)
        return None if found is None else self._show(found)

    def tags_of(self, contact_id: str) -> list[str]:
        """The names of a contact's tags, in alphabetical order."""
        return sorted(self.tags[tag].name for tag in self._contact(contact_id).tags)

    def tag_names(self) -> list[str]:
        """The names of all tags of contacts, in alphabetical order."""
        self.drain()
        return sorted(each.name for each in self.tags.values() if each.type == "contact")

    def records(self, schema: str, contact_id: str | None = None) -> list[dict[str, Any]]:
        """The records of a custom object as they are now, oldest first, whatever lists show.

        Args:
            schema: slug or id.
            contact_id: only those of one contact.
        """
        rows = self.rows[self._schema(schema).id].values()
        shown = (_show_record(each) for each in rows)
        return [each for each in shown if contact_id is None or contact_id in each["contacts"]]

    def notes_of(self, contact_id: str) -> list[dict[str, Any]]:
        """The notes on a contact, oldest first."""
        self._contact(contact_id)
        return [
            {"id": each.id, "text": each.text, "created": each.created}
            for each in self.notes.values()
            if each.contact == contact_id
        ]

    def events(self) -> list[dict[str, Any]]:
        """The events that were tracked, oldest first."""
        return [
            {"name": each.name, "data": each.data, "email": each.email, "at": each.at}
            for each in self.tracked
        ]

    def enrolments(self, automation_id: str | None = None) -> list[dict[str, Any]]:
        """Who entered an automation, or any, oldest first."""
        self.drain()
        return [
            {
                "id": each.id,
                "contact": each.contact,
                "automation": each.automation,
                "completed": each.status == "2",
                "at": each.added,
                "by": each.by,
            }
            for each in self.enrolled.values()
            if automation_id in (None, each.automation)
        ]

    def drain(self) -> None:
        """Do what is due by now."""
        imports.run_due(self)

    # -- helpers -------------------------------------------------------------------------------

    def _contact(self, id: str) -> Contact:
        self.drain()
        if id not in self.people:
            raise KeyError(f"no contact {id!r}")
        return self.people[id]

    def _free(self, email: str) -> None:
        if not is_email(email):
            raise ValueError(f"not an e-mail address: {email!r}")
        if self.with_email(email) is not None:
            raise ValueError(f"there is a contact {email} already")

    def _field(self, name: str) -> Field:
        """By id or title."""
        titled = (each for each in self.fields.values() if each.title == name)
        found = self.fields.get(name) or next(titled, None)
        if found is None:
            raise KeyError(f"no field {name!r}")
        return found

    def _schema(self, name: str) -> Schema:
        """By id or slug."""
        called = (each for each in self.schemas.values() if each.slug == name)
        found = self.schemas.get(name) or next(called, None)
        if found is None:
            raise KeyError(f"no custom object {name!r}")
        return found

    def _record(self, schema: str, external_id: str) -> Record:
        id = self._schema(schema).id
        if (id, external_id) not in self.by_external:
            raise KeyError(f"no record {external_id!r}")
        return self.rows[id][self.by_external[id, external_id]]

    def _show(self, contact: Contact) -> dict[str, Any]:
        return {
            "id": contact.id,
            "email": contact.email,
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "phone": contact.phone,
            "fields": {
                self.fields[each.field].title: each.value for each in contact.values.values()
            },
            "tags": self.tags_of(contact.id),
            "created": contact.created,
            "updated": contact.updated,
        }


def _show_record(record: Record) -> dict[str, Any]:
    content = record.content
    return {
        "id": record.id,
        "external_id": record.external,
        "fields": dict(content.fields),
        "contacts": list(content.relationships.get("primary-contact", ())),
        "created": record.created,
        "updated": content.updated,
    }
