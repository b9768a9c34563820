"""Automations as plain data: from TOML or JSON values and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .envelopes import Action
from .places import Place, Table
from .prefill import PrefillTemplate
from .triggers import (
    ANY,
    AddToAutomation,
    Automation,
    AutomationRefused,
    Callback,
    Comparison,
    RecordCreated,
    RecordUpdated,
    Segment,
    Step,
    TagAdded,
    Trigger,
)

_TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "tag_added": ("tag",),
    "record_created": ("action",),
    "record_updated": ("action", "field", "before", "after"),
}

_STEPS: Mapping[str, tuple[str, ...]] = {
    "callback": ("name",),
    "add_to_automation": ("automation_id",),
    "prefill_template": ("account_id", "template_id", "rules", "allow_blank"),
}


def load_automations(data: object) -> tuple[Automation, ...]:
    """Automations from plain data, as TOML or JSON give it.

    Raises:
        AutomationRefused: a key or value that cannot be right, with its place.
    """
    found = []
    for one, place in Place("automations", AutomationRefused).items(data):
        table = place.table(
            one, ("id", "triggers", "segments", "then"), required=("id", "triggers", "then")
        )
        name = table.text("id")
        triggers = tuple(_load_trigger(*item) for item in table.items("triggers"))
        segments = tuple(_load_segment(*item) for item in table.items("segments"))
        then = tuple(_load_step(*item) for item in table.items("then"))
        with place.inside():
            found.append(Automation(id=name, triggers=triggers, segments=segments, then=then))
    return tuple(found)


def dump_automations(automations: Sequence[Automation]) -> list[dict[str, object]]:
    """Automations as plain data."""
    return [
        {
            "id": one.id,
            "triggers": [_dump_trigger(trigger) for trigger in one.triggers],
            "segments": [_dump_segment(segment) for segment in one.segments],
            "then": [_dump_step(step) for step in one.then],
        }
        for one in automations
    ]


def _load_trigger(data: object, place: Place) -> Trigger:
    on, table = _choose(data, place, "on", _TRIGGERS)
    if on == "tag_added":
        tag = table.text("tag")
        with place.inside():
            return TagAdded(tag)
    name = table.text("action")
    place.key("action").known(name, [action.value for action in Action])
    if on == "record_created":
        return RecordCreated(Action(name))
    which = table.text("field")
    before, after = table.optional("before"), table.optional("after")
    with place.inside():
        return RecordUpdated(
            Action(name),
            which,
            ANY if before is None else before,
            ANY if after is None else after,
        )


def _load_segment(data: object, place: Place) -> Segment:
    table = place.table(data, ("test", "value", "field"), required=("test", "value"))
    test, value, which = table.text("test"), table.text("value"), table.text("field")
    place.key("test").known(test, [one.value for one in Comparison])
    with place.inside():
        return Segment(Comparison(test), value, field=which)


def _load_step(data: object, place: Place) -> Step:
    do, table = _choose(data, place, "do", _STEPS)
    if do != "prefill_template":
        name = table.text("name" if do == "callback" else "automation_id")
        with place.inside():
            return Callback(name) if do == "callback" else AddToAutomation(name)
    return PrefillTemplate.load(table)


def _choose(
    data: object, place: Place, by: str, kinds: Mapping[str, tuple[str, ...]]
) -> tuple[str, Table]:
    """The kind that a table names, and the table checked for the keys of that kind."""
    kind = place.table(data, data if isinstance(data, Mapping) else (), required=(by,)).text(by)
    place.key(by).known(kind, kinds)
    optional = ("before", "after", "allow_blank")
    required = [key for key in kinds[kind] if key not in optional]
    return kind, place.table(data, (by, *kinds[kind]), required=required)


def _dump_trigger(trigger: Trigger) -> dict[str, object]:
    if isinstance(trigger, TagAdded):
        return {"on": "tag_added", "tag": trigger.tag}
    if isinstance(trigger, RecordCreated):
        return {"on": "record_created", "action": trigger.action.value}
    data: dict[str, object] = {
        "on": "record_updated",
        "action": trigger.action.value,
        "field": trigger.field,
    }
    for name, value in (("before", trigger.before), ("after", trigger.after)):
        if isinstance(value, str):
            data[name] = value
    return data


def _dump_segment(segment: Segment) -> dict[str, object]:
    data: dict[str, object] = {"test": segment.test.value, "value": segment.value}
    return {**data, "field": segment.field} if segment.field else data


def _dump_step(step: Step) -> dict[str, object]:
    if isinstance(step, Callback):
        return {"do": "callback", "name": step.name}
    if isinstance(step, AddToAutomation):
        return {"do": "add_to_automation", "automation_id": step.automation_id}
    return {"do": "prefill_template", **step.dump()}
