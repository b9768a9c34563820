"""What starts an automation, and what it then does.

Three triggers and no other: a DocuSign tag was added to a contact, a DocuSign record was created,
a field of one was updated. What cannot work is refused when it is built, or by
`check_automations` where it depends on the setup. `automation_data` has the same as plain data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum

import attrs
from attrs import frozen

from ..errors import DomainError
from .envelopes import RECORD_FIELDS, Action
from .lifecycles import EnvelopeStatus, RecipientStatus
from .places import Place, folded, shown, suggestion
from .prefill import PrefillTemplate
from .tagging import tag_key


class AutomationRefused(DomainError):
    """An automation that cannot work."""


# --- what happened -----------------------------------------------------------------------------


@frozen(kw_only=True)
class ContactFacts:
    """A contact as triggers and texts see it.

    Attributes:
        fields: standard fields by name (`"email"`, `"first_name"`, `"last_name"`, `"phone"`),
            custom fields by id.
        tags: as people see them.
    """

    id: str
    fields: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    tags: tuple[str, ...] = ()


@frozen(kw_only=True)
class TagNews:
    """A contact got a DocuSign tag that it did not have.

    Attributes:
        action: what happened that brought it.
    """

    contact: ContactFacts
    tag: str
    action: Action | None = None


@frozen(kw_only=True)
class RecordChange:
    """A DocuSign record of a contact was created or updated.

    Attributes:
        record_key: what tells the record from others.
        action: what happened that brought it.
        step: names this step of the record's life (`"completed/recipient"`); an automation fires
            once for each step of a record.
        before: its fields until then; None where there was no record.
        after: its fields now.
    """

    contact: ContactFacts
    record_key: str
    action: Action
    step: str
    before: Mapping[str, str | None] | None = attrs.field(repr=False)
    after: Mapping[str, str | None] = attrs.field(repr=False)


News = TagNews | RecordChange


# --- triggers ----------------------------------------------------------------------------------


class Anything(Enum):
    """A value that does not matter."""

    ANY = "any"


ANY = Anything.ANY


@frozen
class TagAdded:
    """A contact got this tag, one of the DocuSign tags of the setup. Once per contact."""

    tag: str

    def __attrs_post_init__(self) -> None:
        wanted = "name one of the DocuSign tags of this setup"
        Place("tag", AutomationRefused).text(self.tag, wanted)


@frozen
class RecordCreated:
    """The DocuSign object has a new record of this action."""

    action: Action

    def __attrs_post_init__(self) -> None:
        _check_action(self.action)


@frozen
class RecordUpdated:
    """A field of a DocuSign record went from one value to another by this action.

    Args:
        field: one of `RECORD_FIELDS`.
        before, after: the values; ANY where one does not matter, "" for an empty field.

    Examples:
        >>> done = RecordUpdated(Action.COMPLETED, "status", after="completed")
    """

    action: Action
    field: str
    before: str | Anything = ANY
    after: str | Anything = ANY

    def __attrs_post_init__(self) -> None:
        _check_action(self.action)
        here = Place("", AutomationRefused)
        here.key("field").known(self.field, RECORD_FIELDS)
        if self.field in _CONSTANT:
            raise here.key("field").refusal(
                f"{shown(self.field)} is the same before and after every action, so this would never "
                "fire"
            )
        for name, value in (("before", self.before), ("after", self.after)):
            known = _STATUSES.get(self.field, ())
            if isinstance(value, str) and value.strip() and known and folded(value) not in known:
                here.key(name).known(value, known)
        if (
            isinstance(self.before, str)
            and isinstance(self.after, str)
            and folded(self.before) == folded(self.after)
        ):
            raise here.key("after").refusal(
                f"{shown(self.after)} is the value before as well, so nothing would ever change; "
                "name another, or ANY"
            )


def _check_action(action: object) -> None:
    if not isinstance(action, Action):
        raise AutomationRefused(f"action: must be an Action, as Action.SENT, got {shown(action)}")


Trigger = TagAdded | RecordCreated | RecordUpdated

_CONSTANT = ("document-link", "sent-at")
"""The fields of a record that no action changes."""

_STATUSES: Mapping[str, Collection[str]] = {
    "status": [status.value for status in EnvelopeStatus],
    "recipient-status": [status.value for status in RecipientStatus],
}


# --- segments ----------------------------------------------------------------------------------


class Comparison(Enum):
    """How a segment compares; case makes no difference."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    CONTAINS = "contains"
    HAS_TAG = "has_tag"
    LACKS_TAG = "lacks_tag"


