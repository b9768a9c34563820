"""Templates, their roles, and the fields that can be filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NewType

from attrs import field, frozen

from ...errors import ConfigError
from ..errors import shown
from .envelopes import CustomField, EnvelopeDocument, Notification, Sender
from .recipients import Recipient, RecipientKind, Recipients
from .tabs import ErrorDetails, ListItem, Radio, Tab, Tabs, TabType

TemplateId = NewType("TemplateId", str)

FieldValue = str | bool | int | float
"""A value to fill in: text or a number; for a checkbox whether it is ticked; of a list or a radio
group the value of the choice."""


@frozen(kw_only=True)
class Template:
    """A template, as lists and `get` carry it; what was not asked for is None or empty.

    `shared` says whether all of the account may use it.
    """

    template_id: TemplateId
    name: str | None = None
    description: str | None = None
    shared: bool | None = None
    owner: Sender | None = None
    created_at: datetime | None = None
    last_modified_at: datetime | None = None
    last_modified_by: Sender | None = None
    last_used_at: datetime | None = None
    page_count: int | None = None
    folder_id: str | None = None
    folder_name: str | None = None
    folder_ids: tuple[str, ...] = ()
    uri: str | None = None
    password_protected: bool | None = None
    auto_match: bool | None = None
    favorited_by_me: bool | None = None
    is_doc_gen_template: bool | None = None
    email_subject: str | None = field(default=None, repr=shown)
    email_blurb: str | None = field(default=None, repr=False)
    recipients: Recipients | None = None
    documents: tuple[EnvelopeDocument, ...] = ()
    custom_fields: tuple[CustomField, ...] = ()
    notification: Notification | None = None
    error: ErrorDetails | None = None


@frozen(kw_only=True)
class EnvelopeTemplate:
    """A template that an envelope was made of.

    Attributes:
        document_id, document_name: the envelope's document it stands behind, where that is told.
    """

    template_id: TemplateId
    name: str | None = None
    document_id: str | None = None
    document_name: str | None = None
    uri: str | None = None
    error: ErrorDetails | None = None


_FILLED = frozenset(
    {
        *(TabType.TEXT, TabType.NOTE, TabType.EMAIL, TabType.NUMBER, TabType.NUMERICAL),
        *(TabType.DATE, TabType.SSN, TabType.ZIP, TabType.CHECKBOX, TabType.LIST),
        *(TabType.RADIO_GROUP, TabType.TITLE, TabType.COMPANY, TabType.CURRENCY),
        *(TabType.PHONE_NUMBER, TabType.SENDER_NAME, TabType.SENDER_COMPANY),
    }
)


@frozen(kw_only=True)
class TemplateField:
    """A field of a template that takes a value.

    Attributes:
        label: by what it is filled in; fields of one label share their value.
        type: what it takes.
        role_name: whose it is; None for the sender's own (`prefill`).
        options: what a list or a radio group offers.
        value: what the template brings.
    """

    label: str
    type: TabType | str
    role_name: str | None = None
    required: bool = False
    locked: bool = False
    options: tuple[str, ...] = ()
    value: str | None = field(default=None, repr=False)
    document_id: str | None = None
    tab_id: str | None = None

    @property
    def prefill(self) -> bool:
        """Whether the sender fills it in, before the envelope goes out."""
        return self.role_name is None

    def tab(self, value: FieldValue) -> Tab:
        """The tab that fills this field in.

        Raises:
            ConfigError: it does not take such a value.
        """
        if self.type is TabType.CHECKBOX:
            if not isinstance(value, bool):
                raise ConfigError(f"the checkbox {self.label!r} takes True or False")
            return Tab(type=self.type, label=self.label, selected=value)
        if isinstance(value, bool):
            raise ConfigError(f"the field {self.label!r} takes text, not True or False")
        text = str(value)
        if self.options and text not in self.options:
            raise ConfigError(f"the field {self.label!r} offers {', '.join(self.options)}")
        if len(text.encode()) > 4000:
            raise ConfigError(f"the field {self.label!r} takes 4000 bytes at most")
        if self.type is TabType.RADIO_GROUP:
            chosen = (Radio(value=text, selected=True),)
            return Tab(type=self.type, group_name=self.label, radios=chosen)
        return Tab(type=self.type, label=self.label, value=text)


@frozen(kw_only=True)
class Role:
    """A role of a template, and its fields."""

    name: str
    kind: RecipientKind | str = RecipientKind.SIGNER
    recipient_id: str | None = None
    routing_order: int | None = None
    fields: tuple[TemplateField, ...] = ()


@frozen(kw_only=True)
class TemplateFields:
    """What can be filled in of a template: the roles with their fields, and the sender's own."""

    roles: tuple[Role, ...] = ()
    prefill: tuple[TemplateField, ...] = ()

    @property
    def labels(self) -> frozenset[str]:
        """All labels that take a value, of whichever role."""
        every = (*self.prefill, *(field for role in self.roles for field in role.fields))
        return frozenset(field.label for field in every)

    def role(self, name: str) -> Role:
        """The role of this name.

        Raises:
            ConfigError: the template has none such; the message lists those it has.
        """
        for each in self.roles:
            if each.name == name:
                return each
        there = ", ".join(each.name for each in self.roles) or "none"
        raise ConfigError(f"the template has no role {name!r}; it has {there}")

    def tabs(self, role_name: str, values: Mapping[str, FieldValue]) -> tuple[Tab, ...]:
        """The tabs for `TemplateRole.tabs` that fill in these values, by label.

        Raises:
            ConfigError: the role has no such field, or it takes no such value.
        """
        return _tabs(f"the role {role_name!r}", self.role(role_name).fields, values)

    def prefill_tabs(self, values: Mapping[str, FieldValue]) -> tuple[Tab, ...]:
        """The tabs that fill in the sender's own fields, by label.

        Raises:
            ConfigError: there is no such field, or it takes no such value.
        """
        return _tabs("the sender", self.prefill, values)


