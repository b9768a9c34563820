"""What a host may choose. A frozen value; setup saves its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import Enum
from functools import cached_property

from attrs import field, frozen

from ...domain.envelopes import RECORD_FIELDS, SIGNER, USUAL_ACTIONS, Action
from ...domain.field_mapping import DEFAULT_RULES, STANDARD_FIELDS, ContactRule
from ...domain.places import shown
from ...domain.tagging import KINDS, Tagging, tag_key
from ...domain.triggers import Automation, check_automations
from ...errors import ConfigError


class Fallback(Enum):
    """Where records go in an account whose plan has no custom objects."""

    STORE = "store"
    """They stay in this library's store alone."""
    NOTE = "note"
    """A note on the contact for each step of a record: a note cannot be changed."""
    FIELDS = "fields"
    """Contact fields of the host's choice hold the newest record: `record_fields`."""


@frozen(kw_only=True)
class BridgeSettings:
    """How DocuSign feeds ActiveCampaign.

    Args:
        actions: which recipient actions are subscribed, at least one. Those beyond sent, delivered,
            completed and declined are extras.
        records: whether the DocuSign object is kept, too; off, only contacts and tags are.
        fallback: where records go if the account's plan has no custom objects.
        record_fields: for `Fallback.FIELDS`: record field → id of an existing contact field.
        tagging: which tags contacts get; the English preset for `actions` by default.
        mapping: which DocuSign fields go into which contact fields; e-mail and name by default.
        templates: ids of the templates that envelopes are made of: a mapping may then name no tab,
            custom field or value of a form that none of them has.
        automations: what is started when a trigger fires.
        kinds: whose actions count, by kind of recipient; signers by default.
        max_age: a message older than this is refused; DocuSign repeats for 15 days.
        max_body: bytes of the largest message taken.
        attempts: how often a message is tried before it is given up and waits for a person.
        plan_max_age: how long a plan of a setup may be applied.

    Raises:
        ConfigError, DomainError: when it is built, naming the value and what would be right.
    """

    actions: tuple[Action, ...] = USUAL_ACTIONS
    records: bool = True
    fallback: Fallback = Fallback.STORE
    record_fields: Mapping[str, str] = field(factory=dict)
    tagging: Tagging | None = None
    mapping: tuple[ContactRule, ...] = DEFAULT_RULES
    templates: tuple[str, ...] = ()
    automations: tuple[Automation, ...] = ()
    kinds: Collection[str] = (SIGNER,)
    max_age: timedelta = timedelta(days=30)
    max_body: int = 8 * 2**20
    attempts: int = 8
    plan_max_age: timedelta = timedelta(hours=1)

    def __attrs_post_init__(self) -> None:
        _each("actions", self.actions, Action, "at least one Action, such as (Action.COMPLETED,)")
        _check(len(self.actions) > 0, "actions", "at least one Action", self.actions)
        _check(isinstance(self.records, bool), "records", "True or False", self.records)
        _check(isinstance(self.fallback, Fallback), "fallback", "a Fallback", self.fallback)
        right = isinstance(self.record_fields, Mapping)
        _check(right, "record_fields", "a mapping", self.record_fields)
        for name in self.record_fields:
            right = name in RECORD_FIELDS
            _check(right, "record_fields", f"by {', '.join(RECORD_FIELDS)}", name)
        right = bool(self.record_fields) is (self.fallback is Fallback.FIELDS)
        _check(right, "record_fields", "given with Fallback.FIELDS alone", dict(self.record_fields))
        right = self.tagging is None or isinstance(self.tagging, Tagging)
        _check(right, "tagging", "a Tagging, such as Tagging.french()", self.tagging)
        _each("mapping", self.mapping, ContactRule, "a tuple of ContactRule")
        _each("templates", self.templates, str, "ids of DocuSign templates, such as (id,)")
        right = all(one.strip() for one in self.templates)
        _check(right, "templates", "ids of DocuSign templates, none empty", self.templates)
        _each("automations", self.automations, Automation, "a tuple of Automation")
        _each("kinds", self.kinds, str, 'kinds of recipients, such as ("signer",)')
        _check(bool(self.kinds), "kinds", 'kinds of recipients, such as ("signer",)', self.kinds)
        for kind in self.kinds:
            _check(kind in KINDS, "kinds", f"of {', '.join(KINDS)}", kind)
        for name in ("max_age", "plan_max_age"):
            age = getattr(self, name)
            right = isinstance(age, timedelta) and age >= timedelta(minutes=1)
            _check(right, name, "a timedelta of at least a minute", age)
        right = type(self.max_body) is int and self.max_body >= 1024
        _check(right, "max_body", "at least 1024 bytes", self.max_body)
        right = type(self.attempts) is int and self.attempts >= 1
        _check(right, "attempts", "at least 1", self.attempts)
        check_automations(
            self.automations,
            known_tags=self.tags.known_tags,
            actions=self.actions,
            records=self.records,
            contact_fields=self.contact_fields,
        )

    @cached_property
    def tags(self) -> Tagging:
        """The tagging that holds."""
        return self.tagging or Tagging.english(self.actions)

    @cached_property
    def foreign_tags(self) -> tuple[str, ...]:
        """The tags that segments ask for and that are none of ours."""
        ours = set(map(tag_key, self.tags.known_tags))
        asked = [
            segment.value
            for automation in self.automations
            for segment in automation.segments
            if not segment.field
        ]
        return tuple(dict.fromkeys(tag for tag in asked if tag_key(tag) not in ours))

    @property
    def contact_fields(self) -> tuple[str, ...]:
        """What is known of a contact here: the standard fields, and the mapped ones as the mapping
        names them. Segments and texts may ask for these."""
        return tuple(dict.fromkeys((*STANDARD_FIELDS, *(rule.target for rule in self.mapping))))

    @property
    def digest(self) -> str:
        """Changes when anything changes that setup has to know."""
        chosen = (
            [a.value for a in self.actions],
            self.records,
            self.fallback.value,
            sorted(self.record_fields.items()),
            self.tags.dump(),
            [(rule.source, rule.target, rule.clear) for rule in self.mapping],
            sorted(self.templates),
            sorted(self.kinds),
        )
        return hashlib.sha256(repr(chosen).encode()).hexdigest()[:32]


def _check(right: bool, name: str, wanted: str, value: object) -> None:
    if not right:
        raise ConfigError(f"BridgeSettings({name}=…) must be {wanted}, got {shown(value)}")


def _each(name: str, values: object, kind: type, wanted: str) -> None:
    """Refuse what is no collection of these; one text would be read letter by letter."""
    right = isinstance(values, Collection) and not isinstance(values, str | Mapping)
    _check(right and all(isinstance(v, kind) for v in values), name, wanted, values)  # type: ignore[attr-defined]
