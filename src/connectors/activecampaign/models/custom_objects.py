"""Custom objects: schemas say what records hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from attrs import field, frozen

RecordValue = str | int | float | Decimal | date | Sequence[str] | None
"""A value to write into a record: a `datetime` needs a time zone, None leaves it empty."""

RecordFields = Mapping[str, RecordValue]

PRIMARY_CONTACT = "primary-contact"
"""The relationship of a record to its contact."""


class SchemaFieldType(Enum):
    """What a field of records holds."""

    TEXT = "text"
    TEXTAREA = "textarea"
    NUMBER = "number"
    DECIMAL = "decimal"
    CURRENCY = "currency"
    DATE = "date"
    DATETIME = "datetime"
    DROPDOWN = "dropdown"
    MULTISELECT = "multiselect"


@frozen(kw_only=True)
class SchemaField:
    """A field of records.

    Attributes:
        id: chosen by whoever makes the schema, such as "sent-at".
        label, plural_label: what people see; the second is like the first where it is empty.
        options: what may be chosen, for dropdown and multiselect.
        option_ids: the ids of options by their texts, where they have some.
        scale: digits behind the point, for decimal.
        currency: such as "EUR", for currency.
        inherited: comes from the schema of an app.
        deleted: marked for deletion; its id cannot be used again at once.
    """

    id: str
    label: str
    type: SchemaFieldType | str = SchemaFieldType.TEXT
    plural_label: str = ""
    required: bool = False
    options: tuple[str, ...] = ()
    option_ids: Mapping[str, str] = field(factory=dict, hash=False, repr=False)
    scale: int | None = None
    currency: str | None = None
    inherited: bool = False
    deleted: bool = False


@frozen(kw_only=True)
class Relationship:
    """What a record belongs to: contacts in the namespace "contacts".

    Attributes:
        id: such as "primary-contact".
        label, plural_label: what people see; the second is like the first where it is empty.
        has_many: a record may belong to several.
    """

    id: str
    namespace: str
    label: str = ""
    plural_label: str = ""
    description: str = ""
    has_many: bool = False


TO_CONTACT = Relationship(
    id=PRIMARY_CONTACT,
    namespace="contacts",
    label="Primary Contact",
    plural_label="Primary Contacts",
    description="The contact that it belongs to",
)
"""Each record belongs to one contact: without it, records cannot be written here."""


@frozen(kw_only=True)
class Schema:
    """What the records of one custom object hold."""

    id: str
    slug: str
    singular: str = ""
    plural: str = ""
    description: str | None = None
    fields: tuple[SchemaField, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    visibility: str | None = None
    parent_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    def as_new(self, *, adding: Sequence[SchemaField] = ()) -> NewSchema:
        """All of it with more fields, to write it anew: a change so made loses nothing.

        Fields that are marked for deletion stay out, as the service takes none of them back.
        """
        return NewSchema(
            slug=self.slug,
            singular=self.singular,
            plural=self.plural,
            description=self.description or "",
            fields=(*(each for each in self.fields if not each.deleted), *adding),
            relationships=self.relationships,
        )


@frozen(kw_only=True)
class NewSchema:
    """A custom object as it shall be. Its records belong to one contact each, unless it says else.

    Attributes:
        slug: its name for programs, unique in the account.
        relationships: what its records belong to.
    """

    slug: str
    singular: str
    plural: str
    fields: Sequence[SchemaField]
    description: str = ""
    relationships: Sequence[Relationship] = (TO_CONTACT,)


@frozen(kw_only=True)
class Record:
    """One record of a custom object.

    Attributes:
        id: None where the answer to a write did not say it.
        fields: texts by field id, also of numbers; several for a multiselect; None where empty.
        contact_ids: whom it belongs to.
    """

    id: str | None = None
    external_id: str | None = None
    schema_id: str | None = None
    fields: Mapping[str, str | tuple[str, ...] | None] = field(factory=dict, repr=False)
    contact_ids: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
