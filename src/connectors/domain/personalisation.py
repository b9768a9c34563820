"""Texts of automation mails with DocuSign values in them.

A text holds placeholders, `{{ docusign.status }}` or `{{ contact.first_name | default("you") }}`,
and nothing else that acts: no loops, no arithmetic, no calls. So its size is bounded by what is
put in. A name that is more than one word stands in brackets, `{{ contact['Deal number'] }}`.
DocuSign values exist only inside an automation that a DocuSign trigger started.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from attrs import field, frozen

from ..errors import ConfigError, DomainError
from .envelopes import RECORD_FIELDS, Action
from .field_mapping import STANDARD_FIELDS
from .places import shown, suggestion
from .triggers import News, RecordChange, RecordCreated, RecordUpdated, TagAdded, Trigger

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

TEXT_LENGTH = 200_000
FILTERS_EACH = 5

DOCUSIGN_FIELDS: Mapping[str, str] = {name.replace("-", "_"): name for name in RECORD_FIELDS}
"""Name in a text, as `docusign.sender_user_name` → field of the record. In brackets the field's own
name does as well, as `docusign['sender-user-name']`."""

_RECORD_NAMES: Mapping[str, str] = {**{own: own for own in RECORD_FIELDS}, **DOCUSIGN_FIELDS}


class PersonalisationRefused(DomainError):
    """A text that cannot be filled in, or not where it is to be sent."""


class Part(Enum):
    """Which part of a mail a text is."""

    SUBJECT = "subject"
    """One line: a value never starts another."""
    TEXT = "text"
    HTML = "html"
    """Values are escaped, so that none is read as markup."""


@frozen
class AutomationMail:
    """A mail that an automation sends.

    Args:
        trigger: what started the automation; None where it was none of the DocuSign triggers.
    """

    trigger: Trigger | None


@frozen
class DirectMail:
    """A mail to one contact, written by a person or sent by itself."""

    automated: bool


@frozen
class Campaign:
    """A mail to many, sent outside any automation."""


Context = AutomationMail | DirectMail | Campaign


@frozen(kw_only=True)
class MailRecord:
    """A DocuSign record of a contact, as texts see it.

    Attributes:
        actions: what happened to it so far.
        at: when it was created.
    """

    key: str
    actions: tuple[Action, ...]
    at: datetime
    fields: Mapping[str, str | None] = field(repr=False)


def chosen_record(news: News, records: Sequence[MailRecord]) -> Mapping[str, str | None] | None:
    """The record that a mail speaks of: the one that fired.

    Where a tag did, it is the contact's newest of the action that brought the tag, or of any where
    that is not known. None where there is no such record.
    """
    if isinstance(news, RecordChange):
        return news.after
    found = [one for one in records if news.action is None or news.action in one.actions]
    newest = max(found, key=lambda one: (one.at, one.key), default=None)
    return newest.fields if newest else None


def check(
    text: str,
    context: Context,
    *,
    contact_fields: Collection[str] = tuple(STANDARD_FIELDS),
) -> None:
    """Check a text before anything is sent with it.

    Args:
        text: the text with its placeholders.
        context: where it is to be sent.
        contact_fields: the names that `contact.…` may use: of standard fields, and of custom ones
            whatever they are to be called by.

    Raises:
        PersonalisationRefused: a field that does not exist, anything but placeholders, DocuSign
            values outside an automation that DocuSign started.
        ConfigError: the template engine is not installed.
    """
    _parse(_environment(html=False), text, context, contact_fields)


def render(
    text: str,
    context: Context,
    *,
    record: Mapping[str, str | None] | None,
    contact: Mapping[str, str],
    part: Part = Part.TEXT,
    contact_fields: Collection[str] = tuple(STANDARD_FIELDS),
) -> str:
    """Fill in a text. An empty value leaves nothing, or what `default` says.

    Args:
        record: the fields of the record it speaks of, see `chosen_record`.
        contact: values by the names that `contact.…` may use.
        part: which part of the mail it is.

    Raises:
        PersonalisationRefused: as `check`; there is no record, or it holds no date where one is
            to be written.
        ConfigError: the template engine is not installed.

    Examples:
        >>> render(
        ...     "{{ contact.first_name | default('Hello') }}: {{ docusign.status | upper }}",
        ...     AutomationMail(RecordCreated(Action.SENT)),
        ...     record={"status": "sent"},
        ...     contact={},
        ... )
        'Hello: SENT'
    """
    environment = _environment(html=part is Part.HTML)
    tree = _parse(environment, text, context, contact_fields)
    if record is None and _uses_docusign(tree):
        raise PersonalisationRefused("the contact has no DocuSign record of this action")
    fields = record or {}
    filled = environment.from_string(tree).render(
        docusign=_Values({name: fields.get(own) or "" for name, own in _RECORD_NAMES.items()}),
        contact=_Values({name: contact.get(name) or "" for name in contact_fields}),
    )
    return " ".join(filled.split()) if part is Part.SUBJECT else filled


# --- the engine --------------------------------------------------------------------------------


class _Values:
    """Values by name, and nothing else: no field is mistaken for a method of a mapping."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __getitem__(self, name: object) -> str:
        return self._values[str(name)]


