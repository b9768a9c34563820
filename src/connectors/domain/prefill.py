"""Which contact field fills which tab of a DocuSign template, for a draft that nobody is sent.

Rules are data: `load_template_rules` reads them from TOML or JSON values, `TemplateMapping.dump`
gives them back. They are checked against the template before anything is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from attrs import evolve, field, frozen

from .contacts import InvalidAddress, clean_name, parse_address
from .envelopes import RECORD_FIELDS
from .field_mapping import BARS, ContactField, chosen_option, find_target, printable
from .mapping import MappingRefused
from .places import Place, Table, folded, shown

DRAFT = "created"
"""The only status that an envelope made here has."""

TEXT_BYTES = 4000

FILLABLE = (
    "checkbox",
    "currency",
    "date",
    "email",
    "list",
    "note",
    "number",
    "numerical",
    "phone_number",
    "radio_group",
    "ssn",
    "text",
    "zip",
)
"""The types of tabs that a value can be given; the recipient fills or signs the others."""


@frozen(kw_only=True)
class ShapeTab:
    """A tab of a template: a field to fill in.

    Attributes:
        label: its name; of a radio group, the group's.
        kind: its type, `"text"`, `"checkbox"`, `"radio_group"`, …
        options: the values of a list or a radio group.
        max_length: in characters, None where the template says none.
    """

    label: str = field(kw_only=False)
    kind: str = "text"
    required: bool = False
    options: tuple[str, ...] = ()
    max_length: int | None = None

    @property
    def fillable(self) -> bool:
        """Whether it can be filled in beforehand."""
        return self.kind in FILLABLE


@frozen(kw_only=True)
class ShapeRole:
    """A role of a template.

    Attributes:
        filled: whether the template itself names the person.
    """

    name: str = field(kw_only=False)
    kind: str = "signer"
    tabs: tuple[ShapeTab, ...] = ()
    filled: bool = False


@frozen(kw_only=True)
class TemplateShape:
    """What a template has to fill in.

    Attributes:
        prefill: the tabs that the sender fills in; they belong to no role.
    """

    template_id: str
    name: str = ""
    roles: tuple[ShapeRole, ...] = ()
    prefill: tuple[ShapeTab, ...] = ()


PERSON = ("email", "name")


@frozen(kw_only=True)
class TemplateRule:
    """One value: where it comes from, and the tab or person it fills in.

    Args:
        source: `"contact.email"`, `"contact.first_name"`, `"contact.last_name"`,
            `"contact.name"` (both), `"contact.phone"`, `"contact.<custom field>"` by id,
            personalisation tag or title, or `"record.<field>"`, a field of the DocuSign record.
        constant: a text, in place of a source.
        role: the role; None for a tab that the sender fills in.
        tab: the label of the tab.
        person: `"email"` or `"name"` of the role, in place of a tab.
    """

    source: str | None = None
    constant: str | None = field(default=None, repr=False)
    role: str | None = None
    tab: str | None = None
    person: str | None = None

    def __attrs_post_init__(self) -> None:
        here = Place("", MappingRefused)
        if (self.source is None) == (self.constant is None):
            raise here.key("source").refusal("give a source or a constant, one of them")
        if (self.tab is None) == (self.person is None):
            raise here.key("tab").refusal("give a tab or a person's part, one of them")
        if self.person is not None:
            here.key("person").known(self.person, PERSON)
            if self.role is None:
                raise here.key("role").refusal(f"whose {self.person}? name the role")

    @property
    def target(self) -> str:
        """What it fills in, in words."""
        return f"{self.role or 'sender'}.{self.tab or self.person}"


@frozen(kw_only=True)
class TabValue:
    """What one tab is filled with."""

    label: str
    kind: str
    value: str = field(repr=False)


@frozen(kw_only=True)
class RoleValues:
    """Who has a role, and what their tabs are filled with.

    Attributes:
        email, name: None where the template names the person, or nobody does yet.
    """

    role: str
    email: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    tabs: tuple[TabValue, ...] = ()


@frozen(kw_only=True)
class DraftValues:
    """What a draft is made with.

    Attributes:
        roles: the roles with a person or a filled tab, in the template's order.
        prefill: what the sender's own tabs are filled with.
        problem: why no draft should be made; None where nothing stands against it.
        losses: role and tab → what could not be filled in, and why. Holds no value.
    """

    template_id: str
    roles: tuple[RoleValues, ...]
    prefill: tuple[TabValue, ...]
    problem: str | None
    losses: Mapping[str, str]

    @property
    def status(self) -> str:
        """Always a draft: nothing made here is ever sent by itself."""
        return DRAFT


@frozen(kw_only=True)
class PrefillTemplate:
    """The action of an automation that makes a draft from a template.

    Args:
        account_id: the DocuSign account, one of those connected.
        template_id: the template in it.
        rules: how it is filled in; checked against the template with `TemplateMapping.build`.
        allow_blank: make the draft also where something required is left open.
    """

    account_id: str
    template_id: str
    rules: tuple[TemplateRule, ...]
    allow_blank: bool = False

    def __attrs_post_init__(self) -> None:
        here = Place("", MappingRefused)
        for name in ("account_id", "template_id"):
            if not getattr(self, name).strip():
                raise here.key(name).refusal("is empty")
        if not self.rules:
            raise here.key("rules").refusal("is empty; say who has which role of the template")

    def dump(self) -> dict[str, object]:
        """This action as plain data."""
        return {
            "account_id": self.account_id,
            "template_id": self.template_id,
            "rules": dump_template_rules(self.rules),
            "allow_blank": self.allow_blank,
        }

    @classmethod
    def load(cls, table: Table) -> PrefillTemplate:
        """Read it from a table that was checked for its keys."""
        texts = {name: table.text(name) for name in ("account_id", "template_id")}
        rules = load_template_rules(table.data.get("rules", ()), table.place.key("rules"))
        allow_blank = table.flag("allow_blank")
        with table.place.inside():
            return cls(**texts, rules=rules, allow_blank=allow_blank)


@frozen(kw_only=True)
class TemplateMapping:
    """A checked map from a contact to a draft of one template. Make it with `build`."""

    rules: tuple[TemplateRule, ...]
    shape: TemplateShape

    @classmethod
    def build(
        cls,
        rules: Sequence[TemplateRule],
        shape: TemplateShape,
        fields: Sequence[ContactField],
        *,
        allow_blank: bool = False,
    ) -> TemplateMapping:
        """Check the rules against what exists.

        Args:
            rules: one for each tab and each part of a person.
            shape: the template.
            fields: all custom contact fields of the account.
            allow_blank: leave required tabs, and roles that no rule names, open.

        Raises:
            MappingRefused: an unknown source, role or tab; a tab that cannot be filled in; two
                rules for one; a role that has tabs but no person; something required left open.
        """
        here = Place("rules", MappingRefused)
        resolved: list[TemplateRule] = []
        seen: dict[tuple[str | None, str | None, str | None], int] = {}
        for index, rule in enumerate(rules):
            place = here.item(index)
            tab = _find_tab(rule, shape, place)
            if rule.constant is not None:
                _check_constant(rule, rule.constant, tab, place.key("constant"))
            target = (rule.role, rule.tab, rule.person)
            if target in seen:
                raise place.refusal(
                    f"{shown(rule.target)} is filled already by rules[{seen[target]}]"
                )
            seen[target] = index
            resolved.append(_with_source(rule, fields, place.key("source")))
        _check_people(resolved, shape, here, allow_blank)
        if not allow_blank:
            _check_required(resolved, shape, here)
        return cls(rules=tuple(resolved), shape=shape)

    def values(
        self, contact: Mapping[str, str], record: Mapping[str, str | None] | None = None
    ) -> DraftValues:
        """What the draft for one contact is made with.

        Args:
            contact: its standard fields by name, its custom fields by id.
            record: the fields of its DocuSign record; None where there is none.
        """
        losses: dict[str, str] = {}
        people: dict[str, dict[str, str | None]] = {}
        tabs: dict[str | None, list[TabValue]] = {}
        problem = None
        for rule in self.rules:
            text = _text(rule, contact, record or {})
            if rule.person is not None and rule.role is not None:
                found, lost = _person(rule.person, text)
                if found is None:
                    problem = problem or f"{rule.target}: {lost}"
                people.setdefault(rule.role, {})[rule.person] = found
            elif (tab := _tab_of(rule, self.shape)) and text:
                value, lost = _fill(text, tab)
                if value is not None:
                    filled = TabValue(label=tab.label, kind=tab.kind, value=value)
                    tabs.setdefault(rule.role, []).append(filled)
            else:
                lost = _NOTHING
            if lost:
                losses[rule.target] = lost
        roles = tuple(
            RoleValues(
                role=one.name, tabs=tuple(tabs.get(one.name, ())), **people.get(one.name, {})
            )
            for one in self.shape.roles
            if one.name in people or one.name in tabs
        )
        return DraftValues(
            template_id=self.shape.template_id,
            roles=roles,
            prefill=tuple(tabs.get(None, ())),
            problem=problem,
            losses=losses,
        )

    def dump(self) -> list[dict[str, str]]:
        """The rules as plain data."""
        return dump_template_rules(self.rules)


def dump_template_rules(rules: Sequence[TemplateRule]) -> list[dict[str, str]]:
    """Rules as plain data."""
    return [
        {name: text for name in _KEYS if (text := getattr(rule, name)) is not None}
        for rule in rules
    ]


def load_template_rules(data: object, place: Place | None = None) -> tuple[TemplateRule, ...]:
    """Rules from plain data, as TOML or JSON give it.

    Args:
        place: where the data stands, for refusals.

    Raises:
        MappingRefused: a key or value that cannot be right, with its place.
    """
    rules = []
    for one, here in (place or Place("rules", MappingRefused)).items(data):
        table = here.table(one, _KEYS)
        texts = {name: table.optional(name) for name in _KEYS}
        with here.inside():
            rules.append(TemplateRule(**texts))
    return tuple(rules)


_KEYS = ("source", "constant", "role", "tab", "person")


# --- checks ------------------------------------------------------------------------------------


def _find_tab(rule: TemplateRule, shape: TemplateShape, place: Place) -> ShapeTab | None:
    """The tab that a rule fills in, None where it is a person's part."""
    if rule.role is not None:
        place.key("role").known(rule.role, [role.name for role in shape.roles])
    if rule.tab is None:
        return None
    place.key("tab").known(rule.tab, [tab.label for tab in _tabs(rule.role, shape)])
    tab = _tab_of(rule, shape)
    if tab and not tab.fillable:
        raise place.key("tab").refusal(
            f"{shown(rule.tab)} is a tab of type {tab.kind!r}, which nobody fills in beforehand; "
            f"these can be: {', '.join(FILLABLE)}"
        )
    return tab


