"""What fields of contacts can hold: Python values as the texts that ActiveCampaign takes.

```python
from datetime import date

from connectors.activecampaign import Field, FieldType, field_text

birthday = Field(id="7", title="Birthday", type=FieldType.DATE)
print(field_text(birthday, date(1990, 5, 17)))
```
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from ..errors import ConfigError
from . import wire
from .models.fields import Field, FieldType

FieldInput = str | int | float | Decimal | date | Sequence[str]
"""A value for a field: one, or several texts for a field of several choices."""


def field_text(field: Field, value: FieldInput) -> str | tuple[str, ...]:
    """A value as `field_values` take it, checked against its field.

    Args:
        value: of radio and dropdown the text of a choice, of checkbox and listbox a list of them;
            a `datetime` has a time zone; numbers may be texts, and are sent in plain digits.

    Raises:
        ConfigError: the field cannot hold it.
    """
    if not isinstance(value, str) and isinstance(value, Sequence):
        if not field.takes_several and isinstance(field.type, FieldType):
            raise _misfit(field, "one value, not a list")
        return tuple(_choice(field, each) for each in value)
    if field.takes_several:
        raise _misfit(field, "a list of texts")
    if value == "":
        raise _misfit(field, "a value; say None to clear it")
    match field.type:
        case FieldType.DATE:
            return _day(field, value)
        case FieldType.DATETIME:
            return _moment(field, value)
        case FieldType.NUMBER | FieldType.CURRENCY:
            return _number(field, value)
        case FieldType.RADIO | FieldType.DROPDOWN:
            return _choice(field, value)
    if isinstance(value, float | Decimal):
        return _number(field, value)
    return wire.moment(value) if isinstance(value, date) else str(value)


def _misfit(field: Field, right: str) -> ConfigError:
    return ConfigError(f"field {field.id} ({field.title}) takes {right}")


def _choice(field: Field, value: object) -> str:
    known = [option.value for option in field.options]
    if not isinstance(value, str) or (value not in known and isinstance(field.type, FieldType)):
        raise _misfit(field, f"one of {', '.join(known)}")
    return value


def _day(field: Field, value: FieldInput) -> str:
    try:
        if isinstance(value, str):
            value = date.fromisoformat(value)
    except ValueError:
        raise _misfit(field, "a date, like 2026-05-19") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _misfit(field, "a date, like 2026-05-19")
    return value.isoformat()


def _moment(field: Field, value: FieldInput) -> str:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = value
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise _misfit(field, "a date-time with its zone, like 2026-05-19T02:45:00-05:00")
    return wire.moment(found)


def _number(field: Field, value: FieldInput) -> str:
    text = wire.numeral(value)
    if text is None:
        raise _misfit(field, "a number in plain digits, like 1234.5")
    return text
