"""Which CRM field becomes which mailing field, and what is lost on the way.

A map is data: `load_rules` reads its rules from TOML or JSON values, `FieldMap.dump` gives them
back. A wrong one is refused when it is built, with the place and the nearest right name.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum

from attrs import Factory, evolve, field, frozen

from ..errors import DomainError
from .contacts import clean_name

EMAIL = "email"


class MappingRefused(DomainError):
    """A map that cannot work."""


class Transform(Enum):
    """What happens to a value on its way."""

    COPY = "copy"
    LOWER = "lower"
    UPPER = "upper"
    TITLE = "title"
    FIRST_WORD = "first_word"


_TRANSFORMS: Mapping[Transform, Callable[[str], str]] = {
    Transform.COPY: lambda v: v,
    Transform.LOWER: str.lower,
    Transform.UPPER: str.upper,
    Transform.TITLE: str.title,
    Transform.FIRST_WORD: lambda v: v.split()[0] if v.split() else v,
}


class Direction(Enum):
    """How far a field follows its source after the contact was created."""

    PUSH = "push"
    """Follows every change; where both sides changed it, the source wins."""
    YIELD = "yield"
    """Follows every change; where both sides changed it, the target's stays."""
    ONCE = "once"
    """Goes along when the contact is created; from then on the target's side owns it."""


def _usual(target: str) -> Direction:
    return Direction.ONCE if target == EMAIL else Direction.PUSH


@frozen
class Rule:
    """One field: where it comes from, where it goes, what happens between and afterwards.

    `direction` is PUSH unless said otherwise, and ONCE for the e-mail address: one that changes at
    its source is never pushed.
    """

    source: str
    target: str
    transform: Transform = Transform.COPY
    direction: Direction = field(
        kw_only=True, default=Factory(lambda rule: _usual(rule.target), takes_self=True)
    )


@frozen
class Mapped:
    """The mapped values, and per target what was lost."""

    values: Mapping[str, str | None] = field(repr=False)
    losses: Mapping[str, str]


@frozen(kw_only=True)
class FieldMap:
    """A checked map from the fields of one side to those of the other.

    Args:
        rules: in order; one per target.
        sources, targets: the names that exist on either side.
        required: targets that must be mapped.

    Raises:
        MappingRefused: an unknown name, two sources for one target, a required target missing, an
            e-mail address that would be pushed when it changes.
    """

    rules: tuple[Rule, ...]
    sources: Collection[str] = field(repr=False)
    targets: Collection[str] = field(repr=False)
    required: Collection[str] = (EMAIL,)

    def __attrs_post_init__(self) -> None:
        seen: dict[str, int] = {}
        for index, rule in enumerate(self.rules):
            _known(rule.source, self.sources, f"rules[{index}].source")
            _known(rule.target, self.targets, f"rules[{index}].target")
            if rule.target in seen:
                raise MappingRefused(
                    f"rules[{index}].target: {rule.target!r} is mapped already by "
                    f"rules[{seen[rule.target]}]; a target has one source"
                )
            if rule.target == EMAIL and rule.direction is not Direction.ONCE:
                raise MappingRefused(
                    f"rules[{index}].direction: an address that changes at its source is never "
                    f"pushed, so {rule.direction.value!r} must be 'once'"
                )
            seen[rule.target] = index
        for target in self.required:
            if target not in seen:
                raise MappingRefused(
                    f"rules: nothing maps to {target!r}, which is required; "
                    f'add Rule("{target}", "{target}")'
                )

    def direction(self, target: str) -> Direction | None:
        """How a target follows its source; None if nothing maps to it."""
        return next((rule.direction for rule in self.rules if rule.target == target), None)

    def apply(self, record: Mapping[str, object]) -> Mapped:
        """Map one record; what a target cannot hold is cut and named."""
        values: dict[str, str | None] = {}
        losses: dict[str, str] = {}
        for rule in self.rules:
            raw = record.get(rule.source)
            text = None if raw is None else _TRANSFORMS[rule.transform](str(raw))
            if rule.target == EMAIL:
                values[rule.target] = text
                continue
            values[rule.target], lost = clean_name(text)
            if lost:
                losses[rule.target] = lost
        return Mapped(values, losses)

    def dump(self) -> list[dict[str, str]]:
        """The rules as plain data."""
        return [
            {
                "source": r.source,
                "target": r.target,
                "transform": r.transform.value,
                "direction": r.direction.value,
            }
            for r in self.rules
        ]


def load_rules(data: Sequence[Mapping[str, str]]) -> tuple[Rule, ...]:
    """Rules from plain data, as TOML or JSON give it.

    Raises:
        MappingRefused: a key, transform or direction that does not exist, with its place.
    """
    rules = []
    for index, entry in enumerate(data):
        if not isinstance(entry, Mapping):
            raise MappingRefused(f"rules[{index}]: must be a table with 'source' and 'target'")
        for key, value in entry.items():
            _known(key, ("source", "target", "transform", "direction"), f"rules[{index}]")
            if not isinstance(value, str):
                raise MappingRefused(f"rules[{index}].{key}: must be text, got {value!r}")
        for key in ("source", "target"):
            if key not in entry:
                raise MappingRefused(f"rules[{index}]: {key!r} is missing")
        name = entry.get("transform", Transform.COPY.value)
        _known(name, [t.value for t in Transform], f"rules[{index}].transform")
        rule = Rule(entry["source"], entry["target"], Transform(name))
        if "direction" in entry:
            known = [d.value for d in Direction]
            _known(entry["direction"], known, f"rules[{index}].direction")
            rule = evolve(rule, direction=Direction(entry["direction"]))
        rules.append(rule)
    return tuple(rules)


def _known(name: str, names: Collection[str], where: str) -> None:
    if name in names:
        return
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(names))}"
    raise MappingRefused(f"{where}: there is no {name!r}; {hint}")