def _tabs(role: str | None, shape: TemplateShape) -> tuple[ShapeTab, ...]:
    if role is None:
        return shape.prefill
    return next(one.tabs for one in shape.roles if one.name == role)


def _tab_of(rule: TemplateRule, shape: TemplateShape) -> ShapeTab | None:
    return next((tab for tab in _tabs(rule.role, shape) if tab.label == rule.tab), None)


def _with_source(rule: TemplateRule, fields: Sequence[ContactField], place: Place) -> TemplateRule:
    """The rule with its custom field by id."""
    if rule.source is None:
        return rule
    side, dot, name = rule.source.partition(".")
    if side == "record" and dot:
        place.known(rule.source, [f"record.{one}" for one in RECORD_FIELDS])
        return rule
    if side != "contact" or not dot:
        raise place.refusal(
            f"{shown(rule.source)} is no source; write contact.<field> or record.<field>"
        )
    if name == "name":
        return rule
    return evolve(rule, source=f"contact.{find_target(name, fields, place)[0]}")


def _check_constant(rule: TemplateRule, constant: str, tab: ShapeTab | None, place: Place) -> None:
    lost = _fill(constant, tab)[1] if tab else _person(rule.person or "", constant)[1]
    if lost:
        raise place.refusal(f"{shown(rule.target)} cannot take it: {lost}")