def _environment(*, html: bool) -> ImmutableSandboxedEnvironment:
    try:
        from jinja2 import StrictUndefined
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        raise ConfigError(
            "personalised mails need jinja2: pip install 'connectors[mail]'"
        ) from None
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=html, keep_trailing_newline=True, cache_size=0
    )
    environment.globals.clear()
    environment.filters = dict(_FILTERS)
    environment.tests.clear()
    return environment


def _default(value: str, instead: str = "") -> str:
    return value or instead


def _date(value: str, form: str = "%Y-%m-%d") -> str:
    if not value:
        return ""
    try:
        return datetime.fromisoformat(value).strftime(form)
    except ValueError:
        raise PersonalisationRefused("a field written as a date holds none") from None


_FILTERS = {"default": _default, "upper": str.upper, "lower": str.lower, "date": _date}

_FORM = re.compile(r"(%[YmdHMSy]|[^%]){1,40}")


_BRACKETS = "contact['Deal number']"


# --- checks ------------------------------------------------------------------------------------


def _parse(
    environment: ImmutableSandboxedEnvironment,
    text: str,
    context: Context,
    contact_fields: Collection[str],
) -> nodes.Template:
    from jinja2 import TemplateSyntaxError

    if len(text) > TEXT_LENGTH:
        raise PersonalisationRefused(
            f"the text has {len(text)} characters; at most {TEXT_LENGTH} are taken"
        )
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        # Two words in a row are read as one name, and something that does not belong there.
        blank = "expected token 'end of print statement', got" in (error.message or "")
        hint = f"; a name with blanks is written {_BRACKETS}" if blank else ""
        raise PersonalisationRefused(f"line {error.lineno}: {error.message}{hint}") from None
    except (RecursionError, ValueError):
        # So many brackets, or so many digits, that they are not even read.
        raise PersonalisationRefused("a placeholder of the text is too long") from None
    for piece in tree.body:
        _check_piece(piece, contact_fields)
    if _uses_docusign(tree):
        _check_context(context)
    return tree


def _check_context(context: Context) -> None:
    where = "DocuSign values exist only in mails of an automation that a DocuSign trigger started"
    if isinstance(context, Campaign):
        raise PersonalisationRefused(f"{where}; this is a campaign sent outside an automation")
    if isinstance(context, DirectMail):
        kind = "an automated" if context.automated else "a personal"
        raise PersonalisationRefused(f"{where}; this is {kind} direct mail")
    if not isinstance(context.trigger, TagAdded | RecordCreated | RecordUpdated):
        raise PersonalisationRefused(f"{where}; this automation was started by something else")


def _check_piece(piece: nodes.Node, contact_fields: Collection[str]) -> None:
    from jinja2 import nodes

    if not isinstance(piece, nodes.Output):
        raise _only_placeholders(piece)
    for one in piece.nodes:
        if not isinstance(one, nodes.TemplateData):
            _check_placeholder(one, contact_fields)