_ON_TAGS = (Comparison.HAS_TAG, Comparison.LACKS_TAG)


@frozen
class Segment:
    """One condition that must hold as well.

    Args:
        test: how to compare.
        value: the value, or the tag.
        field: `"contact.<field>"` (a standard field, or the id of a custom one) or
            `"record.<field>"`; empty where the test is on tags.

    Examples:
        >>> ours = Segment(Comparison.CONTAINS, "@example.org", field="contact.email")
    """

    test: Comparison
    value: str = attrs.field(repr=False)
    field: str = attrs.field(kw_only=True, default="")

    def __attrs_post_init__(self) -> None:
        here = Place("", AutomationRefused)
        if self.test in _ON_TAGS:
            if self.field:
                raise here.key("field").refusal(
                    f"{shown(self.field)} has no meaning where the test is {self.test.value!r}"
                )
            if not self.value.strip():
                raise here.key("value").refusal("is empty; name a tag")
            return
        side, _, name = self.field.partition(".")
        if side == "record":
            here.key("field").known(self.field, [f"record.{one}" for one in RECORD_FIELDS])
        elif side != "contact" or not name:
            raise here.key("field").refusal(
                f"there is no {shown(self.field)}; write contact.<field> or record.<field>"
            )
        if self.test is Comparison.CONTAINS and not self.value:
            raise here.key("value").refusal("is empty, which everything contains")

    @property
    def on_record(self) -> bool:
        """Whether it asks for a field of the record."""
        return self.field.startswith("record.")

    def holds(self, news: News) -> bool:
        """Whether it holds now."""
        if self.test in _ON_TAGS:
            has = tag_key(self.value) in map(tag_key, news.contact.tags)
            return has is (self.test is Comparison.HAS_TAG)
        side, _, name = self.field.partition(".")
        values: Mapping[str, str | None] = news.contact.fields
        if side == "record":
            values = news.after if isinstance(news, RecordChange) else {}
        found, wanted = folded(values.get(name) or ""), folded(self.value)
        if self.test is Comparison.CONTAINS:
            return wanted in found
        return (found == wanted) is (self.test is Comparison.EQUALS)


# --- automations -------------------------------------------------------------------------------


@frozen
class Callback:
    """Calls a function of the host, by the name it was registered with.

    At least once for each firing, with the firing's key. The functions are registered where the
    integration is made (`callbacks`).
    """

    name: str

    def __attrs_post_init__(self) -> None:
        Place("name", AutomationRefused).text(self.name, "name a function that was registered")


@frozen
class AddToAutomation:
    """Adds the contact to an automation of ActiveCampaign, by its id."""

    automation_id: str

    def __attrs_post_init__(self) -> None:
        wanted = "give the id that ActiveCampaign shows"
        Place("automation_id", AutomationRefused).text(self.automation_id, wanted)


Step = Callback | AddToAutomation | PrefillTemplate