def _check_people(
    rules: Sequence[TemplateRule], shape: TemplateShape, place: Place, allow_blank: bool
) -> None:
    for role in shape.roles:
        named = {rule.person for rule in rules if rule.role == role.name} - {None}
        touched = any(rule.role == role.name for rule in rules)
        if role.filled and not named:
            continue
        for part in PERSON:
            if part not in named and (touched or not allow_blank):
                rule = f'source="contact.{part}", role={shown(role.name)}, person="{part}"'
                raise place.refusal(
                    f"nothing says the {part} of the role {shown(role.name)}; "
                    f"add TemplateRule({rule})"
                )


def _check_required(rules: Sequence[TemplateRule], shape: TemplateShape, place: Place) -> None:
    filled = {(rule.role, rule.tab) for rule in rules}
    places = [(role.name, tab) for role in shape.roles for tab in role.tabs]
    for role, tab in (*places, *((None, tab) for tab in shape.prefill)):
        if tab.required and tab.fillable and (role, tab.label) not in filled:
            whose = shown(role) if role else "the sender"
            raise place.refusal(
                f"nothing fills the required tab {shown(tab.label)} of {whose}; "
                "add a rule for it, or allow it to be blank"
            )


# --- values ------------------------------------------------------------------------------------


def _text(rule: TemplateRule, contact: Mapping[str, str], record: Mapping[str, str | None]) -> str:
    if rule.constant is not None:
        return rule.constant
    side, _, name = (rule.source or "").partition(".")
    if side == "record":
        return record.get(name) or ""
    if name == "name":
        parts = (contact.get("first_name", ""), contact.get("last_name", ""))
        return " ".join(" ".join(parts).split())
    return contact.get(name, "").strip()


