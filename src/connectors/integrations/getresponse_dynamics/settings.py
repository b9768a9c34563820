"""What a host may choose. A frozen value; its digest is stored, and a change starts a full pass."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from attrs import field, frozen

from ...domain.consent import Consent
from ...domain.mapping import Direction, FieldMap, Rule, Transform
from ...errors import ConfigError

SOURCES = ("full_name", "first_name", "last_name", "email")
TARGETS = ("name", "email")


@frozen(kw_only=True)
class Settings:
    """How the integration behaves.

    Args:
        mapping: which CRM contact field becomes which GetResponse field, and how far it follows
            changes; e-mail is required.
        consent: who is not pushed; see `connectors.domain.consent.Consent`.
        block: rows written to Dynamics in one bulk request, 1 to 1000.
        overlap: how far behind its watermark GetResponse is read again (at least 1 minute).
        full_pass_every: how often each list is read whole, for what does not count as a change there.
        confirm: pauses in seconds in which a run waits for contacts it created to become visible;
            what is not visible then is `pending` until the next run.
        max_removals: as (count, share): a run that would mark more of a list as deleted stops there.
        plan_max_age: how long a plan may be applied.

    Raises:
        MappingRefused, ConfigError: when it is built, naming the field and what would be right.
    """

    mapping: tuple[Rule, ...] = (Rule("full_name", "name"), Rule("email", "email"))
    consent: Consent = field(factory=Consent)
    block: int = 500
    overlap: timedelta = timedelta(hours=2)
    full_pass_every: timedelta = timedelta(days=1)
    confirm: tuple[float, ...] = (5.0, 15.0, 30.0)
    max_removals: tuple[int, float] = (20, 0.05)
    plan_max_age: timedelta = timedelta(hours=1)

    def __attrs_post_init__(self) -> None:
        for index, rule in enumerate(self.mapping):
            _check(isinstance(rule, Rule), f"mapping[{index}]", 'a Rule("full_name", "name")', rule)
            right = isinstance(rule.transform, Transform) and isinstance(rule.direction, Direction)
            _check(right, f"mapping[{index}]", "a Transform and a Direction", rule)
        self.field_map  # noqa: B018  - built once here, so that a wrong map is refused at once
        _check(isinstance(self.consent, Consent), "consent", "a Consent(…)", self.consent)
        block = type(self.block) is int and 1 <= self.block <= 1000
        _check(block, "block", "1 to 1000 rows", self.block)
        for name, least in (
            ("overlap", timedelta(minutes=1)),
            ("full_pass_every", timedelta(minutes=1)),
            ("plan_max_age", timedelta(0)),
        ):
            value = getattr(self, name)
            right = isinstance(value, timedelta) and value >= least
            _check(right, name, f"a timedelta of at least {least}", value)
        right = isinstance(self.confirm, tuple) and all(
            isinstance(pause, int | float) and pause >= 0 for pause in self.confirm
        )
        _check(right, "confirm", "a tuple of seconds, such as (5.0, 15.0)", self.confirm)
        right = (
            isinstance(self.max_removals, tuple)
            and len(self.max_removals) == 2
            and self.max_removals[0] >= 0
            and 0 <= self.max_removals[1] <= 1
        )
        _check(right, "max_removals", "a count and a share, such as (20, 0.05)", self.max_removals)

    @property
    def field_map(self) -> FieldMap:
        """The checked map."""
        return FieldMap(rules=self.mapping, sources=SOURCES, targets=TARGETS)

    @property
    def digest(self) -> str:
        """Changes when anything changes that decides what a record looks like or who is pushed."""
        text = repr((self.mapping, self.consent))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _check(right: bool, name: str, wanted: str, value: object) -> None:
    if not right:
        raise ConfigError(f"Settings({name}=…) must be {wanted}, got {value!r}")