@frozen(kw_only=True)
class Automation:
    """What starts it, for whom, and what it does, in order.

    A trigger on records stands alone, and takes one segment at most; a step that fails stops those
    after it.

    Raises:
        AutomationRefused: a definition that cannot work.

    Examples:
        >>> welcome = Automation(
        ...     id="welcome",
        ...     triggers=(RecordUpdated(Action.COMPLETED, "status", after="completed"),),
        ...     then=(Callback("greet"),),
        ... )
    """

    id: str
    triggers: tuple[Trigger, ...]
    segments: tuple[Segment, ...] = ()
    then: tuple[Step, ...]

    def __attrs_post_init__(self) -> None:
        here = Place("", AutomationRefused)
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise here.key("id").refusal(
                f"{shown(self.id)} must be 1 to 64 of the characters A-Z a-z 0-9 . _ -"
            )
        self._check_triggers(here.key("triggers"))
        self._check_segments(here.key("segments"))
        here.key("then").every(self.then, Callback, AddToAutomation, PrefillTemplate)
        if not self.then:
            raise here.key("then").refusal("is empty; say what to do, as Callback('notify')")

    def _check_triggers(self, place: Place) -> None:
        place.every(self.triggers, TagAdded, RecordCreated, RecordUpdated)
        if not self.triggers:
            raise place.refusal("is empty; name what starts it, as TagAdded(…)")
        if self.on_records and len(self.triggers) > 1:
            raise place.refusal(
                "a trigger on records cannot share an automation with another; "
                "make an automation for each"
            )
        tags = [tag_key(one.tag) for one in self.triggers if isinstance(one, TagAdded)]
        if len(set(tags)) < len(tags):
            raise place.refusal("one tag is named twice")

    def _check_segments(self, place: Place) -> None:
        place.every(self.segments, Segment)
        if self.on_records and len(self.segments) > 1:
            raise place.refusal(
                f"a trigger on records takes one segment at most, got {len(self.segments)}"
            )
        for index, segment in enumerate(self.segments):
            if segment.on_record and not self.on_records:
                raise (
                    place.item(index)
                    .key("field")
                    .refusal(
                        f"{shown(segment.field)}: a tag carries no record; ask for a contact field"
                    )
                )

    @property
    def on_records(self) -> bool:
        """Whether a record starts it."""
        return any(not isinstance(one, TagAdded) for one in self.triggers)


_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def check_automations(
    automations: Sequence[Automation],
    *,
    known_tags: Collection[str],
    actions: Collection[Action],
    records: bool,
    callbacks: Collection[str] | None = None,
    contact_fields: Collection[str] | None = None,
) -> None:
    """Check automations against the setup they belong to.

    Args:
        known_tags: all DocuSign tags that the setup can give.
        actions: the actions it is subscribed to.
        records: whether it writes records of the DocuSign object.
        callbacks: the functions that the host registered; None: not checked.
        contact_fields: the standard fields and the ids of the custom ones; None: not checked.

    Raises:
        AutomationRefused: what cannot work in this setup, with its place.
    """
    here = Place("automations", AutomationRefused)
    seen: dict[str, int] = {}
    for index, automation in enumerate(automations):
        place = here.item(index)
        if automation.id in seen:
            raise place.key("id").refusal(
                f"{automation.id!r} is the id of automations[{seen[automation.id]}] already"
            )
        seen[automation.id] = index
        for number, trigger in enumerate(automation.triggers):
            _check_trigger(
                trigger, place.key("triggers").item(number), known_tags, actions, records
            )
        for number, segment in enumerate(automation.segments):
            side, _, name = segment.field.partition(".")
            if side == "contact" and contact_fields is not None and name not in contact_fields:
                names = [f"contact.{one}" for one in contact_fields]
                place.key("segments").item(number).key("field").known(segment.field, names)
        for number, step in enumerate(automation.then):
            if isinstance(step, Callback) and callbacks is not None:
                place.key("then").item(number).key("name").known(step.name, callbacks)


