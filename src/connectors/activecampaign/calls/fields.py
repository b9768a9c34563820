"""Fields of contacts, their choices and values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from attrs import frozen

from ...core.call import Call, Pages, Response, WriteClass
from ...core.given import named
from ...core.wire import Reader
from ...errors import ConfigError
from .. import wire
from ..models.fields import Field, FieldOption, FieldType, FieldValue
from ._parts import (
    PAGE_SIZE,
    barred,
    call,
    deletion,
    field_rows,
    field_value,
    nothing,
    number,
    number_or_none,
    numbered,
    one,
    pages,
    word,
)

_TYPES = {each.value: each for each in FieldType}


@frozen(kw_only=True)
class _Row:
    """A field on the wire: its choices come beside it."""

    id: str
    title: str
    type: str | None = None
    perstag: str | None = None
    descript: str | None = None
    defval: str | None = None
    isrequired: bool | None = None
    visible: bool | None = None
    ordernum: int | None = None
    cdate: datetime | None = None
    udate: datetime | None = None

    def read(self, options: Sequence[FieldOption]) -> Field:
        mine = [option for option in options if option.field_id == self.id]
        return Field(
            id=self.id,
            title=self.title,
            type=_TYPES.get(self.type or "", self.type),
            perstag=self.perstag,
            description=self.descript,
            default=self.defval,
            required=self.isrequired,
            visible=self.visible,
            order=self.ordernum,
            options=tuple(sorted(mine, key=lambda option: option.order or 0)),
            created_at=self.cdate,
            updated_at=self.udate,
        )


_row = Reader(_Row)
_option = Reader(
    FieldOption, {FieldOption: {"field_id": "field", "order": "orderid", "is_default": "isdefault"}}
)


def list_fields(*, perstag: str | None = None, page_size: int = PAGE_SIZE) -> Pages[Field]:
    """All fields of contacts with their choices; `perstag` narrows to one."""

    def read(answer: wire.Answer) -> tuple[Field, ...]:
        options = answer.many("fieldOptions", _option, optional=True)
        return tuple(row.read(options) for row in answer.many("fields", _row))

    query = [("filters[perstag]", perstag)]
    return pages("fields.list", "fields", read, attrgetter("id"), query, page_size)


def get_field(field_id: str) -> Call[Field]:
    """One field of contacts with its choices."""
    return call("fields.get", "GET", numbered("fields", field_id), _field)


def list_field_options(field_id: str) -> Call[tuple[FieldOption, ...]]:
    """The choices of a field."""
    where = numbered("fields", field_id, "options")
    return call(
        "fields.options", "GET", where, lambda r: wire.Answer(r).many("fieldOptions", _option)
    )


def create_field(
    title: str,
    *,
    type: FieldType | str = FieldType.TEXT,
    perstag: str | None = None,
    description: str = "",
    default: str = "",
    visible: bool = True,
    order: int = 0,
) -> Call[Field]:
    """Create a field of contacts; a taken title is a `Conflict`.

    Its choices and where it is shown are calls of their own.
    """
    body: dict[str, object] = {
        "title": named("the title of a field", title),
        "type": named("the type of a field", word(type)),
        "descript": description,
        "defval": default,
        "visible": int(visible),
        "ordernum": order,
    }
    if perstag is not None:
        body["perstag"] = named("the perstag of a field", perstag)
    return call(
        "fields.create",
        "POST",
        "fields",
        _field,
        body={"field": body},
        write_class=WriteClass.NATURAL_KEY,
    )


def create_field_options(field_id: str, values: Sequence[str]) -> Call[tuple[FieldOption, ...]]:
    """Give a field choices, in this order."""
    if isinstance(values, str) or not values:
        raise ConfigError("the choices of a field are a list of texts, one at least")
    barred("a field", values)
    rows = [
        {
            "orderid": place,
            "value": value,
            "label": value,
            "isdefault": False,
            "field": number("an id of fields", field_id),
        }
        for place, value in enumerate(values, 1)
    ]
    return call(
        "fields.create_options",
        "POST",
        "fieldOption/bulk",
        lambda r: wire.Answer(r).many("fieldOptions", _option),
        body={"fieldOptions": rows},
        write_class=WriteClass.UNSAFE,
    )


def show_field(field_id: str) -> Call[None]:
    """Show a field on every contact; a new one is shown on none."""
    body = {"field": int(number("an id of fields", field_id)), "relid": 0}
    return call(
        "fields.show",
        "POST",
        "fieldRels",
        nothing,
        body={"fieldRel": body},
        write_class=WriteClass.UNSAFE,
    )


def list_field_values(
    *, field_id: str | None = None, value: str | None = None, page_size: int = PAGE_SIZE
) -> Pages[FieldValue]:
    """Values of all contacts: those in one field, those with one value.

    The way to contacts by the value of a field. Whether `value` must be all of it is not
    documented: look at what comes.
    """
    query = [("filters[fieldid]", number_or_none("field_id", field_id)), ("filters[val]", value)]
    return pages(
        "field_values.list",
        "fieldValues",
        lambda a: a.many("fieldValues", field_value),
        attrgetter("id"),
        query,
        page_size,
    )


def set_field_value(
    contact_id: str,
    field_id: str,
    value: str | Sequence[str] | None,
    *,
    use_defaults: bool = False,
) -> Call[FieldValue]:
    """Set what a contact has in a field, in place of what it had; None clears.

    `use_defaults` gives the contact's other fields their defaults where they have none.
    """
    (row,) = field_rows({field_id: value})
    return call(
        "field_values.set",
        "POST",
        "fieldValues",
        one("fieldValue", field_value),
        body={
            "fieldValue": {"contact": number("an id of contacts", contact_id), **row},
            "useDefaults": use_defaults,
        },
    )


def delete_field_value(field_value_id: str) -> Call[None]:
    """Delete a value, by its own id; one that is gone already is fine."""
    return deletion("field_values.delete", numbered("fieldValues", field_value_id))


def list_contact_field_values(contact_id: str) -> Call[tuple[FieldValue, ...]]:
    """What a contact has in each of its fields."""
    where = numbered("contacts", contact_id, "fieldValues")
    return call(
        "field_values.of_contact",
        "GET",
        where,
        lambda r: wire.Answer(r).many("fieldValues", field_value),
    )


def _field(response: Response) -> Field:
    """One field; where the answer has the shape of a list, its only one."""
    answer = wire.Answer(response)
    options = answer.many("fieldOptions", _option, optional=True)
    rows = answer.many("fields", _row, optional=True)
    return (rows[0] if len(rows) == 1 else answer.one("field", _row)).read(options)