def _tabs(
    whose: str, fields: Iterable[TemplateField], values: Mapping[str, FieldValue]
) -> tuple[Tab, ...]:
    by_label = {field.label: field for field in reversed(tuple(fields))}
    for label in values:
        if label not in by_label:
            there = ", ".join(sorted(by_label)) or "none"
            raise ConfigError(f"{whose} has no field {label!r}; it has {there}")
    return tuple(by_label[label].tab(value) for label, value in values.items())


def template_fields(
    recipients: Iterable[Recipient], document_tabs: Iterable[Tabs] = ()
) -> TemplateFields:
    """The roles and fields of a template.

    Args:
        recipients: of the template, read with their tabs.
        document_tabs: of each of its documents; they hold the sender's own.
    """
    roles = tuple(
        Role(
            name=each.role_name,
            kind=each.kind,
            recipient_id=each.recipient_id,
            routing_order=each.routing_order,
            fields=fields_of(each.tabs or Tabs(), each.role_name),
        )
        for each in recipients
        if each.role_name
    )
    prefill = (field for tabs in document_tabs for field in fields_of(tabs.prefill, None))
    return TemplateFields(roles=roles, prefill=tuple(prefill))


def fields_of(tabs: Iterable[Tab], role_name: str | None) -> tuple[TemplateField, ...]:
    """The fields among some tabs: a signature, say, is none."""
    return tuple(
        TemplateField(
            label=tab.key,
            type=tab.type,
            role_name=role_name,
            required=bool(tab.required),
            locked=bool(tab.locked),
            options=_options(tab.list_items) or _options(tab.radios),
            value=tab.value,
            document_id=tab.document_id,
            tab_id=tab.tab_id,
        )
        for tab in tabs
        if tab.key and tab.type in _FILLED
    )


def _options(choices: Iterable[ListItem | Radio]) -> tuple[str, ...]:
    return tuple(each.value for each in choices if each.value is not None)
