"""The account behind a credential, and what is set for it as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NewType

from attrs import field, frozen

SuppressionId = NewType("SuppressionId", str)


@frozen(kw_only=True)
class Account:
    """The account behind a credential.

    The shapes of `time_zone`, `country_code` and `industry_tag` are not documented in full, so
    these are what GetResponse sends.
    """

    account_id: str
    email: str = field(default="", repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    company_name: str | None = None
    phone: str | None = field(default=None, repr=False)
    street: str | None = field(default=None, repr=False)
    zip_code: str | None = field(default=None, repr=False)
    city: str | None = field(default=None, repr=False)
    state: str | None = field(default=None, repr=False)
    number_of_employees: str | None = field(default=None, repr=False)
    time_format: str | None = None
    time_zone: Mapping[str, object] | None = field(default=None, repr=False)
    country_code: Mapping[str, object] | None = field(default=None, repr=False)
    industry_tag: Mapping[str, object] | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Timezone:
    """A time zone that a newsletter can be scheduled in.

    Attributes:
        timezone_id: what a schedule names.
        name: as the IANA database has it, such as "Europe/Warsaw".
        offset: from UTC, such as "+01:00".
    """

    timezone_id: int
    name: str
    offset: str | None = None
    country: str | None = None


@frozen(kw_only=True)
class SendingLimit:
    """How many messages the account may send in `time_frame` seconds, and has sent."""

    time_frame: int
    limit: int
    used: int


@frozen(kw_only=True)
class CallbackActions:
    """What a callback is told of."""

    open: bool = False
    click: bool = False
    subscribe: bool = False
    unsubscribe: bool = False
    survey: bool = False


@frozen(kw_only=True)
class CallbackSettings:
    """The one URL of the account that is told of actions, and of which."""

    url: str = field(repr=False)
    actions: CallbackActions = field(factory=CallbackActions)


@frozen(kw_only=True)
class Suppression:
    """A list of masks whose addresses a newsletter leaves out. List rows may carry no masks."""

    suppression_id: SuppressionId
    name: str
    created_on: datetime | None = None
    masks: tuple[str, ...] = field(default=(), repr=False)