def _person(part: str, text: str) -> tuple[str | None, str | None]:
    if not text:
        return None, _NOTHING
    if part == "email":
        try:
            return parse_address(text).text, None
        except InvalidAddress as error:
            return None, str(error)
    return clean_name(text)


def _fill(text: str, tab: ShapeTab) -> tuple[str | None, str | None]:
    """A value as the tab takes it, or why it takes none: never half a value."""
    if tab.kind == "checkbox":
        said = folded(text.strip("|"))
        if said in _YES or said in _NO:
            return "true" if said in _YES else "false", None
        return None, "is neither yes nor no"
    if tab.kind in ("list", "radio_group") and tab.options:
        option = chosen_option(text.strip("|") if BARS in text else text, tab.options)
        return option, None if option else f"is none of the {len(tab.options)} options"
    if tab.kind in ("number", "numerical", "currency") and not _NUMBER.fullmatch(text):
        return None, "is no number as 1234.5"
    if tab.kind == "email":
        try:
            parse_address(text)
        except InvalidAddress as error:
            return None, str(error)
    if tab.max_length is not None and len(text) > tab.max_length:
        return None, f"has {len(text)} characters; {tab.max_length} fit"
    kept, lost = printable(text)
    if kept and len(kept.encode()) > TEXT_BYTES:
        return None, f"is longer than {TEXT_BYTES} bytes"
    return kept, lost


_NOTHING = "there is no value for it"
_YES = ("true", "yes", "1", "on", "x", "oui", "ja", "si", "sí")
_NO = ("false", "no", "0", "off", "non", "nein")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
