"""What a host may choose. A frozen value; its digest is stored, and a change starts a full pass."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from attrs import field, frozen

from ...domain.consent import Consent
from ...domain.mapping import FieldMap, Rule
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
        self.field_map  # noqa: B018  - built once here so that a wrong map is refused at once
        if not 1 <= self.block <= 1000:
            raise ConfigError(f"block must be 1 to 1000 rows, got {self.block}")
        if self.overlap < timedelta(minutes=1):
            raise ConfigError(f"overlap must be at least one minute, got {self.overlap}")

    @property
    def field_map(self) -> FieldMap:
        """The checked map."""
        return FieldMap(rules=self.mapping, sources=SOURCES, targets=TARGETS)

    @property
    def digest(self) -> str:
        """Changes when anything changes that decides what a record looks like or who is pushed."""
        text = repr((self.mapping, self.consent))
        return hashlib.sha256(text.encode()).hexdigest()[:32]
