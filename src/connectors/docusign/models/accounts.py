"""The account, its custom fields and its users."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import NewType

from attrs import field, frozen

from .tabs import ErrorDetails

UserId = NewType("UserId", str)

# DocuSign does not say which words there are: "full" was seen, the others are plain enough.
_GRANTED = {"full", "enabled", "true", "1", "yes"}
_DENIED = {"none", "disabled", "false", "0", "no"}


@frozen(kw_only=True)
class Account:
    """The account that a client works in.

    Attributes:
        external_account_id: the number that DocuSign's own pages show.
        connect_permission: whether the plan has Connect, in DocuSign's words.
        envelopes_allowed: in this billing period, as DocuSign says it: a number or "unlimited".
        settings: all that can be switched, by DocuSign's names; only where it was asked for.
    """

    account_id: str | None = None
    name: str | None = None
    external_account_id: str | None = None
    plan_id: str | None = None
    plan_name: str | None = None
    plan_classification: str | None = None
    connect_permission: str | None = None
    envelopes_allowed: str | None = None
    envelopes_sent: int | None = None
    envelope_sending_blocked: bool | None = None
    billing_period_start: str | None = None
    billing_period_end: str | None = None
    billing_period_days_remaining: int | None = None
    suspension_status: str | None = None
    suspension_date: str | None = None
    currency_code: str | None = None
    can_upgrade: bool | None = None
    created_at: datetime | None = None
    settings: Mapping[str, object] = field(factory=dict, repr=False)

    @property
    def connect_available(self) -> bool | None:
        """Whether the plan has Connect; None where DocuSign does not say so in words known here."""
        word = (self.connect_permission or "").strip().lower()
        if word in _GRANTED:
            return True
        return False if word in _DENIED else None

    @property
    def connect_hindrance(self) -> str:
        """Why no webhooks can be set up here, as a sentence; empty where nothing speaks against it.

        Empty is no promise where `connect_available` is None: reading the configurations tells.
        """
        if self.connect_available is not False:
            return ""
        plan = f" {self.plan_name!r}" if self.plan_name else ""
        return (
            f"DocuSign Connect is not part of the plan{plan} of this account: webhooks need a plan "
            "with Connect, such as Business Pro"
        )


class UserStatus(Enum):
    """How far somebody is a user of the account."""

    ACTIVATION_REQUIRED = "ActivationRequired"
    ACTIVATION_SENT = "ActivationSent"
    ACTIVE = "Active"
    CLOSED = "Closed"
    DISABLED = "Disabled"


@frozen(kw_only=True)
class User:
    """A user of the account. Rows of a list say less than `get`.

    Attributes:
        is_admin: whether it may set Connect up, for one.
        connect_enabled: whether configurations that choose their users can choose it.
        permission_profile_name: its role, such as "Account Administrator".
        error: why this row is not whole.
    """

    user_id: UserId
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    first_name: str | None = field(default=None, repr=False)
    last_name: str | None = field(default=None, repr=False)
    status: UserStatus | str | None = None
    type: str | None = None
    is_admin: bool | None = None
    connect_enabled: bool | None = None
    permission_profile_id: str | None = None
    permission_profile_name: str | None = None
    company: str | None = None
    job_title: str | None = None
    default_account_id: str | None = None
    login_status: str | None = None
    created_at: datetime | None = None
    last_login: datetime | None = None
    error: ErrorDetails | None = None