def _check_placeholder(placeholder: nodes.Expr, contact_fields: Collection[str]) -> None:
    from jinja2 import nodes

    filters = []
    while isinstance(placeholder, nodes.Filter) and placeholder.node is not None:
        filters.append(placeholder)
        placeholder = placeholder.node
    if len(filters) > FILTERS_EACH:
        raise PersonalisationRefused(
            f"line {placeholder.lineno}: {len(filters)} filters in a row; "
            f"at most {FILTERS_EACH} are taken"
        )
    dotted = False
    match placeholder:
        case nodes.Getattr(node=nodes.Name(name=side), attr=name):
            dotted = True
        case nodes.Getitem(node=nodes.Name(name=side), arg=nodes.Const(value=str(name))):
            pass
        case nodes.Getitem(node=nodes.Name(name=side), arg=nodes.Const(value=int(number))):
            name = str(number)  # `contact.7`, a custom field by its id
        case _:
            raise _only_placeholders(placeholder)
    known = {"docusign": _RECORD_NAMES, "contact": contact_fields}
    # The engine gives nothing out whose name begins like that of its own insides.
    closed = dotted and name.startswith("_")
    if closed or name not in known.get(side, ()):
        written = f"{side}.{name}" if dotted else _written(side, name)
        offered = {"docusign": DOCUSIGN_FIELDS, "contact": contact_fields}
        names = [_written(one, each) for one, names in offered.items() for each in names]
        raise PersonalisationRefused(
            f"line {placeholder.lineno}: there is no {shown(written)}; {suggestion(written, names)}"
        )
    field_of = _RECORD_NAMES[name] if side == "docusign" else ""
    for number, one in enumerate(reversed(filters)):
        _check_filter(one, field_of if number == 0 else "")


def _written(side: str, name: str) -> str:
    """How a field is written in a text."""
    plain = name.isidentifier() and not name.startswith("_")
    # An id is a number; one that begins with a zero would be read as another.
    number = name.isascii() and name.isdecimal() and str(int(name)) == name
    return f"{side}.{name}" if plain or number else f"{side}[{name!r}]"


def _check_filter(one: nodes.Filter, behind: str) -> None:
    """Check one filter; `behind` is the record's field where it stands right behind one."""
    from jinja2 import nodes

    if one.name not in _FILTERS:
        raise PersonalisationRefused(
            f"line {one.lineno}: there is no filter {shown(one.name)}; "
            f"{suggestion(one.name, list(_FILTERS))}"
        )
    takes = 1 if one.name in ("default", "date") else 0
    texts = [arg.value for arg in one.args if isinstance(arg, nodes.Const)]
    plain = len(texts) == len(one.args) and all(isinstance(text, str) for text in texts)
    if one.kwargs or one.dyn_args or one.dyn_kwargs or not plain or len(texts) > takes:
        asked = "one text in quotes" if takes else "nothing in brackets"
        raise PersonalisationRefused(f"line {one.lineno}: the filter {one.name!r} takes {asked}")
    if one.name != "date":
        return
    if not behind.endswith("-at"):
        raise PersonalisationRefused(
            f"line {one.lineno}: the filter 'date' stands right behind a date of DocuSign, "
            "as docusign.sent_at"
        )
    if not all(_FORM.fullmatch(text) for text in texts):
        raise PersonalisationRefused(
            f"line {one.lineno}: {shown(texts[0])} is no form of a date; "
            "write it with %Y %y %m %d %H %M %S, as '%d.%m.%Y'"
        )


def _only_placeholders(node: nodes.Node) -> PersonalisationRefused:
    where = f"line {node.lineno}: " if node.lineno else ""
    return PersonalisationRefused(
        f"{where}only values can be put in, as {{{{ docusign.sent_at }}}}, {{{{ contact.email }}}} "
        f"or {{{{ {_BRACKETS} }}}}; loops, conditions, arithmetic and calls cannot"
    )


def _uses_docusign(tree: nodes.Template) -> bool:
    from jinja2 import nodes

    return any(name.name == "docusign" for name in tree.find_all(nodes.Name))
