"""Which DocuSign value becomes which contact field, and what is lost on the way.

Rules are data: `load_contact_rules` reads them from TOML or JSON values, `ContactMapping.dump`
gives them back. Both sides must exist already: no contact field is ever made.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime

from attrs import evolve, field, frozen

from .contacts import Address, InvalidAddress, clean_name, parse_address
from .envelopes import Recipient, Snapshot
from .mapping import EMAIL, MappingRefused
from .places import Place, folded, shown, suggestion

STANDARD_FIELDS: Mapping[str, str] = {
    EMAIL: "E-mail",
    "first_name": "First name",
    "last_name": "Last name",
    "phone": "Phone",
}
"""The fields that every contact has, by the names a rule knows them by."""

TEXTS = ("text", "textarea", "hidden")
CHOICES = ("radio", "dropdown")
MULTIPLE = ("checkbox", "listbox")
NUMBERS = ("number", "currency")
BARS = "||"


@frozen
class ContactField:
    """A custom field of contacts, as the account has it.

    Attributes:
        type: `"text"`, `"textarea"`, `"hidden"`, `"date"`, `"datetime"`, `"radio"`, `"dropdown"`,
            `"checkbox"`, `"listbox"`, `"number"`, `"currency"`, or another.
        options: the texts of its choices, where it has choices.
    """

    id: str
    title: str
    perstag: str = ""
    type: str = "text"
    options: tuple[str, ...] = ()


@frozen
class ContactRule:
    """One field: where it comes from and where it goes.

    Args:
        source: `"envelope.subject"`, `"recipient.email"`, … (see `SOURCES`), or
            `"custom.<name>"`, `"form.<label>"`, `"tab.<label>"`: a custom field of the envelope, a
            value of its form, a tab of the recipient.
        target: `"email"`, `"first_name"`, `"last_name"`, `"phone"`, or a custom contact field by
            id, personalisation tag or title.
        clear: whether an empty source empties the field. Otherwise the old value stays.
        label: the title of the custom field when the mapping was made; only read by people.
    """

    source: str
    target: str
    clear: bool = field(kw_only=True, default=False)
    label: str = field(kw_only=True, default="", eq=False)

    def __attrs_post_init__(self) -> None:
        here = Place("", MappingRefused)
        here.key("source").text(self.source, "as 'recipient.email'")
        here.key("target").text(self.target, "as 'email', or the id or title of a custom field")


@frozen(kw_only=True)
class KnownFields:
    """What envelopes are known to have; None where that is not known.

    Attributes:
        custom: names of custom fields.
        tabs: labels of the recipients' tabs.
        form: names in the form data: the recipients' tabs and the sender's own.
    """

    custom: Collection[str] | None = None
    tabs: Collection[str] | None = None
    form: Collection[str] | None = None


@frozen(kw_only=True)
class MappedContact:
    """What is written to a contact.

    Attributes:
        email: the address, None where there is no usable one.
        problem: why there is none.
        values: field name or id → value; an empty one empties the field. Without the address.
        losses: field name or id → what could not be written, and why. Holds no value.
    """

    email: Address | None
    problem: str | None
    values: Mapping[str, str] = field(repr=False)
    losses: Mapping[str, str]


Value = str | datetime | None

_ENVELOPE: Mapping[str, Callable[[Snapshot], Value]] = {
    "envelope.id": lambda s: s.envelope_id,
    "envelope.account_id": lambda s: s.account_id,
    "envelope.status": lambda s: s.status,
    "envelope.subject": lambda s: s.subject,
    "envelope.sender_name": lambda s: s.sender_name,
    "envelope.sender_email": lambda s: s.sender_email,
    "envelope.created_at": lambda s: s.created_at,
    "envelope.sent_at": lambda s: s.sent_at,
    "envelope.resent_at": lambda s: s.resent_at,
    "envelope.delivered_at": lambda s: s.delivered_at,
    "envelope.completed_at": lambda s: s.completed_at,
    "envelope.declined_at": lambda s: s.declined_at,
    "envelope.voided_at": lambda s: s.voided_at,
    "envelope.voided_reason": lambda s: s.voided_reason,
}

_RECIPIENT: Mapping[str, Callable[[Recipient], Value]] = {
    "recipient.email": lambda r: r.email,
    "recipient.name": lambda r: r.name,
    "recipient.first_name": lambda r: split_name(r.name)[0],
    "recipient.last_name": lambda r: split_name(r.name)[1],
    "recipient.role": lambda r: r.role,
    "recipient.status": lambda r: r.status,
    "recipient.kind": lambda r: r.kind,
    "recipient.routing_order": lambda r: None if r.routing_order is None else str(r.routing_order),
    "recipient.sent_at": lambda r: r.sent_at,
    "recipient.delivered_at": lambda r: r.delivered_at,
    "recipient.signed_at": lambda r: r.signed_at,
    "recipient.declined_at": lambda r: r.declined_at,
    "recipient.declined_reason": lambda r: r.declined_reason,
}

_NAMED = ("custom", "form", "tab")

SOURCES = (*_ENVELOPE, *_RECIPIENT)
"""The sources that every envelope has."""

DEFAULT_RULES = (
    ContactRule("recipient.email", EMAIL),
    ContactRule("recipient.first_name", "first_name"),
    ContactRule("recipient.last_name", "last_name"),
)


def split_name(name: str | None) -> tuple[str | None, str | None]:
    """First and last name: the first word, and all the others. One word is a first name."""
    words = (name or "").split()
    return words[0] if words else None, " ".join(words[1:]) or None


@frozen(kw_only=True)
class ContactMapping:
    """A checked map from envelopes and recipients to contacts. Make it with `build`.

    Attributes:
        rules: in order; custom fields stand in them by id.
        fields: the custom fields that the rules fill.
        warnings: what could not be checked.

    Examples:
        >>> mapping = ContactMapping.default()
        >>> found = mapping.apply(snapshot, snapshot.recipients[0])  # doctest: +SKIP
    """

    rules: tuple[ContactRule, ...]
    fields: Mapping[str, ContactField] = field(repr=False)
    warnings: tuple[str, ...] = ()

    @classmethod
    def default(cls) -> ContactMapping:
        """E-mail, first and last name, from the recipient."""
        return cls.build(DEFAULT_RULES, ())

    @classmethod
    def build(
        cls,
        rules: Sequence[ContactRule],
        fields: Sequence[ContactField],
        known: KnownFields | None = None,
    ) -> ContactMapping:
        """Check the rules against what exists.

        Args:
            rules: one per target.
            fields: all custom contact fields of the account.
            known: custom fields, tabs and form data that the envelopes have; what is not known here
                cannot be checked, and `warnings` says so.

        Raises:
            MappingRefused: an unknown source or target, two sources for one target, nothing for
                the e-mail address, a target that is no contact field, a field that no value fits.
        """
        known = known or KnownFields()
        here = Place("rules", MappingRefused)
        resolved: list[ContactRule] = []
        used: dict[str, ContactField] = {}
        seen: dict[str, int] = {}
        warnings: list[str] = []
        for index, rule in enumerate(rules):
            place = here.item(index)
            warnings += _check_source(rule.source, known, place.key("source"))
            target, custom = find_target(rule.target, fields, place.key("target"), rule.label)
            if target in seen:
                raise place.key("target").refusal(
                    f"{shown(rule.target)} is mapped already by rules[{seen[target]}]; "
                    "a target has one source"
                )
            seen[target] = index
            if target == EMAIL and rule.clear:
                raise place.key("clear").refusal(
                    "a contact is found by its e-mail address, which is never emptied"
                )
            if custom:
                used[target] = custom
                warnings += _check_field(custom, place.key("target"))
            resolved.append(
                evolve(rule, target=target, label=custom.title if custom else rule.label)
            )
        if EMAIL not in seen:
            raise here.refusal(
                "nothing maps to 'email', which is required; "
                'add ContactRule("recipient.email", "email")'
            )
        return cls(rules=tuple(resolved), fields=used, warnings=tuple(warnings))

    def apply(self, snapshot: Snapshot, recipient: Recipient) -> MappedContact:
        """Map one recipient. What a field cannot hold is left out and named; the rest goes."""
        email, problem = None, None
        values: dict[str, str] = {}
        losses: dict[str, str] = {}
        for rule in self.rules:
            said, value = _read(rule.source, snapshot, recipient)
            text = value.strip() if isinstance(value, str) else value
            if rule.target == EMAIL:
                email, problem = _address(text)
            elif not text:
                if rule.clear and said:
                    values[rule.target] = ""
            else:
                found, lost = render(text, self.fields.get(rule.target))
                if found:
                    values[rule.target] = found
                if lost:
                    losses[rule.target] = lost
        return MappedContact(email=email, problem=problem, values=values, losses=losses)

    def dump(self) -> list[dict[str, object]]:
        """The rules as plain data, custom fields by id, their titles beside them."""
        data: list[dict[str, object]] = []
        for rule in self.rules:
            entry: dict[str, object] = {"source": rule.source, "target": rule.target}
            if rule.label:
                entry["label"] = rule.label
            if rule.clear:
                entry["clear"] = True
            data.append(entry)
        return data


def load_contact_rules(data: object) -> tuple[ContactRule, ...]:
    """Rules from plain data, as TOML or JSON give it.

    Raises:
        MappingRefused: a key or value that cannot be right, with its place.
    """
    rules = []
    for one, place in Place("rules", MappingRefused).items(data):
        keys = ("source", "target", "clear", "label")
        table = place.table(one, keys, required=("source", "target"))
        rules.append(
            ContactRule(
                table.text("source"),
                table.text("target"),
                clear=table.flag("clear"),
                label=table.text("label"),
            )
        )
    return tuple(rules)


# --- names -------------------------------------------------------------------------------------


def check_sources(rules: Sequence[ContactRule]) -> None:
    """Refuse what no envelope has, before any account is known.

    Raises:
        MappingRefused: a source that does not exist, with the nearest that does.
    """
    here = Place("rules", MappingRefused)
    for index, rule in enumerate(rules):
        _check_source(rule.source, KnownFields(), here.item(index).key("source"))


_NOT_OURS: Mapping[str, str] = {
    "account": "account fields are not mappable, only contact fields are",
    "deal": "deal fields are not mappable, only contact fields are",
    "list": "contacts are never added to a list",
}


def find_target(
    name: str, fields: Sequence[ContactField], place: Place, label: str = ""
) -> tuple[str, ContactField | None]:
    """The standard field of this name, or the custom field of this id, tag or title.

    Raises:
        MappingRefused: there is none, or there are several.
    """
    if name in STANDARD_FIELDS:
        return name, None
    for one in fields:
        if name == one.id:
            return one.id, one
    if (beginning := name.partition(".")[0].rstrip("s").lower()) in _NOT_OURS:
        raise place.refusal(f"{shown(name)}: {_NOT_OURS[beginning]}")
    wanted = folded(name.strip("%"))
    found = [one for one in fields if wanted and wanted in (folded(one.perstag), folded(one.title))]
    if len(found) > 1:
        ids = " and ".join(one.id for one in found)
        raise place.refusal(f"{shown(name)} is the name of the fields {ids}; name one by its id")
    if not found:
        was = f" ({shown(label)} when it was mapped)" if label else ""
        names = [*STANDARD_FIELDS, *(one.title for one in fields)]
        raise place.refusal(
            f"there is no contact field {shown(name)}{was}, and none is ever made here; "
            + suggestion(label or name, names)
        )
    return found[0].id, found[0]


def _check_source(name: str, known: KnownFields, place: Place) -> list[str]:
    kind, dot, label = name.partition(".")
    if kind not in _NAMED or not dot:
        place.known(name, [*SOURCES, *(f"{kind}.…" for kind in _NAMED)])
        return []
    if not label.strip():
        raise place.refusal(f"{shown(name)} names no field; write {kind}.<name>")
    existing = {"custom": known.custom, "form": known.form, "tab": known.tabs}[kind]
    if existing is None:
        named = known != KnownFields()
        why = "the account's own may not be read" if named else "no template is named"
        return [f"{place.path}: whether there is {shown(name)} cannot be checked: {why}"]
    if label not in existing:
        place.known(name, [f"{kind}.{one}" for one in existing])
    return []


def _check_field(custom: ContactField, place: Place) -> list[str]:
    kind = folded(custom.type)
    if kind in (*CHOICES, *MULTIPLE) and not custom.options:
        raise place.refusal(f"the field {shown(custom.title)} has no options, so nothing fits it")
    if kind in MULTIPLE:
        for option in custom.options:
            if BARS in option:
                raise place.refusal(
                    f"the option {shown(option)} of {shown(custom.title)} holds two vertical bars, "
                    "which separate values; rename it"
                )
    if kind not in (*TEXTS, *CHOICES, *MULTIPLE, *NUMBERS, "date", "datetime"):
        return [
            f"{place.path}: the field {shown(custom.title)} is of a type {shown(custom.type)} "
            "that is not known; values go there as text"
        ]
    return []


# --- values ------------------------------------------------------------------------------------


def _read(name: str, snapshot: Snapshot, recipient: Recipient) -> tuple[bool, Value]:
    """Whether the message says anything of this source, and its value."""
    if name in _ENVELOPE:
        return snapshot.complete, _ENVELOPE[name](snapshot)
    if name in _RECIPIENT:
        return snapshot.complete, _RECIPIENT[name](recipient)
    kind, _, label = name.partition(".")
    values = {"custom": snapshot.custom_fields, "form": snapshot.form, "tab": recipient.fields}
    return label in values[kind], values[kind].get(label)


def _address(text: Value) -> tuple[Address | None, str | None]:
    try:
        return parse_address(text if isinstance(text, str) else None), None
    except InvalidAddress as error:
        return None, str(error)


def render(value: str | datetime, custom: ContactField | None) -> tuple[str | None, str | None]:
    """A value as the field takes it, and what was lost; a standard field is None."""
    if custom is None:
        return clean_name(_text(value), length=255)
    kind = folded(custom.type)
    if kind == "date":
        return _date(value)
    if kind == "datetime":
        return _datetime(value)
    if kind in CHOICES:
        return _choice(_text(value), custom)
    if kind in MULTIPLE:
        return _choices(_text(value), custom)
    if kind in NUMBERS:
        return _number(_text(value))
    return printable(_text(value))


def _text(value: str | datetime) -> str:
    return value if isinstance(value, str) else _datetime(value)[0] or value.isoformat()


def printable(text: str) -> tuple[str | None, str | None]:
    """A text of any length without what nobody can see, and what was lost on the way."""
    kept = "".join(c for c in text if c in "\t\r\n" or unicodedata.category(c) not in ("Cc", "Cs"))
    return kept or None, "unprintable characters removed" if kept != text else None


def _date(value: str | datetime) -> tuple[str | None, str | None]:
    if isinstance(value, datetime):
        moment = value.astimezone(UTC) if value.tzinfo else value
        return moment.date().isoformat(), None
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value).isoformat(), None
        return datetime.fromisoformat(value).date().isoformat(), None
    except ValueError:
        return None, "is no date as 2026-05-19"


def _datetime(value: str | datetime) -> tuple[str | None, str | None]:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except ValueError:
        return None, "is no date and time as 2026-05-19T02:45:00-05:00"
    if moment.tzinfo is None:
        return None, "is a date and time without an offset from UTC"
    return moment.isoformat(timespec="seconds"), None


def _choice(text: str, custom: ContactField) -> tuple[str | None, str | None]:
    option = chosen_option(text, custom.options)
    return option, None if option else f"is none of the {len(custom.options)} options"


def chosen_option(text: str, options: Collection[str]) -> str | None:
    """The option that a text means: the very same, or else the first in another case."""
    if text in options:
        return text
    return next((option for option in options if folded(option) == folded(text)), None)


def _choices(text: str, custom: ContactField) -> tuple[str | None, str | None]:
    for parts in ([text], text.split(BARS), re.split(r"[;,\n]", text)):
        found = [_choice(part, custom)[0] for part in parts if part.strip()]
        if found and all(found):
            chosen = dict.fromkeys(option for option in found if option)
            return f"{BARS}{BARS.join(chosen)}{BARS}", None
    return None, f"holds a choice that is none of the {len(custom.options)} options"


def _number(text: str) -> tuple[str | None, str | None]:
    if _NUMBER.fullmatch(text):
        return text, None
    return None, "is no number as 1234.5"


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