def _check_trigger(
    trigger: Trigger,
    place: Place,
    known_tags: Collection[str],
    actions: Collection[Action],
    records: bool,
) -> None:
    if isinstance(trigger, TagAdded):
        if tag_key(trigger.tag) not in map(tag_key, known_tags):
            raise place.key("tag").refusal(
                f"{shown(trigger.tag)} is no DocuSign tag of this setup; "
                + suggestion(trigger.tag, known_tags)
            )
        return
    if not records:
        raise place.refusal(
            "the DocuSign object is switched off, so no record is ever created or updated; "
            "switch it on, or use a tag"
        )
    if trigger.action not in actions:
        subscribed = ", ".join(one.value for one in Action if one in actions) or "none"
        raise place.key("action").refusal(
            f"{trigger.action.value!r} is not subscribed; subscribed: {subscribed}"
        )


# --- whether it fires --------------------------------------------------------------------------


@frozen
class Judgement:
    """Whether an automation fires, and why. Holds no value of anybody and can be printed."""

    fires: bool
    reason: str

    def __str__(self) -> str:
        return f"{'fires' if self.fires else 'does not fire'}: {self.reason}"


def matches(automation: Automation, news: News) -> bool:
    """Whether this starts the automation; that it does so once is up to the `firing_key`."""
    return explain(automation, news).fires


def explain(automation: Automation, news: News) -> Judgement:
    """Whether this starts the automation, and why or why not."""
    reasons = []
    for trigger in automation.triggers:
        unmet = _unmet(trigger, news)
        if unmet is None:
            break
        reasons.append(unmet)
    else:
        return Judgement(False, "; ".join(reasons))
    for index, segment in enumerate(automation.segments):
        if not segment.holds(news):
            return Judgement(False, f"segments[{index}] does not hold ({_said(segment)})")
    return Judgement(True, _reason(trigger))


def firing_key(automation: Automation, news: News) -> str:
    """What one firing is known by, however often and in whatever order the news comes.

    For a tag the contact and the tag; for a new record the record and the action; for an updated
    one the record, the action and the step.
    """
    if isinstance(news, TagNews):
        parts = ["tag", automation.id, news.contact.id, tag_key(news.tag)]
    elif any(isinstance(one, RecordCreated) for one in automation.triggers):
        parts = ["created", automation.id, news.record_key, news.action.value]
    else:
        parts = ["updated", automation.id, news.record_key, news.action.value, news.step]
    return json.dumps(parts, separators=(",", ":"))


def _unmet(trigger: Trigger, news: News) -> str | None:
    """Why this trigger does not start anything, None where it does."""
    if isinstance(trigger, TagAdded):
        if not isinstance(news, TagNews):
            return "no tag was added"
        if tag_key(news.tag) != tag_key(trigger.tag):
            return f"the tag is {shown(news.tag)}, not {shown(trigger.tag)}"
        return None
    if not isinstance(news, RecordChange):
        return "no record changed"
    if news.action is not trigger.action:
        return f"the action is {news.action.value!r}, not {trigger.action.value!r}"
    if isinstance(trigger, RecordCreated):
        return "the record was there before" if news.before is not None else None
    if news.before is None:
        return "the record is new, not updated"
    before = news.before.get(trigger.field) or ""
    after = news.after.get(trigger.field) or ""
    if before == after:
        return f"the field {trigger.field!r} did not change"
    for when, wanted, found in (("was", trigger.before, before), ("is", trigger.after, after)):
        if isinstance(wanted, str) and folded(wanted) != folded(found):
            return f"the field {trigger.field!r} {when} not the value named"
    return None


def _reason(trigger: Trigger) -> str:
    if isinstance(trigger, TagAdded):
        return f"the tag {shown(trigger.tag)} was added"
    if isinstance(trigger, RecordCreated):
        return f"a record was created by {trigger.action.value!r}"
    return f"the field {trigger.field!r} was updated by {trigger.action.value!r}"


def _said(segment: Segment) -> str:
    asked = segment.field or shown(segment.value)
    return f"{segment.test.value.replace('_', ' ')}: {asked}"
